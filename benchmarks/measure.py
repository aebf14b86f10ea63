# SPDX-License-Identifier: Apache-2.0
"""One measured run: a whole fresh process, from start to end."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """What a process took.

    Attributes:
        seconds: from start to end.
        cpu_seconds: of Python and Node.
        said: last line that it printed.
    """

    seconds: float
    cpu_seconds: float
    said: str

    @property
    def rss_mb(self) -> float:
        """The most memory that Python held, without Node, in MB; of a process that called `report`."""
        return float(self.said)


def measure(module: str, *arguments: str | Path) -> Run:
    """Run a module of this package in a process of its own.

    Raises:
        SystemExit: when it fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "constructs")))},
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"bench: {module} failed with exit code {done.returncode}\n{done.stdout}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(seconds, cpu, done.stdout.rpartition("\n")[0].rpartition("\n")[2])


def report() -> None:
    """Print the most memory that this process held, in MB, as the last line of a measured run."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{most / (1e6 if sys.platform == 'darwin' else 1e3 / 1.024)}\n")
