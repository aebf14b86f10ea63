# SPDX-License-Identifier: Apache-2.0
"""Protected columns in shares. Masks and row filters end there: recipients read what the owner reads.

Source: Databricks documentation, "ABAC requirements, quotas, and limitations": a table with policies can be
shared only by an owner who is exempt from them, and the policies do not govern the recipients.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.findings import Finding
from meshform.model.governing import governing
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.share import Share


def share_owner_findings(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """Ports in a share with masks or row filters from which the owner of the share is not exempt (MF411)."""
    spec = product.domain.spec
    owner = spec.deployer or mesh.environment.deployer
    for share in product.spec.shares:
        for port in shared_ports(share, product):
            for protection, names in governing(port, product.domain.name, mesh):
                exempt = mesh.spec.principals.with_members(names)
                if owner not in exempt:
                    yield Finding(
                        code="MF411",
                        summary=f"share {share.name!r} holds {port.full_name}, which Databricks does not let"
                        f" its owner share: {protection} governs it",
                        place=product.place,
                        got=f"{owner!r}, who makes the share and so owns it",
                        allowed="an owner who is exempt; the recipients then read everything in clear",
                        fix=f"share a view without these columns, or make {owner!r} a member of a group"
                        " that is exempt",
                    )


def shared_ports(share: Share, product: ResolvedProduct) -> list[ResolvedTable]:
    """The tables and views in a share."""
    return [product.ports[name] for name in share.every_port if name in product.ports]
