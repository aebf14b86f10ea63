# SPDX-License-Identifier: Apache-2.0
"""Rules for data that leaves: to which regions, to whom, and until when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from meshform.governance.shares import shared_ports
from meshform.model.findings import Finding
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter
from meshform.model.share import Recipient

_PERSONAL = """
GovernancePolicy(
    mesh,
    "classes",
    rules=[SharesExclude(except_recipients=("partner",))],  # masks do not hold there, so it is agreed
    classifications=[
        Classification(
            name="personal",
            mask=MaskFunction(name="mask_personal", body="'***'"),
            exempt=("personal-data-readers", "sales-owners"),
        )
    ],
)
email = Column(name="email", type="string", description="Address.", classification="personal")
table = Table(name="buyers", physical_type="materialized_view", description="Buyers.", columns=(email,))
"""


class DataStaysIn(Rule):
    """Columns of certain classes are kept in certain regions, and go to recipients there only.

    Where a mesh keeps data is the `region` of its environment. A recipient on Databricks has the region of
    its metastore id, one with a token the `region` that is declared for it. What is not known is a finding.
    The URL of a `storage_root` names no region, so the region of the metastore is taken for all of its data;
    the local workspace has none.

    Attributes:
        regions: regions, as cloud providers name them, such as `eu-central-1`.
        classes: classes of columns. Default: every class.
        except_recipients: names of recipients elsewhere who may receive them.
    """

    code: ClassVar[str] = "MF497"
    why: ClassVar[str] = (
        "law protects some data in some places only, so it is kept there and goes nowhere else"
    )
    key: ClassVar[tuple[str, ...]] = ("classes",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"regions": "fewer", "except_recipients": "fewer"}
    good: ClassVar[str] = f"""{_PERSONAL}
partner = Recipient(name="partner", region="eu-west-1")
share = Share(name="buyers_for_partners", ports=("buyers",), recipients=(partner,))
DataProduct(orders, "buyers", contract=contract(tables=(table,)), pipeline=pipeline, shares=[share])
"""
    bad: ClassVar[str] = f"""{_PERSONAL}
partner = Recipient(
    name="partner", metastore_ids="aws:us-east-1:19a85dee-54bc-43a2-87ab-023d0ec16013"
)
share = Share(name="buyers_for_partners", ports=("buyers",), recipients=(partner,))
DataProduct(orders, "buyers", contract=contract(tables=(table,)), pipeline=pipeline, shares=[share])
"""
    example: ClassVar[Mapping[str, object]] = {"regions": ("eu-central-1", "eu-west-1")}
    regions: tuple[str, ...] = Field(min_length=1)
    classes: tuple[str, ...] = ()
    except_recipients: tuple[str, ...] = ()

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The environment must be in one of the regions where the domain holds such columns."""
        environment = mesh.environment
        if environment.is_local or environment.region in self.regions:
            return
        held = next(
            (
                f"{table.full_name}.{column.name} ({column.classification})"
                for product in domain.products
                for table in product.tables
                for column in table.classified_columns()
                if not self.classes or column.classification in self.classes
            ),
            None,
        )
        if held is not None:
            yield self.finding(
                f"domain {domain.name!r} would hold data in environment {environment.name!r},"
                + (
                    " whose region is not known"
                    if environment.region is None
                    else " in a region where it must not be"
                ),
                domain.place,
                got=f"{environment.region or 'no region'}, for {held}",
                allowed=", ".join(self.regions),
                fix=f"give Environment(name={environment.name!r}) its `region`"
                if environment.region is None
                else "deploy the domain in another environment",
            )

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each recipient of such columns must be in one of the regions."""
        for share in product.spec.shares:
            columns = [
                f"{port.name}.{column.name} ({column.classification})"
                for port in shared_ports(share, product)
                for column in port.classified_columns()
                if not self.classes or column.classification in self.classes
            ]
            for recipient in share.recipients if columns else ():
                region = recipient.region_in(mesh.environment)
                if region not in self.regions and recipient.name not in self.except_recipients:
                    yield self.finding(
                        f"share {share.name!r} takes data to recipient {recipient.name!r},"
                        + (
                            " whose region is not known"
                            if region is None
                            else " in a region where it must not be"
                        ),
                        product.place,
                        got=f"{region or 'no region'}, for {', '.join(columns)}",
                        allowed=", ".join(self.regions),
                        fix="give the recipient its `region`, or share a view without these columns"
                        if region is None
                        else "share a view without these columns",
                    )


class RecipientsLimited(Rule):
    """Recipients with a token are few, come from known addresses, and their token ends.

    Attributes:
        token_recipients: names of recipients who may read by a token. Default: any.
        within_days: most days from the mesh's `today` to the last day of a token.
        addresses: True asks for `allowed_ip_addresses`.
    """

    code: ClassVar[str] = "MF498"
    why: ClassVar[str] = "whoever holds a token reads, so it serves few, from known places, for some time"
    tighter: ClassVar[Mapping[str, Tighter]] = {
        "token_recipients": "fewer",
        "within_days": "lower",
        "addresses": "higher",
    }
    good: ClassVar[str] = """
auditors = Recipient(
    name="auditors", allowed_ip_addresses=("192.0.2.0/24",), until=date(2026, 12, 31)
)
share = Share(name="orders_for_auditors", ports=("orders",), recipients=(auditors,))
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, shares=[share])
"""
    bad: ClassVar[str] = """
share = Share(name="orders_for_auditors", ports=("orders",), recipients=(Recipient(name="auditors"),))
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, shares=[share])
"""
    token_recipients: tuple[str, ...] | None = None
    within_days: int = Field(default=365, ge=1)
    addresses: bool = True

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each recipient with a token must have leave, addresses and an end."""
        for share in product.spec.shares:
            for recipient in share.recipients:
                if recipient.metastore_ids is None:
                    for summary, got, allowed, fix in self._token(recipient, mesh):
                        yield self.finding(
                            f"recipient {recipient.name!r} of share {share.name!r} {summary}",
                            product.place,
                            got=got,
                            allowed=allowed,
                            fix=fix,
                        )

    def _token(
        self, recipient: Recipient, mesh: ResolvedMesh
    ) -> Iterator[tuple[str, str | None, str | None, str]]:
        """What is wrong with a recipient who has a token, the value got, what is allowed, and the fix."""
        if self.token_recipients is not None and recipient.name not in self.token_recipients:
            yield (
                "would read by a token, without leave",
                recipient.name,
                ", ".join(sorted(self.token_recipients)) or "recipients on Databricks only",
                "ask for its metastore id, or let the policy's `token_recipients` name it",
            )
        if self.addresses and not recipient.allowed_ip_addresses:
            yield (
                "may use its token from any address",
                None,
                "IPv4 addresses or ranges in CIDR form",
                "give the recipient `allowed_ip_addresses`",
            )
        allowed = f"at most {self.within_days} days from today"
        if recipient.until is None:
            yield "has a token without an end", None, f"`until`, {allowed}", "give the recipient `until`"
        elif mesh.spec.today and (days := (recipient.until - mesh.spec.today).days) > self.within_days:
            yield (
                "has a token that lasts too long",
                f"until {recipient.until.isoformat()}, in {days} days",
                allowed,
                "agree on an earlier day, and renew it then",
            )
