# SPDX-License-Identifier: Apache-2.0
"""Changes of a port that is a table or a view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshform.governance.changes.change import Change, Level, shown
from meshform.governance.changes.columns import column_changes
from meshform.governance.changes.promises import rule_changes
from meshform.model.contract import Table
from meshform.model.mesh_state import ClassState

_STREAMS = frozenset({"table", "streaming_table"})  # a stream reads them, and they have a history


def table_changes(
    before: Table,
    after: Table,
    classes: Mapping[str, ClassState],
    *,
    announced: bool,
    written: bool,
) -> Iterator[Change]:
    """What changed of a port; the arguments are those of `column_changes`."""
    port, place = after.name, after.place
    announced = announced or before.deprecated
    if before.physical_type != after.physical_type:
        worse = before.physical_type in _STREAMS and after.physical_type not in _STREAMS
        yield Change(
            Level.BREAKING if worse else Level.MINOR,
            f"port {port!r} is a {after.physical_type.replace('_', ' ')} now",
            port,
            before=before.physical_type,
            after=after.physical_type,
            why="nobody can read it as a stream any more, nor its history" if worse else "",
            announced=announced,
            place=place,
        )
    if [key.casefold() for key in before.primary_key] != [key.casefold() for key in after.primary_key]:
        first = not before.primary_key
        yield Change(
            Level.MINOR if first else Level.BREAKING,
            f"port {port!r} has {'a' if first else 'another' if after.primary_key else 'no'} primary key",
            port,
            before=shown(before.primary_key),
            after=shown(after.primary_key),
            why="" if first else "a row is found by other columns, and joins multiply rows",
            announced=announced,
            place=place,
        )
    yield from column_changes(
        before.columns, after.columns, port, classes, announced=announced, written=written
    )
    yield from column_changes(
        before.measures, after.measures, port, classes, announced=announced, written=False
    )
    yield from rule_changes(before, after, port)
    yield from _words(before, after)


def _words(before: Table, after: Table) -> Iterator[Change]:
    """What the contract says of the table as a whole."""
    port, place = after.name, after.place
    if before.granularity != after.granularity:
        yield Change(
            Level.MINOR,
            f"port {port!r} describes in other words what a row is",
            port,
            before=before.granularity,
            after=after.granularity,
            why="only a person can tell whether it is another grain",
            place=place,
        )
    if before.relationships != after.relationships:
        yield Change(
            Level.MINOR,
            f"port {port!r} has other foreign keys",
            port,
            why="nothing enforces a foreign key, but readers join by it",
            place=place,
        )
    if before.deprecated != after.deprecated:
        what = f"port {port!r} is {'deprecated' if after.deprecated else 'not deprecated any more'}"
        yield Change(Level.MINOR if after.deprecated else Level.COMPATIBLE, what, port, place=place)
    if gone := sorted({tag for tag in before.tags if "=" in tag} - {*after.tags}):
        yield Change(
            Level.MINOR,
            f"port {port!r} has lost a tag",
            port,
            before=shown(gone),
            why="a mask or row filter may look for it: somebody has to approve that",
            broadens=True,
            place=place,
        )
    if (before.description, before.business_name) != (after.description, after.business_name):
        yield Change(Level.COMPATIBLE, f"port {port!r} is described in other words", port, place=place)
    if (before.partition_by, before.cluster_by) != (after.partition_by, after.cluster_by):
        what = f"port {port!r} is laid out in another way"
        yield Change(Level.COMPATIBLE, what, port, why="queries differ in speed only", place=place)
