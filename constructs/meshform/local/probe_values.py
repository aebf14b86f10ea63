# SPDX-License-Identifier: Apache-2.0
"""The values with which the probe asks a provider: objects made up out of a schema, and changes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from meshform.local.schema_walk import Child, Node, children, elements, empty
from meshform.local.values import UNKNOWN

_DEEPEST = 6  # blocks within blocks; a job's tasks for each of a list hold tasks again

# With these blocks the provider panics, so they are never given. They are planned as everywhere else. As an
# attribute it would make the provider ask its host for a workspace; an update keeps it once it is there.
NEVER_GIVEN = "provider_config"

# Text that the provider computed: right for a time stamp too.
_COMPUTED_TEXT = "2025-01-01T00:00:00Z"


class Leaf(NamedTuple):
    """An argument that can be set in a value: its dotted path, the keys that lead to it, and its type."""

    path: str
    keys: tuple[str | int, ...]
    type: Any


def example(type_: Any, *, other: bool = False) -> Any:
    """A value of a type as the schema writes types, or another one."""
    if isinstance(type_, str):
        return {"string": ("x", "y"), "number": (7, 8), "bool": (False, True), "dynamic": (None, None)}[
            type_
        ][other]
    kind, inner = type_
    if kind == "object":
        return {name: example(of, other=other) for name, of in inner.items()}
    if kind == "tuple":
        return [example(of, other=other) for of in inner]
    element = example(inner, other=other)
    return {"k": element} if kind == "map" else [element]


def body(node: Node, *, blocks: bool, depth: int = 0) -> dict[str, Any]:
    """An object with what is required, and with all its blocks or only those that are required."""
    values: dict[str, Any] = {}
    for child in children(node):
        if child.is_block:
            wanted = bool(child.spec.get("min_items")) or (
                blocks and depth <= _DEEPEST and child.name != NEVER_GIVEN
            )
        else:
            wanted = bool(child.spec.get("required"))
        if not wanted:
            values[child.name] = empty(child)
        elif child.node is None:
            values[child.name] = example(child.spec["type"])
        else:
            values[child.name] = nest(child, body(child.node, blocks=blocks, depth=depth + 1))
    return values


def one_block_each(node: Node) -> Iterator[dict[str, Any]]:
    """Objects with one block each: with all that it holds, with nothing, and with one inner block."""
    for child in children(node):
        if not child.is_block or child.node is None:
            continue
        inner = [body(child.node, blocks=True), body(child.node, blocks=False)]
        inner += (
            body(child.node, blocks=False) | {one.name: nest(one, body(one.node, blocks=True))}
            for one in children(child.node)
            if one.is_block and one.node is not None
        )
        for one in inner:
            yield body(node, blocks=False) | {child.name: nest(child, one)}


def nest(child: Child, value: Any) -> Any:
    """An object as a child holds it."""
    return (
        value if child.nesting in ("single", "group") else {"k": value} if child.nesting == "map" else [value]
    )


def objects(child: Child, value: Any) -> Sequence[Any]:
    """The objects in a child's value."""
    return [element for element, _ in elements(child.nesting, value)]


def settled(node: Node, value: Any) -> Any:
    """A planned value as if it had been applied: what is unknown gets a value."""
    for child in children(node):
        if value.get(child.name) is UNKNOWN:
            text = child.spec.get("type") == "string" and child.name != "id"
            if child.node is None:
                value[child.name] = _COMPUTED_TEXT if text else example(child.spec["type"])
            elif child.is_block or child.name == NEVER_GIVEN:
                value[child.name] = empty(child)
            else:
                value[child.name] = nest(child, body(child.node, blocks=False))
        elif child.node is not None:
            for one in objects(child, value.get(child.name)):
                settled(child.node, one)
    return value


def leaves(node: Node, value: Any, path: str = "") -> Iterator[Leaf]:
    """Every argument that can be set in a value; of several objects in one place only those of the first."""
    for child in children(node):
        if child.node is None:
            if child.spec.get("optional") or child.spec.get("required"):
                yield Leaf(path + child.name, (child.name,), child.spec["type"])
            continue
        inside = value.get(child.name)
        if not inside:
            continue
        way: tuple[str | int, ...] = (child.name,)
        if child.nesting not in ("single", "group"):
            way += ("k" if child.nesting == "map" else 0,)
            inside = inside[way[-1]]
        for leaf in leaves(child.node, inside, f"{path}{child.name}."):
            yield leaf._replace(keys=way + leaf.keys)


def without_computed(node: Node, value: Any) -> Any:
    """A value as its author could have written it: what only the provider sets is null."""
    for child in children(node):
        if child.node is not None:
            for one in objects(child, value.get(child.name)):
                without_computed(child.node, one)
        elif child.spec.get("computed") and not child.spec.get("optional"):
            value[child.name] = None
    return value


def least(node: Node, value: Any, keys: tuple[str | int, ...]) -> Any:
    """A value as its author could have written it, with one argument and nothing else that is computed."""
    for child in children(node):
        on_the_way = keys[:1] == (child.name,)
        if child.spec.get("computed") and not on_the_way:
            value[child.name] = None
        elif child.node is not None:
            below = keys[1 if child.nesting in ("single", "group") else 2 :] if on_the_way else ()
            for one in objects(child, value.get(child.name)):
                least(child.node, one, below)
    return value
