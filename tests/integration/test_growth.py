# SPDX-License-Identifier: Apache-2.0
"""Growth without loss, by real Terraform on compiled stacks: what exists is adopted, moved or let go of."""

import json
from pathlib import Path

import pytest
from tests.meshes import PROD, compiled, contract, domain, mesh, product, view
from tests.terraform_cli import Terraform

from meshform.model.product import Pipeline, Volume

SOURCE = Path(__file__).parents[2] / "domains" / "orders" / "pipeline"
# no step runs anything here: the view and the grants need no table that a pipeline makes
ENVIRONMENT = PROD.model_copy(update={"first_run": "manual", "creates_principals": True})


def parts(**fields):
    """A domain and its product with a volume, a view and a pipeline."""
    return product(
        "sales.orders",
        contract=contract(view("numbers")),
        views={"numbers": "SELECT 'a' AS id"},
        **{
            "volumes": (Volume(name="raw", schema_name="bronze"),),
            "pipeline": Pipeline(source=SOURCE, run_as="runner"),
            **fields,
        },
    )


class Stacks:
    """The stacks of a mesh in a production environment, each with its folder and state."""

    def __init__(self, folder, store, installed):
        self._folder, self._store, self._installed = folder, store, installed
        self._made = {}

    def __getitem__(self, name):
        return self._made[name]

    def write(self, *declared, **fields):
        """Synthesize the mesh into the folders; returns what was compiled."""
        spec = mesh(*declared, environments=(ENVIRONMENT,), **fields)
        made = compiled(spec, "prod")
        for name, stack in made.stacks.items():
            terraform = self._made.get(name)
            if terraform is None:
                terraform = self._made[name] = Terraform(self._folder / name, self._store, self._installed)
            terraform.write(**stack.blocks)
            for path, content in stack.assets.items():
                (terraform.folder / path).parent.mkdir(parents=True, exist_ok=True)
                (terraform.folder / path).write_bytes(content)
            if not (terraform.folder / ".terraform").exists():
                terraform.run("init", "-no-color", "-input=false")
        return made

    def apply(self):
        """Apply every stack in order."""
        for terraform in self._made.values():
            terraform.apply()


def planned(terraform):
    """The changes of a plan, as Terraform's JSON tells them."""
    terraform.run("plan", "-no-color", "-input=false", "-out=test.tfplan")
    return json.loads(terraform.run("show", "-json", "test.tfplan"))["resource_changes"]


def imported(terraform):
    """What a plan does with each object that it imports."""
    changes = {one["address"]: one["change"] for one in planned(terraform)}
    return {a: "+".join(change["actions"]) for a, change in changes.items() if "importing" in change}


@pytest.fixture
def stacks(tmp_path, installed):
    """No stack yet, over an empty workspace."""
    return Stacks(tmp_path / "stacks", tmp_path / "store" / "local.sqlite3", installed)


@pytest.fixture
def copy(tmp_path, installed):
    """Other states over the same workspace."""
    return Stacks(tmp_path / "copy", tmp_path / "store" / "local.sqlite3", installed)


def test_the_first_plan_of_what_is_adopted_changes_nothing(stacks, copy):
    """A catalog, its schemas, a volume, a pipeline, its job and a view, taken over by names and ids."""
    stacks.write(domain("sales"), parts())
    stacks.apply()
    state = stacks["sales-prod"].state()
    pipeline = Pipeline(
        source=SOURCE,
        run_as="runner",
        adopt={"prod": state["databricks_pipeline.orders"]["id"]},
        adopt_job={"prod": state["databricks_job.orders"]["id"]},
    )
    adopted = parts(
        pipeline=pipeline,
        volumes=(Volume(name="raw", schema_name="bronze", adopt=True),),
        adopt_tables={"numbers": True},
    )
    copy.write(domain("sales", adopt=True), adopted)
    assert imported(copy["platform-prod"]) == {"databricks_catalog.domain__sales": "no-op"}
    view = "databricks_sql_table.gold__numbers"
    assert imported(copy["sales-prod"]) == {
        "databricks_job.orders": "no-op",
        "databricks_pipeline.orders": "no-op",
        "databricks_schema.bronze": "no-op",
        "databricks_schema.gold": "no-op",
        "databricks_schema.silver": "no-op",
        "databricks_volume.bronze__raw": "no-op",
        view: "update",
    }
    (change,) = [one["change"] for one in planned(copy["sales-prod"]) if one["address"] == view]
    differences = {n for n, value in change["after"].items() if value != change["before"][n]}
    assert differences == {"warehouse_id"}  # where its SQL runs: only Terraform's state knows


def test_what_does_not_exist_cannot_be_adopted(stacks):
    """The plan fails, and names it."""
    stacks.write(domain("sales", adopt=True))
    output = stacks["platform-prod"].run("plan", "-no-color", "-input=false", code=1)
    assert "catalog 'sales' does not exist" in output
