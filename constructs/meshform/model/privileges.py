# SPDX-License-Identifier: Apache-2.0
"""Which privileges Unity Catalog knows on which securable.

Source: Databricks documentation, "Unity Catalog privileges and securable objects"; spelled with underscores,
as the provider and the API want them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_ANY = {"ALL_PRIVILEGES", "MANAGE"}
_VOLUME = {"APPLY_TAG", "READ_VOLUME", "WRITE_VOLUME"}
_TABLE = {"APPLY_TAG", "MODIFY", "REFRESH", "SELECT"}
_SCHEMA = {
    *_TABLE,
    *_VOLUME,
    "CREATE_FUNCTION",
    "CREATE_MATERIALIZED_VIEW",
    "CREATE_MODEL",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "EXECUTE",
    "EXTERNAL_USE_SCHEMA",
    "USE_SCHEMA",
}

PRIVILEGES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "catalog": frozenset({*_ANY, *_SCHEMA, "BROWSE", "CREATE_SCHEMA", "USE_CATALOG"}),
        "schema": frozenset({*_ANY, *_SCHEMA}),
        "table": frozenset({*_ANY, *_TABLE}),
        "volume": frozenset({*_ANY, *_VOLUME}),
        "function": frozenset({*_ANY, "EXECUTE"}),
        "foreign_connection": frozenset({*_ANY, "CREATE_FOREIGN_CATALOG", "USE_CONNECTION"}),
        "share": frozenset({"SELECT"}),
    }
)
"""By kind of securable, as an attribute of `databricks_grants` names it; views are tables."""
