# SPDX-License-Identifier: Apache-2.0
"""Alerts on the service levels that contracts promise."""

import pytest
from tests.meshes import at, column, compiled, contract, domain, found, mesh, product, resources, table

from meshform.model.contract import ServiceLevel
from meshform.model.domain import Support
from meshform.model.findings import MeshformError, Severity
from meshform.model.monitoring import Monitoring
from meshform.model.support import Destination

FROM = " FROM `sales`.`gold`.`sold` HAVING count(*) > 0"


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
        " FROM `sales_dev`.`gold`.`sold` HAVING count(*) > 0",
        "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
        "run_as": {"service_principal_name": "runner-dev-id"},
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
    assert "notification" not in made["evaluation"]


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
    assert "seconds, minutes, hours, days, weeks, months or years" in finding.allowed


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


def test_a_time_without_an_element_is_measured_by_the_runs_of_the_job():
    """And so is availability: the job's id reaches the query, and nothing of a user does."""
    made = alerts(level(1, "d", element=None, property_="latency"), level(99.5, "%", None, "availability"))
    latency, availability = (made[f"databricks_alert_v2.p__{one}"] for one in ("latency", "availability"))
    assert latency["query_text"] == (
        "SELECT timestampdiff(MINUTE, max(period_end_time), current_timestamp()) AS minutes_behind"
        " FROM system.lakeflow.job_run_timeline WHERE job_id = '${databricks_job.p.id}'"
        " AND result_state = 'SUCCEEDED' HAVING count(*) > 0"
    )
    assert (minutes(latency), latency["evaluation"]["empty_result_state"]) == (1440, "TRIGGERED")
    assert (minutes(availability), availability["evaluation"]["comparison_operator"]) == (99.5, "LESS_THAN")
    assert availability["display_name"] == "sales_p_availability"
    assert (
        "count_if(result_state = 'SUCCEEDED') / count(*) AS percent_available" in availability["query_text"]
    )
    assert "INTERVAL 30 DAYS" in availability["query_text"]
    assert availability["schedule"]["quartz_cron_schedule"] == "0 30 4 * * ?"


@pytest.mark.parametrize(
    ("promise", "name", "query", "comparison", "threshold", "summary"),
    [
        (
            level(3, "y", property_="retention"),
            "p__retention__sold",
            "timestampdiff(DAY, min(`day`), current_timestamp()) AS days_kept" + FROM,
            "GREATER_THAN",
            1098,
            "sales.gold.sold has rows that are older than 1098 days",
        ),
        (
            level(99, "percent", property_="completeness"),
            "p__completeness__sold__day",
            "100.0 * count(`day`) / count(*) AS percent_complete" + FROM,
            "LESS_THAN",
            99,
            "sales.gold.sold.day is complete to less than 99 percent",
        ),
        (
            level(1000, "rows", "gold.sold", "volume"),
            "p__volume__sold",
            "count(*) AS row_count FROM `sales`.`gold`.`sold`",
            "LESS_THAN",
            1000,
            "sales.gold.sold has fewer than 1000 rows",
        ),
        (
            level(1, "d", property_="frequency"),
            "p__frequency__sold",
            "timestampdiff(MINUTE, max(`day`), current_timestamp()) AS minutes_behind" + FROM,
            "GREATER_THAN",
            1440,
            "sales.gold.sold has no new row since more than 1440 minutes",
        ),
    ],
)
def test_each_property_has_its_measure(promise, name, query, comparison, threshold, summary):
    """One alert, with the query, the comparison and the threshold in the query's unit."""
    made = alerts(promise)
    alert = made[f"databricks_alert_v2.{name}"]
    assert len(made) == 1
    assert alert["query_text"] == f"SELECT {query}"
    assert (alert["evaluation"]["comparison_operator"], minutes(alert)) == (comparison, threshold)
    assert alert["custom_summary"] == summary


@pytest.mark.parametrize(
    "promise",
    [
        level(101, "percent", property_="completeness"),
        level(99, "d", property_="completeness"),
        level(99, None, None, "availability"),
        level(5, "d", "gold.sold", "volume"),
        level(-5, "rows", "gold.sold", "volume"),
        level(3, "rows", property_="retention"),
    ],
)
def test_a_unit_that_does_not_fit_the_property_is_refused(promise):
    """MF503, at the line of the service level."""
    with pytest.raises(MeshformError) as caught:
        alerts(promise)
    assert [(one.code, str(one.place)) for one in caught.value.findings] == [("MF503", "c.yaml:9")]


def kept(*levels, **fields):
    """The warnings that service levels of a product are not measured."""
    made = product("sales.p", table("sold"), contract=contract(table("sold"), sla=levels), **fields)
    return found(mesh(made), "MF386")


@pytest.mark.parametrize(
    ("promise", "why"),
    [
        (level(9, "h", None, "timeOfAvailability"), "there is no measure for it"),
        (level(9, "h", None, "freshnes"), "there is no measure for it"),
        (level(3, "y", None, "retention"), "it names no element"),
        (level(3, "rows", None, "volume"), "it names no element"),
    ],
)
def test_what_is_not_measured_is_told(promise, why):
    """A warning, so that nobody believes that it is watched."""
    (finding,) = kept(promise)
    assert (finding.severity, str(finding.place)) == (Severity.WARNING, "c.yaml:9")
    assert why in finding.summary
    assert alerts(promise) == {}


def test_announcements_are_no_objectives():
    """Days on which something begins or ends are neither measured nor told."""
    days = (level("2026-01-01", None, None, "generalAvailability"), level("2030", None, None, "endOfLife"))
    assert kept(*days) == []


def test_a_product_is_monitored_as_it_says():
    """Anomalies of its schema once, long runs, and who hears of trouble in this environment."""
    watched = Monitoring(
        anomaly_detection=True,
        max_run_minutes=30,
        destinations=(
            Destination(kind="SLACK", ids={"prod": "a-1", "dev": "c-3"}),
            Destination(kind="PAGERDUTY", ids={"prod": "b-2"}),
        ),
    )
    support = Support(channel="#x", email="s@x.com")
    contracts = contract(table("sold", column("ts")), sla=(level(1, element="sold.ts"),))
    first = product("sales.p", contract=contracts, monitoring=watched)
    second = product("sales.q", table("more"), monitoring=Monitoring(anomaly_detection=True))
    stack = compiled(mesh(first, second, domain("sales", support=support)), "prod").stacks["sales-prod"]
    assert resources(stack, "databricks_data_quality_monitor") == {
        "databricks_data_quality_monitor.gold": {
            "object_type": "schema",
            "object_id": "${databricks_schema.gold.schema_id}",
            "anomaly_detection_config": {},
        }
    }
    job = resources(stack, "databricks_job")["databricks_job.p"]
    rule = {"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": 1800}
    assert job["health"] == [{"rules": [rule]}]
    long = "on_duration_warning_threshold_exceeded"
    assert job["email_notifications"] == [{"on_failure": ["s@x.com"], long: ["s@x.com"]}]
    hooks = [{"id": "a-1"}, {"id": "b-2"}]
    assert job["webhook_notifications"] == [{"on_failure": hooks, long: hooks}]
    alert = resources(stack, "databricks_alert_v2")["databricks_alert_v2.p__freshness__sold"]
    assert alert["evaluation"]["notification"]["subscriptions"] == [
        {"user_email": "s@x.com"},
        {"destination_id": "a-1"},
        {"destination_id": "b-2"},
    ]
    other = resources(stack, "databricks_job")["databricks_job.q"]
    assert "health" not in other
    assert "webhook_notifications" not in other


def test_a_run_takes_some_time():
    """A limit of no minutes is refused."""
    with pytest.raises(ValueError, match="greater than 0"):
        Monitoring(max_run_minutes=0)
