# SPDX-License-Identifier: Apache-2.0
"""Rules for consumers: who may read, who allowed it, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from pydantic import Field

from meshform.model.consumer import Consumer
from meshform.model.consumer_findings import place_of
from meshform.model.findings import Finding
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter

_PERSONAL = """
GovernancePolicy(
    mesh,
    "classes",
    classifications=[
        Classification(
            name="personal",
            mask=MaskFunction(name="mask_personal", body="'***'"),
            exempt=("personal-data-readers",),
        )
    ],
)
columns = (
    Column(name="order_id", type="string", description="Number of the order."),
    Column(name="email", type="string", description="Address of the buyer.", classification="personal"),
)
table = Table(name="buyers", physical_type="materialized_view", description="Buyers.", columns=columns)
"""


class ConsumersAreGroups(Rule):
    """Consumers are groups or products and no single people, and what everybody is in reads no classified
    column and is exempt from no mask.

    Attributes:
        everybody: names of groups that everybody is in, in any case.
        classes: classes of columns that they must not read. Default: every class.
        any_data: True keeps them from every port, also from one without such columns.
    """

    code: ClassVar[str] = "MF454"
    why: ClassVar[str] = (
        "access of one person outlives their task, and access of everybody was weighed by nobody"
    )
    key: ClassVar[tuple[str, ...]] = ("classes",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"everybody": "more", "any_data": "higher"}
    good: ClassVar[str] = """
consumer = Consumer(group="analytics", purpose="revenue of each month", approver="sales-owners")
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, consumers=[consumer])
"""
    bad: ClassVar[str] = """
consumer = Consumer(group="shop-system", purpose="revenue of each month", approver="sales-owners")
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, consumers=[consumer])
"""
    everybody: tuple[str, ...] = ("account users", "users", "admins")
    classes: tuple[str, ...] = ()
    any_data: bool = False

    def check_mesh(self, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Nobody who is exempt from a mask or a row filter may be everybody."""
        for policy in mesh.spec.policies:
            exempt = [(one.name, one.exempt) for one in policy.classifications]
            for protection, names in (*exempt, *((one.name, one.exempt) for one in policy.row_filters)):
                for name in names:
                    if name.casefold() in self._everybody:
                        yield self.finding(
                            f"everybody is exempt from {protection!r}",
                            policy.place,
                            got=name,
                            allowed="a group of those who need the data in clear",
                            fix="declare such a group and exempt it instead",
                        )

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each consumer must be a group or a product, and no group that everybody is in."""
        for consumer in product.spec.consumers:
            name = consumer.group
            if name is None:
                continue
            place = place_of(consumer, product.place)
            principal = mesh.spec.principals.find(name)
            if "@" in name or (principal is not None and not isinstance(principal, Group)):
                what = "a single person" if "@" in name else "a service principal"
                yield self.finding(
                    f"a consumer of {product.address} is {what}",
                    place,
                    got=name,
                    allowed="a group, or a product by `product`",
                    fix="put them into a group" if "@" in name else "name the product that it runs",
                )
            elif name.casefold() in self._everybody:
                columns = [] if self.any_data else classified(consumer, product, self.classes)
                if columns or self.any_data:
                    yield self.finding(
                        f"everybody would read {'classified columns of ' if columns else ''}"
                        f"{product.address}",
                        place,
                        got=f"{name}: {', '.join(columns)}" if columns else name,
                        allowed="a group of those who need it" + (", or other columns" if columns else ""),
                        fix="declare such a group"
                        + (", or leave these columns out by `columns`" if columns else ""),
                    )

    @cached_property
    def _everybody(self) -> frozenset[str]:
        return frozenset(name.casefold() for name in self.everybody)


class AccessApproved(Rule):
    """Each consumer has a purpose that says something, and was allowed by the producer's side: its owner, a
    technical owner, or a member of these. Nobody approves their own access.

    Attributes:
        purpose_characters: least number of characters of a purpose.
        approvers: who may approve beside the producer's side, such as a council. Default: nobody.
    """

    code: ClassVar[str] = "MF455"
    why: ClassVar[str] = (
        "access that a reader allowed themselves, or that says no purpose, was reviewed by nobody"
    )
    tighter: ClassVar[Mapping[str, Tighter]] = {"purpose_characters": "higher", "approvers": "fewer"}
    good: ClassVar[str] = """
consumer = Consumer(group="analytics", purpose="revenue of each month", approver="sales-owners")
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, consumers=[consumer])
"""
    bad: ClassVar[str] = """
consumer = Consumer(group="analytics", purpose="revenue of each month", approver="analytics")
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, consumers=[consumer])
"""
    purpose_characters: int = Field(default=10, ge=1)
    approvers: tuple[str, ...] = ()

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Purpose and approver of each consumer."""
        if not product.spec.consumers:
            return
        domain = product.domain.spec
        owners = {domain.owner, *domain.technical_owners, *self.approvers}
        side = mesh.spec.principals.with_members(owners)
        for consumer in product.spec.consumers:
            place = place_of(consumer, product.place)
            if len(consumer.purpose.strip()) < self.purpose_characters:
                yield self.finding(
                    f"consumer {consumer.name!r} of {product.address} has a purpose that says too little",
                    place,
                    got=consumer.purpose,
                    allowed=f"at least {self.purpose_characters} characters",
                    fix="say what the data is used for",
                )
            if (why := _own_approval(consumer, side, mesh)) is not None:
                yield self.finding(
                    f"the access of {consumer.name!r} to {product.address} was approved by {why}",
                    place,
                    got=consumer.approver,
                    allowed=", ".join(sorted(owners)),
                    fix=f"let the owner of {product.address} approve it",
                )


def _own_approval(consumer: Consumer, side: frozenset[str], mesh: ResolvedMesh) -> str | None:
    """Why an approver must not allow this access; None when it may. `side` are those of the producer."""
    principals, approver = mesh.spec.principals, consumer.approver
    if consumer.group is not None:
        if approver == consumer.group:
            return "themselves"
        if approver in principals.with_members([consumer.group]):
            return f"a member of {consumer.group!r}"
        if consumer.group in principals.with_members([approver]):
            return "a group that they are in"
    if approver in side:
        return None
    reader = mesh.spec.products_by_address.get(consumer.product or "")
    if reader is not None:
        domain = mesh.domains[reader.domain].spec
        asking = [domain.owner, *domain.technical_owners, *([reader.runs.run_as] if reader.runs else [])]
        if approver in principals.with_members(asking):
            return "the consumer's own side"
    return "somebody who does not own it"


class AccessEnds(Rule):
    """Who reads classified columns reads them until a day, and not longer than a number of days from today.

    Attributes:
        within_days: most days from the mesh's `today` to the last day of the access.
        classes: classes of columns that it is about. Default: every class.
        products: True asks it of consumers that are products, too. Default: of groups only, since people
            come and go.
    """

    code: ClassVar[str] = "MF456"
    why: ClassVar[str] = "access that never ends is never asked about again, and adds up"
    key: ClassVar[tuple[str, ...]] = ("classes",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"within_days": "lower", "products": "higher"}
    good: ClassVar[str] = f"""{_PERSONAL}
consumer = Consumer(
    group="analytics", purpose="cohorts of buyers", approver="sales-owners", until=date(2026, 12, 31)
)
DataProduct(orders, "buyers", contract=contract(tables=(table,)), pipeline=pipeline, consumers=[consumer])
"""
    bad: ClassVar[str] = f"""{_PERSONAL}
consumer = Consumer(group="analytics", purpose="cohorts of buyers", approver="sales-owners")
DataProduct(orders, "buyers", contract=contract(tables=(table,)), pipeline=pipeline, consumers=[consumer])
"""
    within_days: int = Field(default=365, ge=1)
    classes: tuple[str, ...] = ()
    products: bool = False

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each consumer of classified columns must have a last day that is near enough.

        Without a day of the mesh nobody can tell how near it is; that is MF324.
        """
        for consumer in product.spec.consumers:
            if consumer.product is not None and not self.products:
                continue
            columns = classified(consumer, product, self.classes)
            if not columns:
                continue
            what = f"the access of {consumer.name!r} to classified columns of {product.address}"
            place, allowed = place_of(consumer, product.place), f"at most {self.within_days} days from today"
            if consumer.until is None:
                yield self.finding(
                    f"{what} has no end",
                    place,
                    got=", ".join(columns),
                    allowed=f"`until`, {allowed}",
                    fix="give the consumer `until`, or leave these columns out by `columns`",
                )
            elif (
                mesh.spec.today is not None
                and (days := (consumer.until - mesh.spec.today).days) > self.within_days
            ):
                yield self.finding(
                    f"{what} lasts too long",
                    place,
                    got=f"until {consumer.until.isoformat()}, in {days} days",
                    allowed=allowed,
                    fix="agree on an earlier day, and renew it then",
                )


def classified(consumer: Consumer, product: ResolvedProduct, classes: tuple[str, ...]) -> list[str]:
    """`port.column (class)` of each column of some classes that a consumer is given. No classes are all."""
    wanted = {name.casefold() for name in consumer.columns}
    return [
        f"{port.name}.{column.name} ({column.classification})"
        for port in product.ports.values()
        if not consumer.ports or port.name in consumer.ports
        for column in port.classified_columns()
        if (not classes or column.classification in classes)
        and (not wanted or column.name.casefold() in wanted)
    ]
