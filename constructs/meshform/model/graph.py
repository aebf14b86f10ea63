# SPDX-License-Identifier: Apache-2.0
"""The graph of products: its edges, and circles in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

EdgeKind = Literal["port", "manifest", "table", "volume", "connection"]


class Edge(NamedTuple):
    """An edge of the graph of products: one thing that a product reads.

    Attributes:
        reader: the product that reads, `domain.product`.
        input: the name of what it reads: `domain.product.port`, or the name of an external input.
        kind: `port` of a product of the mesh, `manifest` for a port of another repository's, or the kind of
            external input.
        producer: the product that makes it, `domain.product`; None for an external input.
    """

    reader: str
    input: str
    kind: EdgeKind
    producer: str | None


def circles(edges: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Paths that end where they start, `[a, b, a]`; none exactly when the graph has no circle.

    Depth first and without recursion, so that a long chain is no trouble. Targets that are no node themselves
    are passed over.
    """
    done: set[str] = set()
    for start, targets in edges.items():
        path = [start]
        pending = [iter(targets)] if start not in done else []
        while pending:
            following = next(pending[-1], None)
            if following is None:
                pending.pop()
                done.add(path.pop())
            elif following in path:
                yield [*path[path.index(following) :], following]
            elif following in edges and following not in done:
                path.append(following)
                pending.append(iter(edges[following]))
