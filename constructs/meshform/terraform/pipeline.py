# SPDX-License-Identifier: Apache-2.0
"""A product's pipeline: its code in the workspace, the job that runs it, who may start it, its first run."""

from __future__ import annotations

from meshform.model.product import Pipeline
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.contract_module import contract_module, module_name
from meshform.terraform.monitoring import mailed
from meshform.terraform.platform import kept
from meshform.terraform.product_code import (
    CODE,
    job_name,
    permit_owners,
    run_first,
    scheduled_job,
    settings,
    source_files,
    upload,
)
from meshform.terraform.stack import Rank, Stack, local_name

_TOLD = ("on-flow-failure", "on-update-fatal-failure")


def add_pipeline(
    stack: Stack, product: ResolvedProduct, spec: Pipeline, mesh: ResolvedMesh, access: Access, *, rank: Rank
) -> None:
    """Add a product's pipeline and all around it.

    Args:
        stack: the domain's stack.
        product: the product that it makes.
        spec: the pipeline as declared.
        mesh: the mesh that it belongs to.
        access: what its service principal needs is asked for here.
        rank: when it runs for the first time.
    """
    environment = mesh.environment
    folder = mesh.workspace_folder(product.domain.name, product.name)
    module = f"{module_name(product)}.py"
    files = {**source_files(spec.source, product), module: contract_module(product)}
    uploads = upload(stack, product, folder, files)
    configuration = dict(settings(product, mesh))
    emails = mailed(product, mesh)
    pipeline = stack.resource(
        "databricks_pipeline",
        local_name(product.name),
        {
            "name": job_name(product, mesh),
            "catalog": product.domain.catalog,
            "schema": product.domain.schema(product.spec.schema_name),
            "serverless": True,
            "root_path": folder,
            "configuration": configuration or None,
            "library": [
                {"file": [{"path": f"{folder}/{path}"}]}
                for path in sorted(files)
                if "/" not in path and path.endswith(CODE) and path != module
            ],
            "run_as": [{"service_principal_name": product.run_as}],
            # its job tells of runs that fail; this of flows, and of what fails when people start it
            "notification": [{"alerts": list(_TOLD), "email_recipients": emails}] if emails else None,
            "tags": product.tags,
        },
        product.place,
        after=[block.address for block in (*uploads, *access.schemas.values())],
        lifecycle=kept(mesh),
        import_id=spec.adopt.get(environment.name),
    )
    task = {"task_key": "pipeline", "pipeline_task": [{"pipeline_id": pipeline.attribute("id")}]}
    job = scheduled_job(stack, product, spec, mesh, {"task": [task]}, runs="the pipeline")
    permit_owners(stack, product, mesh, pipeline=(pipeline, "CAN_RUN"), job=(job, "CAN_MANAGE_RUN"))
    run_first(
        stack,
        product,
        mesh,
        access,
        job,
        files=files,
        given=configuration,
        privileges=["CREATE_MATERIALIZED_VIEW", "CREATE_TABLE"],
        what=f"the pipeline of {product.address}",
        rank=rank,
        pipeline=pipeline.attribute("id"),  # a new pipeline has no tables yet
    )
