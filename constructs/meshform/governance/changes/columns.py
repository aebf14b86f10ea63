# SPDX-License-Identifier: Apache-2.0
"""Changes of the columns of a port, as its readers meet them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from meshform.governance.changes.change import Change, Level, shown
from meshform.governance.changes.promises import allowed_value_changes
from meshform.model.contract import Column
from meshform.model.mesh_state import ClassState

# Databricks documentation, "Type widening": every value before is a value after
_WIDER = {
    "tinyint": ("smallint", "int", "bigint", "double"),
    "smallint": ("int", "bigint", "double"),
    "int": ("bigint", "double"),
    "float": ("double",),
    "date": ("timestamp_ntz",),
}
_DIGITS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_SIZED = re.compile(r"(?:var)?char\((\d+)\)")
# classes that everybody orders in one way; others compare by their masks only
_RANK = {"public": 0, "internal": 1, "confidential": 2, "restricted": 3, "secret": 4}


def column_changes(
    before: tuple[Column, ...],
    after: tuple[Column, ...],
    port: str,
    classes: Mapping[str, ClassState],
    *,
    announced: bool,
    written: bool,
    path: str = "",
) -> Iterator[Change]:
    """Changes of columns, and of the fields below them.

    Args:
        before: the columns at the base.
        after: the columns now.
        port: name of the port.
        classes: the classes of columns.
        announced: the port as a whole was marked as deprecated before.
        written: others than the product write the table.
        path: names of the columns above, with dots.
    """
    old, new = ({one.name.casefold(): one for one in columns} for columns in (before, after))
    gone = [one for key, one in old.items() if key not in new]
    added = [one for key, one in new.items() if key not in old]
    for one in gone:
        instead = next((other for other in added if other.type == one.type), None)
        yield Change(
            Level.BREAKING,
            f"column {path + one.name!r} is gone",
            port,
            path + one.name,
            before=one.type,
            after=f"perhaps {instead.name!r}, of the same type" if instead else None,
            announced=announced or one.deprecated,
        )
    last = max((i for i, one in enumerate(after) if one.name.casefold() in old), default=-1)
    for i, one in enumerate(after):
        if one.name.casefold() not in old:
            yield _added(one, port, path, at_end=i > last and not path, written=written)
    for key, one in old.items():
        if key in new:
            yield from _changed(one, new[key], port, classes, announced, written, path)
    kept = [[key for key in columns if key in old and key in new] for columns in (old, new)]
    if kept[0] != kept[1]:
        yield Change(
            Level.MINOR,
            "columns stand in another order",
            port,
            before=shown(kept[0]),
            after=shown(kept[1]),
            why="readers that go by position meet other columns",
        )


def _added(column: Column, port: str, path: str, *, at_end: bool, written: bool) -> Change:
    name = path + column.name
    at: dict[str, Any] = {"port": port, "column": name, "after": column.type, "place": column.place}
    if column.required and written:
        why = "who writes the table does not fill it yet"
        return Change(Level.BREAKING, f"column {name!r} is new and required", why=why, **at)
    if at_end and not column.required:
        return Change(Level.COMPATIBLE, f"column {name!r} is new, optional and last", **at)
    return Change(Level.MINOR, f"column {name!r} is new", **at)


def _changed(
    before: Column,
    after: Column,
    port: str,
    classes: Mapping[str, ClassState],
    announced: bool,
    written: bool,
    path: str,
) -> Iterator[Change]:
    name = path + after.name
    at: dict[str, Any] = {
        "port": port,
        "column": name,
        "announced": announced or before.deprecated,
        "place": after.place,
    }
    if before.name != after.name:
        yield Change(Level.COMPATIBLE, f"column {name!r} has other upper and lower case", **at)
    yield from _type(before, after, name, at)
    if before.required != after.required:
        level = Level.BREAKING if not after.required or written else Level.COMPATIBLE
        why = "readers meet NULL" if not after.required else "who writes NULL is refused" if written else ""
        what = f"column {name!r} is {'required' if after.required else 'not required any more'}"
        yield Change(level, what, why=why, **at)
    if before.unique != after.unique:
        what = f"column {name!r} is {'unique' if after.unique else 'not unique any more'}"
        why = "" if after.unique else "joins on it multiply rows"
        yield Change(Level.COMPATIBLE if after.unique else Level.BREAKING, what, why=why, **at)
    yield from allowed_value_changes(before, after, at)
    yield from class_changes(before, after, classes, at)
    yield from _tags(before, after, name, at)
    if before.relationships != after.relationships:
        yield Change(
            Level.MINOR,
            f"column {name!r} refers to something else",
            before=shown([to for one in before.relationships for to in one.to]),
            after=shown([to for one in after.relationships for to in one.to]),
            why="nothing enforces a foreign key, but readers join by it",
            **at,
        )
    if before.deprecated != after.deprecated:
        what = f"column {name!r} is {'deprecated' if after.deprecated else 'not deprecated any more'}"
        yield Change(Level.MINOR if after.deprecated else Level.COMPATIBLE, what, **at)
    for field, words in (("description", "described"), ("business_name", "called")):
        if getattr(before, field) != getattr(after, field):
            yield Change(Level.COMPATIBLE, f"column {name!r} is {words} in other words", **at)
    if before.fields or after.fields:
        below = column_changes(
            before.fields,
            after.fields,
            port,
            classes,
            announced=at["announced"],
            written=written,
            path=f"{name}.",
        )
        yield from below


def _type(before: Column, after: Column, name: str, at: Mapping[str, Any]) -> Iterator[Change]:
    if before.type == after.type:
        if before.logical_type != after.logical_type:
            yield Change(
                Level.MINOR,
                f"column {name!r} means something else",
                before=before.logical_type,
                after=after.logical_type,
                **at,
            )
        return
    kinds = [one.type.partition("<")[0] + ("<" if "<struct<" in one.type else "") for one in (before, after)]
    if before.fields and after.fields and kinds[0] == kinds[1]:
        return  # told field by field
    wider = is_wider(before.type, after.type)
    yield Change(
        Level.MINOR if wider else Level.BREAKING,
        f"column {name!r} has {'a wider' if wider else 'another'} type",
        before=before.type,
        after=after.type,
        why="every value before is one of the new type" if wider else "",
        **at,
    )


def is_wider(before: str, after: str) -> bool:
    """Whether every value of a type is one of another, and reads as it did."""
    if after in _WIDER.get(before, ()):
        return True
    old, new = _DECIMAL.fullmatch(before), _DECIMAL.fullmatch(after)
    if new and (old or before in _DIGITS):
        digits, scale = (int(old[1]), int(old[2])) if old else (_DIGITS[before], 0)
        return int(new[2]) >= scale and int(new[1]) - int(new[2]) >= digits - scale
    length, longer = _SIZED.fullmatch(before), _SIZED.fullmatch(after)
    if length:
        # a char is filled up with spaces, so it never reads like another type
        same = before.startswith("varchar") and (after == "string" or after.startswith("varchar"))
        return same and (after == "string" or bool(longer and int(longer[1]) >= int(length[1])))
    return False


def class_changes(
    before: Column, after: Column, classes: Mapping[str, ClassState], at: Mapping[str, Any]
) -> Iterator[Change]:
    """A class lowered or taken away shows data to more people; a mask takes it away from readers."""
    old, new = before.classification, after.classification
    if old == new:
        return
    hidden = [_exempt(name, classes) for name in (old, new)]
    broadens = _lowered(old, new)
    if hidden[0] is not None:
        broadens = broadens or hidden[1] is None or not hidden[1] <= hidden[0]
    hides = hidden[1] is not None and (hidden[0] is None or not hidden[0] <= hidden[1])
    why = [
        "more people may see it: somebody has to approve that" if broadens else "",
        "a mask hides it from readers who saw it" if hides else "",
    ]
    yield Change(
        Level.BREAKING if hides else Level.MINOR,
        f"column {at['column']!r} is of another class" if new else f"column {at['column']!r} has no class",
        before=old or "no class",
        after=new or "no class",
        why="; ".join(filter(None, why)),
        broadens=broadens,
        **at,
    )


def _exempt(name: str | None, classes: Mapping[str, ClassState]) -> frozenset[str] | None:
    """Who sees a column of a class in clear; None for everybody."""
    known = classes.get(name or "")
    return frozenset(known.exempt) if known and known.masked else None


def _lowered(old: str | None, new: str | None) -> bool:
    """Whether a class says less; what nobody ordered may be less."""
    if old is None:
        return False
    ranks = _RANK.get(old.casefold()), _RANK.get((new or "").casefold())
    return ranks[0] is None or ranks[1] is None or ranks[1] < ranks[0]


def _tags(before: Column, after: Column, name: str, at: Mapping[str, Any]) -> Iterator[Change]:
    """A tag with a value may be what a mask or a row filter looks for."""
    if gone := sorted({tag for tag in before.tags if "=" in tag} - {*after.tags}):
        yield Change(
            Level.MINOR,
            f"column {name!r} has lost a tag",
            before=shown(gone),
            why="a mask or row filter may look for it: somebody has to approve that",
            broadens=True,
            **at,
        )
    if new := sorted({*after.tags} - {*before.tags}):
        yield Change(Level.COMPATIBLE, f"column {name!r} has new tags", after=shown(new), **at)
