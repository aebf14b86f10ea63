# SPDX-License-Identifier: Apache-2.0
"""Securables of Unity Catalog in the store: where each kind is kept, its name, its parents.

Names of securables are compared without case, as Unity Catalog stores them in lower case.
"""

from __future__ import annotations

from meshform.local.rules.refusal import Refusal, already_exists, does_not_exist
from meshform.local.store import Row, Store

METASTORE_ID = "00000000-0000-4000-8000-000000000001"

# kind of securable (an attribute of `databricks_grants`) -> kinds of rows that are one
ROWS: dict[str, tuple[str, ...]] = {
    "catalog": ("databricks_catalog",),
    "schema": ("databricks_schema",),
    "table": ("databricks_sql_table", "table", "databricks_online_table"),
    "volume": ("databricks_volume",),
    "function": ("function",),
    "model": ("databricks_registered_model",),
    "share": ("databricks_share",),
    "recipient": ("databricks_recipient",),
    "external_location": ("databricks_external_location",),
    "storage_credential": ("databricks_storage_credential",),
    "credential": ("databricks_credential",),
    "foreign_connection": ("databricks_connection",),
    "pipeline": ("databricks_pipeline",),
}
KIND_OF = {row: kind for kind, rows in ROWS.items() for row in rows}

# kinds that share one namespace with another
_NAMESPACE = {"function": ("function", "model"), "model": ("function", "model")}
_NAME_PARTS = {"catalog": 1, "schema": 2, "table": 3, "volume": 3, "function": 3, "model": 3}
_CHILDREN = ("schema", "table", "volume", "function", "model")
_LABEL = {"function": "Routine or Model", "model": "Routine or Model", "foreign_connection": "Connection"}
_LONGEST_NAME = 255


def label(kind: str) -> str:
    """The API's word for a kind."""
    return _LABEL.get(kind) or kind.replace("_", " ").capitalize()


def full_name(value: Row) -> str:
    """The full name of a securable, from its attributes."""
    parts = [value.get("catalog_name"), value.get("schema_name"), value.get("name")]
    return ".".join(str(part) for part in parts if part is not None)


def key(kind: str, name: str) -> str:
    """The key of a securable's row: its full name in lower case."""
    return f"{METASTORE_ID}|{name}" if kind == "foreign_connection" else name.lower()


def find(store: Store, kind: str, name: str) -> Row | None:
    """The row of a securable, or None."""
    for row_kind in ROWS.get(kind, ()):
        if (row := store.get(row_kind, key(kind, name))) is not None:
            return row
    return {"name": name} if kind == "metastore" and name == METASTORE_ID else None


def require(store: Store, kind: str, name: str) -> Row:
    """The row of a securable.

    Raises:
        Refusal: there is none; it names the outermost container that is missing.
    """
    if (row := find(store, kind, name)) is not None:
        return row
    require_parent(store, kind, name)
    raise does_not_exist(label(kind), name)


def require_parent(store: Store, kind: str, name: str) -> None:
    """Refuse a name with the wrong number of parts, or whose catalog or schema does not exist."""
    wanted = _NAME_PARTS.get(kind)
    if wanted is None:
        return
    parts = name.split(".")
    if len(parts) != wanted or not all(parts):
        raise Refusal(f"'{name}' is not a valid name: a {kind} has a name of {wanted} part(s)")
    if wanted > 1 and find(store, "catalog", parts[0]) is None:
        raise does_not_exist("Catalog", parts[0])
    if wanted > 2 and find(store, "schema", ".".join(parts[:2])) is None:
        raise does_not_exist("Schema", ".".join(parts[:2]))


def require_free(store: Store, kind: str, name: str) -> None:
    """Refuse a name that is taken in its namespace, whatever its case."""
    for taken in _NAMESPACE.get(kind, (kind,)):
        if find(store, taken, name) is not None:
            raise already_exists(label(taken), name)


def check_name(name: str) -> None:
    """Refuse what Unity Catalog does not take as a name of one part.

    Source: Databricks SQL reference, "Names": at most 255 characters; no period, space, slash, control
    character or DEL.
    """
    bad = next((c for c in name if c in "./ \x7f" or ord(c) < 32), None)
    if not name or len(name) > _LONGEST_NAME or bad is not None:
        why = (
            f"{bad!r} is not allowed" if bad is not None else f"it must have 1 to {_LONGEST_NAME} characters"
        )
        raise Refusal(f"Invalid name '{name}': {why}")


def children(store: Store, name: str) -> list[tuple[str, str, Row]]:
    """Everything below a catalog or a schema: kind of row, key and row; schemas first."""
    prefix = name.lower() + "."
    return [
        (row_kind, row_key, row)
        for kind in _CHILDREN
        for row_kind in ROWS[kind]
        for row_key, row in store.under(row_kind, prefix)
    ]
