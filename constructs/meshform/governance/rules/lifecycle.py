# SPDX-License-Identifier: Apache-2.0
"""Rules for the life of a product: versions, and how its end is announced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar

from pydantic import Field

from meshform.model.findings import Finding
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter

# semver.org, "Is there a suggested regular expression?"
_NUMBER, _WORD = r"(?:0|[1-9]\d*)", r"(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
_SEMANTIC = re.compile(
    rf"({_NUMBER})\.{_NUMBER}\.{_NUMBER}(-{_WORD}(?:\.{_WORD})*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
DEPRECATED_SINCE = "deprecatedSince"
"""Custom property of a contract: the day on which the end of the product was announced."""


class SemanticVersions(Rule):
    """Versions of contracts and products are semantic versions.

    Attributes:
        minimum_major: least major version of an active product: 1 for what is stable by semantic versioning,
            where 0 may still change in any way. Higher is tighter.
    """

    code: ClassVar[str] = "MF444"
    why: ClassVar[str] = (
        "a version tells consumers whether a change breaks them only if it is written as agreed"
    )
    tighter: ClassVar[Mapping[str, Tighter]] = {"minimum_major": "higher"}
    good: ClassVar[str] = """
DataProduct(orders, "orders", contract=contract(version="1.2.0"), pipeline=pipeline)
"""
    bad: ClassVar[str] = 'DataProduct(orders, "orders", contract=contract(version="1.2"), pipeline=pipeline)'
    minimum_major: int = Field(default=0, ge=0)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The version of the contract, and that of the product when it has its own."""
        spec = product.spec
        versions = [("the contract of ", spec.contract.version, product.at(spec.contract.place))]
        if spec.version is not None:
            versions.append(("", spec.version, product.place))
        for what, version, place in versions:
            match = _SEMANTIC.fullmatch(version)
            if match is None:
                yield self.finding(
                    f"the version of {what}{product.address} is no semantic version",
                    place,
                    got=version or "nothing",
                    allowed="MAJOR.MINOR.PATCH, such as 1.4.0 or 2.0.0-rc.1",
                    fix="write all three numbers, and nothing before them",
                )
            elif spec.current_status == "active" and int(match[1]) < self.minimum_major:
                yield self.finding(
                    f"{what}{product.address} is active, and its version says that it is not stable",
                    place,
                    got=version,
                    allowed=f"{self.minimum_major}.0.0 and higher",
                    fix="raise the version, or give the product the status 'draft'",
                )


class DeprecationAnnounced(Rule):
    """The end of a product is announced in time, and says what comes after it.

    The notice is counted from the day in the contract's custom property `deprecatedSince`. Without it the
    notice is what is left from the mesh's `today`.

    Attributes:
        minimum_notice_days: least days from the announcement to the product's sunset. Higher is tighter.
        maximum_notice_days: most days from the announcement to the sunset, so that what is deprecated goes.
            Lower is tighter.
        successor: True asks for a product that replaces it. Default: True.
    """

    code: ClassVar[str] = "MF445"
    why: ClassVar[str] = "consumers need time and a place to go to before a product ends"
    tighter: ClassVar[Mapping[str, Tighter]] = {
        "minimum_notice_days": "higher",
        "maximum_notice_days": "lower",
        "successor": "higher",
    }
    good: ClassVar[str] = """
from datetime import date

since = CustomProperty(property="deprecatedSince", value="2026-10-01")
old = contract(custom_properties=(since,))
new = contract(version="2.0.0", tables=(table(name="orders_v2"),))
DataProduct(
    orders, "orders", contract=old, pipeline=pipeline, status="deprecated", sunset=date(2027, 3, 31)
)
DataProduct(orders, "orders_v2", contract=new, pipeline=pipeline, replaces="orders")
"""
    bad: ClassVar[str] = """
from datetime import date

since = CustomProperty(property="deprecatedSince", value="2027-03-01")
old = contract(custom_properties=(since,))
DataProduct(
    orders, "orders", contract=old, pipeline=pipeline, status="deprecated", sunset=date(2027, 3, 31)
)
"""
    minimum_notice_days: int = Field(default=90, ge=0)
    maximum_notice_days: int = Field(default=730, ge=0)
    successor: bool = True

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """A deprecated product; one without a sunset is refused anyway."""
        if product.spec.current_status != "deprecated":
            return
        if product.spec.sunset is not None:
            yield from self._notice(product, product.spec.sunset, mesh.spec.today)
        if self.successor and product.replaced_by is None:
            yield self.finding(
                f"{product.address} is deprecated, and nothing replaces it",
                product.place,
                allowed="a product of the same domain with `replaces`",
                fix=f"write `replaces={product.name!r}` at the product that comes after it",
            )

    def _notice(self, product: ResolvedProduct, sunset: date, today: date | None) -> Iterator[Finding]:
        written = next(
            (
                one.value
                for one in product.spec.contract.custom_properties
                if one.property == DEPRECATED_SINCE
            ),
            None,
        )
        since = today if written is None else _day(written)
        if since is None:
            yield self.finding(
                f"nobody can tell since when {product.address} is deprecated",
                product.at(product.spec.contract.place),
                got=None if written is None else f"{DEPRECATED_SINCE}: {written}",
                allowed="a day, YYYY-MM-DD",
                fix=f"add the custom property `{DEPRECATED_SINCE}` to the contract, or give the mesh `today`",
            )
            return
        days = (sunset - since).days
        got = f"{days} days, from {since.isoformat()}{' (today)' if written is None else ''} to {sunset}"
        allowed = f"{self.minimum_notice_days} to {self.maximum_notice_days} days"
        if days < self.minimum_notice_days:
            fix = "give it a later `sunset`"
            if written is None:
                fix += f", or say in the contract since when it is deprecated, `{DEPRECATED_SINCE}`"
            summary = f"the end of {product.address} is announced too late"
            yield self.finding(summary, product.place, got=got, allowed=allowed, fix=fix)
        elif days > self.maximum_notice_days:
            summary = f"{product.address} is deprecated, and kept for too long"
            yield self.finding(
                summary, product.place, got=got, allowed=allowed, fix="give it an earlier `sunset`"
            )


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
