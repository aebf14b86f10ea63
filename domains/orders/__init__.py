# SPDX-License-Identifier: Apache-2.0
"""The Orders domain: what was bought, when, for how much."""

from datetime import date
from pathlib import Path

from meshform import (
    Consumer,
    DataProduct,
    Domain,
    GovernancePolicy,
    Mesh,
    Pipeline,
    QualityRulesPresent,
    Recipient,
    Schedule,
    ServiceLevelPresent,
    Share,
    Support,
    Volume,
)

HERE = Path(__file__).parent


def declare(mesh: Mesh) -> Domain:
    """Declare the domain and its product."""
    orders = Domain(
        mesh,
        "orders",
        owner="orders-domain-owners",
        support=Support(channel="#orders-data", email="orders-data@example.com"),
        description="Orders domain: what was bought, when, for how much.",
        tags={"cost_center": "4100"},
    )
    GovernancePolicy(
        orders,
        "kept-promises",  # stricter than the mesh's: partners build on this domain
        rules=[
            ServiceLevelPresent(properties=("freshness",), measured=True),
            QualityRulesPresent(minimum=2, dimensions=("completeness", "uniqueness")),
        ],
    )
    DataProduct(
        orders,
        "orders",
        contract=HERE / "orders.odcs.yaml",
        pipeline=Pipeline(
            source=HERE / "pipeline", run_as="orders-pipeline", schedule=Schedule(cron="0 20 * * * ?")
        ),
        volumes=[
            Volume(
                name="landing",
                schema_name="bronze",
                writers=("shop-system",),
                comment="Where the shop puts its orders, as JSON files.",
            )
        ],
        inputs=[mesh.domain("customers").product("customers").port("customers")],
        views={"orders_daily_revenue": HERE / "orders_daily_revenue.sql"},
        consumers=[
            Consumer(
                group="analytics",
                ports=("orders_gold",),
                purpose="revenue, cohort and fulfillment analytics",
                approver="orders-domain-owners",
                until=date(2027, 10, 31),
            ),
            Consumer(
                group="bi_consumers",
                ports=("orders_daily_revenue",),
                purpose="revenue dashboards",
                approver="orders-domain-owners",
            ),
        ],
        shares=[
            Share(
                name="orders_revenue",
                ports=("orders_daily_revenue",),
                comment="Daily revenue for partners.",
                recipients=(
                    Recipient(
                        name="logistics_partner",
                        metastore_ids="aws:eu-central-1:19a85dee-54bc-43a2-87ab-023d0ec16013",
                        comment="The logistics partner, on Databricks in its own account.",
                    ),
                    Recipient(
                        name="auditors",
                        allowed_ip_addresses=("192.0.2.0/24",),
                        comment="The auditors, who read the share without Databricks.",
                    ),
                ),
            )
        ],
    )
    return orders
