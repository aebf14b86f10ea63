# SPDX-License-Identifier: Apache-2.0
"""A product's pipeline: its code in the workspace, the job that runs it, who may start it, its first run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from typing import Any

from meshform.governance.quality_checks import quality_checks
from meshform.model.file_input import display_name, real_path
from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.inputs import ExternalConnection, ExternalVolume, external_name
from meshform.model.product import Job, Pipeline
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.checks import checks_task
from meshform.terraform.contract_module import contract_module, declared_foreign_keys, module_name
from meshform.terraform.files import workspace_file
from meshform.terraform.functions import run_job_step
from meshform.terraform.monitoring import health_of_job
from meshform.terraform.permissions import allow_owners
from meshform.terraform.platform import kept
from meshform.terraform.stack import Block, Rank, Stack, local_name

_CODE = (".py", ".sql")


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
                if "/" not in path and path.endswith(_CODE) and path != module
            ],
            "run_as": [{"service_principal_name": product.run_as}],
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
    made_in = sorted({table.schema for table in product.tables if table.is_run})
    for schema in made_in:
        access.use(product.run_as or "", schema, ["CREATE_MATERIALIZED_VIEW", "CREATE_TABLE"])
    stack.step(
        local_name("run", product.name),
        run_job_step(
            job,
            digest_of(files, configuration),
            f"the pipeline of {product.address}",
            environment,
            schemas=[access.schemas[schema] for schema in made_in],
            only=before_checks(job),
            # a new pipeline has no tables yet
            pipeline=pipeline.attribute("id"),
        ),
        product.place,
        rank=rank,
    )


def job_name(product: ResolvedProduct, mesh: ResolvedMesh) -> str:
    """Name of a product's job and pipeline: `orders_orders`, outside production `orders_orders_dev`."""
    return mesh.environment.scoped(f"{product.domain.name}_{product.name}")


def upload(stack: Stack, product: ResolvedProduct, folder: str, files: dict[str, bytes]) -> list[Block]:
    """Upload a product's code into its folder of the workspace."""
    return [
        workspace_file(
            stack,
            local_name(product.name, path),
            f"{folder}/{path}",
            f"{product.name}.{path}",
            content,
            product.place,
        )
        for path, content in sorted(files.items())
    ]


def source_files(folder: Path, product: ResolvedProduct) -> dict[str, bytes]:
    """Every code file below a folder, by relative path with `/`.

    Raises:
        MeshformError: MF317 when there is none, MF333 for a name that cannot be shown.
    """
    what = type(product.spec.runs).__name__.lower()
    real_path(folder)
    files = dict(_code_below(str(folder), "")) if folder.is_dir() else {}
    if not files:
        raise MeshformError(
            Finding(
                code="MF317",
                summary=f"the {what} of {product.address} has no code",
                place=product.place,
                got=str(folder),
                allowed="a folder with .py or .sql files",
                fix=f"correct `source` of the {what}, or add its code",
            )
        )
    if odd := sorted(name for name in files if not name.isprintable()):  # bytes that are not UTF-8 are not
        raise MeshformError(
            Finding(
                code="MF333",
                summary=f"the {what} of {product.address} has a file whose name cannot be shown",
                place=Place(file=display_name(folder / odd[0])),
                fix="rename it, in printable characters",
            )
        )
    return files


def _code_below(folder: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Code files by relative path. As text and by `scandir`: a thousand products have many folders."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_CODE) and entry.is_file():
                if entry.is_symlink():
                    real_path(Path(entry.path))
                with open(entry.path, "rb") as file:  # noqa: PTH123
                    yield prefix + entry.name, file.read()
            elif entry.is_dir(follow_symlinks=False):
                yield from _code_below(entry.path, f"{prefix}{entry.name}/")


def settings(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[tuple[str, str]]:
    """All that a product's code may know of its environment; the code itself knows nothing of it."""
    if declared_foreign_keys(product):
        yield "meshform.catalog", product.domain.catalog
    for volume in product.spec.volumes:
        path = "/".join(
            ("/Volumes", product.domain.catalog, product.domain.schema(volume.schema_name), volume.name)
        )
        yield f"meshform.volume.{volume.name}", path
    for reference in product.spec.inputs:
        if port := mesh.input(product.spec, reference):
            yield f"meshform.input.{reference}", port.full_name
        elif other := mesh.other_port(reference):
            yield f"meshform.input.{reference}", other.reference
        elif isinstance(reference, ExternalVolume):
            path = (external_name(reference, mesh.environment) or "").replace(".", "/")
            yield f"meshform.volume.{reference}", f"/Volumes/{path}"
        elif isinstance(reference, ExternalConnection):
            yield f"meshform.connection.{reference}", external_name(reference, mesh.environment) or ""


def digest_of(files: dict[str, bytes], configuration: dict[str, str]) -> str:
    """What decides whether the code must run again: its files and its settings."""
    digest = sha256()
    parts = [part for name, content in sorted(files.items()) for part in (name.encode(), content)]
    for part in (*parts, repr(sorted(configuration.items())).encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def scheduled_job(
    stack: Stack,
    product: ResolvedProduct,
    spec: Pipeline | Job,
    mesh: ResolvedMesh,
    body: Mapping[str, Any],
    *,
    runs: str,
    after: Iterable[Block] = (),
) -> Block:
    """Add the job of a product; `body` holds its tasks and what they need, `runs` says what it runs."""
    needed = [block.address for block in after]  # its code is there before it runs
    tasks = list(body["task"])
    if checks := quality_checks(product, mesh)[0]:
        task, file = checks_task(stack, product, mesh, checks, after=tasks[0]["task_key"])
        tasks.append(task)
        needed.append(file.address)
    return stack.resource(
        "databricks_job",
        local_name(product.name),
        {
            "name": job_name(product, mesh),
            "description": " ".join(
                (f"Runs {runs} of data product {product.address}.", *product.spec.description.split())
            ),
            "max_concurrent_runs": 1,
            "queue": [{"enabled": True}],
            **body,
            # the API gives tasks back in the order of their keys
            "task": sorted(tasks, key=itemgetter("task_key")),
            "schedule": [
                {
                    "quartz_cron_expression": spec.schedule.cron,
                    "timezone_id": spec.schedule.timezone,
                    "pause_status": "UNPAUSED",
                }
            ]
            if spec.schedule
            else None,
            "run_as": [{"service_principal_name": product.run_as}],
            **health_of_job(product, mesh),
            "tags": product.tags,
        },
        product.place,
        after=needed,
        import_id=spec.adopt_job.get(mesh.environment.name),
    )


def before_checks(job: Block) -> str | None:
    """The task that the first run is for, where checks follow it: data may come only after the deployment."""
    tasks: list[dict[str, Any]] = job.body["task"]
    return next(task["task_key"] for task in tasks if "depends_on" not in task) if len(tasks) > 1 else None


def permit_owners(
    stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, **blocks: tuple[Block, str]
) -> None:
    """Let the owners see and start what is theirs: by kind of object, a block and a permission level."""
    for kind, (block, level) in blocks.items():
        allow_owners(
            stack,
            local_name(kind, product.name),
            {f"{kind}_id": block.attribute("id")},
            level,
            product.domain,
            mesh,
            product.place,
        )
