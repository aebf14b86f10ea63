# SPDX-License-Identifier: Apache-2.0
"""Runs of jobs in the local workspace: rows of kind `run`, and the threads that work on them.

A run belongs to the workspace, not to the process that works on it. Whoever works on a run holds a lock on
a file of its job, and the system lets go of a lock when a process ends, however it ends. So each process that
has the workspace open waits for the locks of all runs that have not ended, and the first to get one takes
that run up. Because of the lock, too, a job has one run at a time and the others queue.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from meshform.local.rules.refusal import Refusal
from meshform.local.run_tasks import in_order, run_task
from meshform.local.store import Row, Store

SUCCESS = "SUCCESS"
_FAILED = "RUN_EXECUTION_ERROR"
_SKIPPED = "SKIPPED"
_BROKEN_JOB = "INVALID_RUN_CONFIGURATION"
_JOB_IS_GONE = "RESOURCE_NOT_FOUND"

_LOCK_POLL_SECONDS = 0.05
_STOP_SECONDS = 10  # a task in a transaction is short; this is for a store that somebody else keeps busy


class Runs:
    """The runs of a workspace.

    A row holds `run_id`, `job_id`, `name`, `token` (the idempotency token or None), `state` (QUEUED, RUNNING
    or TERMINATED), `code` ('' until it has ended), `message`, `start_time` and `end_time` (milliseconds, 0
    until then), and `tasks`, each with `task_key`, `run_id`, `state`, `code` and `message`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._seconds = float(os.environ.get("MESHFORM_LOCAL_RUN_SECONDS") or 0)

    def start(self, job_id: int, token: str | None, only: Collection[str] = ()) -> int | None:
        """Start a run of a job, or find the one that was started with this token.

        Args:
            job_id: the job.
            token: the idempotency token, or None.
            only: keys of the tasks to run. Default: all.

        Returns:
            Its id; None when there is no such job.

        Raises:
            Refusal: `only` names a task that the job does not have.
        """
        with self._store.transaction():
            job = self._store.get("databricks_job", str(job_id))
            if job is None:
                return None
            runs = self.list(None)
            if token:
                for run in runs:
                    if run["token"] == token and run["job_id"] == job_id:
                        return int(run["run_id"])
            free = max((one["run_id"] for run in runs for one in (run, *run["tasks"])), default=0) + 1
            keys = [str(task.get("task_key")) for task in job.get("task") or ()]
            if missing := [key for key in only if key not in keys]:
                raise Refusal(f"Job {job_id} has no task '{missing[0]}'.")
            keys = [key for key in keys if not only or key in only]
            self._put(
                {
                    "run_id": free,
                    "job_id": job_id,
                    "name": str(job.get("name")),
                    "token": token,
                    "state": "QUEUED",
                    "code": "",
                    "message": "",
                    "start_time": _now(),
                    "end_time": 0,
                    "tasks": [
                        {"task_key": key, "run_id": free + n, "state": "PENDING", "code": "", "message": ""}
                        for n, key in enumerate(keys, start=1)
                    ],
                }
            )
        self._work_on(free)
        return int(free)

    def resume(self) -> None:
        """Take up every run that has not ended, as soon as nobody else works on it."""
        for run in self.list(None):
            if not run["code"]:
                self._work_on(run["run_id"])

    def stop(self) -> None:
        """Work on no run any more; what has not ended stays for the next who opens the workspace."""
        self._stopping.set()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def get(self, run_id: int) -> Row | None:
        """The run of an id, or None."""
        return self._store.get("run", str(run_id))

    def list(self, job_id: int | None) -> list[Row]:
        """The runs of a job, or all, newest first."""
        runs = [run for _, run in self._store.all("run") if job_id in (None, run["job_id"])]
        return sorted(runs, key=lambda run: (run["start_time"], run["run_id"]), reverse=True)

    # the threads

    def _work_on(self, run_id: int) -> None:
        thread = threading.Thread(target=self._work, args=(run_id,), name=f"run {run_id}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, run_id: int) -> None:
        run = self.get(run_id)
        if run is None:
            return
        with self._lock(run["job_id"]) as mine:
            # whoever gets the lock first works in the order in which the runs were started; and somebody
            # else may have ended this one while this thread waited
            for one in reversed(self.list(run["job_id"]) if mine else []):
                if not one["code"] and one["run_id"] <= run_id:
                    self._execute(one)

    @contextmanager
    def _lock(self, job_id: int) -> Iterator[bool]:
        """Wait for the lock of a job; False when this process shall stop first."""
        folder = self._store.path.with_name(f"{self._store.path.name}-locks")
        folder.mkdir(exist_ok=True)
        with (folder / f"job-{job_id}").open("a") as file:
            while not self._stopping.is_set():
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self._stopping.wait(_LOCK_POLL_SECONDS)
                else:
                    yield True
                    return
            yield False

    def _execute(self, run: Row) -> None:
        if self._stopping.is_set():
            return
        run["state"] = "RUNNING"
        self._put(run)
        wait = run["start_time"] / 1000 + self._seconds - time.time()
        if wait > 0 and self._stopping.wait(wait):
            return
        job = self._store.get("databricks_job", str(run["job_id"]))
        if job is None:
            self._end(run, _JOB_IS_GONE, f"Job {run['job_id']} was deleted.")
            return
        try:
            keys = {task["task_key"] for task in run["tasks"]}
            tasks = [task for task in in_order(job.get("task") or []) if task["task_key"] in keys]
        except Refusal as refusal:
            self._end(run, _BROKEN_JOB, refusal.message)
            return
        by_key = {task["task_key"]: task for task in run["tasks"]}
        for task in tasks:
            if self._stopping.is_set():
                return
            row = by_key[task["task_key"]]
            if not row.get("code"):  # else it was done before somebody was killed
                self._task(run, row, task, job, by_key)
        failed = [row for row in by_key.values() if row["code"] == _FAILED]
        if failed:
            first = failed[0]
            self._end(run, _FAILED, f"Task {first['task_key']} failed with message: {first['message']}")
        else:
            self._end(run, SUCCESS, "")

    def _task(self, run: Row, row: Row, task: Row, job: Row, by_key: dict[str, Row]) -> None:
        """Do a task and write down that it was done, both or neither."""
        needs = [one["task_key"] for one in task.get("depends_on") or () if one["task_key"] in by_key]
        row["state"] = "TERMINATED"
        if missing := [key for key in needs if by_key[key]["code"] != SUCCESS]:
            row |= {"code": _SKIPPED, "message": f"Task {missing[0]}, which it depends on, did not succeed."}
            self._put(run)
            return
        try:
            with self._store.transaction():
                run_task(self._store, task, job)
                row |= {"code": SUCCESS, "message": ""}
                self._put(run)
        except Exception as error:  # noqa: BLE001 - a run ends with a message whatever happens
            words = error.message if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
            row |= {"code": _FAILED, "message": words}
            self._put(run)

    def _end(self, run: Row, code: str, message: str) -> None:
        run |= {"state": "TERMINATED", "code": code, "message": message, "end_time": _now()}
        self._put(run)

    def _put(self, run: Row) -> None:
        self._store.put("run", str(run["run_id"]), run)


def _now() -> int:
    return time.time_ns() // 1_000_000
