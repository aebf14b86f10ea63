# SPDX-License-Identifier: Apache-2.0
"""Grants: one row for each principal on each securable, whoever wrote it.

The row's kind is `grant` and its key `<kind of securable>/<full name in lower case>/<principal>`; its value
has `securable`, `full_name`, `principal` and `privileges` (normalised).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshform.local.rules.principals import ACCOUNT_USERS, find_principal, groups_of, require_principal
from meshform.local.rules.privileges import NOT_IN_ALL, PRIVILEGES, require_privileges
from meshform.local.rules.refusal import does_not_exist
from meshform.local.rules.securables import find, require
from meshform.local.store import Store


def grants_on(store: Store, kind: str, name: str) -> dict[str, list[str]]:
    """The privileges of each principal on a securable, sorted by principal."""
    rows = store.under("grant", _prefix(kind, name))
    return {row["principal"]: row["privileges"] for _, row in rows}


def check_grants(store: Store, kind: str, name: str, wanted: Mapping[str, Iterable[str]]) -> None:
    """Refuse grants on what does not exist, to nobody, or of what the securable does not take."""
    require(store, kind, name)
    for principal, privileges in wanted.items():
        require_privileges(kind, name, privileges)
        if kind != "share":
            require_principal(store, principal)
        elif find(store, "recipient", principal) is None:
            raise does_not_exist("Recipient", principal)


def set_grants(store: Store, kind: str, name: str, wanted: Mapping[str, Iterable[str]]) -> None:
    """Make these the only grants on a securable (`databricks_grants`)."""
    with store.transaction():
        for principal in grants_on(store, kind, name):
            if principal not in wanted:
                set_grant(store, kind, name, principal, ())
        for principal, privileges in wanted.items():
            set_grant(store, kind, name, principal, privileges)


def set_grant(store: Store, kind: str, name: str, principal: str, privileges: Iterable[str]) -> None:
    """Make these the only privileges of a principal on a securable; none drops the row."""
    key = _prefix(kind, name) + principal
    if normal := require_privileges(kind, name, privileges):
        store.put(
            "grant",
            key,
            {"securable": kind, "full_name": name, "principal": principal, "privileges": normal},
        )
    else:
        store.drop("grant", key)


def drop_grants(store: Store, kind: str, name: str) -> None:
    """Forget the grants of a securable that is gone."""
    for key, _ in store.under("grant", _prefix(kind, name)):
        store.drop("grant", key)


def has_privilege(store: Store, principal: str, privilege: str, kind: str, name: str) -> bool:
    """Whether a principal holds a privilege on a securable, by grant or as owner, there or on a container.

    Counts grants to its groups and to `account users`, and ALL_PRIVILEGES. It does not ask for USE_CATALOG
    or USE_SCHEMA on the containers: ask for those too. Ownership of a container gives MANAGE only.
    """
    names = {principal, ACCOUNT_USERS} | (
        groups_of(store, principal) if find_principal(store, principal) else set()
    )
    owner = (find(store, kind, name) or {}).get("owner")
    if owner in names:
        return True
    parts = name.split(".")
    above = [(kind, name)]
    if len(parts) == 3:
        above.append(("schema", ".".join(parts[:2])))
    if kind in PRIVILEGES and len(parts) > 1:
        above.append(("catalog", parts[0]))
    for container_kind, container in above:
        granted = {
            p
            for who, privileges in grants_on(store, container_kind, container).items()
            if who in names
            for p in privileges
        }
        if privilege in granted or ("ALL_PRIVILEGES" in granted and privilege not in NOT_IN_ALL):
            return True
        if privilege == "MANAGE" and (find(store, container_kind, container) or {}).get("owner") in names:
            return True
    return False


def _prefix(kind: str, name: str) -> str:
    return f"{kind}/{name.lower()}/"
