# SPDX-License-Identifier: Apache-2.0
"""Tables and functions that the workspace makes itself: by a pipeline's run, by a job's DDL."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from meshform.local.rules.dropping import forget_access
from meshform.local.rules.principals import CURRENT_USER, require_owner
from meshform.local.rules.refusal import already_exists, does_not_exist
from meshform.local.rules.securables import check_name, find, label, require_free, require_parent
from meshform.local.store import Row, Store


def make_table(
    store: Store,
    full_name: str,
    columns: Iterable[Mapping[str, Any]],
    owner: str | None,
    made_by: str,
    comment: str | None = None,
) -> Row:
    """Make a table, or change the one that the same maker made before.

    Args:
        store: the workspace.
        full_name: `catalog.schema.table`.
        columns: each with `name` and `type` (SQL text), and perhaps `comment`.
        owner: who owns it; None is the current user.
        made_by: who makes it: the id of a pipeline, whose tables go when it is deleted.
        comment: the table's comment.

    Returns:
        The row: `full_name`, `table_id`, `catalog_name`, `schema_name`, `name`, `columns`, `owner`,
        `made_by`, `comment`.

    Raises:
        Refusal: a container is missing, or somebody else made a table or view of this name.
    """
    with store.transaction():
        catalog, schema, name = _named(store, "table", full_name)
        require_owner(store, owner)
        known = store.get("table", full_name.lower())
        if known is None:
            require_free(store, "table", full_name)
        elif known["made_by"] != made_by:
            raise already_exists(label("table"), full_name)
        row = {
            "full_name": full_name.lower(),
            "table_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{made_by}/{full_name.lower()}")),
            "catalog_name": catalog,
            "schema_name": schema,
            "name": name,
            "columns": [dict(column) for column in columns],
            "owner": owner or CURRENT_USER,
            "made_by": made_by,
            "comment": comment,
        }
        store.put("table", full_name.lower(), row)
        return row


def make_function(
    store: Store,
    full_name: str,
    parameters: Iterable[Mapping[str, Any]],
    returns: str,
    body: str,
    *,
    replace: bool = True,
    owner: str | None = None,
) -> Row:
    """Make a SQL function, or replace it (`CREATE OR REPLACE FUNCTION`).

    Args:
        store: the workspace.
        full_name: `catalog.schema.function`.
        parameters: each with `name` and `type`.
        returns: its type, as SQL text.
        body: the expression that it returns.
        replace: False refuses a name that is taken.
        owner: who makes it. Default: the current user.

    Raises:
        Refusal: a container is missing, the name is taken by a model, or taken at all.
    """
    with store.transaction():
        catalog, schema, name = _named(store, "function", full_name)
        known = store.get("function", full_name.lower())
        if known is None or not replace:
            require_free(store, "function", full_name)
        row = {
            "full_name": full_name.lower(),
            "catalog_name": catalog,
            "schema_name": schema,
            "name": name,
            "parameters": [dict(parameter) for parameter in parameters],
            "returns": returns,
            "body": body,
            "owner": known["owner"] if known else (owner or CURRENT_USER),
        }
        store.put("function", full_name.lower(), row)
        return row


def drop_function(store: Store, full_name: str, *, if_exists: bool = True) -> bool:
    """Drop a function with its grants; False when there was none.

    Raises:
        Refusal: there is none and `if_exists` is False.
    """
    with store.transaction():
        if store.drop("function", full_name.lower()):
            forget_access(store, "function", full_name)
            return True
        if not if_exists:
            raise does_not_exist(label("function"), full_name)
        return False


def columns_of(store: Store, table: str) -> list[str]:
    """Names of a table's columns; empty when it is not there, or is a view that does not list them."""
    row = find(store, "table", table) or {}
    return [column["name"] for column in row.get("columns") or row.get("column") or ()]


def _named(store: Store, kind: str, full_name: str) -> list[str]:
    require_parent(store, kind, full_name)
    parts = full_name.lower().split(".")
    check_name(parts[-1])
    return parts
