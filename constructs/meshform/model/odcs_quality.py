# SPDX-License-Identifier: Apache-2.0
"""Quality rules of a contract; `expectations` tells which become expectations of a declarative pipeline.

ODCS has no field for what happens to a bad row. The custom property `onViolation` of the rule says it:
`warn`, `drop` or `fail`. Without it the severity `error` means `fail`; everything else means `warn`.
"""

from __future__ import annotations

from typing import Any, Literal, cast

from meshform.model.contract import Action, QualityRule
from meshform.model.expectations import ENGINE, Comparison, condition
from meshform.model.near import did_you_mean
from meshform.model.odcs_keys import CARRIED_WITH, ON_VIOLATION, custom_properties, simple
from meshform.model.odcs_node import Node
from meshform.model.quality_metrics import METRICS, OPERATORS

_NAMES = {
    "nullValues": "is_not_null",
    "missingValues": "is_not_missing",
    "invalidValues": "is_valid",
    "duplicateValues": "is_unique",
    "rowCount": "row_count",
}
_TYPES = ("custom", "library", "sql", "text")


def quality_rules(
    node: Node, column: tuple[str, ...] | None, *, in_rows: bool = True
) -> tuple[QualityRule, ...]:
    """The rules of a table (`column` is None) or a column.

    Args:
        node: the schema object or the property.
        column: path of the column, its parents first.
        in_rows: False below an array, where a column has many values in each row.
    """
    names: set[str] = set()
    return tuple(_rule(one, column, in_rows, i, names) for i, one in enumerate(node.children("quality"), 1))


def _rule(
    node: Node, column: tuple[str, ...] | None, in_rows: bool, number: int, names: set[str]
) -> QualityRule:
    kind = _type(node)
    metric = node.text("metric") or node.text("rule") if kind == "library" else None
    operators = [one for one in OPERATORS if node.data.get(one) is not None]
    operator = operators[0] if operators else None
    _check(node, kind, metric, operators)
    compared = Comparison(
        type=kind,
        metric=metric,
        operator=operator,
        threshold=_frozen(node.data.get(operator)) if operator else None,
        query=node.text("query") if kind == "sql" else None,
        engine=node.text("engine") if kind == "custom" else None,
        implementation=node.data.get("implementation") if kind == "custom" else None,
        arguments=node.mapping("arguments"),
    )
    expression = condition(compared, column if in_rows else None)
    return QualityRule(
        name=node.text("name") or _new_name(metric, kind, column, number, names),
        expression=expression,
        action=_action(node, is_expectation=expression is not None),
        custom_properties=tuple(one for one in custom_properties(node) if one.property != ON_VIOLATION),
        place=node.place(),
        other=node.other(CARRIED_WITH[kind] | {operator}),
        **vars(compared),
        **simple(node, QualityRule),
    )


def _new_name(
    metric: str | None, kind: str, column: tuple[str, ...] | None, number: int, names: set[str]
) -> str:
    """A name for a rule that has none, another one for each in its list."""
    stem = _NAMES.get(metric or "", f"{kind}_{number}")
    name = "_".join([*column, stem]) if column else stem
    if name in names:
        name = f"{name}_{number}"
    names.add(name)
    return name


def _type(node: Node) -> Literal["text", "library", "sql", "custom"]:
    given = node.text("type")
    if given in _TYPES:
        return cast("Literal['text', 'library', 'sql', 'custom']", given)
    if given is not None:
        fix = did_you_mean(given, _TYPES)
        node.note(
            "MF206", "not a type of quality rule", "type", got=given, allowed=", ".join(_TYPES), fix=fix
        )
    if node.data.get("query") is not None:
        return "sql"
    return "library" if node.data.get("metric") or node.data.get("rule") else "text"


def _check(node: Node, kind: str, metric: str | None, operators: list[str]) -> None:
    if len(operators) > 1:
        fix = "make a rule of each"
        got = ", ".join(operators)
        node.note("MF210", "a quality rule compares twice", operators[1], got=got, allowed="one", fix=fix)
    if kind == "library" and node.data.get("rule") is None:
        if metric is None:
            node.require("metric", "a quality rule of type library")
        elif metric not in METRICS:
            near = did_you_mean(metric, METRICS)
            node.note("MF206", "not a metric", "metric", got=metric, allowed=", ".join(METRICS), fix=near)
        elif not operators:
            one_of_these = ", ".join(OPERATORS)
            fix = "add `mustBe: 0`"
            node.note("MF210", "a quality rule compares with nothing", allowed=one_of_these, fix=fix)
    elif kind == "sql":
        node.require("query", "a quality rule of type sql")
    elif kind == "custom":
        engine = node.require("engine", "a quality rule of type custom")
        if node.data.get("implementation") is None:
            node.require("implementation", "a quality rule of type custom")
        elif engine == ENGINE and not (node.text("implementation") or "").strip():
            node.note(
                "MF210",
                f"a rule for engine {ENGINE} is the SQL condition of a good row",
                "implementation",
                allowed="text, such as `amount >= 0`",
            )


def _action(node: Node, *, is_expectation: bool) -> Action:
    for one in node.children("customProperties"):
        if one.text("property") != ON_VIOLATION:
            continue
        value = one.data.get("value")
        allowed = [action.value for action in Action]
        if not is_expectation:
            node.note(
                "MF211",
                "the rule cannot be told row by row, so it has no `onViolation`",
                *one.path[len(node.path) :],
                fix=f"remove it, or write the rule as a condition for `engine: {ENGINE}`",
            )
        elif value in allowed:
            return Action(value)
        else:
            fix = did_you_mean(str(value), allowed)
            one.note("MF211", "not an action", "value", got=str(value), allowed=", ".join(allowed), fix=fix)
    return Action.FAIL if is_expectation and node.text("severity") == "error" else Action.WARN


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
