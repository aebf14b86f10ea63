# SPDX-License-Identifier: Apache-2.0
"""The SQL of one view, read: which tables it names where, which columns it gives, and what it must not do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sqlglot import exp
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]

from meshform.governance.sql_text import SqlError, parse_statement, tokens_of, too_deep
from meshform.model.secrets import redact

TAKES_ALL, REACHES_OUT = "MF352", "MF353"

# Table functions that make rows of their arguments; every other one may read what no contract knows.
_ROW_MAKERS = frozenset(
    {"explode", "explode_outer", "inline", "inline_outer", "posexplode", "posexplode_outer"}
)
_ROW_MAKERS |= {"range", "sequence", "stack", "variant_explode", "variant_explode_outer"}
# Functions that reach out of the tables: files, other systems, secrets, model endpoints, code by name.
_REACHING = frozenset(
    """
    cloud_files copy_into event_log files http_request identifier java_method jdbc list_secrets read_files
    read_kafka read_kinesis read_pubsub read_pulsar read_statestore read_state_metadata reflect remote_query
    secret table_changes try_reflect try_secret vector_search
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class TableName:
    """A table that the SQL names, and where.

    Attributes:
        parts: its name in one to three parts, as written, without backticks.
        start, end: where the name stands in the text of the view, from 0, the end exclusive.
        line, column: the same in the author's text, from 1.
    """

    parts: tuple[str, ...]
    start: int
    end: int
    line: int
    column: int

    def __str__(self) -> str:
        """The name with dots."""
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class ViewSql:
    """What a view's SQL says.

    Attributes:
        text: the SQL without comments; otherwise as its author wrote it.
        tables: the tables that it names, in the order of the text; names of WITH are none.
        columns: names of the columns that it gives, in order; None for one that has no name.
        uses: names of all columns that it uses when all of them come from the one table that it names; None
            when that cannot be told simply.
        errors: what it must not do, each with the code of its finding.
        mentions: every name in it, in small letters: a column that is not among them is nowhere in the view.
            None where it takes columns without naming them.
    """

    text: str
    tables: tuple[TableName, ...]
    columns: tuple[str | None, ...]
    uses: tuple[str, ...] | None
    errors: tuple[tuple[str, SqlError], ...]
    mentions: frozenset[str] | None = None


@lru_cache(maxsize=4096)
def read_view(sql: str) -> ViewSql:
    """Read the SQL of a view.

    Raises:
        SqlError: it is not one query that can be parsed.
    """
    try:
        return _read(sql)
    except RecursionError:
        raise too_deep() from None


def _read(sql: str) -> ViewSql:
    tokens = tokens_of(sql)
    text, starts = _without_comments(sql, tokens)
    tree = parse_statement(text, tokens if text == sql.rstrip() else None)
    if isinstance(tree, exp.DDL | exp.DML | exp.Command) or not isinstance(tree, exp.Query):
        raise SqlError(f"a view is a SELECT, not {text.split()[0].upper()[:30]}", "write one SELECT")
    nodes = list(tree.walk())
    errors = list(_errors(nodes))
    tables = [
        _table_name(table, sql, starts)
        for table in _tables(tree, nodes)
        if isinstance(table.this, exp.Identifier)
    ]
    domains = {table.parts for table in tables if len(table.parts) == 3}
    for column in (node for node in nodes if isinstance(node, exp.Column)):
        if column.catalog and tuple(part.name for part in column.parts[:3]) in domains:
            fix = "give the table an alias (AS) and write alias.column"
            error = SqlError(f"the SQL names a column with the domain of its table, {column.catalog!r}", fix)
            errors.append((REACHES_OUT, error))
    columns = tuple(_columns(tree))
    return ViewSql(
        text,
        tuple(sorted(tables, key=lambda t: t.start)),
        columns,
        _uses(tree, nodes),
        tuple(errors),
        _mentions(nodes),
    )


def _mentions(nodes: list[exp.Expr]) -> frozenset[str] | None:
    names: set[str] = set()
    rows: set[str] = set()  # what stands for a whole row where a column could stand
    columns: set[str] = set()
    for node in nodes:
        if isinstance(node, exp.Identifier):
            names.add(node.name.casefold())
        elif isinstance(node, exp.Star):
            if not isinstance(node.parent, exp.Count):
                return None
        elif isinstance(node, exp.Table | exp.Subquery | exp.CTE):
            rows |= {node.name.casefold(), node.alias.casefold()}
        elif isinstance(node, exp.Column) and len(node.parts) == 1:
            columns.add(node.name.casefold())
    return None if rows & columns else frozenset(names)


def _without_comments(sql: str, tokens: list[Token]) -> tuple[str, dict[int, int]]:
    """The text without comments, and for the start of each token in it the start in the author's text.

    Comments are where two parsers differ: Spark goes on with a comment after a backslash at the end of its
    line. So nothing of them is sent on.
    """
    parts: list[str] = []
    starts: dict[int, int] = {}
    length, before = 0, None
    for token in tokens:
        if token.token_type is TokenType.HINT:
            raise SqlError("the SQL holds a hint", "remove it", token.line, token.col)
        if token.token_type is TokenType.PIPE_GT:
            raise SqlError("the SQL has pipe operators (|>)", "write one SELECT", token.line, token.col)
        start, end = token.start, token.end + 1
        if before is not None:
            gap = sql[before:start]
            if gap.strip():  # a comment
                gap = "\n" if "\n" in gap else " "
            parts.append(gap)
            length += len(gap)
        starts[length] = start
        parts.append(sql[start:end])
        length += end - start
        before = end
    return "".join(parts), starts


def _table_name(table: exp.Table, sql: str, starts: dict[int, int]) -> TableName:
    names = [part for part in table.parts if isinstance(part, exp.Identifier)]
    start, end = names[0].meta["start"], names[-1].meta["end"] + 1
    at = starts[start]
    line, column = sql.count("\n", 0, at) + 1, at - sql.rfind("\n", 0, at)
    return TableName(tuple(name.name for name in names), start, end, line, column)


def _tables(tree: exp.Expression, nodes: list[exp.Expr]) -> Iterator[exp.Table]:
    """Everything that is read, without what a WITH around it defines."""
    if not any(isinstance(node, exp.With) for node in nodes):
        yield from (node for node in nodes if isinstance(node, exp.Table))
        return
    pending: list[tuple[exp.Expression, frozenset[str]]] = [(tree, frozenset())]
    while pending:
        node, defined = pending.pop()
        if isinstance(node, exp.Table) and not (len(node.parts) == 1 and node.name.casefold() in defined):
            yield node
        with_ = _with(node)
        if with_ is not None:
            for cte in with_.expressions:
                name = cte.alias.casefold()
                inside = defined | {name} if with_.args.get("recursive") else defined
                pending.append((cte.this, inside))
                defined |= {name}
        pending += [(child, defined) for child in node.iter_expressions() if child is not with_]


def _with(node: exp.Expression) -> exp.With | None:
    found = node.args.get("with_")  # called `with` before sqlglot 28
    return found if isinstance(found, exp.With) else None


def _errors(nodes: list[exp.Expr]) -> Iterator[tuple[str, SqlError]]:
    for node in nodes:
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            yield TAKES_ALL, SqlError("the SQL takes every column (*)", "name the columns of the contract")
        elif (error := node_error(node)) is not None:
            yield REACHES_OUT, error


_STATEMENTS = (exp.DDL, exp.DML, exp.Command)
_FILLED_IN = (exp.Placeholder, exp.Parameter, exp.SessionParameter)
_SUSPECTS = (exp.Table, exp.Into, exp.Lock, exp.Dot, exp.Func, *_STATEMENTS, *_FILLED_IN)


def node_error(node: object) -> SqlError | None:
    """What a part of a query must not be: it changes something, is filled in, or reaches out of tables."""
    if not isinstance(node, _SUSPECTS):
        return None
    instead = "read tables of the product or its inputs"
    if isinstance(node, exp.Table):
        return _table_error(node, instead)
    if isinstance(node, exp.Into | exp.Lock) or (
        isinstance(node, _STATEMENTS) and not isinstance(node, exp.Query)
    ):
        return SqlError("the SQL does more than read", "write one SELECT")
    if isinstance(node, _FILLED_IN):
        return SqlError("the SQL has a parameter or a template", "write the value: nothing is filled in")
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
        shown = redact(node.sql("databricks"))[:80]
        return SqlError(f"the SQL calls a function of some schema, {shown}", "use a built-in function")
    if isinstance(node, exp.Func) and _reaches_out(name := _function(node)):
        return SqlError(f"the SQL calls {name}, which reaches out of the product's tables", instead)
    return None


def _table_error(table: exp.Table, instead: str) -> SqlError | None:
    if isinstance(table.this, exp.Func):
        name = _function(table.this)
        if name not in _ROW_MAKERS and not _reaches_out(name):  # those that reach out are told as functions
            return SqlError(f"the SQL reads from function {name}", instead)
    elif not isinstance(table.this, exp.Identifier):
        shown = redact(table.sql("databricks"))[:80]
        return SqlError(f"the name of a table has more than three parts, {shown}", instead)
    if table.args.get("version") is not None:
        return SqlError("the SQL reads an old version of a table", "read the table as it is")
    return None


def _reaches_out(function: str) -> bool:
    return function in _REACHING or function.startswith("ai_")


def _function(node: exp.Func) -> str:
    return (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).casefold()


def _columns(tree: exp.Expression) -> Iterator[str | None]:
    while not isinstance(tree, exp.Select):
        tree = tree.this  # the left side of a UNION gives the names; brackets give what is in them
    for one in tree.expressions:
        if isinstance(one, exp.Aliases):
            yield from (name.name for name in one.expressions)
        else:
            yield one.output_name or None


def _uses(tree: exp.Expression, nodes: list[exp.Expr]) -> tuple[str, ...] | None:
    """The columns in use where all can only be those of one table or names that the SELECT gives itself."""
    tables = [node for node in nodes if isinstance(node, exp.Table)]
    if not isinstance(tree, exp.Select) or len(tables) != 1:
        return None
    if any(node is not tree and isinstance(node, _NOT_SIMPLE) for node in nodes):
        return None
    own = {one.alias.casefold() for one in tree.expressions if isinstance(one, exp.Alias)}
    name, schema, domain = (str(tables[0].alias_or_name), tables[0].db, tables[0].catalog)
    named = {name.casefold(), schema.casefold(), domain.casefold()}
    uses: dict[str, None] = {}
    for column in nodes:
        if not isinstance(column, exp.Column):
            continue
        first = column.parts[0].name
        if first.casefold() in named:
            if len(column.parts) < 2 or column.table.casefold() != name.casefold():
                continue
            first = column.name
        if first.casefold() not in own:
            uses[first] = None
    return tuple(uses)


_NOT_SIMPLE = (exp.Select, exp.Pivot, exp.Lateral, exp.Aliases)
