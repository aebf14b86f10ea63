# SPDX-License-Identifier: Apache-2.0
"""The life of a product: what its readers are told, who may still be given it, what comes after it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshform.model.consumer import Consumer
from meshform.model.contract import Table
from meshform.model.findings import Finding, Severity
from meshform.model.near import did_you_mean, one_of
from meshform.model.product import Product
from meshform.model.resolved import ResolvedMesh, ResolvedProduct

TAG_PREFIX = "data_product_"
"""Start of the keys of tags that Meshform sets itself."""


def notice(product: Product, replaced_by: str | None) -> str:
    """What a reader must know of a product's status; nothing of an active one."""
    instead = f" Use {replaced_by} instead." if replaced_by else ""
    return {
        "draft": "Draft: it may still change in any way.",
        "deprecated": f"Deprecated: it is kept until {product.sunset}.{instead}",
        "retired": f"Retired: nobody is given access any more.{instead}",
    }.get(product.current_status, "")


def comment_of(table: Table, product: Product, replaced_by: str | None) -> str:
    """The comment on a table or view: its description, and on a port what the product says of its use."""
    parts = [notice(product, replaced_by), table.description or ""]
    if product.schema_of(table) == product.schema_name:
        usage = product.usage if product.usage is not None else product.contract.usage
        limitations = product.limitations if product.limitations is not None else product.contract.limitations
        parts += [f"Usage: {usage}" if usage else "", f"Limitations: {limitations}" if limitations else ""]
    return "\n\n".join(part for part in parts if part)


def product_tags(product: ResolvedProduct) -> dict[str, str]:
    """Tags of every table, view and volume of a product: its own, and what Meshform says of its life."""
    spec = product.spec
    tags = dict(spec.tags)
    if spec.version:
        tags[f"{TAG_PREFIX}version"] = spec.version
    if spec.status or spec.current_status != "active":
        tags[f"{TAG_PREFIX}status"] = spec.current_status
    if spec.sunset:
        tags[f"{TAG_PREFIX}sunset"] = spec.sunset.isoformat()
    if spec.classification:
        tags[f"{TAG_PREFIX}classification"] = spec.classification
    if product.replaced_by:
        tags[f"{TAG_PREFIX}replaced_by"] = product.replaced_by
    return tags


def not_granted(consumer: Consumer, product: ResolvedProduct) -> Iterator[Finding]:
    """Access that the product's status keeps back (MF374)."""
    status = product.spec.current_status
    inside = (consumer.product or "").startswith(f"{product.domain.name}.") or (
        consumer.group == product.domain.spec.owner
    )
    if status == "retired" or (status == "draft" and not inside):
        yield Finding(
            code="MF374",
            summary=f"{product.address} is {status}, so {consumer.name!r} is not given access",
            place=product.place,
            got=f"status {status!r}",
            allowed="consumers of its own domain" if status == "draft" else "no consumer",
            fix="give it the status 'active' when it is ready"
            if status == "draft"
            else "remove the consumer, or make the product active again",
            severity=Severity.WARNING,
        )


def lifecycle_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Findings MF348, MF349, MF370, MF375 and MF376."""
    successors: dict[str, str] = {}
    for product in mesh.products.values():
        yield from _sunset(product, mesh)
        yield from _inputs(product, mesh)
        if product.spec.shares and (status := product.spec.current_status) in ("draft", "retired"):
            yield Finding(
                code="MF375",
                summary=f"{product.address} is {status}, and shared",
                place=product.place,
                got=", ".join(share.name for share in product.spec.shares),
                allowed="shares of active and deprecated products",
                fix="remove the shares, or change the status",
            )
        if address := product.spec.replaces_address:
            yield from _replaces(product, address, mesh, successors)


def _sunset(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    status, sunset, today = product.spec.current_status, product.spec.sunset, mesh.spec.today
    if status == "deprecated" and sunset is None:
        yield Finding(
            code="MF348",
            summary=f"{product.address} is deprecated, and nobody knows until when it is kept",
            place=product.place,
            fix="give the product its last day, `sunset=date(...)`",
        )
    elif status in ("draft", "active") and sunset is not None:
        yield Finding(
            code="MF348",
            summary=f"{product.address} has a last day, but is not deprecated",
            place=product.place,
            got=f"status {status!r}, sunset {sunset.isoformat()}",
            fix="give it the status 'deprecated', or remove `sunset`",
        )
    elif status == "deprecated" and sunset and today and sunset < today:
        readers = ", ".join(reader.consumer.name for reader in product.readers)
        yield Finding(
            code="MF349",
            summary=f"the last day of {product.address} has passed",
            place=product.place,
            got=f"sunset {sunset.isoformat()}, today is {today.isoformat()}; read by {readers or 'nobody'}",
            fix="give it the status 'retired', or agree on a later day",
            severity=Severity.WARNING,
        )


def _inputs(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """A product must not build on what is not there for it, and is told what it will lose."""
    for reference in product.spec.port_inputs:
        producer = mesh.products.get(reference.product_address)
        status = producer.spec.current_status if producer else "active"
        if producer is None or producer is product or status == "active":
            continue
        if status == "retired" or (status == "draft" and producer.domain is not product.domain):
            yield Finding(
                code="MF375",
                summary=f"{product.address} reads {reference}, of a product that is {status}",
                place=product.place,
                got=f"status {status!r} of {producer.address} at {producer.place}",
                allowed="ports of active and deprecated products, and of drafts of its own domain",
                fix=f"read {producer.replaced_by} instead" if producer.replaced_by else "remove the input",
            )
        elif status == "deprecated" and product.spec.current_status in ("draft", "active"):
            yield Finding(
                code="MF376",
                summary=f"{product.address} reads {reference}, which is deprecated",
                place=product.place,
                got=f"sunset {producer.spec.sunset}",
                fix=f"read {producer.replaced_by} instead"
                if producer.replaced_by
                else f"ask the owner of {producer.address} what comes after it",
                severity=Severity.WARNING,
            )


def _replaces(
    product: ResolvedProduct, address: str, mesh: ResolvedMesh, successors: dict[str, str]
) -> Iterator[Finding]:
    """A product replaces an older one of its domain, which nothing else replaces (MF370)."""
    other = mesh.products.get(address)
    reason = fix = None
    if address.partition(".")[0] != product.domain.name:
        reason, fix = "is of another domain", "replace it in its own domain, or leave `replaces` out"
    elif other is None:
        known = [one.name for one in product.domain.products if one is not product]
        reason = "is no product of the domain"
        fix = did_you_mean(address.partition(".")[2], known) or f"name one of: {one_of(known) or 'none'}"
    elif other is product:
        reason, fix = "is the product itself", "name the older product"
    elif (first := successors.setdefault(address, product.address)) != product.address:
        reason, fix = f"is replaced by {first} already", "let one product replace it"
    elif not _is_newer(product.spec.current_version, other.spec.current_version):
        reason = f"is not older: version {other.spec.current_version}, this is {product.spec.current_version}"
        fix = "give this product a higher `version`"
    elif other.spec.current_status == "draft":
        reason, fix = "is a draft, which nobody reads yet", "change the draft, or make it active first"
    elif product.spec.current_status == "retired" and other.spec.current_status != "retired":
        reason, fix = "would outlive this one, which is retired", "retire the older one first"
    elif product.spec.sunset and (other.spec.sunset is None or other.spec.sunset > product.spec.sunset):
        reason, fix = "would outlive this one", "give the older product the earlier `sunset`"
    if reason:
        yield Finding(
            code="MF370",
            summary=f"{product.address} cannot replace {address}, which {reason}",
            place=product.place,
            got=address,
            allowed="an older product of the same domain that nothing else replaces",
            fix=fix,
        )


def _is_newer(version: str, than: str) -> bool:
    """Whether a version is higher; versions that are no numbers are only told apart."""
    numbers = [re.match(r"v?(\d+(?:\.\d+)*)", text) for text in (version, than)]
    if not all(numbers):
        return version != than
    new, old = ([int(part) for part in match[1].split(".")] for match in numbers if match)
    length = max(len(new), len(old))
    return new + [0] * (length - len(new)) > old + [0] * (length - len(old))
