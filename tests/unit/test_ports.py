# SPDX-License-Identifier: Apache-2.0
"""What makes ports: Terraform, somebody else, SQL functions; and volumes as ports."""

import pytest
from tests.meshes import (
    column,
    compiled,
    contract,
    evaluated,
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

from meshform.model.ports import Elsewhere, Function, ManagedTable
from meshform.model.product import Volume


def sales(*parts, environment="prod"):
    """The resources of the stack of domain `sales`."""
    return resources(compiled(mesh(*parts), environment).stacks[f"sales-{environment}"])


def plain(name, *columns, **fields):
    """A table that Terraform can make."""
    return table(name, *columns, **{"physical_type": "table", **fields})


def managed(*columns, entry=None, **fields):
    """A product whose only table is made by Terraform."""
    given = {"tables": {"sold": entry or ManagedTable()}, "pipeline": None, **fields}
    return product("sales.sold", plain("sold", *columns), **given)


def granted(made, address) -> dict[str, list[str]]:
    """Privileges by principal of an authoritative grant."""
    return {one["principal"]: one["privileges"] for one in made[address]["grant"]}


def one(spec, code):
    """The only finding of a code."""
    (finding,) = found(spec, code)
    return finding


def test_a_managed_table_has_the_contracts_columns():
    """All defaults. Without a format the provider creates it and never replaces one that is there."""
    made = sales(managed(column("id", required=True), column("amount", "DECIMAL(18, 2)", description=None)))
    assert made["databricks_sql_table.gold__sold"] == {
        "catalog_name": "sales",
        "schema_name": "gold",
        "name": "sold",
        "table_type": "MANAGED",
        "comment": "Rows of sold.",
        "owner": "owners",
        "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
        "column": [
            {"name": "id", "type": "string", "comment": "The id of it.", "nullable": False},
            {"name": "amount", "type": "decimal(18,2)"},
        ],
        "depends_on": ["databricks_schema.gold"],
        "lifecycle": {"prevent_destroy": True},
    }


def test_a_managed_table_has_keys_properties_and_writers():
    """All values; partitions stand in the contract."""
    entry = ManagedTable(cluster_by=("id",), writers=("writer",), properties={"delta.appendOnly": "true"})
    made = sales(managed(entry=entry))
    body = made["databricks_sql_table.gold__sold"]
    assert (body["cluster_keys"], body["properties"]) == (["id"], {"delta.appendOnly": "true"})
    assert granted(made, "databricks_grants.table__gold__sold")["writer-prod-id"] == ["MODIFY", "SELECT"]
    parted = managed(column("a", partition_position=2), column("b", partition_position=1), column("c"))
    assert sales(parted)["databricks_sql_table.gold__sold"]["partitions"] == ["b", "a"]


def test_a_managed_table_that_exists_is_taken_over():
    """By its full name, in environments that are not personal; one of somebody else is not ours to take."""
    adopted = managed(adopt_tables={"sold": True})
    stack = compiled(mesh(adopted), "prod").stacks["sales-prod"]
    assert {"to": "databricks_sql_table.gold__sold", "id": "sales.gold.sold"} in stack.blocks["import"]
    assert "import" not in compiled(mesh(adopted), "local").stacks["sales-local"].blocks
    assert found(mesh(adopted), "MF532") == []
    assert one(mesh(managed(entry=Elsewhere(), adopt_tables={"sold": True})), "MF532").got == "sold"


def test_the_products_own_code_writes_its_managed_tables_before_it_runs_first():
    """The table and its grant come before the first run, and no CREATE_TABLE is needed for it."""
    made = sales(
        product(
            "sales.sold",
            table("sold"),
            plain("rates", schema_name="silver"),
            tables={"rates": ManagedTable()},
        )
    )
    assert granted(made, "databricks_grants.table__silver__rates")["runner-prod-id"] == ["MODIFY", "SELECT"]
    needs = made["terraform_data.run__sold"]["depends_on"]
    assert {"databricks_sql_table.silver__rates", "databricks_grants.table__silver__rates"} <= set(needs)
    assert granted(made, "databricks_grants.schema__silver")["runner-prod-id"] == ["USE_SCHEMA"]


def test_nobody_reads_a_managed_table_before_its_tags_and_the_domains_policies():
    """No step stands between them, so the grant follows each."""
    made = sales(
        managed(column(classification="personal"), consumers=(group_consumer(),)),
        mask_policy(),
        filter_policy(of="sales"),
    )
    needs = made["databricks_grants.table__gold__sold"]["depends_on"]
    assert "databricks_entity_tag_assignment.gold__sold__id__classification" in needs
    assert "databricks_policy_info.sales__filter_home" in needs


def test_a_table_of_somebody_else_is_governed_and_not_built():
    """Tags and grants apply in a real environment, and nothing makes it."""
    made = sales(
        managed(
            column(classification="personal"),
            entry=Elsewhere(by="a bundle"),
            consumers=(group_consumer(),),
        ),
        mask_policy(),
    )
    assert not any(address.startswith("databricks_sql_table") for address in made)
    assert granted(made, "databricks_grants.table__gold__sold")["readers"] == ["SELECT"]
    tag = made["databricks_entity_tag_assignment.gold__sold__id__classification"]
    assert "depends_on" not in tag


def test_the_local_workspace_has_a_stand_in_for_a_table_of_somebody_else():
    """Nobody else is there; the stand-in has the contract's columns, and is no view."""
    spec = product(
        "sales.sold",
        view("sold"),
        tables={"gold.sold": Elsewhere()},
        pipeline=None,
        consumers=(group_consumer(),),
    )
    body = sales(spec, environment="local")["databricks_sql_table.gold__sold"]
    assert (body["table_type"], [one["name"] for one in body["column"]]) == ("MANAGED", ["id"])


def test_the_contract_module_says_which_tables_its_code_does_not_make():
    """Its code can still read their columns."""
    spec = mesh(
        product(
            "sales.sold",
            table("sold"),
            plain("rates"),
            plain("other"),
            tables={"rates": ManagedTable(), "other": Elsewhere()},
        )
    )
    module = compiled(spec).stacks["sales-local"].assets["assets/sold.sold_contract.py"].decode()
    names: dict[str, object] = {}
    exec(module, names)  # noqa: S102 - it is what is tested
    makers = {name: entry.get("made_by") for name, entry in names["CONTRACT"].items()}
    assert makers == {"gold.sold": None, "gold.rates": "Terraform", "gold.other": "somebody else"}


def test_a_view_may_read_a_view_of_somebody_else():
    """The owner group is given SELECT on it, and the view follows that."""
    made = sales(
        product(
            "sales.sold",
            view("theirs"),
            view("ours"),
            tables={"theirs": Elsewhere()},
            views={"ours": "SELECT id FROM theirs"},
            pipeline=None,
        )
    )
    assert granted(made, "databricks_grants.table__gold__theirs")["owners"] == ["SELECT"]
    needs = made["databricks_sql_table.gold__ours"]["depends_on"]
    assert "databricks_grants.table__gold__theirs" in needs


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tables": {"solt": ManagedTable()}}, "no table"),
        ({"tables": {"silver.sold": ManagedTable()}}, "no table"),
        ({"tables": {"twice": ManagedTable()}}, "several tables"),
        ({"tables": {"mv": ManagedTable()}}, "Terraform cannot make 'mv'"),
        ({"tables": {"top": ManagedTable()}}, "Terraform cannot make 'top'"),
        (
            {"tables": {"top": Elsewhere()}, "views": {"top": "SELECT id FROM sold"}},
            "a view that somebody else makes has SQL",
        ),
    ],
)
def test_an_entry_for_what_the_contract_does_not_have_so_is_refused(fields, words):
    """MF340."""
    tables = (plain("sold"), table("mv"), view("top"), plain("twice"), plain("twice", schema_name="silver"))
    assert words in one(mesh(product("sales.sold", *tables, **fields)), "MF340").summary


@pytest.mark.parametrize(
    ("columns", "cluster_by", "words"),
    [
        ([column("a", partition_position=1)], ("a",), "has partitions, and is to be clustered"),
        ([column("a")], ("b",), "a column that it does not have"),
        ([column("größe", partition_position=1)], (), "cannot have this partition column"),
    ],
)
def test_keys_that_delta_or_the_provider_does_not_take_are_refused(columns, cluster_by, words):
    """MF377."""
    assert words in one(mesh(managed(*columns, entry=ManagedTable(cluster_by=cluster_by))), "MF377").summary


@pytest.mark.parametrize("properties", [{"a": "x') LOCATION 's3://evil/' --"}, {"a'": "x"}, {"a": "\\"}])
def test_a_property_that_would_end_its_literal_is_refused(properties):
    """MF378: the provider writes it into SQL as it is."""
    assert one(mesh(managed(entry=ManagedTable(properties=properties))), "MF378").got == next(
        iter(properties)
    )


def test_a_comment_of_a_managed_table_that_would_end_its_literal_is_refused():
    """MF364, as for views."""
    finding = one(mesh(managed(column(description="ends with \\"))), "MF364")
    assert finding.summary == "the description of column sold.id holds a backslash"


def test_writers_are_principals_of_the_registry():
    """MF303 names the table."""
    assert (
        "a writer of table 'sold'" in one(mesh(managed(entry=ManagedTable(writers=("x",)))), "MF303").summary
    )


ROUND = Function(
    name="round_it", parameters={"x": "double"}, returns="double", body="round(x, 2)", comment="To cents."
)


def test_functions_and_volumes_in_the_ports_schema_are_ports():
    """A consumer without `ports` is given all; other volumes are internal."""
    made = sales(
        product(
            "sales.sold",
            functions=(ROUND,),
            volumes=(Volume(name="files", schema_name="gold"), Volume(name="raw", schema_name="bronze")),
            consumers=(group_consumer(),),
        )
    )
    assert granted(made, "databricks_grants.function__gold__round_it")["readers"] == ["EXECUTE"]
    assert granted(made, "databricks_grants.volume__gold__files")["readers"] == ["READ_VOLUME"]
    assert "readers" not in granted(made, "databricks_grants.volume__bronze__raw")
    assert granted(made, "databricks_grants.table__gold__sold")["readers"] == ["SELECT"]


def test_a_consumer_of_one_port_is_given_no_other():
    """Also when the port is a function."""
    made = sales(
        product(
            "sales.sold",
            functions=(ROUND,),
            volumes=(Volume(name="files", schema_name="gold"),),
            consumers=(group_consumer("round_it"),),
        )
    )
    assert "databricks_grants.table__gold__sold" not in made
    assert "readers" not in granted(made, "databricks_grants.volume__gold__files")


def test_a_function_is_made_by_a_job_of_its_product_before_it_is_granted():
    """File, job, step and clean-up; the product's own code may call it."""
    stack = compiled(mesh(product("sales.sold", functions=(ROUND,)))).stacks["sales-local"]
    made = resources(stack)
    assert stack.assets["assets/sold.functions.sql"].decode() == (
        "CREATE OR REPLACE FUNCTION `sales_local`.`gold`.`round_it`(`x` double)\n"
        "RETURNS double\nCOMMENT 'To cents.'\nRETURN round(x, 2);\n"
    )
    assert made["terraform_data.functions__clean_up__sold"]["input"] == '["sales_local.gold.round_it"]'
    assert made["databricks_job.functions__sold"]["name"] == "sales_sold_functions_local"
    grants = made["databricks_grants.function__gold__round_it"]
    assert grants["depends_on"] == ["terraform_data.functions__sold"]
    assert ["EXECUTE"] in [one["privileges"] for one in grants["grant"]]


def test_other_products_read_volumes_and_functions_by_reference():
    """Their code learns a volume's path and a function's full name."""
    spec = mesh(
        product(
            "sales.sold",
            functions=(ROUND,),
            volumes=(Volume(name="files", schema_name="gold"),),
            consumers=(product_consumer("stock.left", "files", "round_it"),),
        ),
        product("stock.left", inputs=(port("sales.sold.files"), port("sales.sold.round_it"))),
    )
    made = resources(compiled(spec, "prod").stacks["stock-prod"])
    assert made["databricks_pipeline.left"]["configuration"] == {
        "meshform.input.sales.sold.files": "/Volumes/sales/gold/files",
        "meshform.input.sales.sold.round_it": "sales.gold.round_it",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"volumes": (Volume(name="sold", schema_name="gold"),)},
        {"functions": (ROUND.model_copy(update={"name": "sold"}),)},
        {"functions": (ROUND,), "volumes": (Volume(name="round_it", schema_name="gold"),)},
    ],
)
def test_two_ports_of_one_name_are_refused(fields):
    """MF347, since a consumer names a port by its name alone."""
    assert one(mesh(product("sales.sold", **fields)), "MF347").got in ("sold", "round_it")


def test_a_volume_may_be_called_as_a_port_in_another_schema():
    """It is no port."""
    spec = mesh(product("sales.sold", volumes=(Volume(name="sold", schema_name="bronze"),)))
    assert found(spec, "MF347") == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"body": "(SELECT 1)"}, "MF372"),
        ({"body": "y + 1"}, "MF372"),
        ({"returns": "number"}, "MF373"),
        ({"name": "a b"}, "MF342"),
    ],
)
def test_a_function_that_databricks_would_not_take_is_refused(changed, code):
    """Body, types and name."""
    spec = mesh(product("sales.sold", functions=(ROUND.model_copy(update=changed),)))
    assert one(spec, code)


def test_two_products_that_make_one_function_are_refused():
    """MF313."""
    spec = mesh(product("sales.a", functions=(ROUND,)), product("sales.b", functions=(ROUND,)))
    assert "round_it (function)" in one(spec, "MF313").got


def test_a_product_of_functions_needs_no_tables():
    """Its contract may be empty."""
    spec = mesh(product("sales.sold", contract=contract(), pipeline=None, functions=(ROUND,)))
    assert evaluated(spec).errors == ()
