# SPDX-License-Identifier: Apache-2.0
"""The proof of coverage is about what is deployed: its facts are those of the compiled stacks."""

import domains
import pytest
from constructs import RootConstruct
from hypothesis import HealthCheck, assume, given, settings
from tests import stack_facts
from tests.meshes import (
    GROUPS,
    LOCAL,
    SERVICE_PRINCIPALS,
    column,
    domain,
    evaluated,
    filter_policy,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    table,
    view,
)
from tests.random_meshes import meshes

from meshform.governance.access.reach import Reach
from meshform.governance.access.world import world_of
from meshform.governance.rules.shares import SharesExclude
from meshform.model.catalogs import SharedCatalog
from meshform.model.domain import Platform
from meshform.model.ports import ManagedTable
from meshform.model.principals import Group, Principals, ServicePrincipal
from meshform.model.share import Recipient, Share
from meshform.terraform.compile import compile_mesh


def compare(spec, environment):
    """Every fact that leads to data, from the model and from the stacks."""
    evaluation = evaluated(spec, environment)
    assert not evaluation.errors, evaluation.errors
    facts, stacks = world_of(evaluation.mesh, evaluation.views), compile_mesh(evaluation)
    written = stack_facts.grants(stacks)
    of_mesh = {one.name for one in facts.relations.values() if one.owner} | set(facts.owners)
    for name in of_mesh | set(facts.grants):
        for kinds in (stack_facts.READS, {"USE_CATALOG", "USE_SCHEMA"}):
            told = {who: what & kinds for who, what in facts.grants.get(name, {}).items() if what & kinds}
            deployed = {who: what & kinds for who, what in written.get(name, {}).items() if what & kinds}
            if kinds == stack_facts.READS:
                assert told == deployed, name
            else:  # rights to files and functions bring USE too
                assert all(what <= deployed.get(who, set()) for who, what in told.items()), name
    assert stack_facts.policies(stacks) == {
        (one.name, one.on, one.tags, one.unless, one.to, one.exempt, one.function) for one in facts.policies
    }
    tags = stack_facts.column_tags(stacks)
    for relation in facts.relations.values():
        if relation.flows is None and relation.governed and relation.name in evaluation.mesh.tables:
            for column in {*relation.classes, *relation.tags}:
                kept = {
                    tag
                    for tag in tags.get(f"{relation.name}.{column}", set())
                    if tag.partition("=")[0] in {spec.classification_tag, "mask_type", "row_filter"}
                }
                assert relation.tags.get(column, frozenset()) == kept
    made = stack_facts.owners(stacks)
    for name, owner in facts.owners.items():
        assert made[name] == owner
    for relation in facts.relations.values():
        assert made.get(relation.name, relation.owner) == relation.owner
    assert {one.relation for one in facts.shares} <= stack_facts.shared(stacks)
    return Reach(facts)


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_the_facts_of_the_example_are_those_of_its_stacks(environment):
    """Grants, owners, policies, tags and shares."""
    reach = compare(domains.declare(RootConstruct()).spec, environment)
    assert len(reach.facts.relations) > 3


@pytest.mark.parametrize("environment", ["local", "prod"])
def test_the_facts_of_own_deployers_and_shared_catalogs_are_those_of_their_stacks(environment):
    """A deployer outside of the owner group, parts of ports, views of other domains, shares, row filters."""
    identity = ServicePrincipal(name="d-deployer", application_ids={"prod": "dd-prod"})
    sold = table("sold", column("id"), column("email", classification="personal", tags=("row_filter=home",)))
    email = column("email", classification="personal")
    maker = product(
        "sales.sold",
        sold,
        table("kept", column("email", classification="personal"), physical_type="table"),
        view("top", email),
        views={"top": "SELECT email FROM sold"},
        tables={"kept": ManagedTable(writers=("writer",))},
        consumers=(
            group_consumer("sold", columns=("email",)),
            product_consumer("finance.ledger", "sold", "top"),
        ),
        shares=(Share(name="s", ports=("top",), recipients=(Recipient(name="partner"),)),),
    )
    reader = product(
        "finance.ledger",
        view("all", email),
        views={"all": "SELECT email FROM sales.gold.sold"},
        inputs=(port("sales.sold.sold"),),
        pipeline=None,
    )
    agreed = mask_policy(rules=(SharesExclude(except_recipients=("partner",)),))
    groups = (*GROUPS[:2], Group(name="exempt", members=("runner", "deployer", "d-deployer")))
    spec = mesh(
        domain("sales", deployer="d-deployer", technical_owners=("readers",)),
        domain("finance", catalog="common"),
        maker,
        reader,
        agreed,
        filter_policy("home"),
        filter_policy("own", of="finance"),
        principals=Principals(groups=groups, service_principals=(*SERVICE_PRINCIPALS, identity)),
        platform=Platform(owner="owners", shared_catalogs=(SharedCatalog(name="common"),)),
    )
    reach = compare(spec, environment)
    assert len(reach.facts.relations) == 5
    assert len(reach.facts.shares) == 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(meshes())
def test_the_facts_of_any_mesh_are_those_of_its_stacks(spec):
    """Whatever its products are; none sees a class in clear, nor lets one go."""
    errors = evaluated(spec, LOCAL.name).errors
    assert not [one for one in errors if one.code.startswith("MF48")]
    assume(not errors)  # such as texts that a view cannot have
    compare(spec, LOCAL.name)
    compare(spec, "prod")
