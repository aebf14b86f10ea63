# SPDX-License-Identifier: Apache-2.0
"""A domain's stack: schemas, its own policies, and products in waves."""

from itertools import pairwise

from tests.meshes import (
    column,
    compiled,
    contract,
    domain,
    filter_policy,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    table,
    view,
)

from meshform.model.domain import Support


def stack_of(name, *parts, environment="prod"):
    """The stack of a domain."""
    return compiled(mesh(*parts), environment).stacks[f"{name}-{environment}"]


def reaches(stack) -> dict[str, set[str]]:
    """By address, every address that is made before it."""
    made = resources(stack)
    before: dict[str, set[str]] = {}

    def follow(address):
        if address not in before:
            direct = [one for one in made[address].get("depends_on", []) if one in made]
            before[address] = set(direct).union(*(follow(one) for one in direct))
        return before[address]

    for address in made:
        follow(address)
    return before


def test_each_schema_has_its_comment_owner_and_properties():
    """The owner is the domain's group; the properties say where help is."""
    sales = domain("sales", schemas={"raw": "As it came.", "ready": ""}, support=Support(email="s@x.com"))
    made = resources(stack_of("sales", sales), "databricks_schema")
    assert made == {
        "databricks_schema.raw": {
            "catalog_name": "sales",
            "name": "raw",
            "comment": "As it came.",
            "owner": "owners",
            "properties": {"domain": "sales", "support": "s@x.com"},
            "force_destroy": False,
            "lifecycle": {"prevent_destroy": True},
        },
        "databricks_schema.ready": {
            "catalog_name": "sales",
            "name": "ready",
            "owner": "owners",
            "properties": {"domain": "sales", "support": "s@x.com"},
            "force_destroy": False,
            "lifecycle": {"prevent_destroy": True},
        },
    }


def test_the_order_within_a_stack_protects_data_from_the_first_row():
    """Functions, then policies, then the pipeline, then tags, then SELECT."""
    stack = stack_of(
        "sales",
        product(
            "sales.sold",
            table("sold", column(classification="personal", tags=("row_filter=home",))),
            view("top"),
            views={"top": "SELECT count(id) AS id FROM sold"},
            consumers=(group_consumer("top"),),
        ),
        mask_policy(),
        filter_policy(of="sales"),
    )
    before = reaches(stack)
    order = [
        "databricks_workspace_file.functions",
        "terraform_data.functions",
        "databricks_policy_info.sales__filter_home",
        "terraform_data.run__sold",
        "databricks_entity_tag_assignment.gold__sold__id__classification",
        "databricks_grants.table__gold__sold",
        "databricks_sql_table.gold__top",
        "databricks_grants.table__gold__top",
    ]
    for earlier, later in pairwise(order):
        assert earlier in before[later], (earlier, later)
    assert {"databricks_schema.gold", "databricks_grants.schema__gold"} <= before["terraform_data.functions"]


def test_a_product_that_reads_one_of_its_own_domain_runs_after_it():
    """Its pipeline starts when the other's tables are made, tagged and granted to it."""
    stack = stack_of(
        "sales",
        product("sales.top", inputs=(port("sales.mid.mid"),)),
        product("sales.mid", inputs=(port("sales.base.base"),), consumers=(product_consumer("sales.top"),)),
        product(
            "sales.base",
            table("base", column(classification="personal")),
            consumers=(product_consumer("sales.mid"),),
        ),
        product("sales.aside"),
        mask_policy(),
    )
    before = reaches(stack)
    assert {
        "terraform_data.run__base",
        "databricks_entity_tag_assignment.gold__base__id__classification",
        "databricks_grants.table__gold__base",
    } <= before["terraform_data.run__mid"]
    assert {"terraform_data.run__mid", "databricks_grants.table__gold__mid"} <= before[
        "terraform_data.run__top"
    ]
    assert "terraform_data.run__mid" not in before["terraform_data.run__aside"]


def test_a_long_chain_of_products_in_one_domain_has_as_many_waves():
    """A chain of 300 products needs no deep stack, and every pipeline follows the one that it reads."""
    chain = [product("d.p000", consumers=(product_consumer("d.p001"),))]
    for i in range(1, 300):
        consumers = (product_consumer(f"d.p{i + 1:03}"),) if i < 299 else ()
        before = f"p{i - 1:03}"
        chain.append(product(f"d.p{i:03}", inputs=(port(f"d.{before}.{before}"),), consumers=consumers))
    made = resources(stack_of("d", *reversed(chain)), "terraform_data")
    for i in range(1, 300):
        assert f"terraform_data.run__p{i - 1:03}" in made[f"terraform_data.run__p{i:03}"]["depends_on"]


def test_a_view_over_a_view_of_the_domain_follows_it():
    """Views are made in the order in which they read one another, also across products."""
    stack = stack_of(
        "sales",
        product(
            "sales.sold",
            table("sold"),
            view("top"),
            views={"top": "SELECT id FROM sold"},
            consumers=(product_consumer("sales.more"),),
        ),
        product(
            "sales.more",
            contract=contract(view("best")),
            views={"best": "SELECT id FROM gold.top"},
            inputs=(port("sales.sold.top"),),
            pipeline=None,
        ),
    )
    assert "databricks_sql_table.gold__top" in reaches(stack)["databricks_sql_table.gold__best"]


def test_a_stack_has_no_circle():
    """With views, waves and filters, following `depends_on` ends."""
    stack = stack_of(
        "sales",
        product(
            "sales.sold",
            table("sold"),
            view("a"),
            view("b"),
            views={"a": "SELECT id FROM b", "b": "SELECT id FROM sold"},
            consumers=(product_consumer("sales.next"),),
        ),
        product("sales.next", inputs=(port("sales.sold.a"),)),
        filter_policy(of="sales"),
    )
    assert all(address not in before for address, before in reaches(stack).items())
