# SPDX-License-Identifier: Apache-2.0
"""Permissions of the workspace's own objects: pipelines, jobs, warehouses and more.

Source of object types and levels: the provider's permissions/permission_definitions.go at 1.128.0.
"""

from __future__ import annotations

from typing import NamedTuple

from meshform.local.rules.principals import require_workspace_principal
from meshform.local.rules.refusal import Refusal
from meshform.local.store import Row, Store


class Object(NamedTuple):
    """What an attribute of `databricks_permissions` is about."""

    attribute: str
    type: str | None  # Terraform type whose rows are such objects; None is not played here
    path: str  # first part of the permissions' id
    object_type: str
    levels: tuple[str, ...]


_FILE_LEVELS = ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
_OBJECTS = (
    Object(
        "pipeline_id",
        "databricks_pipeline",
        "pipelines",
        "pipelines",
        ("CAN_VIEW", "CAN_RUN", "CAN_MANAGE", "IS_OWNER"),
    ),
    Object(
        "job_id", "databricks_job", "jobs", "job", ("CAN_VIEW", "CAN_MANAGE_RUN", "IS_OWNER", "CAN_MANAGE")
    ),
    Object(
        "sql_endpoint_id",
        "databricks_sql_endpoint",
        "sql/warehouses",
        "warehouses",
        ("CAN_USE", "CAN_MONITOR", "CAN_VIEW", "CAN_MANAGE", "IS_OWNER"),
    ),
    Object(
        "cluster_id",
        "databricks_cluster",
        "clusters",
        "cluster",
        ("CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"),
    ),
    Object(
        "cluster_policy_id", "databricks_cluster_policy", "cluster-policies", "cluster-policy", ("CAN_USE",)
    ),
    Object(
        "instance_pool_id",
        "databricks_instance_pool",
        "instance-pools",
        "instance-pool",
        ("CAN_ATTACH_TO", "CAN_MANAGE"),
    ),
    Object("alert_v2_id", "databricks_alert_v2", "alertsv2", "alertv2", _FILE_LEVELS),
    Object("dashboard_id", "databricks_dashboard", "dashboards", "dashboard", _FILE_LEVELS),
    Object("sql_query_id", "databricks_query", "sql/queries", "query", _FILE_LEVELS),
    Object("directory_path", "databricks_directory", "directories", "directory", _FILE_LEVELS),
    Object("notebook_path", "databricks_notebook", "notebooks", "notebook", _FILE_LEVELS),
    Object("workspace_file_path", "databricks_workspace_file", "files", "file", _FILE_LEVELS),
    Object(
        "serving_endpoint_id",
        "databricks_model_serving",
        "serving-endpoints",
        "serving-endpoint",
        ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE"),
    ),
    Object("app_name", "databricks_app", "apps", "apps", ("CAN_USE", "CAN_MANAGE")),
    Object("authorization", None, "authorization", "tokens", ("CAN_USE", "CAN_MANAGE")),
)
OBJECT_TYPES = frozenset(item.type for item in _OBJECTS if item.type)
_MEMBERS = {"group_name": "group", "service_principal_name": "service_principal", "user_name": "user"}


def permissions_object(value: Row) -> tuple[Object, str] | None:
    """The object that permissions are about, and its id or path; None for a kind that is not played here."""
    return next(((item, str(value[item.attribute])) for item in _OBJECTS if value.get(item.attribute)), None)


def permissions_id(value: Row) -> str | None:
    """The id of permissions: `/pipelines/<id>`."""
    if (found := permissions_object(value)) is None:
        return None
    item, name = found
    # the API names files and folders by number; here their paths are as good and need no look-up
    return f"/{item.path}/{name.lstrip('/')}"


def check_permissions(store: Store, value: Row) -> None:
    """Refuse permissions on what does not exist, at a level it does not have, or to nobody."""
    if (found := permissions_object(value)) is None:
        return
    item, name = found
    if item.type and store.get(item.type, name) is None:
        raise Refusal(f"{item.object_type} {name} does not exist.", "RESOURCE_DOES_NOT_EXIST", 404)
    for entry in value.get("access_control") or ():
        level = entry.get("permission_level")
        if level and level not in item.levels:
            raise Refusal(
                f"permission_level {level} is not supported with {item.attribute} objects;"
                f" allowed levels: {', '.join(sorted(item.levels))}"
            )
        for attribute, kind in _MEMBERS.items():
            if entry.get(attribute):
                require_workspace_principal(store, kind, entry[attribute])


def drop_permissions(store: Store, type_: str, key: str) -> None:
    """Forget the permissions of an object that is gone."""
    for item in _OBJECTS:
        if item.type == type_:
            store.drop("databricks_permissions", f"/{item.path}/{key.lstrip('/')}")
