# SPDX-License-Identifier: Apache-2.0
"""Tables and columns of a contract: schema objects and properties of the standard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

from meshform.model.contract import Column, EnumValue, PhysicalType, QualityRule, Relationship, Table
from meshform.model.data_types import (
    UnknownTypeError,
    array_of,
    element_of,
    from_logical,
    map_of,
    normalize,
    struct_of,
    to_logical,
)
from meshform.model.findings import Finding
from meshform.model.names import normalized
from meshform.model.near import did_you_mean, one_of
from meshform.model.odcs_keys import CLUSTER_BY, KEYS, MEASURE, QUARANTINE, custom_properties, simple
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
    is_measure = [one.text("semanticType") == MEASURE for one in properties]
    custom = custom_properties(node)
    clusters = _cluster_by(node)
    quarantine = _quarantine(node)
    carried = ({CLUSTER_BY} if clusters else set()) | ({QUARANTINE} if quarantine else set())
    table = Table(
        name=name,
        logical_name=_logical_name(node, name),
        schema_name=schema,
        physical_type=_physical_type(node),
        columns=tuple(c for c, measure in zip(columns, is_measure, strict=True) if not measure),
        measures=tuple(c for c, measure in zip(columns, is_measure, strict=True) if measure),
        quality=quality_rules(node, None),
        relationships=_relationships(node),
        cluster_by=clusters,
        tags=node.texts("tags"),
        quarantine=quarantine,
        custom_properties=tuple(c for c in custom if c.property not in carried),
        place=node.place(),
        other=node.other(KEYS[Table]),
        **simple(node, Table),
    )
    _refuse_twin_rules(node, table)
    return table


def _quarantine(node: Node) -> str | None:
    """The custom property `quarantine`: ODCS has no field for where dropped rows go."""
    for one in node.children("customProperties"):
        if one.text("property") == QUARANTINE:
            name = one.text("value")
            if name and "." not in name:
                return name
            one.note(
                "MF211",
                "not the name of a quarantine table",
                "value",
                got=str(one.data.get("value")),
                allowed="the name of a table, without its schema: it is made beside the table itself",
            )
    return None


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
        fix = (
            did_you_mean(given, _PHYSICAL_TYPES)
            or "say what it is in Unity Catalog, or remove it for a table"
        )
        allowed = ", ".join(_PHYSICAL_TYPES)
        node.note(
            "MF206", "not something a product can make", "physicalType", got=given, allowed=allowed, fix=fix
        )
        return "table"
    return cast("PhysicalType", kind)


def _column(node: Node, parents: tuple[str, ...] = (), *, in_rows: bool = True) -> Column:
    name = node.text("physicalName") or node.require("name", "a column")
    path = (*parents, name)
    type_ = _type(node, f"column {name!r}")
    return Column(
        name=name,
        logical_name=_logical_name(node, name),
        type=type_,
        logical_type_options=node.mapping("logicalTypeOptions"),
        enum=_enum(node),
        primary_key_position=node.position("primaryKeyPosition"),
        partition_position=node.position("partitionKeyPosition") if node.flag("partitioned") else None,
        tags=node.texts("tags"),
        quality=quality_rules(node, path, in_rows=in_rows),
        fields=_fields(node, path, in_rows=in_rows),
        relationships=_relationships(node),
        transform_sources=node.texts("transformSourceObjects"),
        custom_properties=custom_properties(node),
        place=node.place(),
        other=_other(node, type_, is_field=bool(parents)),
        **simple(node, Column),
    )


def _fields(node: Node, path: tuple[str, ...], *, in_rows: bool) -> tuple[Column, ...]:
    """The fields of a STRUCT or an ARRAY of STRUCT, each with its own rules."""
    while (items := node.child("items")) is not None:
        node, in_rows = items, False
    nodes = node.children("properties")
    if not nodes:
        return ()
    found = [_column(one, path, in_rows=in_rows) for one in nodes]
    _refuse_twins("fields", zip((c.name for c in found), nodes, strict=True), str.casefold)
    return tuple(found)


def _logical_name(node: Node, physical: str) -> str | None:
    name = node.text("name")
    return name if name != physical else None


def _enum(node: Node) -> tuple[EnumValue, ...]:
    found = []
    for one in node.children("enum"):
        value = one.data.get("value")
        if isinstance(value, str | bool | int | float):
            other, place = one.other(KEYS[EnumValue]), one.place()
            found.append(EnumValue(value=value, place=place, other=other, **simple(one, EnumValue)))
        else:
            one.note(
                "MF205", "an allowed value has no `value`", fix="add `value`: text, a number or a truth value"
            )
    return tuple(found)


def _relationships(node: Node) -> tuple[Relationship, ...]:
    found = []
    for one in node.children("relationships"):
        to, from_ = (_references(one.data.get(key)) for key in ("to", "from"))
        if not to:
            one.note("MF205", "a relationship has no `to`", fix="add `to: table.column`")
        found.append(
            Relationship(
                to=to,
                from_=from_,
                type=one.text("type") or "foreignKey",
                custom_properties=custom_properties(one),
                place=one.place(),
                other=one.other(KEYS[Relationship]),
            )
        )
    return tuple(found)


def _references(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str) and one)


def _cluster_by(node: Node) -> tuple[str, ...]:
    for one in node.children("customProperties"):
        if one.text("property") == CLUSTER_BY:
            value = one.data.get("value")
            names = [value] if isinstance(value, str) else value
            if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
                return tuple(names)
            one.note(
                "MF242",
                f"`{CLUSTER_BY}` names no columns",
                "value",
                allowed="a list of names of columns, at most four",
            )
    return ()


def _other(node: Node, type_: str, *, is_field: bool) -> dict[str, Any]:
    """What a property says beyond its column; of `items`, what type and fields do not say."""
    other = node.other(KEYS[Column])
    if not is_field and other.get("semanticType") == MEASURE:
        del other["semanticType"]
    if not node.flag("partitioned") and (position := node.position("partitionKeyPosition")):
        other["partitionKeyPosition"] = position
    if rest := _rest_of_items(node.data.get("items"), type_):
        other["items"] = rest
    return other


def _rest_of_items(items: Any, type_: str) -> dict[str, Any]:
    if not isinstance(items, dict):
        return {}
    element = element_of(type_)
    rest = {key: value for key, value in items.items() if key not in ("properties", "items")}
    if element is not None and rest.get("logicalType") in (to_logical(element), None):
        rest.pop("logicalType", None)
    if element is not None and rest.get("physicalType") in (element, None):
        rest.pop("physicalType", None)
    if below := _rest_of_items(items.get("items"), element or ""):
        rest["items"] = below
    return rest


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
        instead = _without_physical_type(node) if physical else None
        fix = ", or ".join(one for one in (error.fix, instead) if one)
        node.note("MF208", summary, at, got=physical or logical, fix=fix or "write its type in Databricks")
    else:
        if node.data.get("physicalType") is None and node.data.get("logicalType") is None:
            node.note(
                "MF208", f"{what} has no type", fix="add `physicalType`, such as `string` or `decimal(18,2)`"
            )
    return "string"


def _without_physical_type(node: Node) -> str | None:
    """The way out for a contract that has the types of another database: its logical types are enough."""
    logical = node.text("logicalType")
    try:
        type_ = from_logical(logical, node.mapping("logicalTypeOptions")) if logical else None
    except UnknownTypeError:
        type_ = None
    return f"remove `physicalType`: `logicalType: {logical}` becomes {type_}" if type_ else None


def _name(node: Node) -> str:
    return node.text("physicalName") or node.text("name") or ""


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
