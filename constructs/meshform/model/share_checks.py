# SPDX-License-Identifier: Apache-2.0
"""What Databricks refuses of shares and recipients.

Source: Databricks documentation, "Restrict Delta Sharing recipient access using IP access lists", "ALTER
SHARE", REST API reference of shares (`shared_as`, `string_shared_as`) and of recipients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, ip_network

from meshform.model.contract import Table
from meshform.model.domain import MeshSpec
from meshform.model.environment import Environment
from meshform.model.findings import Finding, Place, Severity
from meshform.model.names import normalized
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedProduct
from meshform.model.share import PartitionValue, Recipient, Share, SharedObject
from meshform.model.share_limits import METASTORE_ID, MOST_ADDRESSES, OF_DATABRICKS

_SHARED_NAME = re.compile(r"[A-Za-z0-9_]+\.[A-Za-z0-9_]+")


def recipient_findings(mesh: MeshSpec, environment: Environment) -> Iterator[Finding]:
    """Recipients that Databricks refuses (MF397), and two of one metastore (MF399)."""
    metastores: dict[str, tuple[str, Place]] = {}
    for product in mesh.products:
        for share in product.shares:
            for recipient in share.recipients:
                yield from _recipient(recipient, mesh, product.place)
                metastore = recipient.metastore_id(environment)
                if metastore is None:
                    continue
                other, where = metastores.setdefault(metastore, (recipient.name, product.place))
                if normalized(other) != normalized(recipient.name):
                    yield Finding(
                        code="MF399",
                        summary="two recipients are one metastore, which Databricks knows by one name only",
                        place=product.place,
                        got=f"{recipient.name!r}, and {other!r} at {where}: {metastore}",
                        fix="name it the same in both shares",
                    )


def _recipient(recipient: Recipient, mesh: MeshSpec, place: Place) -> Iterator[Finding]:
    given = recipient.metastore_ids
    ids = [given] if isinstance(given, str) else list((given or {}).values())
    for one in ids:
        if not METASTORE_ID.fullmatch(one):
            yield _refused(
                recipient,
                "is known by no global metastore id",
                place,
                got=one,
                allowed="cloud:region:uuid, such as aws:eu-central-1:19a85dee-54bc-43a2-87ab-023d0ec16013",
                fix="ask the recipient for the result of SELECT CURRENT_METASTORE()",
            )
    if given is not None:
        for field, value in (
            ("allowed_ip_addresses", recipient.allowed_ip_addresses),
            ("until", recipient.until),
            ("region", recipient.region),
        ):
            if value:
                yield _refused(
                    recipient,
                    f"is on Databricks and has `{field}`, which is for tokens",
                    place,
                    fix=f"remove `{field}`, or the metastore ids",
                )
    yield from _addresses(recipient, place)
    for key in recipient.properties:
        if key.startswith(OF_DATABRICKS) or not key:
            yield _refused(
                recipient,
                "is given a property that Databricks sets itself",
                place,
                got=key,
                allowed=f"names that do not begin with {OF_DATABRICKS!r}",
                fix="rename it",
            )
    if recipient.until and mesh.today and recipient.until < mesh.today:
        yield _refused(
            recipient,
            "has a token that has expired",
            place,
            got=f"until {recipient.until.isoformat()}, today is {mesh.today.isoformat()}",
            fix="remove the recipient, or agree on a later day",
            severity=Severity.WARNING,
        )


def _addresses(recipient: Recipient, place: Place) -> Iterator[Finding]:
    addresses = recipient.allowed_ip_addresses
    if len(addresses) > MOST_ADDRESSES:
        yield _refused(
            recipient,
            "has too many addresses",
            place,
            got=str(len(addresses)),
            allowed=f"at most {MOST_ADDRESSES} addresses and ranges",
            fix="put neighbours together to ranges",
        )
    seen: dict[IPv4Network, str] = {}
    for text in addresses:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            network = None
        if not isinstance(network, IPv4Network):
            yield _refused(
                recipient,
                "may come from what is no IPv4 address or range",
                place,
                got=text,
                allowed="an IPv4 address, or a range in CIDR form such as 192.0.2.0/24",
                fix="correct it" if network is None else "Databricks takes no IPv6: ask for IPv4 addresses",
            )
            continue
        if "/" in text and str(network) != text:
            yield _refused(
                recipient,
                "may come from a range that begins before its address",
                place,
                got=text,
                allowed=str(network),
                fix=f"write {network}, or the single address",
            )
        if network.prefixlen == 0:
            yield _refused(
                recipient,
                "may come from every address",
                place,
                got=text,
                fix="name the ranges, or leave `allowed_ip_addresses` out",
                severity=Severity.WARNING,
            )
        if (other := seen.setdefault(network, text)) is not text:
            yield _refused(
                recipient, "has one address twice", place, got=f"{other}, {text}", fix="remove one"
            )


def _refused(
    recipient: Recipient,
    what: str,
    place: Place,
    *,
    got: str | None = None,
    allowed: str | None = None,
    fix: str | None = None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(
        code="MF397",
        summary=f"recipient {recipient.name!r} {what}",
        place=place,
        got=got,
        allowed=allowed,
        fix=fix,
        severity=severity,
    )


def share_findings(share: Share, product: ResolvedProduct) -> Iterator[Finding]:
    """Objects of a share that cannot be shared, or not like that (MF398)."""
    check = _Share(share, product)
    names: dict[str, tuple[int, str]] = {}
    for i, one in enumerate(share.everything):
        yield from check.findings(one)
        shared_as = check.shared_as(one)
        if shared_as is None:
            continue
        if not _SHARED_NAME.fullmatch(shared_as):
            yield check.refused(
                one,
                "has a name that a share does not take",
                got=shared_as,
                allowed="schema.name, in letters, digits and _",
                fix="give it another name by `shared_as` of a SharedObject",
            )
        other = names.setdefault(shared_as.casefold(), (i, one.name))
        if other[0] != i:
            yield check.refused(
                one, f"has the name of {other[1]!r} in the share", got=shared_as, fix="rename or remove one"
            )


class _Share:
    """The objects of one share of a product."""

    def __init__(self, share: Share, product: ResolvedProduct) -> None:
        self._share, self._product = share, product

    def shared_as(self, one: SharedObject) -> str | None:
        """Its name in the share; None for what does not exist."""
        return one.shared_as or shared_name(one, self._product)

    def findings(self, one: SharedObject) -> Iterator[Finding]:
        """What is wrong with one object."""
        port = self._product.ports.get(one.name) if one.kind == "port" else None
        if one.kind == "volume":
            known = [volume.name for volume in self._product.spec.volumes]
            if one.name not in known:
                yield self.refused(
                    one,
                    "is no volume of the product",
                    got=one.name,
                    allowed=one_of(known) or "it has none",
                    fix=did_you_mean(one.name, known) or "name one of its volumes",
                )
        elif one.kind != "port":
            schema, _, name = one.name.partition(".")
            schemas = self._product.domain.spec.schemas
            if not name or "." in name or schema not in schemas:
                yield self.refused(
                    one,
                    f"is no {one.kind} of a schema of the domain",
                    got=one.name,
                    allowed=f"schema.name, with one of {one_of(schemas)}",
                    fix=(did_you_mean(schema, schemas) if name else None) or "write schema.name",
                )
        is_table = port is not None and port.spec.physical_type == "table"
        if (port or one.kind != "port") and not is_table:
            for field, value in (("history", one.history), ("partitions", one.partitions)):
                if value is not None and value != ():
                    yield self.refused(
                        one,
                        f"has `{field}`, which only a table can have",
                        got=port.spec.physical_type if port else one.kind,
                        fix=f"remove `{field}`",
                    )
        elif port:
            for partition in one.partitions:
                yield from self._partition(one, partition, port.spec)

    def _partition(
        self, one: SharedObject, partition: Mapping[str, str | PartitionValue | None], table: Table
    ) -> Iterator[Finding]:
        keys = [column.name for column in table.columns if column.partition_position is not None]
        if not partition:
            yield self.refused(one, "has a partition without a column", fix="name a partition column")
        for name, value in partition.items():
            if name not in keys:
                yield self.refused(
                    one,
                    "is shared by a column that does not partition it",
                    got=name,
                    allowed=one_of(keys) or "the contract names no partition column",
                    fix=did_you_mean(name, keys) or "say `partitioned: true` of the column in the contract",
                )
            key = value.recipient_property if isinstance(value, PartitionValue) else None
            if key is None or key.startswith(OF_DATABRICKS):
                continue
            for recipient in self._share.recipients:
                if key not in recipient.properties:
                    yield self.refused(
                        one,
                        f"is shared by a property that recipient {recipient.name!r} does not have",
                        got=key,
                        allowed=one_of(recipient.properties) or "it has none",
                        fix=did_you_mean(key, recipient.properties) or "give it to the recipient",
                    )

    def refused(
        self,
        one: SharedObject,
        what: str,
        *,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
    ) -> Finding:
        """A finding about one object."""
        return Finding(
            code="MF398",
            summary=f"share {self._share.name!r}: {one.name!r} {what}",
            place=self._product.place,
            got=got,
            allowed=allowed,
            fix=fix,
        )


def shared_name(one: SharedObject, product: ResolvedProduct) -> str | None:
    """`schema.name` of an object, by the domain's name of the schema; None for one that does not exist."""
    if one.kind == "port":
        port = product.ports.get(one.name)
        return f"{port.domain_schema}.{port.name}" if port else None
    if one.kind == "volume":
        found = next((volume for volume in product.spec.volumes if volume.name == one.name), None)
        return f"{found.schema_name}.{found.name}" if found else None
    return one.name if one.name.count(".") == 1 else None
