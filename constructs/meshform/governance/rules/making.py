# SPDX-License-Identifier: Apache-2.0
"""Rules for how products are made: by what, as what, and from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, get_args

from meshform.model.findings import Finding
from meshform.model.graph import EdgeKind
from meshform.model.inputs import edge_kind
from meshform.model.near import one_of
from meshform.model.ports import ManagedTable
from meshform.model.product import Pipeline
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.rule import Rule, Tighter

Maker = Literal["pipeline", "job", "managed_table", "elsewhere", "view", "volume"]
TableType = Literal["table", "materialized_view", "streaming_table"]
_MAKERS: tuple[Maker, ...] = get_args(Maker)
_TYPES: tuple[TableType, ...] = get_args(TableType)
_INPUTS: tuple[EdgeKind, ...] = get_args(EdgeKind)


class TablesMadeBy(Rule):
    """What is in a schema is made in an allowed way.

    Attributes:
        schema_name: the domain's schema that the rule is about, such as `bronze`. Default: None, every one.
        makers: what may make it: `pipeline`, `job`, `managed_table` (Terraform), `elsewhere` (somebody else),
            `view` (SQL of the product) and `volume` (a volume may be there). Fewer is tighter. Default: all.
        types: what a table may be: `table`, `materialized_view`, `streaming_table`. Fewer is tighter.
            Default: all.
    """

    code: ClassVar[str] = "MF447"
    why: ClassVar[str] = "few ways of making data are ways that the whole company can run and repair"
    key: ClassVar[tuple[str, ...]] = ("schema_name",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"makers": "fewer", "types": "fewer"}
    good: ClassVar[str] = 'DataProduct(orders, "orders", contract=contract(), pipeline=pipeline)'
    bad: ClassVar[str] = """
made = contract(tables=(table(physical_type="table"),))
DataProduct(orders, "orders", contract=made, tables={"orders": ManagedTable()})
"""
    example: ClassVar[Mapping[str, object]] = {
        "schema_name": "gold",
        "makers": ("pipeline", "view"),
        "types": ("materialized_view",),
    }
    schema_name: str | None = None
    makers: tuple[Maker, ...] = _MAKERS
    types: tuple[TableType, ...] = _TYPES

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each table, view and volume of the product in that schema."""
        for table in product.tables:
            if self.schema_name not in (None, table.domain_schema):
                continue
            place = product.at(table.place)
            maker = _maker(table, product)
            if maker is not None and maker not in self.makers:
                yield self.finding(
                    f"{table.full_name} is made in a way that is not allowed",
                    place,
                    got=maker,
                    allowed=one_of(self.makers),
                    fix=f"let one of these make it, or move it out of {table.domain_schema!r}",
                )
            if table.spec.physical_type != "view" and table.spec.physical_type not in self.types:
                yield self.finding(
                    f"{table.full_name} is of a type that is not allowed",
                    place,
                    got=table.spec.physical_type,
                    allowed=one_of(self.types),
                    fix=f"change its `physicalType`, or move it out of {table.domain_schema!r}",
                )
        if "volume" not in self.makers:
            for volume in product.spec.volumes:
                if self.schema_name in (None, volume.schema_name):
                    yield self.finding(
                        f"{product.address} has a volume where none is allowed",
                        product.place,
                        got=f"{volume.schema_name}.{volume.name}",
                        allowed=one_of(self.makers),
                        fix="move it into another schema",
                    )


def _maker(table: ResolvedTable, product: ResolvedProduct) -> Maker | None:
    """What makes a table; None where nothing does, which is refused anyway."""
    if table.entry is not None:
        return "managed_table" if isinstance(table.entry, ManagedTable) else "elsewhere"
    if table.is_view:
        return "view"
    runs = product.spec.runs
    return None if runs is None else "pipeline" if isinstance(runs, Pipeline) else "job"


class InputsAllowed(Rule):
    """Products read only from allowed kinds of input.

    Attributes:
        kinds: `port` (of a product of the mesh), `manifest` (a port of another repository's mesh), `table`,
            `volume` and `connection` (what no mesh makes). Fewer is tighter. Default: all.
    """

    code: ClassVar[str] = "MF450"
    why: ClassVar[str] = (
        "what no product makes has no contract, and nobody tells its readers before it changes"
    )
    tighter: ClassVar[Mapping[str, Tighter]] = {"kinds": "fewer"}
    good: ClassVar[str] = 'DataProduct(orders, "orders", contract=contract(), pipeline=pipeline)'
    bad: ClassVar[str] = """
rates = ExternalTable(name="rates", full_name="finance_db.public.rates")
DataProduct(orders, "orders", contract=contract(), pipeline=pipeline, inputs=[rates])
"""
    example: ClassVar[Mapping[str, object]] = {"kinds": ("port", "manifest")}
    kinds: tuple[EdgeKind, ...] = _INPUTS

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each input of the product."""
        for one in product.spec.inputs:
            if (kind := edge_kind(one)) not in self.kinds:
                yield self.finding(
                    f"{product.address} reads {one}, which is of a kind that is not allowed",
                    product.place,
                    got=kind,
                    allowed=one_of(self.kinds) or "no input",
                    fix="read it as a port of a product that takes it in",
                )
