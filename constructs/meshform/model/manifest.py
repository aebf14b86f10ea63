# SPDX-License-Identifier: Apache-2.0
"""Manifests: what another repository may know of a product, and the only thing that it needs.

A manifest is a JSON file. It holds no secret and nothing of the environment that it was written in: names of
ports in every environment, columns, types, classes and what hides them, the digest of the contract, whom to
ask. The same mesh gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any, Literal

from pydantic import Field
from pydantic_core import to_json

from meshform.model.contract import Column, Contract, PhysicalType
from meshform.model.findings import Value
from meshform.model.governing import governing
from meshform.model.inputs import FunctionParameter, Protection
from meshform.model.ports import ProductStatus
from meshform.model.resolved import OtherPort, ResolvedMesh, ResolvedProduct, ResolvedTable

FORMAT = "meshform-manifest"
FORMAT_VERSION = 1

_NAME = r"^[\w-]+$"


class ManifestSupport(Value):
    """Where consumers find help."""

    channel: str | None = None
    email: str | None = None
    url: str | None = None
    on_call: str | None = None


class ManifestContract(Value):
    """The contract behind a product.

    Attributes:
        id: identifier of the contract.
        digest: changes whenever the contract says something else.
    """

    id: str
    digest: str


class ManifestPortEntry(Value):
    """A port.

    Attributes:
        name, kind, description: as in the contract; a volume of the product is of kind `volume`, a function
            of kind `function`.
        schema_name: its schema as the domain calls it.
        full_names: its name in Unity Catalog, by environment.
        columns: with types and classes.
        protections: masks and row filters on it, and who sees what they hide.
        parameters, returns: the signature of a function.
    """

    name: str = Field(pattern=_NAME)
    kind: PhysicalType | Literal["volume", "function"]
    description: str = ""
    schema_name: str = Field(pattern=_NAME)
    full_names: Mapping[str, str]
    columns: tuple[Column, ...]
    protections: tuple[Protection, ...] = ()
    parameters: tuple[FunctionParameter, ...] = ()
    returns: str | None = None


class ManifestProduct(Value):
    """A product, as another repository sees it.

    Attributes:
        domain, name: its address.
        version, status: its own, or its contract's.
        sunset: last day of a deprecated product.
        owner: group that owns its domain.
        support, contract, ports: see their types.
    """

    domain: str = Field(pattern=_NAME)
    name: str = Field(pattern=_NAME)
    version: str
    status: ProductStatus
    sunset: date | None = None
    owner: str
    support: ManifestSupport = ManifestSupport()
    contract: ManifestContract
    ports: tuple[ManifestPortEntry, ...] = ()


def manifest_name(product: ResolvedProduct) -> str:
    """Name of the file: `domain.product.json`."""
    return f"{product.address}.json"


def manifests(mesh: ResolvedMesh) -> dict[str, bytes]:
    """The manifests of all products, by the path `manifests/domain.product.json`."""
    return {f"manifests/{manifest_name(one)}": manifest(one, mesh) for one in mesh.products.values()}


def manifest(product: ResolvedProduct, mesh: ResolvedMesh) -> bytes:
    """The manifest of a product, as the bytes of its file."""
    spec, contract = product.domain.spec, product.spec.contract
    support = {
        name: text
        for name in ("channel", "email", "on_call", "url")
        if (text := getattr(spec.support, name)) is not None
    }
    # keys stand in the order of the alphabet, in all of it: so its digest is that of `digest`
    described: dict[str, Any] = {
        "contract": {"digest": contract_digest(contract), "id": contract.id},
        "domain": spec.name,
        "name": product.name,
        "owner": spec.owner,
        "ports": [_port(port, product, mesh) for _, port in sorted(product.ports.items())]
        + [_other(port, product, mesh) for _, port in sorted(product.other_ports.items())],
        "status": product.spec.current_status,
    }
    if product.spec.sunset:
        described["sunset"] = product.spec.sunset.isoformat()
    described["support"] = support
    described["version"] = product.spec.current_version
    whole = {
        "digest": _digest(to_json(described)),
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "product": described,
    }
    return to_json(whole, indent=2) + b"\n"


def digest(value: Any) -> str:
    """A digest of plain data, whatever the order of its keys."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return _digest(text.encode())


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


def contract_digest(contract: Contract) -> str:
    """A digest of what a contract says: of its document, or of the value made in Python."""
    if contract.raw:
        return digest(contract.raw)
    return _digest(contract.model_dump_json(exclude={"place", "raw"}, exclude_defaults=True).encode())


def _port(port: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh) -> dict[str, Any]:
    described: dict[str, Any] = {"columns": [_column(column) for column in port.spec.columns]}
    if port.spec.description:
        described["description"] = port.spec.description
    described["full_names"] = _full_names(port, product, mesh)
    described["kind"] = port.spec.physical_type
    described["name"] = port.name
    if protections := sorted(governing(port, product.domain.name, mesh)):
        described["protections"] = [{"exempt": sorted(exempt), "name": name} for name, exempt in protections]
    described["schema_name"] = port.domain_schema
    return described


def _other(port: OtherPort, product: ResolvedProduct, mesh: ResolvedMesh) -> dict[str, Any]:
    function = next((one for one in product.spec.functions if one.name == port.name), None)
    described: dict[str, Any] = {"columns": []}
    if function and function.comment:
        described["description"] = function.comment
    described["full_names"] = _full_names(port, product, mesh)
    described["kind"] = port.kind
    described["name"] = port.name
    if function:
        described["parameters"] = [
            {"name": name, "type": type_} for name, type_ in function.parameters.items()
        ]
        described["returns"] = function.returns
    described["schema_name"] = product.spec.schema_name
    return described


def _full_names(
    port: ResolvedTable | OtherPort, product: ResolvedProduct, mesh: ResolvedMesh
) -> dict[str, str]:
    environments = sorted(mesh.spec.environments, key=lambda one: one.name)
    catalog_in = product.domain.spec.catalog_in
    return {one.name: f"{catalog_in(one)}.{port.schema}.{port.name}" for one in environments}


def _column(column: Column) -> dict[str, Any]:
    described: dict[str, Any] = {}
    if column.classification:
        described["classification"] = column.classification
    if column.description:
        described["description"] = column.description
    described["name"] = column.name
    if column.required:
        described["required"] = True
    described["type"] = column.type
    return described
