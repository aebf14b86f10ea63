# SPDX-License-Identifier: Apache-2.0
r"""What a check found, in the formats that people, CI systems and other programs read.

Texts of users are made printable in each of them: what a terminal, a log or a reader's eye would act upon
(control characters, line ends, bidirectional marks) is written as an escape such as `\x1b`. The same
findings give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from meshform.cli.reports.github import as_github
from meshform.cli.reports.json_format import as_json
from meshform.cli.reports.junit import as_junit
from meshform.cli.reports.report import Report, Subject
from meshform.cli.reports.sarif import as_sarif
from meshform.cli.reports.text import as_text

__all__ = ["RENDERERS", "Report", "Subject"]

RENDERERS: Mapping[str, Callable[[Report], bytes]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "junit": as_junit,
    "github": as_github,
}
