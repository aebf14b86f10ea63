# SPDX-License-Identifier: Apache-2.0
"""Grants and owners that the stacks of a mesh are going to write, as far as they can lead to data.

USE of a schema and its catalog goes with every right in it. What follows from a right to files, functions or
shares is left out: nothing of a column is read with it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from meshform.governance.objectives import objectives
from meshform.governance.quality_checks import quality_checks
from meshform.governance.retention import expiries, runs_as
from meshform.governance.views import ResolvedView
from meshform.model.ports import ManagedTable
from meshform.model.resolved import Reader, ResolvedDomain, ResolvedMesh, ResolvedProduct, ResolvedTable

Grants = dict[str, dict[str, frozenset[str]]]


def given(mesh: ResolvedMesh, views: Mapping[str, ResolvedView]) -> tuple[Grants, dict[str, str]]:
    """Privileges by principal and securable, and the owner of each catalog and schema."""
    ledger = _Ledger(mesh)
    for domain in mesh.domains.values():
        _domain(domain, mesh, ledger)
        own = {table.full_name for product in domain.products for table in product.tables}
        for product in domain.products:
            _product(product, mesh, views, ledger, own)
    grants: Grants = {}
    for (securable, principal), privileges in ledger.wishes.items():
        grants.setdefault(securable, {})[principal] = frozenset(privileges)
    return grants, ledger.owners


class _Ledger:
    """Collects what is granted.

    Attributes:
        wishes: privileges by securable and principal.
        owners: owner of each catalog and schema.
    """

    def __init__(self, mesh: ResolvedMesh) -> None:
        self.wishes: dict[tuple[str, str], set[str]] = {}
        self.owners: dict[str, str] = {}
        self._mesh = mesh
        platform = mesh.spec.platform
        self.own(mesh.platform_catalog, platform.owner)
        self.own(f"{mesh.platform_catalog}.{platform.schema_name}", platform.owner)
        for shared in platform.shared_catalogs:
            name = mesh.environment.scoped(shared.name)
            self.own(name, shared.owner or platform.owner)
            self.keep_manage(name, shared.owner or platform.owner)

    def give(self, securable: str, principal: str, *privileges: str) -> None:
        self.wishes.setdefault((securable, principal), set()).update(privileges)

    def own(self, securable: str, name: str) -> None:
        self.owners[securable] = self._mesh.principal_id(name) or name

    def keep_manage(self, catalog: str, owner: str) -> None:
        """The platform's deployer, which writes the floor's policies on a catalog of somebody else."""
        if deployer := self._mesh.deployer_beside(owner):
            self.give(catalog, deployer, "MANAGE", "USE_CATALOG", "USE_SCHEMA")

    def use(self, principal: str, catalog: str, schema: str, *privileges: str) -> None:
        self.give(catalog, principal, "USE_CATALOG")
        self.give(f"{catalog}.{schema}", principal, "USE_SCHEMA", *privileges)

    def select(self, principal: str, table: ResolvedTable, domain: ResolvedDomain) -> None:
        """SELECT on a table or view, and what goes with it."""
        self.use(principal, table.catalog, table.schema)
        self.give(table.full_name, principal, "SELECT")
        if deployer := self._mesh.deployer_of(domain):
            self.give(table.full_name, deployer, "MANAGE")


def _domain(domain: ResolvedDomain, mesh: ResolvedMesh, ledger: _Ledger) -> None:
    if not domain.is_in_shared_catalog:
        ledger.own(domain.catalog, domain.spec.owner)
        ledger.keep_manage(domain.catalog, domain.spec.owner)
    if own := mesh.own_deployer(domain):
        on_its_own = () if domain.is_in_shared_catalog else ("MANAGE", "USE_SCHEMA")
        ledger.give(domain.catalog, own, "USE_CATALOG", *on_its_own)
    deployer = mesh.deployer_of(domain)
    technical = sorted({*domain.spec.technical_owners} - {domain.spec.owner})
    for name in domain.spec.schemas:
        ledger.own(domain.full_name(name), domain.spec.owner)
        if deployer:
            ledger.give(domain.full_name(name), deployer, "APPLY_TAG", "MANAGE")
        for one in technical:
            if principal := mesh.principal_id(one):
                ledger.use(principal, domain.catalog, domain.schema(name), "MANAGE")


def _product(
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    views: Mapping[str, ResolvedView],
    ledger: _Ledger,
    own: Container[str],
) -> None:
    """What a product asks for; `own` are the full names of the tables of its domain."""
    domain = product.domain
    owner = mesh.principal_id(domain.spec.owner) or domain.spec.owner
    inside = mesh.spec.principals.with_members([domain.spec.owner])
    builder = None if domain.spec.deployer in inside else mesh.own_deployer(domain)
    for table in product.tables:
        if table.is_run and product.run_as:
            ledger.use(product.run_as, table.catalog, table.schema)
        elif not table.is_own_view:
            for principal in _makers(table, product, mesh):
                ledger.select(principal, table, domain)
        if table.is_own_view and (view := views.get(table.full_name)):
            for source in view.sources:
                if source.full_name in own and not source.is_own_view:
                    for principal in filter(None, (builder, owner)):
                        ledger.select(principal, source, domain)
    for reader in product.readers:
        for name in reader.ports:
            if (port := product.ports.get(name)) is None:
                continue
            readable = reader.views.get(name, port)
            if readable is not port and not port.is_own_view:
                for principal in filter(None, (builder, owner)):
                    ledger.select(principal, port, domain)
            for principal in (*reader.principals, *view_owners(reader, readable, product, mesh, views)):
                ledger.select(principal, readable, domain)
    expires = expiries(product, mesh)[0] if product.spec.retention else ()
    if expires and (cleaner := mesh.principal_id(runs_as(product) or "")):
        for expiry in expires:
            if not expiry.table.is_run or cleaner != product.run_as:
                ledger.select(cleaner, expiry.table, domain)
    for table in _watched(product, mesh):
        ledger.select(product.run_as or "", table, domain)
    deployer = domain.spec.deployer or mesh.environment.deployer
    outsider = None if deployer in inside else mesh.deployer_of(domain)
    for share in product.spec.shares:
        for name in share.every_port:
            if port := product.ports.get(name):
                if outsider:
                    ledger.select(outsider, port, domain)
                elif not port.is_own_view:
                    ledger.select(owner, port, domain)


def _makers(table: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterable[str]:
    """Who reads a table that the product's code does not make, to write it or to go on with it."""
    writers = table.entry.writers if isinstance(table.entry, ManagedTable) else ()
    names = (mesh.principal_id(name) for name in writers)
    return filter(None, (product.run_as, *names))


def _watched(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[ResolvedTable]:
    """Tables that alerts and checks read with the rights of the product's service principal."""
    if product.run_as is None or all(table.is_run for table in product.tables):
        return
    for objective in objectives(product)[0]:
        if objective.table is not None and not objective.table.is_run:
            yield objective.table
    for check in quality_checks(product, mesh)[0]:
        for table in check.reads:
            if not table.is_run and any(table is own for own in product.tables):
                yield table


def view_owners(
    reader: Reader,
    table: ResolvedTable,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    views: Mapping[str, ResolvedView],
) -> Iterator[str]:
    """Who owns and who makes a view of the consumer over a table of another domain: it has their rights."""
    consumer = mesh.products.get(reader.consumer.product or "")
    if consumer and consumer.domain is not product.domain:
        read = (views[view.full_name].sources for view in consumer.tables if view.full_name in views)
        if any(table in sources for sources in read):
            if owner := mesh.principal_id(consumer.domain.spec.owner):
                yield owner
            if deployer := mesh.own_deployer(consumer.domain):
                yield deployer
