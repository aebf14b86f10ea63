# SPDX-License-Identifier: Apache-2.0
"""What a finding says, and how."""

from meshform.model.findings import Finding, MeshformError, Place, Severity


def test_a_finding_prints_place_code_summary_got_allowed_and_fix():
    """Everything a person needs stands in the text, in reading order."""
    finding = Finding(
        code="MF101",
        summary="duplicate key",
        place=Place(file="a.yaml", line=3, column=1),
        got="owner",
        allowed="each key once",
        fix="remove one",
    )
    assert str(finding) == (
        "a.yaml:3:1: error MF101: duplicate key\n  got: owner\n  allowed: each key once\n  fix: remove one"
    )


def test_a_place_names_file_and_construct():
    """A construct declared in a file shows both."""
    assert str(Place(file="d.py", line=7, construct_path="mesh/orders")) == "d.py:7 (mesh/orders)"
    assert str(Place(construct_path="mesh/orders")) == "mesh/orders"
    assert str(Place()) == "the mesh"


def test_an_error_carries_all_its_findings():
    """Mistakes are reported together, never one at a time."""
    findings = [
        Finding(code="MF101", summary="a"),
        Finding(code="MF102", summary="b", severity=Severity.WARNING),
    ]
    error = MeshformError(findings)
    assert error.findings == tuple(findings)
    assert "MF101" in str(error)
    assert "warning MF102" in str(error)


def test_a_very_long_value_is_cut():
    """A finding fits on a screen, whatever somebody wrote."""
    finding = Finding(code="MF101", summary="s" * 5000, got="g" * 100_000, allowed="a" * 2000)
    assert finding.got == "g" * 2000 + "… (98,000 more)"
    assert finding.summary.endswith("… (3,000 more)")
    assert finding.allowed == "a" * 2000
