# SPDX-License-Identifier: Apache-2.0
"""Rules for classes of columns: somebody has decided what each column holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from meshform.model.contract import UNCLASSIFIED, Column
from meshform.model.findings import Finding
from meshform.model.near import did_you_mean, one_of
from meshform.model.patterns import PatternText
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.rule import Rule, Tighter

_DECIDE = f"give it a `classification` in the contract; `{UNCLASSIFIED}` says that it is of no class"


class ColumnsClassified(Rule):
    """Somebody has decided the class of every column.

    A column is decided by `classification` in the contract, a class that a policy of the mesh declares or
    `none`; or by its name, where a pattern says that such a column is of no class. A column whose name says
    that it is of a class must say so in the contract, since masks follow the contract.

    Attributes:
        patterns: class of columns by their name: regular expressions (Python) that the whole name must match
            in any case, each with a class or `none`. The first that matches counts.
    """

    code: ClassVar[str] = "MF442"
    why: ClassVar[str] = "a column that nobody has looked at is the one that leaks"
    tighter: ClassVar[Mapping[str, Tighter]] = {"patterns": "same"}
    good: ClassVar[str] = """
GovernancePolicy(mesh, "classes", classifications=[Classification(name="personal")])
columns = (
    Column(name="order_id", type="bigint", description="Number of the order."),
    Column(name="email", type="string", description="Who ordered.", classification="personal"),
    Column(name="amount", type="decimal(18,2)", description="In euro.", classification="none"),
)
DataProduct(orders, "orders", contract=contract(tables=(table(*columns),)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
GovernancePolicy(mesh, "classes", classifications=[Classification(name="personal")])
email = Column(name="email", type="string", description="Who ordered.")
DataProduct(orders, "orders", contract=contract(tables=(table(email),)), pipeline=pipeline)
"""
    example: ClassVar[Mapping[str, object]] = {"patterns": {"email|phone": "personal", ".*_id": "none"}}
    patterns: Mapping[PatternText, str] = {}

    @cached_property
    def _compiled(self) -> list[tuple[re.Pattern[str], str]]:
        return [(re.compile(pattern, re.IGNORECASE), name) for pattern, name in self.patterns.items()]

    @cached_property
    def _by_name(self) -> dict[str, str | None]:
        return {}  # columns of one name are many

    def _said_by(self, name: str) -> str | None:
        known = self._by_name
        if name not in known:
            known[name] = next((said for one, said in self._compiled if one.fullmatch(name)), None)
        return known[name]

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each column must be decided, and not against its name; so must the fields below it."""
        for table in product.tables:
            for column in table.spec.columns:
                yield from self._check(column, table, product, mesh)
                if column.fields:
                    yield from self._check_fields(column, column, column.name, table, product)

    def _check(
        self, column: Column, table: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh
    ) -> Iterator[Finding]:
        given, said = column.classification or None, self._said_by(column.name)
        if (given is None and said == UNCLASSIFIED) or (
            said in (None, given) and self._is_known(given, mesh)
        ):
            return
        name, place = f"{table.full_name}.{column.name}", product.at(column.place)
        if said is not None and given != said:
            yield self.finding(
                f"{name} is {said!r} by its name, and its contract says otherwise",
                place,
                got=given or "no classification",
                allowed=said,
                fix=f"write `classification: {said}`, or rename it",
            )
        elif given is None:
            yield self.finding(
                f"nobody has decided the class of {name}",
                place,
                allowed=one_of({UNCLASSIFIED, *mesh.classifications}),
                fix=_DECIDE,
            )
        else:
            yield self.finding(
                f"{name} is of a class that no policy declares",
                place,
                got=given,
                allowed=one_of({UNCLASSIFIED, *mesh.classifications}),
                fix=did_you_mean(given, mesh.classifications) or "declare the class in a policy of the mesh",
            )

    @staticmethod
    def _is_known(given: str | None, mesh: ResolvedMesh) -> bool:
        return given == UNCLASSIFIED or given in mesh.classifications

    def _check_fields(
        self, column: Column, above: Column, path: str, table: ResolvedTable, product: ResolvedProduct
    ) -> Iterator[Finding]:
        """A mask hides whole columns, so a field with a telling name needs a column of that class."""
        for field in above.fields:
            name = f"{path}.{field.name}"
            said = self._said_by(field.name)
            if said not in (None, UNCLASSIFIED, column.classification):
                yield self.finding(
                    f"{table.full_name}.{name} is {said!r} by its name, and its column is not",
                    product.at(field.place),
                    got=column.classification or "no classification",
                    allowed=said,
                    fix=f"write `classification: {said}` at {column.name!r}: a mask hides whole columns",
                )
            yield from self._check_fields(column, field, name, table, product)
