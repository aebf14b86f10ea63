# SPDX-License-Identifier: Apache-2.0
"""Data sources of the Terraform door: they find in the store what resources have made.

A data source finds the resource type of its own name, or the one in `_TWINS`, whose attributes equal the
given ones. One that would find nothing is an error, as in Databricks, and so is one that is not played here:
a made-up answer would be worse.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from meshform.local.fill import WORKSPACE_URL
from meshform.local.rules import CURRENT_USER, METASTORE_ID, Refusal
from meshform.local.rules.principals import CURRENT_USER_ID
from meshform.local.rules.refusal import noun
from meshform.local.rules.securables import ROWS, find, key
from meshform.local.schema_walk import Node, conform
from meshform.local.store import Row, Store

_TWINS = {"databricks_sql_warehouse": "databricks_sql_endpoint"}
# data source -> attributes that ask, each with the resource's attribute when that has another name
_ASKED_BY = {
    "databricks_job": {"job_name": "name", "job_id": "id", "name": "name"},
    "databricks_service_principal": {"scim_id": "id", "sp_id": "id"},
    "databricks_user": {"user_id": "id"},
}
# data sources that ask for a securable by its full name and describe it in one block
_INFO = {"catalog": "catalog_info", "schema": "schema_info", "table": "table_info", "volume": "volume_info"}
# data sources that list the names of what is in a container: the kind of securable
_LISTS = {
    "databricks_catalogs": "catalog",
    "databricks_schemas": "schema",
    "databricks_tables": "table",
    "databricks_views": "table",
    "databricks_volumes": "volume",
}
_OPTIONS = frozenset({"api", "recursive", "provider_config", "cloud"})  # given, but not what is asked for


def read_data_source(
    store: Store, type_: str, node: Node, asked: Row, resource_types: Collection[str]
) -> Row:
    """The answer to a data source.

    Args:
        store: the workspace.
        type_: the data source's type.
        node: its block.
        asked: its configuration.
        resource_types: every resource type of the provider.

    Raises:
        Refusal: nothing or more than one thing fits, or the data source is not played here.
    """
    if type_ == "databricks_current_user":
        found: Row = {
            "id": CURRENT_USER_ID,
            "user_name": CURRENT_USER,
            "home": f"/Users/{CURRENT_USER}",
            "repos": f"/Repos/{CURRENT_USER}",
            "alphanumeric": "local_user",
            "acl_principal_id": f"users/{CURRENT_USER}",
            "workspace_url": WORKSPACE_URL,
        }
    elif type_ == "databricks_current_config":
        found = {"id": "local", "host": WORKSPACE_URL, "auth_type": "local", "is_account": False}
    elif type_ == "databricks_current_metastore":
        info = {"metastore_id": METASTORE_ID, "name": "local", "owner": CURRENT_USER}
        found = {"id": METASTORE_ID, "metastore_info": [info]}
    elif type_ == "databricks_notification_destinations":
        found = {"notification_destinations": _destinations(store, asked)}
    elif type_ in _LISTS:
        found = {"id": type_, "ids": _names(store, type_, asked)}
    elif (kind := type_.removeprefix("databricks_")) in _INFO:
        found = _described(store, kind, asked)
    else:
        twin = _TWINS.get(type_, type_)
        if twin not in resource_types:
            raise Refusal(f"the local workspace has no data source {type_}", "NOT_IMPLEMENTED", 501)
        found = _twin(store, type_, twin, asked)
    given = {name: value for name, value in asked.items() if value not in (None, [])}
    filled: Row = conform(node, {**found, **given})
    return filled


def _twin(store: Store, type_: str, twin: str, asked: Row) -> Row:
    renamed = _ASKED_BY.get(type_, {})
    rows = store.all(twin)
    wanted = {
        name: value for name, value in asked.items() if value not in (None, [], {}) and name not in _OPTIONS
    }
    what = noun(type_)
    if not wanted:
        raise Refusal(f"cannot look for a {what}: nothing says which one")
    fitting = [
        {**row, "id": row.get("id") or row_key}
        for row_key, row in rows
        if all(str(row.get(renamed.get(name, name))) == str(value) for name, value in wanted.items())
    ]
    described = ", ".join(f"{name} '{value}'" for name, value in sorted(wanted.items()))
    if len(fitting) != 1:
        count = "no" if not fitting else f"{len(fitting)} objects, not one,"
        raise Refusal(f"there is {count} {what} with {described}", "RESOURCE_DOES_NOT_EXIST", 404)
    (row,) = fitting
    return {**row, **_extras(store, type_, row)}


def _extras(store: Store, type_: str, row: Row) -> Row:
    if type_ == "databricks_job":
        return {"job_id": row["id"], "job_name": row.get("name"), "job_settings": []}
    if type_ == "databricks_service_principal":
        return {"scim_id": row["id"], "sp_id": row["id"]}
    if type_ != "databricks_group":
        return {}
    extras: dict[str, Any] = {
        "groups": [],
        "child_groups": [],
        "service_principals": [],
        "users": [],
        "members": [],
    }
    for _, member in store.all("databricks_group_member"):
        group_id, member_id = str(member["group_id"]), str(member["member_id"])
        if member_id == row["id"]:
            extras["groups"].append(group_id)
        if group_id == row["id"]:
            extras["members"].append(member_id)
            for name, of_type in (
                ("child_groups", "group"),
                ("service_principals", "service_principal"),
                ("users", "user"),
            ):
                if store.get(f"databricks_{of_type}", member_id):
                    extras[name].append(member_id)
    return extras


def _described(store: Store, kind: str, asked: Row) -> Row:
    name = asked.get("name") or asked.get("id") or ""
    row = find(store, kind, name)
    if row is None:
        raise Refusal(f"there is no {kind} '{name}'", f"{kind.upper()}_DOES_NOT_EXIST", 404)
    info = {**row, "full_name": key(kind, name)}
    for block in ("column", "provider_config", "columns"):
        info.pop(block, None)
    return {"id": key(kind, name), "name": name, _INFO[kind]: [info]}


def _destinations(store: Store, asked: Row) -> list[Row]:
    """Those whose name holds a text, whatever its case."""
    part, kind = str(asked.get("display_name_contains") or "").lower(), asked.get("type")
    rows = [row for _, row in store.all("databricks_notification_destination")]
    listed = [
        {name: row.get(name) for name in ("id", "display_name", "destination_type")}
        for row in sorted(rows, key=lambda row: str(row.get("display_name")))
        if part in str(row.get("display_name")).lower()
    ]
    return [one for one in listed if kind in (None, one["destination_type"])]


def _names(store: Store, type_: str, asked: Row) -> list[str]:
    containers = [asked[part] for part in ("catalog_name", "schema_name") if asked.get(part)]
    prefix = ".".join([*containers, ""]).lower()
    names = []
    for row_kind in ROWS[_LISTS[type_]]:
        for name, row in store.under(row_kind, prefix) if prefix else store.all(row_kind):
            is_view = row.get("table_type") == "VIEW"
            if is_view == (type_ == "databricks_views") or _LISTS[type_] != "table":
                names.append(name)
    return sorted(names)
