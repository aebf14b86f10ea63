# SPDX-License-Identifier: Apache-2.0
"""Service levels as objectives: what is measured, by which query, and when it is missed.

One table says for each property of the standard how it is measured. A property with an element is measured in
the data; availability, and what has a time and no element, by the runs of the product's job.

Source: Open Data Contract Standard v3.1, "Service-level agreement", and the units of its examples; Databricks
documentation, "Jobs system table reference" (`system.lakeflow.job_run_timeline`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from meshform.model.contract import ServiceLevel
from meshform.model.findings import Finding, Severity
from meshform.model.names import quote
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedProduct, ResolvedTable, once_for_product
from meshform.model.units import MINUTES, PERCENT, unit_of

JOB_ID = "{job_id}"
"""Stands for the id of the product's job in the query of an objective that is measured by its runs."""

_LONGEST_MINUTES = {"mo": 44640, "month": 44640, "y": 527040, "yr": 527040, "year": 527040}
# of the longest month and year: a row that is older than this is too old by any calendar
_ROWS = ("", "row", "record")
ANNOUNCED = ("generalAvailability", "endOfSupport", "endOfLife")
"""Properties of the standard that announce a day, more than they promise what could be measured; in order."""


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a property is measured.

    Attributes:
        source: name of the value that the query gives.
        value: SQL of it, an aggregate of rows; `{column}` stands for the column.
        comparison: how a value compares with the threshold when the objective is missed.
        unit: `minutes`, `days`, `percent` or `rows`: what the threshold is brought to.
        missed: what is the matter then, in words.
        when_empty: state of the alert where there are no rows.
        hourly: looked at every hour; else every day.
    """

    source: str
    value: str
    comparison: str
    unit: str
    missed: str
    when_empty: str = "OK"
    hourly: bool = False

    @property
    def of_column(self) -> bool:
        """Whether it needs a column, and not the table alone."""
        return "{column}" in self.value


_AGE = _Measure(
    "minutes_behind",
    "timestampdiff(MINUTE, max({column}), current_timestamp())",
    "GREATER_THAN",
    "minutes",
    "is older than {threshold:g} minutes",
    when_empty="TRIGGERED",  # a table without rows is not fresh
    hourly=True,
)
_MEASURES = {
    "freshness": _AGE,
    "latency": _AGE,  # examples of the standard use both words for the age of the newest row
    "frequency": replace(_AGE, missed="has no new row since more than {threshold:g} minutes"),
    "retention": _Measure(
        "days_kept",
        "timestampdiff(DAY, min({column}), current_timestamp())",
        "GREATER_THAN",
        "days",
        "has rows that are older than {threshold:g} days",
    ),
    "completeness": _Measure(
        "percent_complete",
        "100.0 * count({column}) / count(*)",
        "LESS_THAN",
        "percent",
        "is complete to less than {threshold:g} percent",
    ),
    "volume": _Measure("row_count", "count(*)", "LESS_THAN", "rows", "has fewer than {threshold:g} rows"),
}
_RUN = replace(
    _AGE,
    value="timestampdiff(MINUTE, max(period_end_time), current_timestamp())",
    missed="has had no successful run for more than {threshold:g} minutes",
)
_RUNS = {
    "freshness": _RUN,
    "latency": _RUN,
    "frequency": _RUN,
    "availability": _Measure(
        "percent_available",
        "100.0 * count_if(result_state = 'SUCCEEDED') / count(*)",
        "LESS_THAN",
        "percent",
        "had less than {threshold:g} percent of its runs of 30 days succeed",
    ),
}
MEASURED = tuple(sorted({*_MEASURES, *_RUNS}))
"""Names of the properties that can be measured."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A service level that is measured.

    Attributes:
        level: the service level as the contract has it.
        table: what it is about; None when it is measured by the runs of the product's job.
        column: the column of it that is measured; nothing when that is the whole table, or runs.
        name: parts of its name after the product's.
        query: SQL with the one value `source`.
        source, comparison, threshold: missed when `source` compares so with the threshold.
        summary: what is the matter then.
        when_empty: `OK` or `TRIGGERED`: what a query without rows means.
        hourly: looked at every hour; else every day.
    """

    level: ServiceLevel
    table: ResolvedTable | None
    column: str
    name: tuple[str, ...]
    query: str
    source: str
    comparison: str
    threshold: float
    summary: str
    when_empty: str
    hourly: bool


class _WrongError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.summary)
        self.finding = finding


@once_for_product
def objectives(product: ResolvedProduct) -> tuple[tuple[Objective, ...], list[Finding]]:
    """The objectives of a product in the order of its contract, and what is wrong with its service levels.

    Findings: MF386 (warning) a service level that is kept, not measured; MF502 an element that is no column
    or table of the contract; MF503 a value and unit that do not fit the property.
    """
    made: list[Objective] = []
    findings: list[Finding] = []
    for level in product.spec.contract.sla:
        if level.property in ANNOUNCED:
            continue
        try:
            if not is_measured(level, product):
                findings.append(_kept(level, product))
            elif level.property in _MEASURES and level.element:
                measure = _MEASURES[level.property]
                made += [_in_data(level, measure, one.strip(), product) for one in level.element.split(",")]
            else:
                made.append(_by_runs(level, _RUNS[level.property], product))
        except _WrongError as wrong:
            findings.append(wrong.finding)
    return tuple(made), findings


def is_measured(level: ServiceLevel, product: ResolvedProduct) -> bool:
    """Whether a service level becomes an alert: in the data by its element, or by the runs of the job."""
    if level.property in _MEASURES and level.element:
        return True
    return level.property in _RUNS and product.spec.runs is not None


def _in_data(level: ServiceLevel, measure: _Measure, element: str, product: ResolvedProduct) -> Objective:
    threshold = _threshold(level, measure, product)
    table, column = _element(level, measure, element, product)
    value = measure.value.format(column=quote(column))
    name = ".".join(quote(part) for part in (table.catalog, table.schema, table.name))
    # without rows there is no value, and so no row of the result; a count is 0
    having = " HAVING count(*) > 0" if measure.of_column else ""
    of_one_column = (column,) if measure.unit == "percent" else ()
    query = f"SELECT {value} AS {measure.source} FROM {name}{having}"  # noqa: S608 - every name is quoted
    about = ".".join((table.full_name, *of_one_column))
    names = (level.property, table.name, *of_one_column)
    return _objective(level, measure, (table, column), names, query, threshold, about)


def _by_runs(level: ServiceLevel, measure: _Measure, product: ResolvedProduct) -> Objective:
    threshold = _threshold(level, measure, product)
    of_these = (
        "result_state = 'SUCCEEDED'"
        if measure is _RUN
        else "result_state IS NOT NULL AND period_end_time > current_timestamp() - INTERVAL 30 DAYS"
    )
    query = (
        f"SELECT {measure.value} AS {measure.source} FROM system.lakeflow.job_run_timeline"  # noqa: S608 - ours
        f" WHERE job_id = '{JOB_ID}' AND {of_these} HAVING count(*) > 0"
    )
    about = f"the job of {product.address}"
    return _objective(level, measure, (None, ""), (level.property,), query, threshold, about)


def _objective(
    level: ServiceLevel,
    measure: _Measure,
    of: tuple[ResolvedTable | None, str],
    name: tuple[str, ...],
    query: str,
    threshold: float,
    about: str,
) -> Objective:
    return Objective(
        level=level,
        table=of[0],
        column=of[1],
        name=name,
        query=query,
        source=measure.source,
        comparison=measure.comparison,
        threshold=threshold,
        summary=f"{about} {measure.missed.format(threshold=threshold)}",
        when_empty=measure.when_empty,
        hourly=measure.hourly,
    )


def _element(
    level: ServiceLevel, measure: _Measure, element: str, product: ResolvedProduct
) -> tuple[ResolvedTable, str]:
    name, _, column = element.rpartition(".") if measure.of_column else (element, "", "")
    for table in product.tables:
        if name in (table.name, f"{table.domain_schema}.{table.name}"):
            if not measure.of_column:
                return table, ""
            if (found := table.spec.column(column)) is not None:
                return table, found.name
    what = "column" if measure.of_column else "table"
    raise _WrongError(
        Finding(
            code="MF502",
            summary=f"the {level.property} of {product.address} is about no {what} of the contract",
            place=level.place,
            got=element or "nothing",
            allowed="`table.column` of the contract" if measure.of_column else "a table of the contract",
            fix="correct `element`",
        )
    )


def _threshold(level: ServiceLevel, measure: _Measure, product: ResolvedProduct) -> float:
    """The value in the unit of the measure."""
    unit, value = unit_of(level), level.value
    number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    if measure.unit == "percent":
        fits, allowed = unit in PERCENT, "a number from 0 to 100, and the unit percent"
        number = number and float(value or 0) <= 100
        factor: float = 1
    elif measure.unit == "rows":
        fits, allowed, factor = unit in _ROWS, "a number greater than 0, and the unit rows", 1
    else:
        fits = unit in MINUTES
        allowed = "a number greater than 0, and a unit: seconds, minutes, hours, days, weeks, months or years"
        factor = MINUTES.get(unit, 1)
        if measure.unit == "days":
            factor = _LONGEST_MINUTES.get(unit, factor) / 1440
    if not (fits and number):
        raise _WrongError(
            Finding(
                code="MF503",
                summary=f"the {level.property} of {product.address} has a value or unit that does not fit",
                place=level.place,
                got=f"{level.value} {level.unit or ''}".strip(),
                allowed=allowed,
                fix="correct `value` and `unit`",
            )
        )
    threshold = float(value or 0) * factor
    return int(threshold) if threshold.is_integer() else threshold


def _kept(level: ServiceLevel, product: ResolvedProduct) -> Finding:
    if level.property in _MEASURES:
        why, fix = "it names no element", "give it an `element`, a column of the contract that holds a time"
        if level.property in ("completeness", "volume"):
            fix = "give it an `element`"
    elif level.property in _RUNS:
        why, fix = "the product has no job whose runs could be counted", "promise what its data shows"
    else:
        why = "there is no measure for it"
        fix = did_you_mean(level.property, MEASURED) or "watch it yourself"
    return Finding(
        code="MF386",
        summary=f"{level.property} of {product.address} is kept, not measured: {why}",
        place=level.place,
        got=level.property,
        allowed=one_of(MEASURED),
        fix=fix,
        severity=Severity.WARNING,
    )
