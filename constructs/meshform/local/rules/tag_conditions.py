# SPDX-License-Identifier: Apache-2.0
"""Conditions of policies on the tags of a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from meshform.governance.sql_text import SqlError, parse_expression

_TESTS = {"has_tag": 1, "has_tag_value": 2}


def matches(condition: str, tags: Mapping[str, str]) -> bool:
    """Whether a column with these tags matches a condition; every column matches none.

    Raises:
        SqlError: it is not a condition.
    """
    return not condition or _holds(parse_expression(condition), tags)


def _holds(node: Any, tags: Mapping[str, str]) -> bool:
    if isinstance(node, exp.Paren):
        return _holds(node.this, tags)
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Not):
        return not _holds(node.this, tags)
    if isinstance(node, exp.And | exp.Or):
        both = _holds(node.left, tags), _holds(node.right, tags)  # both are read, so both are checked
        return all(both) if isinstance(node, exp.And) else any(both)
    if isinstance(node, exp.Anonymous) and (count := _TESTS.get(node.name.lower())):
        texts = [one.name for one in node.expressions if isinstance(one, exp.Literal) and one.is_string]
        if len(texts) == count == len(node.expressions):
            return texts[0] in tags and (count == 1 or tags[texts[0]] == texts[1])
    raise SqlError(f"{node.sql(dialect='databricks')[:60]} tests no tag")
