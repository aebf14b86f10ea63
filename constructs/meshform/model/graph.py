# SPDX-License-Identifier: Apache-2.0
"""Circles in a directed graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


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
