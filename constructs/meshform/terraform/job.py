# SPDX-License-Identifier: Apache-2.0
"""A product's job: its code in the workspace, a Python task on serverless compute, its first run.

Source: provider 1.128, docs/resources/job.md, `spark_python_task` and `environment`.
"""

from __future__ import annotations

from meshform.model.findings import Finding, MeshformError
from meshform.model.product import Job
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.contract_module import module_name
from meshform.terraform.job_module import job_module
from meshform.terraform.product_code import (
    permit_owners,
    run_first,
    scheduled_job,
    settings,
    source_files,
    upload,
)
from meshform.terraform.stack import Rank, Stack

_ENVIRONMENT = "default"
_ENVIRONMENT_VERSION = "2"  # of serverless compute; it fixes Python and the packages that come with it


def add_job(
    stack: Stack, product: ResolvedProduct, spec: Job, mesh: ResolvedMesh, access: Access, *, rank: Rank
) -> None:
    """Add a product's job and all around it.

    Args:
        stack: the domain's stack.
        product: the product that it makes.
        spec: the job as declared.
        mesh: the mesh that it belongs to.
        access: what its service principal needs is asked for here.
        rank: when it runs for the first time.

    Raises:
        MeshformError: MF379 when its folder has no file of the name of `main`.
    """
    folder = mesh.workspace_folder(product.domain.name, product.name)
    files = source_files(spec.source, product)
    if spec.main not in files:
        found = sorted(name for name in files if "/" not in name and name.endswith(".py"))
        raise MeshformError(
            Finding(
                code="MF379",
                summary=f"the job of {product.address} has no file of that name to run",
                place=product.place,
                got=f"{spec.main} in {spec.source}",
                allowed=", ".join(found) or "no Python file is there",
                fix="give the job its `main`, or add the file",
            )
        )
    files[f"{module_name(product)}.py"] = job_module(product)
    uploads = upload(stack, product, folder, files)
    given = {"meshform.catalog": product.domain.catalog, **dict(settings(product, mesh))}
    dependencies = {"dependencies": list(spec.dependencies)} if spec.dependencies else {}
    body = {
        "task": [
            {
                "task_key": "main",
                "environment_key": _ENVIRONMENT,
                "spark_python_task": [
                    {
                        "python_file": f"{folder}/{spec.main}",
                        "source": "WORKSPACE",
                        "parameters": [f"{key}={value}" for key, value in sorted(given.items())],
                    }
                ],
            }
        ],
        "environment": [
            {
                "environment_key": _ENVIRONMENT,
                "spec": [{"environment_version": _ENVIRONMENT_VERSION, **dependencies}],
            }
        ],
    }
    job = scheduled_job(stack, product, spec, mesh, body, runs="the code", after=uploads)
    permit_owners(stack, product, mesh, job=(job, "CAN_MANAGE_RUN"))
    run_first(
        stack,
        product,
        mesh,
        access,
        job,
        files=files,
        given={**given, "dependencies": repr(spec.dependencies)},
        privileges=["CREATE_TABLE"],
        what=f"the job of {product.address}",
        rank=rank,
    )
