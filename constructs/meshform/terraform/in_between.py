# SPDX-License-Identifier: Apache-2.0
"""Findings about the way from one deployment to the next."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, MeshformError, Severity
from meshform.model.lock import MeshLock
from meshform.model.near import one_of
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.deployed import deploy, from_json
from meshform.terraform.exposure import Exposure, exposures
from meshform.terraform.transition import Transition


def in_between(
    mesh: MeshSpec, resolved: ResolvedMesh, deployed: bytes | None, lock: MeshLock | None
) -> Iterator[Finding]:
    """Who could see more while a mesh is deployed than before and afterwards (MF560).

    Args:
        mesh: the mesh that is to be deployed.
        resolved: the same in the environment that it is to be deployed to.
        deployed: what is deployed there, as `Deployed.to_json` wrote it; None when it had errors.
        lock: the lock of the mesh.
    """
    environment, tables = resolved.environment, resolved.tables
    try:
        after = deploy(mesh, environment.name, lock)
    except MeshformError:
        after = None
    if after is None or deployed is None:
        why = "the mesh has errors" if after is None else "the base has errors, or no such environment"
        yield Finding(
            code="MF560",
            summary=f"what is seen while this is deployed in {environment.name!r} was not looked at",
            got=why,
            fix="mend what `meshform check` tells"
            if after is None
            else "compare with a base that had none, or deploy in small steps",
            severity=Severity.WARNING,
        )
        return
    before = from_json(deployed, environment)
    way = Transition(before.compiled, after.compiled)
    found: dict[tuple[str, str, str], list[Exposure]] = {}
    for one in exposures(way, before.facts, after.facts):
        found.setdefault((one.principal, one.table, one.state), []).append(one)
    for (principal, table, state), of_one in found.items():
        columns = ", ".join(sorted({one.column for one in of_one}))
        done = sorted(f"{event.at.address} of {event.at.stack}" for event in of_one[0].while_)
        yield Finding(
            code="MF560",
            summary=f"while this is deployed in {environment.name!r}, {principal} could see {columns} of"
            f" {table} {_WORDS[state]}, and neither before nor afterwards",
            place=tables[table].place if table in tables else mesh.place,
            got=f"after {one_of(done)}",
            allowed="at each moment at most what is seen before or afterwards",
            fix="deploy twice: first what takes access away, then what hides less",
        )


_WORDS = {"masked": "masked", "filtered": "in some rows", "clear": "in clear", "cannot tell": "in clear"}
