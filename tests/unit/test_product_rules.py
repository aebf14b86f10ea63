# SPDX-License-Identifier: Apache-2.0
"""Rules about versions, how products are made, quality, and names."""

from datetime import date

import pytest
from tests.meshes import (
    SOURCE,
    at,
    column,
    contract,
    domain,
    evaluated,
    mesh,
    port,
    product,
    product_consumer,
    table,
    view,
)

from meshform.governance.rules.lifecycle import DeprecationAnnounced, SemanticVersions
from meshform.governance.rules.making import InputsAllowed, TablesMadeBy
from meshform.governance.rules.naming import NamesMatch
from meshform.governance.rules.quality import PrimaryKeyDeclared, QualityRulesPresent
from meshform.model.contract import CustomProperty, EnumValue, QualityRule
from meshform.model.inputs import ExternalConnection, ExternalTable, ExternalVolume
from meshform.model.policy import Policy
from meshform.model.ports import Elsewhere, Function, ManagedTable
from meshform.model.product import Job, Volume


def findings(rule, *parts, **fields):
    """The findings of one rule on a mesh."""
    spec = mesh(*parts, Policy(name="rules", rules=(rule,)), **fields)
    return [f for f in evaluated(spec).findings if f.code == rule.code]


def columns(*made, **fields):
    """A product with a table of these columns."""
    return product("s.p", table("p", *made), **fields)


@pytest.mark.parametrize("version", ["1.0.0", "0.1.0", "2.0.0-rc.1", "1.2.3+build.5"])
def test_a_semantic_version_is_silent(version):
    """MF444 takes every form of semver.org."""
    assert findings(SemanticVersions(), product("s.p", contract=contract(table("p"), version=version))) == []


@pytest.mark.parametrize("version", ["", "1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0\n"])
def test_a_version_that_is_not_semantic_is_refused(version):
    """MF444 for the contract."""
    (finding,) = findings(SemanticVersions(), product("s.p", contract=contract(table("p"), version=version)))
    assert finding.summary == "the version of the contract of s.p is no semantic version"


def test_the_version_of_a_product_is_semantic_too():
    """MF444 for the product where it has its own."""
    (finding,) = findings(SemanticVersions(), product("s.p", version="v1"))
    assert finding.summary == "the version of s.p is no semantic version"


def test_an_active_product_may_have_to_be_stable():
    """MF444 with a least major version; drafts are free."""
    rule = SemanticVersions(minimum_major=1)
    made = contract(table("p"), version="0.9.0")
    (finding,) = findings(rule, product("s.p", contract=made))
    assert finding.summary == "the contract of s.p is active, and its version says that it is not stable"
    assert findings(rule, product("s.p", contract=made, status="draft")) == []
    assert findings(rule, product("s.p")) == []


def deprecated(since=None, sunset=date(2027, 3, 31), *, replaced=True):
    """A deprecated product, and the one that replaces it."""
    custom = (CustomProperty(property="deprecatedSince", value=since),) if since else ()
    old = product(
        "s.old",
        contract=contract(table("old"), custom_properties=custom),
        status="deprecated",
        sunset=sunset,
    )
    new = product("s.new", replaces="old", contract=contract(table("new"), version="2.0.0"))
    return (old, new) if replaced else (old,)


def test_the_end_of_a_product_is_announced_in_time():
    """MF445 counts from the day in the contract; the borders belong to what is allowed."""
    rule = DeprecationAnnounced(minimum_notice_days=90, maximum_notice_days=120)
    assert findings(rule, *deprecated("2026-12-31")) == []
    assert findings(rule, *deprecated("2026-12-01")) == []
    (late,) = findings(rule, *deprecated("2027-01-01"))
    assert late.summary == "the end of s.old is announced too late"
    assert (late.got, late.allowed) == ("89 days, from 2027-01-01 to 2027-03-31", "90 to 120 days")
    (long,) = findings(rule, *deprecated("2026-11-30"))
    assert long.summary == "s.old is deprecated, and kept for too long"


def test_without_the_day_of_the_announcement_today_counts():
    """MF445 where the mesh knows today; the fix says how to keep the day."""
    rule = DeprecationAnnounced(minimum_notice_days=90)
    assert findings(rule, *deprecated(), today=date(2026, 12, 31)) == []
    (finding,) = findings(rule, *deprecated(), today=date(2027, 1, 1))
    assert finding.got == "89 days, from 2027-01-01 (today) to 2027-03-31"
    assert "`deprecatedSince`" in finding.fix


@pytest.mark.parametrize("since", [None, "soon"])
def test_nobody_can_tell_a_notice_without_a_day(since):
    """MF445 rather than silence."""
    (finding,) = findings(DeprecationAnnounced(), *deprecated(since))
    assert finding.summary == "nobody can tell since when s.old is deprecated"
    assert finding.got == (since and "deprecatedSince: soon")


def test_a_deprecated_product_names_what_comes_after_it():
    """MF445 unless the rule says that it need not."""
    alone = deprecated("2026-12-01", replaced=False)
    (finding,) = findings(DeprecationAnnounced(), *alone)
    assert finding.summary == "s.old is deprecated, and nothing replaces it"
    assert findings(DeprecationAnnounced(successor=False), *alone) == []


@pytest.mark.parametrize("status", ["draft", "active", "retired"])
def test_other_products_announce_nothing(status):
    """MF445 is silent."""
    assert findings(DeprecationAnnounced(), product("s.p", status=status)) == []


def made_by(maker):
    """A product whose table `p` is made in a way."""
    if maker == "volume":
        return product("s.p", volumes=(Volume(name="v", schema_name="gold"),))
    if maker == "view":
        return product("s.p", view("p"), views={"p": "SELECT 'a' AS id"}, pipeline=None)
    if maker == "job":
        return product("s.p", pipeline=None, job=Job(source=SOURCE, run_as="runner", main="orders.py"))
    entries = {"managed_table": ManagedTable(), "elsewhere": Elsewhere()}
    tables = {"p": entries[maker]} if maker in entries else {}
    return product("s.p", table("p", physical_type="table"), tables=tables)


MAKERS = ("pipeline", "job", "managed_table", "elsewhere", "view", "volume")


@pytest.mark.parametrize("maker", MAKERS)
def test_what_is_in_a_schema_is_made_in_an_allowed_way(maker):
    """MF447 for each way that is not among them, and for no other."""
    made = made_by(maker)
    assert findings(TablesMadeBy(), made) == []
    others = tuple(one for one in MAKERS if one != maker)
    (finding,) = findings(TablesMadeBy(makers=others), made)
    assert finding.got == ("gold.v" if maker == "volume" else maker)
    assert finding.allowed == ", ".join(sorted(others))
    assert findings(TablesMadeBy(schema_name="bronze", makers=others), made) == []
    assert len(findings(TablesMadeBy(schema_name="gold", makers=others), made)) == 1


def test_a_table_is_of_an_allowed_type():
    """MF447 with the type; views are no tables."""
    rule = TablesMadeBy(types=("streaming_table",))
    made = product("s.p", table("p"), view("v"), views={"v": "SELECT id FROM gold.p"})
    (finding,) = findings(rule, made)
    assert finding.summary == "s_local.gold.p is of a type that is not allowed"
    assert (finding.got, finding.allowed) == ("materialized_view", "streaming_table")


def test_products_read_allowed_kinds_of_input():
    """MF450 for each input of another kind."""
    inputs = (
        port("s.a.a"),
        ExternalTable(name="rates", full_name="fin.public.rates"),
        ExternalVolume(name="drop", full_name="fin.public.drop"),
        ExternalConnection(name="crm", connection="crm"),
    )
    reader = product("s.b", inputs=inputs)
    made = (product("s.a", consumers=(product_consumer("s.b"),)), reader)
    assert findings(InputsAllowed(), *made) == []
    found = findings(InputsAllowed(kinds=("port", "volume")), *made)
    assert [(f.got, f.summary) for f in found] == [
        ("table", "s.b reads rates, which is of a kind that is not allowed"),
        ("connection", "s.b reads crm, which is of a kind that is not allowed"),
    ]
    assert [f.allowed for f in findings(InputsAllowed(kinds=()), *made)] == ["no input"] * 4


def test_a_port_has_quality_rules():
    """MF448 for tables of the port's schema; words that nothing runs do not count, allowed values do."""
    words = QualityRule(name="words", type="text", description="Good.")
    inner = table("inner", schema_name="silver")
    bare = product("s.p", table("p", quality=(words,), place=at(5)), inner)
    (finding,) = findings(QualityRulesPresent(), bare)
    assert finding.summary == "s_local.gold.p has too few quality rules"
    assert (finding.got, finding.allowed, finding.place.line) == ("0", "at least 1", 5)
    checked = columns(column(enum=(EnumValue(value="a"),)))
    assert findings(QualityRulesPresent(), checked) == []
    assert len(findings(QualityRulesPresent(minimum=2), checked)) == 1


def test_the_rules_of_a_port_cover_dimensions():
    """MF448 with the dimensions that are missing."""
    complete = QualityRule(name="r", expression="id IS NOT NULL", dimension="completeness")
    made = product("s.p", table("p", quality=(complete,)))
    assert findings(QualityRulesPresent(dimensions=("completeness",)), made) == []
    (finding,) = findings(QualityRulesPresent(dimensions=("completeness", "accuracy")), made)
    assert finding.summary == "s_local.gold.p has no quality rule of a dimension: accuracy"
    assert finding.got == "completeness"


def test_a_port_has_a_primary_key():
    """MF449 for tables of the port's schema."""
    assert findings(PrimaryKeyDeclared(), columns(column(primary_key=True))) == []
    made = product("s.p", table("p", place=at(5)), table("inner", schema_name="silver"))
    (finding,) = findings(PrimaryKeyDeclared(), made)
    assert (finding.summary, finding.place.line) == ("s_local.gold.p has no primary key", 5)


@pytest.mark.parametrize("rule", [QualityRulesPresent, PrimaryKeyDeclared])
def test_views_may_be_asked_the_same(rule):
    """MF448 and MF449 leave out views by default."""
    made = product("s.p", view("p"), views={"p": "SELECT 'a' AS id"}, pipeline=None)
    assert findings(rule(), made) == []
    assert len(findings(rule(views=True), made)) == 1


@pytest.mark.parametrize(
    ("kind", "bad"),
    [("volume", "vol2"), ("function", "fun2"), ("job", "s2_p2"), ("tag", "tag2")],
)
def test_what_belongs_to_a_product_is_named_by_a_pattern(kind, bad):
    """MF405 for volumes, functions, jobs and keys of tags."""
    made = product(
        "s2.p2",
        volumes=(Volume(name="vol2", schema_name="gold"),),
        functions=(Function(name="fun2", returns="int", body="1"),),
        tags={"tag2": "x"},
    )
    (finding,) = findings(NamesMatch(kind=kind, pattern="[a-z_]+"), made)
    assert (finding.got, str(finding.place)) == (bad, "domains/s2.py:10 (mesh/s2/p2)")
    assert findings(NamesMatch(kind=kind), made) == []


def test_tags_are_named_wherever_they_are():
    """MF405 for tags of the domain, a table and a column, by their keys."""
    tagged = table("p", column(tags=("C=1",), place=at(3)), tags=("T",), place=at(2))
    found = findings(NamesMatch(kind="tag"), product("s.p", tagged), domain("s", tags={"D": "2"}))
    assert [(f.got, f.place.line) for f in found] == [("D", 1), ("T", 2), ("C", 3)]


def test_a_product_without_a_job_names_none():
    """MF405 is silent."""
    made = product("s.p", pipeline=None)
    assert findings(NamesMatch(kind="job", pattern="x"), made) == []


def test_a_name_has_a_maximum_length():
    """MF405 with the number of characters; the limit itself is allowed."""
    made = product("s.p", table("abcde", place=at(2)))
    assert findings(NamesMatch(kind="table", maximum_length=5), made) == []
    (finding,) = findings(NamesMatch(kind="table", maximum_length=4), made)
    assert finding.summary == "the name of a table is too long"
    assert (finding.got, finding.allowed) == ("abcde (5 characters)", "at most 4 characters")
