# SPDX-License-Identifier: Apache-2.0
"""Writing a data contract as an Open Data Contract Standard (ODCS) document: the mirror of `odcs`.

Whatever is written is read again and compared before anybody gets it, so nothing is dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from meshform.model.contract import (
    Action,
    Column,
    Contract,
    CustomProperty,
    Described,
    QualityRule,
    Relationship,
    Table,
    Team,
)
from meshform.model.data_types import element_of, to_logical
from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.odcs import parse_contract
from meshform.model.odcs_keys import CLUSTER_BY, DESCRIPTION, FLAGS, MEASURE, ON_VIOLATION, QUARANTINE, TEXTS
from meshform.model.yaml_writer import NotYamlError, dump


def write_contract(contract: Contract) -> str:
    """The contract as an ODCS document in YAML that reads as an equal contract.

    A contract that was read gives the document that it was read from, also what no field holds; what was
    changed since then is changed there. Comments of the file are not part of it.

    Raises:
        MeshformError: MF240 when the contract holds something that the standard has no words for, such as an
            action for a rule that is not told row by row; and what `read_contract` raises when it is no
            valid contract, such as one with an empty id.
    """
    text = _dump(contract, _document(contract))
    _require_equal(contract, parse_contract(text, _name(contract)))
    return text


def content(value: Any) -> Any:
    """A value without the places where its parts stand and without the document that it was read from.

    Two contracts say the same exactly when their contents are equal, whatever they were read from.
    """
    if isinstance(value, BaseModel):
        fields = value.__dict__.items()
        return {name: content(one) for name, one in fields if name not in ("place", "raw")}
    if isinstance(value, Mapping):
        return {key: content(one) for key, one in value.items()}
    return [content(one) for one in value] if isinstance(value, list | tuple) else value


def _name(contract: Contract) -> str:
    return contract.place.file or f"contract {contract.id}"


def _document(contract: Contract) -> dict[str, Any]:
    written = document(contract)
    if not contract.raw:
        return written
    original = parse_contract(_dump(contract, contract.raw), _name(contract))
    if content(original) == content(contract):
        return contract.raw
    merged = _merge(contract.raw, document(original), written)
    return merged if isinstance(merged, dict) else written


def _dump(contract: Contract, data: dict[str, Any]) -> str:
    try:
        return dump(data)
    except NotYamlError as error:
        raise _cannot_say(contract, f"it holds {error}") from None


def _require_equal(contract: Contract, again: Contract) -> None:
    difference = _difference(content(contract), content(again), "")
    if difference:
        raise _cannot_say(
            contract, f"`{difference.lstrip('.')}` would be read as another value, or not at all"
        )


def _cannot_say(contract: Contract, why: str) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF240",
            summary=f"the contract cannot be written as an ODCS document: {why}",
            place=contract.place if contract.place.file else Place(file=_name(contract)),
            allowed="text, numbers, truth values, lists and mappings, where the standard has them",
            fix="say it in the words of the standard, or in `custom_properties`",
        )
    )


def _difference(one: Any, other: Any, path: str) -> str | None:
    """Path of the first part that differs."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}, key=str):
            if key not in one or key not in other:
                return f"{path}.{key}"
            if found := _difference(one[key], other[key], f"{path}.{key}"):
                return found
        return None
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for i, pair in enumerate(zip(one, other, strict=True)):
            if found := _difference(*pair, f"{path}[{i}]"):
                return found
        return None
    return None if type(one) is type(other) and one == other else path


def _merge(raw: Any, before: Any, after: Any) -> Any:
    """What was read, with what differs between two things written of it."""
    if before == after:
        return raw
    if isinstance(raw, dict) and isinstance(before, dict) and isinstance(after, dict):
        kept = {key: value for key, value in raw.items() if key in after or key not in before}
        new = {key: _merge(raw.get(key), before.get(key), value) for key, value in after.items()}
        same = {key for key in new if key not in raw and before.get(key) == after[key]}
        return {**kept, **{key: value for key, value in new.items() if key not in same}}
    if (
        isinstance(raw, list)
        and isinstance(before, list)
        and isinstance(after, list)
        and len(raw) == len(before) == len(after)
    ):
        return [_merge(*three) for three in zip(raw, before, after, strict=True)]
    return after


def document(contract: Contract) -> dict[str, Any]:
    """The contract as plain data in the keys of the standard, made from its fields alone."""
    other = dict(contract.other)
    description = _some((key, getattr(contract, key)) for key in DESCRIPTION)
    if isinstance(more := other.pop("description", None), dict):
        description |= more
    return _some(
        [
            ("apiVersion", contract.api_version),
            ("kind", "DataContract"),
            ("id", contract.id),
            ("version", contract.version),
            *_simple(contract),
            ("tags", contract.tags),
            ("description", description),
            ("schema", [_table(one) for one in contract.tables]),
            ("slaProperties", [_service_level(one) for one in contract.sla]),
            ("support", [_named(one, "channel") for one in contract.support]),
            *([("team", _team(contract.team, contract.api_version))] if contract.team else ()),
            ("roles", [_named(one, "role") for one in contract.roles]),
            ("customProperties", _custom(contract.custom_properties)),
        ],
        other,
        keep=("team",),
    )


def _some(
    pairs: Iterable[tuple[str, Any]], other: Mapping[str, Any] | None = None, *, keep: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A mapping without what says nothing; `other` where no key of ours stands."""
    made = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in pairs
        if key in keep or not (value is None or value is False or value in ((), [], {}))
    }
    return {**made, **{key: value for key, value in (other or {}).items() if key not in made}}


def _simple(value: Described) -> Iterable[tuple[str, Any]]:
    fields = TEXTS.get(type(value), {}) | FLAGS.get(type(value), {})
    return [(key, getattr(value, field)) for field, key in fields.items()]


def _named(value: Any, field: str) -> dict[str, Any]:
    return _some([(field, getattr(value, field)), *_simple(value)], value.other)


def _custom(properties: Iterable[CustomProperty]) -> list[dict[str, Any]]:
    return [
        {"property": one.property, "value": one.value, **_some(_simple(one), one.other)} for one in properties
    ]


def _table(table: Table) -> dict[str, Any]:
    physical = f"{table.schema_name}.{table.name}" if table.schema_name else table.name
    clusters = [CustomProperty(property=CLUSTER_BY, value=list(table.cluster_by))] if table.cluster_by else []
    if table.quarantine:
        clusters.append(CustomProperty(property=QUARANTINE, value=table.quarantine))
    measures = [{**_column(one), "semanticType": MEASURE} for one in table.measures]
    return _some(
        [
            ("name", table.logical_name or table.name),
            ("physicalName", physical if physical != (table.logical_name or table.name) else None),
            ("physicalType", table.physical_type),
            *_simple(table),
            ("tags", table.tags),
            ("properties", [_column(one) for one in table.columns] + measures),
            ("relationships", [_relationship(one) for one in table.relationships]),
            ("quality", [_rule(one) for one in table.quality]),
            ("customProperties", _custom((*clusters, *table.custom_properties))),
        ],
        table.other,
    )


def _column(column: Column) -> dict[str, Any]:
    logical = column.logical_name or column.name
    other = dict(column.other)
    items = other.pop("items", None)
    return _some(
        [
            ("name", logical),
            ("physicalName", column.name if logical != column.name else None),
            ("physicalType", column.type),
            *_simple(column),
            ("logicalTypeOptions", column.logical_type_options),
            ("enum", [{"value": one.value, **_some(_simple(one), one.other)} for one in column.enum]),
            ("primaryKeyPosition", column.primary_key_position),
            ("partitionKeyPosition", column.partition_position),
            ("tags", column.tags),
            *_nested(column, items),
            ("relationships", [_relationship(one) for one in column.relationships]),
            ("transformSourceObjects", column.transform_sources),
            ("quality", [_rule(one) for one in column.quality]),
            ("customProperties", _custom(column.custom_properties)),
        ],
        other,
    )


def _nested(column: Column, items: Any) -> list[tuple[str, Any]]:
    """`properties` of a STRUCT, or `items` of an ARRAY down to those of the STRUCT in it."""
    fields = [_column(one) for one in column.fields]
    if element_of(column.type) is None:
        return [("properties", fields), ("items", items)]
    return [("items", _items(column.type, items, fields))] if items or fields else []


def _items(type_: str, rest: Any, fields: list[dict[str, Any]]) -> dict[str, Any]:
    element = element_of(type_) or ""
    below = dict(rest) if isinstance(rest, dict) else {}
    inner = below.pop("items", None)
    made = {"logicalType": to_logical(element), "physicalType": element, **below}
    if element_of(element) is not None:
        made["items"] = _items(element, inner, fields)
    elif fields:
        made["properties"] = fields
    return _some(made.items(), keep=tuple(below))


def _relationship(one: Relationship) -> dict[str, Any]:
    return _some(
        [
            ("type", one.type),
            ("from", _reference(one.from_)),
            ("to", _reference(one.to)),
            ("customProperties", _custom(one.custom_properties)),
        ],
        one.other,
    )


def _reference(columns: tuple[str, ...]) -> str | list[str] | None:
    return columns[0] if len(columns) == 1 else list(columns) or None


def _rule(rule: QualityRule) -> dict[str, Any]:
    custom = list(rule.custom_properties)
    usual = Action.FAIL if rule.expression and rule.severity == "error" else Action.WARN
    if rule.action is not usual:
        custom.insert(0, CustomProperty(property=ON_VIOLATION, value=rule.action.value))
    pairs = [
        ("name", rule.name),
        ("type", rule.type),
        *_simple(rule),
        ("metric", None if rule.metric == rule.other.get("rule") else rule.metric),
        ("arguments", rule.arguments),
        ("query", rule.query),
        ("engine", rule.engine),
        ("implementation", rule.implementation),
        ("customProperties", _custom(custom)),
    ]
    if rule.operator:
        pairs.insert(-1, (rule.operator, rule.threshold))
    return _some(pairs, rule.other, keep=(rule.operator,) if rule.operator else ())


def _service_level(one: Any) -> dict[str, Any]:
    return _some(
        [
            ("property", one.property),
            ("value", one.value),
            ("valueExt", one.value_ext),
            ("element", one.element),
            *_simple(one),
        ],
        one.other,
        keep=tuple(
            key for key, value in (("value", one.value), ("valueExt", one.value_ext)) if value is not None
        ),
    )


def _team(team: Team, api_version: str) -> dict[str, Any] | list[dict[str, Any]]:
    """The team as a mapping; before v3.1 the standard knew only the list of its members."""
    members = [_named(one, "username") for one in team.members]
    if api_version.startswith("v3.0") and members and not (team.name or team.description or team.other):
        return members
    return _some([*_simple(team), ("members", members)], team.other)
