# SPDX-License-Identifier: Apache-2.0
"""What the workspace computes: a value for everything that a plan left to be known after apply.

Values are made up but plausible, and the same for the same object; times stand still, so that the same apply
gives the same state.
"""

from __future__ import annotations

import copy
import hashlib
import uuid
from typing import Any

from meshform.local.rules.principals import CURRENT_USER
from meshform.local.rules.securables import METASTORE_ID
from meshform.local.schema_walk import Child, Node, children, elements, empty
from meshform.local.values import UNKNOWN, has_unknown

_NOW_MILLISECONDS = 1735689600000  # the same moment
_NOW = "2025-01-01T00:00:00Z"
WORKSPACE_URL = "https://local.invalid"  # a host that can never exist (RFC 2606)

_PEOPLE = frozenset(
    [
        "owner",
        "effective_owner",
        "created_by",
        "updated_by",
        "added_by",
        "creator",
        "creator_name",
        "creator_user_name",
        "run_as_user_name",
        "owner_user_name",
        "last_updated_user",
        "updater",
    ]
)
_STATES = {
    ("databricks_sql_endpoint", "state"): "RUNNING",
    ("databricks_pipeline", "state"): "IDLE",
    ("databricks_pipeline", "health"): "HEALTHY",
    ("databricks_alert_v2", "lifecycle_state"): "ACTIVE",
    ("databricks_catalog", "catalog_type"): "MANAGED_CATALOG",
    ("databricks_entity_tag_assignment", "source_type"): "TAG_ASSIGNMENT_SOURCE_TYPE_USER",
}
_DESTINATION_TYPES = {"generic_webhook": "WEBHOOK"}
_OPEN_OWNERS = frozenset(
    [
        "databricks_catalog",
        "databricks_schema",
        "databricks_volume",
        "databricks_sql_table",
        "databricks_share",
        "databricks_recipient",
        "databricks_registered_model",
        "databricks_external_location",
        "databricks_storage_credential",
        "databricks_credential",
        "databricks_connection",
    ]
)


def keep_prior(node: Node, value: dict[str, Any], prior: dict[str, Any]) -> None:
    """Replace what is unknown in an updated value by what was there before, if anything was."""
    for child in children(node):
        given, before = value.get(child.name), prior.get(child.name)
        if given is UNKNOWN and before is not None:
            value[child.name] = copy.deepcopy(before)
        elif child.node is not None:
            for element, element_before in elements(child.nesting, given, before):
                if isinstance(element_before, dict):
                    keep_prior(child.node, element, element_before)


class Fill:
    """Fills one object in place.

    Args:
        type_: its Terraform type.
        identifier: its generated id, or its key.
        own_id: the attribute that holds it.
        source: a text that no other object has, from which other ids are made.
        is_framework: whether the type is made with the plugin framework, which keeps null apart from empty.
    """

    def __init__(self, type_: str, identifier: str, source: str, *, own_id: str, is_framework: bool) -> None:
        self._type = type_
        self._id = identifier
        self._source = source
        self._own_id = own_id
        self._is_framework = is_framework

    def fill(self, node: Node, value: dict[str, Any]) -> None:
        """Replace everything unknown in a value."""
        self._special(value)
        self._fill(node, value)

    def _fill(self, node: Node, value: dict[str, Any]) -> None:
        for child in children(node):
            given = value.get(child.name)
            if given is UNKNOWN:
                value[child.name] = self._computed(child)
            elif child.node is not None:
                for element, _ in elements(child.nesting, given):
                    self._fill(child.node, element)
            elif has_unknown(given):
                value[child.name] = None

    def _computed(self, child: Child) -> Any:
        if child.node is not None:
            return empty(child)
        name, type_ = child.name, child.spec["type"]
        if isinstance(type_, list):
            # the older SDK has no null for these
            return None if self._is_framework else {"map": {}, "list": [], "set": []}.get(type_[0])
        if name == self._own_id and name != "name":
            return int(self._id) if type_ == "number" else self._id
        # what can also be given has a meaning that is not ours to make up
        may_be_given = child.spec.get("optional")
        if type_ == "string":
            known = self._known_text(name)
            return known if known or may_be_given else self._text(name)
        if type_ == "number" and name == "object_id":
            return int(hashlib.sha256(self._source.encode()).hexdigest()[:12], 16)
        is_time = type_ == "number" and name.endswith(("_at", "_time", "_timestamp"))
        return _NOW_MILLISECONDS if is_time and not may_be_given else None

    def _known_text(self, name: str) -> str | None:
        if name == "owner" and self._type not in _OPEN_OWNERS:
            return None
        if name in _PEOPLE:
            return CURRENT_USER
        if name == "metastore_id":
            return METASTORE_ID
        if name == "url" and not self._is_framework:
            return f"{WORKSPACE_URL}/#{self._type.removeprefix('databricks_')}/{self._id}"
        return _STATES.get((self._type, name))

    def _text(self, name: str) -> str | None:
        if name.endswith(("_time", "_at")):
            return _NOW
        if name == "workspace_path":
            return f"/Workspace{self._id}"
        if name == "full_name":
            return self._id
        if name.endswith("_id") and name not in ("policy_id", "budget_policy_id", "usage_policy_id"):
            return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._source}/{name}"))
        if self._is_framework and name == "name":
            return f"{self._type.removeprefix('databricks_')}/{self._id}"
        return None

    def _special(self, value: dict[str, Any]) -> None:
        """What must be there though Terraform may also set it."""
        if self._type == "databricks_service_principal" and value.get("application_id") is UNKNOWN:
            value["application_id"] = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._source}/application_id"))
        if self._type == "databricks_notification_destination":
            _describe_destination(value)
        for type_, attribute, folder in (
            ("databricks_group", "display_name", "groups"),
            ("databricks_service_principal", "application_id", "servicePrincipals"),
            ("databricks_user", "user_name", "users"),
        ):
            if self._type == type_ and value.get("acl_principal_id") is UNKNOWN:
                value["acl_principal_id"] = f"{folder}/{value.get(attribute)}"
        if self._type in ("databricks_user", "databricks_service_principal"):
            name = value.get("user_name") or value.get("application_id")
            if value.get("display_name") is UNKNOWN:
                value["display_name"] = name
            for attribute, folder in (("home", "/Users"), ("repos", "/Repos")):
                if value.get(attribute) is UNKNOWN:
                    value[attribute] = f"{folder}/{name}"


def _describe_destination(value: dict[str, Any]) -> None:
    """Its type follows from its configuration, and what is secret in that is told as set or not."""
    for config in value.get("config") or ():
        for block, bodies in config.items():
            for body in bodies or ():
                if value.get("destination_type") is UNKNOWN:
                    value["destination_type"] = _DESTINATION_TYPES.get(block, block.upper())
                for name in [name for name, given in body.items() if given is UNKNOWN]:
                    body[name] = bool(body.get(name.removesuffix("_set")))
