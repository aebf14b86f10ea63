# SPDX-License-Identifier: Apache-2.0
"""Which tables of a product are profiled, and whether they can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshform.model.findings import Finding
from meshform.model.monitoring import Profile
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedProduct, ResolvedTable

METRICS = ("profile_metrics", "drift_metrics")
"""How the names of the tables end into which Databricks writes a profile of `TABLE`, after `TABLE_`."""

_TIMES = ("date", "timestamp", "timestamp_ntz")


class Profiled(NamedTuple):
    """A table, its profile, and the schema (as the domain calls it) of the profile's tables."""

    table: ResolvedTable
    profile: Profile
    output_schema: str


def profiled(product: ResolvedProduct) -> list[Profiled]:
    """Every table of a product that is profiled, in the order of its contract."""
    declared = product.spec.monitoring.profiles
    return [
        Profiled(table, profile, profile.output_schema or table.domain_schema)
        for table in (product.tables if declared else ())
        for name, profile in declared.items()
        if name in _names(table)
    ]


def _names(table: ResolvedTable) -> tuple[str, str]:
    return table.name, f"{table.domain_schema}.{table.name}"


def profile_findings(product: ResolvedProduct) -> Iterator[Finding]:
    """MF557 for what is no table of the product, MF558 for its column of time, MF559 for where it goes."""
    declared = product.spec.monitoring.profiles
    if not declared:
        return
    tables = [table for table in product.tables if not table.is_view]
    for name in declared:
        fitting = [table for table in tables if name in _names(table)]
        if len(fitting) != 1:
            known = ["{1}".format(*_names(table)) for table in tables]
            short = [table.name for table in tables]
            yield Finding(
                code="MF557",
                summary=f"a profile is of {'several tables' if fitting else 'no table'} of {product.address}",
                place=product.place,
                got=name,
                allowed=f"a table of its contract, no view: {one_of(known) or 'it has none'}",
                fix="write it as `schema.table`"
                if fitting
                else did_you_mean(name, [*short, *known]) or "name one of its tables",
            )
    for one in profiled(product):
        yield from _column(one, product)
        yield from _output(one, product)


def _column(one: Profiled, product: ResolvedProduct) -> Iterator[Finding]:
    name = one.profile.timestamp_column
    if name is None:
        return
    column = one.table.spec.column(name)
    if column is None or column.type.lower() not in _TIMES:
        fitting = [c.name for c in one.table.spec.columns if c.type.lower() in _TIMES]
        yield Finding(
            code="MF558",
            summary=f"the profile of {product.address} {one.table.name} has no column of time",
            place=product.place,
            got=name if column is None else f"{name}, of type {column.type}",
            allowed=one_of(fitting) or "the table has no column of type date or timestamp",
            fix=did_you_mean(name, fitting) or "leave `timestamp_column` out, for a snapshot",
        )


def _output(one: Profiled, product: ResolvedProduct) -> Iterator[Finding]:
    schemas = product.domain.spec.schemas
    if one.output_schema not in schemas:
        yield Finding(
            code="MF559",
            summary=f"the profile of {product.address} {one.table.name} has no schema to go to",
            place=product.place,
            got=one.output_schema,
            allowed=one_of(schemas),
            fix=did_you_mean(one.output_schema, schemas) or "add the schema to the domain",
        )
    made = {f"{one.output_schema}.{one.table.name}_{ending}" for ending in METRICS}
    for other in product.tables:
        if (name := f"{other.domain_schema}.{other.name}") in made:
            yield Finding(
                code="MF559",
                summary=f"the profile of {product.address} {one.table.name} would write into another table",
                place=product.place,
                got=name,
                fix="give the profile another `output_schema`, or rename the table",
            )
