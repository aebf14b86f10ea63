# SPDX-License-Identifier: Apache-2.0
"""A change of a contract, and how much it matters to who reads the data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from meshform.model.findings import NOWHERE, Place


class Level(IntEnum):
    """What a change asks of the version: nothing, a higher minor one, or a higher major one."""

    COMPATIBLE = 0
    MINOR = 1
    BREAKING = 2


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a contract before and after.

    Attributes:
        level: how much it matters to readers.
        what: what changed, in words, such as `column 'email' is gone`.
        port: name of the port; None for the product as a whole.
        column: name of the column in it.
        before, after: the values, as text.
        why: why it is of that level, where that is not plain.
        announced: what it takes away was marked as deprecated before.
        broadens: more people may see something than before.
        versioned: the version tells of it; a change of the product's status tells itself.
        place: where it stands now, or stood.
    """

    level: Level
    what: str
    port: str | None = None
    column: str | None = None
    before: str | None = None
    after: str | None = None
    why: str = ""
    announced: bool = False
    broadens: bool = False
    versioned: bool = True
    place: Place = NOWHERE


def shown(value: Any) -> str | None:
    """A value of a contract as text; None when there is none."""
    if value is None or value == () or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return str(value)
