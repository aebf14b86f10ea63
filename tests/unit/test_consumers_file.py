# SPDX-License-Identifier: Apache-2.0
"""Consumers in a file: what is read, what is refused where, and how one more is added."""

from datetime import date

import pytest

from meshform.model.consumer import Consumer
from meshform.model.consumers_file import consumers_in, read_consumers, with_consumer
from meshform.model.findings import MeshformError
from meshform.model.strict_yaml import loads

FILE = """\
# Who reads the orders.
consumers:
  - group: analytics  # the whole company
    ports: [orders]
    columns:
      - id
      - amount
    rows: country = 'DE'
    purpose: revenue analytics
    approver: owners
    until: 2030-01-31

  - product: finance.ledger
    purpose: "the ledger"
    approver: owners
"""
NEW = Consumer(group="auditors", ports=("orders",), purpose="audit", approver="owners")


def read(text):
    """The consumers in a text."""
    return consumers_in(loads(text, "consumers.yaml"))


def refused(text):
    """The findings of a text."""
    with pytest.raises(MeshformError) as caught:
        read(text)
    return caught.value.findings


def test_every_field_is_read_with_its_place(tmp_path, monkeypatch):
    """The same value as in Python."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "consumers.yaml").write_text(FILE)
    analytics, ledger = read_consumers(tmp_path / "consumers.yaml")
    assert analytics == Consumer(
        group="analytics",
        ports=("orders",),
        columns=("id", "amount"),
        rows="country = 'DE'",
        purpose="revenue analytics",
        approver="owners",
        until=date(2030, 1, 31),
        place=analytics.place,
    )
    assert str(analytics.place) == "consumers.yaml:3:5"
    assert (ledger.product, ledger.ports, ledger.until) == ("finance.ledger", (), None)


@pytest.mark.parametrize("text", ["consumers: []\n", "consumers:\n", "consumers: # none yet\n"])
def test_a_file_may_hold_nobody(text):
    """So that the first can be asked for."""
    assert read(text) == ()


@pytest.mark.parametrize(
    ("text", "place", "summary"),
    [
        ("", "consumers.yaml:1:1", "no consumers are in the file"),
        ("- group: a\n", "consumers.yaml:1:1", "no consumers are in the file"),
        ("consumer: []\n", "consumers.yaml:1:1", "no consumers are in the file"),
        ("consumers: all\n", "consumers.yaml:1:1", "the consumers are no list"),
        ("consumers: ''\n", "consumers.yaml:1:1", "the consumers are no list"),
        ("consumers: []\nports: []\n", "consumers.yaml:2:1", "there is no such key"),
        ("consumers:\n  - analytics\n", "consumers.yaml:2:5", "a consumer is no mapping"),
        (
            "consumers:\n  - {group: a, purpose: b}\n",
            "consumers.yaml:2:5",
            "a consumer has no `approver`",
        ),
        (
            "consumers:\n  - {purpose: b, approver: c}\n",
            "consumers.yaml:2:5",
            "a consumer is either a group or a product",
        ),
        (
            "consumers:\n  - {group: a, product: b, purpose: b, approver: c}\n",
            "consumers.yaml:2:5",
            "a consumer is either a group or a product",
        ),
        (
            "consumers:\n  - group: a\n    porpose: b\n    purpose: b\n    approver: c\n",
            "consumers.yaml:3:5",
            "a consumer has no such field",
        ),
        (
            "consumers:\n  - group: a\n    purpose: 5\n    approver: c\n",
            "consumers.yaml:3:5",
            "`purpose` is no text",
        ),
        (
            "consumers:\n  - group: a\n    purpose: b\n    approver: c\n    ports: orders\n",
            "consumers.yaml:5:5",
            "`ports` is no list of names",
        ),
        (
            "consumers:\n  - group: a\n    purpose: b\n    approver: c\n    until: 31.12.2030\n",
            "consumers.yaml:5:5",
            "`until` is no date",
        ),
    ],
)
def test_what_is_no_consumer_is_refused_at_its_place(text, place, summary):
    """MF394, for each thing."""
    findings = [finding for finding in refused(text) if finding.summary == summary]
    assert [(one.code, str(one.place)) for one in findings] == [("MF394", place)]


def test_a_misspelt_field_is_told_with_the_nearest():
    """And everything else that is wrong in the file."""
    found = refused("consumers:\n  - grup: a\n    purpose: b\n    approver: c\n  - 1\n")
    assert [one.fix for one in found if one.got == "grup"] == ["did you mean 'group'?"]
    assert {str(one.place) for one in found} == {"consumers.yaml:2:5", "consumers.yaml:5:5"}


def test_one_more_is_added_at_the_end_and_nothing_else_changes():
    """Comments, order and the indent of the list stay."""
    added = with_consumer(FILE, "consumers.yaml", NEW, "to be confirmed")
    assert added == FILE + (
        "  - group: auditors\n"
        "    ports: [orders]\n"
        "    purpose: audit\n"
        "    approver: owners  # to be confirmed\n"
    )


def test_the_file_keeps_its_form():
    """A list without indent, line ends of Windows, no line end at the end, a comment there."""
    text = "consumers:\r\n- group: a\r\n  purpose: b\r\n  approver: c # d"
    added = with_consumer(text, "f", NEW)
    assert added.startswith(text + "\r\n- group: auditors\r\n  ports: [orders]\r\n")
    assert "\n" not in added.replace("\r\n", "")


@pytest.mark.parametrize(
    "nobody", ["consumers: []\n", "consumers:\n", "consumers: []", "consumers:  # none\n"]
)
def test_the_first_is_added_to_a_file_that_holds_nobody(nobody):
    """The empty brackets go."""
    added = with_consumer(nobody, "f", NEW)
    assert added.splitlines()[0] in ("consumers:", "consumers:  # none")
    assert added.splitlines()[1] == "  - group: auditors"


def test_everything_of_a_consumer_is_written():
    """What could be read as something else stands in quotes."""
    consumer = Consumer(
        product="finance.ledger",
        ports=("orders", "no"),
        columns=("id", "e mail", "42"),
        rows="country = 'DE' AND note <> \"#\"",
        purpose="yes: it is\nneeded\u2028 \U0001f600",
        approver="Owners (all)",
        until=date(2030, 1, 31),
    )
    assert (
        with_consumer("consumers:\n", "f", consumer).splitlines()[:6]
        == [
            "consumers:",
            "  - product: finance.ledger",
            '    ports: [orders, "no"]',
            '    columns: [id, e mail, "42"]',
            '    rows: "country = \'DE\' AND note <> \\"#\\""',
            '    purpose: "yes: it is\\nneeded\u2028 \U0001f600"',
        ]
        or "\u2028" in consumer.purpose
    )


@pytest.mark.parametrize(
    "text",
    [
        "consumers: [{group: a, purpose: b, approver: c}]\n",
        "{consumers: []}\n",
        "consumers:\n  - group: a\n    purpose: b\n    approver: c\n...\n",
    ],
)
def test_a_file_that_does_not_end_with_the_list_is_left_alone(text):
    """MF396, with what to do."""
    with pytest.raises(MeshformError) as caught:
        with_consumer(text, "f", NEW)
    (finding,) = caught.value.findings
    assert finding.code == "MF396"
    assert finding.fix
