# SPDX-License-Identifier: Apache-2.0
"""What a rule says of itself: from its class, its fields and its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from meshform.governance.tightness import directions, shown
from meshform.model.findings import Severity
from meshform.model.rule import Rule

_ENTRY = re.compile(r"    ((?:\w+, )*\w+):\s*(.*)")
_CHECKS = {
    "check_mesh": "mesh",
    "check_domain": "domain",
    "check_product": "product",
    "check_grant": "grant",
}


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """A parameter of a rule.

    Attributes:
        name, type: as in Python.
        default: as in Python; None where it must be given.
        tighter: which change asks for more, `key` for one that tells two uses apart.
        meaning: what it is, from the class's docstring.
    """

    name: str
    type: str
    default: str | None
    tighter: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule.

    Attributes:
        code, name: its code and the name of its class.
        asks: what it asks for.
        why: the reason, for who broke it.
        severity: what its findings weigh unless a policy says otherwise.
        checks: what it looks at: `mesh`, `domain`, `product`, and `grant` for grants of a user's own.
        parameters: its parameters.
        good, bad: declarations that follow and break it; empty where it shows none.
        example: parameters of the rule in these, as Python.
    """

    code: str
    name: str
    asks: str
    why: str
    severity: str
    checks: tuple[str, ...]
    parameters: tuple[ParameterFacts, ...]
    good: str
    bad: str
    example: str

    @classmethod
    def of(cls, kind: type[Rule]) -> RuleFacts:
        """What a class of rules says of itself."""
        severity = kind.model_fields["severity"].default
        meanings = _meanings(kind)
        return cls(
            code=kind.code,
            name=kind.__name__,
            asks=" ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split()),
            why=kind.why,
            severity=Severity(severity).value,
            checks=tuple(
                subject for name, subject in _CHECKS.items() if getattr(kind, name) is not getattr(Rule, name)
            ),
            parameters=tuple(
                ParameterFacts(
                    name,
                    _type(field.annotation),
                    None if field.is_required() else _default(field.get_default(call_default_factory=True)),
                    directions(kind).get(name, "key"),
                    meanings.get(name, ""),
                )
                for name, field in kind.model_fields.items()
                if name != "severity"
            ),
            good=kind.good.strip("\n"),
            bad=kind.bad.strip("\n"),
            example=f"{kind.__name__}({', '.join(f'{k}={v!r}' for k, v in kind.example.items())})",
        )


def facts(kinds: Iterable[type[Rule]]) -> list[RuleFacts]:
    """What rules say of themselves, each once, sorted by code."""
    return sorted((RuleFacts.of(kind) for kind in dict.fromkeys(kinds)), key=lambda one: one.code)


def _type(annotation: Any) -> str:
    """A type as in Python, without modules and validators."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(parts[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_type, parts))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, parts))}]"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_type, parts))}]"
    if annotation is Ellipsis or annotation is NoneType:
        return "..." if annotation is Ellipsis else "None"
    return getattr(annotation, "__name__", str(annotation))


def _default(value: Any) -> str | None:
    return None if value is PydanticUndefined else repr(value) if not isinstance(value, str) else shown(value)


def _meanings(kind: type[Rule]) -> dict[str, str]:
    """The entries of `Attributes:` in the docstrings of a class and those that it builds on."""
    found: dict[str, str] = {}
    for one in reversed([one for one in kind.__mro__ if issubclass(one, Rule) and one is not Rule]):
        names: list[str] = []
        for line in inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")[2].splitlines():
            if entry := _ENTRY.fullmatch(line):
                names = entry[1].split(", ")
                found |= dict.fromkeys(names, entry[2])
            elif line.startswith("     "):
                found |= {name: f"{found[name]} {line.strip()}" for name in names}
            elif line.strip():
                break
    return found
