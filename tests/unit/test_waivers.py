# SPDX-License-Identifier: Apache-2.0
"""Waivers: what they take out of the errors, until when, and what makes one invalid."""

from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from constructs import RootConstruct
from pydantic import ValidationError
from tests.meshes import GROUPS, SERVICE_PRINCIPALS, at, column, domain, evaluated, mesh, product, table, view

from meshform import Domain, Environment, GovernancePolicy, Mesh, MeshformError, Platform, Support
from meshform.governance.rules.contracts import ColumnsDescribed
from meshform.governance.rules.domains import SupportPath
from meshform.model.findings import Severity
from meshform.model.policy import Policy, Rule
from meshform.model.principals import Group, Principals
from meshform.model.strict_yaml import loads
from meshform.model.waiver import Waiver
from meshform.model.waivers_file import waivers_in

TODAY = date(2030, 1, 31)
COUNCIL = (
    Group(name="council", members=("members", "writer", "a-owners")),
    Group(name="members", members=("runner",)),
    Group(name="a-owners", members=("deployer", "writer")),
)
RULES = (ColumnsDescribed(), SupportPath())


def waiver(scope: str = "a.p", **fields) -> Waiver:
    """A good waiver of ColumnsDescribed."""
    given = {
        "rule": "MF403",
        "scope": scope,
        "reason": "the owner is on leave",
        "ticket": "GOV-7",
        "approver": "council",
        "expires": TODAY + timedelta(days=30),
    }
    return Waiver(**{**given, **fields})


def governed(*waivers: Waiver, parts=(), of: str | None = None, rules=RULES, **fields):
    """A mesh whose product `a.p` has two columns that are not described, and these waivers."""
    described = (
        column("id"),
        column("x", description="", place=at(21, "a.yaml")),
        column("y", description="", place=at(22, "a.yaml")),
    )
    policies = [Policy(name="floor", rules=rules, place=at(1, "floor.py"))]
    if of is None:
        policies[0] = policies[0].model_copy(update={"waivers": waivers})
    else:
        policies.append(Policy(name="own", domain=of, waivers=waivers, place=at(2, "own.py")))
    given = {
        "principals": Principals(groups=(*GROUPS, *COUNCIL), service_principals=SERVICE_PRINCIPALS),
        "governance_council": "council",
        "today": TODAY,
    }
    made = product("a.p", table("t", *described, place=at(20, "a.yaml")))
    return mesh(domain("a", owner="a-owners"), made, *parts, *policies, **{**given, **fields})


def codes(spec, environment="local", **options) -> list[tuple[str, str]]:
    """Codes and severities of everything found, without what has to do with deployers."""
    return sorted(
        (finding.code, str(finding.severity)) for finding in evaluated(spec, environment, **options).findings
    )


ERRORS = [("MF403", "error")] * 2
WAIVED = [("MF403", "advice")] * 2


@pytest.mark.parametrize(
    "scope",
    ["a", "a.p", "a.p.t", "mesh/a", "mesh/a/p", "a.*", "a.p.*", "a*", "a.p.t*", "mesh/a/*"],
)
def test_a_waiver_takes_what_is_in_its_scope_out_of_the_errors(scope):
    """Addresses, construct paths and prefixes cover what is in them; nothing else is found."""
    assert codes(governed(waiver(scope))) == WAIVED


@pytest.mark.parametrize("rule", ["MF403", "ColumnsDescribed"])
def test_a_rule_is_named_by_its_code_or_its_class(rule):
    """Both mean the same."""
    assert codes(governed(waiver(rule=rule))) == WAIVED


def test_a_waived_finding_is_advice_that_names_the_waiver_and_the_days_left():
    """Everything else of it stays."""
    plain = evaluated(governed()).findings[0]
    (finding, _) = evaluated(governed(waiver())).findings
    assert finding.waived == (
        "until 2030-03-02 (30 days left), GOV-7, approved by council: the owner is on leave"
    )
    assert finding.model_copy(update={"severity": Severity.ERROR, "waived": None}) == plain
    assert str(finding).splitlines()[-1] == f"  waived: {finding.waived}"


def test_a_scope_of_one_column_leaves_the_others():
    """The other column is still an error."""
    spec = governed(waiver("a.p.t.x"))
    assert codes(spec) == [("MF403", "advice"), ("MF403", "error")]
    (error,) = evaluated(spec).errors
    assert error.place == at(22, "a.yaml")


def test_what_is_at_one_place_is_the_products():
    """Where columns have no places of their own, only a scope of the product covers them."""
    columns = [column(name, description="") for name in ("x", "y")]
    parts = [product("b.q", table("t", *columns), place=at(9))]
    assert codes(governed(waiver("a"), waiver("b.q"), parts=parts)) == [("MF403", "advice")] * 4


def test_a_rule_says_itself_what_its_finding_is_about():
    """`about` counts before the place."""

    class Own(Rule):
        """As a team may write one."""

        code: ClassVar[str] = "ACME1"
        why: ClassVar[str] = "so"

        def check_domain(self, domain, mesh):  # noqa: ARG002
            """One finding."""
            yield self.finding("it is", domain.place, about=f"{domain.name}.p.t.x")

    rules = (Own(),)
    assert codes(governed(waiver("a.p.t.x", rule="ACME1"), rules=rules)) == [("ACME1", "advice")]
    assert ("ACME1", "error") in codes(governed(waiver("a.p.t.y", rule="Own"), rules=rules))


def test_a_rule_of_the_whole_mesh_is_waived_by_where_it_points():
    """At the policy, for one; or in the whole mesh."""

    class Whole(Rule):
        """It looks at the mesh."""

        code: ClassVar[str] = "ACME2"
        why: ClassVar[str] = "so"

        def check_mesh(self, mesh):
            """One finding."""
            yield self.finding("it is", mesh.spec.place.model_copy(update={"construct_path": "mesh/floor"}))

    rules = (Whole(),)
    for scope in ("mesh/floor", "floor"):
        assert codes(governed(waiver(scope, rule="Whole"), rules=rules)) == [("ACME2", "advice")]
    assert ("ACME2", "error") in codes(governed(waiver("a", rule="Whole"), rules=rules))


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        (TODAY + timedelta(days=1), WAIVED),
        (TODAY, WAIVED),
        (TODAY - timedelta(days=1), [*ERRORS, ("MF463", "error")]),
    ],
)
def test_the_last_day_is_included(expires, expected):
    """Tomorrow and today it still waives, yesterday's waives nothing and is an error."""
    assert codes(governed(waiver(expires=expires))) == expected


def test_the_last_day_is_told():
    """In words."""
    assert "(today is its last day)" in evaluated(governed(waiver(expires=TODAY))).findings[0].waived
    tomorrow = waiver(expires=TODAY + timedelta(days=1))
    assert "(1 day left)" in evaluated(governed(tomorrow)).findings[0].waived
    (finding,) = [one for one in evaluated(governed(waiver(expires=date(2030, 1, 1)))).findings if one.got][
        :1
    ]
    assert finding.code == "MF463"
    assert finding.got == "its last day was 2030-01-01, today is 2030-01-31"
    assert str(finding.place) == "floor.py:1"


@pytest.mark.parametrize(
    ("days", "most", "expected"),
    [
        (365, 365, WAIVED),
        (366, 365, [*ERRORS, ("MF464", "error")]),
        (30, 30, WAIVED),
        (31, 30, [*ERRORS, ("MF464", "error")]),
    ],
)
def test_a_waiver_ends_within_the_longest_time(days, most, expected):
    """The mesh says how long that is."""
    given = waiver(expires=TODAY + timedelta(days=days))
    assert codes(governed(given, waiver_max_days=most)) == expected


@pytest.mark.parametrize(
    ("environment", "severity"), [("local", "warning"), ("dev", "warning"), ("prod", "error")]
)
def test_without_a_day_that_is_told_and_production_stops(environment, severity):
    """MF468, once for all waivers; they still waive, for what is not known is not expired."""
    spec = governed(waiver("a.p.t.x"), waiver("a.p.t.y"), today=None)
    found = [one for one in codes(spec, environment) if one[0] in ("MF403", "MF468")]
    assert found == [*WAIVED, ("MF468", severity)]
    assert "(days left unknown)" in evaluated(spec).findings[0].waived
    assert codes(governed(today=None), environment)[-2:] == ERRORS


@pytest.mark.parametrize("approver", ["council", "members", "runner"])
def test_the_council_or_a_member_of_it_approves(approver):
    """Members of its groups too."""
    assert codes(governed(waiver(approver=approver))) == WAIVED


@pytest.mark.parametrize("approver", ["owners", "concil", "somebody@example.com"])
def test_nobody_else_approves(approver):
    """MF461, and it waives nothing."""
    spec = governed(waiver(approver=approver))
    assert codes(spec) == [*ERRORS, ("MF461", "error")]
    (finding,) = [one for one in evaluated(spec).findings if one.code == "MF461"]
    assert finding.got == approver
    assert "council" in finding.fix


def test_without_a_council_there_is_no_approval():
    """MF461 too, also when the council is no group."""
    assert codes(governed(waiver(), governance_council=None)) == [*ERRORS, ("MF461", "error")]
    assert codes(governed(waiver(), governance_council="writer")) == [*ERRORS, ("MF461", "error")]


def test_the_council_is_in_the_registry():
    """MF303, with or without waivers."""
    spec = governed(governance_council="councl")
    (finding,) = [one for one in evaluated(spec).findings if one.code == "MF303"]
    assert finding.fix == "did you mean 'council'?"


@pytest.mark.parametrize("approver", ["a-owners", "writer"])
@pytest.mark.parametrize("scope", ["a", "a.p", "a.p.t.x", "*", "mesh/a/p", "a*"])
def test_who_gains_by_it_does_not_approve_it(approver, scope):
    """MF462: neither the owner of the domain nor who is in that group, although both are of the council."""
    spec = governed(waiver(scope, approver=approver))
    found = codes(spec)
    assert ("MF462", "error") in found
    assert set(ERRORS) <= set(found)


def test_an_owner_of_the_council_approves_for_others():
    """It gains nothing by it."""
    parts = [product("b.q", table("q", column("z", description="", place=at(5, "b.yaml"))))]
    spec = governed(waiver("a"), waiver("b", approver="a-owners"), parts=parts)
    assert codes(spec) == [*WAIVED, ("MF403", "advice")]


@pytest.mark.parametrize("rule", ["MF404", "ColumnDescribed", "MF303"])
def test_a_waiver_is_for_a_rule_of_the_mesh(rule):
    """MF465, for a misspelt rule and for one that no policy asks for."""
    spec = governed(waiver(rule=rule))
    assert codes(spec) == [*ERRORS, ("MF465", "error")]
    (finding,) = [one for one in evaluated(spec).findings if one.code == "MF465"]
    assert finding.allowed == "MF402 SupportPath, MF403 ColumnsDescribed"
    if rule == "ColumnDescribed":
        assert finding.fix == "did you mean 'ColumnsDescribed'?"


def test_what_no_rule_finds_is_never_waived():
    """A structural mistake stays an error, and so is the waiver."""
    spec = governed(waiver(rule="MF303"), governance_council="nobody")
    found = [one for one in evaluated(spec).findings if one.code in ("MF303", "MF465")]
    assert [one.severity for one in found] == [Severity.ERROR] * 2
    assert found[1].summary == (
        "the waiver of MF303 for 'a.p' is for what no rule finds: MF303 cannot be waived"
    )


class Broken(Rule):
    """It fails."""

    code: ClassVar[str] = "ACME3"
    why: ClassVar[str] = "it does not"

    def check_product(self, product, mesh):  # noqa: ARG002
        """Fail."""
        raise KeyError("x")


def test_a_rule_that_fails_is_not_waived_and_its_waiver_not_called_unused():
    """MF400 stands."""
    assert codes(governed(waiver(rule="Broken"), rules=(Broken(),))) == [("MF400", "error")]


@pytest.mark.parametrize(
    ("scope", "fix"),
    [
        ("a.p.t.id", "remove it"),
        ("a.p.s", "did you mean 'a.p.t'?"),
        ("b", "remove it"),
        ("bb", "did you mean 'b'?"),
        ("b.qqq", "did you mean 'b.qq'?"),
        ("b.qq.table", "did you mean 'b.qq.tables'?"),
        ("b.qq.tables.colum", "did you mean 'b.qq.tables.column'?"),
        ("a_local.gold.t", "the mesh has no such address: write domain.product.table.column"),
    ],
)
def test_an_unused_waiver_is_a_warning_that_helps(scope, fix):
    """MF466."""
    parts = [product("b.qq", table("tables", column("column")))]
    spec = governed(waiver(), waiver(scope), parts=parts)
    assert codes(spec) == [*WAIVED, ("MF466", "warning")]
    assert [one.fix for one in evaluated(spec).findings if one.code == "MF466"] == [fix]


@pytest.mark.parametrize("scope", ["*", "mesh", "mesh/", "mesh/*", "**"])
def test_a_waiver_of_the_whole_mesh_is_too_wide(scope):
    """MF467, a warning; it does waive."""
    assert codes(governed(waiver(scope))) == [*WAIVED, ("MF467", "warning")]


def test_a_domain_that_is_called_as_the_mesh_is_a_domain():
    """The name of the mesh is the mesh only where no domain has it."""
    spec = governed(waiver(), waiver("mesh"), parts=[domain("mesh")])
    assert codes(spec) == [*WAIVED, ("MF466", "warning")]


def test_a_waiver_that_covers_many_findings_is_too_wide():
    """How many is the mesh's to say; each finding counts once."""
    twice = (*RULES, ColumnsDescribed())
    assert codes(governed(waiver(), rules=twice, waiver_max_findings=2)) == WAIVED
    spec = governed(waiver(), waiver_max_findings=1)
    assert codes(spec) == [*WAIVED, ("MF467", "warning")]
    (finding,) = [one for one in evaluated(spec).findings if one.code == "MF467"]
    assert finding.got == "it covers much: 2 findings now"


def test_of_several_waivers_the_narrowest_speaks_and_all_are_used():
    """A refused one does not stand in the way of a good one."""
    narrow = waiver("a.p.t.x", ticket="GOV-8")
    past = waiver("a.p.t.y", expires=date(2029, 1, 1))
    findings = evaluated(governed(waiver("a"), narrow, past)).findings
    waived = [one.waived for one in findings if one.code == "MF403"]
    assert ["GOV-8" in waived[0], "GOV-7" in waived[1]] == [True, True]
    assert [one.code for one in findings if one.code != "MF403"] == ["MF463"]


def test_a_warning_is_waived_too():
    """Then it is advice."""
    rules = (ColumnsDescribed(severity=Severity.WARNING),)
    assert codes(governed(rules=rules)) == [("MF403", "warning")] * 2
    assert codes(governed(waiver(), rules=rules)) == WAIVED


def test_the_policy_of_a_domain_waives_in_its_domain_only():
    """MF469 for a wider scope, which waives nothing; a rule of the mesh may be waived there."""
    assert codes(governed(waiver(), of="a")) == WAIVED
    for scope in ("a.p", "*", "b*", "mesh/a"):
        spec = governed(waiver(scope), of="b", parts=[domain("b")])
        assert codes(spec) == [*ERRORS, ("MF469", "error")]


def test_the_policy_of_a_product_waives_in_its_product_only():
    """MF469 for the whole domain."""
    own = Policy(name="own", domain="a", product="p", place=at(3, "own.py"))
    for scope, expected in (("a.p", WAIVED), ("a.p.t", WAIVED), ("a", [*ERRORS, ("MF469", "error")])):
        assert codes(governed(parts=[own.model_copy(update={"waivers": (waiver(scope),)})])) == expected


def test_a_stricter_environment_does_not_undo_a_waiver():
    """What it makes an error is waived as any error is."""
    strict = Environment(name="dev", deployer="deployer", stricter={"MF403": Severity.ERROR})
    rules = (ColumnsDescribed(severity=Severity.WARNING), SupportPath())
    assert codes(governed(rules=rules, environments=(strict,)), "dev") == ERRORS
    assert codes(governed(waiver(), rules=rules, environments=(strict,)), "dev") == WAIVED


def test_a_check_of_one_domain_tells_of_its_waivers_only():
    """Others, and whether the wide ones are needed, cannot be told there."""
    parts = [product("b.q")]
    spec = governed(waiver(), waiver("b", expires=date(2029, 1, 1)), parts=parts)
    assert codes(spec, domain="a") == WAIVED
    assert codes(spec, domain="b") == [("MF463", "error")]
    assert codes(governed(waiver("*"), parts=parts), domain="b") == [("MF467", "warning")]


def test_views_and_domains_are_waived_by_address():
    """A finding about a domain is covered by its name, not by a product of it."""
    parts = [domain("b", support=Support()), product("b.q", view("v"), views={"v": "SELECT 1 AS id"})]
    for scope, severity in (("b", "advice"), ("b.q", "error")):
        spec = governed(waiver(), waiver(scope, rule="SupportPath"), parts=parts)
        assert ("MF402", severity) in codes(spec)


@pytest.mark.parametrize("field", ["reason", "ticket", "rule", "scope", "approver", "expires"])
def test_a_waiver_says_all_of_it(field):
    """Each field is required, and not empty; reason and ticket say something."""
    with pytest.raises(ValidationError):
        Waiver(**waiver().model_dump(exclude={field, "place"}))
    for text in ("", *(("  ", "-", "...") if field in ("reason", "ticket") else ())):
        with pytest.raises(ValidationError):
            waiver(**{field: text})


def test_secrets_in_a_waiver_are_found_and_not_shown():
    """MF361, and nowhere in what is told."""
    secret = "dapi" + "0123456789abcdef" * 2
    spec = governed(waiver(reason=f"token {secret}", ticket=secret))
    found = evaluated(spec).findings
    assert [one.code for one in found if one.severity is Severity.ERROR] == ["MF361", "MF361"]
    assert all(secret not in str(one) for one in found)


def test_hostile_texts_are_shown_as_escapes():
    """A reason cannot drive a terminal."""
    spec = governed(waiver(reason="so \x1b[2J \u202e it is"), waiver(rule="MF\x1b[2J", scope="\u202e"))
    assert all("\x1b" not in str(one) and "\u202e" not in str(one) for one in evaluated(spec).findings)
    assert {"MF362", "MF365"} <= {one.code for one in evaluated(spec).findings}


FILE = """\
# What the council agreed on.
waivers:
  - rule: MF403
    scope: a.p
    reason: the owner is on leave
    ticket: GOV-7
    approver: council
    expires: 2030-03-02
"""


def read(text: str) -> tuple[Waiver, ...]:
    """The waivers in a text."""
    return waivers_in(loads(text, "waivers.yaml"))


def test_a_file_holds_the_same_as_python():
    """With the place of each."""
    (one,) = read(FILE)
    assert one == waiver(place=one.place)
    assert str(one.place) == "waivers.yaml:3:5"
    assert read("waivers: []\n") == ()


@pytest.mark.parametrize(
    ("old", "new", "place", "summary"),
    [
        ("waivers:", "waiver:", "2:1", None),
        ("    reason: the owner is on leave\n", "", "3:5", "a waiver has no `reason`"),
        ("    ticket: GOV-7\n", "", "3:5", "a waiver has no `ticket`"),
        ("    approver: council\n", "", "3:5", "a waiver has no `approver`"),
        ("    expires: 2030-03-02\n", "", "3:5", "a waiver has no `expires`"),
        ("the owner is on leave", "'...'", "5:5", "`reason` is no text"),
        ("GOV-7", "7", "6:5", "`ticket` is no text"),
        ("2030-03-02", "never", "8:5", "`expires` is no date"),
        ("2030-03-02", "2030-02-30", "8:5", "`expires` is no date"),
        ("ticket", "tiket", "6:5", "a waiver has no such field"),
        ("scope: a.p", "scope: [a.p]", "4:5", "`scope` is no text"),
    ],
)
def test_what_is_no_waiver_is_refused_at_its_place(old, new, place, summary):
    """MF460, for each thing."""
    with pytest.raises(MeshformError) as caught:
        read(FILE.replace(old, new))
    found = caught.value.findings
    assert {one.code for one in found} == {"MF460"}
    if summary:
        assert f"waivers.yaml:{place}" in [str(one.place) for one in found if one.summary == summary]


def test_a_policy_reads_its_file(tmp_path, monkeypatch):
    """Findings point to the line in it, and the file is known for reviews."""
    monkeypatch.chdir(tmp_path)
    Path("waivers.yaml").write_text(FILE.replace("2030-03-02", "2029-03-02"))
    owners = Group(name="owners", members=("deployer",))
    made = Mesh(
        RootConstruct(),
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
        groups=[owners, Group(name="council")],
        service_principals=SERVICE_PRINCIPALS,
        governance_council="council",
        today=TODAY,
    )
    Domain(made, "a", owner="owners", support=Support(channel="#a"))
    GovernancePolicy(made, "floor", rules=[ColumnsDescribed()], waivers="waivers.yaml")
    (finding,) = evaluated(made.spec).findings
    assert (finding.code, str(finding.place)) == ("MF463", "waivers.yaml:3:5")
    assert made.spec.policies[0].waivers_file == Path("waivers.yaml")
    with pytest.raises(MeshformError, match="MF101"):
        GovernancePolicy(made, "other", waivers="nowhere.yaml")


def test_wrong_limits_are_refused():
    """MF300 for a maximum of no days."""
    with pytest.raises(MeshformError, match="MF300"):
        Mesh(
            RootConstruct(),
            environments=[Environment.local(deployer="deployer")],
            platform=Platform(owner="owners"),
            waiver_max_days=0,
        )
