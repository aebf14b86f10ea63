# SPDX-License-Identifier: Apache-2.0
"""A contract's own consistency: what a file is refused for when it is read, and Python must not get past."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshform.model.findings import Finding, Place
from meshform.model.names import normalized
from meshform.model.product import Product


def contract_findings(product: Product) -> Iterator[Finding]:
    """Two tables, columns of a table or quality rules of a table that have one name (MF207)."""
    tables = product.contract.tables
    named = ((normalized(f"{product.schema_of(t)}.{t.name}"), t.name, t.place) for t in tables)
    yield from _twins(f"tables of {product.address}", named)
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
