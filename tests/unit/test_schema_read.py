# SPDX-License-Identifier: Apache-2.0
"""Reading a provider's schema from its answer."""

import pytest

from meshform.local.schema_read import decode_provider
from meshform.local.schema_wire import encode_provider
from meshform.local.wire import field, occurrences, repeated
from meshform.terraform.provider_facts import schema


def test_a_schema_is_read_as_it_was_written():
    """Every type of the packaged schema survives the way over the wire."""
    assert decode_provider(encode_provider(schema())) == schema()


def test_every_occurrence_of_a_field_is_read_in_order():
    """A repeated field gives all its values, empty ones too; other fields are passed over."""
    message = repeated(2, [b"a", b"", b"b"]) + field(1, "x") + field(3, 7) + repeated(2, [b"c"])
    assert occurrences(message, 2) == [b"a", b"", b"b", b"c"]
    assert occurrences(message, 4) == []
    with pytest.raises(ValueError, match="cut short"):
        occurrences(message + b"\x80", 5)
