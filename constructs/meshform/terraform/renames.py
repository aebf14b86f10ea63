# SPDX-License-Identifier: Apache-2.0
"""Where Terraform knows what was renamed from: the mesh as it was, compiled beside the mesh as it is."""

from __future__ import annotations

from collections.abc import Mapping

from meshform.model.findings import Place
from meshform.terraform.stack import Stack


def renamed_addresses(before: Mapping[str, Stack], after: Mapping[str, Stack]) -> dict[tuple[str, str], str]:
    """The later address of each resource that differs, by its stack and its address before.

    The same declarations give the same blocks in the same order, but for their names.
    """
    renamed: dict[tuple[str, str], str] = {}
    for name, stack in after.items():
        old, new = before[name].blocks, stack.blocks
        later: dict[tuple[str, Place], list[str]] = {}
        for address, block in new.items():
            if address not in old and block.kind == "resource":
                later.setdefault((block.type, block.place), []).append(address)
        for address, block in old.items():
            if address not in new and block.kind == "resource":
                renamed[name, address] = later[block.type, block.place].pop(0)
    return renamed
