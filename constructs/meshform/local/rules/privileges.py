# SPDX-License-Identifier: Apache-2.0
"""Which privileges each kind of securable takes.

Source: Databricks documentation, "Unity Catalog privileges and securable objects". A list of its own, and
not the compiler's, because the local workspace judges what the compiler made.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshform.local.rules.refusal import Refusal

_TABLE = "ALL_PRIVILEGES APPLY_TAG DELETE INSERT MANAGE MODIFY READ_METADATA REFRESH SELECT UPDATE"
_FUNCTION = "ALL_PRIVILEGES APPLY_TAG EXECUTE MANAGE READ_METADATA"
_VOLUME = "ALL_PRIVILEGES APPLY_TAG MANAGE READ_METADATA READ_VOLUME WRITE_VOLUME"
_SCHEMA = (
    f"{_TABLE} {_FUNCTION} {_VOLUME} CREATE_FUNCTION CREATE_MATERIALIZED_VIEW CREATE_MODEL"
    " CREATE_MODEL_VERSION CREATE_TABLE CREATE_VOLUME EXTERNAL_USE_SCHEMA USE_SCHEMA"
)
_CREDENTIAL = "ALL_PRIVILEGES CREATE_EXTERNAL_LOCATION CREATE_EXTERNAL_TABLE MANAGE READ_FILES WRITE_FILES"
_LOCATION = (
    "ALL_PRIVILEGES BROWSE CREATE_EXTERNAL_TABLE CREATE_EXTERNAL_VOLUME CREATE_FOREIGN_SECURABLE"
    " CREATE_MANAGED_STORAGE EXTERNAL_USE_LOCATION MANAGE READ_FILES WRITE_FILES"
)
_METASTORE = (
    "CREATE_CATALOG CREATE_CLEAN_ROOM CREATE_CONNECTION CREATE_EXTERNAL_LOCATION CREATE_PROVIDER"
    " CREATE_RECIPIENT CREATE_SERVICE_CREDENTIAL CREATE_SHARE CREATE_STORAGE_CREDENTIAL MANAGE_ALLOWLIST"
    " SET_SHARE_PERMISSION USE_MARKETPLACE_ASSETS USE_PROVIDER USE_RECIPIENT USE_SHARE"
)

PRIVILEGES: dict[str, frozenset[str]] = {
    kind: frozenset(text.split())
    for kind, text in {
        "catalog": f"{_SCHEMA} BROWSE CREATE_SCHEMA USE_CATALOG",
        "schema": _SCHEMA,
        "table": _TABLE,
        "volume": _VOLUME,
        "function": _FUNCTION,
        "model": f"{_FUNCTION} CREATE_MODEL_VERSION",
        "share": "SELECT",
        "recipient": "MANAGE",
        "external_location": _LOCATION,
        "storage_credential": _CREDENTIAL,
        "credential": f"{_CREDENTIAL} ACCESS CREATE_CONNECTION",
        "foreign_connection": "ALL_PRIVILEGES CREATE_FOREIGN_CATALOG MANAGE USE_CONNECTION",
        "metastore": _METASTORE,
    }.items()
}

# what ALL_PRIVILEGES leaves out (same source, "ALL PRIVILEGES")
NOT_IN_ALL = frozenset(["EXTERNAL_USE_LOCATION", "EXTERNAL_USE_SCHEMA", "MANAGE"])


def normalised(privileges: Iterable[str]) -> list[str]:
    """Privileges as the API answers them: upper case with underscores, sorted, each once."""
    return sorted({privilege.upper().replace(" ", "_") for privilege in privileges})


def require_privileges(kind: str, name: str, privileges: Iterable[str]) -> list[str]:
    """The privileges, normalised; refuse those that the securable does not take."""
    wanted = normalised(privileges)
    known = PRIVILEGES.get(kind)
    if known is not None and (unknown := [privilege for privilege in wanted if privilege not in known]):
        raise Refusal(
            f"Privilege {', '.join(unknown)} is not applicable to {kind.replace('_', ' ')} '{name}'."
            f" Applicable: {', '.join(sorted(known))}."
        )
    return wanted
