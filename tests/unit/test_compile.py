# SPDX-License-Identifier: Apache-2.0
"""From an evaluated mesh to its stacks: which there are, in which order, and what holds in all of them."""

import re

import domains
import pytest
from constructs import RootConstruct
from tests.meshes import (
    EXAMPLE_TYPES,
    column,
    compiled,
    contract,
    domain,
    filter_policy,
    found,
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

from meshform.governance.evaluate import evaluate
from meshform.model.domain import Platform
from meshform.model.findings import MeshformError
from meshform.model.product import Volume
from meshform.model.share import Recipient, Share
from meshform.terraform.compile import compile_mesh

DATA = {
    "databricks_catalog",
    "databricks_schema",
    "databricks_volume",
    "databricks_pipeline",
    "databricks_share",
}


@pytest.fixture(scope="module")
def example():
    """The example mesh, declared once."""
    return domains.declare(RootConstruct()).spec


def full() -> list:
    """Parts of a mesh that has a resource of every type."""
    shares = (Share(name="sold", ports=("top",), recipients=(Recipient(name="partner"),)),)
    return [
        product(
            "sales.sold",
            table("sold", column(classification="personal", tags=("row_filter=home",))),
            view("top"),
            views={"top": "SELECT count(id) AS id FROM sold"},
            volumes=(Volume(name="landing", schema_name="bronze", writers=("writer",)),),
            shares=shares,
            consumers=(group_consumer("top"), product_consumer("stock.left", "sold")),
        ),
        product("stock.left", inputs=(port("sales.sold.sold"),)),
        mask_policy(),
        filter_policy(of="sales"),
    ]


def grants(stacks) -> list:
    """Every grant of every stack: kind of the securable, its name, principal, privileges."""
    given = []
    for stack in stacks.values():
        for body in resources(stack, "databricks_grant").values():
            (kind,) = body.keys() - {"principal", "privileges", "depends_on"}
            given.append((kind, body[kind], body["principal"], body["privileges"]))
        for body in resources(stack, "databricks_grants").values():
            (kind,) = body.keys() - {"grant", "depends_on", "lifecycle"}
            given += [(kind, body[kind], one["principal"], one["privileges"]) for one in body["grant"]]
    return given


def test_stacks_are_account_platform_and_one_for_each_domain_after_those_it_reads():
    """The order is that of deployment, by name where it is free; every requirement is named."""
    spec = mesh(
        product("zoo.base", consumers=(product_consumer("art.top"),)),
        product("art.top", inputs=(port("zoo.base.base"),)),
        domain("mid_dle"),
    )
    stacks = compiled(spec, "dev").stacks
    assert {name: stack.requires for name, stack in stacks.items()} == {
        "account": (),
        "platform-dev": ("account",),
        "mid-dle-dev": ("account", "platform-dev"),
        "zoo-dev": ("account", "platform-dev"),
        "art-dev": ("account", "platform-dev", "zoo-dev"),
    }
    assert list(stacks) == ["account", "platform-dev", "mid-dle-dev", "zoo-dev", "art-dev"]


def test_domains_that_read_one_another_in_a_circle_have_no_order():
    """MF319 where no product is in a circle, but the stacks are."""
    spec = mesh(
        product("a.one", consumers=(product_consumer("b.one"),)),
        product("a.two", inputs=(port("b.two.two"),)),
        product("b.one", table("x"), inputs=(port("a.one.one"),)),
        product("b.two", consumers=(product_consumer("a.two"),)),
    )
    with pytest.raises(MeshformError) as caught:
        compiled(spec)
    (finding,) = caught.value.findings
    assert (finding.code, finding.got) == ("MF319", "a, b")
    assert str(finding.place) == "domains/a.py:1 (mesh/a)"


def test_an_empty_mesh_compiles():
    """Account and platform stacks stand alone (fault 27)."""
    stacks = compiled(mesh(), "prod").stacks
    assert stacks["account"].blocks == {}
    assert sorted(resources(stacks["platform-prod"])) == [
        "databricks_catalog.platform__platform",
        "databricks_schema.platform__governance",
        "databricks_sql_endpoint.warehouse",
    ]


def test_a_domain_without_products_compiles():
    """It has its catalog and its schemas, and the deployer keeps MANAGE (fault 27)."""
    stacks = compiled(mesh(domain("sales")), "prod").stacks
    assert sorted(resources(stacks["sales-prod"])) == [
        "databricks_grants.schema__bronze",
        "databricks_grants.schema__gold",
        "databricks_grants.schema__silver",
        "databricks_schema.bronze",
        "databricks_schema.gold",
        "databricks_schema.silver",
    ]
    assert "databricks_catalog.domain__sales" in resources(stacks["platform-prod"])


def test_a_domain_without_schemas_compiles():
    """Its stack is empty; no type has an empty map, which Terraform would refuse."""
    stacks = compiled(mesh(domain("sales", schemas={}))).stacks
    assert stacks["sales-local"].blocks == {}


def test_a_table_of_five_thousand_columns_compiles():
    """Tags for every classified column, and one contract module (fault 27)."""
    columns = [column(f"c{i}", classification="personal") for i in range(5000)]
    stack = compiled(mesh(product("sales.sold", table("sold", *columns)), mask_policy())).stacks[
        "sales-local"
    ]
    assert len(resources(stack, "databricks_entity_tag_assignment")) == 5000


def test_a_description_of_a_megabyte_is_refused():
    """MF363 with the limit, before anything is compiled (fault 27)."""
    spec = mesh(product("sales.sold", table("sold", description="x" * 2**20)))
    (finding,) = found(spec, "MF363")
    assert finding.got == "1,048,576 characters"


def test_only_personal_environments_may_delete_data():
    """Elsewhere `prevent_destroy` is on everything that holds data, and `force_destroy` nowhere."""
    spec = mesh(*full())
    for name in ("dev", "prod", "local"):
        seen = set()
        for stack in compiled(spec, name).stacks.values():
            for address, body in resources(stack).items():
                kind = address.partition(".")[0]
                if kind in DATA:
                    seen.add(kind)
                    kept = body.get("lifecycle", {}).get("prevent_destroy", False)
                    assert kept is (name != "local"), (name, address)
                if name != "local":
                    assert not body.get("force_destroy"), (name, address)
                elif kind in ("databricks_catalog", "databricks_schema"):
                    assert body["force_destroy"] is True
        assert seen == DATA


def test_names_carry_the_environment_everywhere_outside_of_production():
    """Catalogs, shares, recipients, pipelines, jobs and the warehouse of every environment fit together."""

    def names(environment):
        named = {}
        for i, stack in enumerate(compiled(mesh(*full()), environment).stacks.values()):
            for address, body in resources(stack).items():
                if re.match(r"databricks_(catalog|share|recipient|pipeline|job|sql_endpoint)\.", address):
                    named[i, address] = body["name"]
        return named

    production, dev = names("prod"), names("dev")
    assert {f"{name}_dev" for name in production.values()} == set(dev.values())
    assert production.keys() == dev.keys()
    assert set(production.values()) == {
        "platform",
        "sales",
        "stock",
        "sold",
        "partner",
        "sales_sold",
        "stock_left",
        "meshform",
        "platform_functions",
        "sales_functions",
    }


def test_addresses_stay_when_products_and_domains_are_added():
    """Every address and body of a product stays when another one comes beside it (fault 29)."""
    before = compiled(mesh(*full()), "prod").stacks
    more = [product("sales.more", table("more")), product("arts.first"), filter_policy("zzz", of="stock")]
    after = compiled(mesh(*full(), *more), "prod").stacks
    for name, stack in before.items():
        old, new = resources(stack), resources(after[name])
        assert old.keys() <= new.keys()
        changed = {a for a in old if {**old[a], "depends_on": 0} != {**new[a], "depends_on": 0}}
        assert changed <= {
            "databricks_grants.schema__gold",  # the new product's service principal joins in
            "databricks_tag_policy.row_filter",  # the new filter is one more value
        }


def test_every_catalog_and_schema_is_granted_without_select():
    """Nobody reads by a grant on a container, in any environment."""
    for name in ("local", "dev", "prod"):
        for kind, securable, principal, privileges in grants(compiled(mesh(*full()), name).stacks):
            if kind in ("catalog", "schema"):
                assert not {"SELECT", "MODIFY", "ALL_PRIVILEGES"} & set(privileges), (securable, principal)


def test_who_may_select_may_use_what_is_around():
    """USE_SCHEMA and USE_CATALOG follow from every privilege on a table, view or volume (fault 25)."""
    given = grants(compiled(mesh(*full()), "prod").stacks)
    holds = {(name, principal): privileges for _, name, principal, privileges in given}
    inner = [(name, principal) for kind, name, principal, _ in given if kind in ("table", "volume")]
    assert inner
    for name, principal in inner:
        catalog, schema, _ = name.split(".")
        if principal != "deployer-prod-id":  # it has MANAGE there, and USE of all by the catalog
            assert "USE_CATALOG" in holds[catalog, principal]
            assert "USE_SCHEMA" in holds[f"{catalog}.{schema}", principal]


def test_the_deployer_keeps_manage_on_everything_that_is_granted():
    """Else an authoritative grant would take it away from whoever writes it (fault 26)."""
    given = grants(compiled(mesh(*full()), "prod").stacks)
    managed = {name for _, name, principal, p in given if principal == "deployer-prod-id" and "MANAGE" in p}
    assert managed == {name for kind, name, _, _ in given if kind != "share"}


def test_no_securable_has_two_kinds_of_grants_or_two_writers():
    """One authoritative block, or one block for each principal, over all stacks (fault 4)."""
    whole, each = [], []
    for stack in compiled(mesh(*full()), "prod").stacks.values():
        for body in resources(stack, "databricks_grants").values():
            (kind,) = body.keys() - {"grant", "depends_on", "lifecycle"}
            whole.append((kind, body[kind]))
        bodies = resources(stack, "databricks_grant").values()
        each += [("catalog", body["catalog"], body["principal"]) for body in bodies]
    assert len(set(whole)) == len(whole)
    assert len(set(each)) == len(each)
    assert not {one[:2] for one in each} & set(whole)


@pytest.mark.parametrize("environment", ["local", "dev", "prod", "live-test"])
def test_the_dashboards_group_of_the_example_reaches_its_view_and_nothing_else(example, environment):
    """Over all blocks of all stacks, `bi_consumers` has USE of what is around and SELECT on two views."""
    mesh_ = compile_mesh(evaluate(example, environment))
    catalog, other = (mesh_.environment.scoped(name) for name in ("orders", "sales"))
    mine = [(name, p) for _, name, principal, p in grants(mesh_.stacks) if principal == "bi_consumers"]
    assert sorted(mine) == [
        (catalog, ["USE_CATALOG"]),
        (f"{catalog}.gold", ["USE_SCHEMA"]),
        (f"{catalog}.gold.orders_daily_revenue", ["SELECT"]),
        (other, ["USE_CATALOG"]),
        (f"{other}.gold", ["USE_SCHEMA"]),
        (f"{other}.gold.market_revenue", ["SELECT"]),
    ]
    elsewhere = {
        address.partition(".")[0]
        for stack in mesh_.stacks.values()
        for address, body in resources(stack).items()
        if "bi_consumers" in str(body)
    }
    # in the local workspace the group itself is made; nowhere is it a member, exempt or given a permission
    groups = {"databricks_group"} if environment == "local" else set()
    depends = {"terraform_data"}  # which follows the grant of USE_CATALOG
    assert elsewhere == {"databricks_grant", "databricks_grants"} | groups | depends


def test_the_example_has_every_type_that_the_mesh_needs(example):
    """The states of the example hold every type of the mission's document."""
    stacks = compile_mesh(evaluate(example, "local")).stacks.values()
    types = {address.partition(".")[0] for stack in stacks for address in resources(stack)}
    assert types == EXAMPLE_TYPES


def test_one_domain_is_compiled_alone_for_a_quick_check():
    """Its stack requires those of the domains that it reads, which are not compiled."""
    evaluation = evaluate(mesh(*full()), "local", domain="stock")
    stacks = compile_mesh(evaluation).stacks
    assert list(stacks) == ["account-local", "platform-local", "stock-local"]
    assert stacks["stock-local"].requires == ("account-local", "platform-local", "sales-local")
    whole = compiled(mesh(*full())).stacks["stock-local"]
    assert stacks["stock-local"].blocks == whole.blocks


def test_texts_reach_terraform_escaped():
    """`${` and `%{` in any text of a user are data, in keys of maps too (fault 7)."""
    evil = '${file("/etc/passwd")}%{if true}'
    safe = '$${file("/etc/passwd")}%%{if true}'
    spec = mesh(
        domain("sales", description=evil, tags={evil: evil}, schemas={"gold": evil}),
        product(
            "sales.sold",
            table("sold"),
            view("top", column("id", description=evil), description=evil),
            views={"top": f"SELECT id FROM sold WHERE id = '{evil}'"},  # noqa: S608
            volumes=(Volume(name="v", schema_name="gold", comment=evil),),
        ),
        platform=Platform(owner="owners"),
    )
    stacks = compiled(spec, "prod").stacks
    catalog = resources(stacks["platform-prod"])["databricks_catalog.domain__sales"]
    assert (catalog["comment"], catalog["properties"][safe]) == (safe, safe)
    sales = resources(stacks["sales-prod"])
    assert sales["databricks_schema.gold"]["comment"] == safe
    assert sales["databricks_volume.gold__v"]["comment"] == safe
    made = sales["databricks_sql_table.gold__top"]
    assert (made["comment"], made["column"][0]["comment"]) == (safe, safe)
    assert made["view_definition"].endswith(f"WHERE id = '{safe}'")
    assert "${file" not in str(stacks).replace("$${file", "")


def test_the_day_and_the_machine_do_not_reach_the_blocks(monkeypatch, tmp_path):
    """The same mesh gives the same blocks wherever it is compiled."""
    before = compiled(mesh(*full()), "prod").stacks
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("USER", "somebody")
    monkeypatch.chdir(tmp_path)
    assert compiled(mesh(*full()), "prod").stacks == before


def test_a_contract_without_promises_has_no_alert():
    """An alert needs an element to watch."""
    stack = compiled(mesh(product("sales.sold", contract=contract(table("sold"), sla=())))).stacks[
        "sales-local"
    ]
    assert resources(stack, "databricks_alert_v2") == {}
