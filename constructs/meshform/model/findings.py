# SPDX-License-Identifier: Apache-2.0
"""Findings: everything Meshform has to tell a person about what they wrote.

A finding carries a stable code, the place, what was wrong, the value got, what is allowed and the fix.
Findings are collected and reported together; a MeshformError carries them up to the command line or to
`cdktf synth`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, field_validator


class Value(BaseModel):
    """Base of every value of the model: frozen, keyword-only, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_MOST_CHARACTERS = 2000  # of one text of a finding


class Severity(StrEnum):
    """How much a finding matters: an error stops synthesis, a warning and an advice do not."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Place(Value):
    """Where a finding points: a file with line and column (both from 1), a construct path, or both."""

    file: str | None = None
    line: int | None = None
    column: int | None = None
    construct_path: str | None = None

    def __str__(self) -> str:
        """`file:line:column (construct/path)`, leaving out what is unknown."""
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        if position and self.construct_path:
            return f"{position} ({self.construct_path})"
        return position or self.construct_path or "the mesh"


NOWHERE = Place()


class Finding(Value):
    """One thing that is wrong, odd or could be better. Texts that are longer than a screen are cut.

    Attributes:
        code: stable code, `MF` and three digits; its meaning never changes within a major version.
        summary: what is wrong; lower case, no final period.
        place: where.
        got: the value that was found, as text; None when there is none to show or it must stay secret.
        allowed: what would be accepted.
        fix: what to do.
        severity: error unless said otherwise.
        about: address of what it is about, `domain`, `domain.product`, `domain.product.table` or
            `domain.product.table.column`. Default: a rule's is about the domain or product that it looked at.
        waived: the waiver that took it out of the errors, for people. Default: there is none.
    """

    code: str
    summary: str
    place: Place = NOWHERE
    got: str | None = None
    allowed: str | None = None
    fix: str | None = None
    severity: Severity = Severity.ERROR
    about: str | None = None
    waived: str | None = None

    @field_validator("summary", "got", "allowed", "fix", "waived")
    @classmethod
    def _cut(cls, text: str | None) -> str | None:
        more = len(text or "") - _MOST_CHARACTERS
        return f"{text[:_MOST_CHARACTERS]}… ({more:,} more)" if text and more > 0 else text

    def __str__(self) -> str:
        """The finding on one or several lines, for a terminal without colours."""
        lines = [f"{self.place}: {self.severity} {self.code}: {self.summary}"]
        lines += [
            f"  {label}: {text}"
            for label, text in (
                ("got", self.got),
                ("allowed", self.allowed),
                ("fix", self.fix),
                ("waived", self.waived),
            )
            if text is not None
        ]
        return "\n".join(lines)


class MeshformError(ValueError):
    """A user's mistake, or several: carries findings, at least one of them an error."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))
