# SPDX-License-Identifier: Apache-2.0
"""A mesh beside its lock: moved, removed, or refused."""

import dataclasses

import pytest
from tests.meshes import (
    DEV,
    LOCAL,
    PROD,
    column,
    compiled,
    contract,
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

from meshform.model.findings import MeshformError
from meshform.model.lock import MeshLock
from meshform.model.product import Volume
from meshform.model.share import Recipient, Share
from meshform.terraform.compile import compile_mesh

OPEN = PROD.model_copy(update={"allow_removal": True})


def growth(before, after, environment="prod"):
    """The second mesh, compiled with the lock of the first."""
    lock = compiled(before, environment).lock
    return compile_mesh(evaluated(after, environment), lock)


def refused(before, after, environment="prod"):
    """Findings of what is refused, by code."""
    with pytest.raises(MeshformError) as caught:
        growth(before, after, environment)
    return [finding for finding in caught.value.findings if finding.severity == "error"]


def moved(made, stack="sales-prod"):
    """What moves in a stack."""
    return {one["from"]: one["to"] for one in made.stacks[stack].blocks.get("moved", [])}


def removed(made, stack="sales-prod"):
    """What Terraform lets go of in a stack."""
    blocks = made.stacks[stack].blocks.get("removed", [])
    assert all(one["lifecycle"] == {"destroy": False} for one in blocks)
    return {one["from"] for one in blocks}


def sales(name="orders", **fields):
    """A product with everything that holds data."""
    given = {
        "contract": contract(table("orders"), view("daily")),
        "views": {"daily": "SELECT id FROM orders"},
        "volumes": (Volume(name="raw", schema_name="bronze"),),
        "shares": (Share(name="out", ports=("orders",), recipients=(Recipient(name="them"),)),),
    }
    return product(f"sales.{name}", **{**given, **fields})


BASE = mesh(sales())


def test_a_lock_remembers_everything_that_holds_data():
    """Catalogs, schemas, volumes, pipelines, views that are ports, tables, shares, recipients."""
    lock = compiled(BASE, "dev").lock
    assert {(one.stack, one.address): (one.name, one.of) for one in lock.held.values()} == {
        ("platform-dev", "databricks_catalog.domain__sales"): ("sales_dev", "sales"),
        ("platform-dev", "databricks_catalog.platform__platform"): ("platform_dev", ""),
        ("platform-dev", "databricks_schema.platform__governance"): ("platform_dev.governance", ""),
        ("sales-dev", "databricks_pipeline.orders"): ("sales_orders_dev", "sales.orders"),
        ("sales-dev", "databricks_recipient.them"): ("them_dev", "sales.orders"),
        ("sales-dev", "databricks_schema.bronze"): ("sales_dev.bronze", "sales"),
        ("sales-dev", "databricks_schema.gold"): ("sales_dev.gold", "sales"),
        ("sales-dev", "databricks_schema.silver"): ("sales_dev.silver", "sales"),
        ("sales-dev", "databricks_share.out"): ("out_dev", "sales.orders"),
        ("sales-dev", "databricks_sql_table.gold__daily"): ("sales_dev.gold.daily", "sales.orders"),
        ("sales-dev", "databricks_volume.bronze__raw"): ("sales_dev.bronze.raw", "sales.orders"),
        ("sales-dev", "table.gold.orders"): ("sales_dev.gold.orders", "sales.orders"),
    }


def test_a_personal_environment_has_no_lock():
    """There data may be deleted."""
    assert compiled(BASE, "local").lock == MeshLock({}, {}, {})


def test_an_unchanged_mesh_has_no_blocks_of_growth():
    """Nothing moves, nothing is let go of, and the lock stays."""
    made = growth(BASE, BASE)
    assert not any({"moved", "removed"} & stack.blocks.keys() for stack in made.stacks.values())
    assert made.lock == compiled(BASE, "prod").lock


def test_a_mesh_may_grow():
    """A new product, schema and domain are remembered."""
    made = growth(BASE, mesh(sales(), product("sales.more"), product("finance.ledger")))
    assert ("prod", "finance-prod", "databricks_pipeline.ledger") in made.lock.held


def test_a_renamed_product_moves():
    """All that is called after it moves, what holds data and what does not; names of tables stay."""
    made = growth(BASE, mesh(sales("purchases", renamed_from="orders")))
    found = moved(made)
    assert found["databricks_pipeline.orders"] == "databricks_pipeline.purchases"
    assert found["databricks_job.orders"] == "databricks_job.purchases"
    assert found["databricks_permissions.job__orders"] == "databricks_permissions.job__purchases"
    assert found["terraform_data.run__orders"] == "terraform_data.run__purchases"
    assert removed(made) == set()
    held = {key[2]: one for key, one in made.lock.held.items()}
    assert "databricks_pipeline.orders" not in held
    assert held["databricks_volume.bronze__raw"].of == "sales.purchases"


def test_a_move_is_remembered_until_it_is_deployed():
    """With the lock of the rename and without its declaration the blocks are the same."""
    first = growth(BASE, mesh(sales("purchases", renamed_from="orders")))
    later = compile_mesh(evaluated(mesh(sales("purchases")), "prod"), first.lock)
    assert moved(later) == moved(first)
    done = compile_mesh(evaluated(mesh(sales("purchases")), "prod"), later.lock.deployed("prod"))
    assert moved(done) == {}


def test_a_second_rename_follows_the_first():
    """Terraform takes a chain of moves."""
    first = growth(BASE, mesh(sales("purchases", renamed_from="orders")))
    again = mesh(sales("buys", renamed_from="purchases"))
    found = moved(compile_mesh(evaluated(again, "prod"), first.lock))
    assert found["databricks_pipeline.orders"] == "databricks_pipeline.purchases"
    assert found["databricks_pipeline.purchases"] == "databricks_pipeline.buys"


def test_a_rename_can_be_taken_back():
    """There is no circle of moves, which Terraform refuses."""
    first = growth(BASE, mesh(sales("purchases", renamed_from="orders")))
    back = mesh(sales("orders", renamed_from="purchases"))
    found = moved(compile_mesh(evaluated(back, "prod"), first.lock))
    assert found["databricks_pipeline.purchases"] == "databricks_pipeline.orders"
    assert "databricks_pipeline.orders" not in found


def test_readers_of_a_renamed_product_are_not_lost():
    """Inputs and consumers name it as it is now; only its own addresses move."""

    def parts(name, **fields):
        reader = product("sales.reader", inputs=(port(f"sales.{name}.orders"),))
        return mesh(sales(name, consumers=(product_consumer("sales.reader", "orders"),), **fields), reader)

    made = growth(parts("orders"), parts("purchases", renamed_from="orders"))
    assert all(("orders" in old) for old in moved(made))
    assert not any("reader" in old for old in moved(made))


def test_a_renamed_product_moves_without_a_lock_too():
    """The declaration is enough, also in a personal environment."""
    spec = mesh(sales("purchases", renamed_from="orders"))
    for environment in ("prod", "local"):
        found = moved(compiled(spec, environment), f"sales-{environment}")
        assert found["databricks_pipeline.orders"] == "databricks_pipeline.purchases"


def test_a_renamed_volume_moves_and_is_renamed_in_place():
    """The provider renames a volume without making it anew."""
    volume = Volume(name="files", schema_name="bronze", renamed_from="raw")
    made = growth(BASE, mesh(sales(volumes=(volume,))))
    assert moved(made)["databricks_volume.bronze__raw"] == "databricks_volume.bronze__files"


def test_what_has_the_same_name_at_another_address_moves():
    """A volume goes from one product to another, and a change of addresses by Meshform does no harm."""
    lock = compiled(BASE, "prod").lock
    held = dict(lock.held)
    one = held.pop(("prod", "sales-prod", "databricks_volume.bronze__raw"))
    old = dataclasses.replace(one, address="databricks_volume.formerly")
    made = compile_mesh(evaluated(BASE, "prod"), MeshLock({**held, old.key: old}, {}, {}))
    assert moved(made) == {"databricks_volume.formerly": "databricks_volume.bronze__raw"}


@pytest.mark.parametrize(
    ("after", "got"),
    [
        (mesh(sales(volumes=())), "databricks_volume.bronze__raw"),
        (mesh(sales(volumes=(Volume(name="files", schema_name="bronze"),))), "databricks_volume.bronze__raw"),
        (mesh(sales(shares=())), "databricks_share.out"),
        (mesh(sales(contract=contract(table("orders")), views={})), "databricks_sql_table.gold__daily"),
        (mesh(sales(), domain("sales", schemas={"bronze": "", "gold": ""})), "databricks_schema.silver"),
        (mesh(domain("sales")), "databricks_pipeline.orders"),
        (mesh(), "databricks_catalog.domain__sales"),
    ],
)
def test_what_is_gone_is_refused(after, got):
    """With what would be lost, and the recipe."""
    findings = refused(BASE, after)
    assert {finding.code for finding in findings} == {"MF536"}
    assert any((finding.got or "").startswith(got) for finding in findings)
    assert all("allow_removal=True" in (finding.fix or "") for finding in findings)


def test_a_port_that_its_pipeline_would_drop_is_refused():
    """A table that leaves the contract is dropped by the pipeline's next update."""
    without = sales(
        contract=contract(table("orders2"), view("daily")),
        views={"daily": "SELECT id FROM orders2"},
        shares=(Share(name="out", ports=("orders2",), recipients=(Recipient(name="them"),)),),
    )
    (finding,) = refused(BASE, mesh(without))
    assert (finding.code, finding.got) == ("MF536", "table.gold.orders of sales.orders in stack sales-prod")


def test_another_name_of_what_holds_data_is_refused():
    """An environment that is not production any more has other names of everything."""
    after = mesh(sales(), environments=(LOCAL, PROD.model_copy(update={"production": False})))
    findings = refused(BASE, after)
    assert {finding.code for finding in findings} <= {"MF534", "MF536"}
    assert "sales before, sales_prod now" in {finding.got for finding in findings}
    # a pipeline is renamed in its place
    assert not any(finding.summary.startswith("pipeline") for finding in findings)


def test_a_move_to_another_stack_is_refused():
    """States are separate: nothing moves between them."""
    lock = compiled(BASE, "prod").lock
    key = ("prod", "sales-prod", "databricks_share.out")
    other = dataclasses.replace(lock.held[key], stack="finance-prod")
    held = {k: v for k, v in lock.held.items() if k != key} | {other.key: other}
    with pytest.raises(MeshformError) as caught:
        compile_mesh(evaluated(BASE, "prod"), MeshLock(held, {}, {}))
    assert [finding.code for finding in caught.value.findings] == ["MF534"]


def test_a_product_is_retired_with_two_keys():
    """Retired by its domain, and allowed by the environment: Terraform lets go of all that holds data."""
    after = mesh(domain("sales", retired=("orders",)), environments=(LOCAL, DEV, OPEN))
    made = growth(BASE, after)
    assert removed(made) == {
        "databricks_pipeline.orders",
        "databricks_recipient.them",
        "databricks_share.out",
        "databricks_sql_table.gold__daily",
        "databricks_volume.bronze__raw",
    }
    later = compile_mesh(evaluated(after, "prod"), made.lock)
    assert removed(later) == removed(made)
    assert (
        "removed"
        not in compile_mesh(evaluated(after, "prod"), made.lock.deployed("prod")).stacks["sales-prod"].blocks
    )


def test_a_product_of_status_retired_may_leave_when_the_lock_knows_it():
    """The status is the first key, also for what leaves before its product does."""
    fields = {"views": {}, "contract": contract(table("orders")), "shares": ()}
    ended = product("sales.orders", volumes=(Volume(name="raw", schema_name="bronze"),), **fields)
    after = mesh(domain("sales"), environments=(LOCAL, DEV, OPEN))
    before = mesh(ended.model_copy(update={"status": "retired"}))
    gone = removed(growth(before, after))
    assert {address for address in gone if "tag" not in address} == {
        "databricks_pipeline.orders",
        "databricks_volume.bronze__raw",
    }
    assert {finding.code for finding in refused(before, mesh(domain("sales")))} == {"MF537"}
    assert {finding.code for finding in refused(mesh(ended), after)} == {"MF536"}
    less = ended.model_copy(update={"status": "retired", "volumes": ()})
    made = growth(before, mesh(less, environments=(LOCAL, DEV, OPEN)))
    assert "databricks_volume.bronze__raw" in removed(made)


def test_what_is_retired_stays_masked():
    """Tags of a retired product are let go of, too: without them its masks would stop matching."""
    tagged = sales(
        contract=contract(table("orders", column(classification="personal")), view("daily")),
        views={"daily": "SELECT count(id) AS id FROM orders"},
        shares=(),
    )
    after = mesh(domain("sales", retired=("orders",)), mask_policy(), environments=(LOCAL, DEV, OPEN))
    made = growth(mesh(tagged, mask_policy()), after)
    assert "databricks_entity_tag_assignment.gold__orders__id__classification" in removed(made)


def test_what_a_retired_domain_leaves_stays_masked():
    """Policies on its catalog, the functions of its own ones, and its tags stay where they are."""
    policies = mask_policy(), filter_policy("home", of="sales")
    before = mesh(sales(), product("finance.ledger"), *policies)
    rest = mesh(product("finance.ledger"), policies[0], retired=("sales",), environments=(LOCAL, DEV, OPEN))
    made = growth(before, rest)
    assert "databricks_policy_info.sales__mask_personal" in removed(made, "platform-prod")
    assert {
        "databricks_policy_info.sales__filter_home",
        "databricks_schema.governance",
        "terraform_data.functions_clean_up",
    } <= removed(made)
    # a policy that ends is no loss of data
    ended = growth(before, mesh(sales(), product("finance.ledger"), policies[1]))
    assert removed(ended, "platform-prod") == set()


def test_a_tag_alone_may_go():
    """It holds no data."""
    tagged = mesh(sales(contract=contract(table("orders", tags=("a=b",)), view("daily"))))
    assert removed(growth(tagged, BASE)) == set()


def test_one_key_is_not_enough():
    """The environment must allow it."""
    findings = refused(BASE, mesh(domain("sales", retired=("orders",))))
    assert {finding.code for finding in findings} == {"MF537"}


READ = mesh(
    sales(shares=(), consumers=(group_consumer("orders"), product_consumer("finance.ledger"))),
    product("finance.ledger", inputs=(port("sales.orders.daily"),)),
)
ALONE = product("finance.ledger")


def test_the_lock_remembers_who_reads_a_port():
    """Nobody reads a retired product."""
    held = compiled(READ, "prod").lock.held
    assert {key[2]: one.readers for key, one in held.items() if one.readers} == {
        "databricks_sql_table.gold__daily": "finance.ledger",
        "table.gold.orders": "finance.ledger, readers",
    }
    ended = mesh(sales(shares=(), status="retired", consumers=(group_consumer("orders"),)))
    assert not any(one.readers for one in compiled(ended, "prod").lock.held.values())


def test_what_is_gone_is_refused_with_its_readers():
    """So that its owner knows whom to ask (fault 31)."""
    findings = refused(READ, mesh(domain("sales"), ALONE))
    assert {
        "table.gold.orders of sales.orders in stack sales-prod; read by finance.ledger, readers",
        "databricks_sql_table.gold__daily of sales.orders in stack sales-prod; read by finance.ledger",
        "databricks_volume.bronze__raw of sales.orders in stack sales-prod",
    } <= {finding.got for finding in findings if finding.code == "MF536"}


@pytest.mark.parametrize(
    "after",
    [
        mesh(domain("sales", retired=("orders",)), ALONE, environments=(LOCAL, DEV, OPEN)),
        mesh(ALONE, retired=("sales",), environments=(LOCAL, DEV, OPEN)),
    ],
)
def test_what_is_read_is_not_retired_at_once(after):
    """With both keys too, a product or a domain leaves when nobody may read it any more (fault 31)."""
    findings = refused(READ, after)
    assert {(finding.code, finding.got) for finding in findings} == {
        ("MF549", "table.gold.orders of sales.orders; read by finance.ledger, readers"),
        ("MF549", "databricks_sql_table.gold__daily of sales.orders; read by finance.ledger"),
    }
    assert all("put sales.orders back with status='retired'" in (one.fix or "") for one in findings)
    # in two steps it may
    ended = mesh(sales(shares=(), status="retired"), ALONE, environments=(LOCAL, DEV, OPEN))
    between = compile_mesh(evaluated(ended, "prod"), compiled(READ, "prod").lock).lock
    assert "databricks_pipeline.orders" in removed(compile_mesh(evaluated(after, "prod"), between))


def test_a_rename_without_its_name_before_is_refused_with_a_recipe():
    """A product under another name is gone under the old one; `renamed_from` is the way (fault 30)."""
    findings = refused(BASE, mesh(sales("purchases", shares=(), volumes=())))
    (pipeline,) = [one for one in findings if "databricks_pipeline.orders" in (one.got or "")]
    assert pipeline.summary == (
        "pipeline 'sales_orders' is gone from the mesh, and Terraform would destroy it with its data"
    )
    assert "say `renamed_from` where it has another name now" in (pipeline.fix or "")


def test_a_rename_that_makes_a_table_anew_is_refused_with_a_recipe():
    """Unity Catalog renames no catalog, schema or table: the new one stands beside the old (fault 30)."""
    after = mesh(sales(), environments=(LOCAL, PROD.model_copy(update={"production": False})))
    (catalog,) = [one for one in refused(BASE, after) if one.got == "sales before, sales_prod now"]
    assert catalog.code == "MF534"
    assert catalog.summary == "catalog 'sales' would get another name: made anew, without its data"
    assert catalog.fix == (
        "keep the name, and declare another object beside it under the new one; when its readers have"
        " moved, retire the old"
    )


def test_a_domain_is_retired_with_two_keys():
    """Its stack remains, with nothing but what it lets go of."""
    before = mesh(sales(), product("finance.ledger"))
    after = mesh(product("finance.ledger"), retired=("sales",), environments=(LOCAL, DEV, OPEN))
    made = growth(before, after)
    assert removed(made, "platform-prod") == {"databricks_catalog.domain__sales"}
    assert made.stacks["sales-prod"].blocks.keys() == {"removed"}
    assert "databricks_schema.gold" in removed(made)


def test_one_thing_is_retired_by_its_address():
    """A schema, a volume, or a table that a pipeline makes."""
    after = mesh(
        sales(volumes=()),
        domain("sales", retired=("databricks_volume.bronze__raw",)),
        environments=(LOCAL, DEV, OPEN),
    )
    assert removed(growth(BASE, after)) == {"databricks_volume.bronze__raw"}


def test_retired_and_declared_at_once_is_refused():
    """One of the two is wrong."""
    for parts in ((sales(), domain("sales", retired=("orders",))), (sales(),)):
        findings = refused(BASE, mesh(*parts, retired=() if len(parts) == 2 else ("sales",)))
        assert [finding.code for finding in findings] == ["MF538"]


def test_nothing_is_retired_without_a_lock():
    """Nobody would know what Terraform has to let go of."""
    with pytest.raises(MeshformError) as caught:
        compiled(mesh(domain("sales", retired=("orders",))), "prod")
    assert [finding.code for finding in caught.value.findings] == ["MF533"]


def test_an_address_that_moved_is_not_used_again_at_once():
    """A state may still hold the former object there; after the deployment it may be used."""
    first = growth(BASE, mesh(sales("purchases", renamed_from="orders")))
    both = mesh(sales("purchases"), product("sales.orders", table("orders3")))
    with pytest.raises(MeshformError) as caught:
        compile_mesh(evaluated(both, "prod"), first.lock)
    assert {finding.code for finding in caught.value.findings} == {"MF538"}
    assert moved(compile_mesh(evaluated(both, "prod"), first.lock.deployed("prod"))) == {}


def test_what_was_retired_comes_back_by_adoption():
    """Made anew it would meet the old object."""
    after = mesh(sales(volumes=()), domain("sales", retired=("databricks_volume.bronze__raw",)))
    lock = growth(BASE, after.model_copy(update={"environments": (LOCAL, DEV, OPEN)})).lock
    with pytest.raises(MeshformError) as caught:
        compile_mesh(evaluated(BASE, "prod"), lock)
    assert [finding.code for finding in caught.value.findings] == ["MF538"]
    back = mesh(sales(volumes=(Volume(name="raw", schema_name="bronze", adopt=True),)))
    made = compile_mesh(evaluated(back, "prod"), lock)
    assert removed(made) == set()
    assert len(made.stacks["sales-prod"].blocks["import"]) == 1


def test_one_domain_is_checked_alone():
    """Other domains' stacks are left out of account."""
    before = mesh(sales(), product("finance.ledger"))
    lock = compiled(before, "prod").lock
    assert compile_mesh(evaluated(before, "prod", domain="sales"), lock)
    less = mesh(sales(volumes=()), product("finance.ledger"))
    with pytest.raises(MeshformError, match="MF536"):
        compile_mesh(evaluated(less, "prod", domain="sales"), lock)


@pytest.mark.parametrize(
    "parts",
    [
        (sales("purchases", renamed_from="orders"), product("sales.orders", table("x"))),
        (sales("a", renamed_from="orders"), product("sales.b", table("x"), renamed_from="orders")),
        (
            sales(
                volumes=(
                    Volume(name="raw", schema_name="bronze"),
                    Volume(name="files", schema_name="bronze", renamed_from="raw"),
                )
            ),
        ),
    ],
)
def test_a_name_that_is_taken_was_not_renamed(parts):
    """Two objects cannot come from one."""
    findings = [f for f in evaluated(mesh(*parts), "prod").findings if f.severity == "error"]
    assert [finding.code for finding in findings] == ["MF539"]
