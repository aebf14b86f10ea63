# SPDX-License-Identifier: Apache-2.0
"""Terraform's version constraints."""

import pytest

from meshform.model.findings import MeshformError
from meshform.terraform.version_constraint import Version, lowest_allowed


@pytest.mark.parametrize(
    ("constraint", "lowest"),
    [
        ("", "0.0.0"),
        (">= 1.128, < 2", "1.128.0"),
        ("1.128.0", "1.128.0"),
        ("= 1.128", "1.128.0"),
        (">1.128", "1.128.1"),
        ("~> 1.128", "1.128.0"),
        ("~>1.128.3", "1.128.3"),
        ("~> 1", "1.0.0"),
        (">= v1.128.0-beta1", "1.128.0"),
        (">= 1.128, != 1.128.0, != 1.128.1", "1.128.2"),
        ("<= 1.128", "0.0.0"),
        ("< 1, >= 1", None),
        ("~> 1.128.0, >= 1.129", None),
        ("1.128.0, != 1.128.0", None),
    ],
)
def test_the_lowest_version_that_a_constraint_admits(constraint, lowest):
    """All clauses count together; none may be left out."""
    found = lowest_allowed(constraint)
    assert (str(found) if found else None) == lowest


@pytest.mark.parametrize(
    ("constraint", "reaches"),
    [
        ("< 2", True),
        ("< 1.128", False),
        ("<= 1.128", True),
        ("~> 1.127", True),
        ("~> 1.127.0", False),
        ("1.127", False),
        ("~> 0", False),
        ("~> 1", True),
    ],
)
def test_whether_a_constraint_reaches_a_version(constraint, reaches):
    """With a lower end given, the answer is from there on."""
    found = lowest_allowed(constraint, at_least=Version(1, 128, 0))
    assert (found is not None) == reaches
    assert found is None or found == Version(1, 128, 0)


@pytest.mark.parametrize("constraint", ["latest", ">= 1.x", "1.2.3.4", "1,,2", "=> 1", ">= 1;"])
def test_a_constraint_that_terraform_could_not_read_is_refused(constraint):
    """What is not a list of clauses is an error that shows it."""
    with pytest.raises(MeshformError) as caught:
        lowest_allowed(constraint)
    (finding,) = caught.value.findings
    assert finding.code == "MF520"
    assert finding.summary == "a version constraint cannot be read"
    assert finding.got == repr(constraint)
    assert finding.fix == "write it like '>= 1.128, < 2'"
