# SPDX-License-Identifier: Apache-2.0
"""Retention as the contract promises it: which rows are too old, and who lets them go."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from meshform.governance.objectives import Objective, objectives
from meshform.model.findings import Finding, Severity
from meshform.model.governing import masks_on, row_filters_on
from meshform.model.names import quote
from meshform.model.ports import Elsewhere
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable, once_for_product

_MONTHS = {"mo": 1, "month": 1, "y": 12, "yr": 12, "year": 12}
_TIMES = ("date", "timestamp", "timestamp_ntz")


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows that a job deletes.

    Attributes:
        table: the table that loses them.
        condition: SQL condition over its columns that holds for a row that is too old.
    """

    table: ResolvedTable
    condition: str


@once_for_product
def expiries(product: ResolvedProduct, mesh: ResolvedMesh) -> tuple[tuple[Expiry, ...], list[Finding]]:
    """What the product's `Retention` deletes, by table, and what is wrong with it.

    Findings: MF490 it has nothing to delete, or nobody to run as; MF491 (advice) rows of which nothing shows
    that they go; MF492 a column that is no time; MF493 a row filter or mask that hides rows from it.
    """
    made: dict[str, Expiry] = {}
    findings: list[Finding] = []
    spec, nothing = product.spec.retention, True
    for objective in objectives(product)[0]:
        table = objective.table
        if objective.level.property != "retention" or table is None or table.is_own_view:
            continue
        if spec is None or not _takes_delete(table, product):
            if not _filtered(table, product):
                findings.append(_left(objective, table, product))
            continue
        nothing = False
        if (column := table.spec.column(objective.column)) is not None and column.type not in _TIMES:
            findings.append(
                Finding(
                    code="MF492",
                    summary=f"rows of {table.full_name} cannot be deleted by the age of {objective.column!r}",
                    place=objective.level.place,
                    got=column.type,
                    allowed=", ".join(_TIMES),
                    fix="name a column of such a type as `element`, or change its type",
                )
            )
        else:
            made[table.full_name] = Expiry(table, f"{quote(objective.column)} < {_moment(objective)}")
            findings += _hidden(objective, table, product, mesh)
    if spec is not None:
        findings += _useless(product, nothing=nothing)
    return tuple(made.values()), findings


def kept_rows(product: ResolvedProduct) -> dict[str, str]:
    """SQL condition of the rows to keep, by `schema.table`, of what the product's pipeline must filter."""
    return {
        f"{table.domain_schema}.{table.name}": f"{quote(one.column)} >= {_moment(one)}"
        for one in objectives(product)[0]
        if one.level.property == "retention"
        and (table := one.table) is not None
        and table.is_run
        and not _takes_delete(table, product)
    }


def _filtered(table: ResolvedTable, product: ResolvedProduct) -> bool:
    """Whether the code of the pipeline asks the generated module which rows to keep."""
    spec = product.spec.pipeline
    if spec is None or not table.is_run:
        return False
    asks = re.compile(rf"""\bkept\(\s*["']{re.escape(f"{table.domain_schema}.{table.name}")}["']\s*\)""")
    for folder, _, names in os.walk(spec.source):
        for name in names:
            if name.endswith(".py"):
                with suppress(OSError, UnicodeDecodeError):  # told where the code is read for good
                    if asks.search(Path(folder, name).read_text(encoding="utf-8")):
                        return True
    return False


def runs_as(product: ResolvedProduct) -> str | None:
    """The service principal that the product's `Retention` runs as, by its name; None when there is none."""
    spec, runs = product.spec.retention, product.spec.runs
    return (spec.run_as if spec else None) or (runs.run_as if runs else None)


def _takes_delete(table: ResolvedTable, product: ResolvedProduct) -> bool:
    """A materialized view does not; a streaming table does, from outside of its pipeline."""
    if table.is_own_view or isinstance(table.entry, Elsewhere):
        return False
    return (
        table.entry is not None
        or product.spec.job is not None
        or table.spec.physical_type == "streaming_table"
    )


def _moment(objective: Objective) -> str:
    """SQL of the moment before which a row is too old, in months of the calendar where the unit has them."""
    unit = (objective.level.unit or "").casefold()
    months = float(objective.level.value or 0) * _MONTHS.get(unit.removesuffix("s"), 0)
    if months and months.is_integer():
        return f"timestampadd(MONTH, -{int(months)}, current_timestamp())"
    return f"timestampadd(SECOND, -{round(objective.threshold * 86400)}, current_timestamp())"


def _left(objective: Objective, table: ResolvedTable, product: ResolvedProduct) -> Finding:
    if isinstance(table.entry, Elsewhere):
        fix = f"let {table.entry.by or 'who makes it'} delete them"
    elif not _takes_delete(table, product):
        name = f"{table.domain_schema}.{table.name}"
        fix = f'let the pipeline leave them out: .where(contract.kept("{name}"))'
    else:
        fix = "give the product `retention=Retention()`"
    return Finding(
        code="MF491",
        summary=f"nothing takes rows out of {table.full_name} that are older than its retention",
        place=objective.level.place,
        got=f"{objective.level.value} {objective.level.unit or ''}".strip(),
        fix=fix,
        severity=Severity.ADVICE,
    )


def _hidden(
    objective: Objective, table: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh
) -> Iterator[Finding]:
    name = runs_as(product)
    times = [column] if (column := table.spec.column(objective.column)) else []
    for protection, names in (
        *row_filters_on(table, product.domain.name, mesh),
        *masks_on(times, mesh),
    ):
        exempt = mesh.spec.principals.with_members(names)
        if name not in exempt:
            yield Finding(
                code="MF493",
                summary=f"the retention of {product.address} works through {protection}, and so leaves rows"
                f" of {table.full_name} or takes others",
                place=product.place,
                got=name,
                allowed=", ".join(sorted(exempt)) or None,
                fix="make its service principal a member of a group that is exempt from it",
            )


def _useless(product: ResolvedProduct, *, nothing: bool) -> Iterator[Finding]:
    if nothing:
        yield Finding(
            code="MF490",
            summary=f"the retention of {product.address} has nothing to delete",
            place=product.place,
            allowed="a `retention` in `slaProperties` whose `element` is a time column of a table that takes"
            " DELETE: one of Terraform, or of the product's job",
            fix="add it to the contract, or remove `retention` from the product",
        )
    elif runs_as(product) is None:
        yield Finding(
            code="MF490",
            summary=f"the retention of {product.address} has nobody to run as",
            place=product.place,
            allowed="a service principal of the registry",
            fix="give it `run_as`: the product has no job whose principal it could take",
        )
