# SPDX-License-Identifier: Apache-2.0
"""Service levels that watch themselves: a SQL alert for each freshness that a contract promises."""

from __future__ import annotations

from meshform.model.contract import ServiceLevel
from meshform.model.findings import Finding, MeshformError
from meshform.model.names import quote
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.terraform.access import Access
from meshform.terraform.permissions import allow_owners
from meshform.terraform.platform import find_warehouse
from meshform.terraform.stack import Stack, local_name

FRESHNESS = ("freshness", "latency")  # ODCS examples use both words for the age of the newest row

# ODCS units (https://bitol-io.github.io/open-data-contract-standard, "Service-Level Agreement") in minutes
_MINUTES = {
    "m": 1,
    "min": 1,
    "minute": 1,
    "h": 60,
    "hr": 60,
    "hour": 60,
    "d": 1440,
    "day": 1440,
    "w": 10080,
    "week": 10080,
}


def add_alerts(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """Add an alert for each promise of freshness with an element `table.column`."""
    for level in product.spec.contract.sla:
        if level.property in FRESHNESS and level.element:
            for element in level.element.split(","):
                _add_alert(stack, level, *_element(level, element.strip(), product), product, mesh, access)


def _add_alert(
    stack: Stack,
    level: ServiceLevel,
    table: ResolvedTable,
    column: str,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    access: Access,
) -> None:
    minutes = _minutes(level)
    rank, after = access.made[table.full_name]
    email = product.domain.spec.support.email
    name = local_name(product.name, level.property, table.name)
    alert = stack.resource(
        "databricks_alert_v2",
        name,
        {
            "display_name": mesh.environment.scoped(
                f"{product.domain.name}_{product.name}_{table.name}_{level.property}"
            ),
            "custom_summary": f"{table.full_name} is older than {minutes:g} minutes",
            "query_text": _query(table, column),
            "warehouse_id": find_warehouse(stack, mesh).attribute("id"),
            "schedule": {"quartz_cron_schedule": "0 0 * * * ?", "timezone_id": "UTC"},
            "evaluation": {
                "source": {"name": "minutes_behind"},
                "comparison_operator": "GREATER_THAN",
                "threshold": {"value": {"double_value": minutes}},
                # a table without rows is not fresh
                "empty_result_state": "TRIGGERED",
                "notification": {"subscriptions": [{"user_email": email}]} if email else None,
            },
        },
        level.place,
        rank=rank,
        after=after,
    )
    allow_owners(
        stack,
        local_name("alert", product.name, level.property, table.name),
        {"alert_v2_id": alert.attribute("id")},
        "CAN_MANAGE",
        product.domain,
        mesh,
        level.place,
        rank=rank,
    )


def _query(table: ResolvedTable, column: str) -> str:
    name = ".".join(quote(part) for part in (table.catalog, table.schema, table.name))
    behind = f"timestampdiff(MINUTE, max({quote(column)}), current_timestamp())"
    return f"SELECT {behind} AS minutes_behind FROM {name}"  # noqa: S608 - every name is quoted


def _element(level: ServiceLevel, element: str, product: ResolvedProduct) -> tuple[ResolvedTable, str]:
    name, _, column = element.rpartition(".")
    for table in product.tables:
        if name in (table.name, f"{table.domain_schema}.{table.name}") and table.spec.column(column):
            return table, column
    raise MeshformError(
        Finding(
            code="MF502",
            summary=f"the {level.property} of {product.address} is about no column of the contract",
            place=level.place,
            got=element or "nothing",
            allowed="`table.column` of the contract",
            fix="correct `element`",
        )
    )


def _minutes(level: ServiceLevel) -> float:
    unit = (level.unit or "").casefold()
    factor = _MINUTES.get(unit) or _MINUTES.get(unit.removesuffix("s"))
    if (
        factor is None
        or isinstance(level.value, bool)
        or not isinstance(level.value, int | float)
        or level.value <= 0
    ):
        raise MeshformError(
            Finding(
                code="MF503",
                summary=f"a {level.property} is not a time",
                place=level.place,
                got=f"{level.value} {level.unit or ''}".strip(),
                allowed="a number greater than 0, and a unit: minutes, hours, days or weeks",
                fix="correct `value` and `unit`",
            )
        )
    return level.value * factor
