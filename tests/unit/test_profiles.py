# SPDX-License-Identifier: Apache-2.0
"""Profiles of tables: of snapshots and of windows of time, in the mesh and in the local workspace."""

import pytest
from tests.local_door import Door, Refused
from tests.meshes import column, compiled, domain, found, mesh, product, resources, table, view

from meshform.local.rules import make_table
from meshform.model.domain import Support
from meshform.model.monitoring import Monitoring, Profile
from meshform.model.ports import Elsewhere, ManagedTable
from meshform.model.schedule import Schedule

MONITOR = "databricks_data_quality_monitor"


def looked_up(name):
    """The id of a table that the stack does not make."""
    found = f"data.databricks_table.{name}"
    return f'${{{found}.id == "" ? "" : one({found}.table_info[*].table_id)}}'


def windows(*granularities, by="ts"):
    """Windows of time."""
    return {"time_series": {"timestamp_column": by, "granularities": list(granularities)}}


def profiled(profiles, *tables, **fields):
    """A mesh with a product whose tables are profiled."""
    tables = tables or (table("sold", column("ts", "timestamp"), column("id")),)
    made = product("sales.p", *tables, monitoring=Monitoring(profiles=profiles), **fields)
    return mesh(made, domain("sales", support=Support(email="s@x.com")))


def test_by_default_the_whole_table_is_profiled_when_somebody_asks():
    """All defaults: a snapshot, beside the table, after the table is made and its makers may read it."""
    stack = compiled(profiled({"sold": Profile()}), "prod").stacks["sales-prod"]
    assert resources(stack, MONITOR) == {
        f"{MONITOR}.gold__sold": {
            "object_type": "table",
            "object_id": looked_up("gold__sold"),
            "data_profiling_config": {
                "output_schema_id": "${databricks_schema.gold.schema_id}",
                "assets_dir": "/Workspace/Shared/meshform/prod/sales/p/profiles/sold",
                "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
                "snapshot": {},
                "notification_settings": {"on_failure": {"email_addresses": ["s@x.com"]}},
            },
            "depends_on": ["databricks_grants.table__gold__sold", "terraform_data.run__p"],
            "lifecycle": {"replace_triggered_by": ["databricks_pipeline.p.id"]},
        }
    }
    assert stack.blocks["data"]["databricks_table"] == {
        "gold__sold": {"name": "sales.gold.sold", "depends_on": ["terraform_data.run__p"]}
    }


def test_a_profile_may_look_at_windows_of_time():
    """All values; a table of Terraform tells its id itself, and one of somebody else is looked up."""
    full = Profile(
        timestamp_column="ts",
        granularities=("5 minutes", "1 month"),
        schedule=Schedule(cron="0 0 6 * * ?", timezone="Europe/Vienna"),
        output_schema="silver",
    )
    tables = [table(name, column("ts", "timestamp"), physical_type="table") for name in ("ours", "theirs")]
    spec = profiled(
        {"ours": full, "gold.theirs": Profile(timestamp_column="ts")},
        *tables,
        tables={"ours": ManagedTable(), "theirs": Elsewhere()},
    )
    stack = compiled(spec, "prod").stacks["sales-prod"]
    made = resources(stack, MONITOR)
    ours, theirs = made[f"{MONITOR}.gold__ours"], made[f"{MONITOR}.gold__theirs"]
    assert ours["object_id"] == "${databricks_sql_table.gold__ours.table_id}"
    assert ours["lifecycle"] == {"replace_triggered_by": ["databricks_sql_table.gold__ours.table_id"]}
    config = ours["data_profiling_config"]
    assert config["output_schema_id"] == "${databricks_schema.silver.schema_id}"
    assert config["schedule"] == {"quartz_cron_expression": "0 0 6 * * ?", "timezone_id": "Europe/Vienna"}
    assert config["time_series"] == {
        "timestamp_column": "ts",
        "granularities": ["AGGREGATION_GRANULARITY_5_MINUTES", "AGGREGATION_GRANULARITY_1_MONTH"],
    }
    assert "snapshot" not in config
    assert theirs["object_id"] == looked_up("gold__theirs")
    assert theirs["data_profiling_config"]["time_series"]["granularities"] == [
        "AGGREGATION_GRANULARITY_1_DAY"
    ]
    assert "lifecycle" not in theirs


@pytest.mark.parametrize(
    ("profiles", "code", "got", "fix"),
    [
        ({"sold": Profile(timestamp_column="ts")}, None, None, None),
        ({"solt": Profile()}, "MF557", "solt", "did you mean 'sold'?"),
        ({"v": Profile()}, "MF557", "v", "name one of its tables"),
        ({"twice": Profile()}, "MF557", "twice", "write it as `schema.table`"),
        (
            {"sold": Profile(timestamp_column="t")},
            "MF558",
            "t",
            "did you mean 'ts'?",
        ),
        (
            {"sold": Profile(timestamp_column="id")},
            "MF558",
            "id, of type string",
            "leave `timestamp_column` out, for a snapshot",
        ),
        ({"sold": Profile(output_schema="golt")}, "MF559", "golt", "did you mean 'gold'?"),
        (
            {"sold": Profile(output_schema="silver")},
            "MF559",
            "silver.sold_drift_metrics",
            "give the profile another `output_schema`, or rename the table",
        ),
    ],
)
def test_what_cannot_be_profiled_is_told(profiles, code, got, fix):
    """A view, an unknown table or column, a column of no time, no such schema, a name that is taken."""
    tables = [
        table("sold", column("ts", "timestamp"), column("id")),
        view("v"),
        table("twice"),
        table("twice", schema_name="silver"),
        table("sold_drift_metrics", schema_name="silver"),
    ]
    spec = profiled(profiles, *tables, views={"v": "SELECT id FROM sold"})
    findings = [one for c in ("MF557", "MF558", "MF559") for one in found(spec, c)]
    assert [(one.code, one.got, one.fix) for one in findings] == ([(code, got, fix)] if code else [])


def test_windows_need_a_column_of_time():
    """Granularities of a snapshot mean nothing."""
    with pytest.raises(ValueError, match="`granularities` need a `timestamp_column`"):
        Profile(granularities=("1 day",))


@pytest.mark.parametrize(
    ("profile", "why"),
    [
        ({"snapshot": {}}, None),
        (windows("1_DAY", by="TS"), None),
        ({}, "exactly one of"),
        ({"snapshot": {}, **windows("1_DAY")}, "exactly one of"),
        (windows(), "needs granularities"),
        (windows("2_DAYS"), "is no granularity"),
        (windows("1_DAY", by="no"), "'no', by which a profile looks at time, does not exist"),
        (windows("1_DAY", by="id"), "is of type string"),
        ({"snapshot": {}, "output_schema_id": "nowhere"}, "Schema 'nowhere' does not exist"),
        (
            {"snapshot": {}, "notification_settings": {"on_failure": {"email_addresses": ["a@x.com"] * 6}}},
            "at most 5",
        ),
    ],
)
def test_the_local_workspace_refuses_a_profile_that_databricks_refuses(tmp_path, profile, why):
    """And takes the others, and the monitor of a schema."""
    door = Door(tmp_path / "s")
    door.create("databricks_catalog", name="c")
    schema = door.create("databricks_schema", catalog_name="c", name="s")["schema_id"]
    columns = [{"name": "ts", "type": "TIMESTAMP"}, {"name": "id", "type": "STRING"}]
    identifier = make_table(door.store, "c.s.t", columns, None, "run")["table_id"]
    if series := profile.get("time_series"):
        named = [f"AGGREGATION_GRANULARITY_{one}" for one in series["granularities"]]
        profile = {**profile, "time_series": {**series, "granularities": named}}

    def make(**fields):
        door.create(MONITOR, **fields)

    config = {"output_schema_id": schema, **profile}
    if why is None:
        make(object_type="table", object_id=identifier, data_profiling_config=config)
    else:
        with pytest.raises(Refused, match=why):
            make(object_type="table", object_id=identifier, data_profiling_config=config)
    with pytest.raises(Refused, match="for a table, not for a schema"):
        make(object_type="schema", object_id=schema, data_profiling_config=config)
    with pytest.raises(Refused, match="for a schema, not for a table"):
        make(object_type="table", object_id=identifier, anomaly_detection_config={})
