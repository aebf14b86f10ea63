# SPDX-License-Identifier: Apache-2.0
"""From YAML events to plain data with positions, within limits; the inside of `strict_yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from meshform.model.findings import Finding, MeshformError, Place


@dataclass(frozen=True)
class Limits:
    """How much one file may hold. A contract with 5,000 columns has about 1 MB and 100,000 nodes.

    Attributes:
        size_bytes: size of the file.
        depth: collections inside each other.
        nodes: keys and values, those reached through aliases counted each time.
        aliases: uses of an anchor (`*name`).
    """

    size_bytes: int = 4 * 1024 * 1024
    depth: int = 64
    nodes: int = 200_000
    aliases: int = 32


_MOST_FINDINGS = 50
_SHIFT = 24  # a position is one integer: line << 24 | column, both from 0; columns are below the size limit


def position_at(line: int, column: int) -> int:
    """A position from line and column, both from 0."""
    return line << _SHIFT | column


def pack(mark: Any) -> int:
    """The position of a mark of PyYAML."""
    return position_at(int(mark.line), int(mark.column))


def place_at(name: str, position: int) -> Place:
    """The place of a position in a file, for people: from 1."""
    return Place(file=name, line=(position >> _SHIFT) + 1, column=(position & ((1 << _SHIFT) - 1)) + 1)


def _where(position: int) -> str:
    return f"line {(position >> _SHIFT) + 1}, column {(position & ((1 << _SHIFT) - 1)) + 1}"


_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|(?P<octal>0o[0-7]+)|(?P<hex>0x[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<endless>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_WORDS: dict[str, bool | None] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_MOST_DIGITS = 300


def plain_value(text: str) -> Any:
    """The value of a plain scalar by the core schema; ValueError for a number that is not finite."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    kind = match.lastgroup
    if kind == "endless" or len(text) > _MOST_DIGITS:
        raise ValueError(text)
    if kind == "float":
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError(text)
        return number
    return int(text, {"int": 10, "octal": 8, "hex": 16}[str(kind)])


class _Open:
    """A collection that is being read."""

    __slots__ = ("anchor", "collection", "key", "keys", "known", "nodes_before", "values")

    def __init__(self, collection: Any, anchor: str | None, nodes_before: int) -> None:
        self.collection = collection
        self.anchor = anchor
        self.nodes_before = nodes_before
        self.key: str | None = None  # the key that waits for its value
        self.known = False  # the key was there before: its value is read and dropped
        is_mapping = isinstance(collection, dict)
        self.values: Any = {} if is_mapping else []
        self.keys: Any = {} if is_mapping else self.values


class Builder:
    """Builds plain data from events and notes positions.

    Attributes:
        root: the data, once everything is read.
        root_position: where it starts.
        keys: by the identity of a collection, the position of each key, or of each item of a sequence.
        values: the same for the values.
        findings: what is wrong but did not keep it from reading on.
    """

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.root: Any = None
        self.root_position = 0
        self.keys: dict[int, Any] = {}
        self.values: dict[int, Any] = {}
        self.findings: list[Finding] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int] | None] = {}  # None while the value is being read
        self._dropped: list[Any] = []  # values of duplicate keys: kept, so that no identity is used again
        self._nodes = 0
        self._aliases = 0
        self._documents = 0

    def read(self, parser: Any) -> None:
        """Reads all events. Raises MeshformError for what makes going on pointless or dangerous."""
        while True:
            event = parser.get_event()
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                self._open({}, event)
            elif kind is yaml.SequenceStartEvent:
                self._open([], event)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._close()
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                self._document(event)
            elif kind is yaml.StreamEndEvent:
                return

    def fail(self, finding: Finding) -> NoReturn:
        """Ends reading with this finding after those before it."""
        raise MeshformError([*self.findings, finding])

    def _note(self, code: str, summary: str, position: int, **details: str) -> None:
        """Keeps a finding and goes on, unless there are many already."""
        finding = Finding(code=code, summary=summary, place=place_at(self.name, position), **details)
        if len(self.findings) >= _MOST_FINDINGS:
            self.fail(finding)
        self.findings.append(finding)

    def _stop(self, code: str, summary: str, mark: Any, **details: str) -> NoReturn:
        self.fail(Finding(code=code, summary=summary, place=place_at(self.name, pack(mark)), **details))

    def _count(self, nodes: int, mark: Any) -> None:
        self._nodes += nodes
        if self._nodes > self.limits.nodes:
            allowed = f"at most {self.limits.nodes:,} keys and values, aliases followed"
            self._stop("MF107", "the file holds too much", mark, allowed=allowed)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._stop(
                "MF112", "a second document starts here", event.start_mark, fix="use one file for each"
            )
        if event.version is not None and tuple(event.version) != (1, 2):
            got = "%YAML " + ".".join(map(str, event.version))
            self._note(
                "MF115", "another version of YAML", pack(event.start_mark), got=got, allowed="%YAML 1.2"
            )

    def _scalar(self, event: Any) -> None:
        mark = event.start_mark
        position = mark.line << _SHIFT | mark.column
        self._count(1, mark)
        value: Any = event.value
        if event.tag is not None:
            self._refuse_tag(event)
        elif event.implicit[0]:  # a plain scalar: neither quoted nor a block
            try:
                value = plain_value(value)
            except ValueError:
                shown = value if len(value) <= 40 else value[:37] + "..."
                fix = "write it in quotes if it is text"
                self._note("MF114", "the number is too large or not finite", position, got=shown, fix=fix)
        if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
            self._stop("MF105", "not valid YAML: an escape of half a character (a surrogate)", mark)
        if event.anchor is not None:
            self._set_anchor(event)
            self._anchors[event.anchor] = (value, 1)
        frame = self._stack[-1] if self._stack else None
        if frame is None or frame.key is not None or not isinstance(frame.collection, dict):
            self._add(value, position)
        else:
            self._key(frame, value, event, position)

    def _key(self, frame: _Open, value: Any, event: Any, position: int) -> None:
        key: str = event.value
        if event.tag is None and event.implicit[0] and key == "<<":
            fix = "write the keys out, or put << in quotes if it is a name"
            self._note("MF110", "merge keys (<<) are not allowed", position, fix=fix)
        elif not isinstance(value, str):
            summary = f"the key is {_kind(value)}, not text"
            self._note("MF113", summary, position, got=key or "nothing", fix="put the key in quotes")
        frame.known = key in frame.keys
        if frame.known:
            first = _where(frame.keys[key])
            fix = "keep one of them"
            self._note("MF109", f"the key {_shown(key)} is there twice; first at {first}", position, fix=fix)
        else:
            frame.keys[key] = position
        frame.key = key

    def _open(self, collection: Any, event: Any) -> None:
        mark = event.start_mark
        self._count(1, mark)
        if event.tag is not None:
            self._refuse_tag(event)
        if event.anchor is not None:
            self._set_anchor(event)
            self._anchors[event.anchor] = None
        if self._stack and self._stack[-1].key is None and isinstance(self._stack[-1].collection, dict):
            summary = "the key is a collection, not text"
            fix = "put text that starts with [ or { in quotes"
            self._stop("MF113", summary, mark, fix=fix)
        if len(self._stack) >= self.limits.depth:
            allowed = f"at most {self.limits.depth} collections inside each other"
            self._stop("MF106", "the collections are nested too deeply", mark, allowed=allowed)
        self._add(collection, mark.line << _SHIFT | mark.column)
        frame = _Open(collection, event.anchor, self._nodes)
        self.values[id(collection)] = frame.values
        self.keys[id(collection)] = frame.keys
        self._stack.append(frame)

    def _close(self) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.collection, self._nodes - frame.nodes_before + 1)

    def _add(self, value: Any, position: int) -> None:
        if not self._stack:
            self.root, self.root_position = value, position
            return
        frame = self._stack[-1]
        if frame.key is None:
            frame.collection.append(value)
            frame.values.append(position)
            return
        if frame.known:
            self._dropped.append(value)
        else:
            frame.collection[frame.key] = value
            frame.values[frame.key] = position
        frame.key = None

    def _alias(self, event: Any) -> None:
        name, mark = event.anchor, event.start_mark
        self._aliases += 1
        if self._aliases > self.limits.aliases:
            allowed = f"at most {self.limits.aliases} aliases"
            self._stop("MF108", "too many aliases", mark, allowed=allowed, fix="write the values out")
        if name not in self._anchors:
            fix = "put text that starts with * in quotes"
            self._stop("MF108", f"nothing is called &{name} before this alias", mark, fix=fix)
        anchored = self._anchors[name]
        if anchored is None:
            self._stop("MF108", f"the alias *{name} stands inside what it refers to", mark)
        value, nodes = anchored
        self._count(nodes, mark)
        frame = self._stack[-1]
        if frame.key is None and isinstance(frame.collection, dict):
            self._stop("MF113", "the key is an alias, not text", mark, fix="write the key out")
        self._add(value, pack(mark))

    def _set_anchor(self, event: Any) -> None:
        if event.anchor in self._anchors:
            summary = f"two values are called &{event.anchor}"
            self._stop("MF108", summary, event.start_mark, fix="rename one of them")

    def _refuse_tag(self, event: Any) -> None:
        fix = "remove it, or put text that starts with ! in quotes"
        position = pack(event.start_mark)
        self._note(
            "MF111",
            "tags are not allowed",
            position,
            got=event.tag.replace("tag:yaml.org,2002:", "!!"),
            fix=fix,
        )


_SURROGATE = re.compile("[\ud800-\udfff]")


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    return "true or false" if isinstance(value, bool) else "a number"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
