# SPDX-License-Identifier: Apache-2.0
"""The provider's schema as the answer to `GetProviderSchema`, encoded once and kept in a cache."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from meshform.local.schema_walk import children
from meshform.local.wire import field, repeated

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4, "group": 5}
_FORM = "1"  # raise it when the encoding changes, so that no older cache is read


def cached_schema(digest_of: bytes, schema: Callable[[], dict[str, Any]]) -> bytes:
    """The encoded schema, from the user's cache folder when it is there.

    Args:
        digest_of: what the schema was packaged as; another one gives another cache file.
        schema: loads it, in the form that `terraform providers schema -json` prints for one provider.
    """
    digest = hashlib.sha256(_FORM.encode() + digest_of).hexdigest()[:32]
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "meshform"
    except RuntimeError:  # a user without a home folder
        return encode_provider(schema())
    path = folder / f"provider-schema-{digest}.pb"
    with suppress(OSError):
        return path.read_bytes()
    encoded = encode_provider(schema())
    with suppress(OSError):  # a cache that cannot be written only costs time
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".schema-", delete=False) as scratch:
            scratch.write(encoded)
        Path(scratch.name).replace(path)
    return encoded


def encode_provider(schema: dict[str, Any]) -> bytes:
    """A `GetProviderSchema.Response`."""
    out = field(1, encode_schema(schema["provider"]))
    for number, part in ((2, "resource_schemas"), (3, "data_source_schemas")):
        out += repeated(
            number, (field(1, name) + field(2, encode_schema(one)) for name, one in schema[part].items())
        )
    # server capability get_provider_schema_optional: Terraform may use what it has of an earlier call
    return out + field(6, field(2, 1))


def encode_schema(schema: dict[str, Any]) -> bytes:
    """A `Schema`: version and block."""
    return field(1, schema.get("version", 0)) + repeated(2, [_block(schema["block"])])


def _block(block: dict[str, Any]) -> bytes:
    parts = sorted(children(block), key=lambda child: child.name)
    return (
        repeated(2, (_attribute(child.name, child.spec) for child in parts if not child.is_block))
        + repeated(3, (_nested_block(child.name, child.spec) for child in parts if child.is_block))
        + field(6, block.get("deprecated"))
    )


def _nested_block(name: str, spec: dict[str, Any]) -> bytes:
    return (
        field(1, name)
        + repeated(2, [_block(spec["block"])])
        + field(3, _NESTING[spec["nesting_mode"]])
        + field(4, spec.get("min_items"))
        + field(5, spec.get("max_items"))
    )


def _attribute(name: str, spec: dict[str, Any]) -> bytes:
    nested = spec.get("nested_type")
    if nested:
        type_ = b""
        body = repeated(1, (_attribute(n, s) for n, s in sorted(nested.get("attributes", {}).items())))
        body += field(3, _NESTING[nested["nesting_mode"]])
    else:
        type_, body = field(2, json.dumps(spec["type"], separators=(",", ":"))), b""
    return (
        field(1, name)
        + type_
        + field(4, spec.get("required"))
        + field(5, spec.get("optional"))
        + field(6, spec.get("computed"))
        + field(7, spec.get("sensitive"))
        + field(9, spec.get("deprecated"))
        + field(10, body)
        + field(11, spec.get("write_only"))
    )
