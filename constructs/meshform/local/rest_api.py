# SPDX-License-Identifier: Apache-2.0
"""What the REST door answers: jobs, their runs and dropping functions, in the shapes of the Databricks API.

Source: the calls of databricks-sdk for Python 0.156, `databricks/sdk/service/jobs.py` (Jobs API 2.2) and
`catalog.py` (Unity Catalog API 2.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from meshform.local.rules.refusal import Refusal
from meshform.local.rules.relations import drop_function
from meshform.local.runs import SUCCESS, Runs
from meshform.local.store import Row, Store

_Answer = dict[str, Any]
_MOST_TOKEN_CHARACTERS = 64
_MOST_RUNS = 25  # on one page
_MOST_JOBS = 100


class ApiError(Exception):
    """An answer that is no success: HTTP status, Databricks error code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def _invalid(message: str) -> ApiError:
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)


class RestApi:
    """The endpoints over one store.

    Args:
        store: the workspace.
        runs: its runs.
        url: where the door is; run pages are below it.
    """

    def __init__(self, store: Store, runs: Runs, url: str) -> None:
        self._store, self._runs, self._url = store, runs, url
        jobs = r"/api/2\.[0-9]/jobs"
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., _Answer]]] = [
            ("POST", re.compile(f"{jobs}/run-now"), self._run_now),
            ("GET", re.compile(f"{jobs}/list"), self._list_jobs),
            ("GET", re.compile(f"{jobs}/runs/get"), self._get_run),
            ("GET", re.compile(f"{jobs}/runs/list"), self._list_runs),
            ("GET", re.compile(f"{jobs}/runs/get-output"), self._get_output),
            ("DELETE", re.compile(r"/api/2\.1/unity-catalog/functions/([^/]+)"), self._delete_function),
        ]

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> _Answer:
        """The answer to a request.

        Raises:
            ApiError: when it is no success.
        """
        for known, pattern, call in self._routes:
            if known == method and (match := pattern.fullmatch(path)):
                return call(
                    *map(unquote, match.groups()),
                    **({"body": body} if method == "POST" else {"query": query}),
                )
        raise ApiError(404, "ENDPOINT_NOT_FOUND", f"the local workspace has no API for {method} {path}")

    # jobs

    def _run_now(self, body: Mapping[str, Any]) -> _Answer:
        job_id, token = body.get("job_id"), body.get("idempotency_token")
        if not isinstance(job_id, int):
            raise _invalid("job_id is missing or not a number")
        if token is not None and (not isinstance(token, str) or len(token) > _MOST_TOKEN_CHARACTERS):
            raise _invalid(f"idempotency_token is longer than {_MOST_TOKEN_CHARACTERS} characters")
        only = body.get("only") or []
        if not isinstance(only, list) or not all(isinstance(key, str) for key in only):
            raise _invalid("only is not a list of task keys")
        try:
            run_id = self._runs.start(job_id, token or None, only)
        except Refusal as refusal:
            raise _invalid(refusal.message) from None
        if run_id is None:
            raise _invalid(f"Job {job_id} does not exist.")
        return {"run_id": run_id, "number_in_job": run_id}

    def _list_jobs(self, query: Mapping[str, str]) -> _Answer:
        wanted = query["name"].lower() if "name" in query else None
        jobs = [
            {"job_id": int(key), "settings": {"name": job.get("name")}}
            for key, job in self._store.all("databricks_job")
            if wanted is None or str(job.get("name")).lower() == wanted
        ]
        return _page("jobs", jobs, query, _MOST_JOBS)

    # runs

    def _list_runs(self, query: Mapping[str, str]) -> _Answer:
        job_id = _number(query, "job_id") if "job_id" in query else None
        runs = self._runs.list(job_id)
        for name, ended in (("active_only", False), ("completed_only", True)):
            if query.get(name) == "true":
                runs = [run for run in runs if bool(run["code"]) is ended]
        return _page("runs", [self._run(run, tasks=False) for run in runs], query, _MOST_RUNS)

    def _get_run(self, query: Mapping[str, str]) -> _Answer:
        run_id = _number(query, "run_id")
        run = self._runs.get(run_id)
        if run is None:
            raise _invalid(f"Run {run_id} does not exist.")
        return self._run(run, tasks=True)

    def _get_output(self, query: Mapping[str, str]) -> _Answer:
        run_id = _number(query, "run_id")
        for run in self._runs.list(None):
            for task in run["tasks"]:
                if task["run_id"] == run_id:
                    error = {"error": task["message"]} if task["code"] not in ("", SUCCESS) else {}
                    return {"metadata": self._task(task, run), **error}
        raise _invalid(f"Run {run_id} does not exist, or has several tasks.")

    def _run(self, run: Row, *, tasks: bool) -> _Answer:
        answer = {
            "job_id": run["job_id"],
            "run_id": run["run_id"],
            "number_in_job": run["run_id"],
            "run_name": run["name"],
            "run_page_url": self._page_url(run),
            "run_type": "JOB_RUN",
            "start_time": run["start_time"],
            "end_time": run["end_time"],
            **_status(run),
        }
        return answer | {"tasks": [self._task(task, run) for task in run["tasks"]]} if tasks else answer

    def _task(self, task: Row, run: Row) -> _Answer:
        return {
            "task_key": task["task_key"],
            "run_id": task["run_id"],
            "job_run_id": run["run_id"],
            "run_page_url": self._page_url(run),
            **_status(task),
        }

    def _page_url(self, run: Row) -> str:
        return f"{self._url}/jobs/{run['job_id']}/runs/{run['run_id']}"

    # Unity Catalog

    def _delete_function(self, full_name: str, query: Mapping[str, str]) -> _Answer:  # noqa: ARG002
        try:
            drop_function(self._store, full_name, if_exists=False)
        except Refusal as refusal:
            raise ApiError(refusal.status, refusal.code, refusal.message) from None
        return {}


def _status(of: Row) -> _Answer:
    """The state of a run or a task, in today's shape and the one before it."""
    code = of["code"]
    if not code:
        return {
            "status": {"state": of["state"]},
            "state": {"life_cycle_state": of["state"], "state_message": ""},
        }
    kind = "SUCCESS" if code == SUCCESS else "CLIENT_ERROR"
    result = "SUCCESS" if code == SUCCESS else "FAILED"
    return {
        "status": {
            "state": "TERMINATED",
            "termination_details": {"code": code, "type": kind, "message": of["message"]},
        },
        "state": {"life_cycle_state": "TERMINATED", "result_state": result, "state_message": of["message"]},
    }


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        raise _invalid(f"{name} is missing or not a number")
    return int(text)


def _page(name: str, items: list[_Answer], query: Mapping[str, str], most: int) -> _Answer:
    size = min(_number(query, "limit") or most, most) if "limit" in query else 20
    start = _number(query, "page_token") if query.get("page_token") else 0
    answer: _Answer = {name: items[start : start + size], "has_more": len(items) > start + size}
    return answer | {"next_page_token": str(start + size)} if answer["has_more"] else answer
