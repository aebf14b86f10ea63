# SPDX-License-Identifier: Apache-2.0
"""Terraform's version constraints, as far as they tell which versions of a provider a mesh may meet."""

from __future__ import annotations

import re
from typing import NamedTuple

from meshform.model.findings import Finding, MeshformError


class Version(NamedTuple):
    """A released version."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(str(part) for part in self)


_CLAUSE = re.compile(
    r"(=|!=|>=|<=|~>|>|<)?\s*v?(\d{1,9}(?:\.\d{1,9}){0,2})(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"
)
_FIRST, _BEYOND_ALL = Version(0, 0, 0), Version(10**9, 0, 0)


def lowest_allowed(constraint: str, *, at_least: Version = _FIRST) -> Version | None:
    """The lowest version from `at_least` on that a constraint (`>= 1.128, < 2`) admits, or None.

    A pre-release counts as the release that it precedes.

    Raises:
        MeshformError: MF520 when Terraform could not read the constraint.
    """
    low, high, never = at_least, _BEYOND_ALL, set()
    for clause in constraint.split(",") if constraint.strip() else ():
        match = _CLAUSE.fullmatch(clause.strip())
        if match is None:
            raise MeshformError(
                Finding(
                    code="MF520",
                    summary="a version constraint cannot be read",
                    got=repr(constraint),
                    allowed="clauses with =, !=, >, >=, <, <= or ~> and a version, joined by commas",
                    fix="write it like '>= 1.128, < 2'",
                )
            )
        operator, given = match[1] or "=", [int(part) for part in match[2].split(".")]
        version = Version(*given, *[0] * (3 - len(given)))
        if operator == "!=":
            never.add(version)
        if operator in ("=", ">=", "~>"):
            low = max(low, version)
        if operator == ">":
            low = max(low, _after(version))
        if operator == "<":
            high = min(high, version)
        if operator in ("=", "<="):
            high = min(high, _after(version))
        if operator == "~>":  # only the last number that was given may grow
            high = min(
                high,
                Version(version.major, version.minor + 1, 0)
                if len(given) == 3
                else Version(version.major + 1, 0, 0),
            )
    while low in never:
        low = _after(low)
    return low if low < high else None


def _after(version: Version) -> Version:
    return version._replace(patch=version.patch + 1)
