# SPDX-License-Identifier: Apache-2.0
"""Rules for contracts: what must be described and promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from meshform.model.findings import Finding, Place
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter


class ColumnsDescribed(Rule):
    """Every table and column of a product is described.

    Attributes:
        minimum_length: least number of characters of a description. Higher is tighter.
    """

    code: ClassVar[str] = "MF403"
    why: ClassVar[str] = "consumers should not guess what a field means"
    tighter: ClassVar[Mapping[str, Tighter]] = {"minimum_length": "higher"}
    good: ClassVar[str] = """
amount = Column(name="amount", type="decimal(18,2)", description="Value of the order in euro.")
DataProduct(orders, "orders", contract=contract(tables=(table(amount),)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
amount = Column(name="amount", type="decimal(18,2)")
DataProduct(orders, "orders", contract=contract(tables=(table(amount),)), pipeline=pipeline)
"""
    minimum_length: int = 1

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each table and each of its columns needs a description of the minimum length."""
        for table in product.tables:
            described: list[tuple[str, str | None, Place]] = [
                (table.full_name, table.spec.description, table.place)
            ]
            described += [(f"{table.full_name}.{c.name}", c.description, c.place) for c in table.spec.columns]
            for name, description, place in described:
                if len((description or "").strip()) < self.minimum_length:
                    yield self.finding(
                        f"{name} is not described",
                        place,
                        got=description,
                        allowed=f"a description of at least {self.minimum_length} characters",
                        fix="add a `description` in the contract",
                    )


class ServiceLevelPresent(Rule):
    """Every product promises the service levels that are asked for.

    Attributes:
        properties: ODCS service-level properties of which a contract must have one. `latency` and
            `freshness` mean the same.
    """

    code: ClassVar[str] = "MF404"
    why: ClassVar[str] = "a table becomes a product when consumers know how fresh it is kept"
    tighter: ClassVar[Mapping[str, Tighter]] = {"properties": "fewer"}
    good: ClassVar[str] = """
promise = ServiceLevel(property="freshness", value=4, unit="h")
DataProduct(orders, "orders", contract=contract(sla=(promise,)), pipeline=pipeline)
"""
    bad: ClassVar[str] = 'DataProduct(orders, "orders", contract=contract(sla=()), pipeline=pipeline)'
    properties: tuple[str, ...] = ("freshness", "latency")

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The contract must have one of the properties."""
        present = [level.property for level in product.spec.contract.sla]
        if not set(present) & set(self.properties):
            yield self.finding(
                f"{product.address} promises no service level",
                product.spec.contract.place if product.spec.contract.place.file else product.place,
                got=", ".join(present) or None,
                allowed=f"one of {', '.join(self.properties)}",
                fix="add it to `slaProperties` of the contract",
            )
