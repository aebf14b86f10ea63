# SPDX-License-Identifier: Apache-2.0
"""In words: by which route somebody reads a table, and who could take a protection away."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from meshform.governance.access.facts import EVERYBODY, Facts, containers
from meshform.governance.access.reach import Exposed, Reach, Row

_KINDS = ("table", "schema", "catalog")


class Keeper(NamedTuple):
    """Somebody who could take a protection away, and how."""

    principal: str
    how: str


class Routes:
    """Routes and keepers in a world of facts."""

    def __init__(self, reach: Reach, names: Mapping[str, str] | None = None) -> None:
        self._reach, self._facts = reach, reach.facts
        self._names = names or {}

    def name(self, principal: str) -> str:
        """A principal as the mesh calls it."""
        return self._names.get(principal, principal)

    def route(self, row: Row) -> str:
        """The shortest route by which the reader of a row reads: a table's own grant first, then owners."""
        exposed = row.exposed
        through = "" if exposed.read_in == exposed.relation else f", view of {exposed.relation}"
        if row.share is not None:
            return f"share {row.share} holds {exposed.read_in}{through}"
        best: tuple[int, int, str] | None = None
        for order, how, principal in self._ways(exposed.read_in):
            if (chain := path(self._facts, principal, row.principal)) is not None:
                words = how + "".join(f", which {self.name(one)} is in" for one in chain[1:])
                if best is None or (len(chain), order, words) < best:
                    best = len(chain), order, words
        return (best[2] if best else "no route") + through

    def _ways(self, relation: str) -> Iterator[tuple[int, str, str]]:
        for order, (kind, securable) in enumerate(zip(_KINDS, containers(relation), strict=True)):
            for principal, privileges in sorted(self._facts.grants.get(securable, {}).items()):
                for privilege in sorted(privileges & {"SELECT", "ALL_PRIVILEGES"}):
                    yield order * 2, f"{privilege} on {kind} {securable} to {self.name(principal)}", principal
        if owner := self._facts.relations[relation].owner:
            yield 1, f"{self.name(owner)} owns {relation}", owner

    def keepers(self, exposed: Exposed) -> list[Keeper]:
        """Who could take away what hides a column: by policy, tag, function, exemption or grant."""
        facts, found = self._facts, dict[Keeper, None]()
        relation = facts.relations[exposed.relation]
        for kind, securable in zip(_KINDS, containers(relation.name), strict=True):
            owner = relation.owner if kind == "table" else facts.owners.get(securable)
            if owner:
                found[Keeper(owner, f"owns {kind} {securable}")] = None
            for principal, privileges in sorted(facts.grants.get(securable, {}).items()):
                if "MANAGE" in privileges:
                    found[Keeper(principal, f"has MANAGE on {kind} {securable}")] = None
                if not privileges.isdisjoint({"APPLY_TAG", "ALL_PRIVILEGES"}):
                    found[Keeper(principal, f"may change tags in {kind} {securable}")] = None
        tags = relation.tags.get(exposed.columns[0], frozenset())
        for policy in self._reach.policies_on(relation):
            if not policy.meets(tags):
                continue
            for kind, securable in list(zip(_KINDS, containers(policy.function), strict=True))[1:]:
                if owner := facts.owners.get(securable):
                    found[Keeper(owner, f"owns {kind} {securable} of function {policy.function}")] = None
                for principal, privileges in sorted(facts.grants.get(securable, {}).items()):
                    if "MANAGE" in privileges:
                        how = f"has MANAGE on {kind} {securable} of function {policy.function}"
                        found[Keeper(principal, how)] = None
            for group in sorted(policy.exempt & facts.members.keys()):
                found[Keeper(group, f"is exempt by {policy.name}: whoever may add members to it")] = None
        for principal, how in facts.deployers.get(relation.name.partition(".")[0], ()):
            found[Keeper(principal, how)] = None
        return list(found)


def path(facts: Facts, group: str, member: str) -> list[str] | None:
    """The shortest chain of groups from one down to a member, both included; None when there is none."""
    if group == EVERYBODY and member != group:
        return [group, member]
    before: dict[str, str | None] = {group: None}
    pending = deque([group])
    while pending:
        one = pending.popleft()
        if one == member:
            chain: list[str] = []
            at: str | None = one
            while at is not None:
                chain.append(at)
                at = before[at]
            return chain[::-1]
        for below in sorted(facts.members.get(one, ())):
            if below not in before:
                before[below] = one
                pending.append(below)
    return None
