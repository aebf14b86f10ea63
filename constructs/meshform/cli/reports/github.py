# SPDX-License-Identifier: Apache-2.0
"""A report as workflow commands of GitHub Actions, which become annotations of the changed files.

Escapes as the runner undoes them: `%`, CR and LF in the message; these, `:` and `,` in a property
(actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from meshform.cli.reports.report import Report, lines
from meshform.model.findings import Finding, Severity
from meshform.model.printable import printable

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "notice"}
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_MESSAGE = str.maketrans(_IN_MESSAGE)
_PROPERTY = str.maketrans({**_IN_MESSAGE, ":": "%3A", ",": "%2C"})


def as_github(report: Report) -> bytes:
    """A line for each finding, and one that counts them."""
    # `##[` begins a command of the older kind wherever it stands in a line
    counted = report.counted.replace("##[", "## [")
    shown = [*(_command(finding, report) for finding in report.sorted), counted]
    return "".join(f"{line}\n" for line in shown).encode()


def _command(finding: Finding, report: Report) -> str:
    place = finding.place
    properties = {
        "file": report.file(place),
        "line": place.line,
        "col": place.column,
        "title": f"{finding.code} {place.construct_path or ''}".strip(),
    }
    shown = ",".join(
        f"{name}={printable(str(value)).translate(_PROPERTY)}"
        for name, value in properties.items()
        if value is not None
    )
    message = "\n".join(lines(finding)).translate(_MESSAGE)
    return f"::{_COMMAND[finding.severity]} {shown}::{message}"
