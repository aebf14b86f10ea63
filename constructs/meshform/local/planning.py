# SPDX-License-Identifier: Apache-2.0
"""What a plan shows: defaults, what is known only after apply, and what forces a replacement.

Terraform hands over the configuration merged with the prior state. The rest was learned from the real
provider (`plan_facts`), so that a plan here has the same actions and values as a real one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Set
from typing import Any

from meshform.local.rules.privileges import normalised
from meshform.local.rules.securables import KIND_OF
from meshform.local.schema_walk import Child, Node, children, elements
from meshform.local.values import UNKNOWN, has_unknown


class PlanFacts:
    """The plan facts of one type."""

    def __init__(self, facts: Mapping[str, Any], type_: str) -> None:
        self.defaults: Mapping[str, Any] = facts["defaults"].get(type_, {})
        self.unknown: Set[str] = frozenset(facts["unknown"].get(type_, ()))
        self.force_new: Set[str] = frozenset(facts["force_new"].get(type_, ()))
        self.framework: bool = type_ in facts["framework"]

    def forces_below(self, path: str) -> bool:
        """Whether anything below a path forces a replacement."""
        return any(forced.startswith(path + ".") for forced in self.force_new)


def plan(
    type_: str, node: Node, facts: PlanFacts, proposed: dict[str, Any], prior: dict[str, Any] | None
) -> tuple[dict[str, Any], list[str]]:
    """The planned value, and the top-level attributes whose change replaces the object, sorted."""
    planned = copy.deepcopy(proposed)
    _complete(node, planned, prior, facts, "")
    if prior is None:
        return planned, []
    for same in _SAME.get(type_, ()):
        same(planned, prior)
    if type_ in KIND_OF:
        _ignore_case(planned, prior)
    return planned, sorted(_replaced(node, prior, planned, facts, ""))


def _complete(node: Node, value: Any, prior: Any, facts: PlanFacts, path: str) -> None:
    """Fill in defaults; on an object without a prior, what the workspace computes becomes unknown."""
    if not isinstance(value, dict):
        return
    for child in children(node):
        here = path + child.name
        given = value.get(child.name)
        if given is None and here in facts.defaults:
            given = value[child.name] = copy.deepcopy(facts.defaults[here])
        computed = (given is None and child.spec.get("computed")) or (
            given in (None, []) and here in facts.unknown
        )
        if computed and not isinstance(prior, dict):
            value[child.name] = UNKNOWN
        elif child.node is not None:
            before = prior.get(child.name) if isinstance(prior, dict) else None
            for element, element_before in elements(child.nesting, given, before):
                _complete(child.node, element, element_before, facts, here + ".")


def _replaced(node: Node, prior: Any, planned: Any, facts: PlanFacts, path: str) -> list[str]:
    return [
        child.name
        for child in children(node)
        if prior.get(child.name) != planned.get(child.name)
        and (
            path + child.name in facts.force_new
            or _replaced_below(
                child, prior.get(child.name), planned.get(child.name), facts, path + child.name
            )
        )
    ]


def _replaced_below(child: Child, prior: Any, planned: Any, facts: PlanFacts, path: str) -> bool:
    if child.node is None or not facts.forces_below(path):
        return False
    before = [element for element, _ in elements(child.nesting, prior)]
    after = [element for element, _ in elements(child.nesting, planned)]
    if len(before) != len(after):
        return True
    pairs = zip(before, after, strict=True)
    return any(_replaced(child.node, one, other, facts, path + ".") for one, other in pairs)


# Differences that the real provider does not see


def _same_grants(planned: dict[str, Any], prior: dict[str, Any]) -> None:
    def normal(value: Any) -> Any:
        return sorted((grant["principal"], normalised(grant["privileges"])) for grant in value or ())

    if not has_unknown(planned.get("grant")) and normal(planned.get("grant")) == normal(prior.get("grant")):
        planned["grant"] = prior["grant"]


def _same_privileges(planned: dict[str, Any], prior: dict[str, Any]) -> None:
    new, old = planned.get("privileges"), prior.get("privileges")
    if not has_unknown(new) and normalised(new or ()) == normalised(old or ()):
        planned["privileges"] = old


def _ignore_case(planned: dict[str, Any], prior: dict[str, Any]) -> None:
    for name in ("name", "catalog_name", "schema_name"):
        new, old = planned.get(name), prior.get(name)
        if isinstance(new, str) and isinstance(old, str) and new.lower() == old.lower():
            planned[name] = old


_SAME: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], None], ...]] = {
    "databricks_grants": (_same_grants,),
    "databricks_grant": (_same_privileges,),
}
