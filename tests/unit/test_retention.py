# SPDX-License-Identifier: Apache-2.0
"""The job that deletes what is older than the contract's retention, and who else must let rows go."""

import pytest
from tests.meshes import (
    SOURCE,
    at,
    column,
    compiled,
    contract,
    domain,
    filter_policy,
    found,
    mask_policy,
    mesh,
    product,
    resources,
)
from tests.meshes import table as a_table

from meshform.model.contract import ServiceLevel
from meshform.model.findings import Severity
from meshform.model.ports import Elsewhere, ManagedTable
from meshform.model.product import Job, Pipeline, Retention
from meshform.model.schedule import Schedule

YEARS = ServiceLevel(property="retention", value=10, unit="y", element="sold.day", place=at(9, "c.yaml"))
BY_JOB = {"pipeline": None, "job": Job(source=SOURCE, run_as="runner", main="orders.py")}
BY_TERRAFORM = {"pipeline": None, "tables": {"sold": ManagedTable()}}


def a_product(*columns, level=YEARS, physical_type="table", **fields):
    """A product with one table and a retention."""
    columns = columns or (column("day", "timestamp"),)
    made = contract(a_table("sold", *columns, physical_type=physical_type), sla=(level,))
    return product("sales.p", contract=made, **fields)


def stack_of(*args, **fields):
    """The resources of the domain's stack in prod."""
    spec = mesh(a_product(*args, **fields), domain("sales"))
    return resources(compiled(spec, "prod").stacks["sales-prod"])


def sql_of(*args, **fields):
    """The SQL of the one file of the job."""
    spec = mesh(a_product(*args, retention=Retention(), **BY_JOB, **fields), domain("sales"))
    (content,) = (
        text
        for name, text in compiled(spec, "prod").stacks["sales-prod"].assets.items()
        if "retention" in name
    )
    return content.decode()


def test_nothing_is_deleted_without_the_second_key():
    """A contract alone deletes nothing; an advice says so, and what to do."""
    spec = mesh(a_product(**BY_JOB), domain("sales"))
    assert "databricks_job.retention__p" not in resources(compiled(spec, "prod").stacks["sales-prod"])
    (finding,) = found(spec, "MF491", environment="prod")
    assert finding.severity is Severity.ADVICE
    assert finding.place == at(9, "c.yaml")
    assert (finding.got, finding.fix) == ("10 y", "give the product `retention=Retention()`")


def test_a_job_deletes_every_night_as_the_products_own_principal():
    """It made the table and so owns it: it needs no grant."""
    stack = stack_of(retention=Retention(), **BY_JOB)
    job = stack["databricks_job.retention__p"]
    assert job["name"] == "sales_p_retention"
    assert job["run_as"] == [{"service_principal_name": "runner-prod-id"}]
    assert job["schedule"] == [
        {"quartz_cron_expression": "0 0 3 * * ?", "timezone_id": "UTC", "pause_status": "UNPAUSED"}
    ]
    (task,) = job["task"]
    (file,) = task["sql_task"][0]["file"]
    assert task["task_key"] == "gold_sold"
    assert file["path"].endswith("/prod/sales/p.retention.gold.sold.sql")
    assert "databricks_workspace_file.retention__p__gold__sold" in job["depends_on"]
    assert "databricks_permissions.retention__p" in stack
    assert "MODIFY" not in str(
        [body for name, body in stack.items() if name.startswith("databricks_grants.")]
    )


def test_on_a_table_of_terraform_it_gets_the_right_to_delete():
    """A principal, a schedule and a table of one's own."""
    retention = Retention(run_as="writer", schedule=Schedule(cron="0 0 2 ? * SUN", timezone="Europe/Vienna"))
    stack = stack_of(retention=retention, **BY_TERRAFORM)
    job = stack["databricks_job.retention__p"]
    assert job["run_as"] == [{"service_principal_name": "writer-prod-id"}]
    assert job["schedule"][0]["quartz_cron_expression"] == "0 0 2 ? * SUN"
    grants = stack["databricks_grants.table__gold__sold"]["grant"]
    assert {"principal": "writer-prod-id", "privileges": ["MODIFY", "SELECT"]} in grants


@pytest.mark.parametrize(
    ("value", "unit", "moment"),
    [
        (10, "y", "MONTH, -120"),
        (0.5, "years", "MONTH, -6"),
        (18, "months", "MONTH, -18"),
        (90, "d", "SECOND, -7776000"),
        (36, "h", "SECOND, -129600"),
        (0.1, "y", "SECOND, -3162240"),  # a tenth of the longest year: never too early
    ],
)
def test_what_is_too_old_is_told_by_the_calendar(value, unit, moment):
    """Years of the calendar, not of 365 days: nothing goes before its time."""
    level = ServiceLevel(property="retention", value=value, unit=unit, element="sold.day")
    assert sql_of(level=level) == (
        "-- Generated from the contract, and made anew with every synthesis.\n"
        f"DELETE FROM `sales`.`gold`.`sold`\nWHERE `day` < timestampadd({moment}, current_timestamp());\n"
    )


@pytest.mark.parametrize("type_", ["string", "bigint"])
def test_a_column_that_is_no_time_is_refused(type_):
    """A number could be anything."""
    spec = mesh(a_product(column("day", type_), retention=Retention(), **BY_JOB), domain("sales"))
    (finding,) = found(spec, "MF492", environment="prod")
    assert finding.got == type_


@pytest.mark.parametrize(
    "fields",
    [
        {"level": ServiceLevel(property="freshness", value=1, unit="d"), **BY_JOB},  # no retention
        {"physical_type": "materialized_view"},  # a pipeline's, which takes no DELETE
        {"pipeline": None, "tables": {"sold": Elsewhere()}},
    ],
)
def test_a_job_with_nothing_to_delete_is_refused(fields):
    """It would run for ever and do nothing."""
    spec = mesh(a_product(retention=Retention(run_as="runner"), **fields), domain("sales"))
    (finding,) = found(spec, "MF490", environment="prod")
    assert "nothing to delete" in finding.summary


def test_a_job_with_nobody_to_run_as_is_refused():
    """Terraform's tables have no job whose principal it could take."""
    spec = mesh(a_product(retention=Retention(), **BY_TERRAFORM), domain("sales"))
    (finding,) = found(spec, "MF490", environment="prod")
    assert "nobody to run as" in finding.summary


def test_a_streaming_table_takes_deletions():
    """From outside of its pipeline."""
    stack = stack_of(retention=Retention(), physical_type="streaming_table")
    assert "databricks_job.retention__p" in stack


def test_a_materialized_view_is_kept_by_its_pipeline(tmp_path):
    """The generated module tells which rows to keep, and the advice ends when the code asks it."""
    asks = tmp_path / "asks"
    asks.mkdir()
    (asks / "p.py").write_text("rows.where(contract.kept('gold.sold'))\n", encoding="utf-8")
    for source, advice in ((SOURCE, 1), (asks, 0)):
        pipeline = Pipeline(source=source, run_as="runner")
        spec = mesh(a_product(physical_type="materialized_view", pipeline=pipeline), domain("sales"))
        findings = found(spec, "MF491", environment="prod")
        assert len(findings) == advice
        assert all('.where(contract.kept("gold.sold"))' in finding.fix for finding in findings)
        module = compiled(spec, "prod").stacks["sales-prod"].assets["assets/p.p_contract.py"].decode()
        assert "'kept': '`day` >= timestampadd(MONTH, -120, current_timestamp())'" in module
        namespace = {}
        exec(module, namespace)  # noqa: S102 - our own module
        assert namespace["kept"]("gold.sold").startswith("`day` >= ")


def test_who_makes_a_table_elsewhere_must_let_its_rows_go():
    """The mesh cannot."""
    spec = mesh(a_product(pipeline=None, tables={"sold": Elsewhere(by="the ERP")}), domain("sales"))
    (finding,) = found(spec, "MF491", environment="prod")
    assert finding.fix == "let the ERP delete them"


def test_a_principal_that_does_not_see_every_row_is_refused():
    """What a filter hides from it, it leaves for ever."""
    marked = column("day", "timestamp", tags=("row_filter=home",))
    for name, refused in (("writer", 1), ("runner", 0)):
        retention = Retention(run_as=name)
        made = a_product(marked, retention=retention, **BY_JOB)
        spec = mesh(made, domain("sales"), filter_policy("home"))
        assert len(found(spec, "MF493", environment="prod")) == refused


def test_a_principal_that_sees_a_masked_time_is_refused():
    """It would compare what the mask makes of it."""
    marked = column("day", "timestamp", classification="personal")
    for name, refused in (("writer", 1), ("runner", 0)):
        made = a_product(marked, retention=Retention(run_as=name), **BY_JOB)
        spec = mesh(made, domain("sales"), mask_policy())
        assert len(found(spec, "MF493", environment="prod")) == refused


def test_it_must_be_a_service_principal_of_the_registry():
    """Neither somebody else nor a group."""
    unknown = mesh(a_product(retention=Retention(run_as="runer"), **BY_JOB), domain("sales"))
    assert any("retention" in finding.summary for finding in found(unknown, "MF303", environment="prod"))
    group = mesh(a_product(retention=Retention(run_as="readers"), **BY_JOB), domain("sales"))
    (finding,) = found(group, "MF316", environment="prod")
    assert finding.summary == "a retention runs as a group"


def test_its_name_is_taken():
    """Another product could have it."""
    other = product("sales.p_retention")
    spec = mesh(a_product(retention=Retention(), **BY_JOB), other, domain("sales"))
    assert found(spec, "MF302", environment="prod")
