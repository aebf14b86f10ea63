# SPDX-License-Identifier: Apache-2.0
"""The facts of access of a mesh in one environment, from the model.

They say what `terraform/` is going to write, in the same words; a test reads them off the compiled stacks too
and compares. Only what can read classified data, or give it away, is in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from meshform.governance.access.facts import (
    EVERYBODY,
    AbacPolicy,
    ClassFacts,
    Facts,
    Flow,
    Relation,
    Shared,
)
from meshform.governance.access.grants import given
from meshform.governance.access.lineage import lineage
from meshform.governance.consumer_rows import view_for
from meshform.governance.rules.shares import SharesExclude
from meshform.governance.views import ResolvedView
from meshform.model.inputs import ExternalTable, ManifestPort
from meshform.model.masks import slug
from meshform.model.policy import MASK_TYPE_TAG, ROW_FILTER_TAG, Classification
from meshform.model.ports import ManagedTable
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct, ResolvedTable

FUNCTIONS_SCHEMA = "governance"  # of the functions of a domain's own policies


def world_of(mesh: ResolvedMesh, views: Mapping[str, ResolvedView]) -> Facts:
    """The facts of a mesh.

    Args:
        mesh: the mesh in its environment.
        views: SQL and sources of the views by full name; a view that is not there is left out.
    """
    relations = _Relations(mesh, views)
    for product in mesh.products.values():
        relations.add_product(product)
    relations.add_views()
    grants, owners = given(mesh, views)
    return Facts(
        members=_members(mesh),
        grants=grants,
        owners=owners,
        policies=(*_policies(mesh), *relations.foreign_policies),
        relations=relations.found,
        shares=tuple(_shared(mesh, relations.found)),
        classes={**relations.foreign_classes, **_classes(mesh)},
        deployers=_deployers(mesh),
    )


def _members(mesh: ResolvedMesh) -> dict[str, frozenset[str]]:
    return {group.name: _ids(group.members, mesh) for group in mesh.spec.principals.groups}


def _ids(names: Iterable[str], mesh: ResolvedMesh) -> frozenset[str]:
    return frozenset(name_id for name in names if (name_id := mesh.principal_id(name)))


def _classes(mesh: ResolvedMesh) -> dict[str, ClassFacts]:
    receivers: dict[str, set[str]] = {name: set() for name in mesh.classifications}
    for policy in mesh.spec.policies:
        for rule in policy.rules if policy.level == "mesh" else ():  # the others may not let more go
            if isinstance(rule, SharesExclude):
                for name in rule.classes or receivers:
                    receivers.setdefault(name, set()).update(rule.except_recipients)
    return {
        name: ClassFacts(
            is_masked=declared.is_masked,
            exempt=_ids(declared.exempt, mesh),
            receivers=frozenset(receivers[name]),
            made_from=frozenset(declared.made_from),
        )
        for name, declared in mesh.classifications.items()
    }


def _policies(mesh: ResolvedMesh) -> Iterator[AbacPolicy]:
    """The floor on every catalog of domains, then the row filters of each domain."""
    everybody = frozenset({EVERYBODY})
    catalogs = [mesh.environment.scoped(shared.name) for shared in mesh.spec.platform.shared_catalogs]
    catalogs += [domain.catalog for domain in mesh.domains.values() if not domain.is_in_shared_catalog]
    floor = f"{mesh.platform_catalog}.{mesh.spec.platform.schema_name}"
    for policy in mesh.spec.policies:
        domain = mesh.domains.get(policy.domain or "")
        prefix = domain.full_name(FUNCTIONS_SCHEMA) if domain else floor
        for on in _governed(domain) if domain else catalogs:
            for row_filter in policy.row_filters:
                yield AbacPolicy(
                    f"filter_{row_filter.name}",
                    "filter",
                    on,
                    frozenset({f"{ROW_FILTER_TAG}={row_filter.name}"}),
                    everybody,
                    _ids(row_filter.exempt, mesh),
                    f"{prefix}.{row_filter.name}",
                )
            for declared in policy.classifications if domain is None else ():
                for kind, function in mesh.mask_functions.get(declared.name, {}).items():
                    yield _mask(declared, kind, f"{prefix}.{function.name}", on, mesh)


def _mask(declared: Classification, kind: str, function: str, on: str, mesh: ResolvedMesh) -> AbacPolicy:
    """The policy of a class for columns of a type; that of the base type takes all that no other takes."""
    others = mesh.mask_functions[declared.name].keys() - {declared.base_type}
    is_base = kind == declared.base_type
    typed = [] if is_base else [f"{MASK_TYPE_TAG}={slug(kind)}"]
    return AbacPolicy(
        f"mask_{declared.name}" if is_base else f"mask_{declared.name}__{slug(kind)}",
        "mask",
        on,
        frozenset({f"{mesh.spec.classification_tag}={declared.name}", *typed}),
        frozenset({EVERYBODY}),
        _ids(declared.exempt, mesh),
        function,
        frozenset(f"{MASK_TYPE_TAG}={slug(one)}" for one in others) if is_base else frozenset(),
    )


def _governed(domain: ResolvedDomain) -> list[str]:
    if domain.is_in_shared_catalog:
        return [domain.full_name(schema) for schema in domain.spec.schemas]
    return [domain.catalog]


def _shared(mesh: ResolvedMesh, relations: Mapping[str, Relation]) -> Iterator[Shared]:
    for product in mesh.products.values():
        for share in product.spec.shares:
            owner = product.domain.spec.deployer or mesh.environment.deployer
            for name in share.every_port:
                port = product.ports.get(name)
                if port is not None and port.full_name in relations:
                    for recipient in share.recipients:
                        yield Shared(
                            share.name, recipient.name, port.full_name, mesh.principal_id(owner) or owner
                        )


def _deployers(mesh: ResolvedMesh) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, dict[tuple[str, str], None]] = {}
    for domain in mesh.domains.values():
        environment = mesh.environment
        for name, stack in (
            (environment.deployer, environment.account_stack),
            (environment.deployer, environment.platform_stack),
            (domain.spec.deployer or environment.deployer, environment.domain_stack(domain.name)),
        ):
            who = mesh.principal_id(name) or name
            found.setdefault(domain.catalog, {})[who, f"deploys stack {stack}"] = None
    return {catalog: tuple(deployers) for catalog, deployers in found.items()}


class _Relations:
    """Tables with classified columns, and the views over them.

    Attributes:
        found: by full name.
        foreign_policies, foreign_classes: what manifests say of ports of other meshes.
    """

    def __init__(self, mesh: ResolvedMesh, views: Mapping[str, ResolvedView]) -> None:
        self.found: dict[str, Relation] = {}
        self.foreign_policies: list[AbacPolicy] = []
        self.foreign_classes: dict[str, ClassFacts] = {}
        self._mesh, self._sql = mesh, views
        self._tag = mesh.spec.classification_tag
        self._views: dict[str, tuple[ResolvedTable, ResolvedView, str | None]] = {}
        self._done: set[str] = set()

    def add_product(self, product: ResolvedProduct) -> None:
        """The tables of a product and what it reads from outside; its views are kept for later."""
        mesh = self._mesh
        owner = mesh.principal_id(product.domain.spec.owner)
        for table in product.tables:
            if table.is_own_view:
                if view := self._sql.get(table.full_name):
                    self._views[table.full_name] = table, view, owner
            elif table.is_run:
                self._add_table(table, product.run_as)
            elif table.is_view:  # somebody else's: nobody knows what it reads
                self._add_table(table, owner if mesh.environment.is_local else None, governed=False)
            else:
                is_made = isinstance(table.entry, ManagedTable) or mesh.environment.is_local
                self._add_table(table, owner if is_made else None)
        for reader in product.readers:
            for name, part in reader.views.items():
                port = product.ports[name]
                self._views[part.full_name] = part, view_for(reader, port), owner
        for external in product.spec.external_inputs:
            if isinstance(external, ManifestPort | ExternalTable) and (foreign := mesh.port(external)):
                self._add_foreign(external, foreign)

    def add_views(self) -> None:
        """The views that read something classified, or call a column of theirs so."""
        for name in self._views:
            self._add_view(name)

    def _add_table(self, table: ResolvedTable, owner: str | None, *, governed: bool = True) -> None:
        classes = {column.name: column.classification or "" for column in table.classified_columns()}
        if not classes:
            return
        known = self._mesh.classifications
        tags = {}
        for column in table.spec.columns:
            own = {tag for tag in column.tags if tag.startswith(f"{ROW_FILTER_TAG}=")}
            if column.classification in known:
                own.add(f"{self._tag}={column.classification}")
                if kind := self._mesh.mask_type(column):
                    own.add(f"{MASK_TYPE_TAG}={kind}")
            if own:
                tags[column.name] = frozenset(own)
        self.found[table.full_name] = Relation(table.full_name, owner, classes, tags, governed=governed)

    def _add_foreign(self, external: ManifestPort | ExternalTable, port: ResolvedTable) -> None:
        classes = {column.name: column.classification or "" for column in port.classified_columns()}
        if not classes or port.full_name in self.found:
            return
        tags: dict[str, frozenset[str]] = {}
        said = {one.name: one for one in external.protections} if isinstance(external, ManifestPort) else {}
        for name in sorted({*classes.values()}):
            if protection := said.get(f"the mask of class {name!r}"):
                tag, exempt = f"{self._tag}={name}", frozenset(protection.exempt)
                self.foreign_policies.append(
                    AbacPolicy(
                        f"{protection.name} of {external}",
                        "mask",
                        port.full_name,
                        frozenset({tag}),
                        frozenset({EVERYBODY}),
                        exempt,
                        "",
                    )
                )
                self.foreign_classes[name] = ClassFacts(exempt=exempt)
                tags |= {column: frozenset({tag}) for column, one in classes.items() if one == name}
        self.found[port.full_name] = Relation(
            port.full_name, None, classes, tags, governed=tags.keys() == classes.keys()
        )

    def _add_view(self, name: str) -> None:
        if name in self._done:
            return
        self._done.add(name)
        table, view, owner = self._views[name]
        for source in view.sources:
            if source.full_name in self._views:
                self._add_view(source.full_name)
        classes = {column.name: column.classification or "" for column in table.classified_columns()}
        flows: dict[str, Flow] = {}
        read = [self.found[one.full_name] for one in view.sources if one.full_name in self.found]
        held = {column.casefold() for one in read for column in (*one.classes, *(one.flows or ()))}
        # most views name none of them: that is told without parsing them again
        if held and (view.mentions is None or not held.isdisjoint(view.mentions)):
            names = [column.name for column in table.spec.columns]
            columns = {
                source.full_name: tuple(column.name for column in source.spec.columns)
                for source in view.sources
            }
            found = lineage(view.sql, columns)
            if found is None or len(found) != len(names):
                found = [None] * len(names)
            flows = {
                column: kept
                for column, flow in zip(names, found, strict=True)
                if (kept := self._classified(flow)) is None or kept
            }
        if classes or flows:
            sources = tuple(source.full_name for source in view.sources if source.full_name in self.found)
            self.found[name] = Relation(name, owner, classes, flows=flows, sources=sources)

    def _classified(self, flow: Flow) -> Flow:
        """The part of a flow that comes from something classified."""
        if flow is None:
            return None
        return frozenset(
            (name, column)
            for name, column in flow
            if (source := self.found.get(name))
            and (column in source.classes or column in (source.flows or ()))
        )
