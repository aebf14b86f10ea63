# SPDX-License-Identifier: Apache-2.0
"""`meshform step` as a process: its exit code, its words, and what is left when it is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.local_workspace import DDL, FUNCTION, FUNCTIONS_JOB, PIPELINE_JOB, make_workspace, put_file

from meshform.local.runs import Runs

ROOT = Path(__file__).parents[2]
MESHFORM = [sys.executable, "-c", "from meshform.cli import main; main()", "step"]


@pytest.fixture
def store(tmp_path):
    """A workspace with a function job."""
    return make_workspace(tmp_path / "s.sqlite3")


def variables(store, **more):
    """The environment of a step, as Terraform sets it."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "constructs"),
        "MESHFORM_LOCAL_STORE": str(store.path),
        "MESHFORM_ENV": "local",
        "MESHFORM_STEP_JOB_ID": str(FUNCTIONS_JOB),
        "MESHFORM_STEP_DIGEST": "d1",
        "MESHFORM_STEP_LABEL": "functions",
    } | more


def step(store, command="run-job", **more):
    """Run a step to its end."""
    return subprocess.run(
        [*MESHFORM, command], env=variables(store, **more), capture_output=True, text=True, timeout=60
    )


def start(store, **more):
    """Start a step and wait until its run is there."""
    process = subprocess.Popen(
        [*MESHFORM, "run-job"],
        env=variables(store, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not Runs(store).list(None):
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    return process


def test_a_step_succeeds_with_exit_code_0(store):
    """A step prints what it does on standard output."""
    done = step(store)
    assert done.returncode == 0, done.stderr
    assert "functions: succeeded after" in done.stdout
    assert store.get("function", FUNCTION)


def test_a_failed_run_is_exit_code_1_with_page_and_cause(store):
    """Terraform fails the apply, and shows the finding; no traceback."""
    put_file(store, "/Workspace/meshform/local/orders/functions.sql", "DROP TABLE x")
    done = step(store)
    assert done.returncode == 1
    assert "MF705 functions: the run failed, see http://127.0.0.1:" in done.stderr
    assert "only queries and CREATE FUNCTION" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("run-job", {"MESHFORM_STEP_JOB_ID": ""}),
        ("run-job", {"MESHFORM_STEP_JOB_ID": "x1"}),
        ("run-job", {"MESHFORM_STEP_DIGEST": ""}),
        ("run-job", {"MESHFORM_ENV": ""}),
        ("run-job", {"MESHFORM_STEP_TIMEOUT_SECONDS": "soon"}),
        ("run-job", {"MESHFORM_STEP_TIMEOUT_SECONDS": "-1"}),
        ("drop-functions", {"MESHFORM_STEP_FUNCTIONS": "a.b.c"}),
        ("drop-functions", {"MESHFORM_STEP_FUNCTIONS": '["a.b"]'}),
        ("drop-functions", {"MESHFORM_STEP_FUNCTIONS": '["a.b.c/../d"]'}),
    ],
)
def test_a_wrong_variable_is_named(store, command, wrong):
    """A missing or malformed variable is MF702 with its name, before anything is started."""
    done = step(store, command, **wrong)
    assert done.returncode == 1
    assert "MF702" in done.stderr
    assert next(iter(wrong)) in done.stderr
    assert Runs(store).list(None) == []


def test_functions_are_dropped_by_their_step(store):
    """The clean-up takes a JSON list, and can be repeated."""
    assert step(store).returncode == 0
    names = f'["{FUNCTION}"]'
    for words in ("dropped function", "does not exist any more"):
        done = step(store, "drop-functions", MESHFORM_STEP_FUNCTIONS=names)
        assert (done.returncode, words in done.stdout) == (0, True), done.stderr
    assert store.get("function", FUNCTION) is None


def test_a_step_that_is_killed_is_finished_by_the_next(store):
    """SIGKILL leaves a run that has not ended; the next step takes it up and starts no other."""
    process = start(store, MESHFORM_LOCAL_RUN_SECONDS="60")
    process.kill()
    process.communicate()
    assert store.get("function", FUNCTION) is None
    assert step(store).returncode == 0
    (run,) = Runs(store).list(None)
    assert run["code"] == "SUCCESS"
    assert store.get("function", FUNCTION)


def test_a_waiting_step_takes_over_from_a_killed_one(store):
    """Two steps wait for one run; when the one that works on it is killed, the other does."""
    worker = start(store, MESHFORM_LOCAL_RUN_SECONDS="60")
    waiting = subprocess.Popen(
        [*MESHFORM, "run-job"],
        env=variables(store),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    line = waiting.stdout.readline()
    assert "waiting for the active run 1 of job 101" in line
    worker.kill()
    worker.communicate()
    output, errors = waiting.communicate(timeout=30)
    assert waiting.returncode == 0, output + errors
    assert [run["code"] for run in Runs(store).list(None)] == ["SUCCESS"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_step_and_says_what_becomes_of_the_run(store, number):
    """It names the run's page and the next apply, leaves the run, and exits with 128 and the signal."""
    process = start(store, MESHFORM_LOCAL_RUN_SECONDS="60")
    line = process.stdout.readline()
    assert "started run 1 of job 101" in line
    process.stdout.readline()
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "this command ends, the run goes on: http://127.0.0.1:" in output
    assert "the next apply, or this command again, waits for it" in output
    assert "Traceback" not in output
    assert [run["code"] for run in Runs(store).list(None)] == [""]


def test_a_step_outlives_the_reader_of_its_output(store):
    """When Terraform is killed nobody reads the step's lines; it ends its run all the same."""
    process = start(store, MESHFORM_LOCAL_RUN_SECONDS="1")
    process.stdout.close()
    assert process.wait(30) == 0
    assert [run["code"] for run in Runs(store).list(None)] == ["SUCCESS"]


def test_without_credentials_the_way_out_is_named(store, tmp_path):
    """For another environment than local nothing falls back to the local workspace."""
    done = step(store, MESHFORM_ENV="dev", HOME=str(tmp_path))
    assert done.returncode == 1
    assert "MF701 no workspace to connect to" in done.stderr
    assert "DATABRICKS_HOST" in done.stderr
    assert Runs(store).list(None) == []


def test_a_product_is_run_by_its_address(store):
    """`meshform run` finds the job of a product by its name, and the nearest name of a misspelt one."""

    def run(product):
        command = [*MESHFORM[:-1], "run", product]
        return subprocess.run(
            command, cwd=ROOT, env=variables(store), capture_output=True, text=True, timeout=60
        )

    done = run("orders.orders")
    assert done.returncode == 0, done.stderr
    assert f"orders.orders: started run 1 of job {PIPELINE_JOB}" in done.stdout
    wrong = run("orders.order")
    assert wrong.returncode == 1
    assert "MF709" in wrong.stderr
    assert "did you mean 'orders.orders'?" in wrong.stderr


def test_text_of_the_workspace_cannot_drive_the_terminal(store):
    """Control characters in a label are shown, not sent."""
    done = step(store, MESHFORM_STEP_LABEL="a\x1b[31mb\nc")
    assert done.returncode == 0
    assert "a\\x1b[31mb\\nc: started run 1" in done.stdout


def test_the_ddl_of_the_tests_is_what_the_compiler_makes():
    """The steps above run on a text like the one that is deployed."""
    from meshform.terraform.sql import create_function

    made = create_function(
        FUNCTION, [("value", "STRING")], "STRING", "regexp_replace(value, '^[^@]*', '***')", "It's a mask"
    )
    assert made.casefold().split() == DDL.rstrip(";\n").casefold().split()
