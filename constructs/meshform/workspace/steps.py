# SPDX-License-Identifier: Apache-2.0
"""Run steps: what happens in a workspace between two resources of an apply.

A step has no memory of its own. Terraform runs it again when it was killed or has failed, perhaps while the
run that it started is still going on, so a step first finds out what became of that run.

It does so through idempotency tokens. `run-now` with a token that was used before starts nothing and returns
the run of that token, whatever became of it: also one that has failed, and an error for one that was deleted
(Databricks API reference, "Trigger a new job run"). Runs cannot be listed by token. So a step asks for the
tokens of its attempts 1, 2, 3 and so on. Each answer is a run that the step waits for, one that has done the
work already, or one that no longer counts, which leads to the next attempt.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING

from meshform.model.findings import Finding, MeshformError
from meshform.workspace.calls import Workspace
from meshform.workspace.runs import get_run, page_of, state_of, wait_for_end

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import BaseRun, Run

_MOST_ATTEMPTS = 200
_MOST_REFUSALS = 10  # in a row; of deleted runs there may be some, more are another mistake
_RECENT = 20  # runs; one page of the API


def run_job(
    workspace: Workspace,
    job_id: int,
    digest: str,
    label: str,
    *,
    again: bool = False,
    only: str | None = None,
) -> None:
    """Have a job run once for a digest of what it works on, and wait for the end.

    A run of that digest that is active is waited for. One that has succeeded is enough, if it is the job's
    newest run: after a change and its reversal the digest is an old one, but the workspace holds the work of
    the newer run. In all other cases a new run is started.

    Args:
        workspace: where.
        job_id: the job.
        digest: what it works on; another digest is another run.
        label: what the step is for, in lines of progress.
        again: True starts a new run in place of a success.
        only: key of the only task to run. Default: all tasks.

    Raises:
        MeshformError: MF703 when there is no such job, MF704 to MF707 as in `ask` and `wait_for_end`.
    """
    recent = _recent_runs(workspace, job_id)
    known = {run.run_id for run in recent}
    newest = max((run.start_time or 0 for run in recent), default=0)
    refused = 0
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            run = _run_now(workspace, job_id, token(job_id, digest, attempt), only)
        except _TokenRefusedError as error:
            refused += 1
            if refused == _MOST_REFUSALS:
                raise error.finding from None
            continue
        refused = 0
        state = state_of(run)
        is_new = run.run_id not in known and (run.start_time or 0) >= newest
        if is_new or not state.ended:
            verb = "started" if is_new else "waiting for the active"
            workspace.say(f"{label}: {verb} run {run.run_id} of job {job_id}: {page_of(run)}")
            wait_for_end(workspace, run, label)
            return
        if state.succeeded and not again and recent and run.run_id == recent[0].run_id:
            workspace.say(f"{label}: run {run.run_id} of job {job_id} has done this already: {page_of(run)}")
            workspace.say(f"{label}: MESHFORM_STEP_AGAIN=1 starts a new run all the same")
            return
    raise MeshformError(
        Finding(
            code="MF708",
            summary=f"{label}: none of {_MOST_ATTEMPTS} runs of job {job_id} for this version counts",
            fix="change the version (any change to the code does), or replace the job",
        )
    )


def run_by_name(workspace: Workspace, name: str, label: str, *, new: bool = False) -> None:
    """Run the job of a name, or wait for the run that is active, unless `new`.

    Raises:
        MeshformError: MF703 when there is not exactly one job of that name; else as `run_job`.
    """
    found = workspace.ask(f"find job {name}", lambda: list(workspace.client.jobs.list(name=name)))
    ids = [job.job_id for job in found if job.job_id and job.settings and job.settings.name == name]
    if len(ids) != 1:
        raise _no_job(f"{label}: the workspace has {len(ids) or 'no'} jobs named {name!r}")
    active = [run for run in _recent_runs(workspace, ids[0]) if not state_of(run).ended]
    if active and not new:
        run, verb = get_run(workspace, active[0].run_id or 0), "waiting for the active"
    else:
        try:
            run, verb = _run_now(workspace, ids[0], secrets.token_hex(32)), "started"
        except _TokenRefusedError as error:
            raise error.finding from None
    workspace.say(f"{label}: {verb} run {run.run_id} of job {ids[0]}: {page_of(run)}")
    wait_for_end(workspace, run, label)


def drop_functions(workspace: Workspace, names: Iterable[str]) -> None:
    """Drop SQL functions; one that does not exist is done."""
    from databricks.sdk.errors import NotFound

    for name in names:
        try:
            workspace.ask(
                f"drop function {name}",
                lambda full_name=name: workspace.client.functions.delete(full_name),  # type: ignore[misc]
                expect=(NotFound,),
            )
            workspace.say(f"dropped function {name}")
        except NotFound:
            workspace.say(f"function {name} does not exist any more")


def token(job_id: int, digest: str, attempt: int) -> str:
    """The idempotency token of an attempt: 64 characters, the most that the API takes."""
    return sha256(f"{job_id}\n{digest}\n{attempt}".encode()).hexdigest()


class _TokenRefusedError(Exception):
    """`run-now` did not take a token; perhaps its run was deleted. The API does not document that error."""

    def __init__(self, finding: MeshformError) -> None:
        super().__init__()
        self.finding = finding


def _run_now(workspace: Workspace, job_id: int, idempotency_token: str, only: str | None = None) -> Run:
    """The run of a token, started if there is none."""
    from databricks.sdk.errors import BadRequest, NotFound, ResourceConflict

    tasks = [only] if only else None
    try:
        started = workspace.ask(
            f"start job {job_id}",
            lambda: workspace.client.jobs.run_now(job_id, idempotency_token=idempotency_token, only=tasks),
            expect=(BadRequest, NotFound, ResourceConflict),
        )
    except (BadRequest, NotFound, ResourceConflict) as error:
        words = workspace.clean(str(error))
        if f"job {job_id} does not exist" in words.lower():
            raise _no_job(f"the workspace has no job {job_id}") from None
        finding = Finding(code="MF704", summary=f"the workspace refused to start job {job_id}", got=words)
        raise _TokenRefusedError(MeshformError(finding)) from None
    run_id: int = started.response.run_id  # type: ignore[attr-defined]
    return get_run(workspace, run_id)


def _recent_runs(workspace: Workspace, job_id: int) -> list[BaseRun]:
    """The newest runs of a job, newest first."""
    return workspace.ask(
        f"list the runs of job {job_id}",
        lambda: list(islice(workspace.client.jobs.list_runs(job_id=job_id, limit=_RECENT), _RECENT)),
    )


def _no_job(summary: str) -> MeshformError:
    fix = "deploy the stack that makes it first; check the environment and the workspace"
    return MeshformError(Finding(code="MF703", summary=summary, fix=fix))
