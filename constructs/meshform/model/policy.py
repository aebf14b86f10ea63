# SPDX-License-Identifier: Apache-2.0
"""Governance policies as values: rules that check the mesh, and protections that run in Unity Catalog."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from meshform.model.contract import UNCLASSIFIED
from meshform.model.data_types import UnknownTypeError, normalize
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.masks import LibraryMask, slug
from meshform.model.rule import Rule
from meshform.model.waiver import Waiver

__all__ = [
    "MASK_TYPE_TAG",
    "ROW_FILTER_TAG",
    "Classification",
    "MaskFunction",
    "Policy",
    "RowFilter",
    "Rule",
]

MASK_TYPE_TAG = "mask_type"
"""Key of the governed tag that tells the type of a masked column, where its class has several types."""

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
    """A class of columns, such as personal data: a value of the mesh's governed tag, and its masks.

    Attributes:
        name: value of the governed tag, and of `classification` on a column in a contract.
        description: what belongs to the class.
        mask: what hides it: a function of your own, or a mask of the library. Default: the class is tagged
            but not masked.
        masks: further masks, for columns of other types: each column is hidden by the first mask that takes
            its type. Default: none.
        exempt: principals that see it in clear. Keep it to one group for each class.
        made_from: classes from which a view may make columns of this class, such as a hash or a sum: leave to
            lower it. Default: a column of a view keeps the class of what it is made from.
    """

    name: str
    description: str = ""
    mask: MaskFunction | LibraryMask | None = None
    masks: tuple[MaskFunction | LibraryMask, ...] = ()
    exempt: tuple[str, ...] = ()
    made_from: tuple[str, ...] = ()

    @field_validator("name")
    @classmethod
    def _is_a_class(cls, name: str) -> str:
        if name == UNCLASSIFIED:
            raise ValueError(f"{name!r} says that a column is of no class; give the class another name")
        return name

    @property
    def every_mask(self) -> tuple[MaskFunction | LibraryMask, ...]:
        """Its masks, in the order in which they are asked for a column."""
        return self.masks if self.mask is None else (self.mask, *self.masks)

    @property
    def is_masked(self) -> bool:
        """Whether it hides anything."""
        return bool(self.every_mask)

    @property
    def own_functions(self) -> tuple[MaskFunction, ...]:
        """Its functions that are not of the library."""
        return tuple(mask for mask in self.every_mask if isinstance(mask, MaskFunction))

    @property
    def own_types(self) -> tuple[str, ...]:
        """The types in normal form that these functions take."""
        return tuple(_normal(function.data_type) for function in self.own_functions)

    @cached_property
    def base_type(self) -> str:
        """Type in normal form that a column of the class is masked as when nothing tells its type."""
        first = self.every_mask[0]
        if isinstance(first, MaskFunction):
            return _normal(first.data_type)
        return next(kind for kind in _BASE_TYPES if first.body(kind) is not None)

    def function_for(self, kind: str) -> MaskFunction | None:
        """The function that hides a column of a type in normal form; None when no mask takes the type."""
        if kind not in self._functions:
            self._functions[kind] = self._function(kind)
        return self._functions[kind]

    def masked_as(self, kind: str) -> str:
        """The type whose function hides a column of a type: `string` where nothing depends on a length."""
        if kind.startswith(_SIZED):
            sized, plain = self.function_for(kind), self.function_for("string")
            if sized and plain and (sized.body, sized.data_type) == (plain.body, plain.data_type):
                return "string"
        return kind

    @cached_property
    def _functions(self) -> dict[str, MaskFunction | None]:
        return {}

    def _function(self, kind: str) -> MaskFunction | None:
        for mask in self.every_mask:
            if isinstance(mask, MaskFunction):
                if _normal(mask.data_type) == kind:
                    return mask
            elif (body := mask.body(kind)) is not None:
                of = f"mask_{slug(self.name)}"
                return MaskFunction.model_construct(
                    name=of if kind == self.base_type else f"{of}__{slug(kind)}",
                    body=body,
                    data_type="string" if kind.startswith(_SIZED) else kind,
                    comment=mask.comment or mask.says,
                )
        return None


def taken_by(mask: MaskFunction | LibraryMask) -> str:
    """The types of columns that a mask takes, in words."""
    return mask.data_type if isinstance(mask, MaskFunction) else f"{mask.takes} ({type(mask).__name__})"


_SIZED = ("char(", "varchar(")
# what a mask of the library is made for when no column tells: each takes one of these
_BASE_TYPES = ("string", "date", "bigint", "double", "boolean")


def _normal(kind: str) -> str:
    try:
        return normalize(kind)
    except UnknownTypeError:
        return kind  # told where functions are checked (MF373)


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

    def expression(self, schema: str) -> str:  # noqa: ARG002
        """The SQL expression of its function, which stands in a schema: `catalog.schema`."""
        return self.body


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
