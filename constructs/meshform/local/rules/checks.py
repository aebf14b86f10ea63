# SPDX-License-Identifier: Apache-2.0
"""What Databricks refuses, by Terraform type. Called inside a transaction, before anything is written.

A type without an entry is only kept from existing twice, which the door does by its key.
"""

from __future__ import annotations

from collections.abc import Callable

from meshform.local.rules.authority import authorize_change, authorize_create, forget_creator
from meshform.local.rules.compute import (
    check_job,
    check_needs_warehouse,
    check_pipeline,
    check_warehouse,
    require_row,
    unique,
)
from meshform.local.rules.destinations import check_destination, check_webhooks, require_destinations
from meshform.local.rules.dropping import check_empty
from meshform.local.rules.governance import (
    check_access_requests,
    check_binding,
    check_policy,
    check_rule_set,
    check_tag_assignment,
)
from meshform.local.rules.monitors import check_monitor
from meshform.local.rules.permissions import check_permissions
from meshform.local.rules.principals import require_owner
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.securables import (
    KIND_OF,
    check_name,
    full_name,
    require,
    require_free,
    require_parent,
)
from meshform.local.rules.sharing import check_recipient, check_share
from meshform.local.rules.views import check_view
from meshform.local.store import Row, Store

_MOST_CLUSTER_KEYS = 4  # Databricks documentation, "Use liquid clustering for tables"
_IMMUTABLE = {
    # the provider plans a rename of these in place, and the API never hears of it or does not find them
    "databricks_catalog": ("name",),
    "databricks_schema": ("name",),
    "databricks_sql_table": ("name",),
    "databricks_policy_info": ("name", "on_securable_type", "on_securable_fullname"),
}


def check_create(store: Store, type_: str, value: Row) -> None:
    """Refuse a create that Databricks would refuse.

    Raises:
        Refusal: its text names the object.
    """
    authorize_create(store, type_, value)
    if (kind := KIND_OF.get(type_)) and kind != "pipeline":
        name = full_name(value)
        require_parent(store, kind, name)
        check_name(name.rpartition(".")[2])
        require_free(store, kind, name)
    _check(store, type_, value)


def check_update(store: Store, type_: str, prior: Row, value: Row) -> None:
    """Refuse an update that Databricks would refuse."""
    authorize_change(store, type_, prior)
    for attribute in _IMMUTABLE.get(type_, ()):
        if prior.get(attribute) != value.get(attribute):
            raise Refusal(
                f"{type_.removeprefix('databricks_')} '{prior.get(attribute)}' cannot be renamed to"
                f" '{value.get(attribute)}': the provider keeps its old identity; destroy and create it anew"
            )
    if (kind := KIND_OF.get(type_)) and kind != "pipeline":
        name, before = full_name(value), full_name(prior)
        if name.lower() != before.lower():
            require_parent(store, kind, name)
            check_name(name.rpartition(".")[2])
            require_free(store, kind, name)
    _check(store, type_, value)


def check_delete(store: Store, type_: str, value: Row) -> None:
    """Refuse a delete that Databricks would refuse: of a catalog or schema that is not empty."""
    authorize_change(store, type_, value)
    check_empty(store, type_, value)
    forget_creator(store, type_, value)


def _check(store: Store, type_: str, value: Row) -> None:
    if type_ in KIND_OF:
        require_owner(store, value.get("owner"))
    if check := _CHECKS.get(type_):
        check(store, value)


def _sql_table(store: Store, value: Row) -> None:
    check_needs_warehouse(store, value)
    if value.get("table_type") == "VIEW":
        check_view(store, full_name(value), value.get("view_definition") or "")
    else:
        _keys(value)


def _keys(value: Row) -> None:
    """Partitions or liquid clustering of a Delta table, over columns that it has."""
    columns = {str(column["name"]).lower() for column in value.get("column") or ()}
    keys = [*(value.get("partitions") or ()), *(value.get("cluster_keys") or ())]
    if missing := [key for key in keys if columns and key.lower() not in columns]:
        raise Refusal(f"[DELTA_COLUMN_NOT_FOUND] Table '{full_name(value)}' has no column '{missing[0]}'.")
    if value.get("partitions") and value.get("cluster_keys"):
        raise Refusal(f"Table '{full_name(value)}' cannot be partitioned and clustered at once.")
    if len(value.get("cluster_keys") or ()) > _MOST_CLUSTER_KEYS:
        raise Refusal(f"Table '{full_name(value)}' has more than {_MOST_CLUSTER_KEYS} clustering columns.")


def _alert(store: Store, value: Row) -> None:
    check_needs_warehouse(store, value)
    notification = (value.get("evaluation") or {}).get("notification") or {}
    told = (one.get("destination_id") for one in notification.get("subscriptions") or ())
    require_destinations(store, told, f"alert '{value.get('display_name')}'")


def _job(store: Store, value: Row) -> None:
    check_job(store, value)
    check_webhooks(store, value)


def _group(store: Store, value: Row) -> None:
    unique(store, "databricks_group", "display_name", value, "Group with name {0} already exists.")


def _service_principal(store: Store, value: Row) -> None:
    unique(
        store,
        "databricks_service_principal",
        "application_id",
        value,
        "Service principal with application ID {0} already exists.",
    )


def _user(store: Store, value: Row) -> None:
    unique(store, "databricks_user", "user_name", value, "User with username {0} already exists.")


def _group_member(store: Store, value: Row) -> None:
    require_row(store, "databricks_group", value.get("group_id"), "Group")
    member = str(value.get("member_id"))
    kinds = ("databricks_group", "databricks_service_principal", "databricks_user")
    if not any(store.get(kind, member) for kind in kinds):
        raise Refusal(f"Member {member} does not exist.", "RESOURCE_DOES_NOT_EXIST", 404)


def _needs_credential(store: Store, value: Row) -> None:
    if name := value.get("credential_name"):
        require(store, "storage_credential", name)


def _storage_root(store: Store, value: Row) -> None:
    """Managed storage is inside an external location."""
    root = str(value.get("storage_root") or "").rstrip("/")
    urls = [str(row.get("url")).rstrip("/") for _, row in store.all("databricks_external_location")]
    if root and not any(f"{root}/".startswith(f"{url}/") for url in urls):
        raise Refusal(
            f"No external location covers the storage root '{root}' of '{full_name(value)}'",
            "EXTERNAL_LOCATION_DOES_NOT_EXIST",
            404,
        )


_CHECKS: dict[str, Callable[[Store, Row], None]] = {
    "databricks_access_control_rule_set": check_rule_set,
    "databricks_alert_v2": _alert,
    "databricks_catalog": _storage_root,
    "databricks_catalog_workspace_binding": check_binding,
    "databricks_dashboard": check_needs_warehouse,
    "databricks_data_quality_monitor": check_monitor,
    "databricks_entity_tag_assignment": check_tag_assignment,
    "databricks_external_location": _needs_credential,
    "databricks_group": _group,
    "databricks_group_member": _group_member,
    "databricks_job": _job,
    "databricks_notification_destination": check_destination,
    "databricks_permissions": check_permissions,
    "databricks_pipeline": check_pipeline,
    "databricks_policy_info": check_policy,
    "databricks_quality_monitor": check_monitor,
    "databricks_query": check_needs_warehouse,
    "databricks_rfa_access_request_destinations": check_access_requests,
    "databricks_service_principal": _service_principal,
    "databricks_schema": _storage_root,
    "databricks_recipient": check_recipient,
    "databricks_share": check_share,
    "databricks_sql_endpoint": check_warehouse,
    "databricks_sql_table": _sql_table,
    "databricks_user": _user,
    "databricks_workspace_binding": check_binding,
}
