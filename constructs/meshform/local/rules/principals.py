# SPDX-License-Identifier: Apache-2.0
"""Who there is in the local workspace: groups, service principals, users and share recipients.

A group is named by its display name, case included; a service principal by its application id; a user by
its user name.
"""

from __future__ import annotations

from meshform.local.rules.refusal import Refusal
from meshform.local.store import Row, Store

ACCOUNT_USERS = "account users"
CURRENT_USER = "local.user@example.com"  # who deploys into the local workspace
CURRENT_USER_ID = "1000000000000001"
_WORKSPACE_GROUPS = ("users", "admins")  # each workspace has them; Unity Catalog does not know them


def find_principal(store: Store, name: str) -> tuple[str, Row] | None:
    """The kind (`group`, `service_principal` or `user`) and row of a principal, or None."""
    if rows := store.find("databricks_group", display_name=name):
        return "group", rows[0]
    folded = name.casefold()
    for kind, attribute in (("service_principal", "application_id"), ("user", "user_name")):
        for _, row in store.all(f"databricks_{kind}"):
            if str(row.get(attribute)).casefold() == folded:
                return kind, row
    if name == ACCOUNT_USERS:
        return "group", {"display_name": ACCOUNT_USERS}
    if folded == CURRENT_USER:
        return "user", {"user_name": CURRENT_USER, "id": CURRENT_USER_ID}
    return None


def require_principal(store: Store, name: str) -> None:
    """Refuse a principal that the account does not have."""
    if find_principal(store, name) is None:
        raise Refusal(
            f"Could not find principal with name {name}.{_hint(store, name)}", "PRINCIPAL_DOES_NOT_EXIST", 404
        )


def require_owner(store: Store, name: str | None) -> None:
    """Refuse an owner that does not exist; None and the empty text mean the current user."""
    if name:
        require_principal(store, name)


def require_workspace_principal(store: Store, kind: str, name: str) -> None:
    """Refuse who is not a `group`, `service_principal` or `user` of the workspace."""
    if kind == "group" and name in _WORKSPACE_GROUPS:
        return
    found = find_principal(store, name)
    if found is None or found[0] != kind or name == ACCOUNT_USERS:
        label = kind.replace("_", " ").capitalize()
        raise Refusal(f"{label} {name} does not exist.{_hint(store, name)}", "RESOURCE_DOES_NOT_EXIST", 404)


def groups_of(store: Store, name: str) -> set[str]:
    """Names of all groups that a principal is in, also by way of other groups, and of those for everybody."""
    found = find_principal(store, name)
    groups = {ACCOUNT_USERS}
    if found is None:
        return groups
    names = {str(row.get("id")): row["display_name"] for _, row in store.all("databricks_group")}
    members = [row for _, row in store.all("databricks_group_member")]
    pending, seen = [str(found[1].get("id"))], set()
    while pending:
        member = pending.pop()
        for row in members:
            group = str(row["group_id"])
            if str(row["member_id"]) == member and group not in seen:
                seen.add(group)
                pending.append(group)
    return groups | {names[group] for group in seen if group in names}


def _hint(store: Store, name: str) -> str:
    if name in _WORKSPACE_GROUPS:
        return f" '{name}' is a group of the workspace; Unity Catalog takes groups of the account."
    if rows := store.find("databricks_service_principal", display_name=name):
        return f" A service principal is named by its application id, here {rows[0].get('application_id')}."
    folded = [
        row["display_name"]
        for _, row in store.all("databricks_group")
        if row["display_name"].casefold() == name.casefold()
    ]
    return f" Names of groups are case-sensitive; there is {folded[0]}." if folded else ""
