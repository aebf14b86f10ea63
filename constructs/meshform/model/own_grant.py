# SPDX-License-Identifier: Apache-2.0
"""A grant that somebody writes beside Meshform's own, in one of its stacks."""

from __future__ import annotations

from dataclasses import dataclass

from meshform.model.findings import Place


@dataclass(frozen=True, slots=True)
class OwnGrant:
    """What one `databricks_grant`, or one `grant` of a `databricks_grants`, gives.

    Attributes:
        kind: kind of securable, as an attribute of `databricks_grants` names it.
        full_name: its full name; None when only Terraform knows it.
        principal: who is given it, as Unity Catalog's grants name them; None when only Terraform knows.
        privileges: what they are given, in capitals and with underscores.
        place: the construct that it is written with.
    """

    kind: str
    full_name: str | None
    principal: str | None
    privileges: frozenset[str]
    place: Place

    def __str__(self) -> str:
        """`PRIVILEGES on KIND NAME to PRINCIPAL`."""
        on = f"{self.kind.replace('_', ' ')} {self.full_name or '(known after apply)'}"
        return f"{', '.join(sorted(self.privileges))} on {on} to {self.principal or '(known after apply)'}"
