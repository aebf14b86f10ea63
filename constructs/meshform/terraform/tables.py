# SPDX-License-Identifier: Apache-2.0
"""Tables that Terraform itself makes, and the stand-ins of those that somebody else makes.

`data_source_format` is left out: with it the provider writes CREATE OR REPLACE TABLE for a managed Delta
table, which would replace one that is there already (provider 1.128, `resource_sql_table.go`). Delta is the
default format.
"""

from __future__ import annotations

from meshform.model.adoption import adopted
from meshform.model.ports import ManagedTable
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.terraform.access import Access
from meshform.terraform.platform import find_warehouse, kept
from meshform.terraform.stack import Phase, Rank, Stack, local_name

DESCRIBE = Rank(0, Phase.DESCRIBE)
GRANT = Rank(0, Phase.GRANT)  # before the first run of any pipeline or job, which may need the table


def add_table(
    stack: Stack, table: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh, access: Access
) -> list[str]:
    """Make a table that is no pipeline's or job's; returns its address, none where somebody else makes it."""
    managed = table.entry if isinstance(table.entry, ManagedTable) else None
    if managed is None and not mesh.environment.is_local:
        return []
    clusters = managed.cluster_by or table.spec.cluster_by if managed else ()
    block = stack.resource(
        "databricks_sql_table",
        local_name(table.schema, table.name),
        {
            "catalog_name": table.catalog,
            "schema_name": table.schema,
            "name": table.name,
            "table_type": "MANAGED",
            "comment": table.comment or None,
            "owner": mesh.principal_id(product.domain.spec.owner),
            "warehouse_id": find_warehouse(stack, mesh).attribute("id"),
            "partitions": (list(table.spec.partition_by) or None) if managed else None,
            "cluster_keys": list(clusters) or None,
            "properties": dict(managed.properties) or None if managed else None,
            "column": [
                {
                    "name": column.name,
                    "type": column.type,
                    **({"comment": column.description} if column.description else {}),
                    **({"nullable": False} if column.required else {}),
                }
                for column in table.spec.columns
            ],
        },
        table.place,
        rank=DESCRIBE,
        import_id=adopted(
            product.spec.adopt_tables.get(table.name, False), mesh.environment, table.full_name
        ),
        after=[access.schemas[table.schema].address],
        lifecycle=kept(mesh),
    )
    return [block.address]


def grant_makers(table: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """Let the product's own code read the table, and write it where it is the product's to write."""
    managed = isinstance(table.entry, ManagedTable)
    writing = ["MODIFY", "SELECT"] if managed else ["SELECT"]
    names = table.entry.writers if isinstance(table.entry, ManagedTable) else ()
    principals = [mesh.principal_id(name) for name in names]
    for principal in (product.run_as, *principals):
        if principal:
            access.on_table(principal, writing, table, product.place)
