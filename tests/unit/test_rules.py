# SPDX-License-Identifier: Apache-2.0
"""The built-in governance rules: each on a mesh that follows it and on one that breaks it."""

import pytest
from pydantic import ValidationError
from tests.meshes import (
    GROUPS,
    SERVICE_PRINCIPALS,
    SOURCE,
    at,
    column,
    contract,
    domain,
    evaluated,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    table,
)

from meshform.governance.rules.contracts import ColumnsDescribed, ServiceLevelPresent
from meshform.governance.rules.domains import OwnerIsGroup, SupportPath
from meshform.governance.rules.naming import NamesMatch
from meshform.governance.rules.protection import ClassifiedColumnsMasked, PipelinesReadClear
from meshform.model.contract import ServiceLevel
from meshform.model.domain import Support
from meshform.model.findings import Place, Severity
from meshform.model.policy import Classification, MaskFunction, Policy, RowFilter
from meshform.model.principals import Group, Principals
from meshform.model.product import Pipeline


def findings(rule, *parts, **fields):
    """The findings of one rule on a mesh."""
    spec = mesh(*parts, Policy(name="rules", rules=(rule,)), **fields)
    return [f for f in evaluated(spec).findings if f.code == rule.code]


def test_every_rule_has_a_code_of_its_own_and_says_why():
    """Codes are MF4nn, and `why` is a sentence for the person who broke the rule."""
    rules = (
        OwnerIsGroup,
        SupportPath,
        ColumnsDescribed,
        ServiceLevelPresent,
        NamesMatch,
        ClassifiedColumnsMasked,
        PipelinesReadClear,
    )
    assert [rule.code for rule in rules] == [f"MF40{i}" for i in range(1, 8)]
    assert all(len(rule.why) > 30 for rule in rules)


def test_the_owner_of_a_domain_is_a_group():
    """MF401 for a service principal as owner (fault 17)."""
    assert findings(OwnerIsGroup(), product("s.p")) == []
    (finding,) = findings(OwnerIsGroup(), domain("s", owner="runner"))
    assert finding.summary == "domain 's' is not owned by a group"
    assert (finding.got, finding.allowed) == ("runner", "a group of the mesh's registry")
    assert str(finding.place) == "domains/s.py:1 (mesh/s)"
    assert "declare a group" in finding.fix


def test_the_owner_of_a_domain_is_not_a_consumer_of_its_products():
    """MF401 where owner and consumer are one group (fault 17)."""
    (finding,) = findings(OwnerIsGroup(), product("s.p", consumers=(group_consumer(group="owners"),)))
    assert finding.summary == "the owner of domain 's' is also a consumer of s.p"
    assert str(finding.place) == "domains/s.py:10 (mesh/s/p)"


@pytest.mark.parametrize(
    "support", [Support(channel="#x"), Support(email="a@b.c"), Support(url="https://x.y")]
)
def test_any_one_way_to_find_help_is_enough(support):
    """MF402 is silent with a channel, an address or a link."""
    assert findings(SupportPath(), domain("s", support=support)) == []


def test_a_domain_without_support_is_refused():
    """MF402 says how to give one."""
    (finding,) = findings(SupportPath(), domain("s", support=Support()))
    assert finding.summary == "domain 's' has no support path"
    assert 'support=Support(channel="#...")' in finding.fix
    assert finding.place.construct_path == "mesh/s"


def test_every_table_and_column_is_described():
    """MF403 for each that is not, at its line of the contract; blanks are no description."""
    tables = (
        table("a", column("x", description=None, place=at(2)), column("y", description="  ", place=at(3))),
        table("b", description="", place=at(5)),
    )
    assert findings(ColumnsDescribed(), product("s.p", table("a"))) == []
    found = findings(ColumnsDescribed(), product("s.p", *tables))
    assert [(f.summary, f.place.line) for f in found] == [
        ("s_local.gold.a.x is not described", 2),
        ("s_local.gold.a.y is not described", 3),
        ("s_local.gold.b is not described", 5),
    ]
    assert found[0].fix == "add a `description` in the contract"


def test_a_description_may_have_to_be_longer():
    """MF403 counts characters without the blanks around."""
    spec = product("s.p", table("a", column(description=" 123456789 "), description="1234567890"))
    (finding,) = findings(ColumnsDescribed(minimum_length=10), spec)
    assert finding.allowed == "a description of at least 10 characters"
    assert finding.got == " 123456789 "


@pytest.mark.parametrize("word", ["freshness", "latency"])
def test_freshness_and_latency_are_one_promise(word):
    """MF404 is silent with either word of the standard."""
    made = contract(table("p"), sla=(ServiceLevel(property=word, value=1, unit="d"),))
    assert findings(ServiceLevelPresent(), product("s.p", contract=made)) == []


def test_a_product_without_the_promised_service_level_is_refused():
    """MF404 at the contract, with what it promises instead."""
    levels = (ServiceLevel(property="retention", value=3, unit="y"),)
    made = contract(table("p"), sla=levels, place=Place(file="p.odcs.yaml"))
    (finding,) = findings(ServiceLevelPresent(), product("s.p", contract=made))
    assert (finding.got, finding.allowed, str(finding.place)) == (
        "retention",
        "one of freshness, latency",
        "p.odcs.yaml",
    )
    assert findings(ServiceLevelPresent(properties=("retention",)), product("s.p", contract=made)) == []


def test_a_contract_made_in_python_is_told_by_its_product():
    """MF404 at the product where the contract has no file."""
    (finding,) = findings(ServiceLevelPresent(), product("s.p", contract=contract(table("p"), sla=())))
    assert str(finding.place) == "domains/s.py:10 (mesh/s/p)"


@pytest.mark.parametrize(
    ("kind", "bad"),
    [("domain", "s2"), ("schema", "gold2"), ("product", "p2"), ("table", "t2"), ("column", "c2")],
)
def test_each_kind_of_name_follows_its_pattern(kind, bad):
    """MF405 for names of its kind only, and the pattern must match the whole name."""
    spec = product("s2.p2", table("t2", column("c2"), schema_name="gold2"), schema_name="gold2")
    made = domain("s2", schemas={"gold2": ""})
    (finding,) = findings(NamesMatch(kind=kind, pattern="[a-z]+"), spec, made)
    assert (finding.got, finding.allowed) == (bad, "[a-z]+")
    assert finding.summary == f"the name of a {kind} does not follow the mesh's pattern"
    assert findings(NamesMatch(kind=kind), spec, made) == []


def test_a_pattern_that_is_no_regular_expression_is_refused_when_it_is_declared():
    """The message is the engine's."""
    with pytest.raises(ValidationError, match="not a regular expression"):
        NamesMatch(kind="table", pattern="[a-z")


def test_a_classified_column_is_covered_by_a_mask_of_its_type():
    """MF406 is silent when class, mask and type fit."""
    spec = product("s.p", table("p", column(classification="personal")))
    assert findings(ClassifiedColumnsMasked(), spec, mask_policy()) == []


def test_a_class_that_nobody_declared_is_refused():
    """MF406 lists the classes there are."""
    spec = product("s.p", table("p", column(classification="secret", place=at(8))))
    (finding,) = findings(ClassifiedColumnsMasked(), spec, mask_policy())
    assert finding.summary == "s_local.gold.p.id has a classification that no policy declares"
    assert (finding.got, finding.allowed, finding.place.line) == ("secret", "personal", 8)
    (finding,) = findings(ClassifiedColumnsMasked(), spec)
    assert finding.allowed == "none is declared"


def test_a_class_without_a_mask_is_refused():
    """MF406: a tag alone hides nothing."""
    bare = Policy(name="classes", classifications=(Classification(name="personal"),))
    (finding,) = findings(
        ClassifiedColumnsMasked(), product("s.p", table("p", column(classification="personal"))), bare
    )
    assert finding.fix == "give the Classification a `mask`"


def test_a_mask_of_another_type_is_refused():
    """MF406 names both types; synonyms are one type."""
    number = MaskFunction(name="mask_n", body="0", data_type="INTEGER")
    policy = Policy(name="classes", classifications=(Classification(name="count", mask=number),))
    ok = product("s.p", table("p", column("n", "int", classification="count")))
    assert findings(ClassifiedColumnsMasked(), ok, policy) == []
    bad = product("s.p", table("p", column("n", "bigint", classification="count")))
    (finding,) = findings(ClassifiedColumnsMasked(), bad, policy)
    assert (finding.got, finding.allowed) == ("bigint", "INTEGER")


def test_a_pipeline_is_exempt_from_the_masks_on_its_own_tables():
    """MF407 for a service principal that is in no exempt group; membership counts."""
    made = product("s.p", table("p", column(classification="personal")))
    assert findings(PipelinesReadClear(), made, mask_policy()) == []
    outsider = product(
        "s.p",
        table("p", column(classification="personal")),
        pipeline=Pipeline(source=SOURCE, run_as="writer"),
    )
    (finding,) = findings(PipelinesReadClear(), outsider, mask_policy())
    assert finding.summary == "the pipeline of s.p reads through the mask of class 'personal'"
    assert (finding.got, finding.allowed) == ("writer", "exempt, runner")
    assert finding.fix == "make 'writer' a member of a group that is exempt from it"


def test_a_pipeline_is_exempt_from_the_masks_and_row_filters_on_its_inputs():
    """MF407 for each mask and row filter of the domain that an input comes from."""
    rows = Policy(
        name="rows", domain="a", row_filters=(RowFilter(name="home", body="true", exempt=("vip",)),)
    )
    other = Policy(name="other", domain="b", row_filters=(RowFilter(name="off", body="true"),))
    groups = (*GROUPS, Group(name="vip"))
    fields = {"principals": Principals(groups=groups, service_principals=SERVICE_PRINCIPALS)}
    tagged = column("country", tags=("row_filter=home",))
    made = (
        product(
            "a.a",
            table("a", column(classification="personal"), tagged),
            consumers=(product_consumer("b.b"),),
        ),
        product("b.b", table("b", column(tags=("row_filter=home",))), inputs=(port("a.a.a"),)),
    )
    found = findings(PipelinesReadClear(), *made, mask_policy(), rows, other, **fields)
    assert sorted(f.summary for f in found) == [
        "the pipeline of a.a reads through the row filter 'home'",
        "the pipeline of b.b reads through the row filter 'home'",
    ]


def test_a_product_without_a_pipeline_stores_nothing():
    """MF407 is silent where there is no pipeline."""
    made = product("s.p", table("p", column(classification="personal")), pipeline=None)
    assert findings(PipelinesReadClear(), made, mask_policy()) == []


def test_a_rule_may_only_warn():
    """The severity of a rule is that of its findings."""
    (finding,) = findings(SupportPath(severity=Severity.WARNING), domain("s", support=Support()))
    assert finding.severity is Severity.WARNING
