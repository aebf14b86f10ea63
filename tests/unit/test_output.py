# SPDX-License-Identifier: Apache-2.0
"""Findings on a terminal."""

from meshform.cli import output
from meshform.model.findings import Finding, Place, Severity


def test_findings_come_by_weight_file_and_line(capsys):
    """Line 42 stands before line 108."""
    places = [("b.yaml", 1), ("a.yaml", 108), ("a.yaml", 42)]
    findings = [Finding(code="MF208", summary=f"{f} {n}", place=Place(file=f, line=n)) for f, n in places]
    findings.insert(0, Finding(code="MF344", summary="a warning", severity=Severity.WARNING))
    output.print_findings(findings)
    printed = "".join(capsys.readouterr())
    positions = [printed.index(words) for words in ("a.yaml 42", "a.yaml 108", "b.yaml 1", "a warning")]
    assert positions == sorted(positions)
