# SPDX-License-Identifier: Apache-2.0
"""Where requests for access go: `databricks_rfa_access_request_destinations`.

Source: the provider's docs/resources/rfa_access_request_destinations.md at 1.128.0, and the API reference,
"Update access request destinations". `are_any_destinations_hidden` is an output, whatever the example there
says.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshform.model.findings import Place
from meshform.model.resolved import ResolvedMesh
from meshform.model.support import Support
from meshform.terraform.destinations import ids
from meshform.terraform.stack import PREPARE, Rank, Stack


def add_access_requests(
    stack: Stack,
    name: str,
    securable_type: str,
    full_name: str,
    support: Support,
    mesh: ResolvedMesh,
    place: Place,
    *,
    rank: Rank = PREPARE,
    after: Iterable[str] = (),
) -> None:
    """Add the destinations of requests for access to a securable; nothing where there are none.

    Args:
        stack: the stack that makes the securable.
        name: name of the block.
        securable_type: such as `CATALOG`, `SCHEMA`, `TABLE` or `VOLUME`.
        full_name: full name of the securable.
        support: of the domain.
        mesh: the mesh.
        place: where the support was declared.
        rank: when the securable exists.
        after: addresses of what makes it.
    """
    if destinations := _destinations(stack, support, mesh):
        stack.resource(
            "databricks_rfa_access_request_destinations",
            name,
            {
                "securable": {"type": securable_type, "full_name": full_name},
                "destinations": [
                    {"destination_type": kind, "destination_id": id_} for kind, id_ in destinations
                ],
            },
            place,
            rank=rank,
            after=after,
        )


def _destinations(stack: Stack, support: Support, mesh: ResolvedMesh) -> list[tuple[str, str]]:
    """Type and id of each, sorted.

    A link stands alone: Databricks takes no other destination beside it, so it is used only where there is
    nothing else.
    """
    found: list[tuple[str, str]] = [("EMAIL", support.email)] if support.email else []
    for one in support.destinations:
        if one.addresses:  # a request goes to addresses, not to a destination that has some
            found += [("EMAIL", address) for address in one.addresses if one.is_made_in(mesh.environment)]
        else:
            found += [(one.kind, id_) for id_ in ids(stack, mesh, [one])]
    return sorted(set(found)) or ([("URL", support.url)] if support.url else [])
