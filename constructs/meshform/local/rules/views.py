# SPDX-License-Identifier: Apache-2.0
"""Which tables a query reads, and whether they exist."""

from __future__ import annotations

from meshform.local.rules.refusal import Refusal
from meshform.local.rules.relations import columns_of
from meshform.local.rules.securables import find
from meshform.local.store import Store

_ALWAYS_THERE = ("system", "samples")  # catalogs that every workspace has; their tables are not played here


def check_view(store: Store, name: str, definition: str) -> None:
    """Refuse a view that is no single query, or that reads itself or something that does not exist."""
    if name.lower() in map(str.lower, check_query(store, f"view '{name}'", definition, own=name)):
        raise Refusal(f"[RECURSIVE_VIEW] View '{name}' reads itself.")


def check_query(store: Store, what: str, text: str, *, own: str = "") -> list[str]:
    """Full names of the tables and views that a query reads.

    Args:
        store: the workspace.
        what: what the query is of, for messages.
        text: the query.
        own: a name that need not exist yet.

    Raises:
        Refusal: it is no single query, or reads a table, view or function that does not exist.
    """
    from sqlglot import exp, parse
    from sqlglot.errors import SqlglotError

    try:
        statements = [statement for statement in parse(text, read="databricks") if statement]
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise Refusal(f"[PARSE_SYNTAX_ERROR] Syntax error in the definition of {what}: {first}") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise Refusal(f"[PARSE_SYNTAX_ERROR] The definition of {what} is not one query.")
    query = statements[0]
    tables = _tables(query)
    for table in tables:
        if table.count(".") != 2:
            raise _not_found(table, what, " Write its full name, catalog.schema.table.")
        known = table.split(".")[0].lower() in _ALWAYS_THERE or table.lower() == own.lower()
        if not known and find(store, "table", table) is None:
            raise _not_found(table, what)
    _check_columns(store, what, text)
    for call in query.find_all(exp.Dot):
        parts = [part.name for part in call.flatten() if isinstance(part, exp.Identifier)]
        if isinstance(call.expression, exp.Anonymous) and len(parts) == 2:
            function = ".".join([*parts, call.expression.name])
            if find(store, "function", function) is None:
                raise Refusal(
                    f"[UNRESOLVED_ROUTINE] Cannot resolve routine '{function}' of {what}.",
                    "ROUTINE_DOES_NOT_EXIST",
                    404,
                )
    return [table for table in tables if table.split(".")[0].lower() not in _ALWAYS_THERE]


def _check_columns(store: Store, what: str, text: str) -> None:
    """Refuse a query of one table that uses a column which the table does not have."""
    from meshform.governance.sql_text import SqlError
    from meshform.governance.view_sql import read_view

    try:
        view = read_view(text)
    except SqlError:
        return  # a query that only Databricks understands
    if view.uses is None or len(view.tables) != 1:
        return
    known = {column.lower() for column in columns_of(store, str(view.tables[0]))}
    unknown = [column for column in view.uses if column.lower() not in known]
    if known and unknown:
        raise Refusal(
            f"[UNRESOLVED_COLUMN] A column with name '{unknown[0]}', which {what} uses, cannot be"
            f" resolved. {view.tables[0]} has {', '.join(sorted(known))}."
        )


def tables_in(definition: str) -> list[str]:
    """Full names of the tables that a view reads; none when its text cannot be read."""
    from sqlglot import exp, parse_one
    from sqlglot.errors import SqlglotError

    try:
        query = parse_one(definition, read="databricks")
    except SqlglotError:
        return []
    return _tables(query) if isinstance(query, exp.Query) else []


def _tables(query: object) -> list[str]:
    """Full names of the tables in a query, without those that the query defines itself; sorted."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    assert isinstance(query, exp.Query)  # noqa: S101 - the only caller has looked
    found = {
        ".".join(part.name for part in source.parts)
        for scope in traverse_scope(query)
        for _, source in scope.references
        if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)
        if source.db or source.name not in scope.cte_sources
    }
    return sorted(found)


def _not_found(table: str, what: str, hint: str = "") -> Refusal:
    return Refusal(
        f"[TABLE_OR_VIEW_NOT_FOUND] The table or view '{table}', which {what} reads, cannot be found.{hint}",
        "TABLE_OR_VIEW_NOT_FOUND",
        404,
    )
