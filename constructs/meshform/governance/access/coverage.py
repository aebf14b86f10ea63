# SPDX-License-Identifier: Apache-2.0
"""What the proof of coverage finds wrong in a mesh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from meshform.governance.access.facts import Relation, Shared
from meshform.governance.access.reach import Exposed, Reach, Row, Sight
from meshform.governance.access.routes import Routes
from meshform.governance.access.world import world_of
from meshform.governance.views import ResolvedView, resolve_views
from meshform.model.findings import Finding, Place, Severity
from meshform.model.near import one_of
from meshform.model.resolved import ResolvedMesh, ResolvedProduct

_MOST = 5  # readers that one finding tells of


def coverage_findings(
    mesh: ResolvedMesh, views: Mapping[str, ResolvedView], domain: str | None = None
) -> Iterator[Finding]:
    """What is wrong with who sees classified columns.

    Findings: MF480 a classified column that somebody reads in clear without leave of a policy, MF481 one that
    a share gives away so, MF482 a column of a view without the class of what it is made from, MF483 a column
    of which nobody can tell whether it is hidden.

    Args:
        mesh: the mesh in its environment.
        views: SQL and sources of the views that were evaluated, by full name.
        domain: tell of tables and views of this domain only. Default: of all.
    """
    if domain is not None:
        views = {**_views_below(mesh, domain), **views}
    reach = Reach(world_of(mesh, views))
    if not reach.facts.relations:
        return
    proof = _Proof(reach, mesh)
    shared: dict[str, list[Shared]] = {}
    for one in reach.facts.shares:
        shared.setdefault(one.relation, []).append(one)
    for name, relation in reach.facts.relations.items():
        if domain is not None and not proof.is_of(name, domain):
            continue
        readers = reach.readers(relation)
        received = shared.get(name, ())
        if readers or received:
            for exposed in reach.exposed(relation):
                yield from proof.read_in_clear(exposed, readers)
                for one in received:
                    yield from proof.given_away(one, exposed)
        if relation.flows:
            yield from proof.classes_that_stay_behind(relation)


def _views_below(mesh: ResolvedMesh, domain: str) -> dict[str, ResolvedView]:
    """The views that products of a domain may read, in whatever domain they are."""
    found: dict[str, ResolvedView] = {}
    pending = [product.address for product in mesh.domains[domain].products]
    done: set[str] = set()
    while pending:
        address = pending.pop()
        product = mesh.products.get(address)
        if address in done or product is None:
            continue
        done.add(address)
        if product.domain.name != domain:
            found |= resolve_views(product, mesh)[0]
        pending += [reference.product_address for reference in product.spec.port_inputs]
    return found


class _Proof:
    def __init__(self, reach: Reach, mesh: ResolvedMesh) -> None:
        self._reach, self._mesh = reach, mesh
        self._routes = Routes(reach, mesh.principal_names)

    def read_in_clear(self, exposed: Exposed, readers: frozenset[str]) -> Iterator[Finding]:
        """MF480 and MF483, one for each kind of column in a table or view."""
        who = self._reach.without_leave(exposed, readers)
        if not who:
            return
        sight = self._reach.sight(who[0], exposed)
        if sight.state == "cannot tell":
            if exposed.can_tell:  # of another mesh; what the SQL of a view hides is told by its columns
                yield self._finding(
                    "MF483",
                    f"nobody can tell whether {_columns(exposed)} is hidden from who reads it",
                    exposed,
                    who,
                    allowed="a mask that the mesh declares, or that a manifest of the other mesh tells of",
                    fix="read it by the manifest of its mesh, or leave the column out",
                    severity=Severity.WARNING,
                )
            return
        yield self._finding(
            "MF480",
            f"{_columns(exposed)} is read in clear by {one_of(map(self._routes.name, who), most=_MOST)}",
            exposed,
            who,
            allowed="a mask of its class that governs them, or a group that is exempt from it",
            fix=self._cure(exposed),
        )

    def given_away(self, shared: Shared, exposed: Exposed) -> Iterator[Finding]:
        """MF481: masks do not govern who receives a share."""
        sight = self._reach.share_sight(shared, exposed)
        if sight.is_allowed:
            return
        row = Row(exposed, shared.recipient, sight, shared.share)
        may = "may give" if sight.state == "cannot tell" else "gives"
        yield Finding(
            code="MF481",
            summary=f"share {shared.share!r} {may} {_columns(exposed)} in clear to {shared.recipient!r}",
            place=self._place(shared.relation),
            got=f"class {exposed.classification!r}; {shared.recipient}: {self._routes.route(row)}",
            allowed="no classified columns, but for recipients of whom a policy says so",
            fix="share a view without them; or let a policy name the recipient: SharesExclude("
            f"classes=({exposed.classification!r},), except_recipients=({shared.recipient!r},))",
        )

    def classes_that_stay_behind(self, view: Relation) -> Iterator[Finding]:
        """MF482 and MF483 of a view: whoever goes on with a column knows it by its class alone."""
        declared = self._reach.facts.classes
        hidden = []
        for column in view.flows or ():
            own = view.classes.get(column)
            covers = {own, *(declared[own].made_from if own and own in declared else ())}
            made_of = self._reach.classes_in(view, column)
            if made_of is None:
                everything = {one.classification for one in self._reach.exposed(view) if not one.can_tell}
                if not everything <= covers:
                    hidden.append(column)
            elif left := sorted(made_of - covers):
                origins = [f"{name}.{one}" for name, one in sorted((view.flows or {}).get(column) or ())]
                yield Finding(
                    code="MF482",
                    summary=f"{view.name}.{column} is made from class {one_of(left)}, and does not say so",
                    place=self._place(view.name, column),
                    got=f"{'class ' + repr(own) if own else 'no class'}, made from {', '.join(origins)}",
                    allowed="the class of what a column is made from, or one that may be made from it",
                    fix=f"give the column `classification: {left[0]}` in the contract, or a class that a"
                    f" policy declares with `made_from=({left[0]!r},)`; a count carries no class",
                )
        if hidden:
            yield Finding(
                code="MF483",
                summary=f"nobody can tell which classified columns are in {view.name}: {', '.join(hidden)}",
                place=self._place(view.name),
                got=f"a view of {', '.join(view.sources)}",
                allowed="SELECT with joins, subqueries in FROM, WITH and UNION, each column with its table",
                fix="write the SQL so, or give these columns the class of what they may hold",
                severity=Severity.WARNING,
            )

    def _cure(self, exposed: Exposed) -> str:
        kind = exposed.classification
        declared = self._reach.facts.classes.get(kind)
        holder = self._reach.facts.relations[exposed.relation]
        if declared is None:
            return f"declare Classification(name={kind!r}, ...) in a policy of the mesh, or correct it"
        if holder.flows is not None:
            return "policies are not for views: give the class to the columns that the view reads"
        return f"let the policy of class {kind!r} govern them, or take the access away"

    def _finding(
        self,
        code: str,
        summary: str,
        exposed: Exposed,
        who: list[str],
        *,
        allowed: str,
        fix: str,
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        routes = [
            f"{self._routes.name(one)}: {self._routes.route(Row(exposed, one, Sight('clear')))}"
            for one in who[:_MOST]
        ]
        more = f"; and {len(who) - _MOST} more" if len(who) > _MOST else ""
        return Finding(
            code=code,
            summary=summary,
            place=self._place(exposed.read_in),
            got=f"class {exposed.classification!r}; {'; '.join(routes)}{more}",
            allowed=allowed,
            fix=fix,
            severity=severity,
        )

    def is_of(self, name: str, domain: str) -> bool:
        """Whether a table or view is of a domain."""
        return (product := self._products.get(name)) is not None and product.domain.name == domain

    @cached_property
    def _products(self) -> dict[str, ResolvedProduct]:
        """Of which product each table and view is, also the views of its consumers."""
        found: dict[str, ResolvedProduct] = {}
        for product in self._mesh.products.values():
            found.update((table.full_name, product) for table in product.tables)
            for reader in product.readers:
                found.update((view.full_name, product) for view in reader.views.values())
        return found

    def _place(self, name: str, column: str = "") -> Place:
        """Where a table or view of the mesh is declared, or a column of it."""
        table = self._mesh.tables.get(name)
        if table is None:
            product = self._products.get(name)
            return product.place if product else self._mesh.spec.place
        found = table.spec.column(column) if column else None
        return found.place if found and found.place.file else table.place


def _columns(exposed: Exposed) -> str:
    more = f" (and {', '.join(exposed.columns[1:])})" if len(exposed.columns) > 1 else ""
    return f"{exposed.relation}.{exposed.columns[0]}{more}"
