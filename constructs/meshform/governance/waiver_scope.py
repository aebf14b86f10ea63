# SPDX-License-Identifier: Apache-2.0
"""What a waiver is for: an address in the mesh, and all that is in it."""

from __future__ import annotations

from dataclasses import dataclass

from meshform.model.domain import MeshSpec
from meshform.model.near import did_you_mean
from meshform.model.resolved import ResolvedMesh


@dataclass(frozen=True, slots=True)
class Scope:
    """A part of the mesh.

    Attributes:
        text: address, `domain.product.table.column` or the first parts of it.
        is_prefix: True for every address that starts with the text, not only for what is in it.
        is_everything: True for the whole mesh.
    """

    text: str
    is_prefix: bool = False
    is_everything: bool = False

    @classmethod
    def read(cls, scope: str, mesh: MeshSpec) -> Scope:
        """The scope that a waiver names: an address, or a construct path that starts with the mesh's name."""
        text = scope.strip()
        if "/" in text or all(one.name != text for one in mesh.domains):
            first, *others = text.strip("/").split("/")
            if first == mesh.name:
                text = ".".join(others) or "*"
        prefix = text.rstrip("*")
        return cls(prefix, prefix != text, not prefix)

    def covers(self, address: str) -> bool:
        """Whether what has this address is in it."""
        text = self.text
        if self.is_everything or (self.is_prefix and address.startswith(text)):
            return True
        return address.startswith(text) and address[len(text) : len(text) + 1] in ("", ".")

    def reaches(self, domain: str) -> bool:
        """Whether it covers a domain, or something in it."""
        return self.covers(domain) or self.text.startswith(f"{domain}.")

    def is_within(self, address: str) -> bool:
        """Whether it covers nothing outside of a domain or product."""
        text = self.text
        return text.startswith(f"{address}.") or (text == address and not self.is_prefix)


def nearest_address(scope: Scope, mesh: ResolvedMesh) -> str | None:
    """For a scope that covers nothing of the mesh: what it may have meant. None when it covers something."""
    known: list[str] = list(mesh.domains)
    if any(map(scope.covers, known)):
        return None
    known = list(mesh.products)
    if any(map(scope.covers, known)):
        return None
    parts = scope.text.split(".")
    product = mesh.products.get(".".join(parts[:2]))
    if product is not None:
        tables = {f"{product.address}.{table.name}": table for table in product.tables}
        known = [f"{name}.{column.name}" for name, one in tables.items() for column in one.spec.columns]
        if any(map(scope.covers, (*tables, *known))):
            return None
        known = known if len(parts) > 3 else list(tables)
    elif len(parts) == 1:
        known = list(mesh.domains)
    return (
        did_you_mean(scope.text, known) or "the mesh has no such address: write domain.product.table.column"
    )
