# SPDX-License-Identifier: Apache-2.0
"""Rules for owners and consumers: what each looks at, beyond its own examples."""

from datetime import date

import pytest
from tests.meshes import (
    GROUPS,
    SERVICE_PRINCIPALS,
    column,
    domain,
    group_consumer,
    mask_policy,
    of_rule,
    product,
    product_consumer,
    table,
)

from meshform.governance.rules.access import AccessApproved, AccessEnds, ConsumersAreGroups
from meshform.governance.rules.ownership import ManagersAreGroups, PrivilegesLimited
from meshform.model.catalogs import SharedCatalog
from meshform.model.consumer import Consumer
from meshform.model.domain import Platform
from meshform.model.findings import Place
from meshform.model.policy import Classification, Policy
from meshform.model.principals import Group, Principals
from meshform.model.product import Pipeline

PERSONAL = table("buyers", column(), column("email", classification="personal"))


def principals(*groups: Group) -> dict:
    """Field `principals` of a mesh, with some groups more."""
    return {"principals": Principals(groups=(*GROUPS, *groups), service_principals=SERVICE_PRINCIPALS)}


# --- ManagersAreGroups, MF453


def test_the_platform_and_shared_catalogs_are_owned_by_groups():
    """MF453 for each that a service principal owns, at the mesh."""
    platform = Platform(owner="runner", shared_catalogs=(SharedCatalog(name="small", owner="writer"),))
    found = of_rule(ManagersAreGroups(), platform=platform)
    assert [(f.summary, f.got) for f in found] == [
        ("the owner of the platform's catalog is not a group", "runner"),
        ("the owner of shared catalog 'small' is not a group", "writer"),
    ]
    assert {f.place.construct_path for f in found} == {"mesh"}
    good = Platform(owner="owners", shared_catalogs=(SharedCatalog(name="small"),))
    assert of_rule(ManagersAreGroups(), platform=good) == []


def test_a_technical_owner_is_no_consumer():
    """MF453: it could let itself in."""
    made = product("s.p", consumers=(group_consumer(group="keepers"),))
    fields = principals(Group(name="keepers"))
    (finding,) = of_rule(ManagersAreGroups(), made, domain("s", technical_owners=("keepers",)), **fields)
    assert finding.summary == "a technical owner of domain 's' is also a consumer of s.p"
    assert (finding.got, finding.place.construct_path) == ("keepers", "mesh/s/p")
    assert of_rule(ManagersAreGroups(), made, domain("s", technical_owners=("exempt",)), **fields) == []


# --- PrivilegesLimited, MF459


def test_a_policy_may_name_the_technical_owners_that_there_are():
    """MF459 for others, who would get MANAGE; the owner itself is none. Default: anybody may be."""
    made = domain("s", technical_owners=("exempt", "owners", "readers"))
    assert of_rule(PrivilegesLimited(), made) == []
    (finding,) = of_rule(PrivilegesLimited(technical_owners=("exempt",)), made)
    assert (finding.got, finding.allowed) == ("readers", "exempt")
    found = of_rule(PrivilegesLimited(technical_owners=()), made)
    assert [(f.got, f.allowed) for f in found] == [
        ("exempt", "nobody beside the owner"),
        ("readers", "nobody beside the owner"),
    ]


# --- ConsumersAreGroups, MF454


def test_a_person_is_no_consumer_even_as_a_group():
    """MF454 for a name with `@`, at the file where the consumer stands."""
    place = Place(file="consumers.yaml", line=4)
    made = product("s.p", consumers=(group_consumer(group="ada@example.com", place=place),))
    (finding,) = of_rule(ConsumersAreGroups(), made, **principals(Group(name="ada@example.com")))
    assert finding.summary == "a consumer of s.p is a single person"
    assert (finding.got, str(finding.place)) == ("ada@example.com", "consumers.yaml:4")


@pytest.mark.parametrize("name", ["account users", "Users", "ADMINS"])
def test_everybody_reads_no_classified_column(name):
    """MF454 in whatever case, with the columns; not for a part of the port without them, or other classes."""
    fields = principals(Group(name=name))

    def found(rule: ConsumersAreGroups | None = None, **consumer) -> list:
        made = product("s.p", PERSONAL, consumers=(group_consumer(group=name, **consumer),))
        return of_rule(rule or ConsumersAreGroups(), made, mask_policy(), **fields)

    (finding,) = found()
    assert finding.summary == "everybody would read classified columns of s.p"
    assert finding.got == f"{name}: buyers.email (personal)"
    assert found(columns=("id",)) == []
    assert found(ConsumersAreGroups(classes=("secret",))) == []
    assert found(ConsumersAreGroups(everybody=("all",))) == []
    (finding,) = found(ConsumersAreGroups(any_data=True), columns=("id",))
    assert finding.summary == "everybody would read s.p"


def test_nobody_makes_everybody_exempt():
    """MF454 for an exempt group that everybody is in, at the policy."""
    policy = Policy(name="classes", classifications=(Classification(name="personal", exempt=("users",)),))
    (finding,) = of_rule(ConsumersAreGroups(), policy, **principals(Group(name="users")))
    assert (finding.summary, finding.got) == ("everybody is exempt from 'personal'", "users")


# --- AccessApproved, MF455


def test_a_purpose_says_something():
    """MF455 counts characters without the blanks around."""
    made = product("s.p", consumers=(group_consumer().model_copy(update={"purpose": "  to read  "}),))
    (finding,) = of_rule(AccessApproved(), made)
    assert finding.summary == "consumer 'readers' of s.p has a purpose that says too little"
    assert (finding.got, finding.allowed) == ("  to read  ", "at least 10 characters")
    assert of_rule(AccessApproved(purpose_characters=7), made) == []


def consumer(approver: str, **who: str) -> Consumer:
    """A consumer with an approver."""
    return Consumer(**who, purpose="to build reports on it", approver=approver)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (consumer("readers", group="readers"), "themselves"),
        (consumer("writer", group="staff"), "a member of 'staff'"),
        (consumer("everyone", group="staff"), "a group that they are in"),
        (consumer("exempt", group="readers"), "somebody who does not own it"),
        (consumer("others", product="t.t"), "the consumer's own side"),
        (consumer("runner", product="t.t"), "the consumer's own side"),
        (consumer("readers", product="t.t"), "somebody who does not own it"),
    ],
)
def test_nobody_approves_their_own_access(made, why):
    """MF455 for the requester, for whom they are a part of, and for anybody but the producer (fault 24)."""
    fields = principals(
        Group(name="staff", members=("writer",)),
        Group(name="everyone", members=("staff",)),
        Group(name="others", members=("deployer",)),
    )
    parts = (product("s.p", consumers=(made,)), product("t.t"), domain("t", owner="others"))
    (finding,) = of_rule(AccessApproved(), *parts, **fields)
    assert finding.summary == f"the access of {made.name!r} to s.p was approved by {why}"
    assert (finding.got, finding.allowed) == (made.approver, "owners")


@pytest.mark.parametrize("approver", ["owners", "deployer", "exempt", "runner"])
def test_the_side_of_the_producer_approves(approver):
    """MF455 is silent for the owner, a technical owner, and members of them."""
    made = product("s.p", consumers=(consumer(approver, group="readers"),))
    assert of_rule(AccessApproved(), made, domain("s", technical_owners=("exempt",))) == []


def test_a_policy_may_name_more_approvers():
    """MF455 is silent for a council that the policy names, but not for one that lets itself in."""
    fields = principals(Group(name="council"))
    rule = AccessApproved(approvers=("council",))
    assert of_rule(rule, product("s.p", consumers=(consumer("council", group="readers"),)), **fields) == []
    assert of_rule(rule, product("s.p", consumers=(consumer("council", group="council"),)), **fields) != []


def test_the_owner_lets_its_own_products_in():
    """MF455 is silent where producer and consumer are of one owner."""
    made = product("s.p", consumers=(consumer("owners", product="s.q"),))
    assert of_rule(AccessApproved(), made, product("s.q")) == []


# --- AccessEnds, MF456


def ends(rule: AccessEnds, *consumers: Consumer, today: date | None = date(2026, 1, 1)) -> list:
    """The findings of AccessEnds on a product with a classified column."""
    made = product("s.p", PERSONAL, table("other"), consumers=consumers)
    reader = product("t.t", pipeline=Pipeline(source=made.pipeline.source, run_as="runner"))
    return of_rule(rule, made, reader, mask_policy(), today=today)


def test_access_to_classified_columns_has_an_end():
    """MF456 without `until`, with the columns; not for other ports, columns and classes."""
    (finding,) = ends(AccessEnds(), group_consumer())
    assert finding.summary == "the access of 'readers' to classified columns of s.p has no end"
    assert (finding.got, finding.allowed) == (
        "buyers.email (personal)",
        "`until`, at most 365 days from today",
    )
    assert ends(AccessEnds(), group_consumer("other")) == []
    assert ends(AccessEnds(), group_consumer("buyers", columns=("id",))) == []
    assert ends(AccessEnds(classes=("secret",)), group_consumer()) == []


@pytest.mark.parametrize(("day", "days"), [(date(2026, 1, 31), None), (date(2026, 2, 1), 31)])
def test_access_to_classified_columns_ends_soon(day, days):
    """MF456 for a day later than so many from the mesh's day, and none at that day."""
    found = ends(AccessEnds(within_days=30), group_consumer(until=day))
    assert [f.got for f in found] == ([] if days is None else [f"until {day}, in {days} days"])
    assert ends(AccessEnds(within_days=30), group_consumer(until=day), today=None) == []  # that is MF324


def test_products_may_read_for_ever_unless_the_policy_says_otherwise():
    """MF456 for a product with `products=True` only."""
    assert ends(AccessEnds(), product_consumer("t.t")) == []
    (finding,) = ends(AccessEnds(products=True), product_consumer("t.t"))
    assert finding.summary == "the access of 't.t' to classified columns of s.p has no end"
