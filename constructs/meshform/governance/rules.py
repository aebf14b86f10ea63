# SPDX-License-Identifier: Apache-2.0
"""The built-in rules. Each has a stable code, a sentence why, and its parameters as fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import field_validator

from meshform.model.data_types import normalize
from meshform.model.findings import Finding, Place
from meshform.model.inputs import ManifestPort, PortReference
from meshform.model.policy import ROW_FILTER_TAG, Rule
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct

NameKind = Literal["domain", "schema", "product", "table", "column"]


class OwnerIsGroup(Rule):
    """A domain's owner is a group of the registry, and nobody's consumer."""

    code: ClassVar[str] = "MF401"
    why: ClassVar[str] = "people leave and change teams; a group that owns a catalog outlives them"

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The owner must be a group, and not one that only consumes the domain's products."""
        owner = domain.spec.owner
        if not isinstance(mesh.spec.principals.find(owner), Group):
            yield self.finding(
                f"domain {domain.name!r} is not owned by a group",
                domain.place,
                got=owner,
                allowed="a group of the mesh's registry",
                fix="declare a group for the domain's owners and make it the owner",
            )
        for product in domain.products:
            if any(consumer.group == owner for consumer in product.spec.consumers):
                yield self.finding(
                    f"the owner of domain {domain.name!r} is also a consumer of {product.address}",
                    product.place,
                    got=owner,
                    allowed="an owner group of its own",
                    fix="declare a group for the consumers",
                )


class SupportPath(Rule):
    """Consumers of a domain can find help."""

    code: ClassVar[str] = "MF402"
    why: ClassVar[str] = "a product without a support path leaves its consumers alone when it breaks"

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The domain must name a channel, an e-mail address or a link."""
        if not str(domain.spec.support):
            yield self.finding(
                f"domain {domain.name!r} has no support path",
                domain.place,
                allowed="a channel, an e-mail address or a link",
                fix='give the domain `support=Support(channel="#...")`',
            )


class ColumnsDescribed(Rule):
    """Every table and column of a product is described.

    Attributes:
        minimum_length: least number of characters of a description. Higher is tighter.
    """

    code: ClassVar[str] = "MF403"
    why: ClassVar[str] = "consumers should not guess what a field means"
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


class NamesMatch(Rule):
    """Names of one kind follow a pattern.

    Attributes:
        kind: what is named.
        pattern: regular expression (Python) that the whole name must match.
    """

    code: ClassVar[str] = "MF405"
    why: ClassVar[str] = "one way of naming makes products easy to find and to tell apart"
    kind: NameKind
    pattern: str = "[a-z][a-z0-9_]*"

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
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


class ClassifiedColumnsMasked(Rule):
    """Every classified column is covered by a mask of its class that fits its type."""

    code: ClassVar[str] = "MF406"
    why: ClassVar[str] = "a classified column that no policy covers is read in clear by everybody with SELECT"

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The class must be known and have a mask, and the mask must take the column's type."""
        for table in product.tables:
            for column in table.classified_columns():
                name = f"{table.full_name}.{column.name}"
                declared = mesh.classifications.get(column.classification or "")
                if declared is None:
                    yield self.finding(
                        f"{name} has a classification that no policy declares",
                        column.place,
                        got=column.classification,
                        allowed=", ".join(mesh.classifications) or "none is declared",
                        fix="declare a Classification of that name in a policy of the mesh, or correct it",
                    )
                elif declared.mask is None:
                    yield self.finding(
                        f"{name} is classified, but its class has no mask",
                        column.place,
                        got=column.classification,
                        fix="give the Classification a `mask`",
                    )
                elif normalize(declared.mask.data_type) != column.type:
                    yield self.finding(
                        f"{name} has a type that the mask of its class does not take",
                        column.place,
                        got=column.type,
                        allowed=declared.mask.data_type,
                        fix="change its type or class, or declare a class whose mask takes that type",
                    )


class PipelinesReadClear(Rule):
    """A pipeline's or job's service principal is exempt from masks and row filters on what it reads."""

    code: ClassVar[str] = "MF407"
    why: ClassVar[str] = "a pipeline that reads masked columns or filtered rows stores what it saw, for ever"

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The principal must be exempt from each mask and row filter on its tables and inputs, or be in a
        group that is.
        """
        runs = product.spec.runs
        if runs is None:
            return
        inputs = [
            (ref.domain if isinstance(ref, PortReference) else "", port)
            for ref in product.spec.inputs
            if not isinstance(ref, ManifestPort) and (port := mesh.input(product.spec, ref))
        ]
        protections = {
            f"{protection.name} of {ref}": protection.exempt
            for ref in product.spec.inputs
            if isinstance(ref, ManifestPort)
            for protection in ref.protections
        }
        for domain, table in [*((product.domain.name, table) for table in product.tables), *inputs]:
            for column in table.classified_columns():
                declared = mesh.classifications.get(column.classification or "")
                if declared and declared.mask:
                    protections[f"the mask of class {declared.name!r}"] = declared.exempt
            for row_filter in mesh.row_filters(domain):
                tag = f"{ROW_FILTER_TAG}={row_filter.name}"
                if any(tag in column.tags for column in table.spec.columns):
                    protections[f"the row filter {row_filter.name!r}"] = row_filter.exempt
        for protection, names in sorted(protections.items()):
            exempt = mesh.spec.principals.with_members(names)
            if runs.run_as not in exempt:
                yield self.finding(
                    f"the {type(runs).__name__.lower()} of {product.address} reads through {protection}",
                    product.place,
                    got=runs.run_as,
                    allowed=", ".join(sorted(exempt)) or None,
                    fix=f"make {runs.run_as!r} a member of a group that is exempt from it",
                )
