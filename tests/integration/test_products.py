# SPDX-License-Identifier: Apache-2.0
"""Products that change in their life, deployed into a local workspace by real Terraform."""

from datetime import date

import pytest
from tests.meshes import compiled, contract, group_consumer, mesh, product, table, view
from tests.terraform_cli import Terraform

from meshform.local.rules import grants_on
from meshform.model.ports import Elsewhere, ManagedTable

VIEW, MANAGED, THEIRS = (f"sales_local.gold.{name}" for name in ("top", "rates", "theirs"))


@pytest.fixture
def deploy(tmp_path, installed):
    """Apply every stack of a mesh in order; returns Terraform of the stack of `sales`."""
    folders: dict[str, Terraform] = {}

    def apply(spec) -> Terraform:
        for name, stack in compiled(spec).stacks.items():
            terraform = folders.get(name)
            if terraform is None:
                terraform = Terraform(tmp_path / name, tmp_path / "store" / "local.sqlite3", installed)
            for path, content in stack.assets.items():
                (terraform.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (terraform.folder / path).write_bytes(content)
            terraform.write(**stack.blocks)
            if name not in folders:
                terraform.init()
            folders[name] = terraform
            terraform.apply()
        return folders["sales-local"]

    return apply


def sold(**fields):
    """A product with a view, a table that Terraform makes and one of somebody else."""
    made = contract(
        table("sold"),
        view("top"),
        table("rates", physical_type="table"),
        table("theirs", physical_type="table"),
    )
    return mesh(
        product(
            "sales.sold",
            contract=made,
            views={"top": "SELECT id FROM sold"},
            tables={"rates": ManagedTable(), "theirs": Elsewhere(by="a bundle")},
            consumers=(group_consumer(),),
            **fields,
        )
    )


def test_readers_keep_their_access_when_a_product_becomes_deprecated(deploy):
    """The view is made anew with its new comment, and what was granted and tagged on it too; tables stay."""
    deploy(sold(tags={"team": "shop"}))
    sales = deploy(sold(tags={"team": "shop"}, status="deprecated", sunset=date(2027, 1, 31)))
    assert "No changes." in sales.plan()
    state = sales.state()
    for name in ("top", "rates"):
        comment = state[f"databricks_sql_table.gold__{name}"]["comment"]
        assert comment.startswith("Deprecated: it is kept until 2027-01-31.")
    for table_name in (VIEW, MANAGED, THEIRS):
        assert grants_on(sales.store, "table", table_name)["readers"] == ["SELECT"]
    tags = {
        row["tag_key"] for _, row in sales.store.under("databricks_entity_tag_assignment", f"tables,{VIEW},")
    }
    assert tags == {"team", "data_product_status", "data_product_sunset"}


def test_readers_lose_their_access_when_a_product_is_retired(deploy):
    """What it made stays."""
    deploy(sold())
    sales = deploy(sold(status="retired"))
    assert "No changes." in sales.plan()
    for table_name in (VIEW, MANAGED, THEIRS):
        assert "readers" not in grants_on(sales.store, "table", table_name)
    assert sales.store.get("databricks_sql_table", MANAGED)
