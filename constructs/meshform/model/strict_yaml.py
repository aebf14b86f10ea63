# SPDX-License-Identifier: Apache-2.0
"""A safe and strict YAML reader: plain data with a place for every key and value.

It reads one UTF-8 document of mappings with text keys, sequences, text, numbers, booleans and null, typed by
the core schema of YAML 1.2 (chapter 10.3): `NO`, `on`, `12:30:45` and dates are text, `0123` is 123, `0o17`
is 15. Whatever else YAML can do (tags, merge keys, several documents, cyclic references) is refused with a
finding that names file, line and column; so are duplicate keys, which other readers silently resolve.

Input is hostile until read: its size is checked before decoding; depth, number of nodes and aliases are
checked on the stream of events, before anything large is built. PyYAML's parser written in C is used when
there is one; without it the same input gives the same result, slower.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from meshform.model.file_input import display_name, read_text
from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.yaml_builder import Builder, Limits, pack, place_at, position_at

_Parser: Any = yaml.SafeLoader
with suppress(ImportError):  # PyYAML without libyaml
    from yaml._yaml import CParser as _Parser


_DEFAULTS = Limits()
_REREAD_CHARACTERS = 200_000  # above this, a second parse for better words about an error takes too long


class Document:
    """What a file holds: `data`, and where each part of it stands.

    A path is a sequence of keys and indexes, such as `("schema", 0, "name")`.
    """

    __slots__ = ("_keys", "_root", "_values", "data", "name")

    def __init__(self, name: str, builder: Builder) -> None:
        self.name = name
        self.data: Any = builder.root
        self._root = builder.root_position
        # By the identity of the collection that holds them; `data` keeps the collections alive.
        self._keys = builder.keys
        self._values = builder.values

    def place(self, path: Sequence[str | int] = ()) -> Place:
        """Where the value at the path starts; for a path that leads nowhere, its nearest known parent."""
        return place_at(self.name, self._find(path, self._values))

    def key_place(self, path: Sequence[str | int]) -> Place:
        """Where the key of the value at the path starts; for an item of a sequence, the item."""
        return place_at(self.name, self._find(path, self._keys))

    def _find(self, path: Sequence[str | int], last: dict[int, Any]) -> int:
        node, position = self.data, self._root
        for step, part in enumerate(path):
            marks = (last if step == len(path) - 1 else self._values).get(id(node))
            try:
                position = marks[part]  # type: ignore[index]
                node = node[part]
            except (KeyError, IndexError, TypeError):
                break
        return position


def load(path: Path, *, root: Path | None = None, limits: Limits = _DEFAULTS) -> Document:
    """Reads a file.

    Args:
        path: the file.
        root: when given, the folder that the file must be in after all links and `..` are followed.
        limits: how much it may hold.

    Raises:
        MeshformError: MF101 to MF104 when it cannot be read as text, MF105 to MF115 when it is not plain
            YAML.
    """
    name = display_name(path)
    return loads(read_text(path, root=root, most_bytes=limits.size_bytes), name, limits=limits)


def loads(text: str, name: str = "<text>", *, limits: Limits = _DEFAULTS) -> Document:
    """Reads text; `name` stands for the file in findings.

    Raises:
        MeshformError: MF102 when it is too large, MF105 to MF115 when it is not plain YAML.
    """
    if len(text) > limits.size_bytes:
        allowed = f"at most {limits.size_bytes:,} characters"
        got = f"{len(text):,} characters"
        summary = "the text is too large"
        finding = Finding(code="MF102", summary=summary, place=Place(file=name), got=got, allowed=allowed)
        raise MeshformError(finding)
    _check_characters(text, name)
    builder = Builder(name, limits)
    try:
        builder.read(_Parser(text))
    except yaml.YAMLError as error:
        builder.fail(_syntax_error(error, text, name))
    if builder.findings:
        raise MeshformError(builder.findings)
    return Document(name, builder)


# YAML 1.2, chapter 5.1: what a stream may hold. A byte order mark inside the text is left out on purpose.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def _check_characters(text: str, name: str) -> None:
    found = _FORBIDDEN.search(text)
    if found is None:
        return
    start = found.start()
    line = text.count("\n", 0, start)
    column = start - (text.rfind("\n", 0, start) + 1)
    raise MeshformError(
        Finding(
            code="MF105",
            summary=f"character U+{ord(found.group()):04X} is not allowed in YAML",
            place=place_at(name, position_at(line, column)),
            fix="remove it, or write it as an escape in double quotes",
        )
    )


def _syntax_error(error: yaml.YAMLError, text: str, name: str) -> Finding:
    """The parser's words and place; those of the Python parser, which are the same everywhere."""
    if len(text) <= _REREAD_CHARACTERS and _Parser is not yaml.SafeLoader:
        try:
            for _ in yaml.parse(text, Loader=yaml.SafeLoader):
                pass
        except yaml.YAMLError as plain:
            error = plain
    if not isinstance(error, yaml.MarkedYAMLError):
        return Finding(code="MF105", summary=f"not valid YAML: {error}", place=Place(file=name))
    mark = error.problem_mark or error.context_mark
    words = ": ".join(part for part in (error.context, error.problem) if part)
    position = pack(mark) if mark else 0
    return Finding(code="MF105", summary=f"not valid YAML: {words}", place=place_at(name, position))
