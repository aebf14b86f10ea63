# SPDX-License-Identifier: Apache-2.0
"""Between two deployments nobody sees what they see neither before nor after, wherever an apply ends."""

from copy import deepcopy
from dataclasses import replace
from random import Random

import pytest
from tests.meshes import (
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
    view,
)

from meshform.cli.load import load_mesh
from meshform.governance.access.facts import Facts
from meshform.governance.access.world import world_of
from meshform.model.findings import MeshformError
from meshform.model.share import Recipient, Share
from meshform.settings import Settings
from meshform.terraform.compile import compile_mesh
from meshform.terraform.exposure import exposures
from meshform.terraform.transition import Address, Event, Transition


def deployed(spec, environment="prod"):
    """A mesh, compiled, and its facts of access."""
    evaluation = evaluated(spec, environment)
    if evaluation.errors:
        raise MeshformError(evaluation.errors)
    return compile_mesh(evaluation), world_of(evaluation.mesh, evaluation.views)


def between(before, after):
    """What somebody could read in between; None is an empty account."""
    new, known = deployed(after) if after else (None, Facts())
    old, known_before = deployed(before) if before else (replace(new, stacks={}), Facts())
    new = new or replace(old, stacks={})
    return exposures(Transition(old, new), known_before, known)


def told(found):
    """Who sees what for a while."""
    return [(one.principal, one.column, one.state) for one in found]


SECRET = column("email", classification="personal")
OPEN = column("email")


def a_mesh(col=SECRET, *, readers=("readers",), exempt=("exempt",), policy=True, shared=False, reads=True):
    """A product with a table that holds an e-mail address, a view over it, and a reader in another domain."""
    policies = [mask_policy()] if policy else []
    if policy and exempt != ("exempt",):
        declared = policies[0].classifications[0].model_copy(update={"exempt": exempt})
        policies = [policies[0].model_copy(update={"classifications": (declared,)})]
    shares = (Share(name="out", ports=("sold",), recipients=(Recipient(name="partner"),)),) if shared else ()
    made = product(
        "sales.p",
        contract=contract(table("sold", col), view("seen", col)),
        views={"seen": "SELECT email FROM sold"},
        consumers=(
            *(group_consumer("sold", "seen", group=one) for one in readers),
            product_consumer("finance.f", "sold"),
        ),
        shares=shares,
    )
    other = product("finance.f", inputs=(port("sales.p.sold"),) if reads else ())
    return mesh(made, other, domain("sales"), domain("finance"), *policies)


def test_a_first_deployment_shows_nothing_on_its_way():
    """Nobody is given anything before its masks and tags are there."""
    assert told(between(None, a_mesh())) == []


def test_the_examples_first_deployment_and_its_end_show_nothing():
    """All of its tags, masks, row filters, views and shares."""
    spec = load_mesh(Settings("prod"))
    assert told(between(None, spec)) == []
    assert told(between(spec, None)) == []


def test_a_grant_that_does_not_wait_for_the_tag_is_found():
    """The test can fail: without the order, readers see the address until it is tagged."""
    new, known = deployed(a_mesh())
    stacks = deepcopy(new.stacks)
    for kind in ("databricks_grants", "terraform_data"):
        for body in stacks["sales-prod"].blocks["resource"].get(kind, {}).values():
            body.pop("depends_on", None)
    found = exposures(Transition(replace(new, stacks={}), replace(new, stacks=stacks)), Facts(), known)
    assert ("readers", "email", "clear") in told(found)
    tag = Event(
        Address("sales-prod", "databricks_entity_tag_assignment.gold__sold__email__classification"), False
    )
    assert all(tag not in one.while_ for one in found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (a_mesh(), a_mesh(readers=())),
        (a_mesh(readers=()), a_mesh()),
        (a_mesh(OPEN), a_mesh()),  # classified, and so masked from then on
        (a_mesh(policy=True), a_mesh(exempt=("exempt", "readers"))),
        (a_mesh(exempt=("exempt", "readers")), a_mesh()),
        (a_mesh(), a_mesh(OPEN)),  # declassified: seen in clear afterwards as well
    ],
    ids=["revoked", "given", "classified", "exempted", "no longer exempt", "declassified"],
)
def test_one_change_at_a_time_shows_nothing_in_between(before, after):
    """Each prefix shows at most what the start or the end shows."""
    assert told(between(before, after)) == []


def test_to_revoke_and_to_relax_at_once_is_found():
    """Who loses the table could read it in clear, after the tag is gone and before the grant is."""
    found = between(a_mesh(), a_mesh(OPEN, readers=()))
    assert ("readers", "email", "clear") in told(found)
    step = a_mesh(readers=())
    assert told(between(a_mesh(), step)) == told(between(step, a_mesh(OPEN, readers=()))) == []


def test_to_classify_and_to_give_at_once_shows_nothing():
    """Tags come before grants."""
    assert told(between(a_mesh(OPEN, readers=()), a_mesh())) == []


def test_a_state_has_what_is_not_changed_yet_as_it_was():
    """And the end is the new mesh, whole."""
    old, new = deployed(a_mesh(readers=()))[0], deployed(a_mesh())[0]
    way = Transition(old, new)
    assert way.state(frozenset()) == dict(way._old)
    assert way.state(frozenset(way.events)) == dict(way._new)
    assert Transition(new, new).events == {}


def test_every_prefix_holds_all_that_its_changes_wait_for():
    """Otherwise it would be none."""
    old, new = deployed(a_mesh(OPEN, readers=()))[0], deployed(a_mesh(shared=False))[0]
    way = Transition(old, new)
    assert way.events
    for prefix in way.prefixes():
        assert all(way.events[event] <= prefix for event in prefix)


def test_no_order_of_an_apply_shows_more_than_the_two_families():
    """Random ways to apply the changes one by one find nobody that the families did not find."""
    before, after = deployed(a_mesh()), deployed(a_mesh(OPEN, readers=()))
    way = Transition(before[0], after[0])
    named = {(one.principal, one.table, one.column) for one in exposures(way, before[1], after[1])}
    for seed in range(10):
        random, applied, reached = Random(seed), set(), []  # noqa: S311 - any order will do
        while len(applied) < len(way.events):
            ready = [e for e in way.events if e not in applied and way.events[e] <= applied]
            applied.add(random.choice(sorted(ready)))
            reached.append(frozenset(applied))
        steps = replace(way)
        object.__setattr__(steps, "prefixes", lambda reached=reached: iter([frozenset(), *reached]))
        assert {
            (one.principal, one.table, one.column) for one in exposures(steps, before[1], after[1])
        } <= named


@pytest.mark.parametrize("stays", [False, True])
def test_a_replacement_is_two_changes(stays):
    """The old one ends first, unless it stays until the new one is there."""
    old, new = deployed(a_mesh())[0], deployed(a_mesh())[0]
    stacks = deepcopy(new.stacks)
    name = "gold__sold__email__classification"
    tag = stacks["sales-prod"].blocks["resource"]["databricks_entity_tag_assignment"][name]
    tag |= {"tag_key": "other"} | ({"lifecycle": {"create_before_destroy": True}} if stays else {})
    way = Transition(old, replace(new, stacks=stacks))
    at = Address("sales-prod", f"databricks_entity_tag_assignment.{name}")
    first, last = Event(at, ends=not stays), Event(at, ends=stays)
    assert way.events == {first: frozenset(), last: frozenset({first})}
    keys = [
        sorted(
            body["tag_key"] for one, body in way.state(prefix).items() if one.address.startswith(at.address)
        )
        for prefix in (frozenset(), frozenset({first}), frozenset(way.events))
    ]
    assert keys == [["classification"], ["classification", "other"] if stays else [], ["other"]]


def test_a_tag_that_is_replaced_leaves_its_column_open_for_a_while():
    """Which is found, and has no way around it but to take the grants away first."""
    (old, before), (new, after) = deployed(a_mesh()), deployed(a_mesh())
    stacks = deepcopy(new.stacks)
    tags = stacks["sales-prod"].blocks["resource"]["databricks_entity_tag_assignment"]
    renamed = {f"{name}_2": body for name, body in tags.items()}
    stacks["sales-prod"].blocks["resource"]["databricks_entity_tag_assignment"] = renamed
    found = exposures(Transition(old, replace(new, stacks=stacks)), before, after)
    assert ("readers", "email", "clear") in told(found)


def test_what_is_moved_or_forgotten_is_no_change():
    """Terraform only calls it otherwise, or lets go of it."""
    (old, before), (new, after) = deployed(a_mesh()), deployed(a_mesh())
    stacks = deepcopy(new.stacks)
    blocks = stacks["sales-prod"].blocks
    kind, name = "databricks_entity_tag_assignment", "gold__sold__email__classification"
    blocks["resource"][kind]["renamed"] = blocks["resource"][kind].pop(name)
    blocks["moved"] = [{"from": f"{kind}.{name}", "to": f"{kind}.renamed"}]
    job = blocks["resource"]["databricks_job"].popitem()[0]
    blocks["removed"] = [{"from": f"databricks_job.{job}", "lifecycle": {"destroy": False}}]
    way = Transition(old, replace(new, stacks=stacks))
    assert {event.at.address.partition(".")[0] for event in way.events} <= {"databricks_grants"}
    assert Address("sales-prod", f"databricks_job.{job}") in way.state(frozenset(way.events))
    assert exposures(way, before, after) == []
