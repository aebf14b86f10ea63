# SPDX-License-Identifier: Apache-2.0
"""Anomaly detection on schemas, profiles of tables, health rules of jobs, and who hears of it.

Source: provider 1.128, docs/resources/data_quality_monitor.md (Public Preview) and docs/resources/job.md,
"health".
"""

from __future__ import annotations

from typing import Any

from meshform.model.destinations import alert_destinations
from meshform.model.monitoring import Profile
from meshform.model.ports import ManagedTable
from meshform.model.profiles import profiled
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.terraform.access import Access
from meshform.terraform.destinations import ids
from meshform.terraform.literals import Reference
from meshform.terraform.platform import find_warehouse
from meshform.terraform.stack import Stack, local_name


def add_monitor(stack: Stack, product: ResolvedProduct, access: Access) -> None:
    """Add anomaly detection on the schema of the product's ports, once for all products in it."""
    schema = product.domain.schema(product.spec.schema_name)
    name = local_name(schema)
    address = f"databricks_data_quality_monitor.{name}"
    if product.spec.monitoring.anomaly_detection and address not in stack.blocks:
        stack.resource(
            "databricks_data_quality_monitor",
            name,
            {
                "object_type": "schema",
                "object_id": access.schemas[schema].attribute("schema_id"),
                "anomaly_detection_config": {},
            },
            product.place,
        )


def add_profiles(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """Add a profile of each table that has one, after the table is made and whoever deploys may read it."""
    for table, profile, output_schema in profiled(product):
        owner = mesh.principal_id(product.domain.spec.owner) or ""
        may_read = access.read_for_views(owner, table, product.place)
        table_id, made_with = _table_id(stack, product, table)
        email = product.domain.spec.support.email
        schedule = profile.schedule
        windows = [f"AGGREGATION_GRANULARITY_{one.upper().replace(' ', '_')}" for one in _windows(profile)]
        config = {
            "output_schema_id": access.schemas[product.domain.schema(output_schema)].attribute("schema_id"),
            "assets_dir": mesh.workspace_folder(product.domain.name, product.name, "profiles", table.name),
            "warehouse_id": find_warehouse(stack, mesh).attribute("id"),
            "time_series": {"timestamp_column": profile.timestamp_column, "granularities": windows}
            if profile.timestamp_column
            else None,
            "snapshot": None if profile.timestamp_column else {},
            "schedule": {
                "quartz_cron_expression": schedule.cron,
                "timezone_id": schedule.timezone,
            }
            if schedule
            else None,
            "notification_settings": {"on_failure": {"email_addresses": [email]}} if email else None,
        }
        stack.resource(
            "databricks_data_quality_monitor",
            local_name(table.schema, table.name),
            {
                "object_type": "table",
                "object_id": table_id,
                "data_profiling_config": {key: value for key, value in config.items() if value is not None},
            },
            product.place,
            rank=access.made[table.full_name][0],
            after=[may_read],
            lifecycle=made_with,
        )


def _windows(profile: Profile) -> tuple[str, ...]:
    return profile.granularities or ("1 day",)


def _table_id(
    stack: Stack, product: ResolvedProduct, table: ResolvedTable
) -> tuple[Reference, dict[str, list[str]] | None]:
    """The id of a table, and the lifecycle of what is on it: with another id it is another table."""
    name = local_name(table.schema, table.name)
    if isinstance(table.entry, ManagedTable):
        made = stack.blocks[f"databricks_sql_table.{name}"]
        return made.attribute("table_id"), {"replace_triggered_by": [f"{made.address}.table_id"]}
    stand_in = f"databricks_sql_table.{name}"
    run = local_name("run", product.name)
    after = [f"terraform_data.{run}"] if table.is_run else [stand_in] if stand_in in stack.blocks else []
    found = stack.data("databricks_table", name, {"name": table.full_name}, product.place, after=after)
    is_of_pipeline = table.is_run and product.spec.pipeline is not None
    pipeline = f"databricks_pipeline.{local_name(product.name)}.id"  # a new pipeline makes new tables
    # while the table is not there yet, `table_info` is an empty list for Terraform, and only `id` is unknown
    looked_up = f'{found.address}.id == "" ? "" : one({found.address}.table_info[*].table_id)'
    return (
        Reference(f"${{{looked_up}}}"),
        {"replace_triggered_by": [pipeline]} if is_of_pipeline else None,
    )


def health_of_job(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh) -> dict[str, Any]:
    """Attributes of the product's job: its health rule, and who hears of failed and long runs."""
    minutes = product.spec.monitoring.max_run_minutes
    email = product.domain.spec.support.email
    emails = list(dict.fromkeys([*([email] if email else []), *mailed(product, mesh)]))
    hooks = ids(stack, mesh, (one for one in alert_destinations(product) if not one.addresses))
    events = ["on_failure", *(["on_duration_warning_threshold_exceeded"] if minutes else [])]
    rule = {"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": (minutes or 0) * 60}
    return {
        "health": [{"rules": [rule]}] if minutes else None,
        "email_notifications": [dict.fromkeys(events, emails)] if emails else None,
        "webhook_notifications": [{event: [{"id": one} for one in hooks] for event in events}]
        if hooks
        else None,
    }


def mailed(product: ResolvedProduct, mesh: ResolvedMesh) -> list[str]:
    """Addresses of the e-mail destinations that hear of failures, for what sends mail itself."""
    hearing = alert_destinations(product)
    return list(
        dict.fromkeys(a for one in hearing if one.is_made_in(mesh.environment) for a in one.addresses)
    )
