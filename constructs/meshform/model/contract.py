# SPDX-License-Identifier: Apache-2.0
"""A data contract as a frozen value, whatever it was read from.

The words are those of the Open Data Contract Standard (ODCS) 3.x in snake case; `odcs.read_contract` makes
the value from a file, and keyword arguments make the same one in Python. What Databricks needs is worked
out already: names are physical names, types are Databricks SQL types, quality rules say which expectation
of a declarative pipeline they become.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from operator import is_
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from meshform.model.data_types import UnknownTypeError, normalize, to_logical
from meshform.model.expectations import ENGINE, Comparison, allowed_values, condition
from meshform.model.findings import NOWHERE, Place, Value


class Described(Value):
    """Base of the parts of a contract.

    Attributes:
        other: further keys of the standard in its own words, such as `{"encryptedName": "id_enc"}`. They are
            carried and exported, and nothing is made from them.
    """

    other: dict[str, Any] = Field(default_factory=dict, repr=False)


class Action(StrEnum):
    """What a declarative pipeline does with a row that breaks an expectation.

    `warn` keeps the row and counts it, `drop` leaves it out, `fail` stops the update
    (`expect`, `expect_or_drop` and `expect_or_fail`).
    """

    WARN = "warn"
    DROP = "drop"
    FAIL = "fail"


class CustomProperty(Described):
    """A property that is not part of the standard (ODCS `customProperties`)."""

    property: str
    value: Any = None
    description: str | None = None


class EnumValue(Described):
    """One allowed value of a column (ODCS `enum`, since 3.2)."""

    value: str | bool | int | float
    label: str | None = None
    description: str | None = None
    place: Place = NOWHERE


class Relationship(Described):
    """A foreign key (ODCS `relationships`, since 3.1).

    Attributes:
        to: the columns that it refers to, each as `table.column` in the contract's logical names or as
            `schema/TABLE_ID/properties/COLUMN_ID`; a path to another contract and `#/` may stand before.
        from_: the columns that refer, in the same words; empty at a column, which is the one meant.
        type: `foreignKey`, the only type of the standard.
    """

    to: tuple[str, ...]
    from_: tuple[str, ...] = ()
    type: str = "foreignKey"
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE


class QualityRule(Described):
    """One data quality rule of a table or a column (ODCS `quality`).

    Attributes:
        name: name of the rule, unique within its table: the name of the expectation.
        type: the type of the rule in ODCS.
        expression: SQL that is true for a good row, when the rule can be told row by row; then it becomes an
            expectation. Alone it makes a rule of type `custom` for Databricks. By default worked out from the
            rest of the rule; None for a rule that cannot be told so: what compares a value becomes a check.
        action: what happens to a row for which the expression is not true.
        query: of a rule of type `sql`: a query with one value, to be compared by `operator` and `threshold`.
        metric: of a rule of type `library`: the metric that is compared.
        arguments: of a rule of type `library`: arguments of the metric, such as `validValues`.
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
    arguments: dict[str, Any] = Field(default_factory=dict)
    operator: str | None = None
    threshold: Any = None
    unit: str | None = None
    engine: str | None = None
    implementation: Any = None
    severity: str | None = None
    dimension: str | None = None
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE

    @model_validator(mode="before")
    @classmethod
    def _as_the_standard_says_it(cls, given: Any) -> Any:
        """A rule that is nothing but a condition is of type custom, for the engine Databricks."""
        if not isinstance(given, dict) or given.get("expression") is None:
            return given
        if not any(given.get(key) for key in ("metric", "query", "engine", "implementation")):
            return {**given, "type": "custom", "engine": ENGINE, "implementation": given["expression"]}
        return given

    def on(self, column: tuple[str, ...] | None) -> QualityRule:
        """The rule with its expression worked out, at a column (its parents first) or at the table."""
        if self.expression is not None:
            return self
        found = condition(self.comparison, column)
        return self if found is None else self.model_copy(update={"expression": found})

    @property
    def comparison(self) -> Comparison:
        """What the rule compares with what."""
        return Comparison(
            type=self.type,
            metric=self.metric,
            operator=self.operator,
            threshold=self.threshold,
            query=self.query,
            engine=self.engine,
            implementation=self.implementation,
            arguments=self.arguments,
        )


UNCLASSIFIED = "none"
"""What `classification` says of a column that is of no class by decision, and not by default."""


class Column(Described):
    """One column of a table (ODCS property).

    Attributes:
        name: physical name.
        type: Databricks SQL type in the normal form of Unity Catalog, such as `decimal(18,2)`; any form given
            is brought to it.
        logical_name: name in the standard's sense, when it is another than the physical one.
        logical_type: ODCS logical type. By default that of the type; None for a type that has none.
        logical_type_options: limits of the values (`minimum`, `maxLength`, `pattern` and so on), which become
            an expectation, and formats.
        enum: the allowed values, which become an expectation.
        required: no NULL allowed; False unless said otherwise.
        primary_key_position: position in the primary key from 1; None when the column is not part of it, and
            the order of the columns decides where no position was given.
        partition_position: position in the partition key from 1; by default the order of the columns decides.
        partitioned: part of the partition key; by default only with a position.
        classification: class of the data in the column, such as `public` or `restricted`; `none` says that
            it is of no class.
        fields: the fields below this column with what is said of them, when it is a STRUCT or an ARRAY of
            STRUCT. The type holds them as well.
        relationships: foreign keys of this column alone.
        transform_sources: objects that the column is made from.
    """

    name: str
    logical_name: str | None = None
    type: str
    logical_type: str | None = Field(default=None, validate_default=True)
    logical_type_options: dict[str, Any] = Field(default_factory=dict)
    enum: tuple[EnumValue, ...] = ()
    business_name: str | None = None
    description: str | None = None
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int | None = None
    partition_position: int | None = None
    partitioned: bool = Field(default=False, validate_default=True)
    classification: str | None = None
    critical: bool = False
    deprecated: bool = False
    tags: tuple[str, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    fields: tuple[Column, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    transform_sources: tuple[str, ...] = ()
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE

    @property
    def data_class(self) -> str | None:
        """Its class; None when it has none, or is said to be of none."""
        return None if self.classification == UNCLASSIFIED else self.classification or None

    @field_validator("type")
    @classmethod
    def _in_normal_form(cls, text: str) -> str:
        try:
            return normalize(text)
        except UnknownTypeError as error:
            raise ValueError(f"{error.reason}; {error.fix}" if error.fix else error.reason) from None

    @field_validator("logical_type")
    @classmethod
    def _of_the_type(cls, given: str | None, info: ValidationInfo) -> str | None:
        return given or to_logical(info.data.get("type", ""))

    @field_validator("partitioned")
    @classmethod
    def _with_a_position(cls, given: bool, info: ValidationInfo) -> bool:
        return given or info.data.get("partition_position") is not None

    def settled(self, parents: tuple[str, ...] = (), *, in_rows: bool = True) -> Column:
        """The column with the expressions of its rules and of those below it worked out.

        Args:
            parents: names of the columns that it is a field of.
            in_rows: False below an array, where a column has many values in each row.
        """
        path = (*parents, self.name)
        quality = tuple(rule.on(path if in_rows else None) for rule in self.quality)
        below = in_rows and self.type.startswith("struct<")
        fields = tuple(field.settled(path, in_rows=below) for field in self.fields)
        if all(map(is_, (*quality, *fields), (*self.quality, *self.fields))):
            return self  # identity: to compare a thousand rules by value takes long
        return self.model_copy(update={"quality": quality, "fields": fields})

    def rules(self, parents: tuple[str, ...] = (), *, in_rows: bool = True) -> Iterator[QualityRule]:
        """Rules of the column and the fields below it; the arguments are those of `settled`."""
        yield from self.quality
        path = (*parents, self.name)
        if in_rows and (self.enum or self.logical_type_options):
            values = [one.value for one in self.enum]
            expression = allowed_values(path, self.type, values, self.logical_type_options)
            if expression is not None:
                name = "_".join([*path, "is_allowed"])
                yield QualityRule(name=name, metric="invalidValues", expression=expression, place=self.place)
        in_rows = in_rows and self.type.startswith("struct<")
        for field in self.fields:
            yield from field.rules(path, in_rows=in_rows)


PhysicalType = Literal["table", "view", "materialized_view", "streaming_table"]


class Table(Described):
    """A table or a view (ODCS schema object).

    Attributes:
        name: physical name without schema.
        schema_name: schema, when the physical name is `schema.table`; None leaves it to the product.
        logical_name: name in the standard's sense, when it is another than the physical one.
        physical_type: what it is in Unity Catalog.
        columns: columns in order. Properties with the semantic type `measure` are no columns: see `measures`.
        quality: rules about the table; those of columns stand with the column.
        relationships: foreign keys, also of several columns.
        cluster_by: names of the columns by which the table is clustered, at most four. ODCS has no word for
            it: it is the custom property `clusterBy`.
        quarantine: name of the table beside it that gets the rows which its `drop` rules leave out, with the
            names of those rules. It belongs to the product and is never a port. Default: those rows are gone.
            ODCS has no word for it: it is the custom property `quarantine`.
    """

    name: str
    logical_name: str | None = None
    schema_name: str | None = None
    physical_type: PhysicalType = "table"
    business_name: str | None = None
    description: str | None = None
    granularity: str | None = None
    columns: tuple[Column, ...]
    measures: tuple[Column, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    cluster_by: tuple[str, ...] = ()
    quarantine: str | None = None
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    custom_properties: tuple[CustomProperty, ...] = ()
    place: Place = NOWHERE

    @field_validator("columns", "measures")
    @classmethod
    def _settle_columns(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        return tuple(one.settled() if one.quality or one.fields else one for one in columns)

    @field_validator("quality")
    @classmethod
    def _settle_rules(cls, rules: tuple[QualityRule, ...]) -> tuple[QualityRule, ...]:
        return tuple(rule.on(None) for rule in rules)

    @property
    def rules(self) -> tuple[QualityRule, ...]:
        """All rules: those of the table, then those of its columns in order.

        The allowed values of a column (`enum`, `logical_type_options`) are one more rule,
        `COLUMN_is_allowed`.
        """
        found = self.quality
        for column in self.columns:
            if column.quality or column.enum or column.logical_type_options or column.fields:
                found += tuple(column.rules())
        return found

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

    @property
    def partition_by(self) -> tuple[str, ...]:
        """Names of the columns of the partition key in order; empty when there is none."""
        keys = [(one.partition_position or 0, i) for i, one in enumerate(self.columns) if one.partitioned]
        return tuple(self.columns[i].name for _, i in sorted(keys))

    def column(self, name: str) -> Column | None:
        """The column of that name in any case, or None."""
        return next((one for one in self.columns if one.name.casefold() == name.casefold()), None)


class ServiceLevel(Described):
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


class SupportChannel(Described):
    """Where to get help (ODCS `support`)."""

    channel: str
    url: str | None = None
    tool: str | None = None
    scope: str | None = None
    description: str | None = None
    invitation_url: str | None = None
    place: Place = NOWHERE


class TeamMember(Described):
    """Somebody in the team; dates as text, `YYYY-MM-DD`."""

    username: str
    name: str | None = None
    role: str | None = None
    description: str | None = None
    date_in: str | None = None
    date_out: str | None = None
    replaced_by_username: str | None = None
    place: Place = NOWHERE


class Team(Described):
    """The team that answers for the data (ODCS `team`, both its forms)."""

    name: str | None = None
    description: str | None = None
    members: tuple[TeamMember, ...] = ()
    place: Place = NOWHERE


class Role(Described):
    """A role that gives access (ODCS `roles`)."""

    role: str
    access: str | None = None
    description: str | None = None
    first_level_approvers: str | None = None
    second_level_approvers: str | None = None
    place: Place = NOWHERE


class Contract(Described):
    """A data contract.

    Attributes:
        id: identifier of the contract.
        version: version of the contract.
        status: `proposed`, `draft`, `active`, `deprecated`, `retired` or another word.
        api_version: version of the standard, such as `v3.2.0`.
        purpose, usage, limitations: the parts of the description.
        tables: tables and views, in order.
        sla: service levels, in order.
        place: the file.
        raw: the document as it was read, for an export without loss; empty for a contract made in Python.
    """

    id: str
    version: str
    status: str | None = None
    api_version: str = "v3.2.0"
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
