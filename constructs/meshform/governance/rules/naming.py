# SPDX-License-Identifier: Apache-2.0
"""Rules for names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import field_validator

from meshform.model.findings import Finding, Place
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule

NameKind = Literal["domain", "schema", "product", "table", "column"]


class NamesMatch(Rule):
    """Names of one kind follow a pattern.

    Attributes:
        kind: what is named.
        pattern: regular expression (Python) that the whole name must match.
    """

    code: ClassVar[str] = "MF405"
    why: ClassVar[str] = "one way of naming makes products easy to find and to tell apart"
    key: ClassVar[tuple[str, ...]] = ("kind",)
    good: ClassVar[str] = 'DataProduct(orders, "open_orders", contract=contract(), pipeline=pipeline)'
    bad: ClassVar[str] = 'DataProduct(orders, "OpenOrders", contract=contract(), pipeline=pipeline)'
    example: ClassVar[Mapping[str, object]] = {"kind": "product"}
    kind: NameKind
    pattern: str = "[a-z][a-z0-9_]*"

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    @cached_property
    def _matches(self) -> re.Pattern[str]:
        return re.compile(self.pattern)

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Names of the domain and of its schemas."""
        if self.kind == "domain":
            yield from self._check(domain.name, domain.place)
        elif self.kind == "schema":
            for schema in domain.spec.schemas:
                yield from self._check(schema, domain.place)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Names of the product, its tables and their columns."""
        if self.kind == "product":
            yield from self._check(product.name, product.place)
        for table in product.tables:
            if self.kind == "table":
                yield from self._check(table.name, table.place)
            elif self.kind == "column":
                for column in table.spec.columns:
                    yield from self._check(column.name, column.place)

    def _check(self, name: str, place: Place) -> Iterator[Finding]:
        if not self._matches.fullmatch(name):
            yield self.finding(
                f"the name of a {self.kind} does not follow the mesh's pattern",
                place,
                got=name,
                allowed=self.pattern,
                fix="rename it",
            )
