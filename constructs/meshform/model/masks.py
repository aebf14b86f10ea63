# SPDX-License-Identifier: Apache-2.0
"""A library of masks: what a reader sees in place of a value, as SQL for each type that a mask takes.

A mask gives back the type that it was given: Unity Catalog casts what a mask function returns to the type of
the column, and fails the query where it cannot. NULL stays NULL. Nothing here draws random numbers or reads a
clock, so equal values stay equal.

Source: Databricks documentation, "Common patterns for row filtering and column masking", "Cast-compatible
masking functions"; Databricks SQL language reference, each function by its name.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import ClassVar, Literal

from pydantic import Field

from meshform.model.findings import Value
from meshform.model.sql_literals import constant, literal

_INTEGERS = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_SIZED = re.compile(r"(varchar|char)\((\d+)\)")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_HASH_LENGTH = 64  # of SHA-256 in hexadecimal digits
_MOST_SLUG = 40


class Mask(Value):
    """Base of the masks of the library.

    Attributes:
        comment: comment on its functions. Default: what it does.
    """

    takes: ClassVar[str]
    """The types of columns that it takes, in words."""
    says: ClassVar[str]
    """What it does, in words: the comment of its functions."""

    comment: str = ""

    def body(self, kind: str) -> str | None:
        """The SQL expression over `value` for a type in normal form; None when it does not take the type.

        A function cannot take char or varchar: for these `value` is a string, and so is the result.
        """
        raise NotImplementedError


class NullMask(Mask):
    """Shows nothing: NULL, whatever the value is."""

    takes: ClassVar[str] = "every type"
    says: ClassVar[str] = "Shows NULL."

    def body(self, kind: str) -> str | None:
        """NULL of the type."""
        return f"CAST(NULL AS {'string' if _SIZED.fullmatch(kind) else kind})"


class ConstantMask(Mask):
    """Shows one value in place of every value.

    Attributes:
        value: what is shown: a text for strings, a number for numbers, a truth value, or a date for dates.
    """

    takes: ClassVar[str] = "what can hold its value: strings, numbers, booleans, dates and timestamps"
    says: ClassVar[str] = "Shows one value in place of every value."

    value: bool | int | Decimal | date | str = "***"

    def body(self, kind: str) -> str | None:
        """The value as the type, where the type can hold it."""
        if not can_hold(kind, self.value):
            return None
        if isinstance(self.value, bool):
            shown = constant(self.value)
        elif isinstance(self.value, str):
            shown = literal(self.value)
        elif isinstance(self.value, date):
            shown = f"DATE'{self.value.isoformat()}'"
        else:
            shown = f"{self.value:f}" if isinstance(self.value, Decimal) else str(self.value)
        is_plain = isinstance(self.value, str) or kind in ("boolean", "date")
        return _if_given(shown if is_plain else f"CAST({shown} AS {kind})")


class HashMask(Mask):
    """Shows a pseudonym, SHA-256 of the value: equal values stay equal, so that they can be joined.

    Whoever can list the possible values, such as telephone numbers, can find out which is which: this is no
    secret code. Mask what must not be found with NullMask.

    Attributes:
        salt: put before the value, so that two classes with other salts cannot be joined. It stands in the
            function, which readers can look at: it is not a secret. Default: none.
    """

    takes: ClassVar[str] = "string, varchar of 64 and more, binary, bigint"
    says: ClassVar[str] = "Shows a pseudonym: equal values stay equal."

    salt: str = Field(default="", max_length=200)

    def body(self, kind: str) -> str | None:
        """Hexadecimal digits for text, bytes for binary, and 60 bits of it for a bigint."""
        sized = _SIZED.fullmatch(kind)
        if _is_text(kind) or (sized and sized[1] == "varchar" and int(sized[2]) >= _HASH_LENGTH):
            return f"sha2({self._salted('value')}, 256)"
        if kind == "binary":
            value = f"concat(CAST({literal(self.salt)} AS BINARY), value)" if self.salt else "value"
            return f"unhex(sha2({value}, 256))"
        if kind == "bigint":
            digits = f"substr(sha2({self._salted('CAST(value AS STRING)')}, 256), 1, 15)"
            return f"CAST(conv({digits}, 16, 10) AS BIGINT)"
        return None

    def _salted(self, value: str) -> str:
        return f"concat({literal(self.salt)}, {value})" if self.salt else value


class PartialMask(Mask):
    """Shows the first or last characters of a text, and hides the rest.

    A text that is not at least twice as long as what would be shown is hidden whole.

    Attributes:
        first: number of characters shown at the start. Default: none.
        last: number of characters shown at the end. Default: none.
        fill: the character that stands for each hidden one.
    """

    takes: ClassVar[str] = "string, varchar"
    says: ClassVar[str] = "Shows a part of the text."

    first: int = Field(default=0, ge=0, le=100)
    last: int = Field(default=0, ge=0, le=100)
    fill: str = Field(default="*", min_length=1, max_length=1)

    def body(self, kind: str) -> str | None:
        """As many characters as the text has."""
        if not (_is_text(kind) or kind.startswith("varchar(")):
            return None
        fill, shown = literal(self.fill), self.first + self.last
        parts = [
            *([f"left(value, {self.first})"] if self.first else []),
            f"repeat({fill}, length(value) - {shown})",
            *([f"right(value, {self.last})"] if self.last else []),
        ]
        whole = f"repeat({fill}, length(value))"
        if not shown:
            return whole
        return f"CASE WHEN length(value) < {2 * shown} THEN {whole} ELSE concat({', '.join(parts)}) END"


class EmailMask(Mask):
    """Shows the domain of an e-mail address, and hides whose it is; a text without `@` is hidden whole."""

    takes: ClassVar[str] = "string, varchar"
    says: ClassVar[str] = "Shows the domain of an e-mail address."

    def body(self, kind: str) -> str | None:
        """`***@` and what follows the last `@`."""
        address = "concat('***@', substring_index(value, '@', -1))"
        shown = f"CASE WHEN value IS NULL THEN NULL WHEN instr(value, '@') > 0 THEN {address} ELSE '***' END"
        if _is_text(kind):
            return shown
        sized = _SIZED.fullmatch(kind)
        return f"left({shown}, {sized[2]})" if sized and sized[1] == "varchar" else None


class DateMask(Mask):
    """Shows the year or the month of a date or time, as its first day.

    Attributes:
        to: what is kept.
    """

    takes: ClassVar[str] = "date, timestamp, timestamp_ntz"
    says: ClassVar[str] = "Shows the start of the period."

    to: Literal["year", "month"] = "year"

    def body(self, kind: str) -> str | None:
        """The first day, or its first moment in the time zone of the session."""
        unit = literal(self.to.upper())
        if kind == "date":
            return f"trunc(value, {unit})"
        if kind == "timestamp":
            return f"date_trunc({unit}, value)"
        return f"CAST(date_trunc({unit}, value) AS TIMESTAMP_NTZ)" if kind == "timestamp_ntz" else None


class BucketMask(Mask):
    """Shows the lower end of the bucket that a number falls into, such as 30 for 30 to 39.

    Attributes:
        size: width of a bucket, a whole number.
    """

    takes: ClassVar[str] = "tinyint, smallint, int, bigint, decimal, float, double"
    says: ClassVar[str] = "Shows the lower end of the bucket of a number."

    size: int = Field(ge=2, le=10**15)

    def body(self, kind: str) -> str | None:
        """The number less its remainder; NULL where the type cannot hold that."""
        if kind in _INTEGERS:
            wide = "CAST(value AS DECIMAL(20, 0))"
            return f"TRY_CAST({wide} - pmod({wide}, {self.size}) AS {kind})"
        if _DECIMAL.fullmatch(kind):
            return f"TRY_CAST(value - pmod(value, {self.size}) AS {kind})"
        if kind in ("float", "double"):
            wide = "CAST(value AS DOUBLE)"
            return f"CAST({wide} - pmod({wide}, CAST({self.size} AS DOUBLE)) AS {kind})"
        return None


LibraryMask = NullMask | ConstantMask | HashMask | PartialMask | EmailMask | DateMask | BucketMask
"""Every mask of the library."""


def slug(kind: str) -> str:
    """A type in normal form as a part of names: `decimal_12_2`; a long one is cut and made distinct."""
    words = re.sub(r"[^a-z0-9]+", "_", kind.lower()).strip("_")
    if len(words) <= _MOST_SLUG and not kind.startswith(("array<", "map<", "struct<")):
        return words
    return f"{kind.partition('<')[0]}_{sha256(kind.encode()).hexdigest()[:8]}"


def _is_text(kind: str) -> bool:
    return kind == "string" or kind.startswith("string collate ")


def _if_given(shown: str) -> str:
    return f"CASE WHEN value IS NULL THEN NULL ELSE {shown} END"


def can_hold(kind: str, value: bool | int | Decimal | date | str) -> bool:
    """Whether a type in normal form can hold a value as it is."""
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, str):
        sized = _SIZED.fullmatch(kind)
        return _is_text(kind) or (sized is not None and len(value) <= int(sized[2]))
    if isinstance(value, date):
        return kind in ("date", "timestamp", "timestamp_ntz")
    if kind in _INTEGERS:
        return value == int(value) and -(2 ** _INTEGERS[kind]) <= value < 2 ** _INTEGERS[kind]
    if found := _DECIMAL.fullmatch(kind):
        precision, scale = int(found[1]), int(found[2])
        return round(value, scale) == value and abs(value) < 10 ** (precision - scale)
    return kind in ("float", "double")
