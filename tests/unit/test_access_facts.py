# SPDX-License-Identifier: Apache-2.0
"""The proof of coverage is about what is deployed: the stacks tell the same access as the model."""

from dataclasses import replace

import pytest
from tests.meshes import evaluated

from meshform.cli.load import load_mesh
from meshform.governance.access.facts import EVERYBODY, AbacPolicy, Facts, Relation
from meshform.governance.access.reach import Reach, matrix
from meshform.governance.access.world import world_of
from meshform.settings import Settings
from meshform.terraform.access_facts import facts_of
from meshform.terraform.compile import compile_mesh


def seen(facts):
    """The matrix as plain rows."""
    return [
        (row.exposed.read_in, row.exposed.relation, row.exposed.columns, row.principal, row.sight, row.share)
        for row in matrix(Reach(facts))
    ]


def in_stacks(compiled):
    """Type and body of every resource."""
    return [
        (type_, body)
        for stack in compiled.stacks.values()
        for type_, bodies in stack.blocks.get("resource", {}).items()
        for body in bodies.values()
    ]


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_the_examples_stacks_say_what_the_model_says(environment):
    """Grants, owners, tags, masks, filters, views and shares, read off the resources."""
    evaluation = evaluated(load_mesh(Settings(environment)), environment)
    known = world_of(evaluation.mesh, evaluation.views)
    resources = in_stacks(compile_mesh(evaluation))
    assert seen(facts_of(resources, known)) == seen(known) != []
    for type_ in ("databricks_policy_info", "databricks_entity_tag_assignment", "databricks_grants"):
        left = [one for one in resources if one[0] != type_]
        assert seen(facts_of(left, known)) != seen(known), type_


def test_every_mask_of_another_meshs_table_is_kept():
    """It is in a manifest, not in our resources; a table may have several classes."""
    policies = tuple(
        AbacPolicy(name, "mask", "c.s.t", frozenset({f"k={name}"}), frozenset({EVERYBODY}), frozenset(), "")
        for name in ("personal", "health")
    )
    tags = {name: frozenset({f"k={name}"}) for name in ("personal", "health")}
    relation = Relation("c.s.t", None, {name: name for name in tags}, tags)
    known = Facts(policies=policies, relations={"c.s.t": relation})
    assert facts_of([], known) == replace(known, grants={}, owners={})
