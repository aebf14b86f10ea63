# SPDX-License-Identifier: Apache-2.0
"""The Customers domain: who buys. It holds personal data and lends it to other domains on agreed terms."""

from datetime import date
from pathlib import Path

from meshform import (
    Consumer,
    DataProduct,
    Domain,
    GovernancePolicy,
    Mesh,
    Pipeline,
    RowFilter,
    Schedule,
    Support,
    Volume,
)

HERE = Path(__file__).parent


def declare(mesh: Mesh) -> Domain:
    """Declare the domain, its policy and its product."""
    customers = Domain(
        mesh,
        "customers",
        owner="customers-domain-owners",
        support=Support(channel="#customers-data", email="customers-data@example.com"),
        description="Customers domain: who buys, and from where.",
        tags={"cost_center": "4200"},
    )
    GovernancePolicy(
        customers,
        "own-countries",
        row_filters=[
            RowFilter(
                name="home_market",
                body="value IN ('AT', 'CH', 'DE')",
                exempt=("all-countries-readers",),
                comment="Readers outside of the exempt group see customers of the home market only.",
            )
        ],
    )
    DataProduct(
        customers,
        "customers",
        contract=HERE / "customers.odcs.yaml",
        pipeline=Pipeline(
            source=HERE / "pipeline", run_as="customers-pipeline", schedule=Schedule(cron="0 5 * * * ?")
        ),
        volumes=[
            Volume(
                name="landing",
                schema_name="bronze",
                writers=("shop-system",),
                comment="Where the shop puts an extract of its customers, as JSON files.",
            )
        ],
        consumers=[
            Consumer(
                product="orders.orders",
                ports=("customers",),
                purpose="country of the customer of an order",
                approver="customers-domain-owners",
            ),
            Consumer(
                group="customer-support",
                ports=("customers",),
                purpose="answer questions of customers of the home market",
                approver="customers-domain-owners",
                until=date(2027, 10, 31),
            ),
        ],
    )
    return customers
