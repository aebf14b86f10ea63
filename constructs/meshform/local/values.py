# SPDX-License-Identifier: Apache-2.0
"""Terraform's values: MessagePack or JSON in a `DynamicValue`, and a marker for what is not known yet."""

from __future__ import annotations

import json
from typing import Any, Final

from meshform.local.wire import field, octets, parse


class _Unknown:
    """The only value of its type, also after a copy."""

    def __repr__(self) -> str:
        return "<unknown>"

    def __copy__(self) -> _Unknown:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> _Unknown:
        return self


UNKNOWN: Final = _Unknown()
"""A value that is known only after apply."""


def load_value(dynamic_value: bytes) -> Any:
    """The value in an encoded `DynamicValue`; None for null and for an absent message."""
    import msgpack

    fields = parse(dynamic_value)
    if packed := octets(fields, 1):
        # every extension type marks an unknown value; some say more about it, which nothing here needs
        return msgpack.unpackb(packed, ext_hook=lambda _code, _data: UNKNOWN, strict_map_key=False)
    return load_json(octets(fields, 2))


def load_json(encoded: bytes) -> Any:
    """A value of JSON text; None for empty text."""
    return json.loads(encoded) if encoded else None


def dump_value(value: Any) -> bytes:
    """An encoded `DynamicValue` that holds the value."""
    import msgpack

    return field(1, msgpack.packb(value, default=_pack_unknown))


def has_unknown(value: Any) -> bool:
    """Whether a value is unknown or holds one that is."""
    if value is UNKNOWN:
        return True
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    return isinstance(value, list) and any(map(has_unknown, value))


def _pack_unknown(value: Any) -> Any:
    import msgpack

    if value is UNKNOWN:
        return msgpack.ExtType(0, b"\0")
    raise TypeError(f"{type(value).__name__} is no Terraform value")
