# SPDX-License-Identifier: Apache-2.0
"""Rules for shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from meshform.governance.shares import shared_ports
from meshform.model.findings import Finding
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter


class SharesExclude(Rule):
    """Shares hold no classified columns, but for recipients with whom that was agreed.

    Attributes:
        classes: classes that are not shared. Default: every class.
        except_recipients: names of recipients who may receive them.
    """

    code: ClassVar[str] = "MF410"
    why: ClassVar[str] = "masks do not govern who receives a share: what is in it leaves in clear"
    key: ClassVar[tuple[str, ...]] = ("classes",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"except_recipients": "fewer"}
    good: ClassVar[str] = """
share = Share(name="orders_for_partners", ports=("orders",), recipients=(Recipient(name="partner"),))
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, shares=[share])
"""
    bad: ClassVar[str] = """
GovernancePolicy(mesh, "classes", classifications=[Classification(name="personal")])
email = Column(name="email", type="string", description="Address.", classification="personal")
share = Share(name="orders_for_partners", ports=("orders",), recipients=(Recipient(name="partner"),))
DataProduct(orders, "orders", contract=contract(tables=(table(email),)), pipeline=pipeline, shares=[share])
"""
    classes: tuple[str, ...] = ()
    except_recipients: tuple[str, ...] = ()

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each port in a share must be free of those classes, or go to excepted recipients only."""
        for share in product.spec.shares:
            others = [one.name for one in share.recipients if one.name not in self.except_recipients]
            for port in shared_ports(share, product) if others else ():
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
