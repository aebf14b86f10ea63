# SPDX-License-Identifier: Apache-2.0
"""Growth without loss, by real Terraform on compiled stacks: what exists is adopted, moved or let go of."""

import json
from pathlib import Path

import pytest
from tests.meshes import PROD, contract, domain, evaluated, mesh, product, view
from tests.terraform_cli import Terraform

from meshform.model.product import Pipeline, Volume
from meshform.terraform.compile import compile_mesh

SOURCE = Path(__file__).parents[2] / "domains" / "orders" / "pipeline"
# no step runs anything here: the view and the grants need no table that a pipeline makes
ENVIRONMENT = PROD.model_copy(update={"first_run": "manual", "creates_principals": True})


def parts(name="orders", **fields):
    """A product with a volume, a view and a pipeline."""
    return product(
        f"sales.{name}",
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

    def write(self, *declared, lock=None, environment=ENVIRONMENT, **fields):
        """Synthesize the mesh into the folders; returns its lock."""
        spec = mesh(*declared, environments=(environment,), **fields)
        made = compile_mesh(evaluated(spec, "prod"), lock)
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
        return made.lock

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


def actions(terraform):
    """Addresses by what a plan does with them, without what stays and what is only read."""
    found = {}
    for one in planned(terraform):
        found.setdefault("+".join(one["change"]["actions"]), set()).add(one["address"])
    return found


def objects(store, *types):
    """Keys of the objects of some types in the workspace."""
    return {(type_, key) for type_ in types for key, _ in store.all(type_)}


def test_a_renamed_product_keeps_its_pipeline_and_job(stacks):
    """The plan destroys no pipeline, no job, no permissions and no step; its code gets another folder."""
    lock = stacks.write(parts())
    stacks.apply()
    before = stacks["sales-prod"].state()
    lock = stacks.write(parts("purchases", renamed_from="orders"), lock=lock)
    found = actions(stacks["sales-prod"])
    gone = {address.partition(".")[0] for key, of in found.items() if "delete" in key for address in of}
    assert gone <= {"databricks_workspace_file", "terraform_data"}  # code in another folder, and its next run
    stacks.apply()
    after = stacks["sales-prod"].state()
    for type_ in ("databricks_pipeline", "databricks_job"):
        assert after[f"{type_}.purchases"]["id"] == before[f"{type_}.orders"]["id"]
    # the lock remembers the move, and it does no harm when it is deployed
    stacks.write(parts("purchases"), lock=lock)
    assert "No changes." in stacks["sales-prod"].plan()
    stacks.write(parts("purchases"), lock=lock.deployed("prod"))
    assert "No changes." in stacks["sales-prod"].plan()


def test_a_renamed_volume_is_renamed_in_its_place(stacks):
    """It is updated, not made anew, and its grants follow."""
    lock = stacks.write(parts())
    stacks.apply()
    volume = Volume(name="files", schema_name="bronze", renamed_from="raw")
    stacks.write(parts(volumes=(volume,)), lock=lock)
    found = actions(stacks["sales-prod"])
    assert "databricks_volume.bronze__files" in found["update"]
    stacks.apply()
    assert "No changes." in stacks["sales-prod"].plan()


def test_a_retired_product_leaves_its_data(stacks):
    """Terraform forgets what holds data and destroys only the rest; then it plans nothing more."""
    lock = stacks.write(parts())
    stacks.apply()
    types = "databricks_volume", "databricks_pipeline", "databricks_sql_table", "databricks_schema"
    kept = objects(stacks["sales-prod"].store, *types)
    assert len(kept) == 7
    open_ = ENVIRONMENT.model_copy(update={"allow_removal": True})
    lock = stacks.write(domain("sales", retired=("orders",)), lock=lock, environment=open_)
    found = actions(stacks["sales-prod"])
    assert found["forget"] == {
        "databricks_pipeline.orders",
        "databricks_sql_table.gold__numbers",
        "databricks_volume.bronze__raw",
    }
    assert not any(address.startswith(types) for address in found["delete"])
    stacks.apply()
    assert objects(stacks["sales-prod"].store, *types) == kept
    assert "No changes." in stacks["sales-prod"].plan()


def test_a_retired_domain_leaves_its_data(stacks):
    """Its stack lets go of the schemas, the platform's of the catalog."""
    lock = stacks.write(parts(), product("finance.ledger"))
    stacks.apply()
    types = "databricks_catalog", "databricks_schema", "databricks_volume", "databricks_pipeline"
    kept = objects(stacks["sales-prod"].store, *types)
    open_ = ENVIRONMENT.model_copy(update={"allow_removal": True})
    rest = product("finance.ledger")
    stacks.write(rest, lock=lock, environment=open_, retired=("sales",))
    assert actions(stacks["platform-prod"])["forget"] == {"databricks_catalog.domain__sales"}
    stacks.apply()
    assert objects(stacks["sales-prod"].store, *types) == kept
    assert stacks["sales-prod"].state() == {}


def test_without_a_lock_terraform_would_destroy_it(stacks):
    """What the lock is for: the same change without it plans to delete a volume."""
    stacks.write(parts())
    stacks.apply()
    stacks.write(parts(volumes=()))
    assert "databricks_volume.bronze__raw" in actions(stacks["sales-prod"])["delete"]
