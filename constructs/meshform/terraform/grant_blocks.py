# SPDX-License-Identifier: Apache-2.0
"""Blocks of grants as Terraform JSON, read: what they are about, and what they give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from meshform.model.findings import Place
from meshform.model.own_grant import OwnGrant
from meshform.model.privileges import normalized_privileges
from meshform.terraform.schema_check import attributes_of

TYPES = ("databricks_grants", "databricks_grant")
"""Types of resources that write grants."""

_REFERENCE = re.compile(r"\$\{(databricks_\w+)\.([\w-]+)\.(\w+)\}")
_PARTS = {  # of a full name, by the type that makes the securable
    "databricks_catalog": ("catalog", ("name",)),
    "databricks_schema": ("schema", ("catalog_name", "name")),
    "databricks_sql_table": ("table", ("catalog_name", "schema_name", "name")),
    "databricks_volume": ("volume", ("catalog_name", "schema_name", "name")),
    "databricks_share": ("share", ("name",)),
}


def securable_of(body: Mapping[str, Any], resources: list[Any]) -> tuple[str | None, str | None]:
    """Kind and full name of what a block is about; no name when only Terraform knows it."""
    kind = next((one for one in _kinds() if isinstance(body.get(one), str)), None)
    return (None, None) if kind is None else (kind, _resolved(body[kind], resources))


@cache
def _kinds() -> tuple[str, ...]:
    """The arguments that name a securable."""
    return tuple(sorted({*attributes_of("databricks_grants")} - {"grant", "id", "provider_config"}))


def _resolved(text: str, resources: list[Any], depth: int = 5) -> str | None:
    """A text with references to resources of the stack replaced; None when one of them leads elsewhere."""

    def value(match: re.Match[str]) -> str:
        type_, name, attribute = match.groups()
        body = next((one[type_][name] for one in resources if name in one.get(type_, {})), None)
        if body is None or not depth:
            return match[0]
        if attribute == "id" and type_ in _PARTS:
            parts = [_resolved(str(body.get(part, "${")), resources, depth - 1) for part in _PARTS[type_][1]]
            return match[0] if None in parts else ".".join(str(part) for part in parts)
        given = body.get(attribute)
        return (_resolved(given, resources, depth - 1) or match[0]) if isinstance(given, str) else match[0]

    replaced = _REFERENCE.sub(value, text)
    return None if re.search(r"(?<!\$)\$\{|(?<!%)%\{", replaced) else replaced


def grants_of(
    type_: str,
    body: Mapping[str, Any],
    kind: str,
    full_name: str | None,
    resources: list[Any],
    place: Place,
) -> Iterator[OwnGrant]:
    """Each grant of a block of grants.

    Args:
        type_: one of `TYPES`.
        body: its arguments.
        kind: kind of securable that it is about.
        full_name: the securable's name; None when only Terraform knows it.
        resources: resources of the stack by type and name, where its references lead.
        place: where the block was written.
    """
    blocks = body if type_ == "databricks_grant" else body.get("grant", ())
    for one in [blocks] if isinstance(blocks, Mapping) else blocks:
        if not isinstance(one, Mapping):
            continue  # told by the schema
        principal, given = one.get("principal"), one.get("privileges")
        yield OwnGrant(
            kind,
            full_name,
            _resolved(principal, resources) if isinstance(principal, str) else None,
            normalized_privileges(p for p in given if isinstance(p, str) and "${" not in p)
            if isinstance(given, list)
            else frozenset(),
            place,
        )


def maker_of(
    kind: str, full_name: str, own: Mapping[str, Any], resources: list[Any]
) -> Mapping[str, Any] | None:
    """The user's own resource that makes a securable, in the same stack."""
    for type_, (made, parts) in _PARTS.items():
        for body in own.get(type_, {}).values() if made == kind else ():
            names = [_resolved(str(body.get(part, "${")), resources) for part in parts]
            if None not in names and ".".join(str(one) for one in names).casefold() == full_name.casefold():
                found: Mapping[str, Any] = body
                return found
    return None
