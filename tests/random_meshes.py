# SPDX-License-Identifier: Apache-2.0
"""Random meshes, most of them good: domains, products of every kind, and who reads what."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from tests.meshes import column, contract, domain, filter_policy, mask_policy, mesh, product, table, view

from meshform.model.contract import Column
from meshform.model.domain import MeshSpec
from meshform.model.product import Consumer, PortReference, Product, Volume
from meshform.model.share import Recipient, Share

SCALARS = ("string", "int", "bigint", "date", "timestamp", "boolean", "double", "decimal(18,2)", "binary")
TYPES = st.sampled_from(SCALARS) | st.sampled_from(
    ("array<string>", "map<string,int>", "struct<a:int,b:array<struct<c:string>>>")
)
# What people write: quotes, templates, line ends, other scripts. None of it may reach Terraform or SQL.
TEXTS = st.text(alphabet="aB1 é漢'\"\\`$%{}#\n.,-", min_size=1, max_size=25).map(
    lambda text: f"About {text}."
)
SCHEMAS = ("bronze", "silver", "gold")


@st.composite
def columns(draw: st.DrawFn) -> tuple[Column, ...]:
    """One to four columns; a text may be classified and carry the tag of a row filter."""
    made = [column("id", "string", required=draw(st.booleans()))]
    for number in range(draw(st.integers(0, 3))):
        type_ = draw(TYPES)
        fields: dict[str, Any] = {"description": draw(TEXTS)}
        if type_ == "string" and draw(st.booleans()):
            fields["classification"] = "personal"
        if type_ == "string" and draw(st.booleans()):
            fields["tags"] = ("row_filter=home",)
        made.append(column(f"c{number}", type_, **fields))
    return tuple(made)


@st.composite
def products(draw: st.DrawFn, address: str, earlier: list[PortReference]) -> Product:
    """A product that reads some ports of earlier ones."""
    domain_name, _, name = address.partition(".")
    tables = [
        table(f"{name}_{number}", *draw(columns()), schema_name=draw(st.sampled_from(SCHEMAS)))
        for number in range(draw(st.integers(1, 2)))
    ]
    views = {}
    ports = [one.name for one in tables if one.schema_name == "gold"]
    if draw(st.booleans()):
        below = draw(st.sampled_from(tables))
        taken = [one for one in below.columns if one.classification is None]
        tables.append(view(f"{name}_view", *(one.model_copy(update={"tags": ()}) for one in taken)))
        names = ", ".join(one.name for one in taken)
        views[f"{name}_view"] = f"SELECT {names} FROM {below.schema_name}.{below.name} WHERE id <> ''"  # noqa: S608 - names of our own
        ports.append(f"{name}_view")
    consumers = []
    if ports and draw(st.booleans()):
        given = tuple(sorted(draw(st.sets(st.sampled_from(ports), min_size=1))))
        part: dict[str, Any] = {"columns": ("id",), "rows": "id <> '1'"} if draw(st.booleans()) else {}
        consumers.append(Consumer(group="readers", ports=given, purpose="p", approver="owners", **part))
    shares = ()
    # what is masked or filtered can be shared only by who is exempt
    plain = {one.name for one in tables if not any(c.classification or c.tags for c in one.columns)}
    open_ports = [name for name in ports if name in plain]
    if open_ports and draw(st.integers(0, 3)) == 0:
        recipient = Recipient(name=f"{domain_name}_{name}_partner", comment=draw(TEXTS))
        shares = (Share(name=f"{domain_name}_{name}", ports=(open_ports[-1],), recipients=(recipient,)),)
    volumes = ()
    if draw(st.booleans()):
        volume = Volume(
            name=f"{name}_files",
            schema_name=draw(st.sampled_from(SCHEMAS)),
            writers=draw(st.sampled_from(((), ("writer",)))),
            comment=draw(TEXTS),
        )
        volumes = (volume,)
    inputs = tuple(draw(st.lists(st.sampled_from(earlier), max_size=2, unique=True))) if earlier else ()
    return product(
        address,
        contract=contract(*tables),
        views=views,
        consumers=tuple(consumers),
        shares=shares,
        volumes=volumes,
        inputs=inputs,
    )


@st.composite
def meshes(draw: st.DrawFn) -> MeshSpec:
    """One or two domains of one to three products each; whoever reads a port is listed there."""
    made: list[Product] = []
    ports: list[PortReference] = []
    for domain_number in range(draw(st.integers(1, 2))):
        for number in range(draw(st.integers(1, 3))):
            address = f"d{domain_number}.p{domain_number}{number}"
            made.append(draw(products(address, ports)))
            ports += [
                PortReference(domain=made[-1].domain, product=made[-1].name, port=one.name)
                for one in made[-1].contract.tables
                if made[-1].schema_of(one) == "gold"
            ]
    listed = []
    for producer in made:
        readers = [
            Consumer(product=reader.address, ports=(port.port,), purpose="p", approver="owners")
            for reader in made
            for port in reader.inputs
            if port.product_address == producer.address
        ]
        listed.append(producer.model_copy(update={"consumers": (*producer.consumers, *readers)}))
    domains = [
        domain(name, description=draw(TEXTS), tags={draw(TEXTS)[:20]: draw(TEXTS)})
        for name in sorted({one.domain for one in made})
    ]
    policies = (mask_policy(), filter_policy())
    return mesh(*domains, *listed, *policies)
