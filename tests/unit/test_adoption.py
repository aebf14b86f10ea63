# SPDX-License-Identifier: Apache-2.0
"""Adoption: `import` blocks for what exists already."""

import pytest
from tests.meshes import SOURCE, compiled, contract, domain, found, mesh, product, table, view

from meshform.model.environment import Adopt
from meshform.model.product import Pipeline, Volume

PIPELINE_ID = "0c4be5a2-5a5c-4c5e-9a0e-2d5a3c1f7b11"


def imports(spec, environment, stack):
    """Import ids by address."""
    blocks = compiled(spec, environment).stacks[f"{stack}-{environment}"].blocks
    return {one["to"]: one["id"] for one in blocks.get("import", [])}


def test_nothing_is_adopted_by_default():
    """No stack has a key `import`."""
    spec = mesh(product("sales.orders", volumes=(Volume(name="raw", schema_name="bronze"),)))
    assert all("import" not in stack.blocks for stack in compiled(spec, "prod").stacks.values())


def test_a_domain_is_adopted_with_all_its_schemas():
    """The platform's stack imports the catalog, the domain's stack the schemas, by their names there."""
    spec = mesh(domain("sales", adopt=True))
    assert imports(spec, "dev", "platform") == {"databricks_catalog.domain__sales": "sales_dev"}
    assert imports(spec, "prod", "sales") == {
        "databricks_schema.bronze": "sales.bronze",
        "databricks_schema.gold": "sales.gold",
        "databricks_schema.silver": "sales.silver",
    }


def test_a_personal_environment_starts_from_nothing():
    """`adopt=True` does not count there, its name does."""
    assert imports(mesh(domain("sales", adopt=True)), "local", "platform") == {}
    assert imports(mesh(domain("sales", adopt=("local",))), "local", "platform") != {}


def test_some_schemas_of_an_adopted_catalog_are_new():
    """`adopt_schemas` names those that exist."""
    spec = mesh(domain("sales", adopt=("prod",), adopt_schemas={"bronze": True, "gold": ("dev",)}))
    assert imports(spec, "prod", "sales") == {"databricks_schema.bronze": "sales.bronze"}
    assert imports(spec, "dev", "sales") == {
        "databricks_schema.bronze": "sales_dev.bronze",
        "databricks_schema.gold": "sales_dev.gold",
    }
    assert imports(spec, "dev", "platform") == {}


def full(**fields):
    """A product of which everything can be adopted."""
    pipeline = {"adopt": {"prod": PIPELINE_ID}, "adopt_job": {"prod": "8301"}, **fields.pop("pipeline", {})}
    return product(
        "sales.orders",
        contract=contract(table("orders"), view("daily")),
        views={"daily": "SELECT id FROM orders"},
        pipeline=Pipeline(source=SOURCE, run_as="runner", **pipeline),
        **{
            "volumes": (Volume(name="raw", schema_name="bronze", adopt=True),),
            "adopt_tables": {"daily": True},
            **fields,
        },
    )


def test_a_product_is_adopted_by_names_and_ids():
    """Volumes and views by name; a pipeline and its job by the id of that environment."""
    assert imports(mesh(full()), "prod", "sales") == {
        "databricks_job.orders": "8301",
        "databricks_pipeline.orders": PIPELINE_ID,
        "databricks_sql_table.gold__daily": "sales.gold.daily",
        "databricks_volume.bronze__raw": "sales.bronze.raw",
    }
    assert imports(mesh(full()), "dev", "sales").keys() == {
        "databricks_sql_table.gold__daily",
        "databricks_volume.bronze__raw",
    }


@pytest.mark.parametrize(
    "part",
    [
        domain("sales", adopt=("prd",)),
        domain("sales", adopt_schemas={"gold": ("prd",)}),
        full(pipeline={"adopt": {"prd": PIPELINE_ID}}),
        full(pipeline={"adopt_job": {"prd": "1"}}),
        full(adopt_tables={"daily": ("prd",)}),
        full(volumes=(Volume(name="raw", schema_name="bronze", adopt=("prd",)),)),
    ],
)
def test_an_unknown_environment_is_told(part):
    """With the nearest one."""
    (finding,) = found(mesh(part), "MF530")
    assert (finding.got, finding.fix) == ("prd", "did you mean 'prod'?")


def test_good_adoptions_have_no_findings():
    """Nothing is said of what fits."""
    adopt: Adopt = ("prod", "dev")
    spec = mesh(domain("sales", adopt=adopt, adopt_schemas={"gold": True}), full())
    assert [found(spec, code) for code in ("MF530", "MF531", "MF532")] == [[], [], []]


@pytest.mark.parametrize(
    ("pipeline", "got"),
    [({"adopt": {"prod": "orders"}}, "prod: orders"), ({"adopt_job": {"prod": "job-1"}}, "prod: job-1")],
)
def test_a_name_is_no_id(pipeline, got):
    """Ids of pipelines and jobs have a form of their own."""
    (finding,) = found(mesh(full(pipeline=pipeline)), "MF531")
    assert finding.got == got


def test_only_what_is_declared_can_be_adopted():
    """A schema of the domain, a view of the product; tables come from the pipeline."""
    (schema,) = found(mesh(domain("sales", adopt_schemas={"golden": True})), "MF532")
    (made,) = found(mesh(full(adopt_tables={"orders": True})), "MF532")
    assert (schema.got, made.got) == ("golden", "orders")
