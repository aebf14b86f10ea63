# SPDX-License-Identifier: Apache-2.0
"""What one contract says against itself: names that are there twice, keys that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from meshform.model.contract import Contract, Table
from meshform.model.findings import Finding, Place
from meshform.model.names import normalized


def consistency(
    contract: Contract, *, schema_of: Callable[[Table], str] | None = None, owner: str = "the contract"
) -> Iterator[Finding]:
    """Findings about a contract alone: MF207 two tables, columns of a table or quality rules of one name.

    Args:
        contract: the contract.
        schema_of: the schema of a table. Default: the one that the contract says, or none.
        owner: what the tables belong to, for the findings.
    """
    tables = contract.tables
    schema = schema_of or (lambda table: table.schema_name or "")
    named = ((normalized(f"{schema(t)}.{t.name}"), t.name, t.place) for t in tables)
    yield from _twins(f"tables of {owner}", named)
    for table in tables:
        columns = ((column.name.casefold(), column.name, column.place) for column in table.columns)
        yield from _twins(f"columns of table {table.name!r}", columns)
        if rules := table.rules:
            names = ((rule.name.casefold(), rule.name, rule.place) for rule in rules)
            yield from _twins(f"quality rules of table {table.name!r}", names)


def _twins(what: str, named: Iterable[tuple[str, str, Place]]) -> Iterator[Finding]:
    first: dict[str, tuple[str, Place]] = {}
    for form, name, place in named:
        if form in first:
            other, where = first[form]
            yield Finding(
                code="MF207",
                summary=f"two {what} have one name (Unity Catalog ignores case)",
                place=place,
                got=f"{name!r}, and {other!r} at {where}",
                fix="rename or remove one of them",
            )
        else:
            first[form] = (name, place)
