# SPDX-License-Identifier: Apache-2.0
"""Quarantine tables: where the rows go that a `drop` rule leaves out of a table."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.contract import Action, Column, Table
from meshform.model.findings import Finding
from meshform.model.names import check_identifier

BROKEN_RULES = "broken_rules"
"""The column of a quarantine table that names the rules that a row breaks."""


def quarantine_table(table: Table) -> Table:
    """The quarantine table of a table: its columns, classified and tagged as they are, and `broken_rules`."""
    columns = tuple(_bare(column) for column in table.columns)
    broken = Column(
        name=BROKEN_RULES,
        type="array<string>",
        description=f"Names of the quality rules of {table.name} that the row breaks.",
    )
    return Table(
        name=table.quarantine or "",
        schema_name=table.schema_name,
        physical_type=table.physical_type,
        description=f"Rows that quality rules leave out of {table.name}, to be looked at. Internal.",
        columns=(*columns, broken),
        tags=table.tags,
        place=table.place,
    )


def _bare(column: Column) -> Column:
    """The column without what its values must be: whatever breaks a rule goes here."""
    keys = {"required": False, "unique": False, "primary_key": False, "partitioned": False}
    rules: dict[str, object] = {"quality": (), "enum": (), "logical_type_options": {}, "relationships": ()}
    fields = tuple(_bare(field) for field in column.fields)
    return column.model_copy(update={**keys, **rules, "fields": fields})


def quarantine_findings(table: Table, *, in_pipeline: bool) -> Iterator[Finding]:
    """A quarantine that would hold nothing, or that nobody makes (MF380), and names (MF341 to MF345)."""
    if table.quarantine is None:
        return
    yield from check_identifier("table", table.quarantine, table.place)
    drops = [rule for rule in table.expectations if rule.action is Action.DROP]
    if not in_pipeline or table.physical_type == "view":
        got, fix = "no pipeline makes it", "remove it: only a pipeline puts rows into quarantine"
    elif not drops:
        got, fix = "no rule that drops rows", "say `onViolation: drop` in a rule of the table, or remove it"
    elif table.column(BROKEN_RULES):
        got, fix = f"a column {BROKEN_RULES!r} of its own", "rename the column"
    else:
        return
    yield Finding(
        code="MF380",
        summary=f"table {table.name!r} cannot have a quarantine table",
        place=table.place,
        got=got,
        allowed=f"a table of a pipeline with rules that drop rows, and without a column {BROKEN_RULES!r}",
        fix=fix,
    )
