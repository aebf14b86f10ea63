# SPDX-License-Identifier: Apache-2.0
"""Walking a value along the schema of its type, in the JSON form that Terraform prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshform.local.values import UNKNOWN

Node = dict[str, Any]  # a block, or the nested type of an attribute


class Child(NamedTuple):
    """An attribute or block of a node.

    Attributes:
        name: its name.
        spec: its schema.
        nesting: how it holds objects (`single`, `list`, `set`, `map`, `group`), None for a plain attribute.
        node: the schema of those objects, None for a plain attribute.
        is_block: whether it is a block: one that is not given is an empty list, not null.
    """

    name: str
    spec: Node
    nesting: str | None
    node: Node | None
    is_block: bool


def children(node: Node) -> Iterator[Child]:
    """Attributes, then blocks."""
    for name, spec in node.get("attributes", {}).items():
        nested = spec.get("nested_type")
        yield Child(name, spec, nested["nesting_mode"] if nested else None, nested, is_block=False)
    for name, spec in node.get("block_types", {}).items():
        yield Child(name, spec, spec["nesting_mode"], spec["block"], is_block=True)


def elements(nesting: str | None, value: Any, prior: Any = None) -> Iterator[tuple[Any, Any]]:
    """The objects in a nested value, each with its counterpart in a prior value, None where it has none.

    Objects of a list correspond by position, those of a map by key, those of a set when they are equal.
    """
    if value is None or value is UNKNOWN or nesting is None:
        return
    if prior is UNKNOWN:
        prior = None
    if nesting in ("single", "group"):
        yield value, prior
    elif nesting == "map":
        for key, element in value.items():
            yield element, (prior or {}).get(key)
    elif nesting == "list":
        for position, element in enumerate(value):
            yield element, prior[position] if prior and position < len(prior) else None
    else:
        for element in value:
            yield element, next((one for one in prior or () if one == element), None)


def empty(child: Child) -> Any:
    """The value of a child that is not given."""
    return [] if child.is_block and child.nesting in ("list", "set") else None


def conform(node: Node, value: Any) -> Any:
    """A stored value under this schema: attributes that it does not have go, missing ones are not given."""
    if not isinstance(value, dict):
        return value
    result = {}
    for child in children(node):
        given = value.get(child.name)
        if given is None:
            result[child.name] = empty(child)
        elif child.node is None:
            result[child.name] = given
        elif child.nesting in ("single", "group"):
            result[child.name] = conform(child.node, given)
        elif child.nesting == "map":
            result[child.name] = {key: conform(child.node, element) for key, element in given.items()}
        else:
            result[child.name] = [conform(child.node, element) for element in given]
    return result
