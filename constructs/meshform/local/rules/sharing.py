# SPDX-License-Identifier: Apache-2.0
"""Checks on Delta shares and their recipients.

Source: Databricks documentation, REST API reference of shares and recipients, "ALTER SHARE", and "Restrict
Delta Sharing recipient access using IP access lists".
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network

from meshform.local.rules.grants import has_privilege
from meshform.local.rules.refusal import Refusal, already_exists
from meshform.local.rules.relations import columns_of
from meshform.local.rules.securables import METASTORE_ID, require
from meshform.local.store import Row, Store
from meshform.model.share_limits import METASTORE_ID as GLOBAL_METASTORE_ID
from meshform.model.share_limits import MOST_ADDRESSES, OF_DATABRICKS

_TABLE_LIKE = ("TABLE", "VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "FOREIGN_TABLE")
_OTHERS = {"SCHEMA": "schema", "VOLUME": "volume", "MODEL": "model", "FUNCTION": "function"}
_READ = {"table": "SELECT", "volume": "READ_VOLUME", "model": "EXECUTE", "function": "EXECUTE"}


def check_share(store: Store, value: Row) -> None:
    """A share holds what exists and its owner may read, under names of their own, as their kind allows."""
    names: set[str] = set()
    for item in value.get("object") or ():
        type_ = item.get("data_object_type") or ""
        kind = "table" if type_ in _TABLE_LIKE else _OTHERS.get(type_)
        if kind is None:
            continue  # a notebook
        require(store, kind, item["name"])
        _check_object(store, item, type_)
        owner, privilege = value.get("owner"), _READ.get(kind)
        if owner and privilege and not has_privilege(store, owner, privilege, kind, item["name"]):
            raise Refusal(
                f"The owner '{owner}' of share '{value.get('name')}' does not have {privilege} on {kind}"
                f" '{item['name']}'.",
                "PERMISSION_DENIED",
                403,
            )
        shared_as = item.get("shared_as") or item.get("string_shared_as") or item["name"]
        if shared_as.lower() in names:
            raise already_exists("Shared object", f"{value.get('name')}.{shared_as}")
        names.add(shared_as.lower())


def _check_object(store: Store, item: Row, type_: str) -> None:
    what = f"{type_} '{item['name']}'"
    wrong = "string_shared_as" if type_ in _TABLE_LIKE else "shared_as"
    if item.get(wrong):
        raise Refusal(f"'{wrong}' is not allowed for {what}.")
    partitions = item.get("partition") or ()
    if type_ != "TABLE":
        for field in ("cdf_enabled", "history_data_sharing_status", "start_version", "partition"):
            if item.get(field):
                raise Refusal(f"'{field}' is not allowed for {what}: only a TABLE has it.")
        return
    if item.get("cdf_enabled") and item.get("history_data_sharing_status"):
        raise Refusal(f"{what} has both 'cdf_enabled' and 'history_data_sharing_status'; give one of them.")
    known = [column.lower() for column in columns_of(store, item["name"])]
    for partition in partitions:
        for one in partition.get("value") or ():
            if known and one["name"].lower() not in known:
                raise Refusal(f"{what} has no partition column '{one['name']}'.")
            if one.get("op") not in ("EQUAL", "LIKE"):
                raise Refusal(f"'{one.get('op')}' is no operator of a partition; allowed: EQUAL, LIKE")
            if one.get("value") is not None and one.get("recipient_property_key"):
                raise Refusal(f"Partition column '{one['name']}' has both a value and a recipient property.")


def check_recipient(store: Store, value: Row) -> None:
    """A recipient is another metastore that is known once, or has a token with a list of IPv4 ranges."""
    name, metastore = value.get("name"), value.get("data_recipient_global_metastore_id")
    addresses = [
        text
        for block in value.get("ip_access_list") or ()
        for text in block.get("allowed_ip_addresses") or ()
    ]
    if value.get("authentication_type") == "TOKEN":
        if metastore:
            raise Refusal(f"Recipient '{name}' has a token, and no metastore id.")
    else:
        _check_metastore(store, name, str(metastore))
        if addresses or value.get("expiration_time"):
            raise Refusal(f"Recipient '{name}' is on Databricks: it has no token and no IP access list.")
    if len(addresses) > MOST_ADDRESSES:
        raise Refusal(f"Recipient '{name}' has {len(addresses)} IP addresses; at most {MOST_ADDRESSES}")
    for text in addresses:
        if not _is_range(text):
            raise Refusal(f"'{text}' of recipient '{name}' is not an IPv4 address or CIDR range.")
    for block in value.get("properties_kvpairs") or ():
        for key in block.get("properties") or ():
            if key.startswith(OF_DATABRICKS):
                raise Refusal(f"Property '{key}' of recipient '{name}' is set by Databricks.")


def _check_metastore(store: Store, name: object, metastore: str) -> None:
    if not GLOBAL_METASTORE_ID.fullmatch(metastore):
        raise Refusal(f"'{metastore}' of recipient '{name}' is not a global metastore id: cloud:region:uuid")
    if metastore.endswith(f":{METASTORE_ID}"):
        raise Refusal(f"Recipient '{name}' is this metastore; give its groups access instead.")
    same = store.find("databricks_recipient", data_recipient_global_metastore_id=metastore)
    if other := next((row["name"] for row in same if row.get("name") != name), None):
        raise already_exists("Recipient", f"{other}, which has the sharing identifier of '{name}'")


def _is_range(text: str) -> bool:
    try:
        return isinstance(ip_network(text, strict=False), IPv4Network)
    except ValueError:
        return False
