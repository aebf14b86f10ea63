# SPDX-License-Identifier: Apache-2.0
"""What one contract says against itself: names that are there twice, keys that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from meshform.model.contract import Column, Contract, Table
from meshform.model.expectations import unusable_options
from meshform.model.findings import Finding, Place
from meshform.model.foreign_keys import relationship_findings
from meshform.model.names import normalized
from meshform.model.near import did_you_mean


def consistency(
    contract: Contract, *, schema_of: Callable[[Table], str] | None = None, owner: str = "the contract"
) -> Iterator[Finding]:
    """Findings about a contract alone.

    MF207 two tables, columns of a table or quality rules of one name; MF241 and MF244 relationships; MF242
    keys by which a table cannot be clustered or partitioned; MF243 options that say nothing about the values
    of a column.

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
        yield from _layout(table)
        for column in table.columns:
            yield from _options(column)
    yield from relationship_findings(contract)


_MOST_CLUSTER_KEYS = 4
# Databricks documentation, "Use liquid clustering for tables": types of clustering keys
_CLUSTER_TYPES = (
    "bigint", "char", "date", "decimal", "double", "float", "int", "smallint", "string", "timestamp",
    "timestamp_ntz", "tinyint", "varchar",
)  # fmt: skip
_NO_PARTITIONS = ("array<", "map<", "struct<", "variant", "geo", "binary")


def _layout(table: Table) -> Iterator[Finding]:
    """Whether the files of a table can be laid out as the contract says."""
    clusters, partitions = table.cluster_by, table.partition_by
    if not clusters and not partitions:
        return
    types = {one.name.casefold(): one.type for one in table.columns}
    what, keys = ("cluster", clusters) if clusters else ("partition", partitions)
    names = [key.casefold() for key in keys]
    unknown = [key for key in keys if key.casefold() not in types]
    if table.physical_type == "view":
        yield _no_layout(table, f"a view has no files to {what} by columns", keys, "remove them")
    elif clusters and partitions:
        fix = "cluster, and remove `partitioned` from the columns"
        yield _no_layout(table, "a table is either clustered or partitioned", (*clusters, *partitions), fix)
    elif unknown:
        near = did_you_mean(unknown[0], [one.name for one in table.columns])
        yield _no_layout(table, "a cluster key is no column", unknown, near)
    elif len(set(names)) < len(names):
        yield _no_layout(table, "a cluster key is there twice", keys, "name each column once")
    elif clusters and len(clusters) > _MOST_CLUSTER_KEYS:
        fix = f"keep at most {_MOST_CLUSTER_KEYS}, those that queries filter by most"
        yield _no_layout(table, "too many cluster keys", keys, fix)
    elif clusters and (odd := [k for k in keys if not re.match(_CLUSTERED, types[k.casefold()])]):
        yield _no_layout(table, "Databricks does not cluster by columns of this type", odd, "choose another")
    elif partitions and (
        odd := [k for k, n in zip(keys, names, strict=True) if types[n].startswith(_NO_PARTITIONS)]
    ):
        yield _no_layout(
            table, "Databricks does not partition by columns of this type", odd, "choose another"
        )
    elif partitions and len(partitions) == len(table.columns):
        yield _no_layout(table, "a table cannot be partitioned by all its columns", keys, "choose fewer")


_CLUSTERED = rf"(?:{'|'.join(_CLUSTER_TYPES)})\b"


def _no_layout(table: Table, summary: str, got: Iterable[str], fix: str | None) -> Finding:
    return Finding(
        code="MF242",
        summary=f"table {table.name!r}: {summary}",
        place=table.place,
        got=", ".join(got),
        fix=fix,
    )


def _options(column: Column) -> Iterator[Finding]:
    if column.logical_type_options:
        for option in unusable_options(column.type, column.logical_type_options):
            yield Finding(
                code="MF243",
                summary=f"column {column.name!r}: `{option}` says nothing about values of type {column.type}",
                place=column.place,
                got=repr(column.logical_type_options[option])[:200],
                allowed="numbers for numbers, ISO 8601 for dates and times, a length or pattern for text",
                fix="correct or remove it",
            )
    for field in column.fields:
        yield from _options(field)


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
