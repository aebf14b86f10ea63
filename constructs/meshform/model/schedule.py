# SPDX-License-Identifier: Apache-2.0
"""When something runs: a Quartz cron expression in a time zone, both checked where they are declared.

Source: Quartz documentation, "Cron Trigger Tutorial"; Databricks documentation, "Run jobs on a schedule". No
maintained Python library reads Quartz's form, which has seconds, `?`, `L`, `W` and `#`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from pydantic import field_validator

from meshform.model.findings import Finding, MeshformError, Value
from meshform.model.near import did_you_mean

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    words: Sequence[str] = ()
    special: re.Pattern[str] | None = None  # what a day may be beside numbers, ranges and steps


_FIELDS = (
    _Field("seconds", 0, 59),
    _Field("minutes", 0, 59),
    _Field("hours", 0, 23),
    _Field("day of the month", 1, 31, special=re.compile(r"L(-([1-9]|[12]\d|30))?|LW|([1-9]|[12]\d|3[01])W")),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 1, 7, _DAYS, re.compile(rf"L|([1-7]|{'|'.join(_DAYS)})(L|#[1-5])")),
    _Field("year", 1970, 2099),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 3, 5
_FORM = "seconds minutes hours day-of-month month day-of-week [year], with `?` for one of the two days"


class Schedule(Value):
    """When something runs.

    Attributes:
        cron: a Quartz cron expression, such as `0 30 4 * * ?` for half past four each day.
        timezone: name of an IANA time zone, such as `Europe/Vienna`.

    Raises:
        ValueError: MF550 for another expression, MF551 for an unknown time zone.
    """

    cron: str
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _is_quartz(cls, cron: str) -> str:
        if wrong := next(_mistakes(cron), None):
            raise MeshformError(
                Finding(
                    code="MF550",
                    summary=f"a schedule is no Quartz cron expression: {wrong}",
                    got=cron,
                    allowed=_FORM,
                    fix="for each day at half past four write `0 30 4 * * ?`",
                )
            )
        return cron

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, timezone: str) -> str:
        if timezone not in _time_zones():
            raise MeshformError(
                Finding(
                    code="MF551",
                    summary="a schedule is in a time zone that does not exist",
                    got=timezone,
                    allowed="the name of an IANA time zone, such as Europe/Vienna or UTC",
                    fix=did_you_mean(timezone, _time_zones()) or "take a name of the IANA list",
                )
            )
        return timezone


@cache
def _time_zones() -> frozenset[str]:
    """Names of time zones, from the package and not from the system: the same everywhere."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def _mistakes(cron: str) -> Iterator[str]:
    parts = cron.upper().split()
    if not 6 <= len(parts) <= 7:
        yield f"it has {len(parts)} fields, not 6 or 7"
        return
    for field, part in zip(_FIELDS, parts, strict=False):
        is_day = field.special is not None
        if part == "?" and not is_day:
            yield f"`?` is for days only, not for {field.name}"
        elif part != "?":
            members = part.split(",")
            for member in members:
                # the last or nearest day stands alone, but for `6L` and `6#3`
                alone = len(members) == 1 or "#" in member
                if not _fits(field, member) and not (alone and is_day and _is_special(field, member)):
                    within = f"{field.lowest}-{field.highest}, for {field.name}"
                    yield f"{member or 'nothing'!r} is not in {within}"
    if (parts[_DAY_OF_MONTH] == "?") == (parts[_DAY_OF_WEEK] == "?"):
        yield "one of day of the month and day of the week, and not both, is `?`"


def _is_special(field: _Field, member: str) -> bool:
    return field.special is not None and field.special.fullmatch(member) is not None


def _fits(field: _Field, member: str) -> bool:
    """`*`, a number or word, a range, or one of these with a step."""
    of, slash, step = member.partition("/")
    if slash and not (step.isascii() and step.isdecimal() and 1 <= int(step) <= field.highest):
        return False
    if of == "*":
        return True
    first, dash, last = of.partition("-")
    start = _number(field, first)
    end = _number(field, last) if dash else start
    if start is None or end is None:
        return False
    # a range may go round, as `22-4` of hours and `FRI-MON` of days; years do not come again
    return field.name != "year" or start <= end


def _number(field: _Field, text: str) -> int | None:
    if text in field.words:
        return field.lowest + field.words.index(text)
    if text.isascii() and text.isdecimal() and len(text) <= 4 and field.lowest <= int(text) <= field.highest:
        return int(text)
    return None
