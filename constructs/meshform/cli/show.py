# SPDX-License-Identifier: Apache-2.0
"""`meshform show`: what the mesh is, who reads what, and how much of it is deployed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from meshform.cli.load import load_mesh
from meshform.cli.output import printable
from meshform.governance.evaluate import evaluate
from meshform.model.environment import Environment
from meshform.model.findings import MeshformError
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.settings import Settings


@click.command()
@click.option("--env", help="Environment to show. Default: MESHFORM_ENV, or local.")
def command(env: str | None) -> None:
    """Show domains, products, ports and who reads what, and the states of the stacks beside cdktf.json."""
    settings = Settings.read()
    evaluation = evaluate(load_mesh(settings), env or settings.environment)
    if evaluation.errors:
        raise MeshformError(evaluation.errors)
    mesh = evaluation.mesh
    console = Console(highlight=False)
    for domain in mesh.domains.values():
        console.print(_domain(domain, mesh))
    console.print(_stacks(mesh, Path.cwd()))
    console.print("Synthesized JSON: cdktf.out/stacks/STACK/cdk.tf.json    State: terraform.STACK.tfstate")


def _domain(domain: ResolvedDomain, mesh: ResolvedMesh) -> Table:
    spec = domain.spec
    table = Table(
        title=printable(
            f"Domain {domain.name}: catalog {domain.catalog}, owner {spec.owner}, support {spec.support}"
        ),
        title_justify="left",
        title_style="bold",
    )
    for heading in ("product", "port", "kind", "classified columns", "read by"):
        table.add_column(heading, overflow="fold")
    for product in domain.products:
        for i, port in enumerate(product.ports.values()):
            table.add_row(
                printable(f"{product.name} {product.spec.contract.version}") if i == 0 else "",
                printable(f"{port.schema}.{port.name}"),
                port.spec.physical_type.replace("_", " "),
                printable(", ".join(f"{c.name} ({c.classification})" for c in port.classified_columns()))
                or "-",
                printable(", ".join(_readers(product, port.name, mesh))) or "-",
                end_section=i == len(product.ports) - 1,
            )
    return table


def _readers(product: ResolvedProduct, port: str, mesh: ResolvedMesh) -> list[str]:
    readers = [
        f"{'product ' if reader.consumer.product else ''}{reader.consumer.name}"
        for reader in product.readers
        if port in reader.ports
    ]
    shared = [
        f"recipient {mesh.environment.scoped(recipient.name)}"
        for share in product.spec.shares
        if port in share.ports
        for recipient in share.recipients
    ]
    return sorted(readers) + sorted(shared)


def _stacks(mesh: ResolvedMesh, root: Path) -> Table:
    table = Table(title="Stacks, in the order of deployment", title_justify="left", title_style="bold")
    for heading in ("stack", "resources", "of these types"):
        table.add_column(heading, overflow="fold")
    for name in _stack_names(mesh.environment, mesh):
        types = _types_in_state(root / f"terraform.{name}.tfstate")
        if types is None:
            table.add_row(name, "-", "no local state: not deployed from this folder")
        else:
            listed = ", ".join(
                f"{number} {kind.removeprefix('databricks_')}" for kind, number in sorted(types.items())
            )
            table.add_row(name, str(sum(types.values())), listed or "-")
    return table


def _stack_names(environment: Environment, mesh: ResolvedMesh) -> list[str]:
    return [
        environment.account_stack,
        environment.platform_stack,
        *(environment.domain_stack(domain) for domain in mesh.domains),
    ]


def _types_in_state(path: Path) -> Counter[str] | None:
    """How many resources of each type a state holds; nothing else of it is read."""
    try:
        resources = json.loads(path.read_bytes())["resources"]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return Counter({"(the state cannot be read)": 0})
    types: Counter[str] = Counter()
    for one in resources:
        if one["mode"] == "managed":
            types[one["type"]] += len(one["instances"])
    return types
