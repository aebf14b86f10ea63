# SPDX-License-Identifier: Apache-2.0
"""Where requests for access go: `databricks_rfa_access_request_destinations`.

Source: the provider's docs/resources/rfa_access_request_destinations.md at 1.128.0, and the API reference,
"Update access request destinations". `are_any_destinations_hidden` is an output, whatever the example there
says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from meshform.model.findings import Place
from meshform.terraform.stack import PREPARE, Rank, Stack


def add_access_requests(
    stack: Stack,
    name: str,
    securable_type: str,
    full_name: str,
    destinations: Sequence[tuple[str, str]],
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
        destinations: type and id of each, as `Support.access_requests` gives them.
        place: where the support was declared.
        rank: when the securable exists.
        after: addresses of what makes it.
    """
    if destinations:
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
