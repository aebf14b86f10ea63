# SPDX-License-Identifier: Apache-2.0
"""`databricks_grants` and `databricks_grant`: two views of the same grants, with no rows of their own.

As in Databricks, both see what the other wrote: one that lists all grants of a securable shows a change when
somebody else has granted something, and takes that away.
"""

from __future__ import annotations

from typing import Any

from meshform.local.rules.authority import authorize_grants
from meshform.local.rules.grants import check_grants, grants_on, set_grant, set_grants
from meshform.local.rules.privileges import PRIVILEGES
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.securables import find
from meshform.local.store import Row, Store

TYPES = ("databricks_grants", "databricks_grant")
_OTHER_KINDS = ("pipeline", "mcp_service", "model_provider_service", "model_service")


def read(store: Store, type_: str, state: Row) -> Row | None:
    """The grants of a state as they are now; None when the securable or all of them are gone."""
    kind, name, principal = _parts(type_, str(state.get("id")))
    found = _found(store, kind, name, principal)
    if found is None:
        return None
    if principal is not None:
        return {**state, "privileges": found[principal]}
    return {**state, "grant": _blocks(found)}


def import_(store: Store, type_: str, identifier: str) -> Row | None:
    """The grants of an import id, or None."""
    kind, name, principal = _parts(type_, identifier)
    found = _found(store, kind, name, principal)
    if found is None:
        return None
    value: dict[str, Any] = {"id": identifier, kind: name}
    if principal is not None:
        return {**value, "principal": principal, "privileges": found[principal]}
    return {**value, "grant": _blocks(found)}


def write(store: Store, type_: str, value: Row) -> None:
    """Make the grants what a value says, and set its id.

    Raises:
        Refusal: the securable or a principal does not exist, or a privilege does not apply.
    """
    kind, name = _securable(value)
    authorize_grants(store, kind, name)
    value["id"] = f"{kind}/{name}"
    value["provider_config"] = []
    if type_ == "databricks_grant":
        principal = value["principal"]
        value["id"] += f"/{principal}"
        check_grants(store, kind, name, {principal: value["privileges"]})
        set_grant(store, kind, name, principal, value["privileges"])
    else:
        wanted: dict[str, list[str]] = {}
        for block in value.get("grant") or ():
            wanted.setdefault(block["principal"], []).extend(block["privileges"])
        check_grants(store, kind, name, wanted)
        set_grants(store, kind, name, wanted)


def delete(store: Store, type_: str, prior: Row) -> None:
    """Take away all grants of the securable, or those of the one principal."""
    kind, name, principal = _parts(type_, str(prior.get("id")))
    if find(store, kind, name) is not None:
        authorize_grants(store, kind, name)
    if principal is not None:
        set_grant(store, kind, name, principal, ())
    else:
        set_grants(store, kind, name, {})


def _securable(value: Row) -> tuple[str, str]:
    for kind in (*PRIVILEGES, *_OTHER_KINDS):
        if value.get(kind):
            return kind, value[kind]
    raise Refusal("grants name no securable: set one of " + ", ".join(sorted((*PRIVILEGES, *_OTHER_KINDS))))


def _parts(type_: str, identifier: str) -> tuple[str, str, str | None]:
    """Kind, name and, for `databricks_grant`, the principal of an id."""
    wanted = 3 if type_ == "databricks_grant" else 2
    parts = identifier.split("/", wanted - 1)
    if len(parts) != wanted:
        raise Refusal(f"ID must be {wanted} elements split by `/`: {identifier}")
    return parts[0], parts[1], parts[2] if wanted == 3 else None


def _found(store: Store, kind: str, name: str, principal: str | None) -> dict[str, list[str]] | None:
    if find(store, kind, name) is None:
        return None
    found = grants_on(store, kind, name)
    if principal is not None and principal not in found:
        return None
    return found or None


def _blocks(found: dict[str, list[str]]) -> list[Row]:
    return [{"principal": principal, "privileges": privileges} for principal, privileges in found.items()]
