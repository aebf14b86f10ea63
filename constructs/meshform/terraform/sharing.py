# SPDX-License-Identifier: Apache-2.0
"""Delta shares and their recipients."""

from __future__ import annotations

from typing import Any

from meshform.model.findings import Finding, MeshformError
from meshform.model.product import Recipient
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.terraform.access import Access
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.platform import kept
from meshform.terraform.stack import Stack, local_name

_OBJECT_TYPES = {
    "table": "TABLE",
    "view": "VIEW",
    "materialized_view": "MATERIALIZED_VIEW",
    "streaming_table": "STREAMING_TABLE",
}


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
        ports = [product.ports[name] for name in sorted(share.ports)]
        for port in ports:
            access.read_for_share(port, product.place)
        made = [access.made[port.full_name] for port in ports]
        rank = max(rank for rank, _ in made)
        block = stack.resource(
            "databricks_share",
            local_name(share.name),
            {
                "name": mesh.environment.scoped(share.name),
                "comment": share.comment or None,
                # the API keeps objects in order of their names
                "object": [_object(port) for port in sorted(ports, key=lambda port: port.full_name)],
            },
            product.place,
            rank=rank,
            after=sorted({address for _, addresses in made for address in addresses}),
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


def _object(port: ResolvedTable) -> dict[str, Any]:
    return {
        "name": port.full_name,
        "data_object_type": _OBJECT_TYPES[port.spec.physical_type],
        # without it the API makes one up, and every later plan shows a change
        "shared_as": f"{port.domain_schema}.{port.name}",
        "comment": port.spec.description or None,
    }


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
