# SPDX-License-Identifier: Apache-2.0
"""Keys and layout of the tables that a pipeline makes: what Unity Catalog and Delta refuse of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshform.local.rules.refusal import Refusal

_MOST_CLUSTER_KEYS = 4


def check_keys(name: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse keys and layout that a table cannot have.

    Args:
        name: the table, one of `tables`.
        tables: the tables that are there, each with `columns` and perhaps `primary_key`, `foreign_keys`
            (`columns`, `table`, `references`), `cluster_by` and `partition_cols`.

    Raises:
        Refusal: a key names no column, a column of the primary key may hold NULL, a foreign key refers to a
            table or a primary key that is not there, or the layout cannot be.
    """
    entry = tables[name]
    columns = {str(column["name"]).lower(): column for column in entry["columns"]}
    primary = _names(entry, "primary_key")
    clusters, partitions = _names(entry, "cluster_by"), _names(entry, "partition_cols")
    foreign = [key for key in entry.get("foreign_keys") or () if isinstance(key, Mapping)]
    used = [*primary, *clusters, *partitions, *(c for key in foreign for c in _names(key, "columns"))]
    if unknown := [one for one in used if one.lower() not in columns]:
        raise Refusal(f"Column '{unknown[0]}' does not exist in table '{name}'.")
    if nullable := [one for one in primary if columns[one.lower()].get("nullable", True)]:
        raise Refusal(
            f"Cannot create the primary key of table '{name}' because its column '{nullable[0]}' is nullable."
        )
    if clusters and partitions:
        raise Refusal(f"Table '{name}' cannot be clustered and partitioned.")
    if len(clusters) > _MOST_CLUSTER_KEYS:
        raise Refusal(f"Table '{name}' has {len(clusters)} clustering columns, at most {_MOST_CLUSTER_KEYS}.")
    for key in foreign:
        parent = tables.get(str(key.get("table")))
        if parent is None:
            raise Refusal(f"Table '{key.get('table')}' of a foreign key of table '{name}' does not exist.")
        if sorted(_names(key, "references")) != sorted(_names(parent, "primary_key")):
            raise Refusal(
                f"A foreign key of table '{name}' does not refer to the primary key of '{key.get('table')}'."
            )


def _names(entry: Mapping[str, Any], key: str) -> list[str]:
    found = entry.get(key)
    return [str(one) for one in found] if isinstance(found, list) else []
