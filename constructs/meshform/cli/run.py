# SPDX-License-Identifier: Apache-2.0
"""`meshform run`: run a data product's pipeline or job now."""

from __future__ import annotations

import click

from meshform.cli.load import load_mesh
from meshform.cli.step import workspace_of
from meshform.governance.evaluate import evaluate
from meshform.model.findings import Finding, MeshformError
from meshform.model.near import did_you_mean, one_of
from meshform.settings import Settings
from meshform.terraform.product_code import job_name
from meshform.workspace.steps import run_by_name


@click.command()
@click.argument("product", metavar="DOMAIN.PRODUCT")
@click.option("--env", help="Environment to run it in. Default: MESHFORM_ENV, or local.")
@click.option("--new", is_flag=True, help="Start a new run even when one is active. Default: wait for that.")
def command(product: str, env: str | None, *, new: bool) -> None:
    """Run the pipeline or job of a data product, wait for its end, and fail when it fails."""
    settings = Settings.read()
    environment = env or settings.environment
    mesh = evaluate(load_mesh(settings), environment).mesh
    found = mesh.products.get(product)
    runnable = [address for address, one in mesh.products.items() if one.spec.runs]
    if found is None or product not in runnable:
        raise MeshformError(
            Finding(
                code="MF709",
                summary="no product of that name" if found is None else "the product has nothing to run",
                got=product,
                allowed=one_of(runnable) or None,
                fix=did_you_mean(product, runnable),
            )
        )
    with workspace_of(environment) as workspace:
        run_by_name(workspace, job_name(found, mesh), found.address, new=new)
