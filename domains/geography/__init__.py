# SPDX-License-Identifier: Apache-2.0
"""The Geography domain: reference data that changes seldom, and that nobody here needs a pipeline for."""

from pathlib import Path

from meshform import Consumer, DataProduct, Domain, Elsewhere, ManagedTable, Mesh, Support

HERE = Path(__file__).parent
OWNERS = "geography-domain-owners"


def declare(mesh: Mesh) -> Domain:
    """Declare the domain, a table that a bundle makes, and one that Terraform makes and a loader fills."""
    geography = Domain(
        mesh,
        "geography",
        owner=OWNERS,
        support=Support(channel="#geography-data", email="geography-data@example.com"),
        description="Geography domain: regions and nations.",
        schemas={"gold": "Reference data."},
    )
    DataProduct(
        geography,
        "regions",
        contract=HERE / "regions.odcs.yaml",
        tables={"regions": Elsewhere(by="the reference data bundle")},
        consumers=[Consumer(group="analytics", purpose="group nations by region", approver=OWNERS)],
    )
    DataProduct(
        geography,
        "nations",
        contract=HERE / "nations.odcs.yaml",
        tables={"nations": ManagedTable(writers=("reference-loader",))},
        consumers=[
            Consumer(group="analytics", purpose="names of nations", approver=OWNERS),
            Consumer(product="sales.market_revenue", purpose="names of the buyers' nations", approver=OWNERS),
        ],
    )
    return geography
