# SPDX-License-Identifier: Apache-2.0
"""A user's own grants beside ours: one writer, known privileges, the deployer's MANAGE, and USE."""

from typing import ClassVar

import pytest
from tests.meshes import (
    PROD,
    compiled,
    domain,
    evaluated,
    group_consumer,
    mesh,
    product,
)

from meshform.governance.evaluate import grant_findings
from meshform.governance.rules.ownership import PrivilegesLimited
from meshform.model.findings import Place, Severity
from meshform.model.policy import Policy
from meshform.model.resolve import resolve
from meshform.model.rule import Rule
from meshform.terraform.own_grants import OwnGrants

HERE = Place(construct_path="s-local/mine")


class Stacks:
    """A mesh with a domain `s` whose product is read by `readers`, compiled, and a user's resources in it."""

    def __init__(self, *parts, **fields) -> None:
        default = (product("s.p", consumers=(group_consumer(),)), domain("s"))
        spec = mesh(*(parts or default), **fields)
        self.mesh = resolve(spec, spec.environments[0])[0]
        self.compiled = compiled(spec).stacks
        self.checks = OwnGrants(self.compiled, self.mesh)
        self.deployer = self.mesh.principal_id("deployer")

    def add(self, type_: str, name: str, body: dict, *, stack: str = "s-local", **own) -> list:
        """What is found when a user adds grants, beside other resources of theirs by type and name."""
        written = {"resource": own}
        return list(self.checks.check(stack, f"databricks_{type_}", name, body, written, HERE))


def grants(kind: str, name: str, *given: tuple[str, str]) -> dict:
    """The body of a `databricks_grants`."""
    return {kind: name, "grant": [{"principal": who, "privileges": what.split()} for who, what in given]}


def grant(kind: str, name: str, who: str, what: str) -> dict:
    """The body of a `databricks_grant`."""
    return {kind: name, "principal": who, "privileges": what.split()}


def codes(found: list) -> list[tuple[str, str]]:
    """Code and severity of each finding."""
    return [(f.code, str(f.severity)) for f in found]


# --- MF505: one writer (fault 4)


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("grants", grants("schema", "S_Local.gold", ("readers", "SELECT"))),
        ("grants", grants("table", "${databricks_schema.gold.id}.p", ("readers", "SELECT"))),
        ("grants", grants("catalog", "s_local", ("exempt", "USE_CATALOG"))),
        ("grant", grant("schema", "s_local.gold", "exempt", "SELECT")),
        ("grant", grant("catalog", "s_local", "readers", "SELECT")),
    ],
)
def test_what_meshform_writes_has_no_second_writer(type_, body):
    """MF505 for any grants of a securable with an authoritative one, by name or reference, in any stack."""
    stacks = Stacks()
    assert "databricks_schema.gold" in stacks.compiled["s-local"].makers
    for stack in ("s-local", "platform-local"):
        if "${" in str(body) and stack != "s-local":
            continue
        found = [f for f in stacks.add(type_, f"mine_{stack}", body, stack=stack) if f.code == "MF505"]
        (finding,) = found
        assert finding.summary.startswith(f"databricks_{type_}.mine_{stack} would undo Meshform's grants of ")
        assert f"databricks_{type_}.mine_{stack} of stack {stack}" in finding.got
        assert (finding.place, finding.allowed) == (HERE, "one writer for each securable")
        assert "consumers of a product" in finding.fix


def test_a_principal_of_its_own_may_be_added_to_a_catalog():
    """No MF505 where every principal has its own writer, and this one has none."""
    assert Stacks().add("grant", "mine", grant("catalog", "s_local", "exempt", "USE_CATALOG")) == []


def test_two_grants_of_a_users_own_are_told_too():
    """MF505 for the second, in the same stack or another; a second synthesis is no second writer."""
    stacks = Stacks()
    body = grant("external_location", "lake", "readers", "READ_FILES")
    assert stacks.add("grant", "one", body) == stacks.add("grant", "one", body) == []
    assert stacks.add("grant", "other", {**body, "principal": "exempt"}) == []
    (finding,) = stacks.add("grant", "two", body, stack="platform-local")
    assert finding.got == (
        "readers by databricks_grant.two of stack platform-local, and databricks_grant.one of stack s-local"
    )
    assert finding.fix == "put the grants together"


# --- MF504: privileges (fault 25)


@pytest.mark.parametrize(
    ("kind", "name", "privilege", "fix"),
    [
        ("schema", "x.y", "SELECTT", "did you mean 'SELECT'?"),
        ("table", "x.y.z", "USE_SCHEMA", "name one of these"),
        ("external_location", "lake", "SELECT", "name one of these"),
    ],
)
def test_a_privilege_is_known_and_fits(kind, name, privilege, fix):
    """MF504 with those that do, whoever owns the securable."""
    found = Stacks().add("grant", "mine", grant(kind, name, "readers", privilege))
    (finding,) = [f for f in found if f.code == "MF504"]
    assert (finding.got, finding.fix, finding.place) == (privilege, fix, HERE)
    assert "MANAGE" in finding.allowed


def test_privileges_may_be_written_as_in_sql():
    """`use schema` is USE_SCHEMA; a reference and a kind that nobody knows are left to Databricks."""
    stacks = Stacks()
    body = {"schema": "x.y", "principal": "readers", "privileges": ["use schema", "${var.more}"]}
    assert stacks.add("grant", "mine", body) == []
    assert stacks.add("grant", "other", grant("mcp_service", "x", "readers", "ANY")) == []
    assert stacks.add("grants", "none", {}) == []


# --- MF507: the deployer's MANAGE (fault 26)


def test_authoritative_grants_keep_the_deployers_manage():
    """MF507, an error in a catalog of the mesh; none with MANAGE, for it or a group that it is in."""
    stacks = Stacks()
    (finding,) = stacks.add("grants", "mine", grants("volume", "s_local.gold.v", ("readers", "READ_VOLUME")))
    assert finding.code == "MF507"
    assert finding.severity is Severity.ERROR
    assert finding.summary == "databricks_grants.mine would take MANAGE away from 'deployer', who deploys it"
    assert finding.allowed == f"MANAGE to {stacks.deployer}, beside the others"
    for number, who in enumerate((stacks.deployer, "owners", "${var.deployer}")):
        kept = grants("volume", f"s_local.gold.v{number}", ("readers", "READ_VOLUME"), (who, "MANAGE"))
        assert stacks.add("grants", f"kept{number}", kept) == []


def test_who_owns_it_needs_no_manage():
    """No MF507 for what the deployer makes itself, MF507 for what it makes for another owner."""
    stacks = Stacks()
    body = grants("schema", "${databricks_schema.mine.id}", ("readers", "USE_SCHEMA"))
    made = {"catalog_name": "s_local", "name": "extra"}
    assert stacks.add("grants", "g", body, databricks_schema={"mine": made}) == []
    stacks = Stacks()
    found = stacks.add("grants", "g", body, databricks_schema={"mine": {**made, "owner": "owners"}})
    assert codes(found) == [("MF507", "error")]


def test_elsewhere_nobody_knows_who_owns_it():
    """MF507 as a warning outside of the mesh; a `databricks_grant` takes away from its own principal only."""
    stacks = Stacks()
    body = grants("schema", "finance.raw", ("readers", "SELECT"))
    assert codes(stacks.add("grants", "mine", body)) == [("MF507", "warning")]
    assert stacks.add("grant", "one", grant("schema", "finance.clean", "readers", "SELECT")) == []
    found = stacks.add("grant", "two", grant("schema", "finance.clean", stacks.deployer, "SELECT"))
    assert codes(found) == [("MF507", "warning")]


def test_a_change_of_ours_keeps_the_deployers_manage():
    """MF507 for an override that drops it, none for one that adds a principal."""
    stacks = Stacks()
    ours = stacks.compiled["s-local"].blocks["resource"]["databricks_grants"]["schema__gold"]
    more = {**ours, "grant": [*ours["grant"], {"principal": "exempt", "privileges": ["SELECT"]}]}
    assert stacks.add("grants", "schema__gold", more) == []
    less = grants("schema", "s_local.gold", ("readers", "USE_SCHEMA"))
    assert codes(stacks.add("grants", "schema__gold", less)) == [("MF507", "error")]


def test_a_domains_own_deployer_keeps_its_manage():
    """MF507 names who deploys the domain."""
    stacks = Stacks(product("s.p"), domain("s", deployer="writer"))
    (finding,) = stacks.add("grants", "mine", grants("volume", "s_local.gold.v", ("readers", "READ_VOLUME")))
    assert finding.summary.endswith("'writer', who deploys it")


# --- MF508: dead grants (fault 25)


def dead(stacks: Stacks) -> list[str]:
    """What is missing for each dead grant."""
    return [f.summary.removeprefix("a grant gives nothing without ") for f in stacks.checks.dead()]


def test_a_grant_without_use_is_dead():
    """MF508, a warning that says what is missing, unless another grant gives it in any stack."""
    stacks = Stacks()
    stacks.add("grant", "mine", grant("volume", "s_local.bronze.v", "exempt", "READ_VOLUME"))
    (finding,) = stacks.checks.dead()
    assert (finding.code, finding.severity) == ("MF508", Severity.WARNING)
    assert finding.summary == (
        "a grant gives nothing without USE_CATALOG on s_local and USE_SCHEMA on s_local.bronze"
    )
    assert finding.got == "READ_VOLUME on volume s_local.bronze.v to exempt"
    stacks.add("grant", "use", grant("catalog", "s_local", "exempt", "USE_CATALOG"), stack="platform-local")
    assert dead(stacks) == ["USE_SCHEMA on s_local.bronze"]
    stacks = Stacks()
    stacks.add("grant", "mine", grant("volume", "s_local.bronze.v", "exempt", "READ_VOLUME"))
    stacks.add("grant", "all", grant("catalog", "s_local", "exempt", "USE_CATALOG USE_SCHEMA"))
    assert dead(stacks) == []


@pytest.mark.parametrize(
    ("kind", "name", "who", "what"),
    [
        ("volume", "s_local.gold.v", "readers", "READ_VOLUME"),  # Meshform gives it USE, as a consumer
        ("volume", "s_local.bronze.v", "owners", "READ_VOLUME"),  # who owns the schema needs none
        ("volume", "s_local.bronze.v", "deployer", "READ_VOLUME"),  # as a member of the owners
        ("schema", "s_local.extra", "exempt", "USE_SCHEMA"),  # is USE itself
        ("schema", "finance.raw", "exempt", "SELECT"),  # not of the mesh
        ("external_location", "lake", "exempt", "READ_FILES"),  # in no catalog
        ("volume", "${databricks_volume.other.id}", "exempt", "READ_VOLUME"),  # known to Terraform only
    ],
)
def test_what_is_not_dead(kind, name, who, what):
    """No MF508 where USE is there, is not needed, or cannot be known."""
    stacks = Stacks()
    stacks.add("grant", "mine", grant(kind, name, stacks.mesh.principal_id(who) or who, what))
    assert dead(stacks) == []


# --- MF459: rules look at own grants


def judged(rule: Rule, body: dict, *, of: str | None = None) -> list:
    """What a rule in a policy of the mesh, or of a domain, says of a grant in the stack of a domain."""
    policy = Policy(name="few", domain=of, rules=(rule,))
    stacks = Stacks(product("s.p"), domain("s"), domain("t"), policy)
    stacks.add("grant", "mine", body)
    return list(grant_findings(stacks.checks.of("s-local"), stacks.mesh.domains["s"], stacks.mesh))


def test_a_policy_forbids_privileges_in_own_grants():
    """MF459 for ALL_PRIVILEGES, or what the policy says, in the domains that it governs."""
    body = grant("schema", "s_local.extra", "readers", "ALL_PRIVILEGES SELECT")
    (finding,) = judged(PrivilegesLimited(), body)
    assert finding.summary == "a grant gives ALL_PRIVILEGES, which the policy forbids"
    assert finding.got == "ALL_PRIVILEGES, SELECT on schema s_local.extra to readers"
    assert finding.place == HERE
    assert len(judged(PrivilegesLimited(forbidden=("select", "ALL PRIVILEGES")), body)) == 2
    assert judged(PrivilegesLimited(forbidden=()), body) == []
    assert len(judged(PrivilegesLimited(), body, of="s")) == 1
    assert judged(PrivilegesLimited(), body, of="t") == []


def test_a_policy_leaves_manage_to_owners_and_deployers():
    """MF459 for anybody else, also when only Terraform knows who it is."""
    for who in ("owners", "${databricks_x.y.id}", "readers"):
        found = judged(PrivilegesLimited(), grant("schema", "s_local.extra", who, "MANAGE"))
        assert [f.summary for f in found] == (
            [] if who == "owners" else ["a grant gives MANAGE to somebody who neither owns nor deploys"]
        )
    body = grant("schema", "s_local.extra", "readers", "MANAGE")
    assert judged(PrivilegesLimited(managers=("readers",)), body) == []


def test_a_rule_that_raises_on_a_grant_has_failed():
    """MF400 under its own name."""

    class Broken(Rule):
        code: ClassVar[str] = "ACME1"
        why: ClassVar[str] = "it cannot be followed"

        def check_grant(self, grant, mesh):  # noqa: ARG002
            raise RuntimeError("no")

    (finding,) = judged(Broken(), grant("schema", "s_local.extra", "readers", "SELECT"))
    assert (finding.code, finding.got) == ("MF400", "RuntimeError: no")


def test_names_are_those_of_the_environment():
    """In production a catalog is called as its domain, and a deployer by its application id there."""
    spec = mesh(product("s.p"))
    evaluation = evaluated(spec, "prod")
    checks = OwnGrants(compiled(spec, "prod").stacks, evaluation.mesh)
    body = grants("volume", "s.gold.v", ("readers", "READ_VOLUME"))
    (finding,) = checks.check("s-prod", "databricks_grants", "g", body, {}, HERE)
    assert evaluation.mesh.environment == PROD
    assert finding.allowed == "MANAGE to deployer-prod-id, beside the others"
