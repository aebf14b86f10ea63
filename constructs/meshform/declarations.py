# SPDX-License-Identifier: Apache-2.0
"""What the constructs share: where a declaration stands in the user's code, and what misuse is called."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from constructs import Construct
from pydantic import ValidationError

from meshform.model.findings import Finding, MeshformError, Place, Value
from meshform.model.near import did_you_mean

_PACKAGE = str(Path(__file__).parent)
_Value = TypeVar("_Value", bound=Value)
_Kind = TypeVar("_Kind", bound=Construct)


def place_of_caller(path: str) -> Place:
    """The nearest line of code outside Meshform, and a construct path."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads source files: too slow for each construct
    while frame.f_back and (
        frame.f_code.co_filename.startswith((_PACKAGE, "<")) or "/jsii/" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    return Place(file=relative(frame.f_code.co_filename), line=frame.f_lineno, construct_path=path)


def relative(file: str | Path) -> str:
    """A file's path relative to the working folder where that is shorter to read, with `/`."""
    path, here = Path(file), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()


def declare(kind: type[_Value], place: Place, fields: Mapping[str, Any]) -> _Value:
    """Make the value of a construct from its arguments.

    Raises:
        MeshformError: MF300 for each argument of a wrong type or shape.
    """
    try:
        return kind.model_validate({**fields, "place": place})
    except ValidationError as error:
        raise misuse(error, place) from None


def misuse(error: ValidationError, place: Place, known: Iterable[str] = ()) -> MeshformError:
    """A pydantic error in Meshform's words."""
    findings = []
    for detail in error.errors(include_url=False):
        name = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"][:1].lower() + detail["msg"][1:]
        findings.append(
            Finding(
                code="MF300",
                summary=f"{error.title}: {name + ': ' if name else ''}{message}",
                place=place,
                got=repr(detail["input"])[:200],
                fix=did_you_mean(name, known) if detail["type"] == "extra_forbidden" else None,
            )
        )
    return MeshformError(findings)


def above(scope: Construct, kind: type[_Kind], name: str, place: Place) -> _Kind:
    """The nearest construct of a kind at or above a scope.

    Raises:
        MeshformError: MF321 when there is none.
    """
    if isinstance(scope, kind):  # by far the most common: asks nothing of jsii
        return scope
    for one in reversed(scope.node.scopes):
        if isinstance(one, kind):
            return one
    raise MeshformError(
        Finding(
            code="MF321",
            summary=f"{name} stands outside of a {kind.__name__}",
            place=place,
            got=f"scope {scope.node.path!r} ({type(scope).__name__})",
            allowed=f"a {kind.__name__}, or a construct below one",
            fix=f"pass a {kind.__name__} as the first argument",
        )
    )
