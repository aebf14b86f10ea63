# SPDX-License-Identifier: Apache-2.0
"""Rules for which rows are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from pydantic import model_validator

from meshform.model.findings import Finding
from meshform.model.policy import ROW_FILTER_TAG
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.rule import Rule, Tighter

_DECLARED = """
GovernancePolicy(
    mesh,
    "rows",
    row_filters=[
        RowFilter(name="home_market", body="value IN ('AT', 'DE')", exempt=("personal-data-readers",))
    ],
)
country = Column(name="country", type="string", description="Where it goes to."{tags})
table = Table(name="parcels", physical_type="materialized_view", description="Parcels.", columns=(country,))
DataProduct(orders, "parcels", contract=contract(tables=(table,)), pipeline=pipeline)
"""


class RowFilterRequired(Rule):
    """Tables with a certain column, tag or class are read through a row filter.

    A table has a row filter when one of its columns carries the tag `row_filter=NAME` of a filter that is
    declared for its domain. Views are read through the filters of the tables below them.

    Attributes:
        columns: names of columns, in any case, that ask for a filter.
        tags: tags of a table or of a column that ask for one, as `key=value`, or `key` for any value.
        classes: classes of columns that ask for one.
        filters: names of row filters that will do. Default: any that is declared.
    """

    code: ClassVar[str] = "MF496"
    why: ClassVar[str] = (
        "a mask hides columns only; without a row filter a reader sees the rows of all others"
    )
    key: ClassVar[tuple[str, ...]] = ("columns", "tags", "classes")
    tighter: ClassVar[Mapping[str, Tighter]] = {"filters": "fewer"}
    good: ClassVar[str] = _DECLARED.format(tags=', tags=("row_filter=home_market",)')
    bad: ClassVar[str] = _DECLARED.format(tags="")
    example: ClassVar[Mapping[str, object]] = {"columns": ("country",)}
    columns: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    filters: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _is_about_something(self) -> RowFilterRequired:
        if not (self.columns or self.tags or self.classes):
            raise ValueError("give `columns`, `tags` or `classes` that ask for a row filter")
        return self

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each table that asks for a filter must have one."""
        declared = {f"{ROW_FILTER_TAG}={one.name}": one.name for one in mesh.row_filters(product.domain.name)}
        for table in product.tables:
            if table.is_view or (why := self._asks(table)) is None:
                continue
            on = {declared[tag] for column in table.spec.columns for tag in column.tags if tag in declared}
            if not on or (self.filters is not None and not on & {*self.filters}):
                will_do = self.filters if self.filters is not None else tuple(declared.values())
                yield self.finding(
                    f"{table.full_name} has no row filter",
                    table.place if table.place.file else product.place,
                    got=why,
                    allowed=f"a column with the tag {' or '.join(f'{ROW_FILTER_TAG}={n}' for n in will_do)}"
                    if will_do
                    else "none is declared for its domain",
                    fix="give the tag to the column that the filter reads"
                    if will_do
                    else "declare a RowFilter, and give its tag to the column that it reads",
                    about=f"{product.address}.{table.name}",
                )

    def _asks(self, table: ResolvedTable) -> str | None:
        """What asks for a row filter; None when nothing does."""
        tag = self._asking(table.spec.tags)
        if tag is not None:
            return f"tag {tag} of the table"
        for column in table.spec.columns:
            if column.name.casefold() in self._columns:
                return f"column {column.name}"
            if column.classification is not None and column.classification in self.classes:
                return f"column {column.name} of class {column.classification}"
            if column.tags and (tag := self._asking(column.tags)) is not None:
                return f"tag {tag} of column {column.name}"
        return None

    def _asking(self, tags: tuple[str, ...]) -> str | None:
        wanted = self.tags
        return next((tag for tag in tags if tag in wanted or tag.partition("=")[0] in wanted), None)

    @cached_property
    def _columns(self) -> frozenset[str]:
        return frozenset(name.casefold() for name in self.columns)
