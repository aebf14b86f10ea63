# SPDX-License-Identifier: Apache-2.0
"""Notification destinations: which the mesh makes, how their secrets arrive, and who is told through them."""

import json

import pytest
from tests.meshes import compiled, contract, domain, found, mesh, product, resources, table

from meshform.model.contract import Column, ServiceLevel
from meshform.model.monitoring import Monitoring
from meshform.model.support import Destination, Support

NAMED = "data.databricks_notification_destinations"


def pager(**fields):
    """A PagerDuty destination that the mesh makes."""
    return Destination(**{"kind": "PAGERDUTY", "name": "pager", **fields})


def by_name(name, scoped):
    """The reference of another stack to a destination that the platform makes."""
    listed = f"{NAMED}.{name}.notification_destinations"
    return f'${{one([for d in {listed} : d.id if d.display_name == "{scoped}"])}}'


def watched(support, *destinations, **fields):
    """A product with an objective, told to these destinations."""
    sold = table("sold", Column(name="ts", type="timestamp", description="When."))
    level = ServiceLevel(property="freshness", value=1, unit="h", element="sold.ts")
    made = product(
        "sales.p",
        contract=contract(sold, sla=(level,)),
        monitoring=Monitoring(destinations=destinations),
        **fields,
    )
    return mesh(made, domain("sales", support=support))


def test_a_destination_that_is_there_is_named_by_its_id():
    """Nothing is made, no variable is asked for; one id for all is none of the local workspace."""
    support = Support(email="s@x.com", alert_destinations=(Destination(kind="SLACK", ids="abc"),))
    for environment, hooks in (("prod", [{"on_failure": [{"id": "abc"}]}]), ("local", None)):
        stacks = compiled(watched(support), environment).stacks
        platform = stacks[f"platform-{environment}"]
        assert resources(platform, "databricks_notification_destination") == {}
        assert "variable" not in platform.blocks
        (job,) = resources(stacks[f"sales-{environment}"], "databricks_job").values()
        assert job.get("webhook_notifications") == hooks


@pytest.mark.parametrize(
    ("destination", "config", "variables"),
    [
        (
            Destination(kind="EMAIL", name="d", addresses=("b@x.com", "a@x.com")),
            {"email": [{"addresses": ["b@x.com", "a@x.com"]}]},
            [],
        ),
        (
            Destination(kind="SLACK", name="d"),
            {"slack": [{"url": "${var.destination_d_url}"}]},
            ["destination_d_url"],
        ),
        (
            Destination(kind="SLACK", name="d", secrets=("oauth_token", "channel_id")),
            {
                "slack": [
                    {
                        "channel_id": "${var.destination_d_channel_id}",
                        "oauth_token": "${var.destination_d_oauth_token}",
                    }
                ]
            },
            ["destination_d_channel_id", "destination_d_oauth_token"],
        ),
        (
            Destination(kind="MICROSOFT_TEAMS", name="a-b"),
            {"microsoft_teams": [{"url": "${var.destination_a_b_url}"}]},
            ["destination_a_b_url"],
        ),
        (
            Destination(kind="GENERIC_WEBHOOK", name="d", secrets=("url", "username", "password")),
            {
                "generic_webhook": [
                    {
                        "password": "${var.destination_d_password}",
                        "url": "${var.destination_d_url}",
                        "username": "${var.destination_d_username}",
                    }
                ]
            },
            ["destination_d_password", "destination_d_url", "destination_d_username"],
        ),
        (
            pager(),
            {"pagerduty": [{"integration_key": "${var.destination_pager_integration_key}"}]},
            ["destination_pager_integration_key"],
        ),
    ],
)
def test_the_platform_makes_a_destination_of_each_kind(destination, config, variables):
    """Under a name of the environment; what is secret is a sensitive variable without a value."""
    platform = compiled(watched(Support(email="s@x.com"), destination), "dev").stacks["platform-dev"]
    assert resources(platform, "databricks_notification_destination") == {
        f"databricks_notification_destination.{destination.name}": {
            "display_name": f"{destination.name}_dev",
            "config": [config],
        }
    }
    asked = platform.blocks.get("variable", {})
    assert sorted(asked) == variables
    for body in asked.values():
        assert body["sensitive"] is True
        assert "default" not in body


def test_everybody_is_told_in_the_way_of_their_kind():
    """Alerts name every destination, jobs mail addresses and call the rest, pipelines mail."""
    team = Destination(kind="EMAIL", name="team", addresses=("t@x.com",))
    chat = Destination(kind="SLACK", name="chat")
    support = Support(email="s@x.com", destinations=(team, chat), alert_destinations=(pager(), chat))
    stacks = compiled(watched(support, chat, team), "prod").stacks
    sales = stacks["sales-prod"]
    (alert,) = resources(sales, "databricks_alert_v2").values()
    assert alert["evaluation"]["notification"]["subscriptions"] == [
        {"user_email": "s@x.com"},
        {"destination_id": by_name("pager", "pager")},
        {"destination_id": by_name("chat", "chat")},
        {"destination_id": by_name("team", "team")},
    ]
    (job,) = resources(sales, "databricks_job").values()
    assert job["email_notifications"] == [{"on_failure": ["s@x.com", "t@x.com"]}]
    assert job["webhook_notifications"] == [
        {"on_failure": [{"id": by_name("pager", "pager")}, {"id": by_name("chat", "chat")}]}
    ]
    (pipeline,) = resources(sales, "databricks_pipeline").values()
    assert pipeline["notification"] == [
        {"alerts": ["on-flow-failure", "on-update-fatal-failure"], "email_recipients": ["t@x.com"]}
    ]
    requests = "databricks_rfa_access_request_destinations"
    (catalog,) = resources(stacks["platform-prod"], requests).values()
    assert catalog["destinations"] == [
        {"destination_type": "EMAIL", "destination_id": "s@x.com"},
        {"destination_type": "EMAIL", "destination_id": "t@x.com"},
        {
            "destination_type": "SLACK",
            "destination_id": "${databricks_notification_destination.chat.id}",
        },
    ]
    assert sales.blocks["data"]["databricks_notification_destinations"]["chat"] == {
        "display_name_contains": "chat"
    }


def test_a_pipeline_that_mails_nobody_has_no_notification():
    """The support e-mail hears of its job."""
    (pipeline,) = resources(
        compiled(watched(Support(email="s@x.com")), "prod").stacks["sales-prod"], "databricks_pipeline"
    ).values()
    assert "notification" not in pipeline


def test_a_destination_is_made_only_where_it_says():
    """Elsewhere nothing asks for its secret, and nobody is told through it."""
    spec = watched(Support(channel="#x"), pager(environments=("prod",)))
    dev = compiled(spec, "dev").stacks
    assert "variable" not in dev["platform-dev"].blocks
    (job,) = resources(dev["sales-dev"], "databricks_job").values()
    assert "webhook_notifications" not in job
    assert "variable" in compiled(spec, "prod").stacks["platform-prod"].blocks


def test_the_local_workspace_needs_no_secret():
    """Its variables have a value that leads nowhere."""
    platform = compiled(watched(Support(channel="#x"), pager()), "local").stacks["platform-local"]
    (variable,) = platform.blocks["variable"].values()
    assert variable["default"] == "https://integration_key.invalid"


def test_one_value_used_twice_is_one_destination():
    """And of two with one name MF554 tells both places."""
    spec = watched(Support(channel="#x", alert_destinations=(pager(),)), pager())
    assert found(spec, "MF554") == []
    platform = compiled(spec, "prod").stacks["platform-prod"]
    assert len(resources(platform, "databricks_notification_destination")) == 1
    other = Destination(kind="SLACK", name="pager")
    (finding,) = found(watched(Support(channel="#x", alert_destinations=(pager(),)), other), "MF554")
    assert "domains/sales.py" in finding.got
    assert found(watched(Support(channel="#x"), pager(name="a-b"), pager(name="a_b")), "MF554")


def test_a_job_tells_three_destinations_at_most():
    """MF555 counts those of the environment; e-mail is not counted."""
    three = [Destination(kind="SLACK", name=f"chat{i}") for i in range(3)]
    mail = Destination(kind="EMAIL", name="team", addresses=("t@x.com",))
    support = Support(channel="#x", alert_destinations=(pager(environments=("prod",)),))
    assert found(watched(support, mail, *three), "MF555", "dev") == []
    (finding,) = found(watched(support, mail, *three), "MF555", "prod")
    assert finding.got == "4 in environment 'prod'"


def test_an_environment_of_a_destination_is_one_of_the_mesh():
    """MF556 with the nearest one, for ids too."""
    for one in (pager(environments=("prd",)), Destination(kind="SLACK", ids={"prd": "x"})):
        (finding,) = found(watched(Support(channel="#x"), one), "MF556")
        assert (finding.got, finding.fix) == ("prd", "did you mean 'prod'?")


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "SLACK"},
        {"kind": "SLACK", "name": "a", "ids": "b"},
        {"kind": "SLACK", "ids": "b", "secrets": ("url",)},
        {"kind": "SLACK", "ids": "b", "environments": ("prod",)},
        {"kind": "SLACK", "name": "a", "secrets": ("integration_key",)},
        {"kind": "SLACK", "name": "a", "addresses": ("a@x.com",)},
        {"kind": "EMAIL", "name": "a"},
        {"kind": "EMAIL", "ids": "b", "addresses": ("a@x.com",)},
        {"kind": "EMAIL", "name": "a", "addresses": ("a",)},
        {"kind": "SLACK", "name": '${file("x")}'},
        {"kind": "SLACK", "name": "a", "url": "https://hooks.example.com/secret"},
    ],
)
def test_a_destination_that_cannot_be_is_refused(fields):
    """Also one that would hold its secret: there is no field for it."""
    with pytest.raises(ValueError, match="Destination"):
        Destination(**fields)


def test_requests_for_access_have_limits():
    """PagerDuty takes none; five addresses and five others do."""
    chats = [Destination(kind="SLACK", name=f"chat{i}") for i in range(6)]
    mail = Destination(kind="EMAIL", name="m", addresses=[f"a{i}@x.com" for i in range(5)])
    assert Support(destinations=(*chats[:5], mail))
    too_much = [{"destinations": (pager(),)}, {"destinations": chats}]
    for more in (*too_much, {"email": "b@x.com", "destinations": (mail,)}):
        with pytest.raises(ValueError, match=r"PagerDuty|at most 5"):
            Support(**more)


def test_no_value_of_a_secret_can_be_in_what_is_written():
    """Whatever is in the JSON of a secret is the name of its variable."""
    spec = watched(Support(channel="#x"), pager(), Destination(kind="SLACK", name="slack"))
    written = json.dumps(compiled(spec, "prod").stacks["platform-prod"].blocks["resource"])
    assert "${var.destination_slack_url}" in written
    assert "https://" not in written
