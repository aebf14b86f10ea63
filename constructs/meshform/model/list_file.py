# SPDX-License-Identifier: Apache-2.0
"""Files that hold one list of flat entries, such as consumers or waivers: read strictly, with exact places.

Such a file is a mapping with one key, a list of mappings. So a change to it is a few lines that others can
review, whoever wrote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from meshform.model.findings import Finding, MeshformError
from meshform.model.near import did_you_mean
from meshform.model.secrets import redact
from meshform.model.strict_yaml import Document

MOST_BYTES = 1_000_000
Refusal = Callable[[Mapping[str, Any]], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class ListForm:
    """What such a file looks like.

    Attributes:
        key: the only key of the file.
        noun: what one entry is called.
        code: code of the findings.
        texts: keys of an entry whose value is a text.
        required: keys that every entry has.
        lists: keys whose value is a list of names.
        dates: those of `texts` that are days.
        words: those of `texts` that say something: a letter or digit at least.
        form: the form in words, for findings.
    """

    key: str
    noun: str
    code: str
    texts: tuple[str, ...]
    required: tuple[str, ...]
    lists: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    form: str = ""

    def finding(
        self,
        document: Document,
        path: tuple[str | int, ...],
        summary: str,
        got: str | None,
        allowed: str,
        fix: str | None = None,
    ) -> Finding:
        """A finding at the key of a path, or at the start of the file."""
        place = document.key_place(path) if path else document.place()
        got = redact(got[:200]) if got else None
        return Finding(code=self.code, summary=summary, place=place, got=got, allowed=allowed, fix=fix)


def entries_in(
    document: Document, form: ListForm, refusal: Refusal = lambda _entry: None
) -> list[dict[str, Any]]:
    """The entries of a document that was read, each with its place as `place`, and lists as tuples.

    Args:
        document: what was read.
        form: what it should look like.
        refusal: what is wrong with an entry as a whole, and what is allowed; None when nothing is.

    Raises:
        MeshformError: the form's code for each thing in it that is no such entry.
    """
    data, key = document.data, form.key
    if not isinstance(data, dict) or key not in data:
        raise MeshformError(form.finding(document, (), f"no {key} are in the file", None, form.form))
    findings = [
        form.finding(document, (other,), "there is no such key", other, key, "remove it")
        for other in data
        if other != key
    ]
    entries = [] if data[key] is None else data[key]
    if not isinstance(entries, list):
        findings.append(form.finding(document, (key,), f"the {key} are no list", None, form.form))
        entries = []
    for i, entry in enumerate(entries):
        findings += _entry_findings(document, form, i, entry)
        if isinstance(entry, dict) and (refused := refusal(entry)):
            findings.append(form.finding(document, (key, i), refused[0], None, refused[1]))
    if findings:
        raise MeshformError(findings)
    return [
        {
            **entry,
            **{name: tuple(entry[name] or ()) for name in form.lists if name in entry},
            "place": document.place((key, i)),
        }
        for i, entry in enumerate(entries)
    ]


def _entry_findings(document: Document, form: ListForm, i: int, entry: Any) -> Iterator[Finding]:
    here = (form.key, i)
    if not isinstance(entry, dict):
        yield form.finding(document, here, f"a {form.noun} is no mapping", str(entry), form.form)
        return
    known = (*form.texts, *form.lists)
    for key, value in entry.items():
        path = (*here, key)
        if key not in known:
            fix, allowed = did_you_mean(key, known), ", ".join(known)
            yield form.finding(document, path, f"a {form.noun} has no such field", key, allowed, fix)
        elif key in form.lists:
            if value is not None and not (
                isinstance(value, list) and all(isinstance(one, str) and one for one in value)
            ):
                yield form.finding(
                    document, path, f"`{key}` is no list of names", str(value), f"{key}: [one, other]"
                )
        elif not isinstance(value, str) or not (
            any(map(str.isalnum, value)) if key in form.words else value.strip()
        ):
            yield form.finding(
                document, path, f"`{key}` is no text", str(value), "a text", "put it into quotes"
            )
        elif key in form.dates and not _is_date(value):
            yield form.finding(document, path, f"`{key}` is no date", value, "YYYY-MM-DD")
    for key in form.required:
        if key not in entry:
            yield form.finding(document, here, f"a {form.noun} has no `{key}`", None, form.form)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
