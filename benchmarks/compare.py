# SPDX-License-Identifier: Apache-2.0
"""Are the two outputs the same resources? `python -m benchmarks.compare OURS BINDINGS`.

Every block must be in both, of the same type, with the same arguments. Two things are not differences: cdktf
names its objects itself, so its addresses are translated; and a block that may stand once is written by
cdktf as an object, by Meshform as a list of one, which Terraform reads as the same.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.bindings import address

_ADDRESS = re.compile(r"\b(?:data\.)?(?:databricks_\w+|terraform_data)\.[A-Za-z0-9_-]+")


def main(ours: Path, bindings: Path) -> int:
    """Print what differs; returns 1 when anything does."""
    differences: list[str] = []
    counts: Counter[str] = Counter()
    for path in sorted(ours.glob("stacks/*/cdk.tf.json")):
        other = bindings / path.relative_to(ours)
        mine = dict(_blocks(json.loads(path.read_bytes())))
        theirs = dict(_blocks(json.loads(other.read_bytes())))
        differences += [
            f"{path.parent.name}: only in one: {one}" for one in sorted(mine.keys() ^ theirs.keys())
        ]
        for one in mine.keys() & theirs.keys():
            counts[one.rpartition(".")[0]] += 1
            if mine[one] != theirs[one]:
                differences.append(f"{path.parent.name}: {one}:\n  {mine[one]}\n  {theirs[one]}")
    for line in differences[:20]:
        sys.stdout.write(f"{line}\n")
    if differences or not counts:
        sys.stdout.write(f"bench: {len(differences)} of {sum(counts.values())} blocks differ\n")
        return 1
    return 0


def _blocks(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every block by its address in Meshform's words, in a form that can be compared."""
    names: dict[str, str] = {}
    blocks: list[tuple[str, dict[str, Any]]] = []
    for kind in ("resource", "data"):
        for type_, of_type in document.get(kind, {}).items():
            for name, body in of_type.items():
                path = body.pop("//", {}).get("metadata", {}).get("path")
                one = address(kind, type_, path.rpartition("/")[2] if path else name)
                names[address(kind, type_, name)] = one
                blocks.append((one, body))
    for one, body in blocks:
        yield one, _plain(body, names)


def _plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub(lambda found: names.get(found[0], found[0]), value)
    if isinstance(value, dict):
        return {key: _plain(item, names) for key, item in value.items()}
    if isinstance(value, list):
        items = [_plain(item, names) for item in value]
        return items[0] if len(items) == 1 and isinstance(items[0], dict) else items
    return value


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
