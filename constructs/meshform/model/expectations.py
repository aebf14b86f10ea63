# SPDX-License-Identifier: Apache-2.0
"""What can be told row by row: SQL that is true for a good row, from a quality rule or the allowed values.

A rule becomes an expectation when it is one of these:

- `type: library` with the metric `nullValues`, `missingValues` or `invalidValues` of a column and a threshold
  that allows none (`mustBe: 0`, `mustBeLessOrEqualTo: 0`, `mustBeLessThan: 1`). `nullValues` of `order_id` is
  `order_id IS NOT NULL`; `invalidValues` takes `arguments` `validValues` or `pattern`, and leaves NULL alone.
- `type: custom` with `engine: databricks`: `implementation` is the SQL condition of a good row, such as
  `amount >= 0`.
- `type: sql` whose query counts bad rows, `SELECT COUNT(*) FROM t WHERE NOT (amount >= 0)`, with such a
  threshold: the condition in the brackets.

Every other rule that compares a value is measured over the whole table by a check of the product's job, see
`governance/quality_checks.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from meshform.model.names import quoted_if_needed
from meshform.model.sql_literals import constant, literal

ENGINE = "databricks"
_COUNT_BAD = re.compile(
    r"\s*SELECT\s+COUNT\s*\(\s*[*1]\s*\)\s+FROM\s+\S+\s+WHERE\s+NOT\s*\((.*)\)\s*", re.IGNORECASE | re.DOTALL
)
_ISO = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    "timestamp": re.compile(
        r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?)?"
    ),
    "timestamp_ntz": re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?"),
}
_BOUNDS = {"minimum": ">=", "maximum": "<=", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}
_SIZES = {
    "minLength": ("length", ">="), "maxLength": ("length", "<="),
    "minItems": ("size", ">="), "maxItems": ("size", "<="),
    "minProperties": ("size", ">="), "maxProperties": ("size", "<="),
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """The parts of a quality rule that say what it compares; the names are those of `QualityRule`."""

    type: str
    metric: str | None = None
    operator: str | None = None
    threshold: Any = None
    query: str | None = None
    engine: str | None = None
    implementation: Any = None
    arguments: Mapping[str, Any] | None = None


def condition(rule: Comparison, column: tuple[str, ...] | None) -> str | None:
    """The condition of a good row, or None when the rule cannot be told row by row.

    Args:
        rule: what it compares.
        column: path of its column, parents first; None for a rule about the table.
    """
    if rule.type == "custom":
        text = rule.implementation.strip() if isinstance(rule.implementation, str) else ""
        return text or None if rule.engine == ENGINE else None
    if not _allows_none(rule.operator, rule.threshold):
        return None
    if rule.type == "sql":
        found = _COUNT_BAD.fullmatch(rule.query or "")
        return found[1].strip() if found and _is_balanced(found[1]) else None
    return good_row(rule, column) if rule.type == "library" and column is not None else None


def good_row(rule: Comparison, column: tuple[str, ...]) -> str | None:
    """The condition of a row that a metric of a column does not count; None for other metrics."""
    name = _quoted(column)
    arguments = rule.arguments or {}
    if rule.metric == "nullValues":
        return f"{name} IS NOT NULL"
    if rule.metric == "missingValues":
        missing = _constants(arguments.get("missingValues"))
        return f"{name} IS NOT NULL" + (f" AND {name} NOT IN ({', '.join(missing)})" if missing else "")
    if rule.metric == "invalidValues":
        tests = []
        if valid := _constants(arguments.get("validValues")):
            tests.append(f"{name} IN ({', '.join(valid)})")
        if isinstance(pattern := arguments.get("pattern"), str) and pattern:
            tests.append(f"{name} RLIKE {literal(pattern)}")
        return _null_or(name, tests)
    return None


def allowed_values(
    column: tuple[str, ...], type_: str, values: Iterable[Any], options: Mapping[str, Any]
) -> str | None:
    """The condition that a column holds allowed values or NULL; None when every value is allowed.

    Args:
        column: path of the column, parents first.
        type_: its type in normal form.
        values: the values of `enum`.
        options: `logicalTypeOptions`; those that say a format are left alone.
    """
    name = _quoted(column)
    tests = []
    if listed := _constants([*values, *_listed(options)]):
        tests.append(f"{name} IN ({', '.join(dict.fromkeys(listed))})")
    tests += [test for test in _tests(name, type_, options) if isinstance(test, str)]
    return _null_or(name, tests)


def unusable_options(type_: str, options: Mapping[str, Any]) -> list[str]:
    """Options whose value says nothing about a column of the type, such as a text as `maxLength`."""
    return [option for test in _tests("c", type_, options) if isinstance(test, tuple) for option in test]


def _listed(options: Mapping[str, Any]) -> list[Any]:
    """Values that are listed as an option: contracts before 3.2 had no `enum`."""
    found = options.get("enum")
    return found if isinstance(found, list) else []


def _tests(name: str, type_: str, options: Mapping[str, Any]) -> Iterator[str | tuple[str]]:
    """The test of each option, or the option in a tuple when its value cannot be used."""
    for option, sign in _BOUNDS.items():
        value = options.get(option)
        if value is None or value is False:
            continue
        if value is True and option.startswith("exclusive"):
            continue  # of ODCS before 3.1: it sharpens the other bound
        strict = options.get(f"exclusive{option.capitalize()}") is True
        bound = _bound(type_, value)
        yield f"{name} {sign[0] if strict else sign} {bound}" if bound else (option,)
    for option, (function, sign) in _SIZES.items():
        value = options.get(option)
        if value is None:
            continue
        fits = type_.startswith(("array<", "map<")) if function == "size" else type_.startswith(_TEXTS)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0 and fits:
            yield f"{function}({name}) {sign} {value}"
        elif not (option.endswith("Properties") and type_.startswith("struct<")):
            yield (option,)
    if (pattern := options.get("pattern")) is not None:
        fits = isinstance(pattern, str) and type_.startswith(_TEXTS)
        yield f"{name} RLIKE {literal(pattern)}" if fits else ("pattern",)
    if (step := options.get("multipleOf")) is not None:
        fits = _is_number(step) and step > 0
        yield f"{name} % {constant(step)} = 0" if fits and type_.startswith(_NUMBERS) else ("multipleOf",)
    if (listed := options.get("enum")) is not None and not _constants(listed):
        yield ("enum",)


_TEXTS = ("string", "char", "varchar", "binary")
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _bound(type_: str, value: Any) -> str | None:
    if type_.startswith(_NUMBERS):
        return constant(value) if _is_number(value) else None
    form = _ISO.get(type_)
    if form is None or not isinstance(value, str) or not form.fullmatch(value):
        return None
    return f"{type_.upper()}{literal(value)}"


def _null_or(name: str, tests: list[str]) -> str | None:
    if not tests:
        return None
    return f"{name} IS NULL OR " + (tests[0] if len(tests) == 1 else f"({' AND '.join(tests)})")


def _quoted(column: tuple[str, ...]) -> str:
    return ".".join(quoted_if_needed(part) for part in column)


def _allows_none(operator: str | None, threshold: Any) -> bool:
    """Whether the threshold is met by no bad row at all and by nothing else."""
    if isinstance(threshold, bool) or not isinstance(threshold, int | float):
        return False
    return (operator in ("mustBe", "mustBeLessOrEqualTo") and threshold == 0) or (
        operator == "mustBeLessThan" and 0 < threshold <= 1
    )


def _constants(values: Any) -> list[str]:
    if not isinstance(values, list | tuple):
        return []
    return [constant(value) for value in values if isinstance(value, str | bool | int | float)]


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
