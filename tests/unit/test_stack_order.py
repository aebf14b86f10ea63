# SPDX-License-Identifier: Apache-2.0
"""Addresses of blocks, and the order in which Terraform makes them."""

import pytest
from tests.meshes import at

from meshform.model.findings import MeshformError
from meshform.terraform.stack import FUNCTIONS, PREPARE, PROTECT, Phase, Rank, Stack, local_name


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("orders",), "orders"),
        (("gold", "orders_gold"), "gold__orders_gold"),
        (("a-b", "c"), "a-b__c"),
        (("orders", "a.py"), "orders__a_py_d53b50a1"),
        (("2024",), "_2024_6557739a"),
    ],
)
def test_addresses_are_pinned(parts, name):
    """An address is a promise: a change of it makes Terraform destroy and create (fault 29)."""
    assert local_name(*parts) == name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b"), ("a__b",)),
        (("a_", "b"), ("a", "_b")),
        (("a.b",), ("a-b",)),
        (("a b",), ("a.b",)),
        (("ä",), ("ö",)),
        (("a", "", "b"), ("a", "b")),
        (("A",), ("a",)),
        (("1",), ("_1",)),
    ],
)
def test_two_objects_have_two_addresses(one, other):
    """What an address cannot hold, or what looks like the joint, is told apart by a digest."""
    assert local_name(*one) != local_name(*other)


def test_two_blocks_of_one_address_are_refused_with_both_places():
    """MF501 names the stack."""
    stack = Stack("sales-prod")
    stack.resource("databricks_job", "x", {}, at(1))
    stack.resource("databricks_pipeline", "x", {}, at(1))
    with pytest.raises(MeshformError) as caught:
        stack.resource("databricks_job", "x", {}, at(2))
    (finding,) = caught.value.findings
    assert finding.code == "MF501"
    assert finding.summary == "two objects have one Terraform address in stack 'sales-prod'"
    assert (finding.got, finding.place) == ("databricks_job.x, also of domains/x.py:1", at(2))


def test_a_data_source_is_asked_once():
    """Whoever asks for the same gets the same block; it may share its name with a resource."""
    stack = Stack("s")
    one = stack.data("databricks_sql_warehouse", "w", {"name": "x"}, at(1))
    assert stack.data("databricks_sql_warehouse", "w", {"name": "x"}, at(2)) is one
    stack.resource("databricks_sql_warehouse", "w", {}, at(3))
    assert one.attribute("id") == "${data.databricks_sql_warehouse.w.id}"
    assert sorted(stack.blocks) == ["data.databricks_sql_warehouse.w", "databricks_sql_warehouse.w"]


def test_empty_arguments_are_left_out_and_a_lifecycle_is_kept():
    """None means that the argument is not given."""
    block = Stack("s").resource(
        "databricks_job", "x", {"a": None, "b": False, "c": ""}, at(1), lifecycle={"prevent_destroy": True}
    )
    assert block.body == {"b": False, "c": "", "lifecycle": {"prevent_destroy": True}}


def depends(stack: Stack) -> dict:
    """`depends_on` by address, only of blocks that have one."""
    return {b.address: b.body["depends_on"] for b in stack.with_dependencies() if "depends_on" in b.body}


def test_a_step_is_a_barrier():
    """Everything of a lower rank comes before a step, everything of a higher rank after it."""
    stack = Stack("s")
    stack.resource("databricks_job", "late", {}, at(1), rank=PROTECT)
    stack.resource("databricks_job", "early", {}, at(1))
    stack.data("databricks_sql_warehouse", "w", {}, at(1))
    stack.step("functions", {}, at(1), rank=FUNCTIONS)
    assert depends(stack) == {
        "terraform_data.functions": ["databricks_job.early"],
        "databricks_job.late": ["terraform_data.functions"],
    }


def test_steps_of_one_rank_follow_one_another():
    """One step at a time: a killed apply then never records a later one as done."""
    stack = Stack("s")
    for name in ("b", "a", "c"):
        stack.step(name, {}, at(1), rank=Rank(1, Phase.BUILD))
    assert depends(stack) == {
        "terraform_data.b": ["terraform_data.a"],
        "terraform_data.c": ["terraform_data.b"],
    }


def test_a_block_of_a_steps_own_rank_comes_before_the_step():
    """Steps are the last of their rank."""
    stack = Stack("s")
    stack.step("a", {}, at(1), rank=FUNCTIONS)
    stack.resource("databricks_job", "x", {}, at(1), rank=FUNCTIONS)
    assert depends(stack) == {"terraform_data.a": ["databricks_job.x"]}


def test_waves_come_one_after_the_other():
    """The tags and grants of a wave are there before the pipelines of the next one run."""
    stack = Stack("s")
    for wave in (2, 1):
        stack.step(f"run{wave}", {}, at(1), rank=Rank(wave, Phase.BUILD))
        stack.resource("databricks_grants", f"g{wave}", {}, at(1), rank=Rank(wave, Phase.GRANT))
        stack.resource(
            "databricks_entity_tag_assignment", f"t{wave}", {}, at(1), rank=Rank(wave, Phase.DESCRIBE)
        )
    assert depends(stack) == {
        "databricks_entity_tag_assignment.t1": ["terraform_data.run1"],
        "databricks_grants.g1": ["terraform_data.run1"],
        "terraform_data.run2": [
            "databricks_entity_tag_assignment.t1",
            "databricks_grants.g1",
            "terraform_data.run1",
        ],
        "databricks_entity_tag_assignment.t2": ["terraform_data.run2"],
        "databricks_grants.g2": ["terraform_data.run2"],
    }


def test_dependencies_that_were_asked_for_are_kept_and_each_is_there_once():
    """`after` is added to what the rank asks for, sorted."""
    stack = Stack("s")
    first = stack.resource("databricks_job", "z", {}, at(1))
    second = stack.resource("databricks_job", "a", {}, at(1), after=[first.address, first.address])
    stack.step("x", {}, at(1), rank=PREPARE)
    assert depends(stack) == {
        second.address: [first.address],
        "terraform_data.x": ["databricks_job.a", "databricks_job.z"],
    }
