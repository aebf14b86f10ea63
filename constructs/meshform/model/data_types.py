# SPDX-License-Identifier: Apache-2.0
"""Databricks SQL types: reading, normal form, and what an ODCS logical type becomes.

The normal form is the one in which Unity Catalog reports a column (`type_text` of its tables API, DESCRIBE
TABLE): lower case, no spaces inside brackets, synonyms replaced (`INTEGER` is `int`, `NUMERIC` is
`decimal(10,0)`); names of STRUCT fields keep their case. Two types are the same exactly when their normal
forms are equal.

Source: Databricks SQL language reference, "Data types", and ODCS 3.2 "Logical Type Options".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from meshform.model.near import did_you_mean, one_of

_SIMPLE = {
    name: name for name in ("bigint", "binary", "boolean", "date", "double", "float", "int", "smallint")
}
_SIMPLE |= {name: name for name in ("string", "timestamp", "timestamp_ntz", "tinyint", "variant")}
_SIMPLE |= {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint", "real": "float"}
_SIMPLE |= {"timestamp_ltz": "timestamp"}
_DECIMAL = ("decimal", "dec", "numeric")
_SIZED = ("char", "character", "varchar")
_SPATIAL = ("geography", "geometry")
_NESTED = ("array", "map", "struct")

NAMES = tuple(sorted([*_SIMPLE, *_DECIMAL, *_SIZED, *_SPATIAL, *_NESTED]))
"""Names of the types that a column of a table may have, synonyms included."""

# Names that people bring from other databases, with what Databricks calls them.
_FOREIGN = {
    "bool": "boolean", "text": "string", "nvarchar": "string", "clob": "string", "uuid": "string",
    "datetime": "timestamp", "timestamptz": "timestamp", "blob": "binary", "bytea": "binary",
    "varbinary": "binary", "number": "decimal(p,s)", "money": "decimal(p,s)", "json": "variant",
    "list": "array<...>", "record": "struct<...>", "int64": "bigint", "float64": "double",
    "bytes": "binary", "datetime2": "timestamp", "timestamp_tz": "timestamp", "int2": "smallint",
    "int4": "int", "int8": "bigint", "int32": "int", "float4": "float", "float8": "double",
    "serial": "int", "bigserial": "bigint", "str": "string", "varchar2": "string", "nvarchar2": "string",
    "nchar": "string", "xml": "string", "jsonb": "variant", "super": "variant", "object": "struct<...>",
    "time": "string", "bit": "boolean",
}  # fmt: skip

_TOKEN = re.compile(
    r"\s*(?:(?P<word>\w+)|(?P<quoted>`(?:[^`]|``)+`)|(?P<text>'(?:[^'\\]|\\.)*')|(?P<sign>[<>(),:]))"
)
_MOST_CHARACTERS = 100_000
_MOST_DEPTH = 32


class UnknownTypeError(ValueError):
    """A text that is no type of a Databricks column.

    Attributes:
        reason: what is wrong with it.
        fix: what was probably meant, or None.
    """

    def __init__(self, reason: str, fix: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """The normal form of a Databricks SQL type, such as `array<struct<id:bigint,name:string>>`.

    Raises:
        UnknownTypeError: it is not a type that a column of a table may have.
    """
    if len(text) > _MOST_CHARACTERS:
        raise UnknownTypeError(f"the type is longer than {_MOST_CHARACTERS:,} characters")
    reader = _Reader(text)
    result = reader.type(0)
    reader.end()
    return result


class _Reader:
    """Recursive descent over the tokens of one type."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        position, stripped = 0, text.rstrip()
        while position < len(stripped):
            match = _TOKEN.match(stripped, position)
            if match is None:
                raise UnknownTypeError(f"unexpected {stripped[position:].lstrip()[:1]!r} in the type")
            self._tokens.append((str(match.lastgroup), match.group(str(match.lastgroup))))
            position = match.end()
        self._next = 0

    def type(self, depth: int) -> str:
        if depth > _MOST_DEPTH:
            raise UnknownTypeError(f"types are nested more than {_MOST_DEPTH} deep")
        name = self._word("a type").lower()
        if name in _SIMPLE:
            return _SIMPLE[name] + (self._collation() if name == "string" else "")
        if name in _DECIMAL:
            return self._decimal()
        if name in _SIZED:
            return self._sized("varchar" if name == "varchar" else "char")
        if name in _SPATIAL:
            return f"{name}({self._argument()})"
        if name == "array":
            self._sign("<")
            inner = self.type(depth + 1)
        elif name == "map":
            self._sign("<")
            key = self.type(depth + 1)
            if key.startswith("map<"):
                raise UnknownTypeError("the key of a MAP cannot be a MAP")
            self._sign(",")
            inner = f"{key},{self.type(depth + 1)}"
        elif name == "struct":
            self._sign("<")
            inner = self._fields(depth + 1)
        else:
            fix = f"use {_FOREIGN[name]}" if name in _FOREIGN else did_you_mean(name, NAMES)
            raise UnknownTypeError(f"{name!r} is not a Databricks type", fix)
        self._sign(">")
        return f"{name}<{inner}>"

    def end(self) -> None:
        if self._next < len(self._tokens):
            raise UnknownTypeError(f"unexpected {self._tokens[self._next][1]!r} after the type")

    def _fields(self, depth: int) -> str:
        fields: list[str] = []
        seen: set[str] = set()
        while self._peek() != (("sign", ">")):
            if fields:
                self._sign(",")
            name = self._field_name()
            if name.casefold() in seen:
                raise UnknownTypeError(f"the STRUCT has two fields called {name}")
            seen.add(name.casefold())
            self._accept("sign", ":")
            field = f"{name}:{self.type(depth)}"
            if self._accept("word", "not"):
                if not self._accept("word", "null"):
                    raise UnknownTypeError("expected NULL after NOT")
                field += " NOT NULL"
            if self._accept("word", "comment"):
                field += f" COMMENT {self._take('text', 'the text of a comment in quotes')}"
            fields.append(field)
        return ",".join(fields)

    def _field_name(self) -> str:
        kind, text = self._peek()
        if kind == "quoted":
            self._next += 1
            inner = text[1:-1]
            return inner if re.fullmatch(r"[A-Za-z_]\w*", inner, re.ASCII) else text
        return self._word("the name of a field")

    def _decimal(self) -> str:
        precision, scale = 10, 0
        if self._accept("sign", "("):
            precision = self._number("the precision")
            if self._accept("sign", ","):
                scale = self._number("the scale")
            self._sign(")")
        if not 1 <= precision <= 38:
            raise UnknownTypeError(f"the precision of a DECIMAL is 1 to 38, not {precision}")
        if scale > precision:
            raise UnknownTypeError(f"the scale of a DECIMAL is 0 to its precision ({precision}), not {scale}")
        return f"decimal({precision},{scale})"

    def _sized(self, name: str) -> str:
        if not self._accept("sign", "("):
            raise UnknownTypeError(f"{name.upper()} needs a length", "use string, or give the length")
        length = self._number("the length")
        self._sign(")")
        if length < 1:
            raise UnknownTypeError("the length is at least 1")
        return f"{name}({length})"

    def _collation(self) -> str:
        return f" collate {self._word('the name of a collation')}" if self._accept("word", "collate") else ""

    def _argument(self) -> str:
        self._sign("(")
        word = self._word("a spatial reference")
        self._sign(")")
        return word.lower()

    def _number(self, what: str) -> int:
        word = self._word(what)
        if not word.isascii() or not word.isdigit() or len(word) > 9:
            raise UnknownTypeError(f"{what} is a number, not {word!r}")
        return int(word)

    def _word(self, what: str) -> str:
        return self._take("word", what)

    def _sign(self, sign: str) -> None:
        if not self._accept("sign", sign):
            raise UnknownTypeError(f"expected {sign!r}, {self._found()}")

    def _take(self, kind: str, what: str) -> str:
        found, text = self._peek()
        if found != kind:
            raise UnknownTypeError(f"expected {what}, {self._found()}")
        self._next += 1
        return text

    def _accept(self, kind: str, text: str) -> bool:
        found, value = self._peek()
        if found != kind or value.lower() != text:
            return False
        self._next += 1
        return True

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._next] if self._next < len(self._tokens) else ("end", "")

    def _found(self) -> str:
        kind, text = self._peek()
        return "but the type ends there" if kind == "end" else f"found {text!r}"


_INTEGERS = {
    "i8": "tinyint", "i16": "smallint", "i32": "int", "i64": "bigint", "i128": "decimal(38,0)",
    "u8": "smallint", "u16": "int", "u32": "bigint", "u64": "decimal(20,0)",
}  # fmt: skip
_NUMBERS = {"f32": "float", "f64": "double"}
_ELEMENTS = {
    "binary": "tinyint", "int8": "tinyint", "uint8": "smallint",
    "bfloat16": "float", "float16": "float", "float32": "float", "float64": "double",
}  # fmt: skip
_PLAIN = {"boolean": "boolean", "date": "date"}
LOGICAL = (
    "array", "boolean", "date", "integer", "map", "number", "object", "string", "time", "timestamp", "vector",
)  # fmt: skip
"""Logical types of the standard."""


def from_logical(logical: str, options: Mapping[str, Any] | None = None) -> str:
    """The type of a column that has a logical type without anything below it, and no physical type.

    `string` is `string` (`binary` with the format `binary`), `integer` is `int` as the standard's default
    format is `i32`, other formats choose other widths; `number` is `double` (`float` with the format `f32`:
    for exact amounts give a physical type `decimal(p,s)`); `timestamp` is `timestamp` (`timestamp_ntz` with
    `timezone: false`); `vector` is an array of its element type, `float` by default.

    Raises:
        UnknownTypeError: the logical type needs a physical type, as `time` does, or what is below it, as
            `object`, `array` and `map` do.
    """
    options = options or {}
    form = options.get("format")
    if logical in _PLAIN:
        return _PLAIN[logical]
    if logical == "string":
        return "binary" if form == "binary" else "string"
    if logical == "timestamp":
        return "timestamp_ntz" if options.get("timezone") is False else "timestamp"
    if logical == "number":
        return _chosen(_NUMBERS, form, "f64", "number")
    if logical == "integer":
        return _chosen(_INTEGERS, form, "i32", "integer")
    if logical == "vector":
        return f"array<{_chosen(_ELEMENTS, options.get('elementType'), 'float32', 'vector')}>"
    if logical == "time":
        raise UnknownTypeError("Databricks has no type for a time of day", "add `physicalType: string`")
    if logical in LOGICAL:
        reason = f"the logical type {logical!r} alone does not say the type"
        raise UnknownTypeError(reason, "say what is in it, or add a `physicalType`")
    fix = did_you_mean(logical, LOGICAL) or f"use one of {one_of(LOGICAL)}"
    raise UnknownTypeError(f"{logical!r} is not a logical type of the standard", fix)


_LOGICAL_OF = {
    "string": "string", "char": "string", "varchar": "string", "binary": "string", "boolean": "boolean",
    "tinyint": "integer", "smallint": "integer", "int": "integer", "bigint": "integer",
    "float": "number", "double": "number", "decimal": "number",
    "date": "date", "timestamp": "timestamp", "timestamp_ntz": "timestamp",
    "array": "array", "map": "map", "struct": "object",
}  # fmt: skip


def to_logical(type_: str) -> str | None:
    """The logical type of a type in normal form; None for `variant` and spatial types, which have none."""
    if type_ in _LOGICAL_OF:  # nearly every type, told without a search
        return _LOGICAL_OF[type_]
    name = re.match(r"\w*", type_)
    return _LOGICAL_OF.get(name.group() if name else "")


def _chosen(types: Mapping[str, str], form: Any, default: str, logical: str) -> str:
    try:
        return types[form or default]
    except (KeyError, TypeError):
        reason = f"no Databricks type holds the logical type {logical!r} with {form!r}"
        raise UnknownTypeError(reason, f"use one of {one_of(types)}, or add a `physicalType`") from None


def array_of(element: str) -> str:
    """The ARRAY of a type in normal form."""
    return f"array<{element}>"


def element_of(type_: str) -> str | None:
    """What an ARRAY in normal form holds; None for another type."""
    return type_[len("array<") : -1] if type_.startswith("array<") else None


def map_of(key: str, value: str) -> str:
    """The MAP between two types in normal form."""
    return f"map<{key},{value}>"


def struct_of(fields: Mapping[str, str]) -> str:
    """The STRUCT with these fields, their types in normal form."""
    inner = (f"{_field(name)}:{kind}" for name, kind in fields.items())
    return f"struct<{','.join(inner)}>"


def _field(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else "`" + name.replace("`", "``") + "`"
