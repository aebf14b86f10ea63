# SPDX-License-Identifier: Apache-2.0
"""What `mesh.lock` remembers: every object that holds data, under which address Terraform knows it.

The file is JSON lines: a first line with the version of the format, then one line for each object, move and
removal, sorted, so that two branches that add something merge as text. It holds names, never a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meshform.model.findings import Finding, MeshformError, Place

FILE_NAME = "mesh.lock"
_VERSION = 1
_FIX = "take it from version control and run `meshform lock`"
_ADDRESS = re.compile(r"(databricks_[a-z0-9_]+|terraform_data)\.[A-Za-z_][A-Za-z0-9_-]*|table\..+")
_STACK = re.compile(r"[^./\\\s][^/\\\s]*")
_CONFLICT = re.compile(r"(<<<<<<<|=======|>>>>>>>|\|\|\|\|\|\|\|)")

Key = tuple[str, str, str]  # environment, stack, address


@dataclass(frozen=True, slots=True)
class Held:
    """Something that holds data.

    Attributes:
        environment: name of the environment.
        stack: name of the stack whose state knows it.
        address: its Terraform address, or `table.SCHEMA.NAME` for a table that a pipeline makes.
        name: its full name in Databricks.
        of: the product, `domain.product`, or domain that it belongs to; "" for the platform.
        retired: the product has the status `retired`.
        readers: names of the consumers of a port, for people.
    """

    environment: str
    stack: str
    address: str
    name: str
    of: str
    retired: bool = False
    readers: str = ""

    @property
    def key(self) -> Key:
        """What it is found by."""
        return self.environment, self.stack, self.address

    @property
    def type(self) -> str:
        """Its Terraform type, or `table`."""
        return self.address.partition(".")[0]

    @property
    def in_terraform(self) -> bool:
        """False for a table that a pipeline makes."""
        return self.type != "table"


@dataclass(frozen=True, slots=True)
class MeshLock:
    """The lock of a mesh.

    Attributes:
        held: what holds data, by its key.
        moved: the later address of each object whose address has changed, by its former key.
        removed: what Terraform has let go of, or will, without destroying it.
    """

    held: Mapping[Key, Held]
    moved: Mapping[Key, str]
    removed: Mapping[Key, Held]

    def text(self, *, readers: bool = True) -> str:
        """The content of the file; without readers, which come and go, it tells whether a lock is current."""
        lines = []
        for one in self.held.values():
            more = {"status": "retired"} if one.retired else {}
            if one.readers and readers:
                more["readers"] = one.readers
            lines.append(_line(one.key, address=one.address, name=one.name, of=one.of, **more))
        lines += [_line(key, moved=key[2], to=to) for key, to in self.moved.items()]
        lines += [
            _line(one.key, removed=one.address, name=one.name, of=one.of) for one in self.removed.values()
        ]
        return "\n".join([json.dumps({"mesh.lock": _VERSION}), *sorted(lines)]) + "\n"

    def deployed(self, environment: str) -> MeshLock:
        """The lock without the moves and removals of an environment, where they have been applied."""
        return MeshLock(
            self.held,
            {key: to for key, to in self.moved.items() if key[0] != environment},
            {key: one for key, one in self.removed.items() if key[0] != environment},
        )


EMPTY = MeshLock({}, {}, {})


def _line(key: Key, **fields: str) -> str:
    return json.dumps({"environment": key[0], "stack": key[1], **fields}, ensure_ascii=False)


def read_lock(folder: Path) -> MeshLock | None:
    """The lock in a folder; None when there is none.

    Raises:
        MeshformError: MF533 when it cannot be read.
    """
    path = folder / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(None, str(error), _FIX) from None
    held: dict[Key, Held] = {}
    moved: dict[Key, str] = {}
    removed: dict[Key, Held] = {}
    for number, line in _lines(text):
        key = line["environment"], line["stack"], line.get("address") or line.get("moved") or line["removed"]
        if "moved" in line:
            moved[key] = line["to"]
        else:
            target = held if "address" in line else removed
            retired, readers = line.get("status") == "retired", line.get("readers", "")
            target[key] = Held(*key, line["name"], line["of"], retired, readers)
        addresses = [key[2], line.get("to", key[2])]
        if not _STACK.fullmatch(key[1]) or not all(_ADDRESS.fullmatch(one) for one in addresses):
            raise _unreadable(number, "not the name of a stack, or not an address", _FIX)
    return MeshLock(held, moved, removed)


_HELD = frozenset({"environment", "stack", "address", "name", "of"})
_KEYS = (
    *(_HELD | more for more in ({"status"}, {"readers"}, {"status", "readers"}, set[str]())),
    {"environment", "stack", "moved", "to"},
    {"environment", "stack", "removed", "name", "of"},
)


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if _CONFLICT.match(line):
            fix = "keep the lines of both sides, take the markers out, and run `meshform lock`"
            raise _unreadable(number, "it holds a conflict of a merge", fix)
        try:
            value: Any = json.loads(line)
        except ValueError:
            raise _unreadable(number, "not JSON", _FIX) from None
        if number == 1:
            if value != {"mesh.lock": _VERSION}:
                raise _unreadable(1, "not a format that this version of Meshform knows", "update Meshform")
            continue
        if not isinstance(value, dict) or value.keys() not in _KEYS or not _all_text(value.values()):
            raise _unreadable(number, "not a line of a lock", _FIX)
        yield number, value
    if not lines:
        raise _unreadable(1, "it is empty", _FIX)


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _unreadable(line: int | None, why: str, fix: str) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF533",
            summary=f"{FILE_NAME} cannot be read",
            place=Place(file=FILE_NAME, line=line),
            got=why,
            fix=fix,
        )
    )
