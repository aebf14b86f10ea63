# SPDX-License-Identifier: Apache-2.0
"""The job that keeps a product's retention: one SQL file and one task for each table that loses rows."""

from __future__ import annotations

from meshform.governance.retention import expiries, runs_as
from meshform.governance.sql_text import parse_statement
from meshform.model.names import quote
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.files import workspace_file
from meshform.terraform.monitoring import health_of_job
from meshform.terraform.permissions import allow_owners
from meshform.terraform.platform import find_warehouse
from meshform.terraform.product_code import job_name, scheduled
from meshform.terraform.stack import Stack, local_name

_FILE = """\
-- Generated from the contract, and made anew with every synthesis.
DELETE FROM {table}
WHERE {condition};
"""


def add_retention(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """Add the job, where the product declares one, and let it delete.

    Args:
        stack: the domain's stack.
        product: the product.
        mesh: the mesh that it belongs to.
        access: what its service principal needs is asked for here.
    """
    spec, found = product.spec.retention, expiries(product, mesh)[0]
    principal = mesh.principal_id(runs_as(product) or "")
    if spec is None or principal is None:
        return
    tasks, files = [], []
    for expiry in sorted(found, key=lambda one: one.table.full_name):
        table = expiry.table
        name = ".".join(quote(part) for part in (table.catalog, table.schema, table.name))
        content = _FILE.format(table=name, condition=expiry.condition)
        parse_statement(content.rstrip().removesuffix(";"))  # one statement, whatever was put in
        file = f"{product.name}.retention.{table.schema}.{table.name}.sql"
        path = f"{mesh.workspace_folder(product.domain.name)}/{file}"
        files.append(
            workspace_file(
                stack,
                local_name("retention", product.name, table.schema, table.name),
                path,
                file,
                content.encode(),
                product.place,
            ).address
        )
        tasks.append(
            {
                "task_key": f"{table.schema}_{table.name}",
                "sql_task": [
                    {
                        "warehouse_id": find_warehouse(stack, mesh).attribute("id"),
                        "file": [{"path": path}],
                    }
                ],
            }
        )
        if not table.is_run or principal != product.run_as:  # else it made the table, and owns it
            access.on_table(principal, ["MODIFY", "SELECT"], table, product.place)
    job = stack.resource(
        "databricks_job",
        local_name("retention", product.name),
        {
            "name": job_name(product, mesh, "retention"),
            "description": f"Deletes rows of data product {product.address} that are past their retention.",
            "max_concurrent_runs": 1,
            "queue": [{"enabled": True}],
            "task": sorted(tasks, key=lambda task: str(task["task_key"])),
            "schedule": scheduled(spec.schedule),
            "run_as": [{"service_principal_name": principal}],
            **health_of_job(stack, product, mesh),
            "tags": product.tags,
        },
        product.place,
        after=files,
    )
    allow_owners(
        stack,
        local_name("retention", product.name),
        {"job_id": job.attribute("id")},
        "CAN_MANAGE_RUN",
        product.domain,
        mesh,
        product.place,
    )
