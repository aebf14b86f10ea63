# SPDX-License-Identifier: Apache-2.0
"""From which columns of its sources each column of a view is made.

What is not surely told is None. A count tells nothing of a value, so it carries nothing; every other function
carries its arguments. Conditions (WHERE, JOIN ON) choose rows and are not followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from meshform.governance.access.facts import Flow
from meshform.governance.sql_text import SqlError, parse_statement

_Output: TypeAlias = list[tuple[str, Flow]]
"""Name and flow of each column of a query, in order."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Something that a SELECT reads.

    Attributes:
        name: what columns are qualified with.
        columns: flow of each column by its name; None when its columns are not known.
        table: full name, when it is a table whose columns are not known.
    """

    name: str
    columns: Mapping[str, Flow] | None
    table: str | None = None

    def flow(self, column: str) -> Flow:
        if self.columns is not None:
            return self.columns.get(column)
        return frozenset({(self.table, column)}) if self.table else None


def lineage(sql: str, columns: Mapping[str, tuple[str, ...]]) -> list[Flow] | None:
    """What each column of a view is made from, in order; None when nothing can be told.

    Args:
        sql: the view's SQL with full names of tables.
        columns: names of the columns of each table that it may read, by full name; where they are not
            known, nothing.
    """
    known = {
        name.casefold(): (name, {column.casefold(): column for column in names})
        for name, names in columns.items()
    }
    try:
        found = _query(parse_statement(sql), known, {})
    except (SqlError, RecursionError):
        return None
    return None if found is None else [flow for _, flow in found]


_Known: TypeAlias = Mapping[str, tuple[str, Mapping[str, str]]]


def _query(node: object, known: _Known, ctes: Mapping[str, _Output | None]) -> _Output | None:
    if not isinstance(node, exp.Query):
        return None
    with_ = node.args.get("with_") or node.args.get("with")  # called `with` before sqlglot 28
    if isinstance(with_, exp.With):
        if with_.args.get("recursive"):
            return None
        defined = dict(ctes)
        for cte in with_.expressions:
            output = _query(cte.this, known, defined)
            defined[cte.alias.casefold()] = _renamed(output, cte.args.get("alias"))
        ctes = defined
    if isinstance(node, exp.SetOperation):
        left, right = _query(node.this, known, ctes), _query(node.expression, known, ctes)
        if node.args.get("by_name") or left is None or right is None or len(left) != len(right):
            return None
        return [(name, _both(one, other)) for (name, one), (_, other) in zip(left, right, strict=True)]
    if isinstance(node, exp.Subquery):
        return _query(node.this, known, ctes)
    return _select(node, known, ctes) if isinstance(node, exp.Select) else None


def _select(node: exp.Select, known: _Known, ctes: Mapping[str, _Output | None]) -> _Output | None:
    if node.args.get("laterals") or node.args.get("pivots"):
        return None
    read = [node.args.get("from_") or node.args.get("from"), *(node.args.get("joins") or ())]
    sources = []
    for one in read:
        if one is None:
            continue
        if isinstance(one, exp.Join) and (one.args.get("using") or one.args.get("method")):
            return None  # a column of both sides
        source = _source(one.this, known, ctes)
        if source is None:
            return None
        sources.append(source)
    output: _Output = []
    for projection in node.expressions:
        if isinstance(projection, exp.Star | exp.Aliases) or not projection.output_name:
            return None
        output.append((projection.output_name.casefold(), _flow(projection, sources, dict(output))))
    return output


def _source(node: object, known: _Known, ctes: Mapping[str, _Output | None]) -> _Source | None:
    if not isinstance(node, exp.Table | exp.Subquery) or node.args.get("pivots") or node.args.get("laterals"):
        return None
    alias = node.args.get("alias")
    if isinstance(node, exp.Subquery):
        output = _renamed(_query(node, known, ctes), alias)
        return _Source(node.alias.casefold(), dict(output)) if output is not None else None
    if node.args.get("joins") or not isinstance(node.this, exp.Identifier):
        return None
    if len(node.parts) == 1 and (name := node.name.casefold()) in ctes:
        output = _renamed(ctes[name], alias)
        return _Source(node.alias_or_name.casefold(), dict(output)) if output is not None else None
    full = ".".join(part.name for part in node.parts)
    if isinstance(alias, exp.TableAlias) and alias.columns:
        return None
    name = node.alias_or_name.casefold()
    if (found := known.get(full.casefold())) is None:
        return _Source(name, None, full)
    table, names = found
    return _Source(name, {folded: frozenset({(table, column)}) for folded, column in names.items()})


def _renamed(output: _Output | None, alias: object) -> _Output | None:
    """A query's columns by the names that its alias gives them, `t(a, b)`."""
    if output is None or not isinstance(alias, exp.TableAlias) or not alias.columns:
        return output
    if len(alias.columns) != len(output):
        return None
    return [(name.name.casefold(), flow) for name, (_, flow) in zip(alias.columns, output, strict=True)]


def _flow(projection: exp.Expression, sources: list[_Source], before: Mapping[str, Flow]) -> Flow:
    flow: Flow = frozenset()
    for column in _columns(projection):
        if column is None:
            return None
        flow = _both(flow, _column(column, sources, before))
    return flow


_COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct)


def _columns(node: exp.Expression) -> Iterator[exp.Column | None]:
    """The columns that an expression carries the values of; None for a query inside, or for all columns."""
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        yield node
    elif isinstance(node, exp.Query | exp.Star | exp.Column | exp.Table):
        yield None
    elif not isinstance(node, _COUNTS):
        for child in node.iter_expressions():
            yield from _columns(child)


def _column(column: exp.Column, sources: list[_Source], before: Mapping[str, Flow]) -> Flow:
    parts = [part.name.casefold() for part in column.parts]
    if len(parts) > 1:
        if len(parts) > 2:
            return None  # a field, or a name with its schema
        qualified = [source for source in sources if source.name == parts[0]]
        if qualified:
            return qualified[0].flow(parts[1]) if len(qualified) == 1 else None
    # a plain name, or a field of one: `a.b` is the field b of the column a where no source is called a
    name = parts[0]
    having = [one for one in sources if one.columns is None or name in one.columns]
    if len(having) == 1:
        return having[0].flow(name)
    return before.get(name) if not having else None


def _both(one: Flow, other: Flow) -> Flow:
    return None if one is None or other is None else one | other
