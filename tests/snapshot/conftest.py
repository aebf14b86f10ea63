# SPDX-License-Identifier: Apache-2.0
"""Golden files: what apps synthesize to, byte for byte. `make snapshot` writes them anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"

Synthesize = Callable[..., dict[str, bytes]]


def run_app(command: list[str], environment: str, folder: Path, **variables: str) -> dict[str, bytes]:
    """Run Python in a folder, as `cdktf synth` does; returns every file below `stacks/` by relative path."""
    out = Path(tempfile.mkdtemp(prefix="out-"))
    try:
        subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env={**os.environ, "CDKTF_OUTDIR": str(out), "MESHFORM_ENV": environment, **variables},
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        stacks = out / "stacks"
        return {p.relative_to(stacks).as_posix(): p.read_bytes() for p in stacks.rglob("*") if p.is_file()}
    finally:
        shutil.rmtree(out)


def equal_to_golden(made: dict[str, bytes], folder: Path) -> None:
    """Every file is equal to the golden one, and none is missing; or, when asked to, becomes it."""
    if os.environ.get("MESHFORM_UPDATE_SNAPSHOTS"):
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in made.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    golden = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert sorted(made) == sorted(golden)
    for name, content in made.items():
        assert content.decode() == golden[name].decode(), name


@pytest.fixture
def synthesize() -> Synthesize:
    """Run the app of a folder as `cdktf synth` does; returns every file below `stacks/` by relative path."""

    def run(environment: str, folder: Path = ROOT, **variables: str) -> dict[str, bytes]:
        return run_app(["main.py"], environment, folder, **variables)

    return run
