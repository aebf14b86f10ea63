# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a product's consumers: among themselves, and with the columns that they are given."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.consumer import Consumer
from meshform.model.contract import Table
from meshform.model.findings import Finding, Place
from meshform.model.near import did_you_mean, one_of
from meshform.model.product import Product


def place_of(consumer: Consumer, otherwise: Place) -> Place:
    """Where a consumer stands: in its file, else where its product is declared."""
    return consumer.place if consumer.place.file else otherwise


def consumer_findings(product: Product) -> Iterator[Finding]:
    """One consumer that is given one port twice, a part of it at least once (MF390)."""
    if not any(consumer.is_narrowed for consumer in product.consumers):
        return
    first: dict[tuple[bool, str, str], Consumer] = {}
    every = [table.name for table in product.contract.tables]
    for consumer in product.consumers:
        for port in consumer.ports or every:
            other = first.setdefault((consumer.group is None, consumer.name, port), consumer)
            if other is not consumer and (other.is_narrowed or consumer.is_narrowed):
                yield Finding(
                    code="MF390",
                    summary=f"consumer {consumer.name!r} is given port {port!r} of {product.address} twice",
                    place=place_of(consumer, product.place),
                    got=f"{_part(consumer)}, and {_part(other)}",
                    allowed="each port once for a consumer that reads a part of it",
                    fix="keep one of them, with all columns and rows that it needs",
                )


def _part(consumer: Consumer) -> str:
    columns = f"columns {', '.join(consumer.columns)}" if consumer.columns else "all columns"
    return f"{columns} of {'some' if consumer.rows else 'all'} rows"


def column_findings(consumer: Consumer, port: Table, place: Place) -> Iterator[Finding]:
    """Columns of a consumer that a port does not have, or that are named twice (MF391)."""
    known = [column.name for column in port.columns]
    folded = {name.casefold() for name in known}
    seen: set[str] = set()
    for name in consumer.columns:
        form = name.casefold()
        if form not in folded:
            yield Finding(
                code="MF391",
                summary=f"consumer {consumer.name!r} is given a column that port {port.name!r} does not have",
                place=place_of(consumer, place),
                got=name,
                allowed=one_of(known, most=40),
                fix=did_you_mean(name, known) or "name its ports, each with a Consumer of its own",
            )
        elif form in seen:
            yield Finding(
                code="MF391",
                summary=f"consumer {consumer.name!r} is given one column of port {port.name!r} twice",
                place=place_of(consumer, place),
                got=name,
                fix="name it once",
            )
        seen.add(form)
