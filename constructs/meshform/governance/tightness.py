# SPDX-License-Identifier: Apache-2.0
"""Which of two uses of a rule asks for more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from meshform.model.findings import Severity
from meshform.model.rule import Rule, Tighter

_VERSION = re.compile(r"\d+(?:\.\d+)*")
_SEVERITIES = tuple(reversed(Severity))  # advice, warning, error


@dataclass(frozen=True, slots=True)
class Loosened:
    """A parameter of a rule that asks for less than the same parameter of another use.

    Attributes:
        name: the parameter, or `severity`.
        got: its value.
        floor: the value that it must not fall below.
        allowed: what it may be, in words.
    """

    name: str
    got: object
    floor: object
    allowed: str


def heavier(one: Severity, other: Severity) -> bool:
    """True when `one` weighs more than `other`."""
    return _SEVERITIES.index(one) > _SEVERITIES.index(other)


def loosened(rule: Rule, floor: Rule) -> list[Loosened]:
    """What a use of a rule loosens of another use of the same class, with the same key parameters."""
    found = []
    for name, direction in directions(type(rule)).items():
        got, least = getattr(rule, name), getattr(floor, name)
        if got != least and not _as_tight(direction, got, least, type(rule).model_fields[name].annotation):
            found.append(Loosened(name, got, least, _allowed(direction, least)))
    if heavier(floor.severity, rule.severity):
        found.append(
            Loosened("severity", rule.severity.value, floor.severity.value, f"{floor.severity} or more")
        )
    return found


@cache
def directions(kind: type[Rule]) -> Mapping[str, Tighter]:
    """Which change of each parameter asks for more; parameters of the key and the severity left out."""
    return {
        name: kind.tighter.get(name, "same")
        for name in kind.model_fields
        if name != "severity" and name not in kind.key
    }


def _as_tight(direction: Tighter, got: Any, floor: Any, annotation: Any) -> bool:
    """Whether a value asks for as much as another one; None asks for nothing."""
    if floor is None or got is None:
        return floor is None and direction != "same"
    if direction in ("higher", "lower"):
        mine, theirs = _rank(got, annotation), _rank(floor, annotation)
        if mine is None or theirs is None:
            return False
        try:
            return bool(mine >= theirs if direction == "higher" else mine <= theirs)
        except TypeError:  # a number and a text: nobody can tell
            return False
    if direction == "more":
        return _within(floor, got)
    return direction == "fewer" and _within(got, floor)


def _rank(value: Any, annotation: Any) -> Any:
    """What orders values: numbers, versions, and words in the order in which their type names them."""
    if words := _words(annotation):
        return words.index(value) if value in words else None
    if isinstance(value, str):
        return tuple(map(int, value.split("."))) if _VERSION.fullmatch(value) else None
    return value


def _words(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return next((words for one in get_args(annotation) if (words := _words(one))), ())
    return ()


def _within(part: Any, whole: Any) -> bool:
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(name in whole and whole[name] == value for name, value in part.items())
    if isinstance(part, str) or not isinstance(part, Iterable):
        return False
    return all(one in whole for one in part)


def _allowed(direction: Tighter, floor: object) -> str:
    words = {
        "higher": "{} or higher",
        "lower": "{} or lower",
        "more": "{}, and more",
        "fewer": "{}, or fewer of them",
        "same": "{}",
    }
    return words[direction].format(shown(floor))


def shown(value: object) -> str:
    """A parameter as a person writes it."""
    if isinstance(value, str):
        return repr(str(value))
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(shown(one) for one in value) or "nothing"
    return str(value)
