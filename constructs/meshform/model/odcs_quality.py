# SPDX-License-Identifier: Apache-2.0
"""Quality rules of a contract, and which of them become expectations of a declarative pipeline.

A rule becomes an expectation when it can be told row by row:

- `type: library` with the metric `nullValues`, `missingValues` or `invalidValues` of a column and a threshold
  that allows none (`mustBe: 0`, `mustBeLessOrEqualTo: 0`, `mustBeLessThan: 1`). `nullValues` of `order_id` is
  `order_id IS NOT NULL`; `invalidValues` takes `arguments` `validValues` or `pattern`, and leaves NULL alone.
- `type: custom` with `engine: databricks`: `implementation` is the SQL condition of a good row, such as
  `amount >= 0`.
- `type: sql` whose query counts bad rows, `SELECT COUNT(*) FROM t WHERE NOT (amount >= 0)`, with such a
  threshold: the condition in the brackets.

Every other rule is kept, not run.

ODCS has no field for what happens to a bad row. The custom property `onViolation` of the rule says it:
`warn`, `drop` or `fail`. Without it the severity `error` means `fail`; everything else means `warn`.
"""

from __future__ import annotations

import re
from typing import Any, Literal, cast

from meshform.model.contract import Action, QualityRule
from meshform.model.names import quoted_if_needed
from meshform.model.near import did_you_mean
from meshform.model.odcs_node import Node
from meshform.model.sql_literals import constant, literal

_METRICS = ("duplicateValues", "invalidValues", "missingValues", "nullValues", "rowCount")
_NAMES = {
    "nullValues": "is_not_null",
    "missingValues": "is_not_missing",
    "invalidValues": "is_valid",
    "duplicateValues": "is_unique",
    "rowCount": "row_count",
}
_OPERATORS = (
    "mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
    "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween",
)  # fmt: skip
_TYPES = ("custom", "library", "sql", "text")
_COUNT_BAD = re.compile(
    r"\s*SELECT\s+COUNT\s*\(\s*[*1]\s*\)\s+FROM\s+\S+\s+WHERE\s+NOT\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL
)
ENGINE = "databricks"


def quality_rules(
    node: Node, column: tuple[str, ...] | None, *, in_rows: bool = True
) -> tuple[QualityRule, ...]:
    """The rules of a table (`column` is None) or a column.

    Args:
        node: the schema object or the property.
        column: path of the column, its parents first.
        in_rows: False below an array, where a column has many values in each row.
    """
    return tuple(_rule(one, column, in_rows, i) for i, one in enumerate(node.children("quality"), 1))


def _rule(node: Node, column: tuple[str, ...] | None, in_rows: bool, number: int) -> QualityRule:
    kind = _type(node)
    metric = node.text("metric") or node.text("rule") if kind == "library" else None
    operators = [one for one in _OPERATORS if node.data.get(one) is not None]
    operator = operators[0] if operators else None
    _check(node, kind, metric, operators)
    expression = _expression(node, kind, metric, operator, column) if in_rows else None
    stem = _NAMES.get(metric or "", f"{kind}_{number}")
    return QualityRule(
        name=node.text("name") or ("_".join([*column, stem]) if column else stem),
        type=kind,
        description=node.text("description"),
        expression=expression,
        action=_action(node, is_expectation=expression is not None),
        query=node.text("query") if kind == "sql" else None,
        metric=metric,
        operator=operator,
        threshold=_frozen(node.data.get(operator)) if operator else None,
        unit=node.text("unit"),
        engine=node.text("engine") if kind == "custom" else None,
        implementation=node.data.get("implementation") if kind == "custom" else None,
        severity=node.text("severity"),
        dimension=node.text("dimension"),
        place=node.place(),
    )


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
        elif metric not in _METRICS:
            near = did_you_mean(metric, _METRICS)
            node.note("MF206", "not a metric", "metric", got=metric, allowed=", ".join(_METRICS), fix=near)
        elif not operators:
            one_of_these = ", ".join(_OPERATORS)
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


def _expression(
    node: Node, kind: str, metric: str | None, operator: str | None, column: tuple[str, ...] | None
) -> str | None:
    if kind == "custom":
        text = (node.text("implementation") or "").strip()
        return text or None if node.text("engine") == ENGINE else None
    if not _allows_none(operator, node.data.get(operator or "")):
        return None
    if kind == "sql":
        found = _COUNT_BAD.fullmatch(node.text("query") or "")
        return found[1].strip() if found and _is_balanced(found[1]) else None
    if kind != "library" or column is None:
        return None
    name = ".".join(quoted_if_needed(part) for part in column)
    if metric == "nullValues":
        return f"{name} IS NOT NULL"
    arguments = node.child("arguments")
    if metric == "missingValues":
        missing = _constants(arguments, "missingValues")
        return f"{name} IS NOT NULL" + (f" AND {name} NOT IN ({', '.join(missing)})" if missing else "")
    if metric == "invalidValues" and arguments is not None:
        tests = []
        if valid := _constants(arguments, "validValues"):
            tests.append(f"{name} IN ({', '.join(valid)})")
        if pattern := arguments.text("pattern"):
            tests.append(f"{name} RLIKE {literal(pattern)}")
        if tests:
            return f"{name} IS NULL OR " + (tests[0] if len(tests) == 1 else f"({' AND '.join(tests)})")
    return None


def _allows_none(operator: str | None, threshold: Any) -> bool:
    """Whether the threshold is met by no bad row at all and by nothing else."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return False
    return (operator in ("mustBe", "mustBeLessOrEqualTo") and threshold == 0) or (
        operator == "mustBeLessThan" and 0 < threshold <= 1
    )


def _constants(arguments: Node | None, key: str) -> list[str]:
    values = arguments.data.get(key) if arguments else None
    if not isinstance(values, list):
        return []
    return [constant(value) for value in values if isinstance(value, str | bool | int | float)]


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _action(node: Node, *, is_expectation: bool) -> Action:
    for one in node.children("customProperties"):
        if one.text("property") != "onViolation":
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
