# SPDX-License-Identifier: Apache-2.0
"""Governance policies as values: rules that check the mesh, and protections that run in Unity Catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.rule import Rule
from meshform.model.waiver import Waiver

__all__ = [
    "ROW_FILTER_TAG",
    "Classification",
    "MaskFunction",
    "Policy",
    "RowFilter",
    "Rule",
]

ROW_FILTER_TAG = "row_filter"
"""Key of the governed tag that marks the column a row filter reads; its value is the filter's name."""


class MaskFunction(Value):
    """A SQL function of one column that hides what it is given.

    Attributes:
        name: name of the function in Unity Catalog.
        body: SQL expression over `value`, the column's content; what a reader outside the exempt group sees.
        data_type: the Databricks SQL type that the function takes and returns; it must be the column's.
        comment: comment on the function.
    """

    name: str
    body: str
    data_type: str = "STRING"
    comment: str = ""


class Classification(Value):
    """A class of columns, such as personal data: a value of the mesh's governed tag, and its mask.

    Attributes:
        name: value of the governed tag, and of `classification` on a column in a contract.
        description: what belongs to the class.
        mask: the function that hides it. Default: the class is tagged but not masked.
        exempt: principals that see it in clear. Keep it to one group for each class.
    """

    name: str
    description: str = ""
    mask: MaskFunction | None = None
    exempt: tuple[str, ...] = ()


class RowFilter(Value):
    """A SQL function over one column that decides which rows a reader sees.

    It applies to every table with a column that carries the tag `row_filter=<name>`.

    Attributes:
        name: name of the function, and value of the governed tag `row_filter` that marks its column.
        body: SQL expression over `value`, the marked column's content; TRUE keeps the row.
        data_type: the marked column's Databricks SQL type.
        exempt: principals that see every row.
        comment: comment on the function.
    """

    name: str
    body: str
    data_type: str = "STRING"
    exempt: tuple[str, ...] = ()
    comment: str = ""


class Policy(Value):
    """What one `GovernancePolicy` declares.

    Attributes:
        name: its name among the policies of its mesh, domain or product.
        domain: the domain that it governs; None for the whole mesh.
        product: the product of that domain that it governs; None for the whole domain.
        rules: rules checked on everything that it governs.
        classifications: classes of columns that it brings. Only a mesh-wide policy may bring some.
        row_filters: row filters on the domain's catalog, or on every domain's; none of a product.
        waivers: what may break a rule until a day.
        waivers_file: the file that they were read from; None when they stand in Python.
        place: where it was declared.
    """

    name: str = Field(min_length=1)
    domain: str | None = None
    product: str | None = None
    rules: tuple[Rule, ...] = ()
    classifications: tuple[Classification, ...] = ()
    row_filters: tuple[RowFilter, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    waivers_file: Path | None = None
    place: Place = NOWHERE

    @property
    def level(self) -> Literal["mesh", "domain", "product"]:
        """Where in the mesh it stands."""
        if self.product is not None:
            return "product"
        return "mesh" if self.domain is None else "domain"

    @property
    def address(self) -> str:
        """Address of what it governs: nothing for the mesh, `domain` or `domain.product`."""
        return ".".join(part for part in (self.domain, self.product) if part is not None)

    @property
    def title(self) -> str:
        """What a person calls it."""
        of = {
            "mesh": "the mesh",
            "domain": f"domain {self.domain!r}",
            "product": f"product {self.domain}.{self.product}",
        }
        return f"policy {self.name!r} of {of[self.level]}"
