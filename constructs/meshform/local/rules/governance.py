# SPDX-License-Identifier: Apache-2.0
"""Checks on tags, ABAC policies, monitors and bindings."""

from __future__ import annotations

from meshform.local.rules.abac import check_call, check_condition, check_tagged_column
from meshform.local.rules.destinations import TOLD_BY_ID, require_destinations
from meshform.local.rules.dropping import POLICY_SECURABLES
from meshform.local.rules.principals import require_principal
from meshform.local.rules.refusal import Refusal, does_not_exist
from meshform.local.rules.relations import columns_of
from meshform.local.rules.securables import require
from meshform.local.store import Row, Store

_ENTITIES = {"catalogs": "catalog", "schemas": "schema", "tables": "table", "volumes": "volume"}
_REQUESTED = {
    "CATALOG": "catalog",
    "CONNECTION": "foreign_connection",
    "EXTERNAL_LOCATION": "external_location",
    "FUNCTION": "function",
    "METASTORE": "metastore",
    "REGISTERED_MODEL": "model",
    "SCHEMA": "schema",
    "TABLE": "table",
    "VOLUME": "volume",
}
_MOST_DESTINATIONS = 5  # Databricks API reference, "Update access request destinations"
# Databricks documentation, "ABAC requirements, quotas, and limitations"
_MOST_PRINCIPALS = 20
_MOST_CONDITIONS = 3
_TAG_ROLES = ("roles/tagPolicy.assigner", "roles/tagPolicy.manager")
_MOST_POLICIES = {"CATALOG": 100, "SCHEMA": 100, "TABLE": 50}


def check_tag_assignment(store: Store, value: Row) -> None:
    """A tag goes on something that exists, and a governed tag has a value of its policy."""
    entity, name = value["entity_type"], value["entity_name"]
    if entity == "columns":
        table, _, column = name.rpartition(".") if name.count(".") == 3 else _column(name)
        require(store, "table", table)
        known = columns_of(store, table)
        if known and column.lower() not in (one.lower() for one in known):
            raise does_not_exist("Column", name)
        check_tagged_column(store, table, column, value)
    elif entity in _ENTITIES:
        require(store, _ENTITIES[entity], name)
    else:
        raise Refusal(f"'{entity}' is not an entity type; allowed: columns, {', '.join(sorted(_ENTITIES))}")
    policy = store.get("databricks_tag_policy", value["tag_key"])
    allowed = [item["name"] for item in (policy or {}).get("values") or ()]
    given = value.get("tag_value") or ""
    if allowed and given not in allowed:
        raise Refusal(
            f"Tag value '{given}' is not allowed for governed tag '{value['tag_key']}' on {entity} {name};"
            f" allowed: {', '.join(sorted(allowed))}"
        )


def _column(name: str) -> tuple[str, str, str]:
    """`catalog.schema.table.column` where the column's name holds periods."""
    parts = name.split(".", 3)
    return ".".join(parts[:3]), ".", parts[3] if len(parts) > 3 else ""


def check_policy(store: Store, value: Row) -> None:
    """An ABAC policy is on something that exists, uses a function that exists, and names known principals."""
    on, name = value.get("on_securable_type") or "", value.get("on_securable_fullname") or ""
    if on.lower() not in POLICY_SECURABLES or on != on.upper():
        raise Refusal(f"'{on}' is not a securable type for policies; allowed: CATALOG, SCHEMA, TABLE")
    require(store, on.lower(), name)
    principals = [*(value.get("to_principals") or ()), *(value.get("except_principals") or ())]
    if len(principals) > _MOST_PRINCIPALS:
        raise Refusal(
            f"Policy '{value.get('name')}' names {len(principals)} principals; at most {_MOST_PRINCIPALS}"
        )
    for principal in principals:
        require_principal(store, principal)
    matches = value.get("match_columns") or ()
    if len(matches) > _MOST_CONDITIONS:
        raise Refusal(
            f"Policy '{value.get('name')}' matches {len(matches)} columns; at most {_MOST_CONDITIONS}"
        )
    for match in matches:
        check_condition(value, match.get("condition") or "")
    aliases = [match.get("alias") for match in matches]
    for part in ("column_mask", "row_filter"):
        if body := value.get(part):
            check_call(store, value, part, body, aliases)
    beside = store.under("databricks_policy_info", f"{on},{name.lower()},")
    if len([1 for _, row in beside if row.get("name") != value.get("name")]) >= _MOST_POLICIES[on]:
        raise Refusal(
            f"{on.capitalize()} '{name}' has {_MOST_POLICIES[on]} policies already, which is the limit"
        )


def check_rule_set(store: Store, value: Row) -> None:
    """A rule set of a tag policy is of one that there is, and names principals of the account."""
    name = str(value.get("name"))
    parts = name.split("/")
    if len(parts) > 3 and parts[2] == "tagPolicies":
        if not store.find("databricks_tag_policy", id=parts[3]):
            raise does_not_exist("Tag policy", parts[3])
        for rule in value.get("grant_rules") or ():
            if rule.get("role") not in _TAG_ROLES:
                raise Refusal(
                    f"Rule set '{name}' has the role '{rule.get('role')}', which a tag policy has not"
                )
    for rule in value.get("grant_rules") or ():
        for principal in rule.get("principals") or ():
            require_principal(store, principal.partition("/")[2])


def check_access_requests(store: Store, value: Row) -> None:
    """Requests for access go to something that exists; a link stands alone, and there are not too many."""
    securable = value.get("securable") or {}
    kind, name = str(securable.get("type")), str(securable.get("full_name"))
    if kind not in _REQUESTED:
        raise Refusal(
            f"'{kind}' is not a securable type for access requests; allowed: {', '.join(_REQUESTED)}"
        )
    require(store, _REQUESTED[kind], name)
    destinations = value.get("destinations") or ()
    named = (one.get("destination_id") for one in destinations if one.get("destination_type") in TOLD_BY_ID)
    require_destinations(store, named, f"requests for access to {kind} '{name}'")
    kinds = [one.get("destination_type") for one in destinations]
    if "URL" in kinds and len(kinds) > 1:
        raise Refusal(f"A URL destination of {kind} '{name}' must be its only destination")
    emails = kinds.count("EMAIL")
    if max(emails, len(kinds) - emails) > _MOST_DESTINATIONS:
        raise Refusal(
            f"{kind} '{name}' has {len(kinds)} destinations; at most {_MOST_DESTINATIONS} e-mails and"
            f" {_MOST_DESTINATIONS} others"
        )


def check_binding(store: Store, value: Row) -> None:
    """A workspace is bound to something that exists, and only a catalog can be bound to be read."""
    kind = value.get("securable_type") or "catalog"
    if kind != "catalog" and value.get("binding_type") == "BINDING_TYPE_READ_ONLY":
        raise Refusal(f"BINDING_TYPE_READ_ONLY is for catalogs only, not for a {kind}")
    if name := value.get("securable_name") or value.get("catalog_name"):
        require(store, kind, name)
