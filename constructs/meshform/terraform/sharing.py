# SPDX-License-Identifier: Apache-2.0
"""Delta shares and their recipients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshform.model.findings import Finding, MeshformError
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.share import PartitionValue, Recipient, SharedObject
from meshform.model.share_checks import shared_name
from meshform.terraform.access import Access
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.platform import kept
from meshform.terraform.stack import PREPARE, Rank, Stack, local_name

_OBJECT_TYPES = {
    "table": "TABLE",
    "view": "VIEW",
    "materialized_view": "MATERIALIZED_VIEW",
    "streaming_table": "STREAMING_TABLE",
}


_HISTORY = {None: None, True: "ENABLED", False: "DISABLED"}


def add_shares(
    stack: Stack,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    ledger: Ledger,
    access: Access,
) -> None:
    """Add a product's shares.

    Args:
        stack: the domain's stack.
        product: the product that shares.
        mesh: the mesh that it belongs to.
        ledger: where the recipients' SELECT on the share goes.
        access: knows when each of the domain's tables can be shared: after it is made and tagged.
    """
    for share in product.spec.shares:
        objects = [_object(one, stack, product, mesh, access) for one in share.everything]
        rank = max(one.rank for one in objects)
        block = stack.resource(
            "databricks_share",
            local_name(share.name),
            {
                "name": mesh.environment.scoped(share.name),
                "comment": share.comment or None,
                # the API keeps objects in order of their names
                "object": [one.body for one in sorted(objects, key=lambda one: str(one.body["name"]))],
            },
            product.place,
            rank=rank,
            after=sorted({address for one in objects for address in one.after}),
            lifecycle=kept(mesh),
        )
        for recipient in share.recipients:
            address = _recipient(stack, recipient, product, mesh)
            ledger.wish(
                stack,
                Securable("share", block.body["name"]),
                mesh.environment.scoped(recipient.name),
                ["SELECT"],
                product.place,
                rank=rank,
                after=[block.address, address],
            )


@dataclass(frozen=True, slots=True)
class _Object:
    """An object of a share as Terraform has it, and when it can be shared."""

    body: dict[str, Any]
    rank: Rank
    after: list[str]


def _object(
    one: SharedObject, stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access
) -> _Object:
    shared_as = one.shared_as or shared_name(one, product)
    if one.kind == "port":
        port = product.ports[one.name]
        rank, after = access.made[port.full_name]
        owner = mesh.principal_id(product.domain.spec.owner) or ""
        select = access.read_for_share(port, owner, product.place)
        body = {
            "name": port.full_name,
            "data_object_type": _OBJECT_TYPES[port.spec.physical_type],
            # without it the API makes one up, and every later plan shows a change
            "shared_as": shared_as,
            "comment": (port.spec.description if one.comment is None else one.comment) or None,
            "history_data_sharing_status": _HISTORY[one.history],
            "partition": [_partition(partition) for partition in one.partitions] or None,
        }
        return _Object(_present(body), rank, [*after, *select])
    schema, _, name = (shared_name(one, product) or "").partition(".")
    volume = next((v for v in product.spec.volumes if one.kind == "volume" and v.name == name), None)
    body = {
        "name": product.domain.full_name(schema, name),
        "data_object_type": one.kind.upper(),
        # the API refuses `shared_as` for what is no table or view
        "string_shared_as": shared_as,
        "comment": (one.comment if one.comment is not None or volume is None else volume.comment) or None,
    }
    if volume is None:
        return _Object(_present(body), PREPARE, [access.schemas[product.domain.schema(schema)].address])
    made = stack.blocks[f"databricks_volume.{local_name(product.domain.schema(schema), name)}"]
    return _Object(_present(body), PREPARE, [made.address, *access.volume_for_share(made, product.place)])


def _present(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}


def _partition(partition: Mapping[str, str | PartitionValue | None]) -> dict[str, Any]:
    values = []
    for name, given in sorted(partition.items()):
        value = given if isinstance(given, PartitionValue) else PartitionValue(value=given)
        values.append(
            _present(
                {
                    "name": name,
                    "op": value.op,
                    "value": value.value,
                    "recipient_property_key": value.recipient_property,
                }
            )
        )
    return {"value": values}


def _recipient(stack: Stack, recipient: Recipient, product: ResolvedProduct, mesh: ResolvedMesh) -> str:
    """Add a recipient, or find the same one that another share of the domain has added."""
    metastore_id = recipient.metastore_id(mesh.environment)
    if recipient.metastore_ids is not None and metastore_id is None:
        raise MeshformError(
            Finding(
                code="MF318",
                summary=f"a recipient has no metastore in environment {mesh.environment.name!r}",
                place=product.place,
                got=recipient.name,
                fix=f"give its `metastore_ids` an entry {mesh.environment.name!r}",
            )
        )
    body = {
        "name": mesh.environment.scoped(recipient.name),
        "comment": recipient.comment or None,
        "authentication_type": "DATABRICKS" if metastore_id else "TOKEN",
        "data_recipient_global_metastore_id": metastore_id,
        "expiration_time": recipient.expiration_time_ms,
        "properties_kvpairs": [{"properties": dict(sorted(recipient.properties.items()))}]
        if recipient.properties
        else None,
        "ip_access_list": [{"allowed_ip_addresses": list(recipient.allowed_ip_addresses)}]
        if recipient.allowed_ip_addresses
        else None,
    }
    name = local_name(recipient.name)
    address = f"databricks_recipient.{name}"
    known = stack.blocks.get(address)
    if known and known.body == {key: value for key, value in body.items() if value is not None}:
        return address
    return stack.resource("databricks_recipient", name, body, product.place).address
