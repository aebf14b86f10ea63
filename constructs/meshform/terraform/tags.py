# SPDX-License-Identifier: Apache-2.0
"""Tags of Unity Catalog on catalogs, schemas, tables, columns and volumes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from meshform.model.findings import Place
from meshform.terraform.stack import PREPARE, Block, Rank, Stack, local_name


def add_tag(
    stack: Stack,
    name: str,
    tag: tuple[str, str, str, str],
    place: Place,
    rank: Rank,
    after: Iterable[str],
    lifecycle: Mapping[str, Any] | None = None,
) -> str:
    """Assign a tag: kind and name of the entity, key and value; returns its address."""
    kind, entity, key, value = tag
    body = {
        "entity_type": kind,
        "entity_name": entity,
        "tag_key": key,
        "tag_value": value,  # never null: the provider reads a tag without value back as ""
    }
    return stack.resource(
        "databricks_entity_tag_assignment", name, body, place, rank=rank, after=after, lifecycle=lifecycle
    ).address


def tag_container(stack: Stack, kind: str, container: Block, full_name: str, tags: Mapping[str, str]) -> None:
    """Assign the tags of a catalog or schema, which hands them on to what is in it."""
    for key, value in tags.items():
        add_tag(
            stack,
            local_name(kind, container.name, key),
            (f"{kind}s", full_name, key, value),
            container.place,
            PREPARE,
            [container.address],
        )
