# SPDX-License-Identifier: Apache-2.0
"""A job with a Python task in the local workspace: it makes the tables of its contract module."""

import pytest
from tests.local_workspace import ROOT, RUNNER, TABLE, make_workspace, opened, put_file

from meshform.local.rules.checks import check_create
from meshform.local.rules.grants import set_grant
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.relations import make_function, make_table
from meshform.model.findings import MeshformError
from meshform.workspace.steps import run_job

JOB = 303
_OTHERS = (
    "CONTRACT = {'gold.orders_gold': {'made_by': %r, 'columns': [{'name': 'order_id', 'type': 'STRING'}]}}"
)


def job_row(*parameters):
    """A job as the provider keeps it."""
    task = {"python_file": f"{ROOT}/main.py", "source": "WORKSPACE", "parameters": list(parameters)}
    return {
        "id": str(JOB),
        "name": "orders_orders_local",
        "run_as": [{"service_principal_name": RUNNER}],
        "environment": [{"environment_key": "default"}],
        "task": [{"task_key": "main", "environment_key": "default", "spark_python_task": [task]}],
    }


@pytest.fixture
def store(tmp_path):
    """A workspace with a job's code and contract module."""
    store = make_workspace(tmp_path / "s.sqlite3")
    put_file(store, f"{ROOT}/main.py", "import orders_contract\n")
    store.put("databricks_job", str(JOB), job_row("meshform.catalog=orders_local"))
    return store


def run(store, digest="d1"):
    """Run the job's step."""
    with opened(store) as workspace:
        run_job(workspace, JOB, digest, "the step")


def failure(store):
    """Run a step that fails; returns what the workspace said."""
    with pytest.raises(MeshformError) as raised:
        run(store)
    return raised.value.findings[0].got


def test_a_job_makes_the_tables_of_its_contract(store):
    """They belong to the job and its principal, and a later run changes them."""
    run(store)
    row = store.get("table", TABLE)
    assert (row["comment"], row["owner"], row["made_by"]) == ("Paid orders.", RUNNER, f"job {JOB}")
    run(store, "d2")


def test_a_job_needs_its_catalog_its_code_and_its_module(store):
    """Each that is missing is named."""
    store.put("databricks_job", str(JOB), job_row())
    assert "without the parameter meshform.catalog" in failure(store)
    store.put("databricks_job", str(JOB), job_row("meshform.catalog=orders_local"))
    put_file(store, f"{ROOT}/main.py", "def broken(:\n")
    assert "main.py', line 1: invalid syntax" in failure(store)
    store.drop("content", f"{ROOT}/main.py".removeprefix("/Workspace"))
    assert "main.py) doesn't exist" in failure(store)
    put_file(store, f"{ROOT}/main.py", "")
    store.drop("content", f"{ROOT}/orders_contract.py".removeprefix("/Workspace"))
    assert "has no contract module" in failure(store)


def test_a_job_does_not_make_what_terraform_makes_and_must_be_able_to_write_it(store):
    """The table must be there, with MODIFY for the job."""
    put_file(store, f"{ROOT}/orders_contract.py", _OTHERS % "Terraform")
    assert f"Table '{TABLE}' does not exist." in failure(store)
    make_table(store, TABLE, [], None, "terraform")
    assert f"does not have MODIFY on Table '{TABLE}'" in failure(store)
    set_grant(store, "table", TABLE, RUNNER, ["MODIFY"])
    run(store)
    assert store.get("table", TABLE)["made_by"] == "terraform"


def test_a_job_reads_what_somebody_else_makes(store):
    """SELECT is enough."""
    put_file(store, f"{ROOT}/orders_contract.py", _OTHERS % "somebody else")
    make_table(store, TABLE, [], None, "bundle")
    set_grant(store, "table", TABLE, RUNNER, ["SELECT"])
    run(store)


def test_a_job_reads_volumes_and_calls_functions_that_it_is_given(store):
    """READ_VOLUME on an input that is a path, EXECUTE on one that is a function."""
    volume = {"catalog_name": "orders_local", "schema_name": "gold", "name": "files", "owner": "nobody"}
    store.put("databricks_volume", "orders_local.gold.files", volume)
    make_function(store, "orders_local.gold.f", [], "INT", "1")
    given = [
        "meshform.catalog=orders_local",
        "meshform.input.a.b.files=/Volumes/orders_local/gold/files",
        "meshform.input.a.b.f=orders_local.gold.f",
    ]
    store.put("databricks_job", str(JOB), job_row(*given))
    assert "does not have EXECUTE on Function 'orders_local.gold.f'" in failure(store)
    set_grant(store, "function", "orders_local.gold.f", RUNNER, ["EXECUTE"])
    assert "does not have READ VOLUME on Volume 'orders_local.gold.files'" in failure(store)
    set_grant(store, "volume", "orders_local.gold.files", RUNNER, ["READ_VOLUME"])
    run(store)


def test_a_task_in_an_environment_that_the_job_does_not_have_is_refused(store):
    """As Databricks does when the job is made."""
    row = {**job_row("meshform.catalog=orders_local"), "environment": []}
    with pytest.raises(Refusal, match="Environment 'default', in which task 'main'"):
        check_create(store, "databricks_job", row)
    check_create(store, "databricks_job", job_row())
