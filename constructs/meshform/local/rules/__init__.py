# SPDX-License-Identifier: Apache-2.0
"""The rules of the local workspace: what Databricks refuses, and what one change takes with it.

Both doors call these functions, so that Terraform and the REST door live in one world. They read and write a
`Store`; whatever is checked and then written belongs into one `store.transaction()`.
"""

from meshform.local.rules.checks import check_create, check_delete, check_update
from meshform.local.rules.dropping import dropped
from meshform.local.rules.grants import check_grants, grants_on, has_privilege, set_grant, set_grants
from meshform.local.rules.principals import (
    ACCOUNT_USERS,
    CURRENT_USER,
    find_principal,
    groups_of,
    require_principal,
    require_workspace_principal,
)
from meshform.local.rules.privileges import PRIVILEGES
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.relations import columns_of, drop_function, make_function, make_table
from meshform.local.rules.securables import METASTORE_ID, find, require

__all__ = [
    "ACCOUNT_USERS",
    "CURRENT_USER",
    "METASTORE_ID",
    "PRIVILEGES",
    "Refusal",
    "check_create",
    "check_delete",
    "check_grants",
    "check_update",
    "columns_of",
    "drop_function",
    "dropped",
    "find",
    "find_principal",
    "grants_on",
    "groups_of",
    "has_privilege",
    "make_function",
    "make_table",
    "require",
    "require_principal",
    "require_workspace_principal",
    "set_grant",
    "set_grants",
]
