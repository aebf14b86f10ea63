# SPDX-License-Identifier: Apache-2.0
"""What products say of one another: inputs that exist and are agreed on, no object made twice, no circles."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.findings import Finding, Place
from meshform.model.graph import circles
from meshform.model.near import did_you_mean
from meshform.model.resolved import ResolvedMesh, ResolvedProduct


def reference_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Findings MF311 to MF314."""
    for product in mesh.products.values():
        yield from _inputs(product, mesh)
    yield from _same_objects(mesh)
    yield from _circles(mesh)


def _inputs(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """Input ports must exist, and their producer must list the product as a consumer."""
    for reference in product.spec.port_inputs:
        if mesh.port(reference) is None and mesh.other_port(reference) is None:
            known = [f"{p.address}.{name}" for p in mesh.products.values() for name in p.port_names]
            yield Finding(
                code="MF311",
                summary="an input port does not exist",
                place=product.place,
                got=str(reference),
                allowed="an output port of some product, `domain.product.port`",
                fix=did_you_mean(str(reference), known) or "declare the port in the contract of that product",
            )
            continue
        producer = mesh.products[reference.product_address]
        if producer.spec.current_status == "retired" or (
            producer.spec.current_status == "draft" and producer.domain is not product.domain
        ):
            continue  # nobody is given access to it, which is told as MF375
        if producer is not product and not any(
            reader.consumer.product == product.address and reference.port in reader.ports
            for reader in producer.readers
        ):
            consumers = ", ".join(reader.consumer.name for reader in producer.readers)
            yield Finding(
                code="MF312",
                summary=f"{product.address} reads {reference}, whose producer does not list it as a consumer",
                place=product.place,
                got=f"consumers of {producer.address}: {consumers or 'none'}",
                fix=f"ask the owner of {producer.address} for Consumer(product={product.address!r}, ...)"
                f" at {producer.place}",
            )


def _same_objects(mesh: ResolvedMesh) -> Iterator[Finding]:
    first: dict[str, tuple[ResolvedProduct, Place]] = {}
    for product in mesh.products.values():
        objects = [(table.full_name, table.place) for table in product.tables]
        objects += [(view.full_name, view.place) for r in product.readers for view in r.views.values()]
        objects += [
            (f"{product.domain.full_name(v.schema_name, v.name)} (volume)", product.place)
            for v in product.spec.volumes
        ]
        objects += [
            (f"{product.domain.full_name(product.spec.schema_name, f.name)} (function)", product.place)
            for f in product.spec.functions
        ]
        for full_name, place in objects:
            if (key := full_name.casefold()) not in first:
                first[key] = (product, place)
                continue
            other, where = first[key]
            if other is product:
                yield Finding(
                    code="MF313",
                    summary=f"{product.address} makes one object twice",
                    place=place if place.file else product.place,
                    got=f"{full_name}, also at {where}",
                    fix="rename or remove one of them",
                )
            else:
                yield Finding(
                    code="MF313",
                    summary="two products make one object; the later would replace the other's data",
                    place=place,
                    got=f"{full_name} of {product.address}, and of {other.address} at {where}",
                    allowed="each table, view and volume in one product",
                    fix="rename it in one of the contracts, or read it as an input port",
                )


def _circles(mesh: ResolvedMesh) -> Iterator[Finding]:
    edges = {
        address: list(dict.fromkeys(r.product_address for r in product.spec.port_inputs))
        for address, product in mesh.products.items()
    }
    for circle in circles(edges):
        places = "; ".join(f"{address} at {mesh.products[address].place}" for address in circle[:-1])
        yield Finding(
            code="MF314",
            summary="products read one another in a circle",
            place=mesh.products[circle[-2]].place,
            got=" -> ".join(circle),
            fix=f"remove one of these inputs: {places}",
        )
