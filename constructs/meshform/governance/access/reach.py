# SPDX-License-Identifier: Apache-2.0
"""Effective access: who reads a table or view, and what each of them sees of a classified column.

The rules, from the Databricks documentation ("Unity Catalog privileges and securable objects", "ABAC
requirements, quotas, and limitations"):

- To read is SELECT on the table, its schema or its catalog, and USE SCHEMA, and USE CATALOG. ALL PRIVILEGES
  holds all three. Grants on a container hold for what is in it.
- An owner has every privilege on the object itself and none on what is in it. MANAGE reads nothing.
- A view is read with its owner's rights, so its readers need nothing on what it reads. Masks and row filters
  of what it reads are evaluated with whoever reads; policies are not for views.
- A policy governs whom it is TO, also through groups, without whom it EXCEPTs.
- A share is read with its owner's eyes: masks and row filters do not govern its recipients.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from meshform.governance.access.facts import (
    EVERYBODY,
    AbacPolicy,
    Facts,
    Origin,
    Relation,
    Shared,
    containers,
)

State = Literal["masked", "filtered", "clear", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees of a classified column.

    Attributes:
        state: masked; filtered, which is some rows in clear; clear; or cannot tell.
        by: names of the policies that mask it, or else filter its rows.
        leave: why a policy of the mesh lets them see what no mask hides; None when none does.
    """

    state: State
    by: tuple[str, ...] = ()
    leave: str | None = None

    @property
    def is_allowed(self) -> bool:
        """It is hidden, or a policy lets them see it."""
        return self.state == "masked" or self.leave is not None


@dataclass(frozen=True, slots=True)
class Exposed:
    """Classified columns as they are met in one table or view, all of them of one kind.

    Attributes:
        read_in: the table or view that is read.
        relation: the table that holds them.
        columns: their names there.
        classification: their class.
        can_tell: False where the view may hold them, and nobody can tell.
    """

    read_in: str
    relation: str
    columns: tuple[str, ...]
    classification: str
    can_tell: bool = True


class Reach:
    """Effective access in a world of facts. Everything is worked out once and kept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._closures: dict[frozenset[str], frozenset[str]] = {}
        self._holders: dict[tuple[str, str], frozenset[str]] = {}
        self._readers: dict[object, frozenset[str]] = {}
        self._policies: dict[str, list[AbacPolicy]] = {}
        for policy in facts.policies:
            self._policies.setdefault(policy.on, []).append(policy)

    def with_members(self, names: Iterable[str]) -> frozenset[str]:
        """These principals and everybody known to be in them, at any depth; circles of groups end."""
        asked = frozenset(names)
        if asked not in self._closures:
            found: set[str] = set()
            pending = list(asked)
            while pending:
                name = pending.pop()
                if name not in found:
                    found.add(name)
                    pending += self.everybody if name == EVERYBODY else self.facts.members.get(name, ())
            self._closures[asked] = frozenset(found)
        return self._closures[asked]

    @cached_property
    def everybody(self) -> frozenset[str]:
        """Every principal of the facts; all are users of the account."""
        facts = self.facts
        found = {EVERYBODY, *facts.members, *facts.owners.values()}
        found.update(*facts.members.values())
        found.update(*facts.grants.values())
        found.update(*(policy.to | policy.exempt for policy in facts.policies))
        found.update(one.owner for one in facts.relations.values() if one.owner)
        return frozenset(found)

    def readers(self, relation: Relation) -> frozenset[str]:
        """Who can read a table or view, as groups and as their known members."""
        name, schema, catalog = containers(relation.name)
        grants = self.facts.grants.get(name, {})
        given = frozenset(who for who, what in grants.items() if not _SELECT.isdisjoint(what))
        key = schema, given, relation.owner
        if key not in self._readers:
            named = {*given, *self._granted(schema, _SELECT), *self._granted(catalog, _SELECT)}
            if relation.owner:
                named.add(relation.owner)
            uses_catalog = self._uses(catalog, _USE_CATALOG)
            uses_schema = self._uses(schema, _USE_SCHEMA, inherited=self._granted(catalog, _USE_SCHEMA))
            self._readers[key] = self.with_members(named) & uses_catalog & uses_schema
        return self._readers[key]

    def exposed(self, relation: Relation) -> list[Exposed]:
        """The classified columns that are met in a table or view, grouped by what matters for them."""
        groups: dict[tuple[str, str, bool, frozenset[str]], dict[str, None]] = {}
        for column in dict.fromkeys([*relation.classes, *(relation.flows or ())]):
            origins = self._origins(relation, column)
            can_tell = origins is not None
            if origins is None:
                origins = self._all_origins(relation)
            for holder, name in sorted(origins):
                held = self.facts.relations[holder]
                tags = held.tags.get(name, frozenset())
                groups.setdefault((holder, held.classes[name], can_tell, tags), {})[name] = None
        return [
            Exposed(relation.name, holder, tuple(columns), kind, can_tell)
            for (holder, kind, can_tell, _), columns in groups.items()
        ]

    def classes_in(self, relation: Relation, column: str) -> frozenset[str] | None:
        """Classes of what a column holds; None when that cannot be told."""
        origins = self._origins(relation, column)
        if origins is None:
            return None
        return frozenset(self.facts.relations[name].classes[one] for name, one in origins)

    def sight(self, principal: str, exposed: Exposed) -> Sight:
        """What a principal who reads there sees of those columns."""
        leave = self._leave(principal, exposed.classification)
        holder = self.facts.relations[exposed.relation]
        if not exposed.can_tell or not holder.governed:
            return Sight("cannot tell", (), leave)
        if holder.flows is None:
            policies = self.policies_on(holder)
            tags = holder.tags.get(exposed.columns[0], frozenset())
            masks = self._applied(principal, [p for p in policies if p.kind == "mask" and p.meets(tags)])
            if masks:
                return Sight("masked", masks)
            filters = [p for p in policies if p.kind == "filter" and any(map(p.meets, holder.tags.values()))]
            if filters and (names := self._applied(principal, filters)):
                return Sight("filtered", names, leave)
        return Sight("clear", (), leave)

    def without_leave(self, exposed: Exposed, readers: frozenset[str]) -> list[str]:
        """Who of the readers sees those columns, or may, without leave of a policy; sorted."""
        declared = self.facts.classes.get(exposed.classification)
        if declared and not declared.is_masked:
            return []
        holder = self.facts.relations[exposed.relation]
        left = readers - self.with_members(declared.exempt) if declared else readers
        if left and exposed.can_tell and holder.governed and holder.flows is None:
            tags = holder.tags.get(exposed.columns[0], frozenset())
            for policy in self.policies_on(holder):
                if policy.kind == "mask" and policy.meets(tags):
                    left -= self.with_members(policy.to) - self.with_members(policy.exempt)
        return sorted(left)

    def share_sight(self, shared: Shared, exposed: Exposed) -> Sight:
        """What a recipient of a share sees: no mask governs them."""
        declared = self.facts.classes.get(exposed.classification)
        leave = None
        if declared and not declared.is_masked:
            leave = _NO_MASK.format(exposed.classification)
        elif declared and shared.recipient in declared.receivers:
            leave = f"a policy lets class {exposed.classification!r} go to {shared.recipient!r}"
        return Sight("clear" if exposed.can_tell else "cannot tell", (), leave)

    def policies_on(self, relation: Relation) -> list[AbacPolicy]:
        """The masks and row filters on a table, its schema or its catalog."""
        return [policy for name in containers(relation.name) for policy in self._policies.get(name, ())]

    def _applied(self, principal: str, policies: Iterable[AbacPolicy]) -> tuple[str, ...]:
        return tuple(
            f"{policy.name} on {policy.on}"
            for policy in policies
            if principal in self.with_members(policy.to) and principal not in self.with_members(policy.exempt)
        )

    def _leave(self, principal: str, classification: str) -> str | None:
        declared = self.facts.classes.get(classification)
        if declared is None:
            return None
        if not declared.is_masked:
            return _NO_MASK.format(classification)
        for group in sorted(declared.exempt):
            if principal in self.with_members([group]):
                return f"exempt from class {classification!r}" + (
                    f" by {group}" if group != principal else ""
                )
        return None

    def _granted(self, securable: str, privileges: frozenset[str]) -> frozenset[str]:
        grants = self.facts.grants.get(securable)
        if not grants:
            return frozenset()
        return frozenset(who for who, what in grants.items() if not privileges.isdisjoint(what))

    def _uses(
        self, container: str, privileges: frozenset[str], inherited: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """Everybody with USE of a catalog or schema: granted there or above, or as its owner."""
        key = container, min(privileges)
        if key not in self._holders:
            named = {*self._granted(container, privileges), *inherited}
            if owner := self.facts.owners.get(container):
                named.add(owner)
            self._holders[key] = self.with_members(named)
        return self._holders[key]

    def _origins(
        self, relation: Relation, column: str, above: tuple[Origin, ...] = ()
    ) -> frozenset[Origin] | None:
        """The classified columns that a column holds: itself, or what a view makes it from."""
        own = frozenset({(relation.name, column)}) if column in relation.classes else frozenset()
        if relation.flows is None:
            return own
        here = (relation.name, column)
        flow = relation.flows.get(column, frozenset())
        if flow is None or here in above:
            return None
        found: set[Origin] = set()
        for name, origin in flow:
            source = self.facts.relations.get(name)
            below = self._origins(source, origin, (*above, here)) if source else frozenset()
            if below is None:
                return None
            found |= below
        # a class that a view gives to something that has none: nothing masks it
        return frozenset(found) or own

    def _all_origins(self, relation: Relation, above: frozenset[str] = frozenset()) -> frozenset[Origin]:
        """Every classified column below a view."""
        if relation.flows is None:
            return frozenset((relation.name, column) for column in relation.classes)
        found: set[Origin] = set()
        for name in relation.sources:
            source = self.facts.relations.get(name)
            if source and name not in above:
                found |= self._all_origins(source, above | {relation.name})
        return frozenset(found)


_SELECT = frozenset({"SELECT", "ALL_PRIVILEGES"})
_USE_SCHEMA = frozenset({"USE_SCHEMA", "ALL_PRIVILEGES"})
_USE_CATALOG = frozenset({"USE_CATALOG", "ALL_PRIVILEGES"})
_NO_MASK = "class {!r} is declared without a mask"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the matrix: some columns, one reader, what they see.

    Attributes:
        exposed: the columns, and where they are read.
        principal: who reads.
        sight: what they see.
        share: the share that they receive it by, if any.
    """

    exposed: Exposed
    principal: str
    sight: Sight
    share: str | None = None


def matrix(reach: Reach) -> Iterator[Row]:
    """Every classified column, by everybody who reaches it, sorted."""
    shared: dict[str, list[Shared]] = {}
    for one in reach.facts.shares:
        shared.setdefault(one.relation, []).append(one)
    for name, relation in sorted(reach.facts.relations.items()):
        for exposed in reach.exposed(relation):
            for principal in sorted(reach.readers(relation)):
                yield Row(exposed, principal, reach.sight(principal, exposed))
            for one in shared.get(name, ()):
                yield Row(exposed, one.recipient, reach.share_sight(one, exposed), one.share)
