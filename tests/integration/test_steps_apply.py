# SPDX-License-Identifier: Apache-2.0
"""Steps within `terraform apply`, by the real Terraform: after any kill the next apply finishes the work."""

import os
import signal
import subprocess
import time
from hashlib import sha256
from pathlib import Path

import pytest

from meshform.local.runs import Runs
from meshform.model.environment import Environment
from meshform.model.findings import NOWHERE
from meshform.terraform.functions import run_job_step
from meshform.terraform.literals import render
from meshform.terraform.stack import Block

FUNCTION = "orders.gold.mask_email"
GOOD = f"CREATE OR REPLACE FUNCTION {FUNCTION}(value STRING) RETURNS STRING RETURN '***';\n"
BETTER = GOOD.replace("***", "+++")
BAD = GOOD.replace("gold", "nowhere")
WAREHOUSE = "${databricks_sql_endpoint.warehouse.id}"
PATH = "/Workspace/meshform/functions.sql"


def stack(ddl):
    """What the compiler emits around a function job; after the step comes a grant that needs the function."""
    job = Block("resource", "databricks_job", "functions", {}, NOWHERE)
    step = run_job_step(job, sha256(ddl.encode()).hexdigest(), "functions", Environment.local(deployer="x"))
    clean_up = {
        "local-exec": {
            "when": "destroy",
            "command": "meshform step drop-functions",
            "environment": {"MESHFORM_STEP_FUNCTIONS": "${self.output}", "MESHFORM_ENV": "local"},
        }
    }
    return {
        "databricks_group": {"analytics": {"display_name": "analytics"}},
        # nothing is forced: destroy succeeds only when the function was dropped
        "databricks_catalog": {"orders": {"name": "orders"}},
        "databricks_schema": {"gold": {"catalog_name": "${databricks_catalog.orders.name}", "name": "gold"}},
        "databricks_sql_endpoint": {"warehouse": {"name": "warehouse", "cluster_size": "2X-Small"}},
        "databricks_workspace_file": {
            "functions": {"path": "/meshform/functions.sql", "source": "functions.sql"}
        },
        "databricks_job": {
            "functions": {
                "name": "functions",
                "task": [
                    {
                        "task_key": "functions",
                        "sql_task": [{"warehouse_id": WAREHOUSE, "file": [{"path": PATH}]}],
                    }
                ],
                "depends_on": ["databricks_workspace_file.functions"],
            }
        },
        "databricks_grants": {
            "function": {
                "function": FUNCTION,
                "grant": [{"principal": "analytics", "privileges": ["EXECUTE"]}],
                "depends_on": ["terraform_data.functions"],
            }
        },
        "terraform_data": {
            "clean_up": {
                "input": f'["{FUNCTION}"]',
                "provisioner": [clean_up],
                "depends_on": ["databricks_schema.gold"],
            },
            "functions": {
                **render(step),
                "depends_on": [
                    "databricks_group.analytics",
                    "databricks_job.functions",
                    "databricks_schema.gold",
                    "terraform_data.clean_up",
                ],
            },
        },
    }


@pytest.fixture
def orders(terraform):
    """Terraform in a folder with the stack, initialized."""
    deploy(terraform, GOOD)
    terraform.init()
    return terraform


def deploy(terraform, ddl):
    """Write the stack with this DDL."""
    (terraform.folder / "functions.sql").write_text(ddl)
    terraform.write(resource=stack(ddl))


def runs(terraform):
    """The runs of all jobs, newest first."""
    return Runs(terraform.store).list(None)


def check_finished(terraform, *, runs_made):
    """The work is done, with so many runs in all, and a further plan has nothing to do."""
    made = runs(terraform)
    assert (len(made), made[0]["code"]) == (runs_made, "SUCCESS")
    assert terraform.store.get("function", FUNCTION)
    assert "databricks_grants.function" in terraform.state()
    assert "No changes." in terraform.plan()


def processes():
    """Process id -> parent's id and command line, of everything that runs."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(
            ["ps", "-axo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        rows = (line.split(None, 2) for line in listed.stdout.splitlines())
        return {int(row[0]): (int(row[1]), row[2] if len(row) == 3 else "") for row in rows}
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = (
                parent,
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(),
            )
        except (OSError, UnicodeDecodeError):
            continue  # it has ended meanwhile, or is somebody else's
    return found


def steps_below(pid):
    """Ids of the processes that carry out a step below a process."""
    known = processes()
    below = {pid}
    for _ in range(4):
        below |= {child for child, (parent, _) in known.items() if parent in below}
    return [one for one in below - {pid} if "step run-job" in known[one][1]]


def apply_until_step_runs(terraform):
    """Start an apply and wait until the step's run is active and told.

    Returns Terraform's process, the ids of the step's processes, and the line that tells of the run.
    """
    terraform.env["MESHFORM_LOCAL_RUN_SECONDS"] = "120"
    before = len(runs(terraform))
    process = terraform.start("apply", "-no-color", "-input=false", "-auto-approve")
    del terraform.env["MESHFORM_LOCAL_RUN_SECONDS"]
    deadline = time.monotonic() + 60
    while not (len(runs(terraform)) > before and runs(terraform)[0]["state"] == "RUNNING"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = next((line for line in process.stdout if "of job" in line), None)
    assert told, process.communicate()
    found = steps_below(process.pid)
    assert found
    return process, found, told


def kill(pids):
    """SIGKILL, which nobody can handle."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def is_running(pid):
    """Whether a process that is not our child still runs."""
    parent_and_words = processes().get(pid)
    return parent_and_words is not None and bool(parent_and_words[1])


def test_an_apply_runs_its_step_once_and_a_plan_is_empty(orders):
    """What comes after the step finds the step's work; a second apply starts nothing."""
    words = orders.apply()
    assert "functions: started run 1 of job" in words
    assert "functions: succeeded after" in words
    check_finished(orders, runs_made=1)
    orders.apply()
    assert len(runs(orders)) == 1


def test_a_change_of_the_ddl_runs_the_step_again(orders):
    """And a change that is taken back does too: the function is always that of the stack."""
    orders.apply()
    for number, ddl in ((2, BETTER), (3, GOOD)):
        deploy(orders, ddl)
        orders.apply()
        check_finished(orders, runs_made=number)
        assert orders.store.get("function", FUNCTION)["body"] in ddl


def test_a_failed_run_fails_the_apply_and_the_next_finishes(orders):
    """The apply names the run's page and the cause and makes nothing that comes after the step."""
    deploy(orders, BAD)
    words = orders.apply(code=1)
    assert "functions: the run failed, see http://127.0.0.1:" in words
    assert "Schema 'orders.nowhere' does not exist." in words
    assert "databricks_grants.function" not in orders.state()
    orders.apply(code=1)
    assert [run["code"] for run in runs(orders)] == ["RUN_EXECUTION_ERROR"] * 2
    deploy(orders, GOOD)
    orders.apply()
    check_finished(orders, runs_made=3)


def test_a_failed_run_is_tried_again_without_a_change(orders):
    """When the cause lay outside of the stack, the same apply again starts a new run."""
    orders.store.put("function", FUNCTION, {"broken": True})  # cannot be replaced: it has no owner
    orders.apply(code=1)
    orders.store.drop("function", FUNCTION)
    orders.apply()
    check_finished(orders, runs_made=2)


def test_terraform_is_killed(orders):
    """The step and its run live on; the next apply waits for that run and starts no other."""
    process, steps, _ = apply_until_step_runs(orders)
    kill([process.pid])
    process.communicate()
    assert any(is_running(pid) for pid in steps)
    next_apply = orders.start("apply", "-no-color", "-input=false", "-auto-approve")
    output = ""
    while "waiting for the active run 1" not in output:
        line = next_apply.stdout.readline()
        assert line, output + next_apply.stderr.read()
        output += line
    kill(pid for pid in steps if is_running(pid))  # or the test would wait for the two minutes of the run
    output, errors = next_apply.communicate(timeout=120)
    assert next_apply.returncode == 0, output + errors
    check_finished(orders, runs_made=1)


def test_the_step_is_killed(orders):
    """The apply fails, keeps nothing that comes after the step, and the next one finishes that run."""
    process, steps, told = apply_until_step_runs(orders)
    kill(steps)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1, output + errors
    assert "run 1 of job" in told
    assert "/runs/1" in told
    assert "local-exec provisioner error" in errors
    assert "databricks_grants.function" not in orders.state()
    orders.apply()
    check_finished(orders, runs_made=1)


def test_terraform_and_the_step_are_killed(orders):
    """Nobody works on the run any more; the next apply takes it up and finishes it."""
    process, steps, _ = apply_until_step_runs(orders)
    kill([process.pid, *steps])
    process.communicate()
    assert runs(orders)[0]["code"] == ""
    orders.apply()
    check_finished(orders, runs_made=1)


def test_all_is_killed_while_the_function_is_changed(orders):
    """The same at an update, where the work of the run before is there: it is not taken for the new one."""
    orders.apply()
    deploy(orders, BETTER)
    process, steps, _ = apply_until_step_runs(orders)
    kill([process.pid, *steps])
    process.communicate()
    orders.apply()
    check_finished(orders, runs_made=2)
    assert orders.store.get("function", FUNCTION)["body"] == "'+++'"


def test_destroy_drops_what_the_step_made(orders):
    """The schema is empty when its turn comes, though nothing is forced; also when it was dropped by hand."""
    orders.apply()
    orders.destroy()
    assert orders.store.all("function") == []
    assert orders.store.get("databricks_catalog", "orders") is None
    orders.apply()
    orders.store.drop("function", FUNCTION)
    orders.destroy()
    assert orders.state() == {}
