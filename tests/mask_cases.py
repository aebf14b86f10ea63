# SPDX-License-Identifier: Apache-2.0
"""What each mask of the library shows: a value of a type in SQL, and what a reader sees of it.

The unit tests look at the SQL of the functions only. All cases held when the functions were run in Spark 4.3.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from meshform.model.masks import (
    BucketMask,
    ConstantMask,
    DateMask,
    EmailMask,
    HashMask,
    LibraryMask,
    NullMask,
    PartialMask,
)


class MaskCase(NamedTuple):
    """A mask on a type, and pairs of a value and what is shown of it, both as SQL."""

    mask: LibraryMask
    kind: str
    shown: dict[str, str]


def _hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


_LONG = "array<struct<id:bigint,name:string>>"

MASKS = [
    MaskCase(NullMask(), "string", {"'x'": "NULL", "NULL": "NULL"}),
    MaskCase(NullMask(), "decimal(12,2)", {"12.34": "NULL"}),
    MaskCase(NullMask(), "map<string,int>", {"map('a', 1)": "NULL"}),
    MaskCase(NullMask(), _LONG, {"array(named_struct('id', 1L, 'name', 'x'))": "NULL"}),
    MaskCase(ConstantMask(), "string", {"'x'": "'***'", "NULL": "NULL"}),
    MaskCase(ConstantMask(value='it\'s \\ "so"\n'), "string", {"'x'": "'it\\'s \\\\ \"so\"\\n'"}),
    MaskCase(ConstantMask(), "varchar(3)", {"'xyz'": "'***'"}),
    MaskCase(ConstantMask(value=0), "tinyint", {"7": "0", "NULL": "NULL"}),
    MaskCase(ConstantMask(value=-1), "bigint", {"7": "-1"}),
    MaskCase(ConstantMask(value=Decimal("1.50")), "decimal(5,2)", {"7": "1.50", "NULL": "NULL"}),
    MaskCase(ConstantMask(value=Decimal("1E+2")), "double", {"7": "100"}),
    MaskCase(ConstantMask(value=False), "boolean", {"TRUE": "FALSE", "NULL": "NULL"}),
    MaskCase(ConstantMask(value=date(1900, 1, 1)), "date", {"DATE'2024-02-29'": "DATE'1900-01-01'"}),
    MaskCase(
        ConstantMask(value=date(1900, 1, 1)),
        "timestamp",
        {"TIMESTAMP'2024-02-29 10:11:12'": "TIMESTAMP'1900-01-01 00:00:00'"},
    ),
    MaskCase(
        HashMask(),
        "string",
        {"'Zoë'": f"'{_hashed('Zoë')}'", "''": f"'{_hashed('')}'", "NULL": "NULL"},
    ),
    MaskCase(HashMask(), "varchar(64)", {"'a'": f"'{_hashed('a')}'"}),
    MaskCase(HashMask(salt="it's"), "string", {"'a'": "'" + _hashed("it'sa") + "'", "NULL": "NULL"}),
    MaskCase(HashMask(), "binary", {"X'61'": f"X'{_hashed('a')}'", "NULL": "NULL"}),
    MaskCase(HashMask(salt="s"), "binary", {"X'61'": f"X'{_hashed('sa')}'"}),
    MaskCase(HashMask(), "bigint", {"42": f"{int(_hashed('42')[:15], 16)}", "NULL": "NULL"}),
    MaskCase(HashMask(salt="s"), "bigint", {"-1": f"{int(_hashed('s-1')[:15], 16)}"}),
    MaskCase(
        PartialMask(last=4),
        "string",
        {
            "'4111111111111111'": "'************1111'",
            "'12345678'": "'****5678'",
            "'1234567'": "'*******'",
            "''": "''",
            "NULL": "NULL",
        },
    ),
    MaskCase(
        PartialMask(first=1, last=1, fill="'"), "string", {"'Grace'": "'G\\'\\'\\'e'", "'Abc'": "'\\'\\'\\''"}
    ),
    MaskCase(PartialMask(first=2), "varchar(6)", {"'AT1234'": "'AT****'", "'AT1'": "'***'"}),
    MaskCase(PartialMask(), "string", {"'abc'": "'***'", "NULL": "NULL"}),
    MaskCase(
        EmailMask(),
        "string",
        {
            "'ada@example.com'": "'***@example.com'",
            "'\"a@b\"@example.com'": "'***@example.com'",
            "'no address'": "'***'",
            "'@'": "'***@'",
            "NULL": "NULL",
        },
    ),
    MaskCase(EmailMask(), "varchar(5)", {"'a@b.c'": "'***@b'"}),
    MaskCase(DateMask(), "date", {"DATE'2024-02-29'": "DATE'2024-01-01'", "NULL": "NULL"}),
    MaskCase(DateMask(to="month"), "date", {"DATE'2024-02-29'": "DATE'2024-02-01'"}),
    MaskCase(
        DateMask(to="month"),
        "timestamp",
        {"TIMESTAMP'2024-02-29 23:59:59.999'": "TIMESTAMP'2024-02-01 00:00:00'", "NULL": "NULL"},
    ),
    MaskCase(
        DateMask(),
        "timestamp_ntz",
        {"TIMESTAMP_NTZ'2024-02-29 23:59:59'": "TIMESTAMP_NTZ'2024-01-01 00:00:00'", "NULL": "NULL"},
    ),
    MaskCase(BucketMask(size=10), "int", {"39": "30", "40": "40", "-1": "-10", "0": "0", "NULL": "NULL"}),
    MaskCase(BucketMask(size=10), "int", {"-2147483648": "NULL"}),
    MaskCase(BucketMask(size=100), "tinyint", {"127": "100", "-128": "NULL"}),
    MaskCase(BucketMask(size=1000), "smallint", {"32767": "32000"}),
    MaskCase(BucketMask(size=10), "bigint", {"9223372036854775807": "9223372036854775800"}),
    MaskCase(
        BucketMask(size=1000), "decimal(12,2)", {"1999.99": "1000.00", "-0.01": "-1000.00", "NULL": "NULL"}
    ),
    MaskCase(BucketMask(size=10), "decimal(3,1)", {"-99.9": "NULL", "99.9": "90.0"}),
    MaskCase(
        BucketMask(size=10),
        "decimal(38,0)",
        {"12345678901234567890123456789012345678": "12345678901234567890123456789012345670"},
    ),
    MaskCase(BucketMask(size=10), "double", {"39.9": "30", "-0.5": "-10", "NULL": "NULL"}),
    MaskCase(BucketMask(size=10), "float", {"39.9": "30"}),
]
"""Cases of every mask of the library, on every kind of type that it takes."""
