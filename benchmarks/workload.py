# SPDX-License-Identifier: Apache-2.0
"""The mesh that is measured: any number of products of 15 resources each, 50 products a domain.

Every product has its own contract, made in Python, and its own folder of pipeline code, made before the
measured processes start. As in the example mesh, every second product has a view; the others have one more
table. A product reads another of its domain, and the first of each domain reads the first
of the first domain, so waves of products, grants between domains and an order of stacks are part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from meshform import (
    Classification,
    ClassifiedColumnsMasked,
    ColumnsDescribed,
    Construct,
    Consumer,
    Contract,
    DataProduct,
    Domain,
    Environment,
    GovernancePolicy,
    Group,
    MaskFunction,
    Mesh,
    NamesMatch,
    OwnerIsGroup,
    Pipeline,
    PipelinesReadClear,
    Platform,
    Rule,
    Schedule,
    ServiceLevelPresent,
    ServicePrincipal,
    Support,
    SupportPath,
    Volume,
)
from meshform.model.contract import Action, Column, QualityRule, ServiceLevel, Table

ENVIRONMENT = "prod"
PRODUCTS_A_DOMAIN = 50
RESOURCES_A_PRODUCT = 15

_CODE = '''\
"""Ingest and publish {name}."""

import {name}_contract as contract
from pyspark import pipelines as dp
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, to_timestamp

spark = SparkSession.active()


@dp.table(**contract.table("silver.{name}_events"))
@contract.expectations("silver.{name}_events")
def {name}_events():
    """Take every new file of the landing volume."""
    return (
        spark.readStream.format("cloudFiles")
        .option("cloudFiles.format", "json")
        .schema(contract.columns("silver.{name}_events"))
        .load(contract.volume("{name}_landing"))
    )


@dp.materialized_view(**contract.table("gold.{name}"))
@contract.expectations("gold.{name}")
def {name}():
    """Publish events that count."""
    return spark.read.table("silver.{name}_events").withColumn("event_ts", to_timestamp(col("event_ts")))
'''


def write_code(folder: Path, products: int) -> None:
    """Write the pipeline code of every product below a folder."""
    for number in range(products):
        source = folder / _product(number)
        source.mkdir(parents=True)
        (source / "pipeline.py").write_text(_CODE.format(name=_product(number)), encoding="utf-8")


def declare(scope: Construct, products: int, code: Path, *, wide: bool = False) -> Mesh:
    """Declare the mesh below a scope, with the code that `write_code` wrote.

    Args:
        scope: the construct above it.
        products: how many.
        code: folder of the code.
        wide: give each product 30 columns and each mesh 40 rules. Default: 16 or 17 columns, 12 rules.
    """
    domains = range((products + PRODUCTS_A_DOMAIN - 1) // PRODUCTS_A_DOMAIN)
    pipelines = tuple(f"{_domain(number)}-pipeline" for number in domains)
    mesh = Mesh(
        scope,
        environments=[
            Environment.local(deployer="platform-deployer"),
            Environment(name=ENVIRONMENT, deployer="platform-deployer", production=True),
        ],
        platform=Platform(owner="platform-owners"),
        groups=[
            Group(name="platform-owners", members=("platform-deployer",)),
            Group(name="analytics"),
            Group(name="personal-data-readers", members=pipelines),
            *(Group(name=_owner(number), members=("platform-deployer",)) for number in domains),
        ],
        service_principals=[
            ServicePrincipal(
                name=name, application_ids={ENVIRONMENT: f"{number:08x}-0000-4000-8000-000000000000"}
            )
            for number, name in enumerate(("platform-deployer", *pipelines))
        ],
    )
    _govern(mesh)
    if wide:
        GovernancePolicy(mesh, "more-standards", rules=_more_rules())
    for number in domains:
        domain = Domain(
            mesh,
            _domain(number),
            owner=_owner(number),
            support=Support(channel=f"#{_domain(number)}"),
            description=f"Domain {number} of the measured mesh.",
            tags={"cost_center": f"{4000 + number}"},
        )
        GovernancePolicy(
            domain, "tighter", rules=[ColumnsDescribed(minimum_length=20), NamesMatch(kind="product")]
        )
        first = number * PRODUCTS_A_DOMAIN
        for product in range(first, min(first + PRODUCTS_A_DOMAIN, products)):
            _declare_product(domain, number, product, products, code, wide=wide)
    return mesh


def _govern(mesh: Mesh) -> None:
    GovernancePolicy(
        mesh,
        "minimum-standards",
        rules=[
            OwnerIsGroup(),
            SupportPath(),
            ColumnsDescribed(minimum_length=10),
            ServiceLevelPresent(properties=("freshness", "latency")),
            NamesMatch(kind="domain"),
            NamesMatch(kind="schema"),
            NamesMatch(kind="table"),
            NamesMatch(kind="column"),
        ],
    )
    GovernancePolicy(
        mesh,
        "personal-data",
        rules=[ClassifiedColumnsMasked(), PipelinesReadClear()],
        classifications=[
            Classification(
                name="personal",
                description="Tells who a person is.",
                mask=MaskFunction(name="mask_personal", body="concat('***', right(sha2(value, 256), 8))"),
                exempt=("personal-data-readers",),
            )
        ],
    )


def _more_rules() -> list[Rule]:
    """What makes 40 rules with the others: as many patterns of names as a large company has."""
    kinds: tuple[Literal["domain", "schema", "product", "table", "column"], ...]
    kinds = ("domain", "schema", "product", "table", "column")
    return [NamesMatch(kind=kinds[i % 5], pattern=f"[a-z][a-z0-9_]{{0,{60 + i}}}") for i in range(28)]


def _declare_product(
    domain: Domain, domain_number: int, number: int, products: int, code: Path, *, wide: bool
) -> None:
    name = _product(number)
    source = _source(number)
    DataProduct(
        domain,
        name,
        contract=_contract(name, with_view=_has_view(number), wide=wide),
        pipeline=Pipeline(
            source=code / name, run_as=f"{domain.name}-pipeline", schedule=Schedule(cron="0 20 * * * ?")
        ),
        volumes=[
            Volume(
                name=f"{name}_landing", schema_name="bronze", comment="Where the files of the source arrive."
            )
        ],
        inputs=[] if source is None else [domain.mesh.port(f"{_address(source)}.{_product(source)}")],
        views={
            f"{name}_daily": "SELECT\n  date(event_ts) AS day,\n  currency,\n  sum(amount) AS amount\n"
            f"FROM {name}\nGROUP BY 1, 2\n"
        }
        if _has_view(number)
        else {},
        consumers=[
            Consumer(group="analytics", purpose="revenue analytics", approver=_owner(domain_number)),
            *(
                Consumer(
                    product=_address(reader),
                    ports=(name,),
                    purpose="builds on it",
                    approver=_owner(domain_number),
                )
                for reader in _readers(number, products)
            ),
        ],
    )


def _has_view(number: int) -> bool:
    return number % 2 == 0


def _contract(name: str, *, with_view: bool, wide: bool) -> Contract:
    more = [_column(f"measure_{i:02}", "bigint", f"Measure {i} of the event.") for i in range(14 * wide)]
    return Contract(
        id=name,
        version="1.0.0",
        status="active",
        purpose="One row for each event that counts, ready for analytics.",
        tables=(
            Table(
                name=f"{name}_events",
                schema_name="silver",
                physical_type="streaming_table",
                description="Events as the source wrote them. Internal.",
                columns=(
                    _column("event_id", "string", "Number of the event in the source.", quality=(_NOT_NULL,)),
                    _column("event_ts", "string", "When it happened, as text in ISO 8601."),
                    _column("amount", "decimal(18,2)", "What was paid, in the currency of the event."),
                    _column("currency", "string", "Currency of the amount, ISO 4217."),
                    _column("status", "string", "Where the event stands, in the words of the source."),
                ),
            ),
            Table(
                name=name,
                schema_name="gold",
                physical_type="materialized_view",
                description="Events that count, ready for analytics.",
                columns=(
                    _column("event_id", "string", "Number of the event in the source.", primary_key=True),
                    _CUSTOMER_ID,
                    _column("segment", "string", "Segment of the customer."),
                    _column("event_ts", "timestamp", "When it happened, in coordinated time."),
                    _column(
                        "amount", "decimal(18,2)", "What was paid, in its currency.", quality=(_POSITIVE,)
                    ),
                    _column("currency", "string", "Currency of the amount, ISO 4217."),
                    _column("status", "string", "Where the event stands: PAID, SHIPPED or REFUNDED."),
                    _column("country", "string", "Country of the customer, ISO 3166-1 alpha-2."),
                    *more,
                ),
            ),
            Table(
                name=f"{name}_daily",
                schema_name="gold",
                physical_type="view" if with_view else "materialized_view",
                description="Amount of each day and currency, for dashboards.",
                columns=(
                    _column("day", "date", "Day on which it happened."),
                    _column("currency", "string", "Currency of the amount, ISO 4217."),
                    _column("amount", "decimal(28,2)", "Sum of the amounts of that day."),
                    *(() if with_view else (_CUSTOMER_ID,)),
                ),
            ),
        ),
        sla=(ServiceLevel(property="freshness", value=4, unit="h", element=f"{name}.event_ts"),),
    )


def _column(name: str, kind: str, description: str, **more: Any) -> Column:
    return Column(name=name, type=kind, description=description, **more)


_CUSTOMER_ID = _column("customer_id", "string", "Number of the customer.", classification="personal")
_NOT_NULL = QualityRule(name="event_id_is_not_null", expression="event_id IS NOT NULL", action=Action.DROP)
_POSITIVE = QualityRule(name="amount_is_positive", expression="amount >= 0")


def _source(number: int) -> int | None:
    """The product that a product reads: in its domain a tree, between domains a star."""
    place = number % PRODUCTS_A_DOMAIN
    if place == 0:
        return 0 if number else None
    return number - place + (place - 1) // 2


def _readers(number: int, products: int) -> Iterator[int]:
    place = number % PRODUCTS_A_DOMAIN
    end = min(number - place + PRODUCTS_A_DOMAIN, products)
    yield from (n for n in (number + place + 1, number + place + 2) if n < end)
    if number == 0:
        yield from range(PRODUCTS_A_DOMAIN, products, PRODUCTS_A_DOMAIN)


def _address(number: int) -> str:
    return f"{_domain(number // PRODUCTS_A_DOMAIN)}.{_product(number)}"


def _product(number: int) -> str:
    return f"product_{number:04}"


def _domain(number: int) -> str:
    return f"domain_{number:02}"


def _owner(domain: int) -> str:
    return f"{_domain(domain)}-owners"
