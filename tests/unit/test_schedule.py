# SPDX-License-Identifier: Apache-2.0
"""Schedules: Quartz cron expressions in IANA time zones, and the addresses of support."""

import pytest
from pydantic import ValidationError

from meshform.declarations import misuse
from meshform.model.findings import NOWHERE
from meshform.model.schedule import Schedule
from meshform.model.support import Support


def findings(make):
    """Code, summary and fix of each finding of a value; none when it is taken."""
    try:
        make()
    except ValidationError as error:
        return [(one.code, one.summary, one.fix) for one in misuse(error, NOWHERE).findings]
    return []


@pytest.mark.parametrize(
    "cron",
    [
        "0 0 * * * ?",
        "0 30 4 * * ? 2027",
        "0 0 12 1/5 * ?",
        "*/15 0-30/5 8-17 ? * MON-FRI",
        "0 0 22-4 ? JAN,jul sun,2",
        "0 15 10 L * ?",
        "0 15 10 L-3 * ?",
        "0 15 10 LW * ?",
        "0 15 10 15W * ?",
        "0 15 10 ? * 6L",
        "0 15 10 ? * FRI#3",
        "0 15 10 ? * 6#3,MON#1",
        "0 0 0 ? * FRI-MON 2026-2030",
    ],
)
def test_what_quartz_reads_is_taken(cron):
    """Lists, ranges that go round, steps, words in any case, and what only days have."""
    assert findings(lambda: Schedule(cron=cron)) == []


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("0 4 * * *", "it has 5 fields, not 6 or 7"),  # the cron of Unix
        ("", "it has 0 fields, not 6 or 7"),
        ("0 0 4 * * ? 2027 x", "it has 8 fields, not 6 or 7"),
        ("60 0 4 * * ?", "'60' is not in 0-59, for seconds"),
        ("0 0 24 * * ?", "'24' is not in 0-23, for hours"),
        ("0 0 4 0 * ?", "'0' is not in 1-31, for day of the month"),
        ("0 0 4 * 13 ?", "'13' is not in 1-12, for month"),
        ("0 0 4 ? * 0", "'0' is not in 1-7, for day of the week"),
        ("0 0 4 ? * MONDAY", "'MONDAY' is not in 1-7, for day of the week"),
        ("0 0 4 ? * FRI#6", "'FRI#6' is not in 1-7, for day of the week"),
        ("0 0 4 1,L * ?", "'L' is not in 1-31, for day of the month"),
        ("0 0/0 4 * * ?", "'0/0' is not in 0-59, for minutes"),
        ("0 0, 4 * * ?", "'nothing' is not in 0-59, for minutes"),
        ("0 ? 4 * * ?", "`?` is for days only, not for minutes"),
        ("0 0 4 * * *", "one of day of the month and day of the week, and not both, is `?`"),
        ("0 0 4 ? * ?", "one of day of the month and day of the week, and not both, is `?`"),
        ("0 0 4 * * ? 2030-2020", "'2030-2020' is not in 1970-2099, for year"),
        ("0 0 4 * * ? 1969", "'1969' is not in 1970-2099, for year"),
        ("0 0 ٤ * * ?", "'٤' is not in 0-23, for hours"),
    ],
)
def test_what_quartz_does_not_read_is_told_with_the_field(cron, why):
    """MF550, with what is wrong and what a schedule looks like."""
    ((code, summary, fix),) = findings(lambda: Schedule(cron=cron))
    assert (code, summary) == ("MF550", f"a schedule is no Quartz cron expression: {why}")
    assert "0 30 4 * * ?" in fix


def test_a_time_zone_has_an_iana_name():
    """MF551 with the nearest one; what Java alone knows is none."""
    assert findings(lambda: Schedule(cron="0 0 4 * * ?", timezone="Europe/Vienna")) == []
    ((code, _, fix),) = findings(lambda: Schedule(cron="0 0 4 * * ?", timezone="Europe/Viena"))
    assert (code, fix) == ("MF551", "did you mean 'Europe/Vienna'?")
    assert [one[0] for one in findings(lambda: Schedule(cron="0 0 4 * * ?", timezone="+02:00"))] == ["MF551"]


@pytest.mark.parametrize("email", ["a@x.com", "data+sales@sub.example.co", "o'hara@example.org"])
def test_an_address_of_support_is_taken(email):
    """As mail itself takes it."""
    assert findings(lambda: Support(email=email, on_call=email)) == []


@pytest.mark.parametrize(
    "email",
    [
        "sales",
        "a@b",
        "a b@x.com",
        "Sales <a@x.com>",
        "a@x..com",
        "a@-x.com",
        ".a@x.com",
        "a@x.com\n",
        "@x.com",
    ],
)
def test_an_address_that_is_none_is_told(email):
    """MF552, and MF553 where a link would do too."""
    assert [one[0] for one in findings(lambda: Support(email=email))] == ["MF552"]
    assert [one[0] for one in findings(lambda: Support(on_call=email))] == ["MF553"]


def test_links_of_support_are_pages():
    """MF553 for what no browser opens."""
    assert findings(lambda: Support(url="https://wiki.example.com/a?b#c", on_call="http://on.call")) == []
    for link in ("wiki.example.com", "javascript:alert(1)", "https://", "https://a b", "https://[x"):
        assert [one[0] for one in findings(lambda link=link: Support(url=link))] == ["MF553"]
