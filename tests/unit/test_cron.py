# SPDX-License-Identifier: Apache-2.0
"""The longest pause of a Quartz schedule."""

import pytest

from meshform.model.cron import longest_pause_minutes

DAY = 1440


@pytest.mark.parametrize(
    ("cron", "pause"),
    [
        ("0 5 * * * ?", 60),
        ("0 0/15 * * * ?", 15),
        ("0 */7 * * * ?", 7),
        ("0 * * * * ?", 1),
        ("30 0 4 * * ?", DAY),
        ("0 0 4 * * ? *", DAY),
        ("0 0 6,18 * * ?", DAY // 2),
        ("0 0 8-18 * * ?", 14 * 60),
        ("0 0 22-2 * * ?", 20 * 60),
        ("0 0 4 ? * MON-FRI", 3 * DAY),
        ("0 0 4 ? * 2-6", 3 * DAY),
        ("0 0 4 ? * FRI-MON", 4 * DAY),
        ("0 0 4 ? * sat,SUN", 6 * DAY),
        ("0 0 4 1 * ?", 31 * DAY),
        ("0 0 4 1 1/3 ?", 92 * DAY),
        ("0 0 4 31 * ?", 61 * DAY),
        ("0 0 4 29 FEB ?", (4 * 365 + 1) * DAY),
        ("0 0 4 L * ?", 31 * DAY),
        ("0 0 4 L-1 * ?", 31 * DAY),
        ("0 0 4 ? * 6L", 35 * DAY),
        ("0 0 4 ? * FRI#1", 35 * DAY),
        ("0 0 4 ? * L", 7 * DAY),
        ("0 0 4 ? * MON#1,MON#3", 21 * DAY),
        ("0 0 4 1W * ?", 33 * DAY),
        ("0 0 4 15W * ?", 32 * DAY),
        ("0 0 4 LW * ?", 33 * DAY),
    ],
)
def test_the_longest_pause_between_two_runs(cron, pause):
    """In minutes, over nights, week-ends and the end of the four years that are looked at."""
    assert longest_pause_minutes(cron) == pause


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "0 4 * * *",
        "0 0 24 * * ?",
        "0 x * * * ?",
        "0 0 4 ? * FOO",
        "0 0 4 30 2 ?",
        "0 0/0 * * * ?",
        "a b c d e f",
    ],
)
def test_what_never_runs_has_no_pause(cron):
    """Text that is no expression, and days that there are none of."""
    assert longest_pause_minutes(cron) is None
