# SPDX-License-Identifier: Apache-2.0
"""`meshform manifest`: what other repositories may know of the products, to be published."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from meshform.cli.load import load_mesh
from meshform.governance.evaluate import evaluate
from meshform.model.findings import Finding, MeshformError
from meshform.model.manifest import manifest, manifest_name
from meshform.model.near import did_you_mean, one_of
from meshform.settings import Settings
from meshform.terraform.output import write


@click.command()
@click.argument("product", required=False)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write files into.")
def command(product: str | None, out: Path | None) -> None:
    """Print the manifest of PRODUCT (`domain.product`), or write those of all products into a folder.

    A manifest says the same whatever the environment. Another repository reads it with `from_manifest`.
    """
    if product is None and out is None:
        raise click.UsageError("give a PRODUCT to print its manifest, or --out FOLDER to write all of them")
    settings = Settings.read()
    evaluation = evaluate(load_mesh(settings), settings.environment)
    if evaluation.errors:
        raise MeshformError(evaluation.errors)
    mesh = evaluation.mesh
    if product is not None and product not in mesh.products:
        raise MeshformError(
            Finding(
                code="MF432",
                summary="the mesh has no product of that name",
                got=product,
                allowed=one_of(mesh.products),
                fix=did_you_mean(product, mesh.products) or "name it as domain.product",
            )
        )
    for one in mesh.products.values():
        if product in (None, one.address):
            content = manifest(one, mesh)
            if out is None:
                sys.stdout.buffer.write(content)
            else:
                write(out / manifest_name(one), content)
                click.echo(out / manifest_name(one))
