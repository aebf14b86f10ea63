# SPDX-License-Identifier: Apache-2.0
"""`meshform lock` and `meshform check` with a lock, on copies of the example."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RENAMED = '        renamed_from="orders",\n'


@pytest.fixture
def project(tmp_path):
    """A copy of the example; `project(...)` runs a command there."""
    shutil.copytree(ROOT / "domains", tmp_path / "domains")

    def run(*arguments: str, code: int = 0) -> str:
        variables = {k: v for k, v in os.environ.items() if not k.startswith("MESHFORM_")}
        done = subprocess.run(
            [sys.executable, "-c", "from meshform.cli import main; main()", *arguments],
            cwd=tmp_path,
            env={**variables, "PYTHONPATH": f"{ROOT / 'constructs'}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.folder = tmp_path
    return run


def replace(path: Path, old: str, new: str) -> None:
    """Change a declaration."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_lock_is_written_checked_and_kept(project):
    """Stale is exit code 1 of --check, which writes nothing; the same mesh gives the same bytes."""
    assert "MF535" in project("lock", "--check", code=1)
    path = project.folder / "mesh.lock"
    assert not path.exists()
    assert "0 moved, 0 removed" in project("lock")
    text = path.read_text()
    assert '"environment": "prod", "stack": "orders-prod", "address": "databricks_schema.gold"' in text
    assert '"environment": "local"' not in text
    project("lock", "--check")
    project("lock")
    assert path.read_text() == text


def test_a_loss_is_refused_by_lock_and_check(project):
    """A volume that is gone: neither forgets it."""
    project("lock")
    before = (project.folder / "mesh.lock").read_text()
    declared = project.folder / "domains" / "orders" / "__init__.py"
    replace(declared, 'name="landing"', 'name="files"')
    assert "MF536" in project("lock", code=1)
    assert (project.folder / "mesh.lock").read_text() == before
    assert "MF536" in project("check", "orders", "--env", "prod", code=1)
    assert "no errors" in project("check", "--env", "local")


def test_moves_are_forgotten_when_they_are_deployed(project):
    """`--deployed` wants a lock that is up to date, and an environment that exists."""
    project("lock")
    domains = project.folder / "domains"
    replace(domains / "customers" / "__init__.py", '"orders.orders"', '"orders.purchases"')
    declared = domains / "orders" / "__init__.py"
    replace(
        declared, '        orders,\n        "orders",\n', f'        orders,\n        "purchases",\n{RENAMED}'
    )
    assert "MF535" in project("lock", "--deployed", "prod", code=1)
    project("lock")
    text = (project.folder / "mesh.lock").read_text()
    assert '"stack": "orders-prod", "moved": "databricks_pipeline.orders"' in text
    assert "MF301" in project("lock", "--deployed", "prd", code=1)
    project("lock", "--deployed", "prod")
    assert '"stack": "orders-prod", "moved"' not in (project.folder / "mesh.lock").read_text()


def test_an_environment_is_not_forgotten(project):
    """Its data would be gone from the lock unnoticed."""
    project("lock")
    replace(project.folder / "domains" / "__init__.py", "production=True", "production=True, personal=True")
    output = project("lock", code=1)
    assert "MF536" in output
    assert "an environment that holds data is gone" in output
