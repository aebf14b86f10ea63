# SPDX-License-Identifier: Apache-2.0
"""The Supply domain: who supplies which part. Its suppliers were there before this repository was."""

from pathlib import Path

from meshform import Consumer, DataProduct, Domain, Job, Mesh, Pipeline, Schedule, Support, Volume

HERE = Path(__file__).parent
OWNERS, RUNNER = "supply-domain-owners", "supply-pipeline"
NIGHTLY = Schedule(cron="0 30 3 * * ?")


def files(name: str, comment: str) -> Volume:
    """A landing volume that the files of every night arrive in."""
    return Volume(name=name, schema_name="bronze", writers=("parts-system",), comment=comment)


def declare(mesh: Mesh) -> Domain:
    """Declare the domain and its products: two by pipelines, one by a job, and a volume as a port."""
    supply = Domain(
        mesh,
        "supply",
        owner=OWNERS,
        support=Support(channel="#supply-data", email="supply-data@example.com"),
        description="Supply domain: parts, and who supplies them.",
        schemas={"bronze": "Files as they arrive.", "gold": "Products for consumers."},
    )
    DataProduct(
        supply,
        "suppliers",
        contract=HERE / "suppliers.odcs.yaml",
        pipeline=Pipeline(
            source=HERE / "pipelines" / "suppliers",
            run_as=RUNNER,
            schedule=NIGHTLY,
            adopt={"prod": "3f2a9c1e-7b64-4d0a-9f5e-2c8d1b7a6e40"},  # made by hand before this repository was
            adopt_job={"prod": "620417530918245"},
        ),
        volumes=[files("supplier_files", "Suppliers, as CSV files.")],
        consumers=[Consumer(group="analytics", purpose="spend by supplier", approver=OWNERS)],
    )
    DataProduct(
        supply,
        "parts",
        contract=HERE / "parts.odcs.yaml",
        pipeline=Pipeline(source=HERE / "pipelines" / "parts", run_as=RUNNER, schedule=NIGHTLY),
        volumes=[
            files("part_files", "Parts, as CSV files."),
            Volume(
                name="product_sheets",
                schema_name="gold",
                writers=("parts-system",),
                comment="A PDF for each part, by its number.",
            ),
        ],
        consumers=[Consumer(group="analytics", purpose="revenue by part", approver=OWNERS)],
    )
    DataProduct(
        supply,
        "part_supply",
        contract=HERE / "part_supply.odcs.yaml",
        job=Job(source=HERE / "jobs" / "part_supply", run_as=RUNNER, schedule=NIGHTLY),
        volumes=[files("part_supply_files", "Stock and cost of parts, as CSV files.")],
        consumers=[Consumer(group="analytics", purpose="cost of parts", approver=OWNERS)],
    )
    return supply
