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
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.securables import KIND_OF
from meshform.local.schema_walk import Child, Node, children, elements
from meshform.local.values import UNKNOWN, has_unknown

Value = dict[str, Any]


class PlanFacts:
    """The plan facts of one type."""

    def __init__(self, facts: Mapping[str, Any], type_: str) -> None:
        self.defaults: Mapping[str, Any] = facts["defaults"].get(type_, {})
        self.unknown: Set[str] = frozenset(facts["unknown"].get(type_, ()))
        self.force_new: Set[str] = frozenset(facts["force_new"].get(type_, ()))
        self.kept: Set[str] = frozenset(facts.get("kept", {}).get(type_, ()))
        self.framework: bool = type_ in facts["framework"]

    def forces_below(self, path: str) -> bool:
        """Whether anything below a path forces a replacement."""
        return any(forced.startswith(path + ".") for forced in self.force_new)


def plan(
    type_: str, node: Node, facts: PlanFacts, config: Value, proposed: Value, prior: Value | None
) -> tuple[Value, list[str]]:
    """The planned value, and the top-level attributes whose change replaces the object, sorted.

    Args:
        type_: the type.
        node: its schema.
        facts: what is known of its plans.
        config: the configuration alone.
        proposed: the configuration, with the prior values of what it leaves out and the workspace computes.
        prior: the value before; None for a new object.

    Raises:
        Refusal: the provider would refuse to plan this change.
    """
    planned = copy.deepcopy(proposed)
    _complete(node, planned, prior, facts, "")
    if prior is None:
        return planned, []
    for same in _SAME.get(type_, ()):
        same(planned, prior)
    if type_ in KIND_OF:
        _ignore_case(planned, prior)
    if facts.framework and planned != prior:
        _forget_computed(node, planned, config, facts, "")
    replaced = set(_replaced(node, prior, planned, facts, ""))
    if special := _SPECIAL.get(type_):
        special(planned, prior, replaced)
    return planned, sorted(replaced)


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


def _forget_computed(node: Node, value: Any, config: Any, facts: PlanFacts, path: str) -> None:
    """On a changed object of the plugin framework, make unknown what the workspace may compute anew."""
    for child in children(node):
        here = path + child.name
        given = config.get(child.name)
        if given is None and child.spec.get("computed"):
            if here not in facts.kept and here not in facts.defaults:
                value[child.name] = UNKNOWN
        elif child.node is not None:
            for element, element_config in elements(child.nesting, value.get(child.name), given):
                if isinstance(element_config, dict):
                    _forget_computed(child.node, element, element_config, facts, here + ".")


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


def _same_grants(planned: Value, prior: Value) -> None:
    def normal(value: Any) -> Any:
        return sorted((grant["principal"], normalised(grant["privileges"])) for grant in value or ())

    if not has_unknown(planned.get("grant")) and normal(planned.get("grant")) == normal(prior.get("grant")):
        planned["grant"] = prior["grant"]


def _same_privileges(planned: Value, prior: Value) -> None:
    new, old = planned.get("privileges"), prior.get("privileges")
    if not has_unknown(new) and normalised(new or ()) == normalised(old or ()):
        planned["privileges"] = old


def _ignore_case(planned: Value, prior: Value) -> None:
    for name in ("name", "catalog_name", "schema_name"):
        new, old = planned.get(name), prior.get(name)
        if isinstance(new, str) and isinstance(old, str) and new.lower() == old.lower():
            planned[name] = old


_SAME: dict[str, tuple[Callable[[Value, Value], None], ...]] = {
    "databricks_grants": (_same_grants,),
    "databricks_grant": (_same_privileges,),
}


# What the real provider decides in code, at 1.128.0: which attributes force a replacement after all


def _of_sql_table(planned: Value, prior: Value, replaced: set[str]) -> None:
    """catalog/resource_sql_table.go: a view's comment; and a column cannot change its type."""
    old, new = prior.get("column") or [], planned.get("column")
    if isinstance(new, list) and len(new) == len(old):
        for before, after in zip(old, new, strict=True):
            if _column_type(before.get("type")) != _column_type(after.get("type")):
                raise Refusal(
                    f"changing the 'type' of an existing column is not supported: {after.get('name')},"
                    f" {before.get('type')} to {after.get('type')}"
                )
    if planned.get("table_type") == "VIEW" and planned.get("comment") != prior.get("comment"):
        replaced.add("comment")


def _of_pipeline(planned: Value, prior: Value, replaced: set[str]) -> None:
    """pipelines/resource_pipeline.go: between a storage location and a catalog there is no way."""
    both = {"catalog", "storage"}
    if all(planned.get(name) != prior.get(name) for name in both):
        replaced |= both


def _of_catalog(planned: Value, prior: Value, replaced: set[str]) -> None:
    """catalog/resource_catalog.go: `authorized_paths` is the one option that can be changed."""
    old, new = (dict(value.get("options") or {}) for value in (prior, planned))
    old.pop("authorized_paths", None)
    new.pop("authorized_paths", None)
    if old == new:
        replaced.discard("options")


def _column_type(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    plain = text.replace("`", "").lower()
    return _TYPE_ALIASES.get(plain, plain)


_TYPE_ALIASES = {
    "integer": "int",
    "long": "bigint",
    "real": "float",
    "short": "smallint",
    "byte": "tinyint",
    "decimal": "decimal(10,0)",
    "dec": "decimal(10,0)",
    "numeric": "decimal(10,0)",
}
_SPECIAL: dict[str, Callable[[Value, Value, set[str]], None]] = {
    "databricks_catalog": _of_catalog,
    "databricks_pipeline": _of_pipeline,
    "databricks_sql_table": _of_sql_table,
}
