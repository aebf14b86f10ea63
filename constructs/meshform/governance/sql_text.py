# SPDX-License-Identifier: Apache-2.0
"""SQL that people wrote, read by a parser before anybody runs it.

The text itself is kept and sent on, not a text made anew from the tree: so an upgrade of the parser changes
nothing that is deployed. What parser and Databricks could read in two ways (comments, templates, several
statements) is refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]

from meshform.model.near import did_you_mean, one_of
from meshform.model.secrets import redact

DIALECT = "databricks"
_PARSERS = sqlglot.Dialect.get_or_raise(DIALECT)
MOST_CHARACTERS = 100_000
_MOST_DEPTH = 200  # brackets inside each other; the parser is recursive

# It warns about statements that it does not know; here they are refused.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class SqlError(ValueError):
    """A text that is not the SQL that was expected.

    Attributes:
        reason: what is wrong with it.
        fix: what to do, or None.
        line, column: where in the text, both from 1; None when it is the whole of it.
    """

    def __init__(
        self, reason: str, fix: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.fix, self.line, self.column = reason, fix, line, column

    @property
    def where(self) -> str:
        """` (line 2, column 7 of the SQL)`, or nothing."""
        return "" if self.line is None else f" (line {self.line}, column {self.column} of the SQL)"


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text without comments and templates.

    Raises:
        SqlError: it is too long, cannot be split into tokens, or has comments or templates in it.
    """
    if len(text) > MOST_CHARACTERS:
        raise SqlError(f"the SQL is longer than {MOST_CHARACTERS:,} characters")
    if "\0" in text:
        raise SqlError("the SQL holds a NUL character", "remove it")
    try:
        tokens = sqlglot.tokenize(text, read=DIALECT)
    except SqlglotError as error:
        raise SqlError(f"the SQL cannot be read: {_first_line(error)}", "close all quotes") from None
    depth = 0
    for token in tokens:
        if token.token_type in (TokenType.BLOCK_START, TokenType.BLOCK_END):
            raise _at(token, "the SQL holds a template", "write plain SQL: nothing is filled in")
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > _MOST_DEPTH:
            raise _at(token, f"the brackets are nested more than {_MOST_DEPTH} deep")
    return tokens


_OPENING = (TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE)
_CLOSING = (TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END)


def parse_statement(text: str, tokens: list[Token] | None = None) -> exp.Expression:
    """The tree of the one statement in a text.

    Args:
        text: the statement.
        tokens: what `tokens_of` gave for the same text, when it is known already.

    Raises:
        SqlError: there is none, or more than one, or it cannot be parsed.
    """
    if tokens is None:
        tokens = tokens_of(text)
    for i, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON:
            if i + 1 < len(tokens):
                raise _at(token, "the SQL holds several statements", "keep one statement")
            raise _at(token, "the SQL ends with `;`", "remove the `;`")
    if not tokens:
        raise SqlError("the SQL is empty")
    try:
        found = [tree for tree in _PARSERS.parser().parse(tokens, text) if tree is not None]
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        words = str(detail.get("description") or _first_line(error)).rstrip(".")
        words = re.sub(r"<class '.*\.(\w+)'>", r"\1", words)
        words = re.sub(r" but got <Token .*", "", words, flags=re.DOTALL)  # its text follows as `near`
        words = words[:1].lower() + words[1:]
        near = detail.get("highlight")
        raise SqlError(
            f"the SQL cannot be parsed: {words}" + (f" at {redact(str(near))[:60]!r}" if near else ""),
            line=detail.get("line"),
            column=detail.get("col"),
        ) from None
    except RecursionError:
        raise too_deep() from None
    except SqlglotError as error:
        raise SqlError(f"the SQL cannot be parsed: {_first_line(error)}") from None
    if len(found) != 1:
        raise SqlError("the SQL holds several statements", "keep one statement")
    return cast("exp.Expression", found[0])


def too_deep() -> SqlError:
    """For a RecursionError of the parser, or of what walks through its tree."""
    return SqlError("the SQL cannot be parsed: it is nested too deeply", "write it in smaller parts")


# What is an expression for the parser but not for us: it reads data, names a result, or fills something in.
_NOT_IN_EXPRESSIONS: tuple[tuple[type, str], ...] = (
    (exp.Query, "a query"),
    (exp.Values, "a query"),
    (exp.DDL, "a statement"),
    (exp.DML, "a statement"),
    (exp.Command, "a statement"),
    (exp.Table, "a table"),
    (exp.Alias, "a name for the result (AS)"),
    (exp.Star, "`*`"),
    (exp.Placeholder, "a placeholder"),
    (exp.Parameter, "a parameter marker"),
    (exp.SessionParameter, "a parameter marker"),
    (exp.PropertyEQ, "an assignment"),
)


@lru_cache(maxsize=2048)
def parse_expression(text: str) -> exp.Expression:
    """The tree of a text that is one expression over columns: no statement, no query, no comment.

    Do not change the tree: the same one is given to everybody.

    Raises:
        SqlError: it is something else.
    """
    for token in tokens_of(text):
        if token.comments:
            raise _at(token, "the expression holds a comment", "say it in the description instead")
    tree = parse_statement(text)
    for node in tree.walk():
        for kind, words in _NOT_IN_EXPRESSIONS:
            if isinstance(node, kind):
                raise SqlError(f"the expression holds {words}", "write one expression over the columns")
    if not isinstance(tree, exp.Condition | exp.Interval | exp.Func):
        raise SqlError(f"not an expression but {tree.key.upper()}", "write one expression over the columns")
    return tree


def check_names(tree: exp.Expression, known: Iterable[str]) -> None:
    """Whether an expression uses known columns only; case does not count.

    Raises:
        SqlError: a column is not known, with the nearest one that is.
    """
    names = {name.casefold(): name for name in known}
    for column in tree.find_all(exp.Column):
        first = column.parts[0].name  # `a.b` is the field b of the column a, where no table has a name
        if first.casefold() not in names:
            near = did_you_mean(first, names.values())
            raise SqlError(
                f"no column is called {redact(first)[:80]!r}", near or f"use {one_of(names.values())}"
            )


def _at(token: Token, reason: str, fix: str | None = None) -> SqlError:
    return SqlError(reason, fix, token.line, max(token.col - len(token.text) + 1, 1))


def _first_line(error: Exception) -> str:
    words = redact((str(error) or type(error).__name__).splitlines()[0])[:200]
    return words[:1].lower() + words[1:].rstrip(".")
