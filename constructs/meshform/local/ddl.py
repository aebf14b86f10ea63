# SPDX-License-Identifier: Apache-2.0
"""The SQL that the local workspace can run: `CREATE FUNCTION` of scalar SQL functions, and queries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import TokenType  # type: ignore[attr-defined]

from meshform.governance.sql_text import DIALECT, SqlError, parse_statement

# properties of a function that change nothing of what the local workspace keeps
_HARMLESS = (exp.ReturnsProperty, exp.SchemaCommentProperty, exp.StabilityProperty)


@dataclass(frozen=True, slots=True)
class CreateFunction:
    """A `CREATE FUNCTION` statement.

    Attributes:
        full_name: `catalog.schema.function`.
        parameters: name and type of each.
        returns: its type.
        body: the expression after RETURN.
        comment: what COMMENT says, else ''.
        replace: True with OR REPLACE.
    """

    full_name: str
    parameters: tuple[tuple[str, str], ...]
    returns: str
    body: str
    comment: str
    replace: bool


def parse_file(text: str) -> list[CreateFunction | str]:
    """The statements of a file, in order: functions, and queries as their text.

    Raises:
        SqlError: when it is not SQL, or holds a statement other than a query, or `CREATE [OR REPLACE]
            FUNCTION` with a three-part name, a scalar type and a RETURN.
    """
    trees = ((statement, parse_statement(statement)) for statement in _statements(text))
    return [text if isinstance(tree, exp.Query) else _function(tree) for text, tree in trees]


def _statements(text: str) -> Iterator[str]:
    """The statements between the semicolons of a file."""
    try:
        tokens = sqlglot.tokenize(text, read=DIALECT)
    except SqlglotError as error:
        raise SqlError(f"the SQL cannot be read: {error}") from None
    start, end = 0, 0  # of the tokens since the last semicolon
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            if end > start:
                yield text[start:end]
            start = end = token.end + 1
        else:
            end = token.end + 1
    if end > start:
        yield text[start:end]


def _function(statement: Any) -> CreateFunction:
    start = statement.sql(dialect=DIALECT)[:60]
    if not isinstance(statement, exp.Create) or statement.kind != "FUNCTION":
        raise SqlError(f"the local workspace runs only queries and CREATE FUNCTION, not: {start}")
    signature, returned = statement.this, statement.expression
    properties = statement.args.get("properties")
    extra = [one for one in (properties.expressions if properties else ()) if not isinstance(one, _HARMLESS)]
    if extra or statement.args.get("exists"):
        raise SqlError(
            f"the local workspace runs only CREATE [OR REPLACE] FUNCTION without more, not: {start}"
        )
    name = signature.this if isinstance(signature, exp.UserDefinedFunction) else None
    if not isinstance(name, exp.Table) or not (name.catalog and name.db and name.name):
        raise SqlError(f"a function needs its parameters and a name with catalog and schema: {start}")
    returns = statement.find(exp.ReturnsProperty)
    if returns is None or not isinstance(returns.this, exp.DataType):
        raise SqlError(f"function {name.name} needs RETURNS with a scalar type: {start}")
    if not isinstance(returned, exp.Return):
        raise SqlError(f"function {name.name} needs RETURN with an expression: {start}")
    comment = statement.find(exp.SchemaCommentProperty)
    return CreateFunction(
        full_name=f"{name.catalog}.{name.db}.{name.name}",
        parameters=tuple(_parameter(one, name.name) for one in signature.expressions),
        returns=returns.this.sql(dialect=DIALECT),
        body=returned.this.sql(dialect=DIALECT),
        comment=comment.this.name if comment else "",
        replace=bool(statement.args.get("replace")),
    )


def _parameter(node: Any, function: str) -> tuple[str, str]:
    if not isinstance(node, exp.ColumnDef) or not isinstance(node.kind, exp.DataType):
        raise SqlError(f"a parameter of function {function} has no type: {node.sql(dialect=DIALECT)[:60]}")
    return node.name, node.kind.sql(dialect=DIALECT)
