# SPDX-License-Identifier: Apache-2.0
"""A data contract as a frozen value, whatever it was read from.

The words are those of the Open Data Contract Standard (ODCS) 3.x in snake case; `odcs.read_contract` makes
the value from a file, and keyword arguments make the same one in Python. What Databricks needs is worked
out already: names are physical names, types are Databricks SQL types, quality rules say which expectation
of a declarative pipeline they become.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, field_validator

from meshform.model.data_types import UnknownTypeError, normalize
from meshform.model.findings import NOWHERE, Place, Value


class Action(StrEnum):
    """What a declarative pipeline does with a row that breaks an expectation.

    `warn` keeps the row and counts it, `drop` leaves it out, `fail` stops the update
    (`expect`, `expect_or_drop` and `expect_or_fail`).
    """

    WARN = "warn"
    DROP = "drop"
    FAIL = "fail"


class CustomProperty(Value):
    """A property that is not part of the standard (ODCS `customProperties`)."""

    property: str
    value: Any = None
    description: str | None = None


class QualityRule(Value):
    """One data quality rule of a table or a column (ODCS `quality`).

    Attributes:
        name: name of the rule, unique within its table: the name of the expectation.
        type: the type of the rule in ODCS.
        expression: SQL that is true for a good row, when the rule can be told row by row; then it becomes an
            expectation. None for every other rule; those are kept, not run.
        action: what happens to a row for which the expression is not true.
        query: of a rule of type `sql`: a query with one value, to be compared by `operator` and `threshold`.
        metric: of a rule of type `library`: the metric that is compared.
        operator: `mustBe`, `mustBeLessThan` and so on; None when the rule compares nothing.
        threshold: what it is compared with: a number, text, or a pair for `mustBeBetween`.
        unit: unit of the metric, `rows` unless said otherwise, or `percent`.
        engine: of a rule of type `custom`: the engine it is written for.
        implementation: of a rule of type `custom`: the rule in the words of its engine.
        severity: as written; ODCS names `info`, `warning` and `error`.
        dimension: quality dimension, such as `completeness`.
    """

    name: str
    type: Literal["text", "library", "sql", "custom"] = "library"
    description: str | None = None
    expression: str | None = None
    action: Action = Action.WARN
    query: str | None = None
    metric: str | None = None
    operator: str | None = None
    threshold: Any = None
    unit: str | None = None
    engine: str | None = None
    implementation: Any = None
    severity: str | None = None
    dimension: str | None = None
    place: Place = NOWHERE


class Column(Value):
    """One column of a table (ODCS property).

    Attributes:
        name: physical name.
        type: Databricks SQL type in the normal form of Unity Catalog, such as `decimal(18,2)`; any form given
            is brought to it.
        logical_type: ODCS logical type, when one was given.
        required: no NULL allowed; False unless said otherwise.
        primary_key_position: position in the primary key from 1; None when the column is not part of it, and
            the order of the columns decides where no position was given.
        classification: class of the data in the column, such as `public` or `restricted`.
        fields: the fields below this column with what is said of them, when it is a STRUCT or an ARRAY of
            STRUCT. The type holds them as well.
        transform_sources: objects that the column is made from.
    """

    name: str
    type: str
    logical_type: str | None = None
    business_name: str | None = None
    description: str | None = None
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int | None = None
    partition_position: int | None = None
    classification: str | None = None
    critical: bool = False
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    fields: tuple[Column, ...] = ()
    transform_sources: tuple[str, ...] = ()
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE

    @field_validator("type")
    @classmethod
    def _in_normal_form(cls, text: str) -> str:
        try:
            return normalize(text)
        except UnknownTypeError as error:
            raise ValueError(f"{error.reason}; {error.fix}" if error.fix else error.reason) from None


PhysicalType = Literal["table", "view", "materialized_view", "streaming_table"]


class Table(Value):
    """A table or a view (ODCS schema object).

    Attributes:
        name: physical name without schema.
        schema_name: schema, when the physical name is `schema.table`; None leaves it to the product.
        physical_type: what it is in Unity Catalog.
        columns: columns in order. Properties with the semantic type `measure` are no columns: see `measures`.
        quality: rules about the table; those of columns stand with the column.
    """

    name: str
    schema_name: str | None = None
    physical_type: PhysicalType = "table"
    business_name: str | None = None
    description: str | None = None
    granularity: str | None = None
    columns: tuple[Column, ...]
    measures: tuple[Column, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE

    @property
    def rules(self) -> tuple[QualityRule, ...]:
        """All rules: those of the table, then those of its columns in order."""
        return self.quality + tuple(rule for column in self.columns for rule in column.quality)

    @property
    def expectations(self) -> tuple[QualityRule, ...]:
        """The rules that hold row by row and so become expectations of a pipeline."""
        return tuple(rule for rule in self.rules if rule.expression is not None)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Names of the columns of the primary key in order; empty when there is none."""
        keys = [
            (column.primary_key_position or 0, i)
            for i, column in enumerate(self.columns)
            if column.primary_key
        ]
        return tuple(self.columns[i].name for _, i in sorted(keys))

    def column(self, name: str) -> Column | None:
        """The column of that name in any case, or None."""
        return next((one for one in self.columns if one.name.casefold() == name.casefold()), None)


class ServiceLevel(Value):
    """One service-level property (ODCS `slaProperties`), such as freshness of 4 hours.

    Attributes:
        property: name as written; `latency` and `freshness` are the same thing in two words.
        unit: as written; `d`, `day` and `days` for days and so on.
        element: `table.column` that is measured, several separated by commas.
    """

    property: str
    value: str | bool | int | float | None
    value_ext: str | bool | int | float | None = None
    unit: str | None = None
    element: str | None = None
    driver: str | None = None
    description: str | None = None
    scheduler: str | None = None
    schedule: str | None = None
    place: Place = NOWHERE


class SupportChannel(Value):
    """Where to get help (ODCS `support`)."""

    channel: str
    url: str | None = None
    tool: str | None = None
    scope: str | None = None
    description: str | None = None
    invitation_url: str | None = None
    place: Place = NOWHERE


class TeamMember(Value):
    """Somebody in the team; dates as text, `YYYY-MM-DD`."""

    username: str
    name: str | None = None
    role: str | None = None
    description: str | None = None
    date_in: str | None = None
    date_out: str | None = None
    replaced_by_username: str | None = None
    place: Place = NOWHERE


class Team(Value):
    """The team that answers for the data (ODCS `team`, both its forms)."""

    name: str | None = None
    description: str | None = None
    members: tuple[TeamMember, ...] = ()
    place: Place = NOWHERE


class Role(Value):
    """A role that gives access (ODCS `roles`)."""

    role: str
    access: str | None = None
    description: str | None = None
    first_level_approvers: str | None = None
    second_level_approvers: str | None = None
    place: Place = NOWHERE


class Contract(Value):
    """A data contract.

    Attributes:
        id: identifier of the contract.
        version: version of the contract.
        status: `proposed`, `draft`, `active`, `deprecated`, `retired` or another word.
        api_version: version of the standard, such as `v3.1.0`.
        purpose, usage, limitations: the parts of the description.
        tables: tables and views, in order.
        sla: service levels, in order.
        place: the file.
        raw: the document as it was read, for an export without loss; empty for a contract made in Python.
    """

    id: str
    version: str
    status: str | None = None
    api_version: str = "v3.1.0"
    name: str | None = None
    domain: str | None = None
    data_product: str | None = None
    tenant: str | None = None
    purpose: str | None = None
    usage: str | None = None
    limitations: str | None = None
    tables: tuple[Table, ...] = ()
    sla: tuple[ServiceLevel, ...] = ()
    team: Team | None = None
    support: tuple[SupportChannel, ...] = ()
    roles: tuple[Role, ...] = ()
    tags: tuple[str, ...] = ()
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)

    def table(self, name: str) -> Table | None:
        """The table called `table` or `schema.table`, in any case; None when there is none or several."""
        schema, _, table = name.casefold().rpartition(".")
        found = [
            one
            for one in self.tables
            if one.name.casefold() == table and (not schema or (one.schema_name or "").casefold() == schema)
        ]
        return found[0] if len(found) == 1 else None
