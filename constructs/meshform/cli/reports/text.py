# SPDX-License-Identifier: Apache-2.0
"""The text that a terminal shows, without colours."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from meshform.cli.output import print_findings
from meshform.cli.reports.report import Report


def as_text(report: Report) -> bytes:
    """The findings as `meshform check` prints them, and the line that counts them."""
    text = StringIO()
    print_findings(report.sorted, Console(file=text, highlight=False, color_system=None, width=200))
    return f"{text.getvalue()}{report.counted}\n".encode()
