# SPDX-License-Identifier: Apache-2.0
"""The answer to `GetProviderSchema` in the form that `terraform providers schema -json` prints.

The other way round of `schema_wire`. Descriptions are left out: they are the provider's documentation.
"""

from __future__ import annotations

import json
from typing import Any

from meshform.local.wire import Fields, occurrences, octets, parse, text

_NESTING = ("", "single", "list", "set", "map", "group")
_FLAGS = {4: "required", 5: "optional", 6: "computed", 7: "sensitive", 9: "deprecated", 11: "write_only"}


def decode_provider(response: bytes) -> dict[str, Any]:
    """The schema of a provider: `provider`, `resource_schemas`, `data_source_schemas`; names sorted."""
    return {
        "provider": _schema(octets(parse(response), 1)),
        "resource_schemas": _schemas(response, 2),
        "data_source_schemas": _schemas(response, 3),
    }


def _schemas(response: bytes, number: int) -> dict[str, Any]:
    entries = sorted(
        (text(entry, 1), octets(entry, 2)) for entry in map(parse, occurrences(response, number))
    )
    return {name: _schema(schema) for name, schema in entries}


def _schema(message: bytes) -> dict[str, Any]:
    fields = parse(message)
    return {"version": fields.get(1, 0), "block": _block(octets(fields, 2))}


def _block(message: bytes) -> dict[str, Any]:
    block: dict[str, Any] = {}
    if attributes := _attributes(message, 2):
        block["attributes"] = attributes
    if nested := dict(sorted(map(_nested_block, occurrences(message, 3)))):
        block["block_types"] = nested
    return block | _set({"deprecated": parse(message).get(6)})


def _nested_block(message: bytes) -> tuple[str, dict[str, Any]]:
    fields = parse(message)
    nested = {"nesting_mode": _nesting(fields), "block": _block(octets(fields, 2))}
    return text(fields, 1), nested | _set({"min_items": fields.get(4), "max_items": fields.get(5)})


def _attributes(message: bytes, number: int) -> dict[str, Any]:
    return dict(sorted(map(_attribute, occurrences(message, number))))


def _attribute(message: bytes) -> tuple[str, dict[str, Any]]:
    fields = parse(message)
    attribute: dict[str, Any] = {}
    if nested := octets(fields, 10):
        inner = _attributes(nested, 1)
        attribute["nested_type"] = ({"attributes": inner} if inner else {}) | {
            "nesting_mode": _nesting(parse(nested))
        }
    else:
        attribute["type"] = json.loads(octets(fields, 2))
    return text(fields, 1), attribute | {word: True for number, word in _FLAGS.items() if fields.get(number)}


def _nesting(fields: Fields) -> str:
    return _NESTING[int(fields[3])]


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name.endswith("_items") else True for name, value in values.items() if value}
