# SPDX-License-Identifier: Apache-2.0
"""Protected columns in shares. Masks and row filters end there: recipients read what the owner reads.

Source: Databricks documentation, "ABAC requirements, quotas, and limitations": a table with policies can be
shared only by an owner who is exempt from them, and the policies do not govern the recipients.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from meshform.model.findings import Finding
from meshform.model.policy import ROW_FILTER_TAG, Rule
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.share import Share


class SharesExclude(Rule):
    """Shares hold no classified columns, but for recipients with whom that was agreed.

    Attributes:
        classes: classes that are not shared. Default: every class.
        except_recipients: names of recipients who may receive them.
    """

    code: ClassVar[str] = "MF410"
    why: ClassVar[str] = "masks do not govern who receives a share: what is in it leaves in clear"
    classes: tuple[str, ...] = ()
    except_recipients: tuple[str, ...] = ()

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each port in a share must be free of those classes, or go to excepted recipients only."""
        for share in product.spec.shares:
            others = [one.name for one in share.recipients if one.name not in self.except_recipients]
            for port in _ports(share, product) if others else ():
                columns = [
                    f"{column.name} ({column.classification})"
                    for column in port.classified_columns()
                    if not self.classes or column.classification in self.classes
                ]
                if columns:
                    yield self.finding(
                        f"share {share.name!r} gives classified columns of {port.full_name} away",
                        product.place,
                        got=f"{', '.join(columns)} to {', '.join(others)}",
                        allowed="columns without these classes"
                        + (f", or to {', '.join(self.except_recipients)}" if self.except_recipients else ""),
                        fix="share a view without them",
                    )


def share_owner_findings(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """Ports in a share with masks or row filters from which the owner of the share is not exempt (MF411)."""
    spec = product.domain.spec
    owner = spec.deployer or mesh.environment.deployer
    for share in product.spec.shares:
        for port in _ports(share, product):
            for protection, names in _protections(port, product, mesh):
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


def _ports(share: Share, product: ResolvedProduct) -> list[ResolvedTable]:
    return [product.ports[name] for name in share.every_port if name in product.ports]


def _protections(
    port: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What governs a port, and who is exempt from it."""
    for name in dict.fromkeys(column.classification or "" for column in port.classified_columns()):
        declared = mesh.classifications.get(name)
        if declared and declared.mask:
            yield f"the mask of class {name!r}", declared.exempt
    for row_filter in mesh.row_filters(product.domain.name):
        tag = f"{ROW_FILTER_TAG}={row_filter.name}"
        if any(tag in column.tags for column in port.spec.columns):
            yield f"the row filter {row_filter.name!r}", row_filter.exempt
