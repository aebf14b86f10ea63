# SPDX-License-Identifier: Apache-2.0
"""A report as JSON, for programs; docs/changes.md has its shape."""

from __future__ import annotations

import json
from typing import Any

from meshform.cli.reports.report import Report, details
from meshform.model.findings import Finding, Severity
from meshform.model.printable import printable

FORMAT = "meshform-check"
FORMAT_VERSION = 1
"""Rises when a key is removed or means something else; further keys may come without that."""


def as_json(report: Report) -> bytes:
    """The report in ASCII, two spaces deep."""
    whole = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "environment": printable(report.environment),
        "domain": report.domain and printable(report.domain),
        "checked": None
        if report.subjects is None
        else {"domains": report.domains, "products": report.products},
        "counts": {severity.value: report.count(severity) for severity in Severity},
        "findings": [finding_shape(one, report) for one in report.sorted],
    }
    return json.dumps(whole, indent=2).encode("ascii") + b"\n"


def finding_shape(finding: Finding, report: Report) -> dict[str, Any]:
    """A finding as plain data, every key there."""
    place, file = finding.place, report.file(finding.place)
    subject = report.subject(finding)
    found = details(finding)
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "summary": printable(finding.summary),
        "place": {
            "file": file and printable(file),
            "line": place.line,
            "column": place.column,
            "construct_path": place.construct_path and printable(place.construct_path),
        },
        "subject": subject and printable(subject),
        "got": found.get("got"),
        "allowed": found.get("allowed"),
        "fix": found.get("fix"),
        "waived": found.get("waived"),
    }
