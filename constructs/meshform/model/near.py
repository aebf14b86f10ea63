# SPDX-License-Identifier: Apache-2.0
"""The nearest known name to a misspelt one, and words to say so."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `word` was most likely meant to be; None when nothing is near.

    Names that differ only by case, `-`, `_` or spaces are nearest of all. Otherwise at most one edit (an
    insertion, a deletion, a replacement or a swap of neighbours) for each three letters, and never more than
    three. Of equally near names the first in alphabetical order wins, so the answer does not depend on the
    order of `allowed`.
    """
    folded = _fold(word)
    limit = min(3, max(1, len(folded) // 3))
    best: tuple[int, str] | None = None
    for name in allowed:
        candidate = _fold(name)
        if abs(len(candidate) - len(folded)) > limit:
            continue
        distance = _distance(folded, candidate, limit)
        if distance <= limit and distance < max(len(folded), len(candidate)):
            best = min(best or (distance, name), (distance, name))
    return best[1] if best else None


def did_you_mean(word: str, allowed: Iterable[str]) -> str | None:
    """`did you mean 'owner'?`, or None when nothing is near; made for the `fix` of a finding."""
    name = nearest(word, allowed)
    return f"did you mean {name!r}?" if name else None


def one_of(allowed: Iterable[str], *, most: int = 20) -> str:
    """The allowed names in alphabetical order as one line, cut after `most` of them."""
    names = sorted(allowed)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _fold(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")


def _distance(left: str, right: str, most: int) -> int:
    """Edits between two words, counting a swap of neighbours as one; any number above `most` for more.

    Optimal string alignment. A cell further than `most` from the diagonal has more edits, so none is made:
    the time grows with the length, not its square.
    """
    far = most + 1
    before: dict[int, int] = {}
    row = {j: j for j in range(min(most, len(right)) + 1)}
    for i, one in enumerate(left, 1):
        before, last, row = row, before, {}
        for j in range(max(0, i - most), min(len(right), i + most) + 1):
            if j == 0:
                row[j] = i
                continue
            other = right[j - 1]
            cost = min(
                before.get(j, far) + 1, row.get(j - 1, far) + 1, before.get(j - 1, far) + (one != other)
            )
            if i > 1 and j > 1 and one == right[j - 2] and left[i - 2] == other:
                cost = min(cost, last.get(j - 2, far) + 1)
            row[j] = cost
        if min(row.values()) > most and min(before.values()) > most:
            return far  # a later row is no smaller
    return row.get(len(right), far)
