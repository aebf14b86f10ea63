# SPDX-License-Identifier: Apache-2.0
"""Units of service levels: the words that the examples of the standard have for them."""

from __future__ import annotations

from collections.abc import Mapping

from meshform.model.contract import ServiceLevel

MINUTES: Mapping[str, float] = {
    "s": 1 / 60, "sec": 1 / 60, "second": 1 / 60,
    "m": 1, "min": 1, "minute": 1,
    "h": 60, "hr": 60, "hour": 60,
    "d": 1440, "day": 1440,
    "w": 10080, "week": 10080,
    "mo": 43200, "month": 43200,
    "y": 525600, "yr": 525600, "year": 525600,
}  # fmt: skip
"""Minutes in a unit of time, by its words without the s of a plural."""
PERCENT = ("percent", "%", "pct")


def unit_of(level: ServiceLevel) -> str:
    """The unit of a service level as `MINUTES` knows it: in small letters, without the s of a plural."""
    unit = (level.unit or "").casefold()
    return unit if unit in MINUTES else unit.removesuffix("s")


def in_minutes(value: float, unit: str) -> float | None:
    """A time in minutes, whatever its unit is called; None for a unit that is no time."""
    unit = unit.casefold()
    factor = MINUTES.get(unit, MINUTES.get(unit.removesuffix("s")))
    return None if factor is None else value * factor


def minutes_of(level: ServiceLevel) -> float | None:
    """The time that a service level promises; None when its value and unit are none."""
    if isinstance(level.value, bool) or not isinstance(level.value, int | float):
        return None
    return in_minutes(level.value, level.unit or "")
