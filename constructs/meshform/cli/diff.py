# SPDX-License-Identifier: Apache-2.0
"""`meshform diff`: what a change means to the readers of the products, and what it still needs."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import click

from meshform.cli.base import commit_of, state_at
from meshform.cli.load import load_mesh
from meshform.cli.output import print_findings
from meshform.cli.reports.changes import RENDERERS, Comparison
from meshform.governance.changes import changes_between, verdict
from meshform.governance.waivers import Waivers
from meshform.model.domain import MeshSpec
from meshform.model.findings import Severity
from meshform.model.lock import read_lock
from meshform.model.mesh_state import state_of
from meshform.model.resolve import environment_of, resolve
from meshform.settings import Settings
from meshform.terraform.in_between import in_between


@click.command()
@click.option("--base", required=True, help="Branch, tag or commit to compare with, such as origin/main.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    help="How to tell what changed. Default: text.",
)
@click.option("--env", help="Environment whose deployment is looked at. Default: the first of production.")
def command(base: str, shape: str, env: str | None) -> None:
    """Compare the contracts of this folder's mesh with those where it left BASE.

    Says of each change whether it is compatible, asks for a higher minor version, or breaks readers, and
    whom it hits; and whether somebody could see more while it is deployed than before and afterwards. Exits
    with 1 when a version, time for the readers or an approval is missing, or one deployment too few. Runs the
    code of both.
    """
    settings, folder = Settings.read(), Path.cwd()
    commit = commit_of(base, folder)
    with redirect_stdout(sys.stderr):  # what code of the mesh prints is no part of the report
        mesh = load_mesh(settings)
    environment = environment_of(mesh, env or _production(mesh) or settings.environment)
    (before, base_deployed), after = state_at(commit, folder, environment.name), state_of(mesh)
    today = mesh.today or datetime.now(UTC).date()
    changed = changes_between(before, after, today)
    resolved, _ = resolve(mesh.model_copy(update={"today": today}), environment)
    findings = list(Waivers(resolved).applied_to_changes(verdict(changed, after.retired)))
    findings += in_between(mesh, resolved, base_deployed, read_lock(folder))
    told = RENDERERS[shape](Comparison(base, commit, changed, tuple(findings)))
    sys.stdout.buffer.write(told.encode())
    sys.stdout.buffer.flush()
    if shape == "text":
        print_findings(findings)
    sys.exit(1 if any(one.severity is Severity.ERROR for one in findings) else 0)


def _production(mesh: MeshSpec) -> str | None:
    return next((one.name for one in mesh.environments if one.production), None)
