# SPDX-License-Identifier: Apache-2.0
"""Consumers of a data product as values: who may read which ports, which part of them, and why."""

from __future__ import annotations

import re
from datetime import date
from hashlib import sha256

from pydantic import Field, model_validator

from meshform.model.contract import Table
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.names import MOST_CHARACTERS

_PLAIN = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def _comment(text: str | None) -> str | None:
    """A text as the comment of a view, where the provider would not escape a backslash."""
    return text and text.replace("\\", "/")


class Consumer(Value):
    """Who may read which ports of a product, and why. The producer lists its consumers.

    With `columns` or `rows` the consumer reads a view of its own instead of each port, and nothing of the
    port itself.

    Attributes:
        group: a group of the mesh's registry; or
        product: another product, `domain.product`, read by its pipeline's service principal.
        ports: names of output ports. Default: every port of the product.
        columns: the only columns that it may read, each in every one of its ports. Default: all.
        rows: SQL condition over the columns of the port, true for the only rows that it may read. Default:
            all rows.
        purpose: what the data is used for.
        approver: who allowed it; a principal of the registry.
        until: last day of the access, inclusive. Default: no end.
        place: where it stands, when it was read from a file.
    """

    group: str | None = None
    product: str | None = None
    ports: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: str | None = Field(default=None, min_length=1)
    purpose: str
    approver: str
    until: date | None = None
    place: Place = NOWHERE

    @model_validator(mode="after")
    def _group_or_product(self) -> Consumer:
        if (self.group is None) == (self.product is None):
            raise ValueError(
                "a consumer is either a group or a product: give exactly one of `group` and `product`"
            )
        return self

    @property
    def name(self) -> str:
        """The group's or the product's name."""
        return self.group or self.product or ""

    @property
    def is_narrowed(self) -> bool:
        """True when it reads a part of each port, by a view of its own."""
        return bool(self.columns or self.rows)

    def view_of(self, port: Table) -> Table:
        """The view that gives it its part of a port: `PORT__for_GROUP`, or `PORT__for_DOMAIN__PRODUCT`.

        Where the name of the consumer is not plain, a digest tells it from others.
        """
        known = {column.name.casefold(): column for column in port.columns}
        wanted = [known[name.casefold()] for name in self.columns if name.casefold() in known]
        columns = [
            column.model_copy(
                update={"quality": (), "primary_key": False, "description": _comment(column.description)}
            )
            for column in (wanted if self.columns else port.columns)
        ]
        return port.model_copy(
            update={
                "name": self._name_of_view(port.name),
                "physical_type": "view",
                "description": _comment(f"The part of {port.name} that {self.name} may read."),
                "columns": tuple(columns),
                "measures": (),
                "quality": (),
                "tags": (),
            }
        )

    def _name_of_view(self, port: str) -> str:
        parts = [self.group] if self.group else (self.product or "").split(".")
        name = f"{port}__for_{'__'.join(parts)}"
        if all(_PLAIN.fullmatch(part) for part in parts) and len(name) <= MOST_CHARACTERS:
            return name
        digest = sha256(f"{self.group is None}\0{self.name}".encode()).hexdigest()[:8]
        clear = re.sub(r"[^a-z0-9]+", "_", self.name.casefold()).strip("_")
        return f"{f'{port}__for_{clear}'[: MOST_CHARACTERS - 9]}_{digest}"
