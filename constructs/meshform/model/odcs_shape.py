# SPDX-License-Identifier: Apache-2.0
"""Keys and types of a contract's document against the model of the Open Data Contract Standard.

The model is the package `open-data-contract-standard`. It takes unknown keys below the top without a word,
and its errors name no line: both are mended here. Importing it costs about 0.06 s, so that waits until a
contract is read.
"""

from __future__ import annotations

import types
import typing
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError

from meshform.model.findings import Finding
from meshform.model.near import did_you_mean, one_of
from meshform.model.secrets import redact
from meshform.model.strict_yaml import Document

# What stands behind these keys depends on a kind of server or a vendor; the standard leaves it open.
_OPEN = frozenset({"Server"})
# Keys that contracts have from older versions of the standard, with what says the same today.
_OLDER = {
    "isNullable": "write `required: true` for `isNullable: false`",
    "isUnique": "write `unique`",
    "isPrimary": "write `primaryKey`",
    "isPrimaryKey": "write `primaryKey`",
    "columns": "write `properties`",
    "comment": "write `description`",
    "clusterStatus": "name the columns in the custom property `clusterBy` of the table",
}
# Names of errors in pydantic, with what was expected.
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def check_shape(document: Document) -> list[Finding]:
    """Unknown keys (MF203) and values of the wrong type (MF204) of a document that is a mapping."""
    from open_data_contract_standard.model import OpenDataContractStandard

    findings = list(_unknown_keys(document, OpenDataContractStandard, (), document.data))
    try:
        OpenDataContractStandard.model_validate(document.data, strict=True)
    except ValidationError as error:
        findings += _wrong_types(document, error)
    return findings


def _unknown_keys(
    document: Document, model: type[BaseModel], path: tuple[str | int, ...], data: dict[str, Any]
) -> typing.Iterator[Finding]:
    known = _keys(model)
    for key, value in data.items():
        if key not in known:
            if model.__name__ not in _OPEN:
                yield Finding(
                    code="MF203",
                    summary=f"the standard has no key {key!r} here",
                    place=document.key_place((*path, key)),
                    allowed=one_of(known, most=40),
                    fix=_OLDER.get(key)
                    or did_you_mean(key, known)
                    or "remove it, or say it in `customProperties`",
                )
            continue
        one, item = known[key]
        if one is not None and isinstance(value, dict):
            yield from _unknown_keys(document, one, (*path, key), value)
        elif item is not None and isinstance(value, list):
            for i, element in enumerate(value):
                if isinstance(element, dict):
                    yield from _unknown_keys(document, item, (*path, key, i), element)


@cache
def _keys(model: type[BaseModel]) -> dict[str, tuple[type[BaseModel] | None, type[BaseModel] | None]]:
    """Keys of a model, each with the model of a mapping and that of the items of a list behind it."""
    hints = typing.get_type_hints(model)
    return {
        field.alias or name: (_model_in(hints[name]), _model_in(hints[name], listed=True))
        for name, field in model.model_fields.items()
    }


def _model_in(hint: Any, *, listed: bool = False) -> type[BaseModel] | None:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return next((one for arg in typing.get_args(hint) if (one := _model_in(arg, listed=listed))), None)
    if typing.get_origin(hint) is list:
        return _model_in(typing.get_args(hint)[0]) if listed else None
    return hint if not listed and isinstance(hint, type) and issubclass(hint, BaseModel) else None


def _wrong_types(document: Document, error: ValidationError) -> typing.Iterator[Finding]:
    """One finding for each value: where several types are allowed, pydantic has an error for each."""
    expected: dict[tuple[str | int, ...], list[str]] = {}
    for detail in error.errors(include_url=False, include_context=False):
        if detail["type"] == "extra_forbidden":
            continue
        words = _EXPECTED.get(detail["type"]) or detail["msg"][:1].lower() + detail["msg"][1:]
        expected.setdefault(_path(document.data, detail["loc"]), []).append(words)
    for path, kinds in expected.items():
        if any(len(other) > len(path) and other[: len(path)] == path for other in expected):
            continue  # the other of two allowed forms; the error inside says more
        value = _at(document.data, path)
        yield Finding(
            code="MF204",
            summary=f"`{path[-1] if isinstance(path[-1], str) else path[-2]}` has a value of the wrong type",
            place=document.place(path),
            got=_shown(value),
            allowed=" or ".join(dict.fromkeys(kinds)),
            fix="put it in quotes" if "text" in kinds and isinstance(value, bool | int | float) else None,
        )


def _path(data: Any, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The part of pydantic's location that is a path in the data; the rest names models and types."""
    path: list[str | int] = []
    for part in location:
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data)
        ):
            data = _at(data, (part,))
            path.append(part)
    return tuple(path)


def _at(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        data = data[part]
    return data


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text, {redact(value if len(value) <= 80 else value[:77] + '...')!r}"
    return f"the number {value}"
