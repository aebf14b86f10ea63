# SPDX-License-Identifier: Apache-2.0
"""SQL text that Meshform makes: the DDL of functions."""

from __future__ import annotations

from collections.abc import Iterable

from meshform.governance.sql_text import SqlError, check_names, parse_expression, parse_statement
from meshform.model.data_types import UnknownTypeError, normalize
from meshform.model.findings import NOWHERE, Finding, MeshformError, Place
from meshform.model.names import quote
from meshform.model.secrets import redact
from meshform.model.sql_literals import literal


def create_function(
    full_name: str,
    parameters: Iterable[tuple[str, str]],
    returns: str,
    body: str,
    comment: str = "",
    *,
    place: Place = NOWHERE,
) -> str:
    """The statement that makes or replaces a SQL function, without a `;` at its end.

    Args:
        full_name: `catalog.schema.function`.
        parameters: name and Databricks SQL type of each parameter.
        returns: Databricks SQL type of the result.
        body: one SQL expression over the parameters. It is kept as it is written.
        comment: comment on the function. Default: none.
        place: where the function was declared.

    Raises:
        MeshformError: MF520 when the body is not one expression over the parameters, MF521 when a type is
            unknown.
    """
    parameters = list(parameters)
    try:
        tree = parse_expression(body)
        check_names(tree, [name for name, _ in parameters])
    except SqlError as error:
        raise MeshformError(
            Finding(
                code="MF520",
                summary=f"the body of function {full_name} is refused: {error.reason}{error.where}",
                place=place,
                got=redact(body if len(body) <= 200 else body[:197] + "..."),
                allowed=f"one SQL expression over {', '.join(name for name, _ in parameters) or 'constants'}",
                fix=error.fix,
            )
        ) from None
    signature = ", ".join(f"{quote(name)} {_type(kind, full_name, place)}" for name, kind in parameters)
    words = [
        f"CREATE OR REPLACE FUNCTION {'.'.join(quote(part) for part in full_name.split('.'))}({signature})",
        f"RETURNS {_type(returns, full_name, place)}",
        *([f"COMMENT {literal(comment)}"] if comment else []),
        f"RETURN {body.strip()}",
    ]
    statement = "\n".join(words)
    parse_statement(statement)  # one statement, whatever was put in
    return statement


def _type(text: str, full_name: str, place: Place) -> str:
    try:
        return normalize(text)
    except UnknownTypeError as error:
        raise MeshformError(
            Finding(
                code="MF521",
                summary=f"function {full_name} has a type that is refused: {error.reason}",
                place=place,
                got=text,
                fix=error.fix,
            )
        ) from None
