# SPDX-License-Identifier: Apache-2.0
"""Quartz cron expressions: how long a schedule may pause at most.

Source: Quartz documentation, "CronTrigger", which Databricks jobs use.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEK_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MINUTES_OF_A_DAY = 1440
_FIRST, _DAYS = date(2001, 1, 1), 28 * 365 + 7  # after these years the calendar begins anew

_Days = Callable[[date], bool]


@lru_cache(maxsize=4096)
def longest_pause_minutes(cron: str) -> int | None:
    """The longest time between two runs; None for a text that is no expression, or never runs.

    Clock changes are left out of account, and so is the year, the seventh field.
    """
    fields = cron.upper().split()
    if len(fields) not in (6, 7):
        return None
    try:
        _numbers(fields[0], 0, 59)
        minutes, hours = _numbers(fields[1], 0, 59), _numbers(fields[2], 0, 23)
        days = _longest_pause_days(*fields[3:6])
    except ValueError:
        return None
    if days is None:
        return None
    times = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    over_night = days * _MINUTES_OF_A_DAY - times[-1] + times[0]
    return max([over_night, *(later - one for one, later in pairwise(times))])


@lru_cache(maxsize=1024)
def _longest_pause_days(of_month: str, month: str, of_week: str) -> int | None:
    """The most days from one that has runs to the next; None when there is none."""
    months = _numbers(month, 1, 12, _MONTHS)
    is_of_month, is_of_week = _days_of_month(of_month), _days_of_week(of_week)
    calendar = ((number, _FIRST + timedelta(number)) for number in range(_DAYS))
    days = [
        number for number, day in calendar if day.month in months and is_of_month(day) and is_of_week(day)
    ]
    return max(
        (later - one for one, later in pairwise([*days, *(d + _DAYS for d in days[:1])])), default=None
    )


def _numbers(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    """The numbers that a field of lists, ranges and steps means."""
    found: set[int] = set()
    for part in field.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            start, end = low, high
        else:
            start = _number(first, low, high, names)
            end = _number(last, low, high, names) if dash else high if slash else start
        every = int(step) if slash else 1
        if every < 1:
            raise ValueError(part)
        end += 0 if start <= end else high - low + 1  # FRI-MON
        found |= {low + (one - low) % (high - low + 1) for one in range(start, end + 1, every)}
    return frozenset(found)


def _number(text: str, low: int, high: int, names: tuple[str, ...]) -> int:
    number = names.index(text) + low if text in names else int(text)
    if not low <= number <= high:
        raise ValueError(text)
    return number


def _days_of_month(field: str) -> _Days:
    if match := re.fullmatch(r"L(?:-(\d{1,2}))?", field):
        before = int(match[1] or 0)
        return lambda day: day.day == monthrange(day.year, day.month)[1] - before
    if match := re.fullmatch(r"(L|\d{1,2})W", field):
        nearest_to = match[1]
        return lambda day: day == _working_day(day, nearest_to)
    days = _numbers(field, 1, 31)
    return lambda day: day.day in days


def _working_day(month: date, nearest_to: str) -> date:
    """The day from Monday to Friday that is nearest to a day of the month and in the same month."""
    last = monthrange(month.year, month.month)[1]
    day = month.replace(day=last if nearest_to == "L" else min(int(nearest_to), last))
    away = {5: -1, 6: 1}.get(day.weekday(), 0)
    if not 1 <= day.day + away <= last:
        away = 2 if away < 0 else -2
    return day + timedelta(away)


def _days_of_week(field: str) -> _Days:
    """Days by number or name, `6L` for the last Friday of a month, `6#3` for its third, and lists."""
    found = [_day_of_week(part) for part in field.split(",")]
    return lambda day: any(fits(day) for fits in found)


def _day_of_week(part: str) -> _Days:
    if match := re.fullmatch(r"(\w{1,3})(?:#([1-5])|(L))", part):
        week_day, nth = _number(match[1], 1, 7, _WEEK_DAYS), int(match[2] or 0)
        return lambda day: (
            _week_day(day) == week_day
            and ((day.day - 1) // 7 + 1 == nth if nth else day.day + 7 > monthrange(day.year, day.month)[1])
        )
    days = _numbers("7" if part == "L" else part, 1, 7, _WEEK_DAYS)
    return lambda day: _week_day(day) in days


def _week_day(day: date) -> int:
    return day.isoweekday() % 7 + 1  # Sunday is 1
