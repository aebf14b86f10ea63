# SPDX-License-Identifier: Apache-2.0
"""Rules for quality: ports are checked, and their rows can be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from meshform.model.findings import Finding
from meshform.model.near import one_of
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.rule import Rule, Tighter


class QualityRulesPresent(Rule):
    """Every table that is an output port has quality rules.

    Rules of type `text`, which nothing runs, do not count.

    Attributes:
        minimum: least number of rules of a port. Higher is tighter.
        dimensions: quality dimensions that a port's rules must cover, such as `completeness`. More is
            tighter.
        views: True asks it of ports that are views too. Default: False, a view shows what was checked.
    """

    code: ClassVar[str] = "MF448"
    why: ClassVar[str] = "a port that nobody checks is checked by its consumers, when it is too late"
    tighter: ClassVar[Mapping[str, Tighter]] = {"minimum": "higher", "dimensions": "more", "views": "higher"}
    good: ClassVar[str] = """
checked = table(quality=(QualityRule(name="amount_is_positive", expression="amount >= 0"),))
DataProduct(orders, "orders", contract=contract(tables=(checked,)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
DataProduct(orders, "orders", contract=contract(tables=(table(quality=()),)), pipeline=pipeline)
"""
    minimum: int = Field(default=1, ge=0)
    dimensions: tuple[str, ...] = ()
    views: bool = False

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The rules of each port, and the dimensions that they are of."""
        for table in _ports(product, views=self.views):
            rules = [rule for rule in table.spec.rules if rule.type != "text"]
            if len(rules) < self.minimum:
                yield self.finding(
                    f"{table.full_name} has too few quality rules",
                    product.at(table.place),
                    got=str(len(rules)),
                    allowed=f"at least {self.minimum}",
                    fix="add rules under `quality` in the contract",
                )
            if self.dimensions:
                covered = {rule.dimension for rule in rules if rule.dimension}
                if lacking := [one for one in self.dimensions if one not in covered]:
                    yield self.finding(
                        f"{table.full_name} has no quality rule of a dimension: {', '.join(lacking)}",
                        product.at(table.place),
                        got=one_of(covered) or None,
                        allowed=one_of(self.dimensions),
                        fix="add rules with these `dimension`s under `quality` in the contract",
                    )


class PrimaryKeyDeclared(Rule):
    """Every table that is an output port declares its primary key.

    Attributes:
        views: True asks it of ports that are views too. Default: False.
    """

    code: ClassVar[str] = "MF449"
    why: ClassVar[str] = "without a key consumers cannot join a port, or tell whether a row is there twice"
    tighter: ClassVar[Mapping[str, Tighter]] = {"views": "higher"}
    good: ClassVar[str] = """
order_id = Column(name="order_id", type="bigint", description="Number of the order.", primary_key=True)
DataProduct(orders, "orders", contract=contract(tables=(table(order_id),)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
order_id = Column(name="order_id", type="bigint", description="Number of the order.")
DataProduct(orders, "orders", contract=contract(tables=(table(order_id),)), pipeline=pipeline)
"""
    views: bool = False

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The columns of each port."""
        for table in _ports(product, views=self.views):
            if not any(column.primary_key for column in table.spec.columns):
                yield self.finding(
                    f"{table.full_name} has no primary key",
                    product.at(table.place),
                    allowed="at least one column with `primaryKey: true`",
                    fix="mark the columns that tell its rows apart as `primaryKey` in the contract",
                )


def _ports(product: ResolvedProduct, *, views: bool) -> Iterator[ResolvedTable]:
    return (table for table in product.ports.values() if views or not table.is_view)
