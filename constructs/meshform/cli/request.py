# SPDX-License-Identifier: Apache-2.0
"""`meshform request`: write the change by which a consumer asks a producer for access."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from meshform.cli.load import load_mesh
from meshform.cli.output import print_findings
from meshform.governance.evaluate import evaluate
from meshform.model.consumer import Consumer
from meshform.model.consumers_file import entry_lines, with_consumer
from meshform.model.domain import MeshSpec
from meshform.model.file_input import display_name, read_text, real_path
from meshform.model.findings import Finding, MeshformError, Place, Severity
from meshform.model.list_file import MOST_BYTES
from meshform.model.near import did_you_mean, one_of
from meshform.model.printable import printable
from meshform.model.product import Product
from meshform.model.resolved import ResolvedMesh
from meshform.settings import Settings
from meshform.terraform.output import write

_NOTE = "to be confirmed by them"


@click.command()
@click.argument("port")
@click.option("--as", "name", required=True, help="Who asks: a group of the registry, or a product.")
@click.option("--purpose", required=True, help="What the data is used for.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day. Default: no end.")
@click.option("--columns", default="", help="The only columns that are needed, with commas. Default: all.")
@click.option("--rows", help="SQL condition of the only rows that are needed. Default: all rows.")
@click.option("--env", help="Environment to check in. Default: MESHFORM_ENV, or local.")
def command(
    port: str,
    name: str,
    purpose: str,
    until: datetime | None,
    columns: str,
    rows: str | None,
    env: str | None,
) -> None:
    """Ask for access to PORT (domain.product.port): the producer approves it in a pull request.

    Adds a consumer to the file of consumers beside the product, checked as a part of the mesh. For a product
    whose consumers stand in Python, it prints what to add, and where.
    """
    if not purpose.strip():
        raise click.UsageError("say in --purpose what the data is used for")
    settings = Settings.read()
    environment = env or settings.environment
    spec = load_mesh(settings)
    before = evaluate(spec, environment)
    producer, port_name = _producer(before.mesh, port)
    is_product = spec.principals.find(name) is None and name in spec.products_by_address
    if not is_product and spec.principals.find(name) is None:
        raise MeshformError(_unknown(spec, name))
    owner = before.mesh.domains[producer.domain].spec.owner
    file = producer.consumers_file
    consumer = Consumer(
        group=None if is_product else name,
        product=name if is_product else None,
        ports=(port_name,),
        columns=tuple(part.strip() for part in columns.split(",") if part.strip()),
        rows=rows or None,
        purpose=purpose,
        approver=owner,
        until=until.date() if until else None,
        place=Place(file=display_name(file)) if file else producer.place,
    )
    _refuse_twice(producer, consumer)
    _check(spec, producer, consumer, environment, before.findings)
    console = Console(highlight=False)
    if file is None:
        _print_python(console, producer, consumer)
    else:
        text = with_consumer(read_text(file, most_bytes=MOST_BYTES), display_name(file), consumer, _NOTE)
        write(real_path(file), text.encode())
        _print_next(console, file, consumer, port, owner)


def _producer(mesh: ResolvedMesh, port: str) -> tuple[Product, str]:
    """The product that has a port of that address, and the port's name."""
    ports = {
        f"{product.address}.{name}": product for product in mesh.products.values() for name in product.ports
    }
    if port not in ports:
        raise MeshformError(
            Finding(
                code="MF395",
                summary="the mesh has no such port",
                got=port,
                allowed=one_of(ports) or "it has none",
                fix=did_you_mean(port, ports) or "write domain.product.port; `meshform show` lists them",
            )
        )
    return ports[port].spec, port.rpartition(".")[2]


def _unknown(spec: MeshSpec, name: str) -> Finding:
    known = [*(group.name for group in spec.principals.groups), *spec.products_by_address]
    return Finding(
        code="MF395",
        summary="who asks is neither a group nor a product of the mesh",
        got=name,
        allowed=one_of(known),
        fix=did_you_mean(name, known) or "declare the group in the mesh's principals first",
    )


def _refuse_twice(producer: Product, consumer: Consumer) -> None:
    port = f"{producer.address}.{consumer.ports[0]}"
    for other in producer.consumers:
        same = (other.group, other.product) == (consumer.group, consumer.product)
        if same and (not other.ports or set(consumer.ports) <= set(other.ports)):
            raise MeshformError(
                Finding(
                    code="MF396",
                    summary=f"{consumer.name!r} is a consumer of {port} already",
                    place=other.place if other.place.file else producer.place,
                    got=other.purpose,
                    fix="change that consumer instead, by a pull request",
                )
            )


def _check(
    spec: MeshSpec,
    producer: Product,
    consumer: Consumer,
    environment: str,
    known: tuple[Finding, ...],
) -> None:
    """Refuse a consumer with whom the mesh has a mistake that it does not have without."""
    changed = producer.model_copy(update={"consumers": (*producer.consumers, consumer)})
    products = tuple(changed if product is producer else product for product in spec.products)
    after = evaluate(spec.model_copy(update={"products": products}), environment)
    # by what they are about: one may list the consumers as the value that it got
    same = {(finding.code, finding.summary, finding.place) for finding in known}
    found = [one for one in after.findings if (one.code, one.summary, one.place) not in same]
    # access that has ended is only a warning for the mesh, but nothing to ask for
    if any(finding.severity is Severity.ERROR or finding.code == "MF325" for finding in found):
        raise MeshformError(found)
    print_findings(found)


def _print_next(console: Console, file: Path, consumer: Consumer, port: str, owner: str) -> None:
    name = display_name(file)
    _say(console, f"Asked in {name}, at its end:")
    for line in entry_lines(consumer, _NOTE):
        _say(console, f"    {line}")
    _say(console, "Next:")
    _say(console, f"  1. commit {name} on a branch of its own: access to {port} for {consumer.name}")
    _say(console, f"  2. open a pull request; {owner}, who own the product, approve it")
    _say(console, "  3. after the merge and the deployment you can read it")


def _print_python(console: Console, producer: Product, consumer: Consumer) -> None:
    place = producer.place
    where = f"{place.file}:{place.line}" if place.file and place.line else str(place)
    _say(console, f"The consumers of {producer.address} stand in Python. Add to `consumers` at {where}:")
    for line in python_lines(consumer):
        _say(console, f"    {line}")
    _say(console, "Then commit it on a branch of its own, and open a pull request to the owners.")


def python_lines(consumer: Consumer) -> list[str]:
    """The call that makes a consumer, as lines of Python."""
    lines = ["Consumer("]
    for name in ("group", "product", "ports", "columns", "rows", "purpose", "approver", "until"):
        value = getattr(consumer, name)
        if isinstance(value, date):
            lines.append(f"    {name}=date({value.year}, {value.month}, {value.day}),")
        elif value is not None and value != ():
            comment = f"  # {_NOTE}" if name == "approver" else ""
            lines.append(f"    {name}={value!r},{comment}")
    return [*lines, "),"]


def _say(console: Console, text: str) -> None:
    console.print(Text(printable(text)), soft_wrap=True)
