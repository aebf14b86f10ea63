# SPDX-License-Identifier: Apache-2.0
"""What somebody could read between two deployments, and neither before nor after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from meshform.governance.access.facts import Facts, Relation
from meshform.governance.access.reach import Reach, matrix
from meshform.terraform.access_facts import facts_of
from meshform.terraform.transition import Address, Event, Transition

_MORE = {"masked": 1, "filtered": 2, "cannot tell": 3, "clear": 3}

Sees = tuple[str, str, str]
"""Who (a principal, or a recipient by its share), the table that holds a classified column, the column."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Somebody sees more for a while.

    Attributes:
        principal: who; `RECIPIENT of share SHARE` for a recipient.
        table: full name of the table that holds the column.
        column: its name.
        state: what they see meanwhile: `masked`, `filtered` or `clear`.
        while_: the changes that are applied by then, the least that does it.
    """

    principal: str
    table: str
    column: str
    state: str
    while_: frozenset[Event]


def exposures(transition: Transition, before: Facts, after: Facts) -> list[Exposure]:
    """Everything that some prefix of the changes shows, and neither the start nor the end; sorted.

    Args:
        transition: the way between two deployments.
        before: facts of access of the mesh that is deployed.
        after: those of the mesh that is to be deployed.
    """
    found: dict[Sees, Exposure] = {}
    prefixes = list(transition.prefixes())
    start, end = (_seen(transition, one, before, after) for one in (prefixes[0], prefixes[-1]))
    for prefix in prefixes:
        for sees, state in _seen(transition, prefix, before, after).items():
            least = max(_MORE.get(start.get(sees, ""), 0), _MORE.get(end.get(sees, ""), 0))
            known = found.get(sees)
            if _MORE[state] > least and (known is None or len(prefix) < len(known.while_)):
                found[sees] = Exposure(*sees, state, prefix)
    return [found[sees] for sees in sorted(found)]


def _seen(transition: Transition, prefix: frozenset[Event], before: Facts, after: Facts) -> dict[Sees, str]:
    """The most that everybody sees of each classified column."""
    state = transition.state(prefix)
    facts = facts_of(
        ((at.address.partition(".")[0], body) for at, body in state.items()),
        _known(transition, state, before, after),
    )
    seen: dict[Sees, str] = {}
    for row in matrix(Reach(facts)):
        who = f"{row.principal} of share {row.share}" if row.share else row.principal
        for column in row.exposed.columns:
            sees = who, row.exposed.relation, column
            if _MORE[row.sight.state] > _MORE.get(seen.get(sees, ""), 0):
                seen[sees] = row.sight.state
    return seen


def _known(
    transition: Transition, state: Mapping[Address, Mapping[str, Any]], before: Facts, after: Facts
) -> Facts:
    """What the resources do not tell, as it is in this state: a view is made as its SQL then says."""
    old = {
        f"{body['catalog_name']}.{body['schema_name']}.{body['name']}"
        for at, body in state.items()
        if at.address.startswith("databricks_sql_table.") and transition.is_old(at, body)
    }
    relations: dict[str, Relation] = {}
    for name in {**before.relations, **after.relations}:
        one, other = before.relations.get(name), after.relations.get(name)
        relation = (one if name in old else other) or one or other
        assert relation is not None  # noqa: S101 - it is of one of them
        # a column is what it is, whatever the contract called it before
        classes = {**(one.classes if one else {}), **(other.classes if other else {})}
        relations[name] = replace(relation, classes=classes)
    return replace(
        after,
        relations=relations,
        classes={**before.classes, **after.classes},
        policies=(*before.policies, *after.policies),
        shares=tuple(dict.fromkeys((*before.shares, *after.shares))),
        members={
            group: before.members.get(group, frozenset()) | after.members.get(group, frozenset())
            for group in {**before.members, **after.members}
        },
    )
