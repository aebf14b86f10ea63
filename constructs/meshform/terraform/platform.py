# SPDX-License-Identifier: Apache-2.0
"""The platform stack: catalogs, the floor's functions and policies, the warehouse, the deployer's grants."""

from __future__ import annotations

from meshform.model.adoption import adopted
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.functions import Protection, add_functions, add_policy, filter_of, mask_of
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.stack import Block, Stack, local_name


def kept(mesh: ResolvedMesh) -> dict[str, bool] | None:
    """The lifecycle of what holds data: outside personal environments Terraform refuses to delete it."""
    return None if mesh.environment.personal else {"prevent_destroy": True}


def floor_protections(mesh: ResolvedMesh) -> list[Protection]:
    """Masks and row filters of the mesh-wide policies, sorted by function."""
    found: list[Protection] = []
    for policy in mesh.spec.policies:
        if policy.domain is None:
            masks = (
                mask_of(declared, mesh.spec.classification_tag, mesh, policy.place)
                for declared in policy.classifications
            )
            found += [mask for mask in masks if mask]
            found += [filter_of(declared, mesh, policy.place) for declared in policy.row_filters]
    return sorted(found, key=lambda protection: protection.function.name)


def add_platform(stack: Stack, mesh: ResolvedMesh, ledger: Ledger) -> None:
    """Add the platform's own objects, and each domain's catalog with the floor on it."""
    platform, environment, place = mesh.spec.platform, mesh.environment, mesh.spec.place
    warehouse_id = add_warehouse(stack, mesh)
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
    add_functions(
        stack,
        mesh,
        protections,
        schema=schema,
        folder=mesh.workspace_folder("platform"),
        warehouse_id=warehouse_id.attribute("id"),
        place=place,
    )
    prefix = f"{own.body['name']}.{platform.schema_name}"
    for domain in mesh.domains.values():
        spec = domain.spec
        catalog = stack.resource(
            "databricks_catalog",
            local_name("domain", domain.name),
            {
                "name": domain.catalog,
                "comment": spec.description or None,
                "owner": mesh.principal_id(spec.owner),
                "properties": {
                    "domain": domain.name,
                    "owner": spec.owner,
                    "support": str(spec.support),
                    **spec.tags,
                },
                "force_destroy": environment.personal,
            },
            domain.place,
            lifecycle=kept(mesh),
            import_id=adopted(spec.adopt, environment, domain.catalog),
        )
        securable = Securable("catalog", domain.catalog)
        ledger.share_writing(securable)
        if deployer := mesh.deployer_beside(spec.owner):
            ledger.wish(
                stack,
                securable,
                deployer,
                ["MANAGE", "USE_CATALOG", "USE_SCHEMA"],
                domain.place,
                after=[catalog.address],
            )
        for protection in protections:
            add_policy(
                stack, protection, catalog=domain.catalog, function_prefix=prefix, after=[catalog.address]
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
