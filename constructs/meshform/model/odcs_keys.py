# SPDX-License-Identifier: Apache-2.0
"""Which key of the standard is which field of a contract, for reading and for writing."""

from __future__ import annotations

from typing import Any

from meshform.model.contract import (
    Column,
    Contract,
    CustomProperty,
    EnumValue,
    QualityRule,
    Relationship,
    Role,
    ServiceLevel,
    SupportChannel,
    Table,
    Team,
    TeamMember,
)
from meshform.model.odcs_node import Node

ON_VIOLATION = "onViolation"
CLUSTER_BY = "clusterBy"
QUARANTINE = "quarantine"
MEASURE = "measure"
DESCRIPTION = ("purpose", "usage", "limitations")

TEXTS: dict[type, dict[str, str]] = {
    Contract: {
        "status": "status", "name": "name", "domain": "domain", "data_product": "dataProduct",
        "tenant": "tenant",
    },
    Table: {
        "business_name": "businessName", "description": "description",
        "granularity": "dataGranularityDescription",
    },
    Column: {
        "logical_type": "logicalType", "business_name": "businessName", "description": "description",
        "classification": "classification",
    },
    EnumValue: {"label": "label", "description": "description"},
    QualityRule: {
        "description": "description", "unit": "unit", "severity": "severity", "dimension": "dimension",
    },
    ServiceLevel: {
        "unit": "unit", "driver": "driver", "description": "description", "scheduler": "scheduler",
        "schedule": "schedule",
    },
    SupportChannel: {
        "url": "url", "tool": "tool", "scope": "scope", "description": "description",
        "invitation_url": "invitationUrl",
    },
    Team: {"name": "name", "description": "description"},
    TeamMember: {
        "name": "name", "role": "role", "description": "description", "date_in": "dateIn",
        "date_out": "dateOut", "replaced_by_username": "replacedByUsername",
    },
    Role: {
        "access": "access", "description": "description",
        "first_level_approvers": "firstLevelApprovers", "second_level_approvers": "secondLevelApprovers",
    },
    CustomProperty: {"description": "description"},
}  # fmt: skip
"""Fields that are a text or None, by the value that has them, with their keys."""

FLAGS: dict[type, dict[str, str]] = {
    Table: {"deprecated": "deprecated"},
    Column: {
        "required": "required", "unique": "unique", "primary_key": "primaryKey",
        "partitioned": "partitioned", "critical": "criticalDataElement", "deprecated": "deprecated",
    },
}  # fmt: skip
"""Fields that are true or false, with their keys."""

_STRUCTURED: dict[type, set[str]] = {
    Contract: {
        "apiVersion", "kind", "id", "version", "tags", "description", "schema", "slaProperties", "support",
        "team", "roles", "customProperties",
    },
    Table: {
        "name", "physicalName", "physicalType", "properties", "quality", "relationships", "tags",
        "customProperties",
    },
    Column: {
        "name", "physicalName", "physicalType", "logicalTypeOptions", "enum", "primaryKeyPosition",
        "partitionKeyPosition", "tags", "quality", "properties", "items", "relationships",
        "transformSourceObjects", "customProperties",
    },
    EnumValue: {"value"},
    Relationship: {"to", "from", "type", "customProperties"},
    ServiceLevel: {"property", "value", "valueExt", "element"},
    SupportChannel: {"channel"},
    Team: {"members"},
    TeamMember: {"username"},
    Role: {"role"},
    CustomProperty: {"property", "value"},
}  # fmt: skip

KEYS = {
    kind: frozenset(keys | {*TEXTS.get(kind, {}).values(), *FLAGS.get(kind, {}).values()})
    for kind, keys in _STRUCTURED.items()
}
"""Every key that a field holds; what else the standard has goes to `other`."""

_OF_RULES = {"name", "type", "arguments", "customProperties", *TEXTS[QualityRule].values()}
CARRIED_WITH = {
    "text": frozenset(_OF_RULES),
    "library": frozenset(_OF_RULES | {"metric"}),
    "sql": frozenset(_OF_RULES | {"query"}),
    "custom": frozenset(_OF_RULES | {"engine", "implementation"}),
}
"""The same for quality rules, by their type."""


def simple(node: Node, kind: type) -> dict[str, Any]:
    """The fields of a value that are one text or one truth value."""
    found: dict[str, Any] = {field: node.text(key) for field, key in TEXTS.get(kind, {}).items()}
    for field, key in FLAGS.get(kind, {}).items():
        found[field] = node.flag(key)
    return found


def custom_properties(node: Node) -> tuple[CustomProperty, ...]:
    """The custom properties of anything that has some."""
    return tuple(
        CustomProperty(
            property=one.require("property", "a custom property"),
            value=one.data.get("value"),
            other=one.other(KEYS[CustomProperty]),
            **simple(one, CustomProperty),
        )
        for one in node.children("customProperties")
    )
