# SPDX-License-Identifier: Apache-2.0
"""Consumers in a file beside their product: read strictly, and one more added at its end.

The file is a mapping with the one key `consumers`, a list of mappings with the fields of `Consumer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from meshform.model.consumer import Consumer
from meshform.model.file_input import display_name, read_text
from meshform.model.findings import Finding, MeshformError
from meshform.model.list_file import MOST_BYTES, ListForm, entries_in
from meshform.model.strict_yaml import Document, loads

_FORM = ListForm(
    key="consumers",
    noun="consumer",
    code="MF394",
    texts=("group", "product", "rows", "purpose", "approver", "until"),
    lists=("ports", "columns"),
    dates=("until",),
    required=("purpose", "approver"),
    form="consumers: a list, each with `group` or `product`, `purpose` and `approver`",
)


def read_consumers(path: Path) -> tuple[Consumer, ...]:
    """The consumers of a file, in order.

    Raises:
        MeshformError: MF101 to MF115 when it cannot be read as plain YAML, MF394 for each thing in it that is
            no consumer.
    """
    return consumers_in(loads(read_text(path, most_bytes=MOST_BYTES), display_name(path)))


def consumers_in(document: Document) -> tuple[Consumer, ...]:
    """The consumers of a document that was read.

    Raises:
        MeshformError: MF394 for each thing in it that is no consumer.
    """
    return tuple(Consumer.model_validate(entry) for entry in entries_in(document, _FORM, _one_reader))


def _one_reader(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    if ("group" in entry) == ("product" in entry):
        return "a consumer is either a group or a product", "one of the two"
    return None


def entry_lines(consumer: Consumer, note: str = "") -> list[str]:
    """A consumer as lines of the file, the first with the dash; `note` is a comment on the approver."""
    lines: list[str] = []
    for name in ("group", "product", "ports", "columns", "rows", "purpose", "approver", "until"):
        value = getattr(consumer, name)
        if value is None or value == ():
            continue
        if isinstance(value, tuple):
            text = f"[{', '.join(_scalar(one) for one in value)}]"
        else:
            text = value.isoformat() if isinstance(value, date) else _scalar(value)
        comment = f"  # {note}" if note and name == "approver" else ""
        lines.append(f"{'  ' if lines else '- '}{name}: {text}{comment}")
    return lines


# line ends and characters that YAML does not take as they are, beyond those that JSON escapes
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_PLAIN = re.compile(r"[A-Za-z_](?:[\w ./-]*[\w./-])?", re.ASCII)
# what YAML 1.1 or 1.2 reads as something other than text
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found.group()):04x}", quoted)


def with_consumer(text: str, name: str, consumer: Consumer, note: str = "") -> str:
    """The text of a file with one more consumer at its end; all else stays as it is.

    Args:
        text: the file.
        name: what findings call it.
        consumer: the consumer to add.
        note: a comment on its approver.

    Raises:
        MeshformError: MF105 to MF115 and MF394 when it is no such file, MF396 when nothing can be added at
            the end of it.
    """
    document = loads(text, name)
    before = consumers_in(document)
    # what `loads` has let through is small and plain
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    node = next(value for key, value in root.value if key.value == "consumers")
    if before and node.flow_style:
        raise MeshformError(
            Finding(
                code="MF396",
                summary="the list of consumers is written in brackets, so none can be added at its end",
                place=document.key_place(("consumers",)),
                allowed="a list with a dash before each consumer",
                fix="write it with dashes",
            )
        )
    indent = node.start_mark.column if before else 2
    if not before:
        text = text[: node.start_mark.index].rstrip(" ") + text[node.end_mark.index :]
    end = "\r\n" if "\r\n" in text else "\n"
    text = text if text.endswith("\n") else text + end
    added = text + "".join(f"{' ' * indent}{line}{end}" for line in entry_lines(consumer, note))
    try:
        after = consumers_in(loads(added, name))
    except MeshformError:
        after = ()
    if [_unplaced(one) for one in after] != [_unplaced(one) for one in (*before, consumer)]:
        raise MeshformError(
            Finding(
                code="MF396",
                summary="a consumer cannot be added at the end of the file",
                place=document.key_place(("consumers",)),
                fix="add it by hand: " + " ".join(line.strip() for line in entry_lines(consumer)),
            )
        )
    return added


def _unplaced(consumer: Consumer) -> dict[str, Any]:
    return consumer.model_dump(exclude={"place"})
