# SPDX-License-Identifier: Apache-2.0
"""Metrics and operators of quality rules of type `library`, as SQL over the rows of one table.

Source: Open Data Contract Standard v3.1, "Data quality": the metrics `nullValues`, `missingValues`,
`invalidValues`, `duplicateValues` and `rowCount`, counted in `rows` or `percent`, and the operators `mustBe`
and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from meshform.model.expectations import Comparison, good_row
from meshform.model.names import quoted_if_needed
from meshform.model.sql_literals import constant

METRICS = ("duplicateValues", "invalidValues", "missingValues", "nullValues", "rowCount")

_COMPARISONS = {
    "mustBe": "{value} = {0}",
    "mustNotBe": "{value} <> {0}",
    "mustBeGreaterThan": "{value} > {0}",
    "mustBeGreaterOrEqualTo": "{value} >= {0}",
    "mustBeLessThan": "{value} < {0}",
    "mustBeLessOrEqualTo": "{value} <= {0}",
    "mustBeBetween": "{value} BETWEEN {0} AND {1}",
    "mustNotBeBetween": "{value} NOT BETWEEN {0} AND {1}",
}
_WORDS = {
    "mustBe": "must be {0}",
    "mustNotBe": "must not be {0}",
    "mustBeGreaterThan": "must be greater than {0}",
    "mustBeGreaterOrEqualTo": "must be at least {0}",
    "mustBeLessThan": "must be less than {0}",
    "mustBeLessOrEqualTo": "must be at most {0}",
    "mustBeBetween": "must be between {0} and {1}",
    "mustNotBeBetween": "must not be between {0} and {1}",
}
OPERATORS = tuple(_COMPARISONS)
_PAIRS = ("mustBeBetween", "mustNotBeBetween")
_TEXTS = ("mustBe", "mustNotBe")


def measure(rule: Comparison, path: tuple[str, ...], *, percent: bool) -> str | None:
    """SQL that aggregates the rows of a table to a metric; None where that cannot be told.

    Args:
        rule: a rule of type `library`.
        path: the column; for `duplicateValues` of a table it is empty, and `properties` are looked at.
        percent: of all rows instead of a number of rows; of an empty table that is 0.
    """
    if rule.metric == "rowCount":
        return None if percent else "count(*)"
    if rule.metric == "duplicateValues":
        columns = [element(path)] if path else [element((one,)) for one in _names(rule.arguments or {})]
        if not columns:
            return None
        # a missing value is no duplicate of another; of several columns together it may be
        together = columns[0] if len(columns) == 1 else f"struct({', '.join(columns)})"
        found = f"count({together}) - count(DISTINCT {together})"
    elif (good := good_row(rule, path) if path else None) is not None:
        found = f"count_if(NOT coalesce({good}, FALSE))"
    else:
        return None
    return f"coalesce(100.0 * ({found}) / nullif(count(*), 0), 0)" if percent else found


def element(path: Sequence[str]) -> str:
    """A column or field as SQL reads it."""
    return ".".join(quoted_if_needed(part) for part in path)


def comparison(operator: str | None, threshold: Any, value: str) -> str | None:
    """SQL that is true when a value meets a threshold; None when operator and threshold do not fit."""
    operands = _operands(operator, threshold)
    if operands is None:
        return None
    return _COMPARISONS[str(operator)].format(*map(constant, operands), value=value)


def told(operator: str | None, threshold: Any) -> str:
    """The same in words: `must be at most 5`."""
    return _WORDS[str(operator)].format(*(_operands(operator, threshold) or ("?", "?")))


def is_number(value: object) -> bool:
    """Whether it is a number; a truth value is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _operands(operator: str | None, threshold: Any) -> tuple[Any, ...] | None:
    if operator in _PAIRS:
        pair = threshold if isinstance(threshold, tuple | list) else ()
        return tuple(pair) if len(pair) == 2 and all(map(is_number, pair)) else None
    if operator in _TEXTS and isinstance(threshold, str | bool):
        return (str(threshold).lower() if isinstance(threshold, bool) else threshold,)
    return (threshold,) if operator in _COMPARISONS and is_number(threshold) else None


def _names(arguments: Mapping[str, Any]) -> list[str]:
    names = arguments.get("properties")
    return [one for one in names if isinstance(one, str)] if isinstance(names, list | tuple) else []
