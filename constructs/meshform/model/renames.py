# SPDX-License-Identifier: Apache-2.0
"""What was renamed: the mesh under its names before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, Place
from meshform.model.inputs import PortReference
from meshform.model.product import Product


def rename_findings(mesh: MeshSpec) -> Iterator[Finding]:
    """MF539: something was renamed from a name that is declared still, or twice."""
    taken = {product.address for product in mesh.products}
    for product in mesh.products:
        if product.renamed_from is not None:
            before = f"{product.domain}.{product.renamed_from}"
            if before in taken:
                yield _taken(f"product {product.name!r}", product.renamed_from, product.place)
            taken.add(before)
        volumes = {(volume.schema_name, volume.name) for volume in product.volumes}
        for volume in product.volumes:
            if volume.renamed_from is not None:
                if (volume.schema_name, volume.renamed_from) in volumes:
                    yield _taken(f"volume {volume.name!r}", volume.renamed_from, product.place)
                volumes.add((volume.schema_name, volume.renamed_from))


def _taken(what: str, name: str, place: Place) -> Finding:
    return Finding(
        code="MF539",
        summary=f"{what} is renamed from a name that another one has, or comes from",
        place=place,
        got=name,
        fix="correct `renamed_from`, or rename the other",
    )


def before_renames(mesh: MeshSpec) -> MeshSpec | None:
    """The mesh under its names before; None when nothing was renamed."""
    names = {p.address: p.renamed_from for p in mesh.products if p.renamed_from is not None}
    if not names and all(v.renamed_from is None for p in mesh.products for v in p.volumes):
        return None
    return mesh.model_copy(update={"products": tuple(_before(p, names) for p in mesh.products)})


def _before(product: Product, names: Mapping[str, str]) -> Product:
    inputs = (
        one.model_copy(update={"product": names[one.product_address]})
        if isinstance(one, PortReference) and one.product_address in names
        else one
        for one in product.inputs
    )
    consumers = (
        one.model_copy(update={"product": f"{one.product.partition('.')[0]}.{names[one.product]}"})
        if one.product and one.product in names
        else one
        for one in product.consumers
    )
    volumes = (one.model_copy(update={"name": one.renamed_from or one.name}) for one in product.volumes)
    return product.model_copy(
        update={
            "name": names.get(product.address, product.name),
            "replaces": names.get(product.replaces_address or "", product.replaces),
            "inputs": tuple(inputs),
            "consumers": tuple(consumers),
            "volumes": tuple(volumes),
        }
    )
