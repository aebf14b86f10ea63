# SPDX-License-Identifier: Apache-2.0
"""Every built-in rule: its metadata is complete, and its examples are what they say."""

import inspect

import pytest
from tests.rule_cases import findings

import meshform
from meshform.governance.rules import built_in_rules
from meshform.model.findings import Severity

RULES = built_in_rules()


def test_codes_are_stable_and_unique():
    """MF4nn, each once, the reserved MF400 left out."""
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert all(code.startswith("MF4") and code != "MF400" for code in codes)
    assert {"MF401", "MF410"} <= set(codes)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_says_what_it_asks_and_why(rule):
    """One sentence each, and what each parameter means; it is public."""
    assert len(rule.why) > 30
    assert not rule.why.endswith(".")
    doc = inspect.cleandoc(rule.__doc__)
    assert doc.partition("\n\n")[0].endswith(".")
    for name in rule.model_fields.keys() - {"severity"}:
        assert f"{name}" in doc.partition("Attributes:")[2], name
    assert getattr(meshform, rule.__name__) is rule
    assert rule.__name__ in meshform.__all__


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_says_which_way_its_parameters_are_tighter(rule):
    """Names are those of parameters, and no parameter both tells uses apart and may be tightened."""
    parameters = rule.model_fields.keys() - {"severity"}
    assert set(rule.key) <= parameters
    assert rule.tighter.keys() <= parameters - set(rule.key)
    assert set(rule.tighter.values()) <= {"higher", "lower", "more", "fewer", "same"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_good_example_follows_the_rule(rule):
    """It has no error at all, and no finding of the rule."""
    found = findings(rule, rule.good)
    assert rule.good.strip()
    assert [str(f) for f in found if f.severity is Severity.ERROR or f.code == rule.code] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_bad_example_breaks_the_rule_and_nothing_else(rule):
    """The finding says what to do; other errors would hide what the example is about."""
    found = findings(rule, rule.bad)
    assert rule.code in {f.code for f in found}, [str(f) for f in found]
    assert {f.code for f in found if f.severity is Severity.ERROR} <= {rule.code}, [str(f) for f in found]
    assert all(f.fix for f in found if f.code == rule.code)
