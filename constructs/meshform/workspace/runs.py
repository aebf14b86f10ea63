# SPDX-License-Identifier: Apache-2.0
"""Runs of jobs: what they say of themselves, and waiting for their end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from meshform.model.findings import Finding, MeshformError
from meshform.workspace.calls import Workspace

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import Run, RunTask
    from databricks.sdk.service.jobs import RunState as JobRunState

_SUCCESS = "SUCCESS"  # not SUCCESS_WITH_FAILURES: something of what the step is for was not done


class Interrupted(BaseException):
    """The user or the system asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into `Interrupted`, so that the user learns what goes on in the workspace."""

    def interrupt(number: int, _frame: object) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a run is: `state` in lower case, and when it has ended its termination `code`, else ''."""

    state: str
    code: str
    message: str

    @property
    def ended(self) -> bool:
        """True when nothing of it goes on any more."""
        return bool(self.code)

    @property
    def succeeded(self) -> bool:
        """True when all of it succeeded."""
        return self.code == _SUCCESS


def state_of(run: Run | RunTask | Any) -> RunState:
    """The state of a run, or of one of its tasks."""
    status = run.status
    if status is None:
        return _older_state(run.state)
    state = status.state.value if status.state else "PENDING"  # one that this SDK does not know
    if state != "TERMINATED":
        return RunState(state.lower(), "", "")
    details = status.termination_details
    code = details.code.value if details and details.code else "UNKNOWN"  # one that this SDK does not know
    return RunState("terminated", code, (details.message or "") if details else "")


def _older_state(state: JobRunState | None) -> RunState:
    """From the shape of a workspace that does not answer `status` yet."""
    cycle = state.life_cycle_state.value if state and state.life_cycle_state else "PENDING"
    if state is None or cycle not in ("TERMINATED", "SKIPPED", "INTERNAL_ERROR"):
        return RunState(cycle.lower(), "", "")
    code = state.result_state.value if state.result_state else cycle
    return RunState("terminated", code, state.state_message or "")


def page_of(run: Run) -> str:
    """Where the run can be looked at."""
    return run.run_page_url or f"run {run.run_id} of job {run.job_id}"


def get_run(workspace: Workspace, run_id: int) -> Run:
    """The run of an id."""
    return workspace.ask(f"look at run {run_id}", lambda: workspace.client.jobs.get_run(run_id))


def wait_for_end(workspace: Workspace, run: Run, label: str) -> None:
    """Wait until a run has succeeded, with lines of progress.

    Raises:
        MeshformError: MF705 when it has failed, MF706 when it has not ended in time.
        Interrupted: when this process shall end, after telling the user what becomes of the run.
    """
    pace, say = workspace.pace, workspace.say
    began = told = time.monotonic()
    pause, seen = pace.first_poll, ""
    try:
        while True:
            now, state = time.monotonic(), state_of(run)
            if state.ended:
                break
            if now - began > pace.timeout:
                raise _too_slow(run, label, pace.timeout)
            if state.state != seen or now - told >= pace.heartbeat:
                say(f"{label}: {state.state}, {duration(now - began)}")
                seen, told = state.state, now
            time.sleep(min(pause, pace.timeout))
            pause = min(pause * 1.5, pace.longest_poll)
            run = get_run(workspace, run.run_id or 0)
    except Interrupted:
        say(f"{label}: this command ends, the run goes on: {page_of(run)}")
        say(f"{label}: the next apply, or this command again, waits for it and starts no other")
        raise
    if not state.succeeded:
        raise _failed(workspace, run, label, state)
    say(f"{label}: succeeded after {duration(time.monotonic() - began)}")


def duration(seconds: float) -> str:
    """Time for a person: `4 s`, `3 min 20 s`, `1 h 5 min`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _failed(workspace: Workspace, run: Run, label: str, state: RunState) -> MeshformError:
    words = [f"{state.code}: {state.message}" if state.message else state.code]
    for task in run.tasks or ():
        task_state = state_of(task)
        if task_state.ended and not task_state.succeeded:
            words.append(f"task {task.task_key}: {_error_of(workspace, task) or task_state.message}")
    return MeshformError(
        Finding(
            code="MF705",
            summary=f"{label}: the run failed, see {page_of(run)}",
            got="; ".join(workspace.clean(part) for part in words),
            fix="mend the cause and try again, which starts a new run",
        )
    )


def _error_of(workspace: Workspace, task: RunTask) -> str:
    """The error in a task's output, '' where the kind of task has none."""
    from databricks.sdk.errors.base import DatabricksError

    try:
        run_id = task.run_id or 0
        output = workspace.ask(
            f"read the output of task {task.task_key}",
            lambda: workspace.client.jobs.get_run_output(run_id),
            expect=(DatabricksError,),
        )
    except (DatabricksError, MeshformError):
        return ""  # the run's own message must do
    return output.error or ""


def _too_slow(run: Run, label: str, timeout: float) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF706",
            summary=f"{label}: the run has not ended after {duration(timeout)}, it goes on: {page_of(run)}",
            fix="try again to wait for it, with a longer MESHFORM_STEP_TIMEOUT_SECONDS if need be",
        )
    )
