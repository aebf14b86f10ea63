# SPDX-License-Identifier: Apache-2.0
"""Text as data: from values to Terraform JSON in which nothing is evaluated but our own references.

Terraform reads each JSON string in a resource, and each key of a map, as a template. `render` escapes text so
that Terraform gives back exactly what was given:

- `${` and `%{` get their first sign doubled. The doubled sign is right after any run of `$` or `%` too, so no
  other text needs a change (`$${` becomes `$$${`, which Terraform reads as `$${`).
- Terraform's template reader swallows a byte order mark at the start, so it goes in as a quoted literal.
- Terraform keeps all text in Unicode NFC, so it is brought there first: what is written is what comes back.

This is for the bodies of resources and data sources. What Terraform reads without templates (`terraform`
blocks, the `description` and `default` of a variable) must not be escaped. Within a body, `depends_on`,
`provider`, `ignore_changes` and `when` hold addresses and keywords, never templates: escaping leaves them as
they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import isfinite
from typing import Any
from unicodedata import is_normalized, normalize

from meshform.model.findings import Finding, MeshformError

_BYTE_ORDER_MARK = "\ufeff"


class Reference(str):
    """A Terraform expression that must reach Terraform as it is, such as `Reference("${self.output}")`.

    It compares, hashes and serializes as its text. Never make one from text that a user gave.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Reference({str(self)!r})"


def ref(address: str, attribute: str) -> Reference:
    """A reference to an attribute of a resource or data source, such as `${databricks_job.x.id}`."""
    return Reference(f"${{{address}.{attribute}}}")


def escape(text: str) -> str:
    """Text as a Terraform template that evaluates to exactly this text (in Unicode NFC).

    Raises:
        MeshformError: MF510 when the text holds a NUL or half of a surrogate pair, which Terraform cannot.
    """
    if not text.isascii():
        _refuse_surrogates(text)
        if not is_normalized("NFC", text):
            text = normalize("NFC", text)
        if text[0] == _BYTE_ORDER_MARK:
            return f'${{"{_BYTE_ORDER_MARK}"}}{_double_signs(text[1:])}'
    if "\0" in text:
        raise _refused(text, "a NUL character")
    return _double_signs(text)


def _double_signs(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def _refuse_surrogates(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _refused(text, "half of a surrogate pair") from error


def _refused(text: str, what: str) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF510",
            summary=f"text holds {what}, which Terraform cannot hold",
            got=ascii(text if len(text) <= 80 else f"{text[:80]}…"),
            fix="take that character out",
        )
    )


def render(value: Any) -> Any:
    """A value as plain Terraform JSON: text and map keys escaped, references as they are.

    Takes what `json` takes, tuples as lists, and members of enums as their values. None stays null.

    Raises:
        MeshformError: MF510 for text that Terraform cannot hold, MF511 for a value of another type and a
            number that is not finite, MF512 when two keys of a map are one text for Terraform.
    """
    kind = type(value)
    if kind is str:
        # Nearly all text is plain ASCII without a sign: tell that apart with the fewest calls.
        if value.isascii() and "{" not in value and "\0" not in value:
            return value
        return escape(value)
    if kind is Reference:
        return str(value)
    if kind is dict:
        return _render_map(value)
    if kind is list or kind is tuple:
        return [render(item) for item in value]
    if kind is bool or kind is int or value is None:
        return value
    return _render_rare(value)


def _render_map(value: Mapping[Any, Any]) -> dict[str, Any]:
    # in order of keys: whatever order a user wrote a map in, the file is the same
    try:
        keys = sorted(value)
    except TypeError:  # one of them is no text
        keys = list(value)
    result: dict[str, Any] = {}
    escaped = False
    for key in keys:
        # the usual case of `render`, twice more: calls are what this function costs
        if type(key) is str and key.isascii() and "{" not in key and "\0" not in key:
            name = key
        elif isinstance(key, str):
            name, escaped = render(key), True
        else:
            raise _not_terraform(key, "a map key")
        item = value[key]
        plain = type(item) is str and item.isascii() and "{" not in item and "\0" not in item
        result[name] = item if plain else render(item)
    if len(result) != len(value):
        raise MeshformError(
            Finding(
                code="MF512",
                summary="two keys of a map are one text for Terraform, which keeps text in Unicode NFC",
                got=", ".join(ascii(key) for key in value if not key.isascii()),
                fix="give one of them another name",
            )
        )
    return dict(sorted(result.items())) if escaped else result


def _render_rare(value: Any) -> Any:
    if isinstance(value, Enum):
        return render(value.value)
    if isinstance(value, Mapping):
        return _render_map(value)
    if isinstance(value, float) and isfinite(value):
        return float(value)
    if isinstance(value, str):  # a subclass: its text counts
        return escape(str(value))
    raise _not_terraform(value, "a value")


def _not_terraform(value: Any, what: str) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF511",
            summary=f"{what} is of a type that Terraform does not have",
            got=f"{value!r} ({type(value).__name__})",
            allowed="text, finite numbers, true and false, null, lists, and maps with text as keys",
        )
    )
