# SPDX-License-Identifier: Apache-2.0
"""How objects are identified: the key of a row, which is the id that `terraform import` takes.

A key is either made of an object's own attributes, or generated. What is generated comes from the object's
name and from how often an object of that name was made before: the same apply into a fresh store gives the
same ids, and an object that is destroyed and made anew gets another id, as in Databricks. (With the same id,
a step that depends on a job's id would not run again, though the job's pipeline and its tables are new.)
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from meshform.local.rules.permissions import permissions_id
from meshform.local.rules.securables import METASTORE_ID
from meshform.local.store import Row, Store
from meshform.local.values import UNKNOWN

# Documented import ids (the provider's docs/resources at 1.128.0) that are made of attributes. `a.b` is an
# attribute of a nested object.
_TEMPLATES = {
    "databricks_access_control_rule_set": "{name}",
    "databricks_account_iam_direct_group_member_v2": "{group_id},{principal_id}",
    "databricks_account_iam_workspace_assignment_v2": "{workspace_id},{principal_id}",
    "databricks_account_network_policy": "{network_policy_id}",
    "databricks_account_setting_v2": "{name}",
    "databricks_app": "{name}",
    "databricks_artifact_allowlist": f"{METASTORE_ID}|{{artifact_type}}",
    "databricks_catalog_workspace_binding": "{workspace_id}|{securable_type}|{securable_name}",
    "databricks_connection": f"{METASTORE_ID}|{{name}}",
    "databricks_credential": "{name}",
    "databricks_data_quality_monitor": "{object_type},{object_id}",
    "databricks_database_instance": "{name}",
    "databricks_dbfs_file": "{path}",
    "databricks_directory": "{path}",
    "databricks_entity_tag_assignment": "{entity_type},{entity_name},{tag_key}",
    "databricks_external_location": "{name}",
    "databricks_external_metadata": "{name}",
    "databricks_feature_engineering_feature": "{full_name}",
    "databricks_file": "{path}",
    "databricks_group_member": "{group_id}|{member_id}",
    "databricks_group_role": "{group_id}|{role}",
    "databricks_instance_profile": "{instance_profile_arn}",
    "databricks_lakehouse_monitor": "{table_name}",
    "databricks_materialized_features_feature_tag": "{key}",
    "databricks_mlflow_model": "{name}",
    "databricks_model_serving": "{name}",
    "databricks_model_serving_provisioned_throughput": "{name}",
    "databricks_mws_permission_assignment": "{workspace_id}|{principal_id}",
    "databricks_notebook": "{path}",
    "databricks_online_store": "{name}",
    "databricks_online_table": "{name}",
    "databricks_permission_assignment": "{principal_id}",
    "databricks_policy_info": "{on_securable_type},{on_securable_fullname},{name}",
    "databricks_provider": "{name}",
    "databricks_quality_monitor": "{table_name}",
    "databricks_quality_monitor_v2": "{object_type},{object_id}",
    "databricks_recipient": "{name}",
    "databricks_registered_model": "{catalog_name}.{schema_name}.{name}",
    "databricks_rfa_access_request_destinations": "{securable.type},{securable.full_name}",
    "databricks_secret": "{scope}|||{key}",
    "databricks_secret_acl": "{scope}|||{principal}",
    "databricks_secret_scope": "{name}",
    "databricks_service_principal_role": "{service_principal_id}|{role}",
    "databricks_storage_credential": "{name}",
    "databricks_system_schema": f"{METASTORE_ID}|{{schema}}",
    "databricks_tag_policy": "{tag_key}",
    "databricks_user_role": "{user_id}|{role}",
    "databricks_vector_search_endpoint": "{name}",
    "databricks_vector_search_index": "{name}",
    "databricks_workspace_binding": "{workspace_id}|{securable_type}|{securable_name}",
    "databricks_workspace_entity_tag_assignment": "{entity_type},{entity_id},{tag_key}",
    "databricks_workspace_file": "{path}",
    "databricks_workspace_iam_direct_group_member_v2": "{group_id},{principal_id}",
    "databricks_workspace_iam_workspace_assignment_v2": "{principal_id}",
    "databricks_workspace_network_option": "{workspace_id}",
}
# framework types with a generated id in an attribute that is neither `id` nor `name`
_OWN_ID = {
    "databricks_account_iam_group_v2": "group_id",
    "databricks_account_iam_service_principal_v2": "service_principal_id",
    "databricks_account_iam_user_v2": "user_id",
    "databricks_budget_policy": "policy_id",
    "databricks_data_quality_refresh": "refresh_id",
    "databricks_feature_engineering_materialized_feature": "materialized_feature_id",
    "databricks_workspace_iam_group_v2": "group_id",
    "databricks_workspace_iam_service_principal_v2": "service_principal_id",
    "databricks_workspace_iam_user_v2": "user_id",
    "databricks_workspace_iam_workspace_identity_detail_v2": "principal_id",
}
_NUMBERED = frozenset(
    [
        "databricks_group",
        "databricks_service_principal",
        "databricks_user",
        "databricks_git_credential",
        "databricks_repo",
        "databricks_mlflow_experiment",
    ]
)
_HEXADECIMAL = frozenset(["databricks_sql_endpoint", "databricks_cluster_policy"])
# types whose names Unity Catalog compares without case
_ANY_CASE = frozenset(
    [
        "databricks_catalog",
        "databricks_schema",
        "databricks_sql_table",
        "databricks_volume",
        "databricks_registered_model",
        "databricks_share",
        "databricks_recipient",
        "databricks_external_location",
        "databricks_storage_credential",
        "databricks_credential",
        "databricks_online_table",
        "databricks_quality_monitor",
    ]
)
# types whose key holds one such name, as its last or middle part
_SECOND_IN_ANY_CASE = frozenset(["databricks_entity_tag_assignment", "databricks_policy_info"])
# types that write over what is there instead of refusing
_OVERWRITES = frozenset(
    [
        "databricks_workspace_file",
        "databricks_notebook",
        "databricks_file",
        "databricks_dbfs_file",
        "databricks_directory",
        "databricks_permissions",
        "databricks_access_control_rule_set",
        "databricks_data_quality_monitor",
        "databricks_workspace_binding",
        "databricks_catalog_workspace_binding",
    ]
)
_NAMES = ("name", "display_name", "user_name", "application_id", "label", "alias")
_FIELD = re.compile(r"\{([a-z0-9_.]+)\}")
_SIXTEEN_DIGITS = 9 * 10**15


class Identities:
    """Keys and ids of objects, from the plan facts and from the documented import ids."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._templates: dict[str, str] = {**_TEMPLATES, **facts["id"]}
        self._framework = frozenset(facts["framework"])

    def natural_key(self, type_: str, value: Row) -> str | None:
        """The key that an object's attributes make; None when it is generated."""
        if type_ == "databricks_permissions":
            return permissions_id(value)
        template = self._templates.get(type_)
        if template is None or "{" not in template:
            return None
        key = _FIELD.sub(lambda match: _attribute(value, match.group(1)), template)
        return self.normal_key(type_, key)

    def normal_key(self, type_: str, key: str) -> str:
        """A key as it is kept, from one that a person typed: lower case where Unity Catalog ignores case."""
        if type_ in _ANY_CASE:
            return key.lower()
        if type_ in _SECOND_IN_ANY_CASE and key.count(",") >= 2:
            first, second, rest = key.split(",", 2)
            return f"{first},{second.lower()},{rest}"
        return key

    def key(self, type_: str, value: Row) -> str:
        """The key of an object that exists, from its value in a state."""
        if type_ not in self._framework and value.get("id") is not None:
            return str(value["id"])
        return self.natural_key(type_, value) or str(value.get(self.own_id(type_, value)) or "global")

    def own_id(self, type_: str, value: Row) -> str:
        """The attribute that holds a generated id."""
        return _OWN_ID.get(type_) or ("id" if "id" in value else "name")

    def overwrites(self, type_: str) -> bool:
        """Whether a create writes over an object of the same key."""
        return type_ in _OVERWRITES

    def seed(self, type_: str, value: Row) -> str:
        """What the ids of an object are made from: its key, or its name, or all of it."""
        if key := self.natural_key(type_, value):
            return key
        name = next((value[name] for name in _NAMES if isinstance(value.get(name), str)), None)
        return name or _digest(value)

    def generated_id(self, type_: str, value: Row, source: str) -> str:
        """The `id` attribute of a new object; its key, unless the type has both."""
        if (key := self.natural_key(type_, value)) is not None and (
            type_ not in self._framework or type_ in ("databricks_share", "databricks_app")
        ):
            return key
        number = int(hashlib.sha256(source.encode()).hexdigest(), 16)
        if type_ in _NUMBERED or type_ in _OWN_ID or self._templates.get(type_) == "int":
            return str(10**15 + number % _SIXTEEN_DIGITS)
        if type_ in _HEXADECIMAL:
            return f"{number % 16**16:016x}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, source))


def next_source(store: Store, type_: str, seed: str) -> str:
    """The text from which the ids of the next object of a seed are made; another one each time."""
    with store.transaction():
        key = f"{type_}/{seed}"
        made = (store.get("made", key) or {"count": 0})["count"]
        store.put("made", key, {"count": made + 1})
        return f"{key}/{made}"


def _attribute(value: Any, path: str) -> str:
    for part in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None or value is UNKNOWN else str(value)


def _digest(value: Row) -> str:
    known = json.dumps(value, sort_keys=True, default=lambda _unknown: None)
    return hashlib.sha256(known.encode()).hexdigest()[:16]
