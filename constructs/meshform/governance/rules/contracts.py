# SPDX-License-Identifier: Apache-2.0
"""Rules for contracts: what must be described and promised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from meshform.governance.objectives import is_measured
from meshform.model.findings import Finding, Place
from meshform.model.near import one_of
from meshform.model.product import Product
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter


class ColumnsDescribed(Rule):
    """Every table and column of a product is described.

    Attributes:
        minimum_length: least number of characters of a description. Higher is tighter.
        minimum_coverage_percent: least share of a product's tables and columns that are described. Below 100
            it is one finding for each product, not one for each column. Higher is tighter.
    """

    code: ClassVar[str] = "MF403"
    why: ClassVar[str] = "consumers should not guess what a field means"
    tighter: ClassVar[Mapping[str, Tighter]] = {
        "minimum_length": "higher",
        "minimum_coverage_percent": "higher",
    }
    good: ClassVar[str] = """
amount = Column(name="amount", type="decimal(18,2)", description="Value of the order in euro.")
DataProduct(orders, "orders", contract=contract(tables=(table(amount),)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
amount = Column(name="amount", type="decimal(18,2)")
DataProduct(orders, "orders", contract=contract(tables=(table(amount),)), pipeline=pipeline)
"""
    minimum_length: int = Field(default=1, ge=0)
    minimum_coverage_percent: float = Field(default=100, ge=0, le=100)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Tables and columns need a description of the minimum length: each, or the share that is asked."""
        described = 0
        lacking: list[tuple[str, str | None, Place]] = []
        for table in product.tables:
            if self._is_short(table.spec.description):
                lacking.append((table.full_name, table.spec.description, table.place))
            short = [one for one in table.spec.columns if self._is_short(one.description)]
            lacking += [(f"{table.full_name}.{one.name}", one.description, one.place) for one in short]
            described += 1 + len(table.spec.columns)
        described -= len(lacking)
        if self.minimum_coverage_percent == 100:
            for name, description, place in lacking:
                yield self.finding(
                    f"{name} is not described",
                    place,
                    got=description,
                    allowed=f"a description of at least {self.minimum_length} characters",
                    fix="add a `description` in the contract",
                )
        elif (
            lacking
            and (share := 100 * described / (described + len(lacking))) < self.minimum_coverage_percent
        ):
            yield self.finding(
                f"too few tables and columns of {product.address} are described",
                product.at(product.spec.contract.place),
                got=f"{share:.1f} percent; without: {one_of(name for name, _, _ in lacking)}",
                allowed=f"{self.minimum_coverage_percent:g} percent with a description of at least "
                f"{self.minimum_length} characters",
                fix="add more `description`s in the contract",
            )

    def _is_short(self, description: str | None) -> bool:
        return len((description or "").strip()) < self.minimum_length


class ServiceLevelPresent(Rule):
    """Every product promises the service levels that are asked for.

    Attributes:
        properties: ODCS service-level properties of which a contract must have one. `latency` and
            `freshness` mean the same. Fewer is tighter.
        measured: True counts only what becomes an alert: a service level about an element of the data, or
            about the runs of the product's pipeline or job. Default: False, what is only kept counts too.
    """

    code: ClassVar[str] = "MF404"
    why: ClassVar[str] = "a table becomes a product when consumers know how fresh it is kept"
    tighter: ClassVar[Mapping[str, Tighter]] = {"properties": "fewer", "measured": "higher"}
    good: ClassVar[str] = """
promise = ServiceLevel(property="freshness", value=4, unit="h")
DataProduct(orders, "orders", contract=contract(sla=(promise,)), pipeline=pipeline)
"""
    bad: ClassVar[str] = 'DataProduct(orders, "orders", contract=contract(sla=()), pipeline=pipeline)'
    properties: tuple[str, ...] = ("freshness", "latency")
    measured: bool = False

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The contract must have one of the properties."""
        levels = product.spec.contract.sla
        if any(
            level.property in self.properties and (not self.measured or is_measured(level, product))
            for level in levels
        ):
            return
        fix = "add it to `slaProperties` of the contract"
        yield self.finding(
            f"{product.address} promises no service level" + (" that is measured" if self.measured else ""),
            product.at(product.spec.contract.place),
            got=", ".join(level.property for level in levels) or None,
            allowed=f"one of {', '.join(self.properties)}",
            fix=f"{fix}, with an `element` that shows it" if self.measured else fix,
        )


Section = Literal[
    "name",
    "domain",
    "data_product",
    "version",
    "status",
    "purpose",
    "usage",
    "limitations",
    "schema",
    "sla",
    "team",
    "members",
    "support",
    "roles",
]
_KEYS: Mapping[Section, str] = {
    "data_product": "dataProduct",
    "purpose": "description.purpose",
    "usage": "description.usage",
    "limitations": "description.limitations",
    "sla": "slaProperties",
    "members": "team.members",
}
_OF_THE_PRODUCT = ("version", "status", "purpose", "usage", "limitations")


class MinimumContract(Rule):
    """Every contract has the sections that are asked for.

    Attributes:
        sections: parts of the contract that must not be empty: `name`, `domain`, `data_product`, `version`,
            `status`, `purpose`, `usage`, `limitations` (of the description), `schema`, `sla`, `team`,
            `members` (of the team), `support` and `roles`. What the data product itself says of version,
            status, purpose, usage and limitations counts. More is tighter.
    """

    code: ClassVar[str] = "MF440"
    why: ClassVar[str] = "consumers decide by the contract whether they can build on a product"
    tighter: ClassVar[Mapping[str, Tighter]] = {"sections": "more"}
    good: ClassVar[str] = """
complete = contract(purpose="Reports and forecasts of sales.", usage="Join on order_id.")
DataProduct(orders, "orders", contract=complete, pipeline=pipeline)
"""
    bad: ClassVar[str] = """
DataProduct(orders, "orders", contract=contract(purpose=None), pipeline=pipeline)
"""
    sections: tuple[Section, ...] = ("purpose", "usage", "limitations", "status", "sla", "team", "support")

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """One finding for each section that is missing."""
        for section in self.sections:
            if not _has(section, product.spec):
                key = _KEYS.get(section, section)
                yield self.finding(
                    f"the contract of {product.address} does not say its {section.replace('_', ' ')}",
                    product.at(product.spec.contract.place),
                    allowed=f"a contract with {', '.join(_KEYS.get(one, one) for one in self.sections)}",
                    fix=f"add `{key}` to the contract",
                )


def _has(section: Section, product: Product) -> bool:
    contract = product.contract
    if section == "schema":
        return bool(contract.tables)
    if section == "members":
        return bool(contract.team and contract.team.members)
    value = getattr(contract, section)
    if section in _OF_THE_PRODUCT:
        value = getattr(product, section) or value
    return bool(value.strip() if isinstance(value, str) else value)
