# SPDX-License-Identifier: Apache-2.0
"""Reading the manifest of a product that another repository's mesh makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from meshform.model.contract import Table
from meshform.model.file_input import display_name
from meshform.model.findings import Finding, MeshformError, Place, Value
from meshform.model.inputs import ManifestPort
from meshform.model.manifest import FORMAT, FORMAT_VERSION, ManifestProduct, digest
from meshform.model.near import did_you_mean, one_of
from meshform.model.secrets import redact
from meshform.model.strict_yaml import Document, load


class ForeignProduct(Value):
    """A product of another repository's mesh, read from its manifest.

    Attributes:
        product: what the manifest says.
        environments: their environment for each of this mesh, where the names differ.
        place: the manifest.
    """

    product: ManifestProduct
    environments: Mapping[str, str] = {}
    place: Place

    def port(self, name: str) -> ManifestPort:
        """An output port, for a product's `inputs`.

        Raises:
            MeshformError: MF429 when the product has no port of that name.
        """
        entry = next((one for one in self.product.ports if one.name == name), None)
        if entry is None:
            known = [one.name for one in self.product.ports]
            raise MeshformError(
                Finding(
                    code="MF429",
                    summary=f"the manifest of {self.product.domain}.{self.product.name} has no such port",
                    place=self.place,
                    got=name,
                    allowed=one_of(known) or "it has none",
                    fix=did_you_mean(name, known) or "take its newest manifest",
                )
            )
        theirs = entry.full_names
        names = {**theirs, **{o: theirs[t] for o, t in self.environments.items() if t in theirs}}
        for ours, their in self.environments.items():
            if their not in theirs:
                names.pop(ours, None)
        table = Table(
            name=entry.name,
            physical_type="table" if entry.kind in ("volume", "function") else entry.kind,
            description=entry.description or None,
            columns=entry.columns,
            place=self.place,
        )
        return ManifestPort(
            domain=self.product.domain,
            product=self.product.name,
            port=entry.name,
            schema_name=entry.schema_name,
            names=names,
            kind=entry.kind if entry.kind in ("volume", "function") else "table",
            table=table,
            parameters=entry.parameters,
            returns=entry.returns,
            protections=entry.protections,
            version=self.product.version,
            status=self.product.status,
            sunset=self.product.sunset,
            owner=self.product.owner,
            place=self.place,
        )


def from_manifest(file: Path | str, *, environments: Mapping[str, str] | None = None) -> ForeignProduct:
    """A product of another repository's mesh, by the manifest that its synthesis wrote.

    Args:
        file: the manifest.
        environments: the name of their environment for one of this mesh, where they differ. Default:
            environments are of one name in both.

    Raises:
        MeshformError: MF1xx when the file cannot be read, MF426 when it is no manifest, MF427 when a newer
            Meshform wrote it, MF428 when it was changed after it was written.
    """
    document = load(Path(file))
    name = display_name(Path(file))
    data = document.data
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise _error(
            "MF426",
            "the file is no manifest of a product",
            Place(file=name),
            allowed=f'JSON with "format": "{FORMAT}"',
            fix="take the file that `meshform manifest` writes in the other repository",
        )
    version = data.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        raise _error(
            "MF427",
            "a newer Meshform wrote the manifest" if newer else "the manifest has no known format",
            document.place(("format_version",)),
            got=redact(str(version)),
            allowed=f"format_version {FORMAT_VERSION}",
            fix="bring Meshform up to date here" if newer else "write the manifest anew",
        )
    if data.get("digest") != digest(data.get("product")):
        raise _error(
            "MF428",
            "the manifest was changed after it was written: its digest is another",
            document.place(("digest",)),
            got=redact(str(data.get("digest"))),
            fix="take it anew from the other repository, and do not edit it",
        )
    if unknown := sorted(set(data) - {"format", "format_version", "digest", "product"}):
        place = document.key_place((unknown[0],))
        raise _error("MF426", "the manifest has an unknown key", place, got=redact(unknown[0]))
    try:
        product = ManifestProduct.model_validate(data.get("product"))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise MeshformError([_shape(document, detail) for detail in details]) from None
    return ForeignProduct(product=product, environments=dict(environments or {}), place=Place(file=name))


def _shape(document: Document, detail: Any) -> Finding:
    path = ("product", *detail["loc"])
    return Finding(
        code="MF426",
        summary=f"the manifest is not as it should be: {'.'.join(map(str, path))}: {detail['msg'].lower()}",
        place=document.place(path),
        got=redact(repr(detail["input"])[:200]),
        fix="take it anew from the other repository",
    )


def _error(
    code: str,
    summary: str,
    place: Place,
    *,
    got: str | None = None,
    allowed: str | None = None,
    fix: str | None = None,
) -> MeshformError:
    return MeshformError(Finding(code=code, summary=summary, place=place, got=got, allowed=allowed, fix=fix))
