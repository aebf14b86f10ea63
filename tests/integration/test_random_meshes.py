# SPDX-License-Identifier: Apache-2.0
"""Random meshes through their whole life in a local workspace, by real Terraform."""

import json
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from tests.random_meshes import meshes
from tests.terraform_cli import Terraform, live_through

from meshform.governance.evaluate import evaluate
from meshform.model.findings import Severity
from meshform.terraform.compile import compile_mesh

EXAMPLES = int(os.environ.get("MESHFORM_RANDOM_MESHES", "3"))


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES == 3,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(meshes())
def test_a_random_mesh_gives_findings_or_deploys(installed, spec):
    """Applied, the second plan is empty, and a destroy leaves nothing."""
    evaluation = evaluate(spec, "local")
    errors = [one for one in evaluation.findings if one.severity is Severity.ERROR]
    assert all(one.summary and one.place for one in errors)
    if errors:
        return
    folder = Path(tempfile.mkdtemp(prefix="random-mesh-"))
    try:
        _live(folder, installed, compile_mesh(evaluation).stacks)
    finally:
        shutil.rmtree(folder)


def _live(folder, installed, compiled):
    store = folder / "store" / "local.sqlite3"
    stacks = []
    for name, stack in compiled.items():
        terraform = Terraform(folder / name, store, installed)
        terraform.write(**json.loads(json.dumps(stack.blocks)))
        for asset, content in stack.assets.items():
            (terraform.folder / asset).parent.mkdir(parents=True, exist_ok=True)
            (terraform.folder / asset).write_bytes(content)
        terraform.init()
        terraform.apply()
        stacks.append(terraform)
    live_through(stacks)
