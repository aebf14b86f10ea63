# SPDX-License-Identifier: Apache-2.0
"""The life of a product: version, status, sunset, texts, tags and what replaces it."""

from datetime import date

import pytest
from tests.meshes import (
    compiled,
    contract,
    evaluated,
    found,
    group_consumer,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    table,
    view,
)

from meshform.model.findings import Severity
from meshform.model.product import Product, Volume
from meshform.model.share import Recipient, Share

CODES = ("MF348", "MF349", "MF370", "MF374", "MF375", "MF376")


def life_codes(spec) -> list[str]:
    """Codes of what was found about lives."""
    return [finding.code for finding in evaluated(spec).findings if finding.code in CODES]


def one(spec, code):
    """The only finding of a code."""
    (finding,) = found(spec, code)
    return finding


def tags_of(spec, environment="prod") -> dict[tuple[str, str], dict[str, str]]:
    """Tags by kind and name of the entity."""
    made = resources(compiled(spec, environment).stacks[f"sales-{environment}"])
    tags: dict[tuple[str, str], dict[str, str]] = {}
    for address, body in made.items():
        if address.startswith("databricks_entity_tag_assignment."):
            entity = tags.setdefault((body["entity_type"], body["entity_name"]), {})
            entity[body["tag_key"]] = body["tag_value"]
    return tags


def sold(version="1.0.0", name="sold_v1", **fields):
    """A product of domain `sales` whose contract has a version."""
    made = contract(table(name), version=version)
    return product(f"sales.{name}", **{"contract": made, **fields})


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (None, "active"),
        ("active", "active"),
        ("in review", "active"),
        ("proposed", "draft"),
        ("Draft", "draft"),
        ("deprecated", "deprecated"),
        ("retired", "retired"),
    ],
)
def test_the_status_is_what_the_contracts_means(word, status):
    """A word that the standard does not know means active; what the product says wins."""
    assert Product(domain="d", name="p", contract=contract(status=word)).current_status == status
    said = Product(domain="d", name="p", contract=contract(status=word), status="retired")
    assert said.current_status == "retired"


def test_an_active_product_has_the_contracts_version_and_no_tags_of_ours():
    """All defaults: nothing is added to what the contract says."""
    spec = mesh(product("sales.sold"))
    assert evaluated(spec).mesh.products["sales.sold"].spec.current_version == "1.0.0"
    assert tags_of(spec) == {}
    assert life_codes(spec) == []


def test_all_that_a_product_says_of_itself_is_tagged_on_tables_views_and_volumes():
    """The tags are the product's own and Meshform's; a tag of the contract of the same key wins."""
    spec = mesh(
        product(
            "sales.sold",
            table("sold", tags=("tier=1",)),
            view("top"),
            views={"top": "SELECT id FROM sold"},
            volumes=(Volume(name="landing", schema_name="bronze"),),
            version="3.1",
            status="deprecated",
            sunset=date(2027, 1, 31),
            tags={"tier": "9", "team": "shop"},
            classification="internal",
        )
    )
    ours = {
        "team": "shop",
        "data_product_version": "3.1",
        "data_product_status": "deprecated",
        "data_product_sunset": "2027-01-31",
        "data_product_classification": "internal",
    }
    assert tags_of(spec) == {
        ("tables", "sales.gold.sold"): {"tier": "1", **ours},
        ("tables", "sales.gold.top"): {"tier": "9", **ours},
        ("volumes", "sales.bronze.landing"): {"tier": "9", **ours},
    }


def test_what_is_on_a_view_is_made_anew_with_the_view():
    """The provider replaces a view whose comment changes, and what was granted and tagged there is gone."""
    spec = mesh(
        product(
            "sales.sold",
            table("sold"),
            view("top"),
            views={"top": "SELECT id FROM sold"},
            tags={"team": "shop"},
            consumers=(group_consumer(),),
        )
    )
    made = resources(compiled(spec, "prod").stacks["sales-prod"])
    anew = {"replace_triggered_by": ["databricks_sql_table.gold__top.comment"]}
    assert made["databricks_grants.table__gold__top"]["lifecycle"] == anew
    assert made["databricks_entity_tag_assignment.gold__top__team"]["lifecycle"] == anew
    assert "lifecycle" not in made["databricks_grants.table__gold__sold"]


def test_ports_tell_status_usage_and_limitations_in_their_comments():
    """The product's texts win over the contract's; an internal table tells the status alone."""
    made = contract(
        table("sold"), table("raw", schema_name="bronze"), usage="Count it.", limitations="Old.", version="1"
    )
    spec = mesh(
        product(
            "sales.old",
            contract=made,
            status="deprecated",
            sunset=date(2027, 1, 31),
            limitations="No returns.",
        ),
        product("sales.new", contract=contract(table("new"), version="2"), replaces="old"),
    )
    tables = evaluated(spec).mesh.tables
    notice = "Deprecated: it is kept until 2027-01-31. Use sales.new instead."
    assert tables["sales_local.gold.sold"].comment == (
        f"{notice}\n\nRows of sold.\n\nUsage: Count it.\n\nLimitations: No returns."
    )
    assert tables["sales_local.bronze.raw"].comment == f"{notice}\n\nRows of raw."
    assert tables["sales_local.gold.new"].comment == "Rows of new."


def test_the_contract_module_and_the_job_say_what_the_product_is():
    """Texts of the product stand in the module's docstring, its description in the job's."""
    spec = mesh(
        product(
            "sales.sold", description='What "was"\nsold.', purpose="To count.", usage="a", limitations="b"
        )
    )
    stack = compiled(spec).stacks["sales-local"]
    module = stack.assets["assets/sold.sold_contract.py"].decode()
    assert "What was sold.\nPurpose: To count.\nUsage: a\nLimitations: b\n" in module.replace(
        "wassold", "was sold"
    )
    job = resources(stack)["databricks_job.sold"]
    assert job["description"] == 'Runs the pipeline of data product sales.sold. What "was" sold.'


def test_a_deprecated_product_needs_its_last_day():
    """MF348, and none with one."""
    assert "sunset" in one(mesh(sold(status="deprecated")), "MF348").fix
    assert life_codes(mesh(sold(status="deprecated", sunset=date(2027, 1, 1)))) == []


@pytest.mark.parametrize("status", ["active", "draft"])
def test_a_last_day_of_a_product_that_is_not_deprecated_is_refused(status):
    """MF348: nobody would be told."""
    finding = one(mesh(sold(status=status, sunset=date(2027, 1, 1))), "MF348")
    assert status in finding.got


def test_a_last_day_that_has_passed_is_told_with_the_readers():
    """MF349 is a warning; on the day itself, and without a day, there is nothing to tell."""
    late = sold(status="deprecated", sunset=date(2026, 5, 1), consumers=(group_consumer(),))
    finding = one(mesh(late, today=date(2026, 5, 2)), "MF349")
    assert finding.severity is Severity.WARNING
    assert finding.got == "sunset 2026-05-01, today is 2026-05-02; read by readers"
    assert life_codes(mesh(late, today=date(2026, 5, 1))) == []
    assert life_codes(mesh(late)) == []


def granted(spec) -> set[str]:
    """Names of those who are given a table of domain `sales`."""
    made = resources(compiled(spec, "prod").stacks["sales-prod"], "databricks_grants")
    tables = [body for address, body in made.items() if ".table__" in address]
    return {one["principal"] for body in tables for one in body["grant"]} - {"deployer-prod-id"}


def test_a_draft_is_given_to_its_own_domain_only():
    """MF374 is a warning for each consumer that is kept back."""
    spec = mesh(
        sold(
            status="draft",
            consumers=(group_consumer(), product_consumer("sales.top", "sold_v1")),
        ),
        product("sales.top", inputs=(port("sales.sold_v1.sold_v1"),)),
    )
    finding = one(spec, "MF374")
    assert finding.severity is Severity.WARNING
    assert finding.summary == "sales.sold_v1 is draft, so 'readers' is not given access"
    assert granted(spec) == {"runner-prod-id"}


def test_a_retired_product_is_given_to_nobody():
    """MF374 for every consumer; the product itself is still made."""
    spec = mesh(sold(status="retired", consumers=(group_consumer(),)))
    assert one(spec, "MF374").fix == "remove the consumer, or make the product active again"
    assert granted(spec) == set()
    assert "databricks_pipeline.sold_v1" in resources(compiled(spec).stacks["sales-local"])


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_another_domain_does_not_build_on_what_it_is_not_given(status):
    """MF375 alone: that the producer does not list it is not told beside."""
    spec = mesh(
        sold(status=status, consumers=(product_consumer("stock.left", "sold_v1"),)),
        product("stock.left", inputs=(port("sales.sold_v1.sold_v1"),)),
    )
    assert one(spec, "MF375").summary == (
        f"stock.left reads sales.sold_v1.sold_v1, of a product that is {status}"
    )
    assert found(spec, "MF312") == []


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_what_is_not_given_is_not_shared(status):
    """MF375 names the shares."""
    share = Share(name="out", ports=("sold_v1",), recipients=(Recipient(name="partner"),))
    assert one(mesh(sold(status=status, shares=(share,))), "MF375").got == "out"


def test_who_reads_a_deprecated_product_is_told_what_to_read_instead():
    """MF376 is a warning for active products, not for those that go too."""
    old = sold(
        status="deprecated",
        sunset=date(2027, 1, 1),
        consumers=(product_consumer("stock.left", "sold_v1"), product_consumer("stock.gone", "sold_v1")),
    )
    spec = mesh(
        old,
        sold("2.0.0", "sold_v2", replaces="sold_v1"),
        product("stock.left", inputs=(port("sales.sold_v1.sold_v1"),)),
        product("stock.gone", inputs=(port("sales.sold_v1.sold_v1"),), status="retired"),
    )
    finding = one(spec, "MF376")
    assert finding.severity is Severity.WARNING
    assert (finding.place.construct_path, finding.fix) == ("mesh/stock/left", "read sales.sold_v2 instead")


def test_a_newer_version_replaces_an_older_one():
    """By name or by address; the older one carries a tag that says so."""
    for name in ("sold_v1", "sales.sold_v1"):
        spec = mesh(sold(), sold("2.0.0", "sold_v2", replaces=name))
        assert life_codes(spec) == []
        assert tags_of(spec) == {
            ("tables", "sales.gold.sold_v1"): {"data_product_replaced_by": "sales.sold_v2"}
        }


@pytest.mark.parametrize(
    ("products", "words"),
    [
        ([sold("2", "b", replaces="sold_v2"), sold("1", "sold_v1")], "is no product of the domain"),
        ([sold("2", "b", replaces="b")], "is the product itself"),
        ([sold("2", "b", replaces="stock.left"), product("stock.left")], "is of another domain"),
        ([sold("1.9", "b", replaces="a"), sold("1.10", "a")], "is not older: version 1.10, this is 1.9"),
        ([sold("1", "b", replaces="a"), sold("1.0", "a")], "is not older: version 1.0, this is 1"),
        ([sold("2", "b", replaces="a"), sold("1", "a", status="draft")], "is a draft"),
        ([sold("2", "b", replaces="a", status="retired"), sold("1", "a")], "would outlive this one"),
        (
            [sold("2", "b", replaces="a", status="deprecated", sunset=date(2027, 1, 1)), sold("1", "a")],
            "would outlive this one",
        ),
        (
            [sold("2", "b", replaces="a"), sold("3", "c", replaces="a"), sold("1", "a")],
            "is replaced by sales.b already",
        ),
    ],
)
def test_a_relation_that_makes_no_sense_is_refused(products, words):
    """MF370 says why."""
    assert words in one(mesh(*products), "MF370").summary


def test_a_misspelt_product_to_replace_is_told_with_the_nearest():
    """MF370 knows the products of the domain."""
    finding = one(mesh(sold(), sold("2", "sold_v2", replaces="sold_1")), "MF370")
    assert "sold_v1" in finding.fix


@pytest.mark.parametrize("key", ["data_product_status", "a=b"])
def test_tags_that_cannot_be_the_products_are_refused(key):
    """Those that Meshform sets, and keys with `=`."""
    with pytest.raises(ValueError, match=key):
        Product(domain="d", name="p", contract=contract(), tags={key: "x"})


@pytest.mark.parametrize("version", ["", "one", "1.2.3.4", "1; DROP"])
def test_a_version_is_numbers(version):
    """One to three of them, and what semantic versioning puts behind."""
    with pytest.raises(ValueError, match="version"):
        Product(domain="d", name="p", contract=contract(), version=version)
    Product(domain="d", name="p", contract=contract(), version="v2.0.1-rc.1+5")


def test_texts_of_a_product_are_checked_as_all_texts():
    """MF361 for a secret, MF364 for a backslash that a view's comment cannot hold, MF366 for a tag."""
    secret = "dapi" + "0123456789abcdef" * 2
    assert one(mesh(product("sales.sold", description=f"token {secret}")), "MF361").got == "(hidden)"
    views = {"views": {"top": "SELECT id FROM sold"}, "usage": "C:\\x"}
    assert "usage" in one(mesh(product("sales.sold", table("sold"), view("top"), **views)), "MF364").summary
    assert found(mesh(product("sales.sold", usage="C:\\x")), "MF364") == []
    assert one(mesh(product("sales.sold", tags={"a.b": "c"})), "MF366").got == "a.b=c"
    assert one(mesh(product("sales.sold", classification=" x")), "MF366").got.endswith("= x")
