# SPDX-License-Identifier: Apache-2.0
"""`meshform lock`: remember what holds data, so that no later change of the mesh loses it unnoticed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from meshform.cli.load import load_mesh
from meshform.governance.evaluate import evaluate
from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, MeshformError, Place, Severity
from meshform.model.lock import EMPTY, FILE_NAME, Held, Key, MeshLock, read_lock
from meshform.model.resolve import environment_of
from meshform.settings import Settings
from meshform.terraform.compile import compile_mesh
from meshform.terraform.output import write


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when the lock is not up to date.")
@click.option("--deployed", metavar="ENV", help="Forget moves and removals of ENV: every stack is deployed.")
def command(*, check: bool, deployed: str | None) -> None:
    """Write mesh.lock: what holds data in each environment that is not personal.

    Commit it. Synthesis and `meshform check` then turn renames into `moved` and retirements into `removed`
    blocks, and refuse what would lose data. Exits with 1, and writes nothing, when something is refused.
    """
    spec = load_mesh(Settings.read())
    before = read_lock(Path())
    after = locked(spec, before)
    if (check or deployed) and (before is None or before.text(readers=False) != after.text(readers=False)):
        raise MeshformError(
            Finding(
                code="MF535",
                summary=f"{FILE_NAME} is not up to date",
                place=Place(file=FILE_NAME),
                fix="run `meshform lock`, and commit the file with the change",
            )
        )
    if deployed:
        after = after.deployed(environment_of(spec, deployed).name)
    if not check:
        write(FILE_NAME, after.text().encode())
    Console(highlight=False).print(
        f"{FILE_NAME}: {len(after.held)} held, {len(after.moved)} moved, {len(after.removed)} removed"
    )


def locked(spec: MeshSpec, before: MeshLock | None) -> MeshLock:
    """The lock of a mesh as it is now.

    Raises:
        MeshformError: with the errors of every environment, when there are some; MF536 when the lock knows an
            environment that the mesh does not keep.
    """
    kept = [environment for environment in spec.environments if not environment.personal]
    findings = [
        Finding(
            code="MF536",
            summary="an environment that holds data is gone from the mesh, or is personal now",
            place=spec.place,
            got=name,
            fix=f"put it back; or, when it holds nothing any more, take its lines out of {FILE_NAME}",
        )
        for name in sorted({key[0] for key in (before or EMPTY).held} - {one.name for one in kept})
    ]
    held: dict[Key, Held] = {}
    moved: dict[Key, str] = {}
    removed: dict[Key, Held] = {}
    for environment in kept:
        try:
            lock = compile_mesh(evaluate(spec, environment.name), before).lock
        except MeshformError as error:
            findings += (one for one in error.findings if one.severity is Severity.ERROR)
        else:
            held |= lock.held
            moved |= lock.moved
            removed |= lock.removed
    if findings:
        raise MeshformError(dict.fromkeys(findings))
    return MeshLock(held, moved, removed)
