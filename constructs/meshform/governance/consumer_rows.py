# SPDX-License-Identifier: Apache-2.0
"""The rows that consumers may read: one SQL condition over the columns of a port, and the view it stands in.

A view is read with the masks and row filters of its reader (ABAC policies are evaluated with the session
user), so a condition on a masked column would compare what the mask shows. That is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from meshform.governance.sql_text import SqlError, check_names, parse_expression
from meshform.governance.view_sql import node_error
from meshform.governance.views import ResolvedView
from meshform.model.consumer import Consumer
from meshform.model.consumer_findings import place_of
from meshform.model.findings import Finding
from meshform.model.names import quoted_if_needed
from meshform.model.resolved import Reader, ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.secrets import redact

_ALLOWED = "one SQL condition over the columns of the port, such as country = 'DE'; no query"


def row_findings(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """Conditions that are not what they should be (MF392), or look at a masked column (MF393)."""
    for reader in product.readers:
        if reader.consumer.rows is not None:
            for name in reader.views:
                yield from _findings(reader.consumer, product.ports[name], product, mesh)


def _findings(
    consumer: Consumer, port: ResolvedTable, product: ResolvedProduct, mesh: ResolvedMesh
) -> Iterator[Finding]:
    place = place_of(consumer, product.place)
    rows = consumer.rows or ""
    try:
        used = condition_columns(rows, {column.name: column.type for column in port.spec.columns})
    except SqlError as error:
        yield Finding(
            code="MF392",
            summary=f"rows of consumer {consumer.name!r} in port {port.name!r}: {error.reason}{error.where}",
            place=place,
            got=redact(rows[:200]),
            allowed=_ALLOWED,
            fix=error.fix,
        )
        return
    reader = consumer.group
    if consumer.product and (other := mesh.spec.products_by_address.get(consumer.product)):
        reader = other.runs.run_as if other.runs else None
    for name in used:
        column = port.spec.column(name)
        declared = mesh.classifications.get((column.classification if column else None) or "")
        if declared is None or not declared.is_masked:
            continue
        exempt = mesh.spec.principals.with_members(declared.exempt)
        if reader not in exempt:
            yield Finding(
                code="MF393",
                summary=f"rows of consumer {consumer.name!r} look at a column that is masked for it",
                place=place,
                got=f"{port.name}.{name}, of class {declared.name!r}",
                allowed="columns that the consumer sees in clear: its view is read with its masks, so the "
                "condition would compare what the mask shows",
                fix=f"use another column, or make {reader!r} a member of a group that is exempt",
            )


def condition_columns(text: str, types: Mapping[str, str]) -> tuple[str, ...]:
    """Names of the columns that a condition uses, each once.

    Args:
        text: the condition.
        types: type of each column that it may use, by name.

    Raises:
        SqlError: it is no condition over those columns alone.
    """
    tree = parse_expression(text)
    for node in tree.walk():
        if (error := node_error(node)) is not None:
            raise error
        if isinstance(node, exp.AggFunc | exp.Window):
            raise SqlError("the condition looks at more than one row", "compare columns of one row")
    check_names(tree, types)
    folded = {name.casefold(): kind for name, kind in types.items()}
    if not _is_condition(tree, folded):
        raise SqlError("not a condition: it is neither true nor false", "compare a column with a value")
    return tuple(dict.fromkeys(column.parts[0].name for column in tree.find_all(exp.Column)))


def _is_condition(node: object, types: Mapping[str, str]) -> bool:
    if isinstance(node, exp.Paren | exp.Not):
        return _is_condition(node.this, types)
    if isinstance(node, exp.And | exp.Or):
        return _is_condition(node.left, types) and _is_condition(node.right, types)
    if isinstance(node, exp.Coalesce):
        return all(_is_condition(one, types) for one in (node.this, *node.expressions))
    if isinstance(node, exp.Column):
        return len(node.parts) > 1 or types.get(node.name.casefold()) == "boolean"
    # a function that the parser does not know may give anything; the warehouse has the last word
    return isinstance(node, exp.Predicate | exp.Boolean | exp.Anonymous) or (
        isinstance(node, exp.Func) and not isinstance(node, exp.Cast) and node.sql_name() in _CONDITIONS
    )


_CONDITIONS = frozenset(
    "ARRAY_CONTAINS CONTAINS ENDS_WITH IS_NAN MAP_CONTAINS_KEY REGEXP_LIKE STARTS_WITH".split()  # noqa: SIM905
)


def view_for(reader: Reader, port: ResolvedTable) -> ResolvedView:
    """The SQL of the view that gives a reader its part of a port."""
    view = reader.views[port.name]
    columns = tuple(column.name for column in view.spec.columns)
    source = ".".join(quoted_if_needed(part) for part in (port.catalog, port.schema, port.name))
    names = ", ".join(quoted_if_needed(name) for name in columns)
    sql = f"SELECT {names} FROM {source}"  # noqa: S608 - names are quoted
    if reader.consumer.rows is not None:
        sql += f" WHERE ({reader.consumer.rows})"
    return ResolvedView(sql, (port,), columns)
