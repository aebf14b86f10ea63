# SPDX-License-Identifier: Apache-2.0
"""Rules for service levels: what is promised can be true, and data is not kept longer than it may be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import ClassVar, NamedTuple

from pydantic import Field

from meshform.governance.objectives import ANNOUNCED, is_measured
from meshform.model.contract import ServiceLevel
from meshform.model.cron import longest_pause_minutes
from meshform.model.findings import Finding
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.rule import Rule, Tighter
from meshform.model.units import PERCENT, minutes_of, unit_of

_AGES = ("freshness", "latency", "frequency")
_TIMES = (*_AGES, "retention", "timeToDetect", "timeToNotify", "timeToRepair")
_SHARES = ("availability", "completeness", "errorRate")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MINUTES_OF_A_DAY = 1440
_DAYS_OF_A_YEAR = 365


class _Odd(NamedTuple):
    """What is the matter with a service level: the end of a sentence, what is allowed, what to do."""

    what: str
    allowed: str
    fix: str


class ServiceLevelsPlausible(Rule):
    """What service levels promise can be true.

    A time has a known unit and is longer than nothing, a share is of 100 percent at most, a day is a day, and
    the end of support is not before the product is available. What a pipeline or job makes cannot be fresher
    than the longest pause of its schedule.

    Attributes:
        maximum_years: longest time that any service level may promise. Lower is tighter.
    """

    code: ClassVar[str] = "MF441"
    why: ClassVar[str] = "a promise that cannot be kept is worse than none, since consumers build on it"
    tighter: ClassVar[Mapping[str, Tighter]] = {"maximum_years": "lower"}
    good: ClassVar[str] = """
hourly = Pipeline(source=source, run_as="sales-pipeline", schedule=Schedule(cron="0 5 * * * ?"))
promise = ServiceLevel(property="freshness", value=2, unit="h")
DataProduct(orders, "orders", contract=contract(sla=(promise,)), pipeline=hourly)
"""
    bad: ClassVar[str] = """
nightly = Pipeline(source=source, run_as="sales-pipeline", schedule=Schedule(cron="0 0 4 * * ?"))
promise = ServiceLevel(property="freshness", value=2, unit="h")
DataProduct(orders, "orders", contract=contract(sla=(promise,)), pipeline=nightly)
"""
    maximum_years: float = Field(default=100, gt=0)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each service level alone, then the days that follow each other."""
        for level in product.spec.contract.sla:
            if odd := self._odd(level, product):
                yield self.finding(
                    f"the {level.property} of {product.address} {odd.what}",
                    product.at(level.place),
                    got=_shown(level),
                    allowed=odd.allowed,
                    fix=odd.fix,
                )
        yield from self._days_in_order(product)

    def _odd(self, level: ServiceLevel, product: ResolvedProduct) -> _Odd | None:
        if not is_measured(level, product):  # else the value and its unit are told anyway
            for kinds, check in _VALUES:
                if level.property in kinds and (odd := check(level)):
                    return odd
        if level.property in _TIMES and (minutes := minutes_of(level)) is not None:
            if minutes > self.maximum_years * _DAYS_OF_A_YEAR * _MINUTES_OF_A_DAY:
                return _Odd(
                    "promises a time that nobody can promise",
                    f"at most {self.maximum_years:g} years",
                    "correct `value` and `unit`",
                )
            if level.property in _AGES:
                return _more_often_than_it_runs(level, minutes, product)
        return None

    def _days_in_order(self, product: ResolvedProduct) -> Iterator[Finding]:
        days = [
            (ANNOUNCED.index(level.property), day, level)
            for level in product.spec.contract.sla
            if level.property in ANNOUNCED and (day := _day(level))
        ]
        days.sort(key=lambda one: one[0])
        for (_, before, first), (_, after, second) in pairwise(days):
            if after < before:
                yield self.finding(
                    f"the {second.property} of {product.address} is before its {first.property}",
                    product.at(second.place),
                    got=f"{after.isoformat()}, and {first.property} is {before.isoformat()}",
                    allowed=f"{', then '.join(ANNOUNCED)}",
                    fix="correct one of the two days",
                )


def _time(level: ServiceLevel) -> _Odd | None:
    minutes = minutes_of(level)
    if minutes is not None and minutes > 0:
        return None
    return _Odd(
        "is no time",
        "a number greater than 0, and a unit: seconds, minutes, hours, days, weeks, months or years",
        "correct `value` and `unit`",
    )


def _share(level: ServiceLevel) -> _Odd | None:
    value = level.value
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
    if number and unit_of(level) in PERCENT:
        return None
    return _Odd("is no share", "a number from 0 to 100, and the unit percent", "correct `value` and `unit`")


def _announcement(level: ServiceLevel) -> _Odd | None:
    if _day(level):
        return None
    return _Odd("is no day", "a day, YYYY-MM-DD", "correct `value`")


def _time_of_day(level: ServiceLevel) -> _Odd | None:
    clocks = str(level.value or "").replace(" ", "").split("-")
    if len(clocks) <= 2 and all(_CLOCK.fullmatch(one) for one in clocks):
        return None
    return _Odd("is no time of day", "`HH:MM`, or `HH:MM-HH:MM`", "correct `value`")


_VALUES: tuple[tuple[tuple[str, ...], Callable[[ServiceLevel], _Odd | None]], ...] = (
    (_TIMES, _time),
    (_SHARES, _share),
    (ANNOUNCED, _announcement),
    (("timeOfAvailability",), _time_of_day),
)


def _more_often_than_it_runs(level: ServiceLevel, minutes: float, product: ResolvedProduct) -> _Odd | None:
    schedule = product.spec.runs.schedule if product.spec.runs else None
    if schedule is None or not all(table.is_run for table in _tables_of(level, product)):
        return None
    pause = longest_pause_minutes(schedule.cron)
    runs = type(product.spec.runs).__name__.lower()
    if pause is None:
        return _Odd(
            f"depends on a schedule of its {runs} that never runs",
            "a Quartz cron expression, such as `0 0 4 * * ?`",
            f"correct the `schedule`, {schedule.cron!r}",
        )
    if minutes < pause:
        return _Odd(
            f"is shorter than the pauses of its {runs}",
            f"at least {pause} minutes, with the schedule {schedule.cron!r}",
            "promise less, or run it more often",
        )
    return None


def _tables_of(level: ServiceLevel, product: ResolvedProduct) -> list[ResolvedTable]:
    """Tables that a service level is about by its element; all of them when it has none."""
    if not level.element:
        return [table for table in product.tables if table.is_run]
    elements = {one.strip().casefold() for one in level.element.split(",")}
    elements |= {one.rpartition(".")[0] for one in elements}
    return [
        table
        for table in product.tables
        if elements & {table.name.casefold(), f"{table.domain_schema}.{table.name}".casefold()}
    ]


def _day(level: ServiceLevel) -> date | None:
    try:
        return date.fromisoformat(str(level.value)[:10])
    except ValueError:
        return None


def _shown(level: ServiceLevel) -> str:
    return f"{'nothing' if level.value is None else level.value} {level.unit or ''}".strip()


class RetentionSet(Rule):
    """Every table that holds data of a class promises for how long it keeps it.

    A `retention` without an `element` is about all tables of the contract, one with elements about those.
    Views keep nothing.

    Attributes:
        classification: class of columns that the rule is about. Default: None, every table.
        minimum_days: least number of days that rows are kept. Higher is tighter.
        maximum_days: most days that rows are kept. Lower is tighter.
    """

    code: ClassVar[str] = "MF446"
    why: ClassVar[str] = (
        "data that nobody needs any more can only be lost, and the law limits how long it is kept"
    )
    key: ClassVar[tuple[str, ...]] = ("classification",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"minimum_days": "higher", "maximum_days": "lower"}
    good: ClassVar[str] = """
promise = ServiceLevel(property="retention", value=90, unit="d", element="orders.ordered_on")
DataProduct(orders, "orders", contract=contract(sla=(promise,)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
promise = ServiceLevel(property="retention", value=10, unit="y", element="orders.ordered_on")
DataProduct(orders, "orders", contract=contract(sla=(promise,)), pipeline=pipeline)
"""
    example: ClassVar[Mapping[str, object]] = {"maximum_days": 365}
    classification: str | None = None
    minimum_days: float = Field(default=0, ge=0)
    maximum_days: float = Field(default=36_525, gt=0)

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Each table that the rule is about needs a retention within the limits."""
        levels = [level for level in product.spec.contract.sla if level.property == "retention"]
        covered = [(level, _covered(level, product)) for level in levels]
        for table in product.tables:
            if table.is_view or not self._is_about(table):
                continue
            about = f" ({self.classification!r})" if self.classification else ""
            own = [level for level, names in covered if table.full_name in names]
            if not own:
                yield self.finding(
                    f"{table.full_name} does not say how long it keeps its rows{about}",
                    product.at(table.place),
                    allowed=self._limits,
                    fix="add `retention` to `slaProperties` of the contract, with a column of the table that "
                    "holds a time as its `element`",
                )
            for level in own:
                minutes = minutes_of(level)
                if minutes is None or not self._fits(minutes / _MINUTES_OF_A_DAY):
                    yield self.finding(
                        f"{table.full_name} keeps its rows for a time that is not allowed{about}",
                        product.at(level.place),
                        got=_shown(level),
                        allowed=self._limits,
                        fix="correct `value` and `unit` of the retention",
                    )

    def _is_about(self, table: ResolvedTable) -> bool:
        return self.classification is None or any(
            column.classification == self.classification for column in table.spec.columns
        )

    def _fits(self, days: float) -> bool:
        return days > 0 and self.minimum_days <= days <= self.maximum_days

    @property
    def _limits(self) -> str:
        return f"{self.minimum_days:g} to {self.maximum_days:g} days"


def _covered(level: ServiceLevel, product: ResolvedProduct) -> set[str]:
    tables = _tables_of(level, product) if level.element else product.tables
    return {table.full_name for table in tables}
