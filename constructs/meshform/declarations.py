# SPDX-License-Identifier: Apache-2.0
"""What the constructs share: where a declaration stands in the user's code, and what misuse is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pydantic import ValidationError

from meshform.bridge import Construct
from meshform.model.file_input import display_name
from meshform.model.findings import Finding, MeshformError, Place, Value
from meshform.model.near import did_you_mean
from meshform.model.secrets import redact

_PACKAGE = str(Path(__file__).parent)
_Value = TypeVar("_Value", bound=Value)
_Kind = TypeVar("_Kind", bound=Construct)
_Arguments = ParamSpec("_Arguments")


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
    return _relative(str(file), os.getcwd())  # noqa: PTH109 - a key of the cache, for each construct


@cache
def _relative(file: str, _folder: str) -> str:
    return display_name(Path(file))


def arguments_told(init: Callable[_Arguments, None]) -> Callable[_Arguments, None]:
    """Let a construct tell misspelt and missing arguments as findings (MF300), not as a TypeError."""

    @wraps(init)
    def checked(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> None:
        try:
            init(*args, **kwargs)
        except TypeError as error:
            trace = error.__traceback__
            if trace is None or trace.tb_next is not None:
                raise  # it comes from within, not from the call
            raise _misuse_of_arguments(init, args, kwargs, str(error)) from None

    return checked


def _misuse_of_arguments(
    init: Callable[..., None], args: tuple[Any, ...], kwargs: Mapping[str, Any], message: str
) -> MeshformError:
    kind = type(args[0]).__name__
    parameters = list(signature(init).parameters.values())[1:]  # without self
    given = {one.name for one in parameters[: len(args) - 1]} | kwargs.keys()
    names = [one.name for one in parameters]
    place = place_of_caller(next((str(one) for one in args[2:3]), kind))
    findings = [
        Finding(
            code="MF300",
            summary=f"{kind}: {name}: there is no such argument",
            place=place,
            got=redact(repr(kwargs[name])[:200]),
            allowed=", ".join(names),
            fix=did_you_mean(name, names),
        )
        for name in kwargs
        if name not in names
    ] + [
        Finding(code="MF300", summary=f"{kind}: {one.name}: argument required", place=place)
        for one in parameters
        if one.default is Parameter.empty and one.name not in given
    ]
    # too many by position, or one given twice
    return MeshformError(findings or [Finding(code="MF300", summary=f"{kind}: {message}", place=place)])


def declare(kind: type[_Value], place: Place, fields: Mapping[str, Any]) -> _Value:
    """Make the value of a construct from its arguments.

    Raises:
        MeshformError: MF300 for each argument of a wrong type or shape.
    """
    try:
        return kind.model_validate({**fields, "place": place})
    except ValidationError as error:
        raise misuse(error, place) from None


def misuse(error: ValidationError, place: Place) -> MeshformError:
    """A pydantic error in Meshform's words."""
    findings: list[Finding] = []
    for detail in error.errors(include_url=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, MeshformError):  # a value that has findings of its own
            findings += (f.model_copy(update={"place": place}) for f in cause.findings)
            continue
        name = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"][:1].lower() + detail["msg"][1:]
        known = _fields(error.title) if detail["type"] == "extra_forbidden" else ()
        findings.append(
            Finding(
                code="MF300",
                summary=f"{error.title.removesuffix('Spec')}: {name + ': ' if name else ''}{message}",
                place=place,
                got=redact(repr(detail["input"])[:200]),
                fix=did_you_mean(name, known),
            )
        )
    return MeshformError(findings)


def misuse_of_value(error: ValidationError) -> MeshformError:
    """The same for a value, such as a Consumer, that a user's code made: the place is that line of it.

    Raises:
        ValidationError: the error itself, when Meshform made the value: then it is no mistake of the user.
    """
    maker = trace = error.__traceback__
    while trace:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((str(Path(_PACKAGE, "model")), "<")) and "/site-packages/pydantic" not in file:
            maker = trace
        trace = trace.tb_next
    if maker is None or maker.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        raise error
    place = Place(file=relative(maker.tb_frame.f_code.co_filename), line=maker.tb_lineno)
    return misuse(error, place)


def _fields(title: str) -> Iterable[str]:
    """Names of the fields of a public value."""
    import meshform

    kind = getattr(meshform, title, None) if title in meshform.__all__ else None
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, Value) else ()


@contextmanager
def construct_id(scope: Construct, id_: str, place: Place) -> Iterator[None]:
    """Tells in Meshform's words that a construct of that id is in the scope already.

    Raises:
        MeshformError: MF302, with the place of the other where it is one of Meshform's.
    """
    try:
        yield
    except RuntimeError:
        other = scope.node.try_find_child(id_)
        if other is None:
            raise
        where = getattr(other, "place", None)
        raise MeshformError(
            Finding(
                code="MF302",
                summary="two constructs of one scope have one id",
                place=place,
                got=f"{id_!r}, also of a {type(other).__name__}{f' at {where}' if where else ''}",
                allowed="each id once below a construct, whatever it is of",
                fix="rename one of them",
            )
        ) from None


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
