# SPDX-License-Identifier: Apache-2.0
"""The facts of access as compiled stacks say them, to compare with those of the model."""

from __future__ import annotations

import re

from tests.meshes import resources

from meshform.terraform.compile import CompiledMesh

READS = {"SELECT", "ALL_PRIVILEGES", "MANAGE"}
_TAG = re.compile(r"has_tag_value\('([^']*)', '([^']*)'\)")


def every(mesh: CompiledMesh, type_: str):
    """Bodies of all resources of a type."""
    for stack in mesh.stacks.values():
        yield from resources(stack, type_).values()


def grants(mesh: CompiledMesh) -> dict[str, dict[str, set[str]]]:
    """Privileges by catalog, schema, table or view, and principal."""
    found: dict[str, dict[str, set[str]]] = {}

    def add(body, given):
        for kind in ("catalog", "schema", "table"):
            if kind in body:
                for one in given:
                    held = found.setdefault(body[kind], {}).setdefault(one["principal"], set())
                    held |= set(one["privileges"])

    for body in every(mesh, "databricks_grant"):
        add(body, [body])
    for body in every(mesh, "databricks_grants"):
        add(body, body["grant"])
    return found


def column_tags(mesh: CompiledMesh) -> dict[str, set[str]]:
    """Tags by full name of a column."""
    found: dict[str, set[str]] = {}
    for body in every(mesh, "databricks_entity_tag_assignment"):
        if body["entity_type"] == "columns":
            found.setdefault(body["entity_name"], set()).add(f"{body['tag_key']}={body['tag_value']}")
    return found


def policies(mesh: CompiledMesh) -> set[tuple]:
    """Name, what it is on, the tags that it asks for and leaves out, TO, EXCEPT and function."""
    found = set()
    for body in every(mesh, "databricks_policy_info"):
        (match,) = body["match_columns"]
        asked, _, left = match["condition"].partition(" AND NOT ")
        does = body.get("column_mask") or body["row_filter"]
        found.add(
            (
                body["name"],
                body["on_securable_fullname"],
                frozenset("=".join(one) for one in _TAG.findall(asked)),
                frozenset("=".join(one) for one in _TAG.findall(left)),
                frozenset(body["to_principals"]),
                frozenset(body.get("except_principals") or ()),
                does["function_name"],
            )
        )
    return found


def owners(mesh: CompiledMesh) -> dict[str, str]:
    """Owner of each catalog, schema, table and view that Terraform makes."""
    found = {body["name"]: body["owner"] for body in every(mesh, "databricks_catalog") if "owner" in body}
    for body in every(mesh, "databricks_schema"):
        found[f"{body['catalog_name']}.{body['name']}"] = body["owner"]
    for body in every(mesh, "databricks_sql_table"):
        if "owner" in body:
            found[f"{body['catalog_name']}.{body['schema_name']}.{body['name']}"] = body["owner"]
    return found


def shared(mesh: CompiledMesh) -> set[str]:
    """Full names of what is in shares."""
    return {one["name"] for body in every(mesh, "databricks_share") for one in body["object"]}
