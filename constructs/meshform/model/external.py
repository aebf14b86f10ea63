# SPDX-License-Identifier: Apache-2.0
"""Inputs that the mesh does not make: their names are clear, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.contract import Column
from meshform.model.environment import Environment
from meshform.model.findings import Finding, Place, Severity
from meshform.model.inputs import (
    External,
    ExternalConnection,
    ExternalTable,
    ExternalVolume,
    ManifestPort,
    MountedShare,
    Names,
    external_name,
    in_environment,
    kind_of,
)
from meshform.model.names import check_identifier
from meshform.model.near import one_of
from meshform.model.resolved import ResolvedMesh, ResolvedProduct


def external_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Findings MF420 to MF425, MF430 and MF431, and MF341 to MF346 of the parts of names."""
    taken = {domain.catalog: f"domain {domain.name!r}" for domain in mesh.domains.values()}
    for shared in mesh.spec.platform.shared_catalogs:
        taken[mesh.environment.scoped(shared.name)] = "several domains"
    taken[mesh.platform_catalog] = "the platform"
    mounted: dict[str, tuple[MountedShare, ResolvedProduct]] = {}
    for product in mesh.products.values():
        externals = product.spec.external_inputs
        if not externals:
            continue
        yield from _names_within(product, externals)
        for external in externals:
            yield from _name(external, product, mesh.environment)
            if isinstance(external, ManifestPort):
                yield from _foreign(external, product, mesh)
            share = external.share if isinstance(external, ExternalTable | ExternalVolume) else None
            if share:
                yield from _share(share, product, mounted, taken, mesh.environment)
            else:
                yield from _not_ours(external, product, taken, mesh.environment)


def _foreign(port: ManifestPort, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """A port of another mesh must be of a domain that this one does not have, and still be there."""
    if other := mesh.domains.get(port.domain):
        yield Finding(
            code="MF430",
            summary=f"{product.address} reads the manifest of a domain that this mesh has too",
            place=product.place,
            got=f"{port} of {port.place}; domain {port.domain!r} is at {other.place}",
            fix="read it as a port of the mesh, or rename the domain in one of the repositories",
        )
    if port.status in ("deprecated", "retired"):
        yield Finding(
            code="MF431",
            summary=f"{product.address} reads a product that is {port.status}",
            place=product.place,
            got=f"{port}, version {port.version}"
            + (f", until {port.sunset.isoformat()}" if port.sunset else ""),
            fix=f"ask {port.owner} what follows it",
            severity=Severity.ERROR if port.status == "retired" else Severity.WARNING,
        )


def _names_within(product: ResolvedProduct, externals: tuple[External, ...]) -> Iterator[Finding]:
    """What code and SQL call an input must mean one thing."""
    known = {table.name: "a table of its contract" for table in product.tables}
    known |= {volume.name: "a volume of its own" for volume in product.spec.volumes}
    for external in externals:
        if isinstance(external, ManifestPort):
            continue  # its name is its address
        yield from check_identifier("input", external.name, product.place)
        if external.name in known:
            yield Finding(
                code="MF420",
                summary=f"an input of {product.address} has a name that is taken there",
                place=product.place,
                got=f"{external.name}, also {known[external.name]}",
                allowed="a name of its own for each external input, beside the contract's tables and volumes",
                fix="give the input another `name`",
            )
        known[external.name] = "another input"


def _name(external: External, product: ResolvedProduct, environment: Environment) -> Iterator[Finding]:
    """It must have a name in the environment, with as many parts as its kind has."""
    name = external_name(external, environment)
    if name is None:
        yield _no_name(f"input {str(external)!r} of {product.address}", external, product.place, environment)
        return
    if isinstance(external, ExternalConnection):
        yield from check_identifier("connection", name, product.place)
        return
    kind = kind_of(external)
    parts = name.split(".")
    if len(parts) != 3:
        inside = not isinstance(external, ManifestPort) and external.share is not None
        yield Finding(
            code="MF422",
            summary=f"input {str(external)!r} of {product.address} has no full name of a {kind}",
            place=product.place,
            got=name.partition(".")[2] if inside else name,
            allowed=f"schema.{kind} in a mounted share" if inside else f"catalog.schema.{kind}",
        )
        return
    columns = () if isinstance(external, ExternalVolume) else _columns(external)
    for column in columns:
        yield from check_identifier("column", column.name, product.place)
    for part, part_kind in zip(parts, ("catalog", "schema", kind), strict=True):
        yield from check_identifier(part_kind, part, product.place)


def _columns(external: ManifestPort | ExternalTable) -> tuple[Column, ...]:
    return external.table.columns if isinstance(external, ManifestPort) else external.columns


def _no_name(what: str, external: External | Names, place: Place, environment: Environment) -> Finding:
    names: Names = {}
    if isinstance(external, ManifestPort):
        names = external.names
    elif isinstance(external, ExternalConnection):
        names = external.connection
    elif isinstance(external, ExternalTable | ExternalVolume):
        names = external.full_name
    else:
        names = external
    known = {} if isinstance(names, str) else names
    of_manifest = isinstance(external, ManifestPort)
    return Finding(
        code="MF421",
        summary=f"{what} has no name in environment {environment.name!r}",
        place=place,
        got=f"names for {one_of(known)}" if known else "no name",
        fix=f"say which of theirs it is: from_manifest(..., environments={{{environment.name!r}: ...}})"
        if of_manifest
        else f"add {environment.name!r} to its names",
    )


def _not_ours(
    external: External, product: ResolvedProduct, taken: dict[str, str], environment: Environment
) -> Iterator[Finding]:
    """What is in a catalog of the mesh is made by a product, and read as its port."""
    if isinstance(external, ExternalConnection):
        return
    name = external_name(external, environment) or ""
    if owner := taken.get(name.partition(".")[0]):
        yield Finding(
            code="MF423",
            summary=f"input {str(external)!r} of {product.address} is in a catalog that the mesh makes",
            place=product.place,
            got=f"{name}, in the catalog of {owner}",
            fix="read it as a port of a product, `mesh.domain(...).product(...).port(...)`"
            if owner != "the platform"
            else "move it to a catalog of its own",
        )


def _share(
    share: MountedShare,
    product: ResolvedProduct,
    mounted: dict[str, tuple[MountedShare, ResolvedProduct]],
    taken: dict[str, str],
    environment: Environment,
) -> Iterator[Finding]:
    first, other = mounted.setdefault(share.catalog, (share, product))
    if first is share and other is product:
        yield from check_identifier("catalog", environment.scoped(share.catalog), product.place)
        for what, names in (("provider", share.provider), ("share", share.share)):
            if in_environment(names, environment) is None:
                place = product.place
                yield _no_name(f"the {what} of mounted share {share.catalog!r}", names, place, environment)
        if owner := taken.get(environment.scoped(share.catalog)):
            yield Finding(
                code="MF424",
                summary="a share is mounted as a catalog that the mesh makes otherwise",
                place=product.place,
                got=f"{environment.scoped(share.catalog)}, the catalog of {owner}",
                fix="give the mounted share another `catalog`",
            )
    elif first != share:
        yield Finding(
            code="MF425",
            summary="two products mount one catalog from different shares",
            place=product.place,
            got=f"catalog {share.catalog!r} of {product.address}, and of {other.address} at {other.place}",
            allowed="one provider, share and comment for each catalog",
            fix="let both use one MountedShare, or name the catalogs differently",
        )
