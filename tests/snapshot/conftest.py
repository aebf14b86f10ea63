# SPDX-License-Identifier: Apache-2.0
"""Golden files: what the example mesh synthesizes to, byte for byte. `make snapshot` writes them anew."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Synthesize = Callable[..., dict[str, bytes]]


@pytest.fixture
def synthesize(tmp_path: Path) -> Synthesize:
    """Run the app of a folder as `cdktf synth` does; returns every file below `stacks/` by relative path."""

    def run(environment: str, folder: Path = ROOT, **variables: str) -> dict[str, bytes]:
        out = Path(tempfile.mkdtemp(dir=tmp_path))
        subprocess.run(
            [sys.executable, "main.py"],
            cwd=folder,
            env={**os.environ, "CDKTF_OUTDIR": str(out), "MESHFORM_ENV": environment, **variables},
            check=True,
            stdin=subprocess.DEVNULL,
        )
        stacks = out / "stacks"
        return {p.relative_to(stacks).as_posix(): p.read_bytes() for p in stacks.rglob("*") if p.is_file()}

    return run
