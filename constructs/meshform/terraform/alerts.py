# SPDX-License-Identifier: Apache-2.0
"""Service levels that watch themselves: a SQL alert for each objective of a contract.

An alert runs as the service principal of the product, which owns its tables and may use the warehouse. That
of a product that runs nothing runs as whoever deploys it.

Source: provider 1.128, docs/resources/alert_v2.md.
"""

from __future__ import annotations

from meshform.governance.objectives import JOB_ID, Objective, objectives
from meshform.model.destinations import alert_destinations
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.destinations import ids
from meshform.terraform.literals import Reference
from meshform.terraform.permissions import allow_owners
from meshform.terraform.platform import find_warehouse
from meshform.terraform.stack import Stack, local_name

_HOURLY, _DAILY = "0 0 * * * ?", "0 30 4 * * ?"


def add_alerts(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """Add an alert for each objective."""
    for objective in objectives(product)[0]:
        _add_alert(stack, objective, product, mesh, access)


def _add_alert(
    stack: Stack, objective: Objective, product: ResolvedProduct, mesh: ResolvedMesh, access: Access
) -> None:
    level, table = objective.level, objective.table
    rank, after = access.made[(table or product.tables[0]).full_name]
    after = list(after)
    if table is not None and product.run_as and not table.is_run:
        after.append(access.select(product.run_as, table, level.place))
    email = product.domain.spec.support.email
    subscriptions = [{"user_email": email}] if email else []
    subscriptions += [{"destination_id": one} for one in ids(stack, mesh, alert_destinations(product))]
    # `freshness` of a table was first: the table stands before it in the name that people see
    words = (*objective.name[1:], objective.name[0])
    alert = stack.resource(
        "databricks_alert_v2",
        local_name(product.name, *objective.name),
        {
            "display_name": mesh.environment.scoped("_".join((product.domain.name, product.name, *words))),
            "custom_summary": objective.summary,
            "query_text": _query(objective, product),
            "warehouse_id": find_warehouse(stack, mesh).attribute("id"),
            "run_as": {"service_principal_name": product.run_as} if product.run_as else None,
            "schedule": {
                "quartz_cron_schedule": _HOURLY if objective.hourly else _DAILY,
                "timezone_id": "UTC",
            },
            "evaluation": {
                "source": {"name": objective.source},
                "comparison_operator": objective.comparison,
                "threshold": {"value": {"double_value": objective.threshold}},
                "empty_result_state": objective.when_empty,
                **({"notification": {"subscriptions": subscriptions}} if subscriptions else {}),
            },
        },
        level.place,
        rank=rank,
        after=after,
    )
    allow_owners(
        stack,
        local_name("alert", product.name, *objective.name),
        {"alert_v2_id": alert.attribute("id")},
        "CAN_MANAGE",
        product.domain,
        mesh,
        level.place,
        rank=rank,
    )


def _query(objective: Objective, product: ResolvedProduct) -> str:
    if objective.table is not None:
        return objective.query
    # no user's text is in a query about runs
    job = f"${{databricks_job.{local_name(product.name)}.id}}"
    return Reference(objective.query.replace(JOB_ID, job))
