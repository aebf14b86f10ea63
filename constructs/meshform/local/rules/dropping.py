# SPDX-License-Identifier: Apache-2.0
"""What goes when something is dropped: its children, its grants, tags, policies and permissions."""

from __future__ import annotations

from meshform.local.rules.grants import drop_grants
from meshform.local.rules.permissions import OBJECT_TYPES, drop_permissions
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.securables import KIND_OF, children, full_name
from meshform.local.store import Row, Store

POLICY_SECURABLES = ("catalog", "schema", "table")  # what an ABAC policy can be on


def check_empty(store: Store, type_: str, value: Row) -> None:
    """Refuse to delete a catalog or schema that holds something, unless `force_destroy` is set."""
    kind = KIND_OF.get(type_)
    if kind not in ("catalog", "schema") or value.get("force_destroy"):
        return
    name = full_name(value)
    inside = [(KIND_OF[row_kind], key) for row_kind, key, _ in children(store, name)]
    if inside:
        first = ", ".join(f"{child} {key}" for child, key in inside[:3])
        more = f" and {len(inside) - 3} more" if len(inside) > 3 else ""
        raise Refusal(
            f"{kind.capitalize()} '{name}' is not empty: {first}{more}."
            " Drop what it holds first, or set force_destroy.",
            f"{kind.upper()}_NOT_EMPTY",
        )


def dropped(store: Store, type_: str, key: str, value: Row) -> None:
    """Remove what cannot outlive an object whose row is gone already."""
    kind = KIND_OF.get(type_)
    if kind:
        name = key if kind == "pipeline" else full_name(value)
        if kind in ("catalog", "schema"):
            for row_kind, child, _ in children(store, name):
                store.drop(row_kind, child)
                forget_access(store, KIND_OF[row_kind], child)
        forget_access(store, kind, name)
    if type_ == "databricks_pipeline":
        for row in store.find("table", made_by=key):
            store.drop("table", row["full_name"])
            forget_access(store, "table", row["full_name"])
    if type_ == "databricks_recipient":
        for grant, row in store.under("grant", "share/"):
            if row["principal"] == value.get("name"):
                store.drop("grant", grant)
    if type_ in ("databricks_group", "databricks_service_principal", "databricks_user"):
        for member, row in store.all("databricks_group_member"):
            if key in (str(row["group_id"]), str(row["member_id"])):
                store.drop("databricks_group_member", member)
    if type_ in OBJECT_TYPES:
        drop_permissions(store, type_, key)


def forget_access(store: Store, kind: str, name: str) -> None:
    """Remove grants, tag assignments, policies and request destinations of a securable that is gone."""
    drop_grants(store, kind, name)
    folded = name.lower()
    # keys of both hold the name in lower case
    gone = [("databricks_entity_tag_assignment", f"{kind}s,{folded},")]
    if kind == "table":
        gone.append(("databricks_entity_tag_assignment", f"columns,{folded}."))
    if kind in POLICY_SECURABLES:
        gone.append(("databricks_policy_info", f"{kind.upper()},{folded},"))
    for written in {name, folded}:
        store.drop("databricks_rfa_access_request_destinations", f"{kind.upper()},{written}")
    for row_kind, prefix in gone:
        for key, _ in store.under(row_kind, prefix):
            store.drop(row_kind, key)
