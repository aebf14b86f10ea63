# SPDX-License-Identifier: Apache-2.0
"""Permissions of what runs in the workspace: one authoritative `databricks_permissions` for each object.

Admins of the workspace and the object's creator keep their rights without being listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from meshform.model.findings import Place
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.terraform.stack import PREPARE, Block, Rank, Stack


def technical_owners(domain: ResolvedDomain, mesh: ResolvedMesh) -> list[str]:
    """The domain's technical owners as grants name them, without the owner; sorted."""
    names = {*domain.spec.technical_owners} - {domain.spec.owner}
    return sorted(name_id for name in names if (name_id := mesh.principal_id(name)))


def allow_owners(
    stack: Stack,
    name: str,
    about: Mapping[str, Any],
    level: str,
    domain: ResolvedDomain,
    mesh: ResolvedMesh,
    place: Place,
    *,
    rank: Rank = PREPARE,
) -> Block:
    """Let the owner and the technical owners of a domain do something with one of its objects.

    Args:
        stack: the domain's stack.
        name: name of the block.
        about: the attribute that names the object, such as `job_id`, with its value.
        level: what they may do.
        domain: the domain.
        mesh: the mesh that it belongs to.
        place: where the object was declared.
        rank: when the object exists. Default: with the first blocks of the stack.
    """
    owners = [domain.spec.owner, *sorted({*domain.spec.technical_owners} - {domain.spec.owner})]
    body = {**about, "access_control": access_control(owners, level, mesh)}
    return stack.resource("databricks_permissions", name, body, place, rank=rank)


def access_control(names: Iterable[str], level: str, mesh: ResolvedMesh) -> list[dict[str, Any]]:
    """Blocks `access_control` that give principals of the registry one level."""
    return [
        {
            "group_name"
            if isinstance(mesh.spec.principals.find(name), Group)
            else "service_principal_name": mesh.principal_id(name),
            "permission_level": level,
        }
        for name in names
    ]
