# SPDX-License-Identifier: Apache-2.0
"""A report as JUnit XML, the common part that Jenkins, GitLab, Azure and others read.

A finding is a test case of its own, since they show only the first failure of one; only errors fail. A domain
or product without findings is a test case that passes.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from meshform.cli.reports.report import Report, lines
from meshform.model.findings import Finding, Severity
from meshform.model.printable import printable

_SUITE = "meshform check"


def as_junit(report: Report) -> bytes:
    """One suite, named after the environment; no times, so that the same findings give the same bytes."""
    cases = [_case(finding, report) for finding in report.sorted]
    found = {report.subject(finding) for finding in report.sorted}
    cases += [
        ET.Element("testcase", classname=printable(one.name), name="no findings", time="0")
        for one in report.subjects or ()
        if one.name not in found
    ]
    _tell_apart(cases, report)
    totals = {
        "tests": str(len(cases)),
        "failures": str(report.count(Severity.ERROR)),
        "errors": "0",
        "time": "0",
    }
    suites = ET.Element("testsuites", {"name": _SUITE, **totals})
    name = f"{_SUITE} {printable(report.environment)}"
    ET.SubElement(suites, "testsuite", {"name": name, **totals, "skipped": "0"}).extend(cases)
    ET.indent(suites)
    text: str = ET.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _case(finding: Finding, report: Report) -> ET.Element:
    summary = printable(finding.summary)
    file = report.file(finding.place)
    attributes = {
        "classname": printable(report.subject(finding) or "mesh"),
        "name": f"{finding.code} {summary}",
    }
    if file is not None:
        attributes["file"] = printable(file)
    if finding.place.line is not None:
        attributes["line"] = str(finding.place.line)
    case = ET.Element("testcase", attributes, time="0")
    text = "\n".join([f"at: {printable(str(finding.place))}", *lines(finding)])
    if finding.severity is Severity.ERROR:
        ET.SubElement(case, "failure", type=finding.code, message=summary).text = text
    else:
        ET.SubElement(case, "system-out").text = f"{finding.severity}\n{text}"
    return case


def _tell_apart(cases: list[ET.Element], report: Report) -> None:
    """Two cases of one name would count as one."""
    same = Counter((case.get("classname"), case.get("name")) for case in cases)
    for case, finding in zip(cases, report.sorted, strict=False):
        if same[case.get("classname"), case.get("name")] > 1:
            case.set("name", f"{case.get('name')} ({printable(str(finding.place))})")
