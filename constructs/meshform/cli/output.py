# SPDX-License-Identifier: Apache-2.0
"""How the command line shows findings to a person."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from meshform.model.findings import Finding, MeshformError, Severity
from meshform.model.printable import printable

_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.ADVICE: "bold cyan"}


def print_findings(findings: Iterable[Finding], console: Console | None = None) -> None:
    """Print findings, errors first, each with its place, code, value got, what is allowed and the fix."""
    console = console or Console(stderr=True, highlight=False)
    for finding in in_order(findings):
        line = Text()
        line.append(f"{finding.severity} ", style=_STYLE[finding.severity])
        line.append(f"{finding.code} ", style="bold")
        line.append(printable(finding.summary))
        console.print(line, soft_wrap=True)
        for label, text in (
            ("at", str(finding.place)),
            ("got", finding.got),
            ("allowed", finding.allowed),
            ("fix", finding.fix),
            ("waived", finding.waived),
        ):
            if text is not None:
                console.print(Text(f"  {label + ':':<9}{printable(text)}"), soft_wrap=True)


def findings_of(error: ValueError) -> tuple[Finding, ...]:
    """What a user's mistake comes to.

    Raises:
        ValueError: the error itself, when it is no mistake of the user.
    """
    if isinstance(error, ValidationError):
        from meshform.declarations import misuse_of_value

        error = misuse_of_value(error)
    if not isinstance(error, MeshformError):
        raise error
    return error.findings


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first; those of one severity by their place."""
    order = list(Severity)
    return sorted(findings, key=lambda one: (order.index(one.severity), *_position(one)))


def _position(finding: Finding) -> tuple[str, int, int, str, str, str]:
    """Files in order, and lines by number."""
    place = finding.place
    where = place.file or "", place.line or 0, place.column or 0
    return *where, place.construct_path or "", finding.code, finding.summary
