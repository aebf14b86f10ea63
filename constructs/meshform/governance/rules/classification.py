# SPDX-License-Identifier: Apache-2.0
"""Rules for classes of columns: somebody has decided what each column holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from pydantic import field_validator

from meshform.model.contract import UNCLASSIFIED, Column
from meshform.model.findings import Finding
from meshform.model.near import did_you_mean, one_of
from meshform.model.patterns import PatternText
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.rule import Rule, Tighter

_NONE = (UNCLASSIFIED,)


class ColumnsClassified(Rule):
    """Somebody has decided the class of every column.

    A column is decided by `classification` in the contract, a class that a policy of the mesh declares or
    `none`; or by its name, where `unclassified` says that such columns are of no class. A column whose name
    says that it is of a class must say so in the contract, since masks follow the contract. Patterns are
    regular expressions (Python) that the whole name must match, in any case.

    Attributes:
        patterns: class of columns by patterns of their names. Where several match, all of them hold. More is
            tighter. Default: none.
        unclassified: patterns of columns that are of no class unless `patterns` or the contract says
            otherwise. Fewer is tighter. Default: none.
    """

    code: ClassVar[str] = "MF442"
    why: ClassVar[str] = "a column that nobody has looked at is the one that leaks"
    tighter: ClassVar[Mapping[str, Tighter]] = {"patterns": "more", "unclassified": "fewer"}
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
    example: ClassVar[Mapping[str, object]] = {
        "patterns": {"email|phone": "personal"},
        "unclassified": (".*_id",),
    }
    patterns: Mapping[PatternText, str] = {}
    unclassified: tuple[PatternText, ...] = ()

    @field_validator("patterns")
    @classmethod
    def _say_classes(cls, patterns: Mapping[str, str]) -> Mapping[str, str]:
        if UNCLASSIFIED in patterns.values():
            raise ValueError(f"{UNCLASSIFIED!r} is no class; put the pattern into `unclassified`")
        return patterns

    @cached_property
    def _compiled(self) -> list[tuple[re.Pattern[str], str]]:
        given = [*self.patterns.items(), *((pattern, UNCLASSIFIED) for pattern in self.unclassified)]
        return [(re.compile(pattern, re.IGNORECASE), name) for pattern, name in given]

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        return {}  # columns of one name are many

    def _said_by(self, name: str) -> tuple[str, ...]:
        """The classes that a name says; `none` alone where only `unclassified` matches."""
        known = self._by_name
        if name not in known:
            found = dict.fromkeys(said for one, said in self._compiled if one.fullmatch(name))
            known[name] = tuple(one for one in found if one != UNCLASSIFIED) or tuple(found)
        return known[name]

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each column must be decided, and not against its name; so must the fields below it."""
        classes = {UNCLASSIFIED, *mesh.classifications}
        by_name = self._by_name
        for table in product.tables:
            for column in table.spec.columns:
                name, given = column.name, column.classification or None
                said = by_name.get(name)
                if said is None:
                    said = self._said_by(name)
                if not (
                    said == _NONE if given is None else given in classes and said in ((), _NONE, (given,))
                ):
                    yield self._undecided(column, said, f"{table.full_name}.{name}", product, classes)
                if column.fields:
                    yield from self._fields(column, column, name, table, product)

    def _undecided(
        self, column: Column, said: tuple[str, ...], name: str, product: ResolvedProduct, classes: set[str]
    ) -> Finding:
        given, place = column.classification or None, product.at(column.place)
        if said not in ((), _NONE, (given,)):
            return self.finding(
                f"{name} is {_quoted(said)} by its name, and its contract says otherwise",
                place,
                got=given or "no classification",
                allowed=" and ".join(said),
                fix=f"write `classification: {said[0]}`, or rename it",
            )
        if given is None:
            return self.finding(
                f"nobody has decided the class of {name}",
                place,
                allowed=one_of(classes),
                fix=f"give it a `classification` in the contract; `{UNCLASSIFIED}` says that it has none",
            )
        return self.finding(
            f"{name} is of a class that no policy declares",
            place,
            got=given,
            allowed=one_of(classes),
            fix=did_you_mean(given, classes) or "declare the class in a policy of the mesh",
        )

    def _fields(
        self, column: Column, above: Column, path: str, table: ResolvedTable, product: ResolvedProduct
    ) -> Iterator[Finding]:
        """A mask hides whole columns, so a field with a telling name needs a column of that class."""
        for field in above.fields:
            name, said = f"{path}.{field.name}", self._said_by(field.name)
            if said not in ((), _NONE, (column.classification,)):
                yield self.finding(
                    f"{table.full_name}.{name} is {_quoted(said)} by its name, and its column is not",
                    product.at(field.place),
                    got=column.classification or "no classification",
                    allowed=" and ".join(said),
                    fix=f"write `classification: {said[0]}` at {column.name!r}: a mask hides whole columns",
                )
            yield from self._fields(column, field, name, table, product)


def _quoted(classes: tuple[str, ...]) -> str:
    return " and ".join(map(repr, classes))
