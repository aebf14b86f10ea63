# SPDX-License-Identifier: Apache-2.0
"""`meshform step`: what Terraform runs between two resources. Its arguments come as environment variables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from meshform.cli.connect import connect
from meshform.model.findings import Finding, MeshformError
from meshform.workspace.calls import Workspace
from meshform.workspace.runs import Interrupted, interruptible
from meshform.workspace.steps import drop_functions, run_job

_NAME_PARTS = 3  # catalog, schema, function


@click.group()
def command() -> None:
    """Steps of an apply: Terraform calls them, people seldom need to."""


@command.command("run-job")
def run_job_step() -> None:
    r"""Run a job once for a digest, wait, and fail when the run fails.

    \b
    MESHFORM_ENV                   environment; `local` is the local workspace
    MESHFORM_STEP_JOB_ID           the job
    MESHFORM_STEP_DIGEST           what it works on; another digest is another run
    MESHFORM_STEP_ONLY             the only task of the job to run; default: all
    MESHFORM_STEP_LABEL            what the step is for, in lines of progress
    MESHFORM_STEP_TIMEOUT_SECONDS  how long to wait for the run; default 7200
    MESHFORM_STEP_AGAIN            1: a new run even when one has succeeded
    """
    job_id = _variable("MESHFORM_STEP_JOB_ID")
    if not (job_id.isascii() and job_id.isdigit()):
        raise _wrong("MESHFORM_STEP_JOB_ID", job_id, "the number of a job")
    digest = _variable("MESHFORM_STEP_DIGEST")
    label = os.environ.get("MESHFORM_STEP_LABEL") or f"job {job_id}"
    again = os.environ.get("MESHFORM_STEP_AGAIN") == "1"
    only = os.environ.get("MESHFORM_STEP_ONLY") or None
    with workspace_of(_variable("MESHFORM_ENV")) as workspace:
        run_job(workspace, int(job_id), digest, label, again=again, only=only)


@command.command("drop-functions")
def drop_functions_step() -> None:
    r"""Drop functions that a job has made; those that do not exist are done.

    \b
    MESHFORM_ENV             environment; `local` is the local workspace
    MESHFORM_STEP_FUNCTIONS  full names, as a JSON list
    """
    names = _function_names(_variable("MESHFORM_STEP_FUNCTIONS"))
    with workspace_of(_variable("MESHFORM_ENV")) as workspace:
        drop_functions(workspace, names)


@contextmanager
def workspace_of(environment: str) -> Iterator[Workspace]:
    """The workspace of an environment; ends the process with 128 and the signal's number on a signal."""
    try:
        with interruptible(), connect(environment) as workspace:
            yield workspace
    except Interrupted as interrupted:
        sys.exit(128 + interrupted.number)


def _function_names(text: str) -> list[str]:
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(
        isinstance(name, str)
        and len(parts := name.split(".")) == _NAME_PARTS
        and all(parts)
        and "/" not in name
        for name in names
    ):
        raise _wrong(
            "MESHFORM_STEP_FUNCTIONS", text, 'a JSON list of names, such as ["orders.silver.mask_email"]'
        )
    return names


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise _wrong(name, "nothing", "a value; Terraform sets it from the synthesized stack")
    return value


def _wrong(name: str, got: str, allowed: str) -> MeshformError:
    return MeshformError(
        Finding(code="MF702", summary=f"the step's {name} is wrong", got=got, allowed=allowed)
    )
