# SPDX-License-Identifier: Apache-2.0
"""`meshform show`: what the mesh is, who reads what, and how much of it is deployed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from meshform.cli.load import load_mesh
from meshform.governance.evaluate import evaluate
from meshform.model.findings import MeshformError
from meshform.model.inputs import (
    ExternalTable,
    ExternalVolume,
    ManifestPort,
    external_name,
    kind_of,
    needed_for,
)
from meshform.model.lifecycle import notice
from meshform.model.ports import Elsewhere
from meshform.model.printable import printable
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct, ResolvedTable
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
        for line in _domain(domain, mesh):
            console.print(line, soft_wrap=True)
        console.print()
    console.print("[bold]Stacks[/], in the order of deployment")
    for stack in _stacks(mesh, Path.cwd()):
        console.print(stack, soft_wrap=True)


def _line(indent: int, strong: str, *rest: str) -> Text:
    """A line with its first words in bold, and every text of a user made harmless."""
    line = Text(" " * indent)
    line.append(printable(strong), style="bold")
    line.append(printable("".join(f"  {part}" for part in rest if part)))
    return line


def _domain(domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Text]:
    spec = domain.spec
    yield _line(0, f"Domain {domain.name}", f"catalog {domain.catalog}, owned by {spec.owner}")
    yield Text(printable(f"  help at {spec.support}"))
    for product in domain.products:
        schedule = product.spec.runs and product.spec.runs.schedule
        runs = f"runs at {schedule.cron} {schedule.timezone}" if schedule else ""
        yield _line(2, f"product {product.name}", f"version {product.spec.current_version}", runs)
        for line in (*_life(product), *lines_of_inputs(product, mesh)):
            yield Text(printable(f"    {line}"))
        for port in product.ports.values():
            kind = port.spec.physical_type.replace("_", " ")
            yield _line(4, f"{port.domain_schema}.{port.name}", f"{kind}{_maker(port)}", _classified(port))
            for reader in _readers(product, port.name, mesh):
                yield Text(printable(f"      {reader}"))
        for other in product.other_ports.values():
            yield _line(4, f"{other.schema}.{other.name}", other.kind)
            for reader in _readers(product, other.name, mesh):
                yield Text(printable(f"      {reader}"))


def _life(product: ResolvedProduct) -> Iterator[str]:
    """What the product is, and where it is in its life when it is not simply active."""
    if product.spec.description:
        yield product.spec.description
    if told := notice(product.spec, product.replaced_by):
        yield told


def _maker(port: ResolvedTable) -> str:
    if isinstance(port.entry, Elsewhere):
        return f", made by {port.entry.by or 'somebody else'}"
    return ", made by Terraform" if port.entry else ""


def lines_of_inputs(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[str]:
    """What the product reads; where the mesh does not grant it, also who needs what."""
    for port in product.spec.port_inputs:
        yield f"reads {port}"
    who = [product.spec.runs.run_as] if product.spec.runs else []
    who += [product.domain.spec.owner] if product.spec.views else []
    for one in product.spec.external_inputs:
        name, kind = external_name(one, mesh.environment) or "", kind_of(one)
        yield f"reads {one}, {kind.replace('_', ' ')} {name}"
        if isinstance(one, ExternalTable | ExternalVolume) and one.share:
            continue  # the platform's stack grants it
        if mesh.environment.creates_external:
            yield "  a stand-in in this environment"
            continue
        maker = f"the owner of {one.product_address}" if isinstance(one, ManifestPort) else "its owner"
        needed = ", ".join(f"{need.privilege} on {need.full_name}" for need in needed_for(kind, name))
        yield f"  {' and '.join(who) or 'a reader'} must have from {maker}: {needed}"


def _classified(port: ResolvedTable) -> str:
    classes: dict[str, list[str]] = {}
    for column in port.classified_columns():
        classes.setdefault(column.classification or "", []).append(column.name)
    return "; ".join(f"{name}: {', '.join(columns)}" for name, columns in sorted(classes.items()))


def _readers(product: ResolvedProduct, port: str, mesh: ResolvedMesh) -> Iterator[str]:
    readers = [reader for reader in product.readers if port in reader.ports]
    for reader in sorted(readers, key=lambda reader: reader.consumer.name):
        consumer = reader.consumer
        kind = "product" if consumer.product else "group"
        until = f", until {consumer.until.isoformat()}" if consumer.until else ""
        yield f"read by {kind} {consumer.name}: {consumer.purpose}{until}"
        if view := reader.views.get(port):
            columns = f"columns {', '.join(consumer.columns)}" if consumer.columns else "all columns"
            rows = f" where {consumer.rows}" if consumer.rows else ""
            yield f"  through view {view.schema}.{view.name}: {columns}{rows}"
    for share in product.spec.shares:
        for recipient in share.recipients if port in share.every_port else ():
            yield f"shared with recipient {mesh.environment.scoped(recipient.name)}"


def _stacks(mesh: ResolvedMesh, root: Path) -> Iterator[str]:
    environment = mesh.environment
    names = [environment.account_stack, environment.platform_stack]
    names += [environment.domain_stack(domain) for domain in mesh.domains]
    width = max(map(len, names))
    for name in names:
        state = root / f"terraform.{name}.tfstate"
        try:
            types = types_in_state(state)
        except FileNotFoundError:
            yield f"  {name:<{width}}  not deployed from this folder"
        except ValueError as error:
            yield f"  {name:<{width}}  {printable(str(error))}"
        else:
            yield f"  {name:<{width}}  {sum(types.values()):>3} resources in {state.name}"


def types_in_state(path: Path) -> Counter[str]:
    """How many resources of each type a Terraform state holds; nothing else of it is read.

    Raises:
        FileNotFoundError: there is no state.
        ValueError: it cannot be read.
    """
    content = path.read_bytes()
    types: Counter[str] = Counter()
    try:
        for resource in json.loads(content)["resources"]:
            if resource["mode"] == "managed":
                types[resource["type"]] += len(resource["instances"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path.name} is not a Terraform state") from None
    return types
