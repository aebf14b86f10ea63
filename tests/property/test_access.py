# SPDX-License-Identifier: Apache-2.0
"""Effective access in random worlds equals what the slow and obvious evaluator says.

A world comes from one seed, so Hypothesis makes thousands of them in seconds; it cannot make one smaller.
"""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.slow_access import can_read, slow_matrix

from meshform.governance.access.facts import (
    EVERYBODY,
    AbacPolicy,
    ClassFacts,
    Facts,
    Flow,
    Relation,
    Shared,
)
from meshform.governance.access.reach import Reach, matrix
from meshform.governance.access.routes import Routes

PEOPLE = ("g0", "g1", "g2", "g3", "p0", "p1", "p2")
ALL = (*PEOPLE, EVERYBODY)
TABLES = ("a.s.t0", "a.s.t1", "a.u.t2", "b.s.t3")
VIEWS = ("a.s.v0", "a.u.v1", "b.s.v2")
COLUMNS = ("x", "y")
CLASSES = ("personal", "secret", "open", "nobodys")
CONTAINERS = ("a", "b", "a.s", "a.u", "b.s")
TAGS = ("class=personal", "class=secret", "row_filter=home", "row_filter=own")
RIGHTS = ("SELECT", "USE_SCHEMA", "USE_CATALOG", "ALL_PRIVILEGES", "MANAGE", "MODIFY")
USES = frozenset({"USE_CATALOG", "USE_SCHEMA"})


class World(Random):
    """Draws a small world in which everything may meet, from a seed that Hypothesis chooses.

    Drawn part by part by Hypothesis, a world takes ten times as long.
    """

    def some(self, values: tuple[str, ...], most: int, least: int = 0) -> frozenset[str]:
        """A few of some values."""
        return frozenset(self.sample(values, self.randint(least, min(most, len(values)))))

    def grants(self, rights: tuple[str, ...]) -> dict[str, frozenset[str]]:
        """Some of the rights for a few."""
        return {who: self.some(rights, 3, 1) for who in sorted(self.some(ALL, 3))}

    def flow(self, sources: list[str]) -> Flow:
        """What a column of a view is made from; now and then nobody knows."""
        if self.random() < 0.15:
            return None
        return frozenset(
            (self.choice(sources), self.choice(COLUMNS)) for _ in range(self.choice((0, 1, 1, 2)))
        )

    def relations(self) -> dict[str, Relation]:
        """Tables with classes and tags, and views over tables and views, now and then in a circle."""
        made = {}
        for name in TABLES:
            made[name] = Relation(
                name,
                self.choice((None, *PEOPLE)),
                {column: self.choice(CLASSES) for column in sorted(self.some(COLUMNS, 2))},
                {column: self.some(TAGS, 3, 1) for column in sorted(self.some(COLUMNS, 2, 1))},
                governed=self.random() < 0.9,
            )
        for name in VIEWS:
            sources = sorted(self.some((*TABLES, *VIEWS), 3, 1))
            made[name] = Relation(
                name,
                self.choice((None, *PEOPLE)),
                {column: self.choice(CLASSES) for column in sorted(self.some(COLUMNS, 1))},
                flows={column: self.flow(sources) for column in sorted(self.some(COLUMNS, 2, 1))},
                sources=tuple(sources),
            )
        return made

    def facts(self) -> Facts:
        """All of it."""
        grants = {name: self.grants(RIGHTS) for name in (*TABLES, *VIEWS)}
        for name in CONTAINERS:
            # most worlds let somebody in, or there is little to compare
            grants[name] = dict.fromkeys(sorted(self.some(ALL, 3)), USES)
            if self.random() < 0.5:
                grants[name] |= self.grants(RIGHTS)
        policies = [
            AbacPolicy(
                f"p{number}",
                self.choice(("mask", "mask", "filter")),
                self.choice(("a", "b", *CONTAINERS, *TABLES)),
                self.some(TAGS, 2, 1) if self.random() < 0.2 else self.some(TAGS, 1, 1),
                self.some(ALL, 3, 1) | ({EVERYBODY} if self.random() < 0.5 else set()),
                self.some(PEOPLE, 3),
                "f.g.h",
                self.some(TAGS, 1) if self.random() < 0.2 else frozenset(),
            )
            for number in range(self.randint(0, 6))
        ]
        recipients = "partner", "auditor"
        return Facts(
            members={group: self.some(PEOPLE, 3) for group in sorted(self.some(PEOPLE[:4], 4))},
            grants=grants,
            owners={name: self.choice(PEOPLE) for name in sorted(self.some(CONTAINERS, 5))},
            policies=tuple(policies),
            relations=self.relations(),
            shares=tuple(
                Shared("s", self.choice(recipients), self.choice((*TABLES, *VIEWS)), self.choice(PEOPLE))
                for _ in range(self.randint(0, 2))
            ),
            classes={
                name: ClassFacts(name != "open", self.some(PEOPLE, 3), self.some(recipients, 1))
                for name in CLASSES[:3]
            },
        )


WORLDS = st.integers(0, 2**64).map(lambda seed: World(seed).facts())


@settings(max_examples=2000, deadline=None)
@given(WORLDS)
def test_what_everybody_sees_is_what_the_rules_say(facts):
    """Every reader, of every classified column, in every table, view and share; nobody else."""
    reach = Reach(facts)
    rows = list(matrix(reach))
    fast = {
        (
            row.exposed.read_in,
            row.exposed.relation,
            column,
            row.principal,
            row.sight.state,
            row.sight.is_allowed,
            row.share,
        )
        for row in rows
        for column in row.exposed.columns
    }
    assert fast == slow_matrix(facts, sorted(reach.everybody))


@settings(max_examples=1000, deadline=None)
@given(WORLDS)
def test_who_sees_without_leave_is_told_by_sets_as_one_by_one(facts):
    """The check works with sets; each of its answers is that of the matrix."""
    reach = Reach(facts)
    for relation in facts.relations.values():
        readers = reach.readers(relation)
        for exposed in reach.exposed(relation):
            one_by_one = [who for who in sorted(readers) if not reach.sight(who, exposed).is_allowed]
            assert reach.without_leave(exposed, readers) == one_by_one


@settings(max_examples=500, deadline=None)
@given(WORLDS)
def test_everybody_who_reads_has_a_route(facts):
    """It starts from a grant or an owner, and each name of it leads on to the next."""
    reach = Reach(facts)
    routes = Routes(reach)
    for row in matrix(reach):
        route = routes.route(row)
        assert not route.startswith("no route")
        if row.share is None:
            assert can_read(facts, row.principal, row.exposed.read_in)
            assert row.principal in route


def test_random_worlds_hold_every_answer():
    """Or nothing would be compared: many rows of each kind, allowed and not, also by shares."""
    rows = [row for seed in range(200) for row in matrix(Reach(World(seed).facts()))]
    for state in ("masked", "filtered", "clear", "cannot tell"):
        assert sum(row.sight.state == state for row in rows) > 100, state
    assert sum(row.share is not None for row in rows) > 100
    assert sum(not row.sight.is_allowed for row in rows) > 1000
    assert sum(row.sight.leave is not None for row in rows) > 200
