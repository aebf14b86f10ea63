# SPDX-License-Identifier: Apache-2.0
"""Rules about contracts: sections, descriptions, service levels, retention."""

import pytest
from pydantic import ValidationError
from tests.meshes import SOURCE, at, column, contract, evaluated, mesh, product, table, view

from meshform.governance.rules.contracts import ColumnsDescribed, MinimumContract, ServiceLevelPresent
from meshform.governance.rules.service_levels import RetentionSet, ServiceLevelsPlausible
from meshform.model.contract import ServiceLevel, Team
from meshform.model.findings import Place
from meshform.model.odcs import parse_contract
from meshform.model.policy import Policy
from meshform.model.ports import Elsewhere
from meshform.model.product import Job, Pipeline, Schedule

FILE = Place(file="p.odcs.yaml")


def findings(rule, *parts, **fields):
    """The findings of one rule on a mesh."""
    spec = mesh(*parts, Policy(name="rules", rules=(rule,)), **fields)
    return [f for f in evaluated(spec).findings if f.code == rule.code]


def promising(*levels, cron=None, **fields):
    """A product whose contract has these service levels, with a pipeline that runs at `cron`."""
    schedule = Schedule(cron=cron) if cron else None
    given = {"pipeline": Pipeline(source=SOURCE, run_as="runner", schedule=schedule)}
    tables = fields.pop("tables", (table("p", column("at", "timestamp")),))
    return product("s.p", contract=contract(*tables, sla=levels, place=FILE), **{**given, **fields})


def level(property_, value=1, unit="d", element=None):
    """A service level at a place of its own."""
    return ServiceLevel(
        property=property_, value=value, unit=unit, element=element, place=at(7, "p.odcs.yaml")
    )


def test_a_contract_has_the_sections_that_are_asked_for():
    """MF440 for each that is missing or blank, at the contract."""
    made = contract(table("p"), purpose="To read it.", usage=" ", status="active", team=Team(), place=FILE)
    found = findings(MinimumContract(), product("s.p", contract=made))
    assert [(f.summary, f.fix, str(f.place)) for f in found] == [
        (
            "the contract of s.p does not say its usage",
            "add `description.usage` to the contract",
            "p.odcs.yaml",
        ),
        (
            "the contract of s.p does not say its limitations",
            "add `description.limitations` to the contract",
            "p.odcs.yaml",
        ),
        ("the contract of s.p does not say its support", "add `support` to the contract", "p.odcs.yaml"),
    ]
    assert "description.purpose" in found[0].allowed


def test_what_the_product_says_itself_is_said():
    """MF440 is silent about texts, status and version of the data product."""
    made = product("s.p", usage="Join it.", status="draft", purpose="Reports.", version="2.0.0")
    assert findings(MinimumContract(sections=("usage", "status", "purpose", "version")), made) == []


@pytest.mark.parametrize(
    "section", ["name", "domain", "data_product", "schema", "sla", "team", "members", "support", "roles"]
)
def test_every_section_can_be_asked_for(section):
    """MF440 for a contract with nothing in it; the name of the product's domain is not the contract's."""
    bare = product("s.p", contract=contract(sla=()), pipeline=None)
    (finding,) = findings(MinimumContract(sections=(section,)), bare)
    assert section.replace("_", " ") in finding.summary
    assert str(finding.place) == "domains/s.py:10 (mesh/s/p)"


def test_a_section_that_the_standard_does_not_have_is_refused():
    """When the rule is declared."""
    with pytest.raises(ValidationError):
        MinimumContract(sections=("owner",))


def test_a_share_of_the_descriptions_may_be_enough():
    """MF403 once for a product whose share is below, with what lacks a description."""
    made = table("a", column("x", description=None), column("y"), column("z"))
    spec = product("s.p", contract=contract(made, place=FILE))
    assert findings(ColumnsDescribed(minimum_coverage_percent=75), spec) == []
    (finding,) = findings(ColumnsDescribed(minimum_coverage_percent=75.1), spec)
    assert finding.summary == "too few tables and columns of s.p are described"
    assert finding.got == "75.0 percent; without: s_local.gold.a.x"
    assert finding.allowed == "75.1 percent with a description of at least 1 characters"
    assert str(finding.place) == "p.odcs.yaml"


def test_no_share_is_asked_of_a_product_without_tables():
    """MF403 is silent: there is nothing to describe."""
    empty = product("s.p", contract=contract(), pipeline=None)
    assert findings(ColumnsDescribed(minimum_coverage_percent=50), empty) == []


def test_a_service_level_may_have_to_be_measured():
    """MF404: freshness without an element is measured by runs, and kept only where nothing runs."""
    fresh = level("freshness")
    assert findings(ServiceLevelPresent(measured=True), promising(fresh)) == []
    alone = {"pipeline": None, "tables": (table("p", column("at", "timestamp")),)}
    bare = promising(fresh, **alone)
    assert findings(ServiceLevelPresent(), bare) == []
    (finding,) = findings(ServiceLevelPresent(measured=True), bare)
    assert finding.summary == "s.p promises no service level that is measured"
    assert (finding.got, str(finding.place)) == ("freshness", "p.odcs.yaml")
    shown = promising(level("freshness", element="p.at"), **alone)
    assert findings(ServiceLevelPresent(measured=True), shown) == []


@pytest.mark.parametrize(
    ("property_", "value", "unit"),
    [
        ("latency", 0, "d"),
        ("frequency", "daily", "d"),
        ("retention", -3, "y"),
        ("retention", 3, "lightyears"),
        ("retention", True, "y"),
        ("retention", None, None),
        ("retention", float("nan"), "d"),
        ("retention", float("inf"), "d"),
        ("retention", 101, "y"),
        ("timeToRepair", 4, "percent"),
        ("availability", 100.5, "percent"),
        ("availability", -1, "percent"),
        ("availability", 99, "h"),
        ("errorRate", "low", "percent"),
        ("endOfLife", "soon", None),
        ("timeOfAvailability", "25:00", None),
        ("timeOfAvailability", "9-17", None),
    ],
)
def test_a_promise_that_cannot_be_true_is_refused(property_, value, unit):
    """MF441 at the service level, of a product that nothing measures."""
    (finding,) = findings(ServiceLevelsPlausible(), promising(level(property_, value, unit), pipeline=None))
    assert property_ in finding.summary
    assert str(finding.place) == "p.odcs.yaml:7"
    assert finding.allowed


@pytest.mark.parametrize(
    ("property_", "value", "unit"),
    [
        ("latency", 15, "minutes"),
        ("retention", 100, "y"),
        ("retention", 30, "Days"),
        ("availability", 100, "%"),
        ("availability", 0, "percent"),
        ("endOfSupport", "2027-06-30", None),
        ("endOfLife", "2027-06-30T00:00:00Z", None),
        ("timeOfAvailability", "09:00-17:30", None),
        ("timeOfAvailability", "09:00", None),
        ("throughput", "much", None),
        ("ourOwn", -1, "parsecs"),
    ],
)
def test_a_promise_that_can_be_true_is_silent(property_, value, unit):
    """MF441 leaves alone what fits, and what it knows nothing of."""
    assert findings(ServiceLevelsPlausible(), promising(level(property_, value, unit), pipeline=None)) == []


def test_a_level_that_is_measured_is_told_once():
    """Its value and unit are refused by MF503 already."""
    spec = mesh(
        promising(level("availability", 101, "percent")),
        Policy(name="rules", rules=(ServiceLevelsPlausible(),)),
    )
    codes = [f.code for f in evaluated(spec).findings]
    assert "MF503" in codes
    assert "MF441" not in codes


def test_days_of_a_product_follow_each_other():
    """MF441 for an end before the beginning, wherever they stand in the contract."""
    end, begin = level("endOfLife", "2026-01-01", None), level("generalAvailability", "2027-01-01", None)
    (finding,) = findings(ServiceLevelsPlausible(), promising(end, begin))
    assert finding.summary == "the endOfLife of s.p is before its generalAvailability"
    assert finding.got == "2026-01-01, and generalAvailability is 2027-01-01"
    assert findings(ServiceLevelsPlausible(), promising(level("endOfLife", "2027-01-01", None), begin)) == []


@pytest.mark.parametrize("property_", ["freshness", "latency", "frequency"])
def test_data_is_not_fresher_than_its_schedule(property_):
    """MF441 where the longest pause of the schedule is longer than the promise; equal is enough."""
    nightly = "0 0 4 * * ?"
    (finding,) = findings(ServiceLevelsPlausible(), promising(level(property_, 23, "h"), cron=nightly))
    assert finding.summary == f"the {property_} of s.p is shorter than the pauses of its pipeline"
    assert (finding.got, finding.allowed) == (
        "23 h",
        "at least 1440 minutes, with the schedule '0 0 4 * * ?'",
    )
    assert findings(ServiceLevelsPlausible(), promising(level(property_, 24, "h"), cron=nightly)) == []
    assert findings(ServiceLevelsPlausible(), promising(level(property_, 23, "h"))) == []


def test_a_job_has_a_schedule_too():
    """MF441 says what runs."""
    job = Job(source=SOURCE, run_as="runner", main="orders.py", schedule=Schedule(cron="0 0 4 ? * MON"))
    (finding,) = findings(ServiceLevelsPlausible(), promising(level("freshness"), pipeline=None, job=job))
    assert finding.summary == "the freshness of s.p is shorter than the pauses of its job"


def test_a_schedule_that_never_runs_keeps_no_promise():
    """MF441 for a promise of freshness beside it."""
    (finding,) = findings(ServiceLevelsPlausible(), promising(level("freshness"), cron="0 0 4 30 2 ?"))
    assert finding.summary == "the freshness of s.p depends on a schedule of its pipeline that never runs"


def test_a_schedule_says_nothing_of_what_somebody_else_makes():
    """MF441 is silent about a freshness that is seen in a table which the pipeline does not make."""
    tables = (table("p"), table("other", column("at", "timestamp")))
    made = promising(
        level("freshness", 1, "h", "other.at"),
        cron="0 0 4 * * ?",
        tables=tables,
    )
    assert len(findings(ServiceLevelsPlausible(), made)) == 1
    elsewhere = made.model_copy(update={"tables": {"other": Elsewhere()}})
    assert findings(ServiceLevelsPlausible(), elsewhere) == []


def test_the_longest_time_is_a_parameter():
    """MF441 with fewer years."""
    made = promising(level("retention", 11, "y"), pipeline=None)
    assert findings(ServiceLevelsPlausible(), made) == []
    (finding,) = findings(ServiceLevelsPlausible(maximum_years=10), made)
    assert finding.allowed == "at most 10 years"


def test_a_table_says_how_long_it_keeps_its_rows():
    """MF446 at the table, for each table and no view; a retention without an element is about all of them."""
    tables = (table("p", place=at(3)), view("v", place=at(9)))
    made = promising(tables=tables, views={"v": "SELECT id FROM gold.p"})
    (finding,) = findings(RetentionSet(), made)
    assert finding.summary == "s_local.gold.p does not say how long it keeps its rows"
    assert (finding.place.line, finding.allowed) == (3, "0 to 36525 days")
    made = promising(level("retention"), tables=tables, views={"v": "SELECT id FROM gold.p"})
    assert findings(RetentionSet(), made) == []


def test_a_retention_is_about_the_tables_of_its_elements():
    """MF446 for the table that no element names; schema and case do not matter."""
    tables = (table("p", column("at", "timestamp")), table("q", schema_name="bronze"), table("r"))
    made = promising(level("retention", element="P.at, bronze.q.id"), tables=tables)
    assert [f.summary for f in findings(RetentionSet(), made)] == [
        "s_local.gold.r does not say how long it keeps its rows"
    ]


def test_only_tables_of_the_class_need_a_retention():
    """MF446 for tables that hold a column of the class."""
    tables = (table("p", column(classification="personal")), table("q", column(classification="none")))
    found = findings(RetentionSet(classification="personal"), promising(tables=tables))
    assert [f.summary for f in found] == [
        "s_local.gold.p does not say how long it keeps its rows ('personal')"
    ]


@pytest.mark.parametrize(
    ("value", "unit", "is_allowed"),
    [(30, "d", True), (29, "d", False), (1, "y", True), (366, "d", False), (1, "parsec", False)],
)
def test_a_retention_has_limits(value, unit, is_allowed):
    """MF446 at the service level; both limits belong to what is allowed."""
    made = promising(level("retention", value, unit))
    found = findings(RetentionSet(minimum_days=30, maximum_days=365), made)
    assert bool(found) is not is_allowed
    for finding in found:
        assert finding.summary == "s_local.gold.p keeps its rows for a time that is not allowed"
        assert (finding.got, finding.allowed, finding.place.line) == (f"{value} {unit}", "30 to 365 days", 7)


def test_a_place_in_a_contract_is_that_of_the_line():
    """MF441 and MF446 for a contract that was read from YAML."""
    read = parse_contract(
        """\
apiVersion: v3.1.0
kind: DataContract
id: p
version: 1.0.0
schema:
  - name: p
    properties:
      - name: id
        logicalType: string
slaProperties:
  - property: retention
    value: -1
    unit: d
""",
        "p.yaml",
    )
    made = product("s.p", contract=read)
    (plausible,), (retention,) = findings(ServiceLevelsPlausible(), made), findings(RetentionSet(), made)
    assert (plausible.place.file, plausible.place.line) == ("p.yaml", 11)
    assert (retention.place.file, retention.place.line) == ("p.yaml", 11)
