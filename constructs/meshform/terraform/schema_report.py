# SPDX-License-Identifier: Apache-2.0
"""The findings of the schema check: their codes and words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from meshform.model.findings import Finding, Place, Severity
from meshform.model.near import did_you_mean, one_of

Path = tuple[Any, ...]
"""Where a value is: `(path above, name or index)`, or `()` for a whole body; made text only when needed."""


class Report:
    """Collects what does not fit in one block.

    Args:
        type_: type of the block.
        place: where the findings point.
        unknown: how much an unknown name matters.
        hint: what to do about an unknown name that is near to none.
    """

    __slots__ = ("findings", "hidden", "hint", "place", "type", "unknown")

    def __init__(self, type_: str, place: Place, unknown: Severity, hint: str) -> None:
        self.type, self.place, self.unknown, self.hint = type_, place, unknown, hint
        self.findings: list[Finding] = []
        self.hidden = False  # True while a sensitive value is checked: it is not shown

    def add(self, code: str, summary: str, **details: Any) -> None:
        """Add a finding; details are those of `Finding`."""
        self.findings.append(Finding(code=code, summary=summary, place=self.place, **details))

    def name(self, path: Path) -> str:
        """The full name of a value, such as `databricks_job.task[0].task_key`."""
        parts: list[str] = []
        while path:
            path, part = path
            parts.append(f"[{part}]" if isinstance(part, int) else f".{part}")
        return self.type + "".join(reversed(parts))

    def missing(self, name: str, path: Path) -> None:
        """Add that a required argument is missing or null."""
        self.add("MF524", f"argument {name!r} is missing in {self.name(path)}", fix=f"set {name!r}")

    def unknown_name(self, name: str, path: Path, known: Iterable[str]) -> None:
        """Add that there is no such argument."""
        fix = did_you_mean(name, known) or self.hint
        summary = f"there is no argument {name!r} in {self.name(path)}"
        self.add("MF523", summary, allowed=one_of(known), fix=fix, severity=self.unknown)

    def wrong_type(self, value: Any, path: Path, allowed: str) -> None:
        """Add that a value is of the wrong type."""
        got = _shown(value, hidden=self.hidden)
        self.add("MF526", f"{self.name(path)} is of the wrong type", got=got, allowed=allowed)

    def count(self, got: int, path: Path, allowed: str) -> None:
        """Add that there are too few or too many blocks of a type."""
        self.add("MF525", f"wrong number of blocks of {self.name(path)}", got=str(got), allowed=allowed)

    def computed(self, name: str, path: Path) -> None:
        """Add that an argument is set that only the provider sets."""
        summary = f"argument {name!r} in {self.name(path)} cannot be set: the provider computes it"
        self.add("MF527", summary, fix=f"take {name!r} out")

    def deprecated(self, path: Path) -> None:
        """Add a warning that an argument, or for `()` the type, is deprecated."""
        fix = "see the provider's documentation for what replaces it"
        summary = f"{self.name(path)} is deprecated in the provider"
        self.add("MF528", summary, fix=fix, severity=Severity.WARNING)


def _shown(value: Any, *, hidden: bool) -> str:
    kind = _kind(value)
    if hidden or value is None:
        return kind
    text = json.dumps(value, default=repr, ensure_ascii=False)
    return f"{kind}: {text}" if len(text) <= 60 else f"{kind}: {text[:60]}…"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, list | tuple):
        return "a list"
    return "a map" if isinstance(value, Mapping) else f"a {type(value).__name__}"
