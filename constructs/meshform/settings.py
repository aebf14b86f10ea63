# SPDX-License-Identifier: Apache-2.0
"""What a run of Meshform is told by environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, MeshformError


@dataclass(frozen=True, slots=True)
class Settings:
    """The inputs of a run beside the mesh itself.

    Attributes:
        environment: name of the environment (`MESHFORM_ENV`). Default: `local`.
        today: the day on which the mesh is evaluated (`MESHFORM_TODAY`, `YYYY-MM-DD`), instead of the mesh's
            own. Default: the mesh's own, or none.
    """

    environment: str = "local"
    today: date | None = None

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Settings:
        """The settings that variables hold; empty ones count as unset.

        Raises:
            MeshformError: MF330 when `MESHFORM_TODAY` is no date.
        """
        text = variables.get("MESHFORM_TODAY")
        try:
            today = date.fromisoformat(text) if text else None
        except ValueError:
            raise MeshformError(
                Finding(code="MF330", summary="MESHFORM_TODAY is not a date", got=text, allowed="YYYY-MM-DD")
            ) from None
        return cls(variables.get("MESHFORM_ENV") or "local", today)

    def apply(self, mesh: MeshSpec) -> MeshSpec:
        """The mesh on the day of these settings."""
        return mesh.model_copy(update={"today": self.today}) if self.today else mesh
