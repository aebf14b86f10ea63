# SPDX-License-Identifier: Apache-2.0
"""Which privileges Unity Catalog knows on which securable.

Source: Databricks documentation, "Unity Catalog privileges and securable objects"; spelled with underscores,
as the provider and the API want them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_ANY = {"ALL_PRIVILEGES", "MANAGE"}
_METADATA = {"APPLY_TAG", "READ_METADATA"}
_VOLUME = {*_METADATA, "READ_VOLUME", "WRITE_VOLUME"}
_TABLE = {*_METADATA, "DELETE", "INSERT", "MODIFY", "REFRESH", "SELECT", "UPDATE"}
_MODEL = {*_METADATA, "CREATE_MODEL_VERSION", "EXECUTE"}
_SCHEMA = {
    *_TABLE,
    *_VOLUME,
    *_MODEL,
    "CREATE_FUNCTION",
    "CREATE_MATERIALIZED_VIEW",
    "CREATE_MODEL",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "EXTERNAL_USE_SCHEMA",
    "USE_SCHEMA",
}
_STORAGE = {*_ANY, "CREATE_EXTERNAL_TABLE", "READ_FILES", "WRITE_FILES"}

PRIVILEGES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "catalog": frozenset({*_ANY, *_SCHEMA, "BROWSE", "CREATE_SCHEMA", "USE_CATALOG"}),
        "schema": frozenset({*_ANY, *_SCHEMA}),
        "table": frozenset({*_ANY, *_TABLE}),
        "volume": frozenset({*_ANY, *_VOLUME}),
        "function": frozenset({*_ANY, *_METADATA, "EXECUTE"}),
        "model": frozenset({*_ANY, *_MODEL}),
        "foreign_connection": frozenset({*_ANY, "CREATE_FOREIGN_CATALOG", "USE_CONNECTION"}),
        "external_location": frozenset(
            {
                *_STORAGE,
                "BROWSE",
                "CREATE_EXTERNAL_VOLUME",
                "CREATE_FOREIGN_SECURABLE",
                "CREATE_MANAGED_STORAGE",
                "EXTERNAL_USE_LOCATION",
            }
        ),
        "storage_credential": frozenset({*_STORAGE, "CREATE_EXTERNAL_LOCATION"}),
        "share": frozenset({"SELECT"}),
    }
)
"""By kind of securable, as an attribute of `databricks_grants` names it; views are tables."""


def normalized_privileges(privileges: Iterable[str]) -> frozenset[str]:
    """Privileges as the API answers them: in capitals, with underscores."""
    return frozenset(privilege.upper().replace(" ", "_") for privilege in privileges)
