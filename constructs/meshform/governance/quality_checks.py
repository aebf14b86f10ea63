# SPDX-License-Identifier: Apache-2.0
"""Quality rules that hold for a whole table: each a query with one value, and what the value must be.

Rules that can be told row by row are expectations instead, except on what the product's pipeline or job does
not make, such as views. SQL of a rule is read as that of a view: one SELECT that reads tables of the product
or its inputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from meshform.governance.sql_text import SqlError, parse_expression
from meshform.governance.view_sql import read_view
from meshform.governance.views import Names, forbidden, rendered
from meshform.model.contract import Action, Column, QualityRule
from meshform.model.findings import Finding, Severity
from meshform.model.names import quote
from meshform.model.near import did_you_mean, one_of
from meshform.model.quality_metrics import comparison, element, measure, told
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable, once_for_product
from meshform.model.secrets import redact

_UNITS = (None, "rows", "percent")
# what the standard fills into the query of a rule, in the two ways of writing that its examples have
_OBJECT = re.compile(r"\$?\{(?:object|table)\}")
_PROPERTY = re.compile(r"\$?\{(?:property|column)\}")


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One check of a table or view.

    Attributes:
        table: what it is about.
        name: name of the rule.
        query: SQL with one value, names in full.
        holds: SQL that is true when `measured`, the value, is as it must be.
        expected: the same in words.
        numeric: True when the value is compared as a number, False as text.
        is_error: True when a broken rule fails the run; else it is only told.
        reads: the tables and views that the query reads.
    """

    table: ResolvedTable
    name: str
    query: str
    holds: str
    expected: str
    numeric: bool
    is_error: bool
    reads: tuple[ResolvedTable, ...]


class _Kept(Exception):  # noqa: N818 - a rule that is kept is no error
    """A rule that nothing runs, and why."""


class _Wrong(Exception):  # noqa: N818 - told as a finding
    """A rule that is refused."""

    def __init__(
        self,
        code: str,
        summary: str,
        *,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(summary)
        self.code, self.summary, self.got, self.allowed, self.fix = code, summary, got, allowed, fix


@once_for_product
def quality_checks(
    product: ResolvedProduct, mesh: ResolvedMesh
) -> tuple[tuple[QualityCheck, ...], list[Finding]]:
    """The checks of a product's job in order, and what is wrong with the rules that they come from.

    Findings: MF381 (warning) a rule that nothing runs; MF382 a unit, operator and threshold that do not fit;
    MF383 unknown columns; MF384 SQL that is not one SELECT of one value, or does what it must not; MF385 SQL
    that reads what the product may not read.
    """
    checks: list[QualityCheck] = []
    findings: list[Finding] = []
    names: Names | None = None
    for table in product.tables:
        for rule, path, in_rows in _rules(table):
            if rule.type == "text" or (rule.type == "custom" and rule.expression is None):
                continue  # words for people; or of another engine, which runs it
            if rule.expression is not None and table.is_run:
                continue  # an expectation
            names = names or Names(product, mesh)
            try:
                checks.append(_check(rule, table, path, product, names, in_rows=in_rows))
            except _Kept as kept:
                findings.append(_kept(rule, table, str(kept)))
            except _Wrong as wrong:
                findings.append(_finding(rule, table, wrong))
    return tuple(checks), findings


def _rules(table: ResolvedTable) -> Iterator[tuple[QualityRule, tuple[str, ...], bool]]:
    """Each rule, the path of its column, and whether that has one value in each row."""
    yield from ((rule, (), True) for rule in table.spec.quality)
    for column in table.spec.columns:
        yield from _rules_of(column, (), in_rows=True)


def _rules_of(
    column: Column, parents: tuple[str, ...], *, in_rows: bool
) -> Iterator[tuple[QualityRule, tuple[str, ...], bool]]:
    path = (*parents, column.name)
    if column.quality or column.enum or column.logical_type_options:
        alone = column.model_copy(update={"fields": ()}) if column.fields else column
        yield from ((rule, path, in_rows) for rule in alone.rules(parents, in_rows=in_rows))
    below = in_rows and column.type.startswith("struct<")
    for field in column.fields:
        yield from _rules_of(field, path, in_rows=below)


def _check(
    rule: QualityRule,
    table: ResolvedTable,
    path: tuple[str, ...],
    product: ResolvedProduct,
    names: Names,
    *,
    in_rows: bool,
) -> QualityCheck:
    if product.spec.runs is None:
        raise _Kept("the product has no job that could run it")
    if rule.expression is not None:
        return _row_check(rule, table)
    if rule.operator is None:
        raise _Kept("it compares its value with nothing")
    holds = comparison(rule.operator, rule.threshold, "measured")
    numeric = not isinstance(rule.threshold, str | bool)
    if holds is None or (rule.type == "library" and not numeric):
        raise _Wrong(
            "MF382",
            "operator and threshold do not fit",
            got=f"{rule.operator}: {rule.threshold}",
            allowed="a number, two for `mustBeBetween` and `mustNotBeBetween`; a SQL rule may compare text by"
            " `mustBe` and `mustNotBe`",
            fix="correct the threshold",
        )
    reads: tuple[ResolvedTable, ...] = (table,)
    if rule.type == "library":
        query = f"SELECT {_measure(rule, table, path, in_rows=in_rows)} FROM {_full_name(table)}"  # noqa: S608 - quoted
    else:
        query, reads = _query(rule, table, path, product, names)
    is_error = rule.severity == "error"
    expected = told(rule.operator, rule.threshold) + (" percent" if rule.unit == "percent" else "")
    return QualityCheck(table, rule.name, query, holds, expected, numeric, is_error, reads)


def _row_check(rule: QualityRule, table: ResolvedTable) -> QualityCheck:
    """A rule about rows that no pipeline checks, as those of a view: the job counts the bad ones."""
    good = rule.expression or ""
    try:
        parse_expression(good)
    except SqlError:
        raise _Kept("its expression cannot be read") from None  # which is a finding of its own
    query = f"SELECT count_if(NOT coalesce(({good}), FALSE)) FROM {_full_name(table)}"  # noqa: S608 - parsed
    is_error = rule.action is Action.FAIL
    return QualityCheck(
        table, rule.name, query, "measured = 0", "must be 0 bad rows", numeric=True, is_error=is_error,
        reads=(table,),
    )  # fmt: skip


def _measure(rule: QualityRule, table: ResolvedTable, path: tuple[str, ...], *, in_rows: bool) -> str:
    if not in_rows:
        raise _Kept("it is about what is below an array, which has many values in each row")
    if rule.unit not in _UNITS:
        fix = did_you_mean(str(rule.unit), ("rows", "percent"))
        raise _Wrong("MF382", "the unit is unknown", got=str(rule.unit), allowed="rows, percent", fix=fix)
    listed = rule.arguments.get("properties")
    columns = listed if isinstance(listed, list | tuple) and not path else ()
    arguments = {**rule.arguments, "properties": [_column(table, name) for name in columns]}
    compared = replace(rule.comparison, arguments=arguments)
    found = measure(compared, path, percent=rule.unit == "percent")
    if found is None:
        about = f"of column {element(path)}" if path else "of a table"
        raise _Kept(f"the metric {rule.metric} {about} cannot be measured with what the rule says")
    return found


def _column(table: ResolvedTable, name: object) -> str:
    """The physical name of a column that a rule names as the contract does."""
    names = {(one.logical_name or one.name).casefold(): one.name for one in table.spec.columns}
    names |= {one.name.casefold(): one.name for one in table.spec.columns}
    if (found := names.get(str(name).casefold())) is not None:
        return found
    known = list(dict.fromkeys(names.values()))
    fix = did_you_mean(str(name), known) or "name columns of the table"
    raise _Wrong("MF383", "there is no such column", got=str(name), allowed=one_of(known), fix=fix)


def _query(
    rule: QualityRule, table: ResolvedTable, path: tuple[str, ...], product: ResolvedProduct, names: Names
) -> tuple[str, tuple[ResolvedTable, ...]]:
    """The rule's query with full names, and what it reads."""
    sql = _OBJECT.sub(lambda _: f"{quote(table.domain_schema)}.{quote(table.name)}", rule.query or "")
    if path:
        sql = _PROPERTY.sub(lambda _: ".".join(quote(part) for part in path), sql)
    try:
        read = read_view(sql)
    except SqlError as error:
        raise _wrong_sql("MF384", error, rule.query) from None
    if read.errors:
        raise _wrong_sql("MF384", read.errors[0][1], rule.query)
    if len(read.columns) != 1:
        raise _Wrong(
            "MF384",
            "the query gives more than one value",
            got=f"{len(read.columns)} columns",
            allowed="one column in one row",
            fix="select the one value that is compared",
        )
    found: list[ResolvedTable] = []
    for name in read.tables:
        one = forbidden(name) or names.find(name)
        if isinstance(one, SqlError):
            raise _wrong_sql("MF385", one, str(name), allowed=one_of(dict.fromkeys(names.written())))
        if one.full_name not in names.inputs and all(one is not own for own in product.tables):
            raise _Wrong(
                "MF385",
                f"the query reads {one.full_name}, which is not an input",
                got=redact(str(name)),
                allowed=one_of(dict.fromkeys(names.written())),
                fix=f"add the port to `inputs` of {product.address}, if it is one",
            )
        found.append(one)
    if len(found) == 1 and read.uses is not None:
        _check_columns(read.uses, found[0])
    return rendered(read, zip(read.tables, found, strict=True)), tuple(found)


def _check_columns(uses: tuple[str, ...], table: ResolvedTable) -> None:
    known = [column.name for column in table.spec.columns]
    for name in uses:
        if table.spec.column(name) is None:
            raise _Wrong(
                "MF384",
                f"the query uses a column that {table.full_name} does not have",
                got=redact(name),
                allowed=one_of(known, most=40),
                fix=did_you_mean(name, known) or "correct the query",
            )


def _full_name(table: ResolvedTable) -> str:
    return ".".join(quote(part) for part in (table.catalog, table.schema, table.name))


def _wrong_sql(code: str, error: SqlError, got: str | None, *, allowed: str | None = None) -> _Wrong:
    shown = redact((got or "")[:200])
    return _Wrong(code, f"{error.reason}{error.where}", got=shown, allowed=allowed, fix=error.fix)


def _kept(rule: QualityRule, table: ResolvedTable, why: str) -> Finding:
    return Finding(
        code="MF381",
        summary=f"quality rule {rule.name!r} of {table.full_name} is kept, not run: {why}",
        place=rule.place if rule.place.file else table.place,
        fix="write it so that it can be run, or call it `type: text`",
        severity=Severity.WARNING,
    )


def _finding(rule: QualityRule, table: ResolvedTable, wrong: _Wrong) -> Finding:
    return Finding(
        code=wrong.code,
        summary=f"quality rule {rule.name!r} of {table.full_name}: {wrong.summary}",
        place=rule.place if rule.place.file else table.place,
        got=wrong.got,
        allowed=wrong.allowed,
        fix=wrong.fix,
    )
