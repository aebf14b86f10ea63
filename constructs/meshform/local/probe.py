# SPDX-License-Identifier: Apache-2.0
"""Learning plan facts from a provider: what its schema does not say and only its plans show.

Every type is planned as a new object, with all its blocks and with only what is required. Where the plan
differs from what was given stand its defaults and what becomes known only after apply. Then each argument is
changed, one at a time, and the plan tells whether that replaces the object, and what of it that was computed
stays.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Any

from meshform.local.probe_values import (
    NEVER_GIVEN,
    Leaf,
    body,
    example,
    least,
    leaves,
    objects,
    one_block_each,
    settled,
    without_computed,
)
from meshform.local.provider_process import Planned, ProviderProcess
from meshform.local.schema_walk import Node, children
from meshform.local.values import UNKNOWN, has_unknown

# Where the provider panics, its plans cannot be seen: these blocks are planned as everywhere else.
_PANICS = {"databricks_job": ("job_cluster.new_cluster.provider_config", "task.new_cluster.provider_config")}

# The framework stops at the first value that it finds wrong, in a random order of the arguments. An example
# may be wrong for an argument, and then what the plan says of another is seen only now and then.
_TRIES = 12


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
    facts: dict[str, Any] = {"defaults": {}, "force_new": {}, "framework": [], "kept": {}, "unknown": {}}
    for type_ in sorted(schemas if types is None else types):
        probe = _Probe(provider, type_, schemas[type_]["block"])
        probe.run()
        unknown = probe.unknown.union(_PANICS.get(type_, ()))
        for part, found in (
            ("defaults", probe.defaults),
            ("unknown", sorted(unknown)),
            ("force_new", sorted(probe.force_new)),
            ("kept", sorted(probe.kept - probe.renewed)),
        ):
            if found:
                facts[part][type_] = found
        if probe.framework:
            facts["framework"].append(type_)
        progress()
    return facts


class _Probe:
    def __init__(self, provider: ProviderProcess, type_: str, node: Node) -> None:
        self._provider, self._type, self._node = provider, type_, node
        self.defaults: dict[str, Any] = {}
        self.unknown: set[str] = set()
        self.force_new: set[str] = set()
        self.kept: set[str] = set()  # computed, and an update kept it
        self.renewed: set[str] = set()  # computed, and an update made it unknown
        self.framework = False

    def run(self) -> None:
        everything, required = body(self._node, blocks=True), body(self._node, blocks=False)
        trials = [everything, required]
        refused = bool(self._create(everything).errors)
        if refused:  # some of its blocks exclude one another: try them one by one
            trials += one_block_each(self._node)
        made: list[Any] = []
        for trial in trials:
            planned = self._create(trial)
            if planned.value is None or planned.errors:
                continue
            self._compare(self._node, trial, planned.value, "")
            if trial is required:
                self.framework = not planned.older_sdk
            if refused or not made:
                made.append(planned.value)
        for planned_value in made:
            self._change_each_argument(settled(self._node, copy.deepcopy(planned_value)))

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
                pairs = objects(child, before), objects(child, after)
                if len(pairs[0]) == len(pairs[1]):
                    for one, other in zip(*pairs, strict=True):
                        self._compare(child.node, one, other, here + ".")

    def _change_each_argument(self, prior: Any) -> None:
        for leaf in leaves(self._node, prior):
            proposed = copy.deepcopy(prior)
            holder = proposed
            for key in leaf.keys[:-1]:
                holder = holder[key]
            other = example(leaf.type, other=True)
            holder[leaf.keys[-1]] = other if holder[leaf.keys[-1]] != other else example(leaf.type)
            config = without_computed(self._node, copy.deepcopy(proposed))
            if self._replaces(leaf, prior, config, proposed):
                self.force_new.add(leaf.path)
            if self.framework:
                self._learn_kept(leaf, prior, proposed)

    def _replaces(self, leaf: Leaf, prior: Any, config: Any, proposed: Any) -> bool:
        for _ in range(_TRIES):
            planned = self._provider.plan(self._type, prior, config, proposed)
            if any(leaf.path == path or leaf.path.startswith(f"{path}.") for path in planned.replaced):
                return True
            if not (self.framework and planned.errors):
                break
        return False

    def _learn_kept(self, leaf: Leaf, prior: Any, proposed: Any) -> None:
        """Learn which computed values an update keeps. What is kept does not depend on a replacement."""
        config = least(self._node, copy.deepcopy(proposed), leaf.keys)
        planned = self._provider.plan(self._type, prior, config, proposed)
        if planned.value is not None and not planned.errors:
            self._compare_computed(self._node, (config, prior, planned.value), "")

    def _compare_computed(self, node: Node, config_prior_planned: tuple[Any, ...], path: str) -> None:
        for child in children(node):
            here = path + child.name
            given, before, after = (value.get(child.name) for value in config_prior_planned)
            if given is None and child.spec.get("computed"):
                if after is UNKNOWN and child.name != NEVER_GIVEN:
                    self.renewed.add(here)
                elif before is not None or child.name == NEVER_GIVEN:
                    self.kept.add(here)
            elif child.node is not None:
                parts = [objects(child, value) for value in (given, before, after)]
                if len({len(part) for part in parts}) == 1:
                    for three in zip(*parts, strict=True):
                        self._compare_computed(child.node, three, here + ".")
