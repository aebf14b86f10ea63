# SPDX-License-Identifier: Apache-2.0
"""Who may change what, when somebody other than an admin acts.

Whoever deploys into the local workspace is an admin of the account, the metastore and the workspace, unless
the variable `MESHFORM_LOCAL_PRINCIPAL` names a principal: then every change needs that principal's own
privileges, as in Databricks. Reading is not checked.

Sources: Databricks documentation, "Unity Catalog privileges and securable objects", "Manage Unity Catalog
object ownership" and "Access control lists".
"""

from __future__ import annotations

import os
from collections.abc import Callable

from meshform.local.rules.grants import has_privilege
from meshform.local.rules.principals import find_principal, groups_of, require_principal
from meshform.local.rules.refusal import Refusal, noun
from meshform.local.rules.securables import KIND_OF, METASTORE_ID, full_name
from meshform.local.rules.views import tables_in
from meshform.local.store import Row, Store

VARIABLE = "MESHFORM_LOCAL_PRINCIPAL"
_ENTITIES = {"catalogs": "catalog", "schemas": "schema", "tables": "table", "volumes": "volume"}
_WAREHOUSE_LEVELS = ("CAN_USE", "CAN_MANAGE", "IS_OWNER")
_MANAGING = ("CAN_MANAGE", "IS_OWNER")
_EVERYBODYS = ("/Shared/", "/Workspace/Shared/")  # each user of a workspace may write here
# securables that one privilege on the container makes: that privilege
_MADE_WITH = {
    "databricks_catalog": "CREATE_CATALOG",
    "databricks_recipient": "CREATE_RECIPIENT",
    "databricks_registered_model": "CREATE_MODEL",
    "databricks_schema": "CREATE_SCHEMA",
    "databricks_share": "CREATE_SHARE",
    "databricks_sql_table": "CREATE_TABLE",
    "databricks_volume": "CREATE_VOLUME",
}
# objects of the workspace, which anybody in it may make: path of their permissions
_WORKSPACE_OBJECTS = {
    "databricks_alert_v2": "alertsv2",
    "databricks_dashboard": "dashboards",
    "databricks_job": "jobs",
    "databricks_pipeline": "pipelines",
    "databricks_query": "sql/queries",
}
_FILES = ("databricks_directory", "databricks_notebook", "databricks_workspace_file")


def acting(store: Store) -> str | None:
    """Who acts, as grants name them; None for an admin.

    Raises:
        Refusal: the variable names nobody.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    if rows := store.find("databricks_service_principal", display_name=name):
        return str(rows[0]["application_id"])
    require_principal(store, name)
    return name


def creator_of(store: Store, type_: str, value: Row) -> str | None:
    """The principal that made an object; None when an admin did."""
    made = store.get("creator", _creator_key(type_, value))
    return made["principal"] if made else None


def authorize_create(store: Store, type_: str, value: Row) -> None:
    """Refuse a create that whoever acts may not do; remember who did it."""
    if (who := acting(store)) is None:
        return
    if check := _CHECKS.get(type_):
        check(store, who, value)
    elif privilege := _MADE_WITH.get(type_):
        kind, name = _container(value)
        _require(store, who, privilege, kind, name)
    elif type_ not in _WORKSPACE_OBJECTS:
        raise _denied(who, f"make a {noun(type_)}: that is for admins")
    if warehouse := value.get("warehouse_id"):
        _use_warehouse(store, who, str(warehouse))
    if type_ in _WORKSPACE_OBJECTS or type_ in _MADE_WITH:
        store.put("creator", _creator_key(type_, value), {"principal": who})


def authorize_change(store: Store, type_: str, prior: Row) -> None:
    """Refuse a change or a removal that whoever acts may not do."""
    if (who := acting(store)) is None:
        return
    if path := _WORKSPACE_OBJECTS.get(type_):
        if creator_of(store, type_, prior) != who and not _has_level(
            store, who, f"/{path}/{prior.get('id')}", _MANAGING
        ):
            raise _denied(who, f"change {noun(type_)} '{prior.get('name') or prior.get('display_name')}'")
    elif type_ in _MADE_WITH:
        kind = KIND_OF[type_]
        if kind not in ("share", "recipient") or creator_of(store, type_, prior) != who:
            _require(store, who, "MANAGE", kind, full_name(prior))
    elif check := _CHECKS.get(type_):
        check(store, who, prior)
    else:
        raise _denied(who, f"change a {noun(type_)}: that is for admins")


def authorize_grants(store: Store, kind: str, name: str) -> None:
    """Refuse grants on a securable that whoever acts neither owns nor manages."""
    if (who := acting(store)) is None:
        return
    if kind == "share":
        made = creator_of(store, "databricks_share", {"name": name}) == who
        if made or has_privilege(store, who, "SET_SHARE_PERMISSION", "metastore", METASTORE_ID):
            return
    _require(store, who, "MANAGE", kind, name)


def forget_creator(store: Store, type_: str, value: Row) -> None:
    """An object is gone."""
    store.drop("creator", _creator_key(type_, value))


def _creator_key(type_: str, value: Row) -> str:
    return f"{type_}/{full_name(value).lower() if type_ in _MADE_WITH else value.get('id')}"


def _container(value: Row) -> tuple[str, str]:
    parts = [str(value[part]) for part in ("catalog_name", "schema_name") if value.get(part)]
    return ("metastore", "catalog", "schema")[len(parts)], ".".join(parts) or METASTORE_ID


def _require(store: Store, who: str, privilege: str, kind: str, name: str) -> None:
    """Refuse who lacks a privilege on a securable, or USE of what it is in."""
    wanted = [(privilege, kind, name)]
    parts = name.split(".") if kind not in ("metastore", "share", "recipient") else []
    if parts and (len(parts) > 1 or privilege != "MANAGE"):
        wanted.append(("USE_CATALOG", "catalog", parts[0]))
    if len(parts) > 2 or (len(parts) == 2 and privilege not in ("MANAGE", "CREATE_SCHEMA")):
        wanted.append(("USE_SCHEMA", "schema", ".".join(parts[:2])))
    for needed, on, its_name in wanted:
        if not has_privilege(store, who, needed, on, its_name):
            raise _denied(who, f"act on {kind} '{name}': no {needed.replace('_', ' ')} on {on} '{its_name}'")


def _use_warehouse(store: Store, who: str, warehouse: str) -> None:
    if not _has_level(store, who, f"/sql/warehouses/{warehouse}", _WAREHOUSE_LEVELS):
        raise _denied(who, f"use SQL warehouse '{warehouse}': no CAN_USE")


def _has_level(store: Store, who: str, key: str, levels: tuple[str, ...]) -> bool:
    names = {who, *(groups_of(store, who) if find_principal(store, who) else ())}
    members = ("group_name", "service_principal_name", "user_name")
    return any(
        entry.get("permission_level") in levels and names & {entry.get(member) for member in members}
        for entry in (store.get("databricks_permissions", key) or {}).get("access_control") or ()
    )


def _denied(who: str, what: str) -> Refusal:
    return Refusal(f"PERMISSION_DENIED: {who} may not {what}.", "PERMISSION_DENIED", 403)


def _view(store: Store, who: str, value: Row) -> None:
    _require(store, who, "CREATE_TABLE", "schema", f"{value['catalog_name']}.{value['schema_name']}")
    if value.get("table_type") == "VIEW":
        for source in tables_in(value.get("view_definition") or ""):
            _require(store, who, "SELECT", "table", source)


def _pipeline(store: Store, who: str, value: Row) -> None:
    if (catalog := value.get("catalog")) and (schema := value.get("schema")):
        _require(store, who, "CREATE_TABLE", "schema", f"{catalog}.{schema}")


def _job(store: Store, who: str, value: Row) -> None:
    for task in value.get("task") or ():
        for sql_task in task.get("sql_task") or ():
            if warehouse := sql_task.get("warehouse_id"):
                _use_warehouse(store, who, str(warehouse))


def _policy(store: Store, who: str, value: Row) -> None:
    on = str(value.get("on_securable_type")).lower()
    _require(store, who, "MANAGE", on, str(value.get("on_securable_fullname")))
    for part in ("column_mask", "row_filter"):
        if body := value.get(part):
            _require(store, who, "EXECUTE", "function", str(body.get("function_name")))


def _tag(store: Store, who: str, value: Row) -> None:
    entity, name = str(value["entity_type"]), str(value["entity_name"])
    if entity == "columns":
        _require(store, who, "APPLY_TAG", "table", ".".join(name.split(".", 3)[:3]))
    else:
        _require(store, who, "APPLY_TAG", _ENTITIES.get(entity, entity), name)
    policy = store.get("databricks_tag_policy", str(value["tag_key"]))
    if policy is None:
        return
    of = f"/tagPolicies/{policy.get('id')}/"
    for _, rule_set in store.all("databricks_access_control_rule_set"):
        rules = rule_set.get("grant_rules") or () if of in str(rule_set.get("name")) else None
        if rules is not None:
            may = {one.partition("/")[2] for rule in rules for one in rule.get("principals") or ()}
            if not may & {who, *(groups_of(store, who) if find_principal(store, who) else ())}:
                raise _denied(who, f"assign the governed tag '{value['tag_key']}'")


def _permissions(store: Store, who: str, value: Row) -> None:
    """Whoever made an object, or manages it, says who else may use it."""
    for type_, path in _WORKSPACE_OBJECTS.items():
        attribute = f"{type_.removeprefix('databricks_')}_id"
        if identifier := value.get(attribute):
            row = store.get(type_, str(identifier)) or {"id": identifier}
            if creator_of(store, type_, row) == who:
                return
            if _has_level(store, who, f"/{path}/{identifier}", _MANAGING):
                return
    raise _denied(who, "say who may use an object that it neither made nor manages")


def _requests(store: Store, who: str, value: Row) -> None:
    securable = value.get("securable") or {}
    _require(store, who, "MANAGE", str(securable.get("type")).lower(), str(securable.get("full_name")))


def _monitor(store: Store, who: str, value: Row) -> None:
    """Who makes a monitor manages what it watches."""
    if table := value.get("table_name"):
        _require(store, who, "MANAGE", "table", str(table))
        return
    kind, identifier = str(value.get("object_type")), str(value.get("object_id"))
    for row_kind in ("databricks_schema",) if kind == "schema" else ("table", "databricks_sql_table"):
        for row in store.find(row_kind, **{f"{kind}_id": identifier}):
            _require(store, who, "MANAGE", kind, row.get("full_name") or full_name(row))
            return
    raise _denied(who, "watch what there is not")


def _file(store: Store, who: str, value: Row) -> None:  # noqa: ARG001 - a check like the others
    if not f"{value.get('path')}/".startswith(_EVERYBODYS):
        raise _denied(who, f"write {value.get('path')}: it is outside of the shared folder")


def _binding(store: Store, who: str, value: Row) -> None:
    kind = str(value.get("securable_type") or "catalog")
    _require(store, who, "MANAGE", kind, str(value.get("securable_name") or value.get("catalog_name")))


_CHECKS: dict[str, Callable[[Store, str, Row], None]] = {
    "databricks_catalog_workspace_binding": _binding,
    "databricks_data_quality_monitor": _monitor,
    "databricks_entity_tag_assignment": _tag,
    "databricks_job": _job,
    "databricks_permissions": _permissions,
    "databricks_pipeline": _pipeline,
    "databricks_policy_info": _policy,
    "databricks_quality_monitor": _monitor,
    "databricks_rfa_access_request_destinations": _requests,
    "databricks_sql_table": _view,
    "databricks_workspace_binding": _binding,
    **dict.fromkeys(_FILES, _file),
}
