# SPDX-License-Identifier: Apache-2.0
"""A waiver as a value: what the governance council lets somebody do against a rule, until when, and why."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator

from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.printable import printable
from meshform.model.secrets import redact

OF_CHANGES = frozenset({"MF546", "MF547"})
"""Codes that `meshform diff` finds, and that a waiver may be for as for the code of a rule."""


class Waiver(Value):
    """Takes what breaks a rule out of the errors, within a scope and until a day.

    Attributes:
        rule: code of the rule, such as `MF403`, or name of its class, such as `ColumnsDescribed`; or MF546 or
            MF547 for a change that the council agrees to.
        scope: address of what it is for, and all that is in it: `domain`, `domain.product`,
            `domain.product.table`, `domain.product.table.column`, or a construct path such as
            `mesh/domain/product`. With `*` at its end it is for every address that starts so.
        reason: why the rule cannot be kept yet.
        ticket: where that was agreed and is worked on.
        approver: the governance council, or a member of it; not the owner of the domain that gains by it.
        expires: its last day, by UTC, inclusive.
        place: where it stands, when it was read from a file.
    """

    rule: str = Field(min_length=1)
    scope: str = Field(min_length=1)
    reason: str
    ticket: str
    approver: str = Field(min_length=1)
    expires: date
    place: Place = NOWHERE

    @field_validator("reason", "ticket")
    @classmethod
    def _is_told(cls, text: str) -> str:
        if not any(map(str.isalnum, text)):
            raise ValueError("a waiver says why it is there, and where that was agreed")
        return text

    @property
    def title(self) -> str:
        """How findings call it."""
        return printable(f"the waiver of {redact(self.rule)} for {redact(self.scope)!r}")
