# SPDX-License-Identifier: Apache-2.0
"""`meshform contract`: print the contract of a product or a file as ODCS, and check a file."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from meshform.cli.output import print_findings
from meshform.model.contract import Contract
from meshform.model.findings import Finding, MeshformError, Severity
from meshform.model.near import did_you_mean, one_of
from meshform.model.odcs import read_contract


@click.group()
def command() -> None:
    """Print a contract as an ODCS document, or check one."""


@command.command()
@click.argument("target", metavar="PRODUCT|FILE")
def export(target: str) -> None:
    """Print the contract of PRODUCT (domain.product) of this folder's mesh, or in FILE, as ODCS in YAML.

    What is printed reads as an equal contract. Of a file it has the same content, without comments.
    """
    from meshform.model.odcs_write import write_contract

    contract = read_contract(target) if _is_file(target) else _of_product(target)
    click.echo(write_contract(contract), nl=False)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check the contract in FILE alone, without a mesh.

    Prints every finding with its code, place and fix. Exits with 1 when one of them is an error.
    """
    from meshform.model.contract_checks import consistency

    contract = read_contract(file)
    findings = list(consistency(contract))
    print_findings(findings)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    tables = len(contract.tables)
    Console(highlight=False).print(
        f"{tables} table{'' if tables == 1 else 's'}: "
        + (
            f"[bold red]{errors} error{'' if errors == 1 else 's'}[/]"
            if errors
            else "[bold green]no errors[/]"
        )
    )
    sys.exit(1 if errors else 0)


def _is_file(target: str) -> bool:
    return target.endswith((".yaml", ".yml")) or "/" in target or Path(target).is_file()


def _of_product(address: str) -> Contract:
    from meshform.cli.load import load_mesh
    from meshform.settings import Settings

    products = {product.address: product for product in load_mesh(Settings.read()).products}
    if address not in products:
        raise MeshformError(
            Finding(
                code="MF250",
                summary="the mesh has no product of that name",
                got=address,
                allowed=one_of(products) if products else "DOMAIN.PRODUCT, or a file",
                fix=did_you_mean(address, products) or "write DOMAIN.PRODUCT, or the path of a file",
            )
        )
    return products[address].contract
