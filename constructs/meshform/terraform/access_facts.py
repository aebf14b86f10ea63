# SPDX-License-Identifier: Apache-2.0
"""The facts of access read off Terraform's resources, instead of the model that they were compiled from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from meshform.governance.access.facts import AbacPolicy, Facts

_HAS = re.compile(r"has_tag_value\('((?:[^'\\]|\\.|'')*)', *'((?:[^'\\]|\\.|'')*)'\)")
_ON = ("catalog", "schema", "table")  # securables whose grants let somebody read tables


def facts_of(resources: Iterable[tuple[str, Mapping[str, Any]]], known: Facts) -> Facts:
    """The facts that hold when there are just these resources.

    Args:
        resources: type and body of each, as compiled.
        known: what resources do not tell: who is in groups, what tables hold and who owns them, what views
            are made from. Tables are taken to be there and full; views only where they are made.
    """
    grants: dict[str, dict[str, frozenset[str]]] = {}
    owners: dict[str, str] = {}
    tags: dict[str, dict[str, frozenset[str]]] = {}
    views: set[str] = set()
    policies: list[AbacPolicy] = []
    shared: dict[str, list[str]] = {}
    receivers: dict[str, list[str]] = {}
    for type_, body in resources:
        match type_:
            case "databricks_grants" | "databricks_grant":
                listed = body.get("grant") or [body]
                if name := next((body[kind] for kind in _ON if body.get(kind)), None):
                    for one in listed:
                        held = grants.setdefault(name, {})
                        privileges = frozenset(one["privileges"])
                        held[one["principal"]] = held.get(one["principal"], frozenset()) | privileges
                elif body.get("share"):
                    receivers.setdefault(body["share"], []).extend(one["principal"] for one in listed)
            case "databricks_catalog" if body.get("owner"):
                owners[body["name"]] = body["owner"]
            case "databricks_schema" if body.get("owner"):
                owners[f"{body['catalog_name']}.{body['name']}"] = body["owner"]
            case "databricks_entity_tag_assignment" if body["entity_type"] == "columns":
                table, _, column = body["entity_name"].rpartition(".")
                tag, known_tags = f"{body['tag_key']}={body.get('tag_value', '')}", tags.setdefault(table, {})
                known_tags[column] = known_tags.get(column, frozenset()) | {tag}
            case "databricks_policy_info":
                policies.append(_policy(body))
            case "databricks_sql_table" if body["table_type"] == "VIEW":
                views.add(f"{body['catalog_name']}.{body['schema_name']}.{body['name']}")
            case "databricks_share":
                shared[body["name"]] = [one["name"] for one in body.get("object", ())]
    foreign = tuple(policy for policy in known.policies if not policy.function)  # of other meshes
    theirs = {policy.on for policy in foreign}
    return replace(
        known,
        grants=grants,
        owners=owners,
        policies=(*policies, *foreign),
        relations={
            name: relation if name in theirs else replace(relation, tags=tags.get(name, {}))
            for name, relation in known.relations.items()
            if relation.flows is None or name in views
        },
        shares=tuple(
            one
            for one in known.shares
            if one.relation in shared.get(one.share, ()) and one.recipient in receivers.get(one.share, ())
        ),
    )


def _policy(body: Mapping[str, Any]) -> AbacPolicy:
    is_mask = "column_mask" in body
    (hides,) = _blocks(body["column_mask" if is_mask else "row_filter"])
    (matched,) = _blocks(body["match_columns"])
    tags, unless = _conditions(matched["condition"])
    return AbacPolicy(
        body["name"],
        "mask" if is_mask else "filter",
        body["on_securable_fullname"],
        tags,
        frozenset(body["to_principals"]),
        frozenset(body.get("except_principals") or ()),
        hides["function_name"],
        unless,
    )


def _conditions(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The tags that a column must have, and those of which it must have none, as the compiler writes it."""
    wanted, _, rest = text.partition(" AND NOT ")
    found = [frozenset(f"{key}={value}" for key, value in _HAS.findall(part)) for part in (wanted, rest)]
    return found[0], found[1]


def _blocks(given: Any) -> list[Mapping[str, Any]]:
    return given if isinstance(given, list) else [given]
