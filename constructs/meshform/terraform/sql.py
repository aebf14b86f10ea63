# SPDX-License-Identifier: Apache-2.0
"""SQL text that Meshform makes: the DDL of functions."""

from __future__ import annotations

from collections.abc import Iterable

from meshform.governance.expressions import function_findings
from meshform.governance.sql_text import parse_statement
from meshform.model.data_types import normalize
from meshform.model.findings import NOWHERE, MeshformError, Place
from meshform.model.names import quote
from meshform.model.sql_literals import literal


def create_function(
    full_name: str,
    parameters: Iterable[tuple[str, str]],
    returns: str,
    body: str,
    comment: str = "",
    *,
    place: Place = NOWHERE,
    is_ours: bool = False,
) -> str:
    """The statement that makes or replaces a SQL function, without a `;` at its end.

    Args:
        full_name: `catalog.schema.function`.
        parameters: name and Databricks SQL type of each parameter.
        returns: Databricks SQL type of the result.
        body: one SQL expression over the parameters. It is kept as it is written.
        comment: comment on the function. Default: none.
        place: where the function was declared.
        is_ours: Meshform wrote the body, so that it may read a table. Default: people wrote it.

    Raises:
        MeshformError: MF372 when the body is not one expression over the parameters, MF373 when a type is
            unknown.
    """
    parameters = list(parameters)
    written = "TRUE" if is_ours else body
    findings = list(function_findings(full_name, parameters, written, place, returns=returns))
    if findings:
        raise MeshformError(findings)
    signature = ", ".join(f"{quote(name)} {normalize(kind)}" for name, kind in parameters)
    words = [
        f"CREATE OR REPLACE FUNCTION {'.'.join(quote(part) for part in full_name.split('.'))}({signature})",
        f"RETURNS {normalize(returns)}",
        *([f"COMMENT {literal(comment)}"] if comment else []),
        f"RETURN {body.strip()}",
    ]
    statement = "\n".join(words)
    parse_statement(statement)  # one statement, whatever was put in
    return statement
