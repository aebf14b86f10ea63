# SPDX-License-Identifier: Apache-2.0
"""A mesh as it is deployed in one environment, as a value that another process can read."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import TypeAdapter

from meshform.governance.access.facts import Facts
from meshform.governance.access.world import world_of
from meshform.governance.evaluate import evaluate
from meshform.model.domain import MeshSpec
from meshform.model.environment import Environment
from meshform.model.lock import EMPTY, MeshLock
from meshform.terraform.compile import CompiledMesh, CompiledStack, compile_mesh

_FACTS = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True)
class Deployed:
    """What Terraform has of a mesh, and what it does not tell of access.

    Attributes:
        compiled: its stacks; of one that was read without assets and makers.
        facts: who is in which group, what tables hold, what views are made from.
    """

    compiled: CompiledMesh
    facts: Facts

    def to_json(self) -> bytes:
        """As bytes, for `from_json` in another process."""
        stacks = {one.name: [one.requires, one.blocks] for one in self.compiled.stacks.values()}
        facts = _FACTS.dump_python(self.facts, mode="json")
        return json.dumps({"stacks": stacks, "facts": facts}).encode()


def deploy(spec: MeshSpec, environment: str, lock: MeshLock | None = None) -> Deployed:
    """A mesh as it would be deployed.

    Args:
        spec: the mesh.
        environment: name of the environment.
        lock: what held data when the mesh was locked, which tells what is moved. Default: nobody knows.

    Raises:
        MeshformError: when it has errors there.
    """
    evaluation = evaluate(spec, environment)
    compiled = compile_mesh(evaluation, lock)
    return Deployed(compiled, world_of(evaluation.mesh, evaluation.views))


def from_json(content: bytes, environment: Environment) -> Deployed:
    """What `to_json` wrote, of the same environment."""
    said = json.loads(content)
    stacks = {
        name: CompiledStack(name, tuple(requires), blocks, {}, {})
        for name, (requires, blocks) in said["stacks"].items()
    }
    return Deployed(CompiledMesh(environment, stacks, (), EMPTY), _FACTS.validate_python(said["facts"]))
