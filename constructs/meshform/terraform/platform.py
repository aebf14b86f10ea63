# SPDX-License-Identifier: Apache-2.0
"""The platform stack: catalogs, the floor's functions and policies, the warehouse, the deployer's grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshform.model.adoption import adopted
from meshform.model.catalogs import CatalogSettings, SharedCatalog
from meshform.model.data_types import normalize
from meshform.model.environment import Adopt
from meshform.model.findings import Place
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.model.row_filters import MappingFilter
from meshform.terraform.access_requests import add_access_requests
from meshform.terraform.deployers import add_deployers
from meshform.terraform.destinations import add_destinations
from meshform.terraform.functions import Protection, add_functions, add_policy, filter_of, masks_of
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.stack import Block, Stack, local_name
from meshform.terraform.tags import tag_container


def kept(mesh: ResolvedMesh) -> dict[str, bool] | None:
    """The lifecycle of what holds data: outside personal environments Terraform refuses to delete it."""
    return None if mesh.environment.personal else {"prevent_destroy": True}


def floor_protections(mesh: ResolvedMesh) -> list[Protection]:
    """Masks and row filters of the mesh-wide policies, sorted by function."""
    found: list[Protection] = []
    for policy in mesh.spec.policies:
        if policy.domain is None:
            for declared in policy.classifications:
                found += masks_of(declared, mesh, policy.place)
            found += [filter_of(declared, mesh, policy.place) for declared in policy.row_filters]
    return sorted(found, key=lambda protection: protection.function.name)


def add_platform(stack: Stack, mesh: ResolvedMesh, ledger: Ledger) -> Block:
    """Add the platform's objects and each domain's catalog with the floor on it; returns the warehouse."""
    platform, environment, place = mesh.spec.platform, mesh.environment, mesh.spec.place
    warehouse = add_warehouse(stack, mesh)
    add_destinations(stack, mesh)
    own = stack.resource(
        "databricks_catalog",
        local_name("platform", platform.catalog),
        {
            "name": mesh.platform_catalog,
            "comment": "The platform's own catalog: functions of mesh-wide policies.",
            "owner": mesh.principal_id(platform.owner),
            "force_destroy": environment.personal,
        },
        place,
        lifecycle=kept(mesh),
    )
    schema = stack.resource(
        "databricks_schema",
        local_name("platform", platform.schema_name),
        {
            "catalog_name": own.body["name"],
            "name": platform.schema_name,
            "comment": "Mask and row filter functions of the mesh-wide policies.",
            "owner": mesh.principal_id(platform.owner),
            "force_destroy": environment.personal,
        },
        place,
        after=[own.address],
        lifecycle=kept(mesh),
    )
    protections = floor_protections(mesh)
    for protection in protections:
        if isinstance(protection.function, MappingFilter):
            _add_mapping(stack, protection.function, schema, warehouse, mesh, ledger, protection.place)
    add_functions(
        stack,
        mesh,
        protections,
        schema=schema,
        folder=mesh.workspace_folder("platform"),
        warehouse_id=warehouse.attribute("id"),
        place=place,
    )
    prefix = f"{own.body['name']}.{platform.schema_name}"
    for shared in platform.shared_catalogs:
        catalog = _shared_catalog(stack, shared, mesh)
        _protect(stack, protections, catalog, prefix)
        _keep_manage(stack, ledger, catalog, mesh, shared.owner or platform.owner)
    for domain in mesh.domains.values():
        if not domain.is_in_shared_catalog:
            stack.of = domain.name
            catalog = _domain_catalog(stack, domain, mesh)
            ledger.share_writing(Securable("catalog", domain.catalog))
            _protect(stack, protections, catalog, prefix)
            _keep_manage(stack, ledger, catalog, mesh, domain.spec.owner)
    stack.of = ""
    add_deployers(stack, mesh, ledger, warehouse)
    return warehouse


def _add_mapping(
    stack: Stack,
    declared: MappingFilter,
    schema: Block,
    warehouse: Block,
    mesh: ResolvedMesh,
    ledger: Ledger,
    place: Place,
) -> None:
    """The table of a row filter, before the function that reads it, and who keeps its rows."""
    catalog, schema_name = schema.body["catalog_name"], schema.body["name"]
    columns = [
        ("allowed_value", declared.data_type, "A value of the column that the row filter reads."),
        ("reader", "string", "Who sees it: a group, a user's e-mail address or an application id."),
    ]
    table = stack.resource(
        "databricks_sql_table",
        local_name(schema_name, declared.table_name),
        {
            "catalog_name": catalog,
            "schema_name": schema_name,
            "name": declared.table_name,
            "table_type": "MANAGED",
            "comment": f"Who sees which rows by row filter {declared.name}.",
            "owner": mesh.principal_id(mesh.spec.platform.owner),
            "warehouse_id": warehouse.attribute("id"),
            "column": [
                {"name": name, "type": normalize(kind), "comment": comment, "nullable": False}
                for name, kind, comment in columns
            ],
        },
        place,
        after=[schema.address],
        lifecycle=kept(mesh),
    )
    rights = {mesh.principal_id(name): ["MODIFY", "SELECT"] for name in declared.writers}
    if deployer := mesh.deployer_beside(mesh.spec.platform.owner):
        rights[deployer] = ["MANAGE", "SELECT"]  # who makes the function reads the table through it
    for principal, privileges in rights.items() if declared.writers else ():
        if principal:
            manage = [one for one in privileges if one == "MANAGE"]
            for securable, wanted, after in (
                (Securable("catalog", catalog), ["USE_CATALOG", *manage], list(schema.after)),
                (Securable("schema", f"{catalog}.{schema_name}"), ["USE_SCHEMA", *manage], [schema.address]),
                (
                    Securable("table", f"{catalog}.{schema_name}.{declared.table_name}"),
                    privileges,
                    [table.address],
                ),
            ):
                ledger.wish(stack, securable, principal, wanted, place, after=after)


def _domain_catalog(stack: Stack, domain: ResolvedDomain, mesh: ResolvedMesh) -> Block:
    spec = domain.spec
    address = ("domain", domain.name)
    catalog = _catalog(
        stack,
        address,
        {
            "name": domain.catalog,
            "comment": spec.description or None,
            "owner": mesh.principal_id(spec.owner),
            "properties": spec.properties,
        },
        spec,
        mesh,
        domain.place,
        adopt=spec.adopt,
    )
    tag_container(stack, "catalog", catalog, domain.catalog, spec.catalog_tags)
    add_access_requests(
        stack,
        local_name(*address),
        "CATALOG",
        domain.catalog,
        spec.support,
        mesh,
        domain.place,
        after=[catalog.address],
    )
    return catalog


def _shared_catalog(stack: Stack, shared: SharedCatalog, mesh: ResolvedMesh) -> Block:
    return _catalog(
        stack,
        ("shared", shared.name),
        {
            "name": mesh.environment.scoped(shared.name),
            "comment": shared.description or None,
            "owner": mesh.principal_id(shared.owner or mesh.spec.platform.owner),
            "properties": dict(shared.tags) or None,
        },
        shared,
        mesh,
        mesh.spec.place,
    )


def _catalog(
    stack: Stack,
    address: tuple[str, ...],
    body: Mapping[str, Any],
    settings: CatalogSettings,
    mesh: ResolvedMesh,
    place: Place,
    *,
    adopt: Adopt = False,
) -> Block:
    """A catalog, and the workspaces that it is for; Databricks itself binds the one that makes it."""
    bindings = settings.bindings_in(mesh.environment)
    catalog = stack.resource(
        "databricks_catalog",
        local_name(*address),
        {
            **body,
            "storage_root": settings.storage_root_in(mesh.environment),
            "isolation_mode": None if bindings is None else "ISOLATED",
            "force_destroy": mesh.environment.personal,
        },
        place,
        lifecycle=kept(mesh),
        import_id=adopted(adopt, mesh.environment, body["name"]),
    )
    for binding in bindings or ():
        stack.resource(
            "databricks_workspace_binding",
            local_name(*address, str(binding.workspace_id)),
            {
                "securable_type": "catalog",
                "securable_name": catalog.body["name"],
                "workspace_id": binding.workspace_id,
                "binding_type": f"BINDING_TYPE_READ_{'ONLY' if binding.read_only else 'WRITE'}",
            },
            place,
            after=[catalog.address],
        )
    return catalog


def _protect(stack: Stack, protections: list[Protection], catalog: Block, prefix: str) -> None:
    typed: dict[str, list[str]] = {}  # addresses of the policies of a class that are for one type each
    # one for a type comes before that which leaves the type to it, and goes after it: no column is between
    for protection in sorted(protections, key=lambda protection: bool(protection.other_kinds)):
        policy = add_policy(
            stack,
            protection,
            on=("CATALOG", catalog.body["name"]),
            function_prefix=prefix,
            after=[catalog.address, *(typed[protection.tag_value] if protection.other_kinds else ())],
        )
        if protection.kind:
            typed.setdefault(protection.tag_value, []).append(policy.address)


def _keep_manage(stack: Stack, ledger: Ledger, catalog: Block, mesh: ResolvedMesh, owner: str) -> None:
    if deployer := mesh.deployer_beside(owner):
        ledger.wish(
            stack,
            Securable("catalog", catalog.body["name"]),
            deployer,
            ["MANAGE", "USE_CATALOG", "USE_SCHEMA"],
            catalog.place,
            after=[catalog.address],
        )


def add_warehouse(stack: Stack, mesh: ResolvedMesh) -> Block:
    """The warehouse where the platform makes it, else the data source that finds it."""
    warehouse = mesh.spec.platform.warehouse
    if not warehouse.create:
        return find_warehouse(stack, mesh)
    return stack.resource(
        "databricks_sql_endpoint",
        "warehouse",
        {
            "name": _warehouse_name(mesh),
            "cluster_size": warehouse.size,
            "auto_stop_mins": warehouse.auto_stop_minutes,
            "max_num_clusters": 1,
            "enable_serverless_compute": True,
            "warehouse_type": "PRO",
        },
        mesh.spec.place,
    )


def find_warehouse(stack: Stack, mesh: ResolvedMesh) -> Block:
    """The data source that finds the platform's warehouse by its name."""
    return stack.data(
        "databricks_sql_warehouse", "warehouse", {"name": _warehouse_name(mesh)}, mesh.spec.place
    )


def _warehouse_name(mesh: ResolvedMesh) -> str:
    warehouse = mesh.spec.platform.warehouse
    return mesh.environment.scoped(warehouse.name) if warehouse.create else warehouse.name
