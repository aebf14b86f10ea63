# SPDX-License-Identifier: Apache-2.0
"""Rules for tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from meshform.model.findings import Finding, Place
from meshform.model.lifecycle import product_tags
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter


class TagRequired(Rule):
    """Every domain, product or table has a tag, with one of the allowed values.

    Tags of a domain are the properties of its catalog; a product has those of its domain's cost center and
    its own, and a table those of its product too.

    Attributes:
        on: what must have the tag: `domain`, `product` or `table`.
        tag: key of the tag.
        values: allowed values. Fewer is tighter. Default: None, every value that is not empty.
    """

    code: ClassVar[str] = "MF443"
    why: ClassVar[str] = "costs, owners and retention are reported by tags, and what has none falls out"
    key: ClassVar[tuple[str, ...]] = ("on", "tag")
    tighter: ClassVar[Mapping[str, Tighter]] = {"values": "fewer"}
    good: ClassVar[str] = """
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, tags={"criticality": "high"})
"""
    bad: ClassVar[str] = """
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, tags={"criticality": "very"})
"""
    example: ClassVar[Mapping[str, object]] = {
        "on": "product",
        "tag": "criticality",
        "values": ("high", "low"),
    }
    on: Literal["domain", "product", "table"]
    tag: str
    values: tuple[str, ...] | None = None

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The domain's own tags."""
        if self.on == "domain":
            yield from self._check(f"domain {domain.name!r}", domain.spec.properties, domain.place)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Tags of the product, or of each of its tables."""
        if self.on == "product":
            tags = product.tags | product_tags(product)
            yield from self._check(product.address, tags, product.place)
        elif self.on == "table":
            tags = product_tags(product)
            for table in product.tables:
                own = dict(tag.partition("=")[::2] for tag in table.spec.tags)
                yield from self._check(table.full_name, tags | own, product.at(table.place))

    def _check(self, name: str, tags: Mapping[str, str], place: Place) -> Iterator[Finding]:
        value = tags.get(self.tag) or None
        if value is None:
            yield self.finding(
                f"{name} has no tag {self.tag!r}",
                place,
                got=one_of(tags) or None,
                allowed=one_of(self.values) if self.values else None,
                fix=f"give it the tag {self.tag!r}",
            )
        elif self.values is not None and value not in self.values:
            yield self.finding(
                f"{name} has a value of the tag {self.tag!r} that is not allowed",
                place,
                got=value,
                allowed=one_of(self.values),
                fix=did_you_mean(value, self.values) or "give the tag an allowed value",
            )
