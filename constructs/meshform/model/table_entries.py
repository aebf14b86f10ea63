# SPDX-License-Identifier: Apache-2.0
"""What `tables` of a product says of the contract's tables, and whether Terraform can make them."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.contract import Table
from meshform.model.findings import Finding, Place
from meshform.model.near import did_you_mean, one_of
from meshform.model.ports import Elsewhere, ManagedTable
from meshform.model.product import Product


def entries(product: Product, findings: list[Finding]) -> dict[int, ManagedTable | Elsewhere]:
    """The entry of each table of the contract that has one, by the table's position.

    Findings: MF340 for a name that the contract does not have, or that Terraform cannot make so, MF377 for
    keys, MF378 for properties.
    """
    if not product.tables:
        return {}
    found: dict[int, ManagedTable | Elsewhere] = {}
    names = [f"{product.schema_of(t)}.{t.name}" for t in product.contract.tables]
    for name, entry in product.tables.items():
        places = [i for i, table in enumerate(product.contract.tables) if name in (table.name, names[i])]
        if len(places) != 1:
            known = list(dict.fromkeys([t.name for t in product.contract.tables] + names))
            findings.append(
                Finding(
                    code="MF340",
                    summary=f"`tables` names {'several tables' if places else 'no table'} of the contract",
                    place=product.place,
                    got=name,
                    allowed=one_of(names) or "the contract has no tables",
                    fix="write it as `schema.table`"
                    if places
                    else did_you_mean(name, known) or "describe it in the contract",
                )
            )
            continue
        table = product.contract.tables[places[0]]
        found[places[0]] = entry
        if isinstance(entry, ManagedTable):
            findings += _managed(table, entry, product)
        elif table.name in product.views:
            findings.append(
                Finding(
                    code="MF340",
                    summary="a view that somebody else makes has SQL in this product",
                    place=product.place,
                    got=name,
                    allowed="an entry in `tables`, or SQL in `views`",
                    fix="remove one of them",
                )
            )
    return found


def _managed(table: Table, entry: ManagedTable, product: Product) -> Iterator[Finding]:
    place: Place = table.place if table.place.file else product.place
    if table.physical_type != "table":
        yield Finding(
            code="MF340",
            summary=f"Terraform cannot make {table.name!r}",
            place=place,
            got=f"a {table.physical_type.replace('_', ' ')}",
            allowed="a table (`physicalType: table`)",
            fix="give its SQL in `views`"
            if table.physical_type == "view"
            else "let a pipeline make it, or set `physicalType: table`",
        )
    partitions = table.partition_by
    if partitions and entry.cluster_by:
        yield Finding(
            code="MF377",
            summary=f"table {table.name!r} has partitions, and is to be clustered",
            place=place,
            got=f"partitioned by {', '.join(partitions)}; cluster_by {', '.join(entry.cluster_by)}",
            allowed="partitions or liquid clustering: Delta takes one of them",
            fix="remove `cluster_by`, or the partition keys in the contract",
        )
    for name in entry.cluster_by:
        if table.column(name) is None:
            known = [column.name for column in table.columns]
            yield Finding(
                code="MF377",
                summary=f"table {table.name!r} is to be clustered by a column that it does not have",
                place=place,
                got=name,
                allowed=one_of(known),
                fix=did_you_mean(name, known) or "name one of its columns",
            )
    for name in partitions:
        if not (name.isascii() and name.isidentifier()):
            yield Finding(
                code="MF377",
                summary=f"table {table.name!r} cannot have this partition column",
                place=place,
                got=name,
                allowed="letters, digits and _: the provider does not quote it in the SQL that it writes",
                fix="rename the column, or cluster by it",
            )
    for key, value in entry.properties.items():
        if any(character in text for text in (key, value) for character in "'\\"):
            yield Finding(
                code="MF378",
                summary=f"a property of table {table.name!r} holds a quote or a backslash",
                place=product.place,
                got=key,
                allowed="no ' and no \\: the provider does not escape them in the SQL that it writes",
                fix="remove it",
            )
