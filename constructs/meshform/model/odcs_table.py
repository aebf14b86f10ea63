# SPDX-License-Identifier: Apache-2.0
"""Tables and columns of a contract: schema objects and properties of the standard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

from meshform.model.contract import Column, CustomProperty, PhysicalType, QualityRule, Table
from meshform.model.data_types import (
    UnknownTypeError,
    array_of,
    from_logical,
    map_of,
    normalize,
    struct_of,
)
from meshform.model.findings import Finding
from meshform.model.names import normalized
from meshform.model.near import did_you_mean, one_of
from meshform.model.odcs_node import Node
from meshform.model.odcs_quality import quality_rules

_PHYSICAL_TYPES = ("materialized_view", "streaming_table", "table", "view")
_BARE = frozenset({"array", "list", "map", "object", "record", "struct"})


def tables(root: Node) -> tuple[Table, ...]:
    """The tables and views of a contract; two of one name are MF207."""
    nodes = root.children("schema")
    found = [_table(node) for node in nodes]
    _refuse_twins("tables", zip((f"{t.schema_name}.{t.name}" for t in found), nodes, strict=True), normalized)
    return tuple(found)


def _table(node: Node) -> Table:
    schema, name = _physical_name(node)
    properties = node.children("properties")
    if not properties and isinstance(node.data.get("properties"), list | None):
        node.note("MF205", f"table {name!r} has no columns", fix="add `properties`")
    columns = [_column(one) for one in properties]
    _refuse_twins("columns", zip((c.name for c in columns), properties, strict=True), str.casefold)
    is_measure = [one.text("semanticType") == "measure" for one in properties]
    table = Table(
        name=name,
        schema_name=schema,
        physical_type=_physical_type(node),
        business_name=node.text("businessName"),
        description=node.text("description"),
        granularity=node.text("dataGranularityDescription"),
        columns=tuple(c for c, measure in zip(columns, is_measure, strict=True) if not measure),
        measures=tuple(c for c, measure in zip(columns, is_measure, strict=True) if measure),
        quality=quality_rules(node, None),
        tags=node.texts("tags"),
        deprecated=node.flag("deprecated"),
        custom_properties=custom_properties(node),
        place=node.place(),
    )
    _refuse_twin_rules(node, table)
    return table


def _physical_name(node: Node) -> tuple[str | None, str]:
    """Schema and name: the physical name may be `table` or `schema.table`."""
    name = node.require("name", "a table")
    physical = node.text("physicalName") or name
    schema, _, table = physical.rpartition(".")
    if "." in schema:
        node.note(
            "MF209",
            "the name of a table holds a catalog",
            "physicalName" if node.text("physicalName") else "name",
            got=physical,
            allowed="`table` or `schema.table`: the catalog is that of the domain in each environment",
            fix=f"write {'.'.join(physical.split('.')[-2:])!r}",
        )
        schema = schema.rpartition(".")[2]
    return schema or None, table


def _physical_type(node: Node) -> PhysicalType:
    given = node.text("physicalType")
    if given is None:
        return "table"
    kind = normalized(given).replace(" ", "_")
    if kind not in _PHYSICAL_TYPES:
        fix = did_you_mean(given, _PHYSICAL_TYPES)
        allowed = ", ".join(_PHYSICAL_TYPES)
        node.note(
            "MF206", "not something a product can make", "physicalType", got=given, allowed=allowed, fix=fix
        )
        return "table"
    return cast("PhysicalType", kind)


def _column(node: Node, parents: tuple[str, ...] = (), *, in_rows: bool = True) -> Column:
    name = node.text("physicalName") or node.require("name", "a column")
    path = (*parents, name)
    rules = quality_rules(node, path, in_rows=in_rows)
    fields, nested = _fields(node, path, in_rows=in_rows)
    return Column(
        name=name,
        type=_type(node, f"column {name!r}"),
        logical_type=node.text("logicalType"),
        business_name=node.text("businessName"),
        description=node.text("description"),
        required=node.flag("required"),
        unique=node.flag("unique"),
        primary_key=node.flag("primaryKey"),
        primary_key_position=node.position("primaryKeyPosition"),
        partition_position=node.position("partitionKeyPosition") if node.flag("partitioned") else None,
        classification=node.text("classification") or None,
        critical=node.flag("criticalDataElement"),
        deprecated=node.flag("deprecated"),
        tags=node.texts("tags"),
        quality=rules + nested,
        fields=fields,
        transform_sources=node.texts("transformSourceObjects"),
        custom_properties=custom_properties(node),
        place=node.place(),
    )


def _fields(
    node: Node, path: tuple[str, ...], *, in_rows: bool
) -> tuple[tuple[Column, ...], tuple[QualityRule, ...]]:
    """The fields of a STRUCT or an ARRAY of STRUCT, and all their rules, which belong to the whole column."""
    while (items := node.child("items")) is not None:
        node, in_rows = items, False
    nodes = node.children("properties")
    if not nodes:
        return (), ()
    found = [_column(one, path, in_rows=in_rows) for one in nodes]
    _refuse_twins("fields", zip((c.name for c in found), nodes, strict=True), str.casefold)
    rules = tuple(rule for field in found for rule in field.quality)
    return tuple(field.model_copy(update={"quality": ()}) for field in found), rules


def _type(node: Node, what: str) -> str:
    """The type of a property; MF208 and `string` when it cannot be told."""
    physical, logical = node.text("physicalType"), node.text("logicalType")
    map_ = node.child("map")
    is_nested = any(node.data.get(key) for key in ("properties", "items", "map"))
    try:
        if physical and not (is_nested and physical.strip().lower() in _BARE):
            return normalize(physical)
        if properties := node.children("properties"):
            # the names are checked where the fields become columns
            return struct_of({_name(one): _type(one, f"field {_name(one)!r}") for one in properties})
        if (items := node.child("items")) is not None:
            return array_of(_type(items, f"the items of {what}"))
        if map_ is not None and (key := map_.child("key")) and (value := map_.child("value")):
            return map_of(_type(key, f"the key of {what}"), _type(value, f"the value of {what}"))
        if logical:
            options = node.child("logicalTypeOptions")
            return from_logical(logical, options.data if options else None)
    except UnknownTypeError as error:
        summary = f"the type of {what} cannot be told: {error.reason}"
        at = "physicalType" if physical else "logicalType"
        node.note("MF208", summary, at, got=physical or logical, fix=error.fix)
    else:
        if node.data.get("physicalType") is None and node.data.get("logicalType") is None:
            node.note(
                "MF208", f"{what} has no type", fix="add `physicalType`, such as `string` or `decimal(18,2)`"
            )
    return "string"


def _name(node: Node) -> str:
    return node.text("physicalName") or node.text("name") or ""


def custom_properties(node: Node) -> tuple[CustomProperty, ...]:
    """The custom properties of anything that has some."""
    return tuple(
        CustomProperty(
            property=one.require("property", "a custom property"),
            value=one.data.get("value"),
            description=one.text("description"),
        )
        for one in node.children("customProperties")
    )


def _refuse_twins(what: str, named: Iterable[tuple[str, Node]], form: Callable[[str], str]) -> None:
    first: dict[str, tuple[str, Node]] = {}
    for name, node in named:
        other, where = first.setdefault(form(name), (name, node))
        if where is not node and name:
            node.note(
                "MF207",
                f"two {what} have one name (Unity Catalog ignores case)",
                got=f"{_short(name)!r}, and {_short(other)!r} at {where.place()}",
                fix="rename or remove one of them",
            )


def _short(name: str) -> str:
    return name.removeprefix("None.")


def _refuse_twin_rules(node: Node, table: Table) -> None:
    first: dict[str, QualityRule] = {}
    for rule in table.rules:
        other = first.setdefault(rule.name.casefold(), rule)
        if other is not rule:
            node.findings.append(_twin_rules(rule, other, table))


def _twin_rules(rule: QualityRule, other: QualityRule, table: Table) -> Finding:
    return Finding(
        code="MF207",
        summary=f"two quality rules of table {table.name!r} have one name",
        place=rule.place,
        got=f"{rule.name!r}, and {other.name!r} at {other.place}",
        allowed=f"names other than {one_of({one.name for one in table.rules})}",
        fix="give one of them another `name`",
    )
