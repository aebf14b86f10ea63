# SPDX-License-Identifier: Apache-2.0
"""What pipelines and jobs of products have in common: code, settings, a job, owners, a first run."""

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
from meshform.model.schedule import Schedule
from meshform.terraform.access import Access
from meshform.terraform.checks import checks_task
from meshform.terraform.contract_module import declared_foreign_keys
from meshform.terraform.files import workspace_file
from meshform.terraform.functions import run_job_step
from meshform.terraform.literals import Reference
from meshform.terraform.monitoring import health_of_job
from meshform.terraform.permissions import allow_owners
from meshform.terraform.stack import Block, Rank, Stack, local_name

CODE = (".py", ".sql")
"""How the names of files of code end."""


def job_name(product: ResolvedProduct, mesh: ResolvedMesh, *what: str) -> str:
    """Name of a product's job and pipeline: `orders_orders`, outside production `orders_orders_dev`."""
    return mesh.environment.scoped("_".join((product.job_name, *what)))


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
            if entry.name.endswith(CODE) and entry.is_file():
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


def _digest_of(files: dict[str, bytes], configuration: dict[str, str]) -> str:
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
            "schedule": scheduled(spec.schedule) if spec.schedule else None,
            "run_as": [{"service_principal_name": product.run_as}],
            **health_of_job(stack, product, mesh),
            "tags": product.tags,
        },
        product.place,
        after=needed,
        import_id=spec.adopt_job.get(mesh.environment.name),
    )


def scheduled(schedule: Schedule) -> list[dict[str, str]]:
    """The block `schedule` of a job."""
    return [
        {
            "quartz_cron_expression": schedule.cron,
            "timezone_id": schedule.timezone,
            "pause_status": "UNPAUSED",
        }
    ]


def run_first(
    stack: Stack,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    access: Access,
    job: Block,
    *,
    files: dict[str, bytes],
    given: dict[str, str],
    privileges: Iterable[str],
    what: str,
    rank: Rank,
    **triggers: Reference,
) -> None:
    """Let the code make tables, and run it in a step of the deployment, again when it or its settings change.

    Args:
        stack: the domain's stack.
        product: the product that it makes.
        mesh: the mesh that it belongs to.
        access: what its service principal needs is asked for here.
        job: what runs the code.
        files: the code.
        given: its settings.
        privileges: what it takes, on each schema, to make its tables there.
        what: what the step is called while it runs.
        rank: when it runs.
        triggers: what makes it run again beside them.
    """
    made_in = sorted({table.schema for table in product.tables if table.is_run})
    for schema in made_in:
        access.use(product.run_as or "", schema, privileges)
    stack.step(
        local_name("run", product.name),
        run_job_step(
            job,
            _digest_of(files, given),
            what,
            mesh.environment,
            schemas=[access.schemas[schema] for schema in made_in],
            only=_before_checks(job),
            **triggers,
        ),
        product.place,
        rank=rank,
    )


def _before_checks(job: Block) -> str | None:
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
