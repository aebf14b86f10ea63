# SPDX-License-Identifier: Apache-2.0
"""SQL expressions that people wrote: expectations of tables, bodies of mask and filter functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshform.governance.sql_text import SqlError, check_names, parse_expression
from meshform.model.data_types import UnknownTypeError, normalize
from meshform.model.findings import Finding, Place
from meshform.model.policy import MaskFunction, Policy, RowFilter
from meshform.model.product import Product
from meshform.model.row_filters import LibraryFilter
from meshform.model.secrets import redact

PARAMETER = "value"
"""What a mask or filter function calls the content of its column."""


def expectation_findings(product: Product) -> Iterator[Finding]:
    """Expectations that are not one expression over the columns of their table (MF371).

    Those that Meshform derived from a metric of the standard are right by construction.
    """
    for table in product.contract.tables:
        names: list[str] | None = None
        for rule in table.expectations:
            if rule.type == "library":
                continue
            names = names or [column.name for column in table.columns]
            error = _error(rule.expression or "", names)
            if error is not None:
                yield Finding(
                    code="MF371",
                    summary=f"quality rule {rule.name!r} of {table.name}: {error.reason}{error.where}",
                    place=rule.place,
                    got=_shown(rule.expression or ""),
                    allowed="one SQL expression over the columns of the table, true for a good row",
                    fix=error.fix,
                )


def policy_findings(policy: Policy) -> Iterator[Finding]:
    """Functions of a policy whose body (MF372) or type (MF373) Databricks would not take."""
    functions: list[MaskFunction | RowFilter] = [
        function for one in policy.classifications for function in one.own_functions
    ]
    for function in (*functions, *policy.row_filters):
        body = "TRUE" if isinstance(function, LibraryFilter) else function.body
        yield from function_findings(function.name, [(PARAMETER, function.data_type)], body, policy.place)


def port_function_findings(product: Product) -> Iterator[Finding]:
    """Functions of a product whose body (MF372) or type (MF373) Databricks would not take."""
    for function in product.functions:
        yield from function_findings(
            function.name,
            function.parameters.items(),
            function.body,
            product.place,
            returns=function.returns,
        )


def function_findings(
    name: str,
    parameters: Iterable[tuple[str, str]],
    body: str,
    place: Place,
    *,
    returns: str | None = None,
) -> Iterator[Finding]:
    """What is wrong with a SQL function: its body is not one expression over its parameters, or a type."""
    parameters = list(parameters)
    names = [parameter for parameter, _ in parameters]
    error = _error(body, names)
    if error is not None:
        yield Finding(
            code="MF372",
            summary=f"the body of function {name}: {error.reason}{error.where}",
            place=place,
            got=_shown(body),
            allowed=f"one SQL expression over {', '.join(names) or 'constants'}",
            fix=error.fix,
        )
    for kind in dict.fromkeys([kind for _, kind in parameters] + ([returns] if returns else [])):
        try:
            normalize(kind)
        except UnknownTypeError as wrong:
            yield Finding(
                code="MF373",
                summary=f"function {name} has a type that is refused: {wrong.reason}",
                place=place,
                got=kind,
                fix=wrong.fix,
            )


def _error(text: str, names: list[str]) -> SqlError | None:
    try:
        check_names(parse_expression(text), names)
    except SqlError as error:
        return error
    return None


def _shown(text: str) -> str:
    return redact(text if len(text) <= 200 else text[:197] + "...")
