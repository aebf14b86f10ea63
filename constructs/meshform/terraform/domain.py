# SPDX-License-Identifier: Apache-2.0
"""A domain's stack: schemas, its own policies, its products."""

from __future__ import annotations

from collections.abc import Mapping

from meshform.governance.views import ResolvedView
from meshform.model.adoption import adopted
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.access_requests import add_access_requests
from meshform.terraform.functions import add_functions, add_policy, filter_of
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.permissions import technical_owners
from meshform.terraform.platform import find_warehouse, kept
from meshform.terraform.product import make_product, publish_product
from meshform.terraform.stack import Block, Stack, local_name
from meshform.terraform.tags import tag_container

FUNCTIONS_SCHEMA = "governance"


def add_domain(
    stack: Stack,
    domain: ResolvedDomain,
    mesh: ResolvedMesh,
    ledger: Ledger,
    views: Mapping[str, ResolvedView],
    platform: Stack,
) -> None:
    """Add everything that a domain owns, except its catalog, which the platform makes.

    Args:
        stack: the domain's stack.
        domain: the domain.
        mesh: the mesh that it belongs to.
        ledger: where its wishes for access go.
        views: SQL and sources of each view of the mesh, by full name.
        platform: the platform's stack, which writes the grants of a shared catalog.
    """
    stack.of = domain.name
    schemas = {
        domain.schema(name): _schema(stack, domain, name, comment, mesh)
        for name, comment in domain.spec.schemas.items()
    }
    access = Access(stack, domain, mesh, ledger, schemas, platform)
    for name, schema in schemas.items():
        access.keep_manage(Securable("schema", f"{domain.catalog}.{name}"), after=[schema.address])
        for owner in technical_owners(domain, mesh):
            access.use(owner, name, ["MANAGE"])
    access.browse(technical_owners(domain, mesh))
    access.policies = _add_policies(stack, domain, mesh, schemas)
    waves = _waves(domain)
    for product in domain.products:
        stack.of = product.address
        make_product(stack, product, mesh, access, waves[product.address])
    for product in domain.products:
        stack.of = product.address
        publish_product(stack, product, mesh, access, ledger, views)


def _schema(stack: Stack, domain: ResolvedDomain, name: str, comment: str, mesh: ResolvedMesh) -> Block:
    """A schema; in a shared catalog it says and has what a catalog of the domain would."""
    spec, is_shared = domain.spec, domain.is_in_shared_catalog
    placed = domain.schema(name)
    everything = dict.fromkeys(spec.schemas, spec.adopt)
    adopt = (everything if spec.adopt_schemas is None else spec.adopt_schemas).get(name, False)
    schema = stack.resource(
        "databricks_schema",
        local_name(placed),
        {
            "catalog_name": domain.catalog,
            "name": placed,
            "comment": comment or None,
            "owner": mesh.principal_id(spec.owner),
            "properties": spec.properties
            if is_shared
            else {"domain": domain.name, "support": str(spec.support)},
            "storage_root": spec.storage_root_in(mesh.environment) if is_shared else None,
            "force_destroy": mesh.environment.personal,
        },
        domain.place,
        lifecycle=kept(mesh),
        import_id=adopted(adopt, mesh.environment, domain.full_name(name)),
    )
    tags = {**(spec.catalog_tags if is_shared else {}), **spec.schema_tags.get(name, {})}
    tag_container(stack, "schema", schema, domain.full_name(name), tags)
    if is_shared:
        add_access_requests(
            stack,
            local_name("schema", placed),
            "SCHEMA",
            domain.full_name(name),
            spec.support,
            mesh,
            domain.place,
            after=[schema.address],
        )
    return schema


def _add_policies(
    stack: Stack, domain: ResolvedDomain, mesh: ResolvedMesh, schemas: Mapping[str, Block]
) -> list[str]:
    """The domain's own policies and their functions; returns the addresses of the policies."""
    protections = [
        filter_of(declared, mesh, policy.place)
        for policy in mesh.spec.policies
        if policy.domain == domain.name
        for declared in policy.row_filters
    ]
    if not protections:
        return []
    schema = schemas.get(domain.schema(FUNCTIONS_SCHEMA)) or _schema(
        stack, domain, FUNCTIONS_SCHEMA, "Functions of the domain's own policies.", mesh
    )
    add_functions(
        stack,
        mesh,
        protections,
        schema=schema,
        folder=mesh.workspace_folder(domain.name),
        warehouse_id=find_warehouse(stack, mesh).attribute("id"),
        place=domain.place,
    )
    # in a shared catalog a policy on the catalog would govern the other domains too
    governed = (
        [("SCHEMA", f"{domain.catalog}.{name}", block) for name, block in schemas.items()]
        if domain.is_in_shared_catalog
        else [("CATALOG", domain.catalog, schema)]
    )
    policies = [
        add_policy(
            stack,
            protection,
            on=(kind, name),
            function_prefix=domain.full_name(FUNCTIONS_SCHEMA),
            after=[block.address],
        )
        for protection in protections
        for kind, name, block in governed
    ]
    return [policy.address for policy in policies]


def _waves(domain: ResolvedDomain) -> dict[str, int]:
    """How deep each product stands in the graph of the domain's own products: 1 reads none of them."""
    products: dict[str, ResolvedProduct] = {product.address: product for product in domain.products}
    waves: dict[str, int] = {}

    def wave(address: str) -> int:
        pending = [address]
        while pending:
            current = pending[-1]
            inputs = {
                r.product_address for r in products[current].spec.port_inputs if r.domain == domain.name
            } & products.keys() - {current}
            if missing := [one for one in inputs if one not in waves]:
                pending += sorted(missing)
            else:
                waves[current] = 1 + max((waves[one] for one in inputs), default=0)
                pending.pop()
        return waves[address]

    return {address: wave(address) for address in products}
