# SPDX-License-Identifier: Apache-2.0
"""Notification destinations in the local workspace: what is refused, and how others find them."""

import pytest
from tests.local_door import Door, Refused


@pytest.fixture
def door(tmp_path):
    """An empty workspace with a warehouse."""
    return Door(tmp_path / "s")


def make(door, name="chat", **config):
    """Make a destination; returns it as Terraform sees it."""
    type_ = "databricks_notification_destination"
    blocks = [{block: [body] for block, body in config.items()}]
    return door.create(type_, display_name=name, config=blocks)


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"email": {"addresses": ["a@x.com"]}}, "EMAIL"),
        ({"slack": {"url": "https://x"}}, "SLACK"),
        ({"slack": {"oauth_token": "t", "channel_id": "c"}}, "SLACK"),
        ({"microsoft_teams": {"url": "https://x"}}, "MICROSOFT_TEAMS"),
        ({"pagerduty": {"integration_key": "k"}}, "PAGERDUTY"),
        ({"generic_webhook": {"url": "https://x", "username": "u", "password": "p"}}, "WEBHOOK"),
    ],
)
def test_a_destination_is_found_by_a_part_of_its_name(door, config, kind):
    """Whatever its case; its type follows from its configuration."""
    made = make(door, "Team Chat", **config)
    assert made["destination_type"] == kind
    found = door.data("databricks_notification_destinations", display_name_contains="team")
    assert found["notification_destinations"] == [
        {"id": made["id"], "display_name": "Team Chat", "destination_type": kind}
    ]
    none = door.data("databricks_notification_destinations", display_name_contains="other")
    assert none["notification_destinations"] == []


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, "has 0 configurations, not one"),
        ({"slack": {"url": "https://x"}, "email": {"addresses": ["a@x.com"]}}, "has 2 configurations"),
        ({"slack": {"oauth_token": "t"}}, "needs url or channel_id and oauth_token"),
        ({"pagerduty": {}}, "needs integration_key"),
        ({"generic_webhook": {"url": "http://x"}}, "does not begin with https"),
        ({"email": {"addresses": ["a"]}}, "'a' of notification destination 'chat' is not an e-mail address"),
    ],
)
def test_a_destination_that_reaches_nobody_is_refused(door, config, why):
    """With its name."""
    with pytest.raises(Refused, match=why):
        make(door, **config)


def test_what_names_a_destination_needs_it(door):
    """Jobs, alerts and requests for access; one that is there is taken."""
    made = make(door, slack={"url": "https://x"})
    door.create("databricks_catalog", name="sales")

    def job(*ids):
        door.create(
            "databricks_job", name="j", webhook_notifications=[{"on_failure": [{"id": one} for one in ids]}]
        )

    def alert(one):
        told = {"notification": {"subscriptions": [{"destination_id": one}]}}
        evaluation = {"source": {"name": "x"}, "comparison_operator": "EQUAL", **told}
        door.create(
            "databricks_alert_v2",
            display_name="a",
            query_text="SELECT 1 AS x",
            warehouse_id="",
            evaluation=evaluation,
            schedule={"quartz_cron_schedule": "0 0 * * * ?", "timezone_id": "UTC"},
        )

    def requests(one):
        door.create(
            "databricks_rfa_access_request_destinations",
            securable={"type": "CATALOG", "full_name": "sales"},
            destinations=[{"destination_type": "SLACK", "destination_id": one}],
        )

    for name in (job, alert, requests):
        with pytest.raises(Refused, match="Notification destination nobody, which"):
            name("nobody")
        name(made["id"])
    with pytest.raises(Refused, match="names 4 destinations; at most 3"):
        job(*[made["id"]] * 4)
