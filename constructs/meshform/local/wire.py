# SPDX-License-Identifier: Apache-2.0
"""Protocol Buffers on the wire, as far as Terraform's plugin protocol needs it.

Only two of the wire types occur: variable-length integers, and byte strings with their length. Field numbers
are those of tfplugin6.proto; there is no generated code and no `protobuf` package.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_VARINT, _BYTES = 0, 2
_LAST_SEVEN_BITS, _MORE = 0x7F, 0x80

Fields = dict[int, bytes | int]


def field(number: int, value: bytes | str | int | bool | None) -> bytes:
    """One field; nothing when the value is absent, zero, false or empty, which proto3 does not write."""
    if not value:
        return b""
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(int(value))
    return _message(number, value.encode() if isinstance(value, str) else value)


def repeated(number: int, values: Iterable[bytes]) -> bytes:
    """A field that occurs once for each value, empty ones too."""
    return b"".join(_message(number, value) for value in values)


def parse(message: bytes) -> Fields:
    """Fields of a message by number. Of one that occurs several times the last is kept.

    Raises:
        ValueError: the message is cut short or holds another wire type.
    """
    return dict(_each(message))


def occurrences(message: bytes, number: int) -> list[bytes]:
    """Every value of a field that occurs several times, in order.

    Raises:
        ValueError: the message is cut short or holds another wire type.
    """
    return [value for found, value in _each(message) if found == number and isinstance(value, bytes)]


def text(fields: Fields, number: int) -> str:
    """A text field; the empty text when it is absent."""
    value = fields.get(number, b"")
    if isinstance(value, int):
        raise TypeError(f"field {number} is a number")
    return value.decode()


def octets(fields: Fields, number: int) -> bytes:
    """A field of bytes, or of an embedded message; empty when it is absent."""
    value = fields.get(number, b"")
    if isinstance(value, int):
        raise TypeError(f"field {number} is a number")
    return value


def _each(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    position = 0
    while position < len(message):
        tag, position = _read_varint(message, position)
        value, position = _read_varint(message, position)
        if tag & 7 == _VARINT:
            yield tag >> 3, value
        elif tag & 7 == _BYTES and position + value <= len(message):
            yield tag >> 3, message[position : position + value]
            position += value
        else:
            raise ValueError(f"field {tag >> 3} of wire type {tag & 7} cannot be read")


def _message(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(value)) + value


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > _LAST_SEVEN_BITS:
        out.append(number & _LAST_SEVEN_BITS | _MORE)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        if position >= len(message):
            raise ValueError("the message is cut short")
        byte = message[position]
        position += 1
        number |= (byte & _LAST_SEVEN_BITS) << shift
        shift += 7
        if not byte & _MORE:
            return number, position
