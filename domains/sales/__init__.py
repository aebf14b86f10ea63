# SPDX-License-Identifier: Apache-2.0
"""The Sales domain: who bought which parts. Two versions of one product live side by side here."""

from datetime import date
from pathlib import Path

from meshform import (
    Consumer,
    DataProduct,
    Domain,
    Function,
    Mesh,
    Pipeline,
    Schedule,
    Support,
    Volume,
)

HERE = Path(__file__).parent
OWNERS = "sales-domain-owners"


def pipeline(product: str) -> Pipeline:
    """The pipeline of a product, run every night."""
    return Pipeline(
        source=HERE / "pipelines" / product, run_as="sales-pipeline", schedule=Schedule(cron="0 0 4 * * ?")
    )


def files(name: str, comment: str) -> Volume:
    """A landing volume that the files of every night arrive in."""
    return Volume(name=name, schema_name="bronze", writers=("parts-system",), comment=comment)


def analysts(purpose: str) -> Consumer:
    """The analysts of the mesh as readers of every port."""
    return Consumer(group="analytics", purpose=purpose, approver=OWNERS)


def declare(mesh: Mesh) -> Domain:
    """Declare the domain and its products."""
    sales = Domain(
        mesh,
        "sales",
        owner=OWNERS,
        support=Support(channel="#sales-data", email="sales-data@example.com"),
        description="Sales domain: who bought which parts, when, for how much.",
        schemas={"bronze": "Files as they arrive.", "gold": "Products for consumers."},
    )
    buyers = DataProduct(
        sales,
        "buyers",
        contract=HERE / "buyers.odcs.yaml",
        pipeline=pipeline("buyers"),
        volumes=[files("buyer_files", "Buyers, as CSV files.")],
        consumers=[
            Consumer(
                group="analytics",
                columns=("c_custkey", "c_nationkey", "c_mktsegment"),
                purpose="cohorts by segment, of nobody in particular",
                approver=OWNERS,
            ),
            Consumer(product="sales.market_revenue", purpose="nation and segment", approver=OWNERS),
        ],
    )
    purchases = DataProduct(
        sales,
        "purchases_v2",
        contract=HERE / "purchases_v2.odcs.yaml",
        replaces="purchases_v1",
        pipeline=pipeline("purchases_v2"),
        volumes=[files("purchase_files", "Purchases, as CSV files.")],
        consumers=[
            analysts("revenue and cohorts"),
            Consumer(product="sales.purchases_v1", purpose="the version before", approver=OWNERS),
            Consumer(product="sales.market_revenue", purpose="revenue of each market", approver=OWNERS),
        ],
    )
    DataProduct(
        sales,
        "purchases_v1",
        contract=HERE / "purchases_v1.odcs.yaml",
        status="deprecated",
        sunset=date(2027, 6, 30),
        pipeline=pipeline("purchases_v1"),
        inputs=[purchases.port("purchases_v2")],
        consumers=[analysts("revenue, until the dashboards read version 2")],
    )
    DataProduct(
        sales,
        "line_items",
        contract=HERE / "line_items.odcs.yaml",
        pipeline=pipeline("line_items"),
        volumes=[files("line_item_files", "Lines of purchases, as CSV files.")],
        functions=[
            Function(
                name="net_price",
                parameters={"price": "decimal(15,2)", "discount": "decimal(15,2)"},
                returns="decimal(38,4)",
                body="price * (1 - discount)",
                comment="Price with its discount, without tax.",
            )
        ],
        consumers=[analysts("revenue by part and supplier")],
    )
    DataProduct(
        sales,
        "market_revenue",
        contract=HERE / "market_revenue.odcs.yaml",
        views={"market_revenue": HERE / "market_revenue.sql"},
        inputs=[
            buyers.port("buyers"),
            purchases.port("purchases_v2"),
            mesh.domain("geography").product("nations").port("nations"),
        ],
        consumers=[Consumer(group="bi_consumers", purpose="revenue dashboards", approver=OWNERS)],
    )
    return sales
