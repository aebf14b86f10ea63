# SPDX-License-Identifier: Apache-2.0
"""What a check found, before it has a format."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from meshform.cli.output import in_order
from meshform.model.findings import NOWHERE, Finding, Place, Severity
from meshform.model.printable import printable

_PROJECT = Place(file="pyproject.toml")


@dataclass(frozen=True, slots=True)
class Subject:
    """A domain or product that was checked.

    Attributes:
        name: `domain` or `domain.product`.
        place: where it was declared.
        contract: file of its contract; None for a domain, or a contract made in Python.
    """

    name: str
    place: Place = NOWHERE
    contract: str | None = None


@dataclass(frozen=True)
class Report:
    """The findings of a check.

    Attributes:
        environment: name of the environment that was checked.
        findings: all of them, in any order.
        subjects: domains and products that were checked; None when the mesh could not be loaded, or has no
            such domain or environment.
        domain: the only domain that was checked. Default: all.
        mesh: where the mesh was declared, for findings without a place of their own.
        folder: the working folder, which files of findings are relative to.
        why: for each rule of the mesh's policies, by code, why it is there.
    """

    environment: str
    findings: Iterable[Finding]
    subjects: tuple[Subject, ...] | None = None
    domain: str | None = None
    mesh: Place = _PROJECT
    folder: Path = field(default_factory=Path.cwd)
    why: dict[str, str] = field(default_factory=dict)

    @cached_property
    def sorted(self) -> list[Finding]:
        """Errors first, then by place."""
        return in_order(self.findings)

    def count(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(one.severity is severity for one in self.sorted)

    @property
    def products(self) -> int:
        """How many products were checked."""
        return sum("." in one.name for one in self.subjects or ())

    @property
    def domains(self) -> int:
        """How many domains were checked."""
        return len(self.subjects or ()) - self.products

    @property
    def counted(self) -> str:
        """One line: what was checked, and how many findings there are."""
        errors = self.count(Severity.ERROR)
        waived = sum(one.waived is not None for one in self.sorted)
        others = len(self.sorted) - errors - waived
        what = (
            "nothing was checked"
            if self.subjects is None
            else f"{count(self.domains, 'domain')}, {count(self.products, 'product')}"
        )
        return (
            f"{what} in environment {printable(self.environment)}: "
            + (count(errors, "error") if errors else "no errors")
            + (f", {waived} waived" if waived else "")
            + (f", {count(others, 'other finding')}" if others else "")
        )

    @cached_property
    def _root(self) -> Path:
        """The root of the repository, which the formats of CI systems name files from."""
        here = self.folder.absolute()
        return next((one for one in (here, *here.parents) if (one / ".git").exists()), here)

    def file(self, place: Place) -> str | None:
        """The file of a place from the root of the repository; as it is when it lies outside of it."""
        if place.file is None:
            return None
        path = Path(os.path.normpath(self.folder.absolute() / place.file))
        return (path.relative_to(self._root) if path.is_relative_to(self._root) else path).as_posix()

    @cached_property
    def _by_place(self) -> dict[str, str]:
        known: dict[str, str] = {}
        for one in self.subjects or ():
            for key in (one.place.construct_path, one.contract):
                if key is not None:
                    known.setdefault(key, one.name)
        return known

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(one.name for one in self.subjects or ())

    def subject(self, finding: Finding) -> str | None:
        """The domain or product that a finding is about; None when it is about the mesh, or nobody knows."""
        address = ".".join((finding.about or "").split(".")[:2])
        if address in self._names:
            return address
        path = finding.place.construct_path or ""
        while path:
            if path in self._by_place:
                return self._by_place[path]
            path = path.rpartition("/")[0]
        return self._by_place.get(finding.place.file or "")


def count(number: int, what: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def details(finding: Finding) -> dict[str, str]:
    """The value got, what is allowed, the fix and the waiver, as far as there are such, printable."""
    labels = ("got", "allowed", "fix", "waived")
    return {label: printable(text) for label in labels if (text := getattr(finding, label)) is not None}


def lines(finding: Finding) -> list[str]:
    """The summary and the details of a finding, a line each."""
    return [printable(finding.summary), *(f"{label}: {text}" for label, text in details(finding).items())]
