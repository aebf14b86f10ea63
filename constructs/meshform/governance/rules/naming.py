# SPDX-License-Identifier: Apache-2.0
"""Rules for names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import Field

from meshform.model.findings import Finding, Place
from meshform.model.patterns import PatternText
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter

NameKind = Literal["domain", "schema", "product", "table", "column", "volume", "function", "job", "tag"]


class NamesMatch(Rule):
    """Names of one kind follow a pattern.

    Attributes:
        kind: what is named: `domain`, `schema`, `product`, `table` (also a view), `column`, `volume`,
            `function`, `job` (also a pipeline, by its name in production) or `tag` (the key).
        pattern: regular expression (Python) that the whole name must match.
        maximum_length: most characters of a name. Lower is tighter. Default: 255, the limit of Unity Catalog.
    """

    code: ClassVar[str] = "MF405"
    why: ClassVar[str] = "one way of naming makes products easy to find and to tell apart"
    key: ClassVar[tuple[str, ...]] = ("kind",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"maximum_length": "lower"}
    good: ClassVar[str] = 'DataProduct(orders, "open_orders", contract=contract(), pipeline=pipeline)'
    bad: ClassVar[str] = 'DataProduct(orders, "OpenOrders", contract=contract(), pipeline=pipeline)'
    example: ClassVar[Mapping[str, object]] = {"kind": "product"}
    kind: NameKind
    pattern: PatternText = "[a-z][a-z0-9_]*"
    maximum_length: int = Field(default=255, gt=0)

    @cached_property
    def _matches(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Names of the domain, and of its schemas and tags."""
        names: Iterable[str] = ()
        if self.kind == "domain":
            names = (domain.name,)
        elif self.kind == "schema":
            names = domain.spec.schemas
        elif self.kind == "tag":
            names = domain.spec.tags
        for name in names:
            yield from self._check(name, domain.place)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Names of the product, and of what belongs to it."""
        fits, longest = self._matches.fullmatch, self.maximum_length
        for name, place in _NAMES[self.kind](product):
            if not fits(name) or len(name) > longest:
                yield from self._check(name, product.at(place))

    def _check(self, name: str, place: Place) -> Iterator[Finding]:
        if not self._matches.fullmatch(name):
            yield self.finding(
                f"the name of a {self.kind} does not follow the mesh's pattern",
                place,
                got=name,
                allowed=self.pattern,
                fix="rename it",
            )
        elif len(name) > self.maximum_length:
            yield self.finding(
                f"the name of a {self.kind} is too long",
                place,
                got=f"{name} ({len(name)} characters)",
                allowed=f"at most {self.maximum_length} characters",
                fix="give it a shorter name",
            )


_Named = Iterator[tuple[str, Place]]


def _tags(product: ResolvedProduct) -> _Named:
    """Keys of tags of the product, its tables and their columns; those that Meshform sets are not theirs."""
    yield from ((key, product.place) for key in product.spec.tags)
    for table in product.tables:
        yield from ((tag.partition("=")[0], table.place) for tag in table.spec.tags)
        for column in (one for one in table.spec.columns if one.tags):
            yield from ((tag.partition("=")[0], column.place) for tag in column.tags)


_NAMES: Mapping[NameKind, Callable[[ResolvedProduct], _Named]] = {
    "domain": lambda product: iter(()),  # noqa: ARG005 - those of the domain are checked once
    "schema": lambda product: iter(()),  # noqa: ARG005
    "product": lambda product: iter([(product.name, product.place)]),
    "table": lambda product: ((table.name, table.place) for table in product.tables),
    "column": lambda product: (
        (column.name, column.place) for table in product.tables for column in table.spec.columns
    ),
    "volume": lambda product: ((volume.name, product.place) for volume in product.spec.volumes),
    "function": lambda product: ((function.name, product.place) for function in product.spec.functions),
    "job": lambda product: iter([(product.job_name, product.place)] if product.spec.runs else []),
    "tag": _tags,
}
