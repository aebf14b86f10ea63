# SPDX-License-Identifier: Apache-2.0
"""A product's blocks: volumes, tags, views, and who reads what."""

from dataclasses import replace

import pytest
from tests.meshes import (
    column,
    compiled,
    contract,
    evaluated,
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

from meshform.model.findings import MeshformError
from meshform.model.product import Volume
from meshform.terraform.compile import compile_mesh


def sales(*parts, environment="prod", **fields):
    """The resources of the stack of domain `sales`."""
    return resources(compiled(mesh(*parts, **fields), environment).stacks[f"sales-{environment}"])


def granted(made, address) -> dict[str, list[str]]:
    """Privileges by principal of an authoritative grant."""
    return {one["principal"]: one["privileges"] for one in made[address]["grant"]}


def test_a_volume_is_managed_and_its_writers_can_put_files_there():
    """The pipeline reads it, writers read and write, all of them may use what is around."""
    made = sales(
        product(
            "sales.sold",
            volumes=(Volume(name="landing", schema_name="bronze", writers=("writer",), comment="Files."),),
        )
    )
    assert made["databricks_volume.bronze__landing"] == {
        "catalog_name": "sales",
        "schema_name": "bronze",
        "name": "landing",
        "volume_type": "MANAGED",
        "comment": "Files.",
        "owner": "owners",
        "depends_on": ["databricks_schema.bronze"],
        "lifecycle": {"prevent_destroy": True},
    }
    assert granted(made, "databricks_grants.volume__bronze__landing") == {
        "deployer-prod-id": ["MANAGE"],
        "runner-prod-id": ["READ_VOLUME"],
        "writer-prod-id": ["READ_VOLUME", "WRITE_VOLUME"],
    }
    assert granted(made, "databricks_grants.schema__bronze") == {
        "deployer-prod-id": ["APPLY_TAG", "MANAGE"],
        "runner-prod-id": ["USE_SCHEMA"],
        "writer-prod-id": ["USE_SCHEMA"],
    }
    assert made["databricks_grant.catalog__sales__writer"]["privileges"] == ["USE_CATALOG"]


def test_tags_of_tables_and_columns_are_assigned_after_the_pipeline_ran():
    """A tag is `key=value` or a key alone, whose value is the empty text and never null."""
    made = sales(
        product(
            "sales.sold",
            table(
                "sold", column("id", classification="personal", tags=("unit=eur", "key")), tags=("tier=1",)
            ),
        ),
        mask_policy(),
    )
    tags = {
        (b["entity_type"], b["entity_name"], b["tag_key"]): b["tag_value"]
        for a, b in made.items()
        if a.startswith("databricks_entity_tag_assignment.")
    }
    assert tags == {
        ("tables", "sales.gold.sold", "tier"): "1",
        ("columns", "sales.gold.sold.id", "unit"): "eur",
        ("columns", "sales.gold.sold.id", "key"): "",
        ("columns", "sales.gold.sold.id", "classification"): "personal",
    }
    assert made["databricks_entity_tag_assignment.gold__sold__tier"]["depends_on"] == [
        "terraform_data.run__sold"
    ]


def test_a_tag_that_repeats_the_class_is_assigned_once():
    """The class of a column may stand among its tags too."""
    made = sales(
        product(
            "sales.sold", table("sold", column(classification="personal", tags=("classification=personal",)))
        ),
        mask_policy(),
    )
    assert sum(a.startswith("databricks_entity_tag_assignment") for a in made) == 1


def test_two_values_of_one_tag_on_one_column_are_refused():
    """MF501, since Unity Catalog keeps one value of a key."""
    with pytest.raises(MeshformError) as caught:
        sales(product("sales.sold", table("sold", column(tags=("a=1", "a=2")))))
    assert caught.value.findings[0].code == "MF501"


def test_a_class_that_no_policy_declares_is_not_tagged():
    """The governed tag would refuse its value; nothing hides it, so whoever reads it is told (MF480)."""
    spec = mesh(product("sales.sold", table("sold", column(classification="public"))))
    (finding,) = found(spec, "MF480")
    assert "declare Classification(name='public'" in finding.fix
    evaluation = replace(evaluated(spec, "prod"), findings=())
    made = resources(compile_mesh(evaluation).stacks["sales-prod"])
    assert not any(a.startswith("databricks_entity_tag_assignment") for a in made)


def test_a_view_has_the_columns_and_comments_of_its_contract():
    """Its SQL has full names of this environment; its owner is the domain's group."""
    made = sales(
        product(
            "sales.sold",
            table("sold"),
            view("top", column("id", description="Number."), description="The best."),
            views={"top": "SELECT id -- all\nFROM sold"},
        ),
        environment="dev",
    )
    made_view = made["databricks_sql_table.gold__top"]
    assert {key: made_view[key] for key in sorted(made_view) if key != "depends_on"} == {
        "catalog_name": "sales_dev",
        "schema_name": "gold",
        "name": "top",
        "table_type": "VIEW",
        "view_definition": "SELECT id\nFROM sales_dev.gold.sold",
        "comment": "The best.",
        "owner": "owners",
        "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
        "column": [{"name": "id", "comment": "Number."}],
    }


def test_the_owner_of_a_view_may_read_what_the_view_reads():
    """A view has its owner's rights; its readers need nothing on the tables below."""
    made = sales(
        product(
            "sales.sold",
            table("sold", schema_name="silver"),
            view("top"),
            views={"top": "SELECT id FROM sold"},
            consumers=(group_consumer("top"),),
        )
    )
    assert granted(made, "databricks_grants.table__silver__sold") == {
        "deployer-prod-id": ["MANAGE"],
        "owners": ["SELECT"],
    }
    assert granted(made, "databricks_grants.table__gold__top") == {
        "deployer-prod-id": ["MANAGE"],
        "readers": ["SELECT"],
    }
    assert "readers" not in granted(made, "databricks_grants.schema__silver")


def test_a_consumer_reads_its_ports_and_no_other():
    """SELECT on each port that it was given, USE_SCHEMA and USE_CATALOG around them."""
    made = sales(
        product(
            "sales.sold",
            table("a"),
            table("b"),
            table("raw", schema_name="bronze"),
            consumers=(group_consumer("b"),),
        )
    )
    selects = [a for a in made if a.startswith("databricks_grants.table")]
    assert selects == ["databricks_grants.table__gold__b"]
    assert granted(made, selects[0])["readers"] == ["SELECT"]
    assert granted(made, "databricks_grants.schema__gold")["readers"] == ["USE_SCHEMA"]
    assert made["databricks_grant.catalog__sales__readers"]["privileges"] == ["USE_CATALOG"]


def test_a_table_that_nobody_reads_has_no_grants():
    """Its owner and the pipeline that makes it need none."""
    made = sales(product("sales.sold"))
    assert not any(a.startswith("databricks_grants.table") for a in made)


def test_a_product_reads_as_its_pipelines_service_principal():
    """The producer's stack grants it; the grant is named by the principal's name in the mesh."""
    made = sales(
        product("sales.sold", consumers=(product_consumer("stock.left", "sold"),)),
        product("stock.left", inputs=(port("sales.sold.sold"),)),
    )
    assert granted(made, "databricks_grants.table__gold__sold")["runner-prod-id"] == ["SELECT"]
    assert made["databricks_grant.catalog__sales__runner"]["principal"] == "runner-prod-id"


def test_a_view_over_another_domains_port_gives_its_owners_select_there():
    """The group that owns the view reads the table; nobody else of that domain does."""
    from tests.meshes import GROUPS, SERVICE_PRINCIPALS, domain

    from meshform.model.principals import Group, Principals

    made = sales(
        product("sales.sold", consumers=(product_consumer("stock.left", "sold"),)),
        product(
            "stock.left",
            contract=contract(view("seen")),
            views={"seen": "SELECT id FROM sales.gold.sold"},
            inputs=(port("sales.sold.sold"),),
            pipeline=None,
        ),
        domain("stock", owner="stockers"),
        principals=Principals(
            groups=(*GROUPS, Group(name="stockers", members=("deployer",))),
            service_principals=SERVICE_PRINCIPALS,
        ),
    )
    assert granted(made, "databricks_grants.table__gold__sold") == {
        "deployer-prod-id": ["MANAGE"],
        "stockers": ["SELECT"],
    }
