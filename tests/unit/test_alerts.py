# SPDX-License-Identifier: Apache-2.0
"""Alerts on the freshness that contracts promise."""

import pytest
from tests.meshes import at, column, compiled, contract, domain, mesh, product, resources, table

from meshform.model.contract import ServiceLevel
from meshform.model.domain import Support
from meshform.model.findings import MeshformError


def alerts(*levels, email=None, environment="prod"):
    """The alerts of a product with two tables and these service levels."""
    tables = (table("sold", column("day", "timestamp")), table("sold", column("ts"), schema_name="silver"))
    tables += (table("more", column("ts")),)
    made = product("sales.p", contract=contract(*tables, sla=levels))
    spec = mesh(made, domain("sales", support=Support(channel="#x", email=email)))
    return resources(compiled(spec, environment).stacks[f"sales-{environment}"], "databricks_alert_v2")


def level(value, unit="h", element="gold.sold.day", property_="freshness"):
    """A promise of freshness."""
    return ServiceLevel(property=property_, value=value, unit=unit, element=element, place=at(9, "c.yaml"))


def minutes(alert):
    """The threshold of an alert."""
    return alert["evaluation"]["threshold"]["value"]["double_value"]


def test_a_promise_of_freshness_becomes_an_alert_on_the_newest_row():
    """It counts minutes, tells the support address, and an empty table is not fresh."""
    made = alerts(level(4), email="s@x.com", environment="dev")["databricks_alert_v2.p__freshness__sold"]
    assert made == {
        "display_name": "sales_p_sold_freshness_dev",
        "custom_summary": "sales_dev.gold.sold is older than 240 minutes",
        "query_text": "SELECT timestampdiff(MINUTE, max(`day`), current_timestamp()) AS minutes_behind"
        " FROM `sales_dev`.`gold`.`sold`",
        "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
        "schedule": {"quartz_cron_schedule": "0 0 * * * ?", "timezone_id": "UTC"},
        "evaluation": {
            "source": {"name": "minutes_behind"},
            "comparison_operator": "GREATER_THAN",
            "threshold": {"value": {"double_value": 240}},
            "empty_result_state": "TRIGGERED",
            "notification": {"subscriptions": [{"user_email": "s@x.com"}]},
        },
        "depends_on": ["terraform_data.run__p"],
    }


def test_an_alert_without_an_address_tells_nobody():
    """It still shows its state in the workspace."""
    (made,) = alerts(level(1)).values()
    assert made["evaluation"]["notification"] is None


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (90, "m", 90),
        (90, "minutes", 90),
        (4, "h", 240),
        (1.5, "Hours", 90),
        (2, "d", 2880),
        (1, "day", 1440),
        (1, "weeks", 10080),
    ],
)
def test_units_are_read_in_every_form(value, unit, expected):
    """Short, long, plural, and in any case."""
    (made,) = alerts(level(value, unit)).values()
    assert minutes(made) == expected


@pytest.mark.parametrize(
    ("value", "unit", "got"),
    [
        (4, "fortnights", "4 fortnights"),
        (4, None, "4"),
        ("4", "h", "4 h"),
        (True, "h", "True h"),
        (0, "h", "0 h"),
        (-1, "d", "-1 d"),
        (None, "d", "None d"),
    ],
)
def test_what_is_no_time_is_refused_at_its_line(value, unit, got):
    """MF503 says which units there are."""
    with pytest.raises(MeshformError) as caught:
        alerts(level(value, unit))
    (finding,) = caught.value.findings
    assert (finding.code, finding.got, str(finding.place)) == ("MF503", got, "c.yaml:9")
    assert "minutes, hours, days or weeks" in finding.allowed


@pytest.mark.parametrize("element", ["gold.sold.dya", "nowhere.day", "day", "silver.more.ts"])
def test_an_element_that_is_no_column_is_refused_at_its_line(element):
    """MF502 shows the form."""
    with pytest.raises(MeshformError) as caught:
        alerts(level(1, element=element))
    (finding,) = caught.value.findings
    assert (finding.code, finding.got, str(finding.place)) == ("MF502", element, "c.yaml:9")
    assert finding.allowed == "`table.column` of the contract"


def test_each_element_of_a_list_has_an_alert():
    """ODCS separates several elements by commas."""
    made = alerts(level(1, element="gold.sold.day, more.ts"))
    assert sorted(made) == [
        "databricks_alert_v2.p__freshness__more",
        "databricks_alert_v2.p__freshness__sold",
    ]


def test_latency_is_watched_as_freshness_is_beside_it():
    """A contract may promise both of one table."""
    made = alerts(level(1, property_="latency"), level(2))
    assert {address: minutes(alert) for address, alert in made.items()} == {
        "databricks_alert_v2.p__latency__sold": 60,
        "databricks_alert_v2.p__freshness__sold": 120,
    }


def test_promises_that_are_no_freshness_or_watch_nothing_have_no_alert():
    """Nor has one without an element."""
    assert alerts(level(3, "y", property_="retention"), level(1, element=None)) == {}
