# SPDX-License-Identifier: Apache-2.0
"""Who the REST door answers, and how it says no."""

import http.client
import inspect
import json
import socket

import pytest
from tests.local_workspace import FUNCTIONS_JOB, make_workspace, opened

from meshform.local.rest import Door
from meshform.local.rest_api import RestApi

RUN_NOW = "/api/2.2/jobs/run-now"


@pytest.fixture
def door(tmp_path):
    """An open door to a small workspace."""
    with Door(make_workspace(tmp_path / "s.sqlite3")) as door:
        yield door


def ask(door, method, path, body=None, **headers):
    """A request with the door's token unless `headers` say otherwise; status and JSON of the answer."""
    host = door.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        all_headers = {"Host": host, "Authorization": f"Bearer {door.token}"} | headers
        connection.request(method, path, body, {k: v for k, v in all_headers.items() if v is not None})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x"]
)
def test_only_the_bearer_of_the_token_is_answered(door, authorization):
    """Without the exact token every endpoint is closed, and the answer does not tell it."""
    given = authorization and authorization.format(token=door.token)
    status, answer = ask(door, "GET", "/api/2.2/jobs/list", Authorization=given)
    assert (status, answer["error_code"]) == (401, "UNAUTHENTICATED")
    assert door.token not in str(answer)


def test_every_door_has_its_own_token(tmp_path):
    """Tokens are long, random and never the same."""
    store = make_workspace(tmp_path / "s.sqlite3")
    with Door(store) as one, Door(store) as other:
        assert one.token != other.token
        assert len(one.token) >= 40


def test_the_door_is_on_the_loopback_address_only(door):
    """It listens nowhere else, whatever the network of the machine, and takes no address to listen on."""
    port = int(door.url.rpartition(":")[2])
    assert door._server.socket.getsockname() == ("127.0.0.1", port)
    assert list(inspect.signature(Door).parameters) == ["store"]


@pytest.mark.parametrize("host", ["localhost:{port}", "evil.example:{port}", "127.0.0.1", ""])
def test_a_request_for_another_host_is_refused(door, host):
    """A web page that makes its own name resolve to this machine gets nothing, not even with the token."""
    status, answer = ask(
        door, "GET", "/api/2.2/jobs/list", Host=host.format(port=door.url.rpartition(":")[2])
    )
    assert (status, answer["error_code"]) == (400, "BAD_REQUEST")


def test_a_body_that_is_too_large_is_refused_unread(door):
    """The announced length counts: not a byte of a large body is read, and the connection is closed."""
    with socket.create_connection(("127.0.0.1", int(door.url.rpartition(":")[2]))) as client:
        host = door.url.removeprefix("http://")
        client.sendall(
            f"POST {RUN_NOW} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {door.token}\r\n"
            "Content-Length: 99999999\r\n\r\n".encode()
        )
        answer = b""
        while received := client.recv(65536):
            answer += received
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"the body is larger than 65,536 bytes" in answer


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"[" * 60000, {}, 400),
        (b"\xff", {}, 400),
        (None, {"Content-Length": "many"}, 400),
        (None, {"Content-Length": "-1"}, 400),
        (None, {"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_a_body_that_is_no_object_is_refused(door, body, headers, status):
    """Broken JSON, another value than an object and unclear lengths are the client's mistake."""
    got, answer = ask(door, "POST", RUN_NOW, body, **headers)
    assert got == status
    assert answer["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/2.2/clusters/list", None, 404, "ENDPOINT_NOT_FOUND"),
        ("GET", RUN_NOW, None, 404, "ENDPOINT_NOT_FOUND"),
        ("PATCH", "/api/2.2/jobs/list", None, 501, "BAD_REQUEST"),
        ("POST", RUN_NOW, {"job_id": 7}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", RUN_NOW, {"job_id": "101"}, 400, "INVALID_PARAMETER_VALUE"),
        ("POST", RUN_NOW, {"job_id": 101, "idempotency_token": "x" * 65}, 400, "INVALID_PARAMETER_VALUE"),
        ("GET", "/api/2.2/jobs/runs/get?run_id=9", None, 400, "INVALID_PARAMETER_VALUE"),
        ("GET", "/api/2.2/jobs/runs/get", None, 400, "INVALID_PARAMETER_VALUE"),
        ("GET", "/api/2.2/jobs/runs/get-output?run_id=9", None, 400, "INVALID_PARAMETER_VALUE"),
        (
            "DELETE",
            "/api/2.1/unity-catalog/functions/orders_local.gold.f",
            None,
            404,
            "ROUTINE_OR_MODEL_DOES_NOT_EXIST",
        ),
    ],
)
def test_errors_have_the_shape_of_the_api(door, method, path, body, status, code):
    """What is refused has an error code, a message, and the status that the SDK maps to its class."""
    got, answer = ask(door, method, path, body and json.dumps(body))
    assert (got, answer["error_code"]) == (status, code)
    assert answer["message"]


def test_a_token_starts_one_run(door):
    """run-now with a used idempotency token answers with the run that it started, and starts nothing."""
    body = json.dumps({"job_id": FUNCTIONS_JOB, "idempotency_token": "once"})
    answers = [ask(door, "POST", RUN_NOW, body) for _ in range(3)]
    assert answers == [(200, {"run_id": 1, "number_in_job": 1})] * 3


def test_an_unexpected_error_is_an_answer(door, monkeypatch):
    """A fault of ours is status 500, which clients try again, and ends neither door nor connection."""

    def broken(*_):
        raise RuntimeError("no luck")

    monkeypatch.setattr(RestApi, "answer", broken)
    assert ask(door, "GET", "/api/2.2/jobs/list") == (
        500,
        {"error_code": "INTERNAL_ERROR", "message": "RuntimeError: no luck"},
    )
    monkeypatch.undo()
    assert ask(door, "GET", "/api/2.2/jobs/list")[0] == 200


def test_runs_and_jobs_come_in_pages(tmp_path):
    """The SDK reads a long list page by page, newest run first."""
    store = make_workspace(tmp_path / "s.sqlite3")
    for number in range(150):
        store.put("databricks_job", str(1000 + number), {"name": f"job {number}"})
    for number in range(1, 61):
        run = {"run_id": number, "job_id": 1000, "name": "job 0", "state": "TERMINATED", "code": "SUCCESS"}
        store.put(
            "run",
            str(number),
            run | {"message": "", "start_time": number, "end_time": 99, "tasks": [], "token": None},
        )
    with opened(store) as workspace:
        jobs = workspace.client.jobs
        assert len(list(jobs.list())) == 152
        assert [job.job_id for job in jobs.list(name="JOB 7")] == [1007]
        assert [run.run_id for run in jobs.list_runs(job_id=1000)] == list(range(60, 0, -1))
        assert list(jobs.list_runs(job_id=1001)) == []
        assert list(jobs.list_runs(job_id=1000, active_only=True)) == []
