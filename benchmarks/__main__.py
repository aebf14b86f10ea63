# SPDX-License-Identifier: Apache-2.0
"""`make bench`: synthesis with Meshform against the floor, and against one cdktf object for each resource."""

from __future__ import annotations

import argparse
import filecmp
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.measure import Run, measure

SIZES = (10, 100, 1000)
CHECKED = (10, 100, 300, 1000)
# What is to be reached at the largest size.
MOST_VS_FLOOR, LEAST_VS_BINDINGS, MOST_MB, MOST_VS_LINEAR = 3.0, 10.0, 250.0, 1.25
# Of `meshform check`.
MOST_CHECK_10_S, MOST_CHECK_1000_S, MOST_CHECK_MB = 0.8, 3.0, 300.0


@dataclass
class Measured:
    """All runs at one size."""

    products: int
    resources: int = 0
    ours: list[Run] = field(default_factory=list)
    floor: list[Run] = field(default_factory=list)
    bindings: list[Run] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Ours, median."""
        return median(run.seconds for run in self.ours)

    @property
    def cpu_seconds(self) -> float:
        """Ours, the least, Node included: what disturbs a run only adds to it."""
        return min(run.cpu_seconds for run in self.ours)

    @property
    def vs_floor(self) -> float:
        """Median of the ratios of the pairs: the two runs of a pair met much the same noise."""
        return median(ours.seconds / floor.seconds for ours, floor in zip(self.ours, self.floor, strict=True))

    @property
    def vs_bindings(self) -> float:
        """How many times longer one object for each resource takes."""
        return median(run.seconds for run in self.bindings) / self.seconds

    @property
    def rss_mb(self) -> float:
        """The most memory of any of our runs."""
        return max(run.rss_mb for run in self.ours)


def main() -> int:
    """Measure, print a table, and fail when outputs differ or a figure is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of products")
    parser.add_argument("--pairs", type=int, default=7, help="runs of ours and of the floor at each size")
    parser.add_argument("--slow-runs", type=int, default=1, help="runs with one object for each resource")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="meshform-bench-", dir=_memory()) as folder:
        measured = [
            _measure(size, Path(folder) / str(size), options.pairs, options.slow_runs)
            for size in sorted(options.sizes)
        ]
        twice = _measure_twice_as_many(measured[-1].products * 2, Path(folder) / "twice", options.pairs)
        checked = [
            _measure_check(size, Path(folder) / f"check-{size}", options.pairs)
            for size in CHECKED
            if size <= measured[-1].products
        ]
    return _print(measured, twice, checked)


def _memory() -> Path | None:
    """A folder in memory where the system has one and TMPDIR names no other: a disk measures itself."""
    memory = Path("/dev/shm")  # noqa: S108 - TemporaryDirectory makes a folder of its own in it
    return memory if "TMPDIR" not in os.environ and os.access(memory, os.W_OK | os.X_OK) else None


def _measure(products: int, folder: Path, pairs: int, slow_runs: int) -> Measured:
    folder.mkdir()
    measure("prepare", "code", folder, str(products))
    code, documents, reference = folder / "code", folder / "documents", folder / "ours-0"
    _say(f"{products} products: {pairs} pairs of ours and the floor")
    measure("ours", reference, str(products), code)  # also warms the caches of the disk
    result = Measured(products, int(measure("prepare", "documents", reference, documents).said))
    for pair in range(1, pairs + 1):
        result.ours.append(measure("ours", folder / f"ours-{pair}", str(products), code))
        result.floor.append(measure("floor", folder / f"floor-{pair}", documents))
        for stack in reference.glob("stacks/*/cdk.tf.json"):
            for other in ("ours", "floor"):
                if not filecmp.cmp(
                    stack, folder / f"{other}-{pair}" / stack.relative_to(reference), shallow=False
                ):
                    sys.exit(f"bench: {other} wrote other bytes than the reference: {stack.parent.name}")
    for run in range(slow_runs):
        _say(f"{products} products: one object for each resource, run {run + 1} of {slow_runs}")
        result.bindings.append(measure("bindings", folder / f"bindings-{run}", documents))
        measure("compare", reference, folder / f"bindings-{run}")
    return result


def _measure_twice_as_many(products: int, folder: Path, runs: int) -> Measured:
    """Ours alone, to see whether time stays linear."""
    folder.mkdir()
    measure("prepare", "code", folder, str(products))
    _say(f"{products} products: {runs} runs of ours")
    ours = [measure("ours", folder / f"ours-{run}", str(products), folder / "code") for run in range(runs)]
    return Measured(products, ours=ours)


def _measure_check(products: int, folder: Path, runs: int) -> Measured:
    """`meshform check` of a wide mesh."""
    folder.mkdir()
    measure("prepare", "project", folder, str(products))
    _say(f"{products} products: {runs} runs of meshform check")
    measure("checked", folder)  # also warms the caches of the disk
    return Measured(products, ours=[measure("checked", folder) for _ in range(runs)])


def _print_checked(checked: list[Measured], floor: float) -> list[str]:
    """Print what checks take; returns what is missed."""
    _say("")
    _say("products checked  columns    took  of the floor  memory")
    for one in checked:
        _say(
            f"{one.products:16,} {one.products * 30:8,} {one.seconds:6.2f}s {one.seconds / floor:13.2f}"
            f" {one.rss_mb:4.0f} MB"
        )
    least, last = checked[0], checked[-1]
    missed = [
        f"meshform check of {one.products} products took {one.seconds:.2f} s, at most {most:g} wanted"
        for one, most in ((least, MOST_CHECK_10_S), (last, MOST_CHECK_1000_S))
        if one.seconds > most
    ]
    if last.rss_mb > MOST_CHECK_MB:
        missed.append(f"meshform check held {last.rss_mb:.0f} MB, at most {MOST_CHECK_MB:g} wanted")
    if len(checked) >= 3:
        missed.append(_linearity(*checked[-3:]))
    _say(
        f"bench: check_{last.products}_s={last.seconds:.2f} check_{least.products}_s={least.seconds:.2f}"
        f" check_{last.products}_vs_floor={last.seconds / floor:.2f}"
        f" check_{least.products}_vs_floor={least.seconds / floor:.2f}"
    )
    return missed


def _print(measured: list[Measured], twice: Measured, checked: list[Measured]) -> int:
    _say("")
    _say("products  resources    ours   floor  ours/floor  bindings  bindings/ours  memory of ours, bindings")
    for one in measured:
        floor = median(run.seconds for run in one.floor)
        line = f"{one.products:8,} {one.resources:10,} {one.seconds:6.2f}s {floor:6.2f}s {one.vs_floor:11.2f}"
        if one.bindings:
            slow = median(run.seconds for run in one.bindings)
            memory = max(run.rss_mb for run in one.bindings)
            line += f" {slow:8.1f}s {one.vs_bindings:14.1f} {one.rss_mb:12.0f} MB, {memory:.0f} MB"
        _say(line)
    last = measured[-1]
    missed = [
        f"ours/floor is {last.vs_floor:.2f}, at most {MOST_VS_FLOOR:g} wanted"
        * (last.vs_floor > MOST_VS_FLOOR),
        f"memory is {last.rss_mb:.0f} MB, at most {MOST_MB:g} wanted" * (last.rss_mb > MOST_MB),
    ]
    if len(measured) >= 2:
        missed.append(_linearity(*measured[-2:], twice))
    if last.bindings and last.vs_bindings < LEAST_VS_BINDINGS:
        missed.append(f"bindings/ours is {last.vs_bindings:.1f}, at least {LEAST_VS_BINDINGS:g} wanted")
    if checked:
        missed += _print_checked(checked, median(run.seconds for run in last.floor))
    missed = [line for line in missed if line]
    if last.products < SIZES[-1]:
        missed = []
    for line in missed:
        _say(f"missed: {line}")
    slow_ratio = f"{last.vs_bindings:.1f}" if last.bindings else "none"
    _say(
        f"bench: synth_{last.products}_vs_floor={last.vs_floor:.2f}"
        f" synth_{last.products}_vs_bindings={slow_ratio} rss_mb={last.rss_mb:.0f}"
    )
    return 1 if missed else 0


def _linearity(small: Measured, middle: Measured, large: Measured) -> str:
    """Print what one more product costs; returns what is wrong with it, or nothing.

    In CPU time, which other programs disturb less.
    """
    costs = [
        (more.cpu_seconds - less.cpu_seconds) / (more.products - less.products) * 1000
        for less, more in ((small, middle), (middle, large))
    ]
    ratio = costs[1] / costs[0]
    _say(
        f"linearity: one more product costs {costs[0]:.2f} ms of CPU from {small.products:,} to"
        f" {middle.products:,} products and {costs[1]:.2f} ms from there to {large.products:,}:"
        f" ratio {ratio:.2f} (1 is linear)"
    )
    return f"linearity is {ratio:.2f}, at most {MOST_VS_LINEAR:g} wanted" if ratio > MOST_VS_LINEAR else ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
