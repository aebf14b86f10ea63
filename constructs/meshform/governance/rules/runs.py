# SPDX-License-Identifier: Apache-2.0
"""Rules for what runs: as whom, on what, and who pays.

That pipelines and jobs run as a service principal, and not as a group, is always checked (MF316). They run
on serverless compute, which has no size to limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from pydantic import Field

from meshform.model.findings import Finding
from meshform.model.near import one_of
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter


class RunsAsOwnPrincipal(Rule):
    """Pipelines and jobs run as a service principal of their domain: not as a deployer, and not as one that
    runs something of another domain.

    Attributes:
        shared: service principals that may run products of several domains. Default: none.
        of_product: True asks for a service principal of its own for each product.
    """

    code: ClassVar[str] = "MF457"
    why: ClassVar[str] = "a principal that runs code of two teams lets each team read what only the other may"
    tighter: ClassVar[Mapping[str, Tighter]] = {"shared": "fewer", "of_product": "higher"}
    good: ClassVar[str] = """
DataProduct(
    orders, "orders", contract=contract(), pipeline=Pipeline(source=source, run_as="sales-pipeline")
)
"""
    bad: ClassVar[str] = """
DataProduct(orders, "orders", contract=contract(), pipeline=Pipeline(source=source, run_as="deployer"))
"""
    shared: tuple[str, ...] = ()
    of_product: bool = False

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Whoever runs it must run nothing of another domain, and deploy nothing."""
        if (runs := product.spec.runs) is not None:
            deployers = mesh.deployers
            what = f"the {type(runs).__name__.lower()} of {product.address}"
            if runs.run_as in deployers:
                yield self.finding(
                    f"{what} runs as {deployers[runs.run_as]}, who may change access",
                    product.place,
                    got=runs.run_as,
                    allowed="a service principal that only runs it",
                    fix="declare a service principal for it",
                )
            if runs.run_as not in self.shared and (other := self._other(product, runs.run_as, mesh)):
                yield self.finding(
                    f"{what} runs as a principal that also runs something of another"
                    f" {'product' if self.of_product else 'domain'}",
                    product.place,
                    got=f"{runs.run_as}, which runs {other}",
                    allowed=f"a service principal of each {'product' if self.of_product else 'domain'}",
                    fix="declare a service principal for it",
                )

    def _other(self, product: ResolvedProduct, run_as: str, mesh: ResolvedMesh) -> str | None:
        """Another product that it must not run beside this one; None when there is none."""
        by_domain = mesh.run_by[run_as]
        domain = next((name for name in by_domain if name != product.domain.name), None)
        if domain is not None:
            return by_domain[domain][0]
        mine = by_domain[product.domain.name] if self.of_product else ()
        return next((address for address in mine if address != product.address), None)


class CostCenterPresent(Rule):
    """Each domain says who pays, so that its pipelines and jobs carry the tag `cost_center`.

    Attributes:
        cost_centers: the cost centres that there are. Default: any.
    """

    code: ClassVar[str] = "MF458"
    why: ClassVar[str] = "cost that carries who pays is looked at; other cost is everybody's, and so nobody's"
    tighter: ClassVar[Mapping[str, Tighter]] = {"cost_centers": "fewer"}
    good: ClassVar[str] = 'Domain(mesh, "returns", owner="sales-owners", cost_center="4711")'
    bad: ClassVar[str] = 'Domain(mesh, "returns", owner="sales-owners")'
    cost_centers: tuple[str, ...] | None = None

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The domain must have a cost centre, one of those that there are."""
        given = domain.spec.cost_center
        if not given or (self.cost_centers is not None and given not in self.cost_centers):
            yield self.finding(
                f"domain {domain.name!r} has no cost centre" + (" that is known" if given else ""),
                domain.place,
                got=given,
                allowed=None if self.cost_centers is None else one_of(self.cost_centers),
                fix="give the domain `cost_center`",
            )


class WarehouseLimits(Rule):
    """The platform's SQL warehouse is of a modest size, and stops soon when nobody uses it.

    It is about a warehouse that the mesh makes; one with `create=False` is its maker's.

    Attributes:
        sizes: sizes that it may have.
        auto_stop_minutes: most idle minutes before it stops. A warehouse with 0 minutes never does.
    """

    code: ClassVar[str] = "MF499"
    why: ClassVar[str] = "a warehouse costs by size and by minute, also in minutes in which nobody asks it"
    tighter: ClassVar[Mapping[str, Tighter]] = {"sizes": "fewer", "auto_stop_minutes": "lower"}
    good: ClassVar[str] = """
platform = Platform(owner="platform-owners", warehouse=Warehouse(size="Small"))
"""
    bad: ClassVar[str] = """
platform = Platform(owner="platform-owners", warehouse=Warehouse(size="4X-Large"))
"""
    sizes: tuple[str, ...] = ("2X-Small", "X-Small", "Small", "Medium")
    auto_stop_minutes: int = Field(default=30, ge=1)

    def check_mesh(self, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Size and idle minutes of the warehouse must be within the limits."""
        warehouse = mesh.spec.platform.warehouse
        if not warehouse.create:
            return
        if warehouse.size not in self.sizes:
            yield self.finding(
                "the platform's warehouse is of a size that the policy does not allow",
                mesh.spec.place,
                got=warehouse.size,
                allowed=", ".join(self.sizes),
                fix="set `size` of the platform's Warehouse",
            )
        if not 0 < warehouse.auto_stop_minutes <= self.auto_stop_minutes:
            yield self.finding(
                "the platform's warehouse runs on when nobody uses it",
                mesh.spec.place,
                got=f"{warehouse.auto_stop_minutes} minutes"
                if warehouse.auto_stop_minutes
                else "never stops",
                allowed=f"1 to {self.auto_stop_minutes} minutes",
                fix="set `auto_stop_minutes` of the platform's Warehouse",
            )
