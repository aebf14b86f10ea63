# SPDX-License-Identifier: Apache-2.0
"""Run steps, by the real databricks-sdk and through the real REST door."""

import os
import threading
import time

import pytest
from tests.local_workspace import (
    FUNCTION,
    FUNCTIONS_JOB,
    PIPELINE,
    PIPELINE_JOB,
    ROOT,
    RUNNER,
    TABLE,
    change,
    make_workspace,
    opened,
    put_file,
)

from meshform.local.rest_api import ApiError, RestApi
from meshform.local.runs import Runs
from meshform.model.findings import MeshformError
from meshform.workspace.calls import Pace
from meshform.workspace.client import local_client
from meshform.workspace.runs import state_of
from meshform.workspace.steps import drop_functions, run_by_name, run_job, token


@pytest.fixture
def store(tmp_path):
    """A workspace with a function job and a pipeline job."""
    return make_workspace(tmp_path / "s.sqlite3")


def run(store, job_id, digest="d1", *, pace=None, again=False):
    """Run a step; returns its lines of progress."""
    lines = []
    with opened(store, lines, *([pace] if pace else [])) as workspace:
        run_job(workspace, job_id, digest, "the step", again=again)
    return lines


def failure(store, job_id, **more):
    """Run a step that fails; returns its only finding."""
    with pytest.raises(MeshformError) as raised:
        run(store, job_id, **more)
    (finding,) = raised.value.findings
    return finding


def runs_of(store, job_id):
    """The runs of a job, newest first."""
    return Runs(store).list(job_id)


def test_a_function_job_makes_its_functions(store):
    """The function of the file is there with parameters, type and body, and the user sees how it went."""
    lines = run(store, FUNCTIONS_JOB)
    row = store.get("function", FUNCTION)
    assert row["parameters"] == [{"name": "value", "type": "STRING"}]
    assert row["returns"] == "STRING"
    assert row["body"].casefold() == "regexp_replace(value, '^[^@]*', '***')"
    assert "started run 1 of job 101: http://127.0.0.1:" in lines[0]
    assert lines[-1] == "the step: succeeded after 0 s"


def test_a_pipeline_job_makes_the_tables_of_its_contract(store):
    """The table has the contract's columns and comment, and belongs to the pipeline and its principal."""
    run(store, PIPELINE_JOB)
    row = store.get("table", TABLE)
    assert row["columns"] == [{"name": "order_id", "type": "STRING", "comment": "Id."}]
    assert (row["comment"], row["owner"], row["made_by"]) == ("Paid orders.", RUNNER, PIPELINE)


def test_a_later_run_changes_the_columns(store):
    """A contract that has changed changes the table at the next run."""
    run(store, PIPELINE_JOB)
    put_file(
        store,
        f"{ROOT}/orders_contract.py",
        "CONTRACT = {'gold.orders_gold': {'columns': [{'name': 'a', 'type': 'INT'}]}}",
    )
    run(store, PIPELINE_JOB, "d2")
    assert store.get("table", TABLE)["columns"] == [{"name": "a", "type": "INT", "comment": ""}]


def test_a_step_that_was_done_is_not_done_again(store):
    """A second step with the same digest finds the run that succeeded, and says how to have another."""
    run(store, FUNCTIONS_JOB)
    lines = run(store, FUNCTIONS_JOB)
    assert len(runs_of(store, FUNCTIONS_JOB)) == 1
    assert "run 1 of job 101 has done this already" in lines[0]
    assert "MESHFORM_STEP_AGAIN=1" in lines[1]


def test_a_step_is_done_again_when_asked(store):
    """A step that was done runs again with `again`, and without it finds the newer run."""
    run(store, FUNCTIONS_JOB)
    run(store, FUNCTIONS_JOB, again=True)
    assert len(runs_of(store, FUNCTIONS_JOB)) == 2
    run(store, FUNCTIONS_JOB)
    assert len(runs_of(store, FUNCTIONS_JOB)) == 2


def test_another_digest_is_another_run(store):
    """A change of what a job works on runs it."""
    run(store, FUNCTIONS_JOB, "d1")
    run(store, FUNCTIONS_JOB, "d2")
    assert len(runs_of(store, FUNCTIONS_JOB)) == 2


def test_a_change_that_is_taken_back_runs_again(store):
    """With an old digest an old success does not count: the workspace holds the work of the newer run."""
    for digest in ("d1", "d2", "d1", "d1"):
        run(store, FUNCTIONS_JOB, digest)
    assert [one["token"] for one in reversed(runs_of(store, FUNCTIONS_JOB))] == [
        token(FUNCTIONS_JOB, "d1", 1),
        token(FUNCTIONS_JOB, "d2", 1),
        token(FUNCTIONS_JOB, "d1", 2),
    ]


def test_a_failed_run_names_page_and_cause_and_the_next_step_starts_another(store):
    """A failure ends the step with the run's page and the task's error; after the mend a new run succeeds."""
    path = "/Workspace/meshform/local/orders/functions.sql"
    good = store.get("content", path.removeprefix("/Workspace"))
    put_file(store, path, "CREATE OR REPLACE FUNCTION orders_local.nowhere.f(x INT) RETURNS INT RETURN x;")
    finding = failure(store, FUNCTIONS_JOB)
    assert finding.code == "MF705"
    assert finding.summary.startswith("the step: the run failed, see http://127.0.0.1:")
    assert finding.summary.endswith("/jobs/101/runs/1")
    assert "task functions: Schema 'orders_local.nowhere' does not exist." in finding.got
    store.put("content", path.removeprefix("/Workspace"), good)
    run(store, FUNCTIONS_JOB)
    assert [one["code"] for one in runs_of(store, FUNCTIONS_JOB)] == ["SUCCESS", "RUN_EXECUTION_ERROR"]


def test_a_failing_run_leaves_nothing_half_made(store):
    """When the second function of a file is refused, the first is not there either."""
    text = "CREATE FUNCTION orders_local.gold.a() RETURNS INT RETURN 1; DROP TABLE orders_local.gold.t"
    put_file(store, "/Workspace/meshform/local/orders/functions.sql", text)
    assert "runs only queries and CREATE FUNCTION" in failure(store, FUNCTIONS_JOB).got
    assert store.all("function") == []


def test_a_step_waits_for_the_active_run_of_its_digest(store, monkeypatch):
    """A second step beside the first starts nothing: both wait for one run."""
    monkeypatch.setenv("MESHFORM_LOCAL_RUN_SECONDS", "0.6")
    lines = []
    with opened(store) as workspace:
        first = threading.Thread(target=run_job, args=(workspace, FUNCTIONS_JOB, "d1", "first"))
        first.start()
        while not runs_of(store, FUNCTIONS_JOB):
            time.sleep(0.01)
        lines = run(store, FUNCTIONS_JOB)
        first.join()
    assert len(runs_of(store, FUNCTIONS_JOB)) == 1
    assert "waiting for the active run 1 of job 101" in lines[0]
    assert lines[-1].startswith("the step: succeeded")


def test_a_run_of_another_digest_is_not_waited_for(store, monkeypatch):
    """While the run of an older digest is active, the step's own run queues behind it."""
    monkeypatch.setenv("MESHFORM_LOCAL_RUN_SECONDS", "1")
    with opened(store) as workspace:
        workspace.client.jobs.run_now(FUNCTIONS_JOB, idempotency_token="older")
        lines = []
        workspace.say = lines.append
        run_job(workspace, FUNCTIONS_JOB, "d1", "the step")
    newer, older = runs_of(store, FUNCTIONS_JOB)
    assert (newer["code"], older["code"]) == ("SUCCESS", "SUCCESS")
    assert newer["end_time"] >= older["end_time"] >= older["start_time"] + 1000
    assert "the step: queued, 0 s" in lines


def test_a_run_that_nobody_works_on_is_taken_up(store, monkeypatch):
    """A run outlives the door that started it: the next door ends it, and no second run is started."""
    monkeypatch.setenv("MESHFORM_LOCAL_RUN_SECONDS", "30")
    with opened(store) as workspace:
        workspace.client.jobs.run_now(FUNCTIONS_JOB, idempotency_token=token(FUNCTIONS_JOB, "d1", 1))
    (left,) = runs_of(store, FUNCTIONS_JOB)
    assert left["code"] == ""
    monkeypatch.setenv("MESHFORM_LOCAL_RUN_SECONDS", "0")
    run(store, FUNCTIONS_JOB)
    (taken_up,) = runs_of(store, FUNCTIONS_JOB)
    assert taken_up["code"] == "SUCCESS"


def test_waiting_ends_at_the_timeout_and_the_run_goes_on(store, monkeypatch):
    """A run that takes too long fails the step with its page; the run itself is left alone."""
    monkeypatch.setenv("MESHFORM_LOCAL_RUN_SECONDS", "30")
    finding = failure(store, FUNCTIONS_JOB, pace=Pace(first_poll=0.02, longest_poll=0.05, timeout=0.1))
    assert finding.code == "MF706"
    assert "it goes on: http://127.0.0.1:" in finding.summary
    assert runs_of(store, FUNCTIONS_JOB)[0]["code"] == ""


def test_an_unknown_job_is_named(store):
    """A job that is not there is an error of its own."""
    finding = failure(store, 7)
    assert (finding.code, finding.summary) == ("MF703", "the workspace has no job 7")


@pytest.mark.parametrize(
    ("kind", "key", "privileges", "message"),
    [
        ("catalog", "orders_local", [], "does not have USE CATALOG on Catalog 'orders_local'"),
        ("schema", "orders_local.gold", ["CREATE_TABLE"], "does not have USE SCHEMA on Schema"),
        (
            "schema",
            "orders_local.gold",
            ["USE_SCHEMA"],
            "does not have CREATE MATERIALIZED VIEW or CREATE TABLE on",
        ),
    ],
)
def test_a_pipeline_needs_its_privileges(store, kind, key, privileges, message):
    """Without USE on the containers, or the right to create, the run fails and makes no table."""
    from meshform.local.rules.grants import set_grant

    set_grant(store, kind, key, RUNNER, privileges)
    assert message in failure(store, PIPELINE_JOB).got
    assert store.all("table") == []


def test_a_pipeline_needs_its_input_tables_and_may_read_them(store):
    """An input port must exist, and its run-as principal must have SELECT on it."""
    from meshform.local.rules.grants import set_grant
    from meshform.local.rules.relations import make_table

    change(store, "databricks_pipeline", PIPELINE, configuration={"meshform.input.i": "orders_local.gold.i"})
    assert "Table 'orders_local.gold.i' does not exist." in failure(store, PIPELINE_JOB).got
    make_table(store, "orders_local.gold.i", [], None, "somebody")
    assert f"{RUNNER} does not have SELECT on Table 'orders_local.gold.i'" in failure(store, PIPELINE_JOB).got
    set_grant(store, "table", "orders_local.gold.i", RUNNER, ["SELECT"])
    run(store, PIPELINE_JOB)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("CONTRACT = open('/etc/passwd')", "has no literal CONTRACT"),
        ("CONTRACT = {'gold.t': {'columns': [{'name': 1}]}}", "has no literal CONTRACT"),
        ("CONTRACT = {", "line 1: '{' was never closed"),
        ("CONTRACT = " + "(" * 300 + ")" * 300, "too many nested parentheses"),
    ],
)
def test_a_contract_module_is_read_as_a_literal(store, text, message):
    """What is not a literal, or no Python, fails the run; nothing of it is executed."""
    put_file(store, f"{ROOT}/orders_contract.py", text)
    assert message in failure(store, PIPELINE_JOB).got


def test_pipeline_code_must_be_there_and_be_python(store):
    """Code that was not uploaded, or has a syntax error, fails the run and names the file."""
    put_file(store, f"{ROOT}/pipeline.py", "def broken(:\n")
    assert "pipeline.py', line 1: invalid syntax" in failure(store, PIPELINE_JOB).got
    store.drop("content", f"{ROOT}/pipeline.py".removeprefix("/Workspace"))
    assert "pipeline.py) doesn't exist." in failure(store, PIPELINE_JOB).got


def test_tasks_run_after_those_they_depend_on(store):
    """A task whose dependency fails is skipped, and the failure of that one is what is reported."""
    sql, pipeline = (store.get("databricks_job", key)["task"][0] for key in ("101", "202"))
    task = [pipeline | {"task_key": "a", "depends_on": [{"task_key": "b"}]}, sql | {"task_key": "b"}]
    change(store, "databricks_job", "101", task=task)
    run(store, FUNCTIONS_JOB)
    assert [one["code"] for one in runs_of(store, FUNCTIONS_JOB)[0]["tasks"]] == ["SUCCESS", "SUCCESS"]
    put_file(store, "/Workspace/meshform/local/orders/functions.sql", "nonsense")
    finding = failure(store, FUNCTIONS_JOB, digest="d2")
    assert finding.got.startswith("RUN_EXECUTION_ERROR: Task b failed with message: File ")
    assert "task a: Task b, which it depends on, did not succeed." in finding.got


def test_functions_are_dropped_and_missing_ones_are_done(store):
    """Dropping twice is as good as once; so a killed clean-up can be repeated."""
    run(store, FUNCTIONS_JOB)
    lines = []
    with opened(store, lines) as workspace:
        drop_functions(workspace, [FUNCTION])
        drop_functions(workspace, [FUNCTION])
    assert store.get("function", FUNCTION) is None
    assert lines == [f"dropped function {FUNCTION}", f"function {FUNCTION} does not exist any more"]


def test_a_job_is_run_by_its_name(store):
    """The exact name counts, and a second run is a new one."""
    lines = []
    with opened(store, lines) as workspace:
        run_by_name(workspace, "orders_orders_local", "orders.orders")
        run_by_name(workspace, "orders_orders_local", "orders.orders")
        with pytest.raises(MeshformError, match="no jobs named 'Orders_orders_local'"):
            run_by_name(workspace, "Orders_orders_local", "orders.orders")
    assert len(runs_of(store, PIPELINE_JOB)) == 2
    assert lines[-1] == "orders.orders: succeeded after 0 s"


def test_a_job_that_runs_is_waited_for_by_name(store, monkeypatch):
    """`meshform run` waits for the active run, or starts another when asked for a new one."""
    monkeypatch.setenv("MESHFORM_LOCAL_RUN_SECONDS", "0.3")
    lines = []
    with opened(store, lines) as workspace:
        workspace.client.jobs.run_now(PIPELINE_JOB)
        run_by_name(workspace, "orders_orders_local", "orders.orders")
        assert "waiting for the active run 1" in lines[0]
        workspace.client.jobs.run_now(PIPELINE_JOB)
        run_by_name(workspace, "orders_orders_local", "orders.orders", new=True)
    assert len(runs_of(store, PIPELINE_JOB)) == 3


def test_nothing_of_the_users_databricks_settings_reaches_a_local_client(store, monkeypatch, tmp_path):
    """Variables, profile, config file and proxy of the user do not count, and are as before afterwards."""
    (tmp_path / "cfg").write_text("[DEFAULT]\nhost = https://example.invalid\ntoken = secret\n")
    theirs = {
        "DATABRICKS_HOST": "https://example.invalid",
        "DATABRICKS_TOKEN": "theirs",
        "DATABRICKS_CLIENT_ID": "id",
        "DATABRICKS_CLIENT_SECRET": "secret",
        "DATABRICKS_CONFIG_PROFILE": "nowhere",
        "DATABRICKS_CONFIG_FILE": str(tmp_path / "cfg"),
        "DATABRICKS_WORKSPACE_ID": "12",
        "ARM_CLIENT_ID": "arm",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    for name, value in theirs.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with opened(store) as workspace:
        config = workspace.client.config
        assert config.auth_type == "pat"
        assert (config.client_id, config.profile, config.workspace_id, config.azure_client_id) == (None,) * 4
        run_job(workspace, FUNCTIONS_JOB, "d1", "the step")
    assert dict(os.environ) == before


def test_a_workspace_that_does_not_answer_is_tried_again_and_then_given_up():
    """Connection errors are retried with a line each, a cap, and an end that names no token."""
    from meshform.workspace import client as client_module
    from meshform.workspace.calls import Workspace

    lines = []
    client_module._SDK_RETRY_SECONDS, kept = 1, client_module._SDK_RETRY_SECONDS
    try:
        with local_client("http://127.0.0.1:9", "dapi-very-secret") as client:
            workspace = Workspace(client, lines.append, Pace(tries=2, first_retry=0.01))
            with pytest.raises(MeshformError) as raised:
                run_job(workspace, 1, "d", "the step")
    finally:
        client_module._SDK_RETRY_SECONDS = kept
    assert raised.value.findings[0].code == "MF707"
    assert len([line for line in lines if "trying again in 0.01 s" in line]) == 1
    assert "dapi-very-secret" not in str(raised.value) + "".join(lines)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_an_answer_that_may_pass_is_tried_again(store, monkeypatch, status):
    """A workspace that is busy for a moment delays the step and does not fail it."""
    answer, failures = RestApi.answer, []

    def busy(self, method, path, query, body):
        if len(failures) < 2 and path.endswith("/run-now"):
            failures.append(path)
            raise ApiError(status, "BUSY", "502 Bad Gateway" if status == 502 else "busy")
        return answer(self, method, path, query, body)

    monkeypatch.setattr(RestApi, "answer", busy)
    lines = run(store, FUNCTIONS_JOB, pace=Pace(first_poll=0.02, tries=3, first_retry=0.01))
    assert lines[-1].startswith("the step: succeeded")
    assert len(failures) == 2
    assert len(runs_of(store, FUNCTIONS_JOB)) == 1


def test_a_run_that_was_deleted_leads_to_the_next_attempt(store, monkeypatch):
    """run-now answers with an error for the token of a deleted run; the step starts another run."""
    start = Runs.start

    def deleted(self, job_id, idempotency_token, only):
        if idempotency_token == token(FUNCTIONS_JOB, "d1", 1):
            raise ApiError(400, "INVALID_STATE", "The run of this token was removed.")
        return start(self, job_id, idempotency_token, only)

    monkeypatch.setattr(Runs, "start", deleted)
    run(store, FUNCTIONS_JOB)
    (made,) = runs_of(store, FUNCTIONS_JOB)
    assert (made["token"], made["code"]) == (token(FUNCTIONS_JOB, "d1", 2), "SUCCESS")


def test_a_job_that_always_refuses_to_start_is_given_up(store, monkeypatch):
    """Refusals that no other token cures end the step with the workspace's words."""

    def refused(*_):
        raise ApiError(400, "INVALID_STATE", "This job is paused by its owner.")

    monkeypatch.setattr(Runs, "start", refused)
    finding = failure(store, FUNCTIONS_JOB)
    assert (finding.code, finding.got) == ("MF704", "This job is paused by its owner.")


def test_states_of_an_older_workspace_are_understood():
    """Runs that only have the older `state` end too."""
    from databricks.sdk.service.jobs import Run

    def state(**fields):
        return state_of(Run.from_dict({"state": fields}))

    assert not state(life_cycle_state="RUNNING").ended
    assert state(life_cycle_state="TERMINATED", result_state="SUCCESS").succeeded
    failed = state(life_cycle_state="TERMINATED", result_state="FAILED", state_message="no")
    assert (failed.ended, failed.succeeded, failed.code, failed.message) == (True, False, "FAILED", "no")
    assert state(life_cycle_state="INTERNAL_ERROR").code == "INTERNAL_ERROR"
    assert not state_of(Run()).ended


def test_wrong_credentials_end_at_once_and_are_not_shown(store):
    """A token that the workspace refuses is not tried again, and its text stays out of the message."""
    from meshform.local.rest import Door
    from meshform.workspace.calls import Workspace

    with Door(store) as door, local_client(door.url, "dapi-very-secret") as client:
        workspace = Workspace(client, pytest.fail, Pace())
        with pytest.raises(MeshformError) as raised:
            run_job(workspace, 1, "d", "the step")
    (finding,) = raised.value.findings
    assert finding.code == "MF704"
    assert "the token is missing or wrong" in finding.got
    assert "dapi-very-secret" not in str(finding)


CHECKS = "/Workspace/meshform/local/orders/orders.checks.sql"
QUERY = f"SELECT count(*) FROM {TABLE};"  # noqa: S608 - a name of ours


def with_checks(store, text, principal=None):
    """Give the pipeline's job a second task that runs a SQL file."""
    job = store.get("databricks_job", str(PIPELINE_JOB))
    job["task"].append(
        {
            "task_key": "checks",
            "depends_on": [{"task_key": "pipeline"}],
            "sql_task": [{"warehouse_id": "w", "file": [{"path": CHECKS}]}],
        }
    )
    if principal:
        job["run_as"] = [{"service_principal_name": principal}]
    store.put("databricks_job", str(PIPELINE_JOB), job)
    if text is not None:
        put_file(store, CHECKS, text)


def test_a_query_of_a_job_runs_after_the_pipeline_that_makes_its_table(store):
    """What it reads is there then, and its owner may read it."""
    with_checks(store, QUERY, RUNNER)
    run(store, PIPELINE_JOB)
    (made,) = runs_of(store, PIPELINE_JOB)
    assert {task["task_key"]: task["code"] for task in made["tasks"]} == {
        "pipeline": "SUCCESS",
        "checks": "SUCCESS",
    }


@pytest.mark.parametrize(
    ("text", "principal", "message"),
    [
        (None, None, "orders.checks.sql) doesn't exist."),
        ("SELECT count(*) FROM orders_local.gold.other", None, "'orders_local.gold.other', which file"),
        ("SELECT count(*) FROM gold.orders_gold", None, "Write its full name"),
        (QUERY, "somebody", "somebody does not have USE CATALOG"),
    ],
)
def test_a_query_that_cannot_run_fails_the_run(store, text, principal, message):
    """Its file, its table or a privilege is missing."""
    with_checks(store, text, principal)
    assert message in failure(store, PIPELINE_JOB).got


def test_a_step_can_run_one_task_of_a_job(store):
    """The others are no part of the run, and an unknown one is refused."""
    with_checks(store, None)
    with opened(store, []) as workspace:
        run_job(workspace, PIPELINE_JOB, "d1", "the step", only="pipeline")
        (made,) = runs_of(store, PIPELINE_JOB)
        assert [(task["task_key"], task["code"]) for task in made["tasks"]] == [("pipeline", "SUCCESS")]
        with pytest.raises(MeshformError, match="has no task 'nothing'"):
            run_job(workspace, PIPELINE_JOB, "d2", "the step", only="nothing")
