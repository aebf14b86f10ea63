# SPDX-License-Identifier: Apache-2.0
"""Levels of policies: the mesh's rules are the floor, domains and products add and tighten."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import pytest
from tests.meshes import at, column, contract, domain, evaluated, found, mesh, product, table

from meshform.governance.rules.contracts import ColumnsDescribed, ServiceLevelPresent
from meshform.governance.rules.domains import SupportPath
from meshform.governance.rules.naming import NamesMatch
from meshform.model.domain import Support
from meshform.model.environment import Environment
from meshform.model.findings import Severity
from meshform.model.policy import Policy, RowFilter
from meshform.model.resolved import ResolvedProduct
from meshform.model.rule import Rule, Tighter


def described(length: int, **fields) -> ColumnsDescribed:
    """The rule with a minimum length."""
    return ColumnsDescribed(minimum_length=length, **fields)


def policy(*rules: Rule, of: str = "", line: int = 1, name: str = "rules") -> Policy:
    """A policy of the mesh, of `domain` or of `domain.product`."""
    domain_name, _, product_name = of.partition(".")
    return Policy(
        name=name, domain=domain_name or None, product=product_name or None, rules=rules, place=at(line)
    )


def short(*addresses: str) -> list:
    """Products whose one table and column are described with ten characters."""
    return [
        product(one, table("t", column(description="ten letter"), description="ten letter"))
        for one in addresses
    ]


def test_a_domain_tightens_a_rule_of_the_mesh_for_itself():
    """One finding for each thing, with the tightest parameter, and none elsewhere."""
    spec = mesh(*short("a.p", "b.p"), policy(described(5)), policy(described(20), of="a"))
    assert [(f.summary, f.allowed) for f in evaluated(spec).findings] == [
        ("a_local.gold.t is not described", "a description of at least 20 characters"),
        ("a_local.gold.t.id is not described", "a description of at least 20 characters"),
    ]


def test_a_product_tightens_a_rule_of_its_domain_for_itself():
    """Its sister keeps the domain's."""
    spec = mesh(
        *short("a.p"),
        product("a.q", table("u", column(description="twelve signs"), description="twelve signs")),
        policy(described(5)),
        policy(described(12), of="a"),
        policy(described(13), of="a.q"),
    )
    assert [(f.summary, f.allowed[-13:]) for f in evaluated(spec).findings] == [
        ("a_local.gold.t is not described", "12 characters"),
        ("a_local.gold.t.id is not described", "12 characters"),
        ("a_local.gold.u is not described", "13 characters"),
        ("a_local.gold.u.id is not described", "13 characters"),
    ]


@pytest.mark.parametrize("of", ["a", "a.p"])
def test_a_rule_that_only_a_lower_level_has_is_run_there(of):
    """Nothing above asks for it."""
    spec = mesh(*short("a.p", "b.p"), policy(described(20), of=of))
    assert {f.summary.partition(".")[0] for f in found(spec, "MF403")} == {"a_local"}


@pytest.mark.parametrize(("above", "below"), [("", "a"), ("a", "a.p"), ("", "a.p")])
def test_loosening_shows_both_places_and_values_and_the_floor_holds(above, below):
    """MF412, and the rule of the level above runs."""
    spec = mesh(
        *short("a.p"), policy(described(20), of=above, line=3), policy(described(5), of=below, line=7)
    )
    (finding,) = found(spec, "MF412")
    assert finding.severity is Severity.ERROR
    assert "loosens rule ColumnsDescribed (MF403) of policy 'rules' of " in finding.summary
    assert finding.place == at(7)
    assert finding.got == "minimum_length=5; at domains/x.py:3 it is minimum_length=20"
    assert finding.allowed == "minimum_length: 20 or higher"
    assert finding.fix
    assert {f.allowed for f in found(spec, "MF403")} == {"a description of at least 20 characters"}


def test_loosening_names_the_levels():
    """A person reads which policy of what."""
    spec = mesh(*short("a.p"), policy(described(9), of="a"), policy(described(5), of="a.p"))
    (finding,) = found(spec, "MF412")
    assert finding.summary == (
        "policy 'rules' of product a.p loosens rule ColumnsDescribed (MF403) of policy 'rules' of domain 'a'"
    )


def test_a_lower_level_never_lowers_the_severity():
    """MF412 also where it tightens a parameter."""
    spec = mesh(*short("a.p"), policy(described(5)), policy(described(20, severity=Severity.WARNING), of="a"))
    (finding,) = found(spec, "MF412")
    assert finding.allowed == "severity: error or more"
    assert "severity='warning'" in finding.got
    assert found(spec, "MF403") == []


def test_a_lower_level_may_raise_the_severity():
    """And keeps the parameters that it does not give."""
    spec = mesh(
        *short("a.p"),
        policy(described(20, severity=Severity.ADVICE)),
        policy(ColumnsDescribed(severity=Severity.WARNING), of="a"),
    )
    assert {(f.severity, f.allowed[-13:]) for f in evaluated(spec).findings} == {
        (Severity.WARNING, "20 characters")
    }


def test_what_a_lower_level_does_not_give_is_as_above():
    """Its severity too: the rule still only warns."""
    spec = mesh(*short("a.p"), policy(described(5, severity=Severity.WARNING)), policy(described(20), of="a"))
    assert {f.severity for f in evaluated(spec).findings} == {Severity.WARNING}


def test_uses_with_another_key_are_two_rules():
    """NamesMatch for products says nothing of tables."""
    spec = mesh(
        *short("a.p"),
        policy(NamesMatch(kind="product", pattern="p")),
        policy(NamesMatch(kind="table", pattern="x"), of="a"),
    )
    assert [f.code for f in evaluated(spec).findings] == ["MF405"]


def test_a_parameter_without_a_direction_stays_as_it_is():
    """Nobody can tell which of two patterns is tighter."""
    spec = mesh(
        *short("a.p"),
        policy(NamesMatch(kind="product", pattern="p")),
        policy(NamesMatch(kind="product", pattern="[a-z]"), of="a"),
    )
    (finding,) = found(spec, "MF412")
    assert finding.allowed == "pattern: 'p'"


def test_two_policies_of_one_level_may_ask_for_the_same():
    """The tighter one runs; where neither is, both do."""
    spec = mesh(*short("a.p"), policy(described(5)), policy(described(20), name="more"))
    assert len(found(spec, "MF403")) == 2
    spec = mesh(*short("a.p"), policy(described(20)), policy(described(5), name="less"))
    assert len(found(spec, "MF403")) == 2
    advice = described(30, severity=Severity.ADVICE)
    spec = mesh(*short("a.p"), policy(described(20)), policy(advice, name="better"))
    assert [f.severity for f in found(spec, "MF403")] == [Severity.ERROR] * 2 + [Severity.ADVICE] * 2


def test_a_lower_level_tightens_the_one_of_two_uses_that_it_can():
    """An error from 5 characters and an advice from 30: a domain makes 20 of the 5."""
    spec = mesh(
        *short("a.p"),
        policy(described(5)),
        policy(described(30, severity=Severity.ADVICE), name="better"),
        policy(described(20, severity=Severity.ERROR), of="a"),
    )
    assert {(f.severity, f.allowed[-13:]) for f in evaluated(spec).findings} == {
        (Severity.ERROR, "20 characters"),
        (Severity.ADVICE, "30 characters"),
    }


class Everything(Rule):
    """A parameter of each direction."""

    code: ClassVar[str] = "ACME1"
    why: ClassVar[str] = "every direction is told from its contrary"
    tighter: ClassVar[Mapping[str, Tighter]] = {
        "at_least": "higher",
        "at_most": "lower",
        "version": "higher",
        "size": "lower",
        "needed": "more",
        "allowed": "fewer",
        "settings": "more",
    }
    at_least: int | None = None
    at_most: float | None = None
    version: str = "1.0"
    size: Literal["S", "M", "XS"] | None = None
    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None
    settings: Mapping[str, str] = {}
    other: str | None = None

    def check_product(self, product: ResolvedProduct, mesh):  # noqa: ARG002
        """Tell the parameters."""
        yield self.finding(repr(self), product.place)


@pytest.mark.parametrize(
    ("above", "below", "fits"),
    [
        ({"at_least": 3}, {"at_least": 3}, True),
        ({"at_least": 3}, {"at_least": 4}, True),
        ({"at_least": 3}, {"at_least": 2}, False),
        ({"at_least": 3}, {"at_least": None}, False),
        ({}, {"at_least": 1}, True),
        ({"at_most": 3}, {"at_most": 2.5}, True),
        ({"at_most": 3}, {"at_most": 4}, False),
        ({"at_most": 3}, {"at_most": None}, False),
        ({}, {"at_most": 9}, True),
        ({"version": "3.9"}, {"version": "3.10"}, True),
        ({"version": "3.10"}, {"version": "3.9"}, False),
        ({"version": "3.10"}, {"version": "next"}, False),
        ({"size": "M"}, {"size": "S"}, True),
        ({"size": "M"}, {"size": "XS"}, False),
        ({"needed": ("a",)}, {"needed": ("b", "a")}, True),
        ({"needed": ("a",)}, {"needed": ("b",)}, False),
        ({"allowed": ("a", "b")}, {"allowed": ("b",)}, True),
        ({"allowed": ("a", "b")}, {"allowed": ()}, True),
        ({"allowed": ("a", "b")}, {"allowed": ("c",)}, False),
        ({"allowed": ("a", "b")}, {"allowed": None}, False),
        ({}, {"allowed": ("c",)}, True),
        ({"settings": {"a": "1"}}, {"settings": {"a": "1", "b": "2"}}, True),
        ({"settings": {"a": "1"}}, {"settings": {"a": "2"}}, False),
        ({"other": "x"}, {"other": "y"}, False),
        ({}, {"other": "y"}, False),
    ],
)
def test_each_direction_and_its_contrary(above, below, fits):
    """None asks for nothing; words are ordered as their type names them; versions by their numbers."""
    spec = mesh(*short("a.p"), policy(Everything(**above)), policy(Everything(**below), of="a"))
    findings = evaluated(spec).findings
    assert [f.code for f in findings] == (["ACME1"] if fits else ["ACME1", "MF412"])
    assert findings[0].summary == repr(Everything(**(above | below if fits else above)))


def test_a_service_level_is_one_of_fewer():
    """A domain asks for freshness where the mesh lets latency do."""
    spec = mesh(
        product("a.p", contract=contract(table("t"), sla=())),
        policy(ServiceLevelPresent()),
        policy(ServiceLevelPresent(properties=("freshness",)), of="a"),
    )
    assert [f.allowed for f in evaluated(spec).findings] == ["one of freshness"]


def test_a_rule_stands_where_it_has_something_to_check():
    """MF415 for a rule of domains in the policy of a product."""
    spec = mesh(*short("a.p"), policy(SupportPath(), of="a.p", line=4))
    (finding,) = evaluated(spec).findings
    assert (finding.code, finding.place) == ("MF415", at(4))
    assert finding.summary == "rule SupportPath has nothing to check in policy 'rules' of product a.p"
    assert finding.allowed == "a policy of a domain or the mesh"


def test_a_policy_of_a_product_brings_no_row_filter():
    """MF417 says where it belongs."""
    row_filter = RowFilter(name="home", body="true")
    spec = mesh(*short("a.p"), Policy(name="r", domain="a", product="p", row_filters=(row_filter,)))
    (finding,) = evaluated(spec).findings
    assert finding.code == "MF417"
    assert finding.fix.endswith("row_filter")


WARNS = SupportPath(severity=Severity.WARNING)


def strict(**stricter: str) -> dict:
    """Environments of which one is stricter."""
    calm = Environment(name="dev", deployer="deployer")
    return {
        "environments": (calm, Environment(name="prod", deployer="deployer", stricter=stricter)),
    }


def test_an_environment_may_be_stricter():
    """A warning of the policies is an error in production only."""
    spec = mesh(domain("s", support=Support()), policy(WARNS), **strict(MF402="error"))
    assert [(f.code, f.severity) for f in evaluated(spec, "prod").findings] == [("MF402", "error")]
    assert [(f.code, f.severity) for f in evaluated(spec, "dev").findings] == [("MF402", "warning")]


def test_an_environment_is_never_laxer():
    """MF413 in every environment, and the finding keeps its weight."""
    spec = mesh(domain("s", support=Support()), policy(SupportPath(), line=6), **strict(MF402="advice"))
    for environment in ("dev", "prod"):
        support, lax = evaluated(spec, environment).findings
        assert support.severity is Severity.ERROR
        assert lax.code == "MF413"
        assert lax.summary == (
            "environment 'prod' is laxer than policy 'rules' of the mesh about SupportPath (MF402)"
        )
        assert lax.got == "advice; at domains/x.py:6 it is error"
        assert lax.allowed == "error or more"


def test_an_environment_is_strict_about_rules_of_the_mesh():
    """MF414 for a code that would have no effect."""
    spec = mesh(domain("s"), policy(WARNS), **strict(MF4O2="error"))
    (finding,) = evaluated(spec, "dev").findings
    assert (finding.code, finding.got) == ("MF414", "MF4O2")
    assert finding.fix == "did you mean 'MF402'?"


def test_a_domain_that_gives_no_severity_has_that_of_the_mesh():
    """MF413 compares with what stands, not with the default of the rule."""
    rules = (
        policy(described(5, severity=Severity.ADVICE)),
        policy(described(20), of="a"),
    )
    spec = mesh(*short("a.p"), *rules, **strict(MF403="warning"))
    assert {(f.code, f.severity) for f in evaluated(spec, "prod").findings} == {("MF403", "warning")}
    spec = mesh(*short("a.p"), policy(described(20), of="a"), **strict(MF403="warning"))
    assert len(found(spec, "MF413", "prod")) == 1
