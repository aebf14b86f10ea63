# SPDX-License-Identifier: Apache-2.0
"""The plugin protocol's encodings: Protocol Buffers, Terraform's values, the schema."""

import json
import subprocess
import sys

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshform.local.schema_wire import cached_schema, encode_provider, encode_schema
from meshform.local.values import UNKNOWN, dump_value, has_unknown, load_value
from meshform.local.wire import field, octets, parse, repeated, text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.integers(1, 2**20), st.binary(min_size=1) | st.integers(1, 2**64 - 1)))
def test_a_message_is_read_as_it_was_written(fields):
    """Fields of any number survive encoding and decoding."""
    assert parse(b"".join(field(number, value) for number, value in fields.items())) == fields


def test_the_encoding_is_that_of_protocol_buffers():
    """The example of the Protocol Buffers documentation: field 1 is 150, field 2 is the text `testing`."""
    assert field(1, 150).hex() == "089601"
    assert field(2, "testing").hex() == "120774657374696e67"
    assert text(parse(bytes.fromhex("120774657374696e67")), 2) == "testing"


def test_absent_fields_are_not_written_but_repeated_ones_are():
    """Zero, false, None and empty are the defaults; an empty element of a list still counts."""
    assert b"".join(field(1, nothing) for nothing in (0, False, None, "", b"")) == b""
    assert repeated(1, [b"", b"x"]).hex() == "0a000a0178"
    assert octets({}, 3) == b""


@pytest.mark.parametrize("broken", ["08", "0a05", "0a0541", "0d00000000", "ff"])
def test_a_broken_message_is_refused(broken):
    """A message that is cut short, or of a wire type that does not occur, is an error and no endless loop."""
    with pytest.raises(ValueError, match=r"cut short|wire type"):
        parse(bytes.fromhex(broken))


@given(VALUES)
def test_a_value_is_read_as_it_was_written(value):
    """Terraform's values survive, with unknown ones in any place."""
    loaded = load_value(dump_value(value))
    assert loaded == value
    assert has_unknown(loaded) == has_unknown(value)


def test_a_value_may_be_json_or_absent_and_an_unknown_one_may_be_refined():
    """Terraform also sends JSON, nothing, and unknown values with what it knows of them (extension 12)."""
    assert load_value(field(2, b'{"a": [1]}')) == {"a": [1]}
    assert load_value(b"") is None
    assert load_value(field(1, msgpack.packb(msgpack.ExtType(12, b"\x81\x01\xc2")))) is UNKNOWN


def test_a_schema_says_all_that_terraform_needs():
    """Types, required and computed, nested attributes and blocks with their limits are encoded."""
    node = {
        "attributes": {
            "name": {"type": "string", "required": True},
            "tags": {"type": ["map", "string"], "optional": True, "computed": True, "sensitive": True},
            "nested": {
                "nested_type": {
                    "nesting_mode": "list",
                    "attributes": {"one": {"type": "bool", "optional": True}},
                },
                "optional": True,
            },
        },
        "block_types": {"part": {"nesting_mode": "set", "block": {}, "min_items": 1, "max_items": 7}},
    }
    schema = parse(encode_schema({"version": 3, "block": node}))
    assert schema[1] == 3
    name = field(1, "name") + field(2, '"string"') + field(4, 1)
    tags = field(1, "tags") + field(2, '["map","string"]') + field(5, 1) + field(6, 1) + field(7, 1)
    one = field(1, "one") + field(2, '"bool"') + field(5, 1)
    nested = field(1, "nested") + field(5, 1) + field(10, field(1, one) + field(3, 2))
    part = field(1, "part") + b"\x12\x00" + field(3, 3) + field(4, 1) + field(5, 7)
    assert schema[2] == repeated(2, [name, nested, tags]) + repeated(3, [part])


def test_the_encoded_schema_is_cached_by_what_it_was_made_of(tmp_path, monkeypatch):
    """The second start does not load the schema; another packaged schema is not answered from the cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    schema = {"provider": {"block": {}}, "resource_schemas": {}, "data_source_schemas": {}}
    loads = []

    def load():
        loads.append(1)
        return schema

    first = cached_schema(b"packaged", load)
    assert cached_schema(b"packaged", load) == first == encode_provider(schema)
    assert len(loads) == 1
    cached_schema(b"packaged anew", load)
    assert len(loads) == 2
    assert sorted(path.suffix for path in (tmp_path / "meshform").iterdir()) == [".pb", ".pb"]


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path, monkeypatch):
    """A cache folder that is a file is no error."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    schema = {"provider": {"block": {}}, "resource_schemas": {}, "data_source_schemas": {}}
    assert cached_schema(b"packaged", lambda: schema) == encode_provider(schema)


def test_the_provider_starts_without_heavy_libraries():
    """Terraform starts it several times for one command, so pydantic, cdktf, sqlglot and the SDK stay out."""
    code = "import json, sys, meshform.cli, meshform.local.plugin; print(json.dumps(list(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    heavy = {"cdktf", "constructs", "databricks", "jsii", "pydantic", "rich", "sqlglot", "yaml"}
    assert heavy & {name.partition(".")[0] for name in modules} == set()
