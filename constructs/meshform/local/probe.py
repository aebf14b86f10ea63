# SPDX-License-Identifier: Apache-2.0
"""Learning plan facts from a provider: what its schema does not say and only its plans show.

Every type is planned as a new object, with all its blocks and with only what is required. Where the plan
differs from what was given stand its defaults and what becomes known only after apply. Then each argument is
changed, one at a time, and the plan tells whether that replaces the object.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from meshform.local.provider_process import Planned, ProviderProcess
from meshform.local.schema_walk import Child, Node, children, elements, empty
from meshform.local.values import UNKNOWN, has_unknown

_DEEPEST = 6  # blocks within blocks; a job's tasks for each of a list hold tasks again

# With these blocks the provider panics, so they are never given. They are planned as everywhere else.
_NEVER_GIVEN = "provider_config"
_PANICS = {"databricks_job": ("job_cluster.new_cluster.provider_config", "task.new_cluster.provider_config")}

# The framework stops at the first value that it finds wrong, in a random order of the arguments. An example
# may be wrong for an argument, and then what the plan says of another is seen only now and then.
_TRIES = 12

# Text that the provider computed: right for a time stamp too.
_COMPUTED_TEXT = "2025-01-01T00:00:00Z"


def learn_plan_facts(
    provider: ProviderProcess, types: Iterable[str] | None = None, progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The plan facts of a provider, as `provider_facts.plan_facts` returns them, without `id`.

    Args:
        provider: a provider that was configured.
        types: names of resource types. Default: all.
        progress: called after each type.
    """
    schemas = provider.schema["resource_schemas"]
    facts: dict[str, Any] = {"defaults": {}, "force_new": {}, "framework": [], "unknown": {}}
    for type_ in sorted(schemas if types is None else types):
        probe = _Probe(provider, type_, schemas[type_]["block"])
        probe.run()
        unknown = probe.unknown.union(_PANICS.get(type_, ()))
        for part, found in (
            ("defaults", probe.defaults),
            ("unknown", sorted(unknown)),
            ("force_new", sorted(probe.force_new)),
        ):
            if found:
                facts[part][type_] = found
        if probe.framework:
            facts["framework"].append(type_)
        progress()
    return facts


class _Leaf(NamedTuple):
    """An argument that can be set in a value: its dotted path, the keys that lead to it, and its type."""

    path: str
    keys: tuple[str | int, ...]
    type: Any


class _Probe:
    def __init__(self, provider: ProviderProcess, type_: str, node: Node) -> None:
        self._provider, self._type, self._node = provider, type_, node
        self.defaults: dict[str, Any] = {}
        self.unknown: set[str] = set()
        self.force_new: set[str] = set()
        self.framework = False

    def run(self) -> None:
        everything, least = _body(self._node, blocks=True), _body(self._node, blocks=False)
        trials = [everything, least]
        refused = bool(self._create(everything).errors)
        if refused:  # some of its blocks exclude one another: try them one by one
            trials += _one_block_each(self._node)
        objects: list[Any] = []
        for trial in trials:
            planned = self._create(trial)
            if planned.value is None or planned.errors:
                continue
            self._compare(self._node, trial, planned.value, "")
            if trial is least:
                self.framework = not planned.older_sdk
            if refused or not objects:
                objects.append(planned.value)
        for planned_value in objects:
            self._change_each_argument(_settled(self._node, copy.deepcopy(planned_value)))

    def _create(self, config: Any) -> Planned:
        return self._provider.plan(self._type, None, config, config)

    def _compare(self, node: Node, given: Any, planned: Any, path: str) -> None:
        for child in children(node):
            here = path + child.name
            before, after = given.get(child.name), planned.get(child.name)
            if not child.is_block and before is None:
                if after is UNKNOWN and child.node is None and not child.spec.get("computed"):
                    self.unknown.add(here)
                elif after is not None and not has_unknown(after):
                    self.defaults[here] = after
            elif child.is_block and before in (None, []) and after is UNKNOWN:
                self.unknown.add(here)
            elif child.node is not None:
                pairs = _objects(child, before), _objects(child, after)
                if len(pairs[0]) == len(pairs[1]):
                    for one, other in zip(*pairs, strict=True):
                        self._compare(child.node, one, other, here + ".")

    def _change_each_argument(self, prior: Any) -> None:
        for leaf in _leaves(self._node, prior):
            proposed = copy.deepcopy(prior)
            holder = proposed
            for key in leaf.keys[:-1]:
                holder = holder[key]
            other = _example(leaf.type, other=True)
            holder[leaf.keys[-1]] = other if holder[leaf.keys[-1]] != other else _example(leaf.type)
            config = _without_computed(self._node, copy.deepcopy(proposed))
            if self._replaces(leaf, prior, config, proposed):
                self.force_new.add(leaf.path)

    def _replaces(self, leaf: _Leaf, prior: Any, config: Any, proposed: Any) -> bool:
        for _ in range(_TRIES):
            planned = self._provider.plan(self._type, prior, config, proposed)
            if any(leaf.path == path or leaf.path.startswith(f"{path}.") for path in planned.replaced):
                return True
            if not (self.framework and planned.errors):
                break
        return False


def _example(type_: Any, *, other: bool = False) -> Any:
    """A value of a type as the schema writes types, or another one."""
    if isinstance(type_, str):
        return {"string": ("x", "y"), "number": (7, 8), "bool": (False, True), "dynamic": (None, None)}[
            type_
        ][other]
    kind, inner = type_
    if kind == "object":
        return {name: _example(of, other=other) for name, of in inner.items()}
    if kind == "tuple":
        return [_example(of, other=other) for of in inner]
    example = _example(inner, other=other)
    return {"k": example} if kind == "map" else [example]


def _body(node: Node, *, blocks: bool, depth: int = 0) -> dict[str, Any]:
    """An object with what is required, and with all its blocks or only those that are required."""
    body: dict[str, Any] = {}
    for child in children(node):
        if child.is_block:
            wanted = bool(child.spec.get("min_items")) or (
                blocks and depth <= _DEEPEST and child.name != _NEVER_GIVEN
            )
        else:
            wanted = bool(child.spec.get("required"))
        if not wanted:
            body[child.name] = empty(child)
        elif child.node is None:
            body[child.name] = _example(child.spec["type"])
        else:
            body[child.name] = _nest(child, _body(child.node, blocks=blocks, depth=depth + 1))
    return body


def _one_block_each(node: Node) -> Iterator[dict[str, Any]]:
    """Objects with one block each: with all that it holds, with nothing, and with one inner block."""
    for child in children(node):
        if not child.is_block or child.node is None:
            continue
        inner = [_body(child.node, blocks=True), _body(child.node, blocks=False)]
        inner += (
            _body(child.node, blocks=False) | {one.name: _nest(one, _body(one.node, blocks=True))}
            for one in children(child.node)
            if one.is_block and one.node is not None
        )
        for one in inner:
            yield _body(node, blocks=False) | {child.name: _nest(child, one)}


def _nest(child: Child, value: Any) -> Any:
    return (
        value if child.nesting in ("single", "group") else {"k": value} if child.nesting == "map" else [value]
    )


def _objects(child: Child, value: Any) -> Sequence[Any]:
    return [element for element, _ in elements(child.nesting, value)]


def _settled(node: Node, value: Any) -> Any:
    """A planned value as if it had been applied: what is unknown gets a value."""
    for child in children(node):
        if value.get(child.name) is UNKNOWN:
            text = child.spec.get("type") == "string" and child.name != "id"
            known = (
                _COMPUTED_TEXT
                if text
                else _example(child.spec["type"])
                if child.node is None
                else empty(child)
            )
            value[child.name] = known
        elif child.node is not None:
            for one in _objects(child, value.get(child.name)):
                _settled(child.node, one)
    return value


def _leaves(node: Node, value: Any, path: str = "") -> Iterator[_Leaf]:
    """Every argument that can be set in a value; of several objects in one place only those of the first."""
    for child in children(node):
        if child.node is None:
            if child.spec.get("optional") or child.spec.get("required"):
                yield _Leaf(path + child.name, (child.name,), child.spec["type"])
            continue
        inside = value.get(child.name)
        if not inside:
            continue
        way: tuple[str | int, ...] = (child.name,)
        if child.nesting not in ("single", "group"):
            way += ("k" if child.nesting == "map" else 0,)
            inside = inside[way[-1]]
        for leaf in _leaves(child.node, inside, f"{path}{child.name}."):
            yield leaf._replace(keys=way + leaf.keys)


def _without_computed(node: Node, value: Any) -> Any:
    """A value as its author could have written it: what only the provider sets is null."""
    for child in children(node):
        if child.node is not None:
            for one in _objects(child, value.get(child.name)):
                _without_computed(child.node, one)
        elif child.spec.get("computed") and not child.spec.get("optional"):
            value[child.name] = None
    return value
