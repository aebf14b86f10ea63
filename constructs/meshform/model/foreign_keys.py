# SPDX-License-Identifier: Apache-2.0
"""Foreign keys of a contract: what its relationships refer to, and which of them Unity Catalog can declare.

A reference is `table.column` in logical or physical names, or `schema/TABLE_ID/properties/COLUMN_ID` by the
ids of the standard. Before ODCS 3.1 there were no relationships; a custom property `references` (or
`foreignKey`) of a column says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from meshform.model.contract import Column, Contract, Relationship, Table
from meshform.model.findings import Finding, Severity
from meshform.model.near import did_you_mean

_OLDER_WORDS = ("references", "foreignKey")
_FORM = "`table.column`, or `schema/TABLE_ID/properties/COLUMN_ID`"


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key that Unity Catalog can declare.

    Attributes:
        table: the table that refers.
        columns: its columns.
        parent: the table that it refers to, another one of the same contract.
        references: the columns of the parent's primary key.
    """

    table: Table
    columns: tuple[str, ...]
    parent: Table
    references: tuple[str, ...]


def foreign_keys(contract: Contract) -> list[ForeignKey]:
    """The foreign keys that can be declared, in the order of the contract."""
    return [found for found in _resolved(contract) if isinstance(found, ForeignKey)]


def relationship_findings(contract: Contract) -> Iterator[Finding]:
    """MF241 a relationship that leads nowhere, MF244 (warning) one that Unity Catalog cannot declare."""
    return (found for found in _resolved(contract) if isinstance(found, Finding))


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a relationship: a column, or a field of one when the path is longer."""

    table: Table
    path: tuple[Column, ...]


def _resolved(contract: Contract) -> Iterator[ForeignKey | Finding]:
    for table, column, relationship in _relationships(contract):
        try:
            yield _foreign_key(contract, table, column, relationship)
        except _RefusedError as refused:
            yield refused.finding


def _relationships(contract: Contract) -> Iterator[tuple[Table, tuple[Column, ...], Relationship]]:
    for table in contract.tables:
        for column in table.columns:
            if column.relationships or column.custom_properties or column.fields:
                yield from ((table, *one) for one in _of_column((column,)))
        for relationship in table.relationships:
            yield table, (), relationship


def _of_column(path: tuple[Column, ...]) -> Iterator[tuple[tuple[Column, ...], Relationship]]:
    column = path[-1]
    for relationship in column.relationships:
        yield path, relationship
    for one in column.custom_properties:
        if one.property in _OLDER_WORDS and isinstance(one.value, str) and one.value:
            yield path, Relationship(to=(one.value,), place=column.place)
    for field in column.fields:
        yield from _of_column((*path, field))


class _RefusedError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.summary)
        self.finding = finding


def _foreign_key(
    contract: Contract, table: Table, column: tuple[Column, ...], relationship: Relationship
) -> ForeignKey:
    if relationship.type != "foreignKey":
        _refuse(relationship, "not a type of relationship", relationship.type, "foreignKey")
    if column and relationship.from_:
        _refuse(
            relationship,
            "a relationship of a column has a `from`, which is that column already",
            ", ".join(relationship.from_),
            fix="remove `from`, or move the relationship to the table",
        )
    to = [_end(contract, one, relationship) for one in relationship.to]
    if column:
        from_ = [_End(table, column)]
    else:
        from_ = [_end(contract, one, relationship) for one in relationship.from_]
    if len(from_) != len(to) or not to:
        _refuse(
            relationship,
            "a relationship needs as many columns in `from` as in `to`",
            f"{len(from_)} and {len(to)}",
        )
    if any(one.table is not from_[0].table for one in from_) or any(
        one.table is not to[0].table for one in to
    ):
        _refuse(relationship, "the columns of one end of a relationship belong to several tables")
    child, parent = from_[0].table, to[0].table
    columns = tuple(one.path[-1].name for one in from_)
    references = tuple(one.path[-1].name for one in to)
    primary = ", ".join(parent.primary_key) or "not said"
    for is_no, why in (
        (any(len(one.path) > 1 for one in (*from_, *to)), "it is between fields of columns"),
        ("view" in (child.physical_type, parent.physical_type), "a view has no keys"),
        (child is parent, "a table that is being made cannot refer to itself"),
        (
            sorted(references) != sorted(parent.primary_key),
            f"the primary key of {parent.name!r} is {primary}",
        ),
        (
            [one.path[-1].type for one in from_] != [one.path[-1].type for one in to],
            "the columns are of different types",
        ),
    ):
        if is_no:
            _keep_only(relationship, why, f"{', '.join(columns)} to {parent.name} ({', '.join(references)})")
    return ForeignKey(child, columns, parent, references)


def _end(contract: Contract, reference: str, relationship: Relationship) -> _End:
    file, is_path, path = reference.rpartition("#")
    if file:
        _keep_only(relationship, "it refers to another contract", reference)
    text = path.removeprefix("/") if is_path else reference.removeprefix("/")
    found = _by_id(contract, text) if text.startswith("schema/") else _by_name(contract, text)
    if found is None:
        known = [f"{_logical(t)}.{_logical(c)}" for t in contract.tables for c in t.columns]
        _refuse(
            relationship,
            "a relationship refers to a column that the contract does not have",
            reference,
            _FORM,
            did_you_mean(reference, known),
        )
    return found


def _by_id(contract: Contract, text: str) -> _End | None:
    parts = text.split("/")
    tables = [one for one in contract.tables if one.other.get("id") == parts[1]]
    if not tables or len(parts) < 4 or len(parts) % 2 or set(parts[2::2]) != {"properties"}:
        return None
    columns: tuple[Column, ...] = tables[0].columns
    path: list[Column] = []
    for part in parts[3::2]:
        column = next((one for one in columns if one.other.get("id") == part), None)
        if column is None:
            return None
        path.append(column)
        columns = column.fields
    return _End(tables[0], tuple(path))


def _by_name(contract: Contract, text: str) -> _End | None:
    for table in contract.tables:
        for name in {_logical(table), table.name, f"{table.schema_name}.{table.name}"}:
            if text.casefold().startswith(f"{name.casefold()}."):
                path = _path(table.columns, text[len(name) + 1 :].casefold())
                if path:
                    return _End(table, path)
    return None


def _path(columns: tuple[Column, ...], text: str) -> tuple[Column, ...] | None:
    for column in columns:
        for name in {_logical(column).casefold(), column.name.casefold()}:
            if text == name:
                return (column,)
            if text.startswith(f"{name}.") and (below := _path(column.fields, text[len(name) + 1 :])):
                return (column, *below)
    return None


def _logical(one: Table | Column) -> str:
    return one.logical_name or one.name


def _refuse(
    relationship: Relationship,
    summary: str,
    got: str | None = None,
    allowed: str | None = None,
    fix: str | None = None,
) -> NoReturn:
    place = relationship.place
    raise _RefusedError(
        Finding(code="MF241", summary=summary, place=place, got=got, allowed=allowed, fix=fix)
    )


def _keep_only(relationship: Relationship, why: str, got: str) -> NoReturn:
    raise _RefusedError(
        Finding(
            code="MF244",
            summary=f"a relationship stays in the contract alone, Unity Catalog cannot declare it: {why}",
            place=relationship.place,
            got=got,
            allowed="columns of a table that refer to the whole primary key of another table of the contract",
            severity=Severity.WARNING,
        )
    )
