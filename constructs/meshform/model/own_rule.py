# SPDX-License-Identifier: Apache-2.0
"""Rules of a team's own: a function with a decorator becomes a Rule."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PydanticUserError

from meshform.model.file_input import display_name
from meshform.model.findings import NOWHERE, Finding, MeshformError, Place, Severity
from meshform.model.rule import Rule, Tighter

if TYPE_CHECKING:
    from meshform.model.resolved import ResolvedMesh

Found = Iterable[Finding | str] | Finding | str | None
"""What the function of a rule yields or returns: a text or a finding for each thing that breaks it."""

_CODE = re.compile(r"(?!MF)[A-Z][A-Z0-9_-]{1,31}")
_ABOUT = ("product", "domain", "mesh")  # the first that the function takes is what it is asked about


def rule(
    *,
    code: str,
    why: str,
    severity: Severity | str = Severity.ERROR,
    key: Iterable[str] = (),
    tighter: Mapping[str, Tighter] = types.MappingProxyType({}),
) -> Callable[[Callable[..., Found]], type[Rule]]:
    """Make a rule of a function `(product, mesh)`, `(domain, mesh)`, `(product)`, `(domain)` or `(mesh)`.

    The function gets the resolved model (ResolvedProduct, ResolvedDomain, ResolvedMesh), and yields a text or
    a Finding with the rule's code for each thing that breaks it. A text is told at the place of what was
    looked at. Its keyword-only arguments are the rule's parameters: each has a type, and a default unless it
    must be given. The decorator returns a Rule: call it with parameters in `rules` of a GovernancePolicy.

    Args:
        code: stable code of its findings, such as `ACME1`; those that begin with `MF` are Meshform's.
        why: one sentence for the person who broke it.
        severity: what its findings weigh unless a policy says otherwise.
        key: names of the parameters that tell two uses of the rule apart. Default: it is used once.
        tighter: for each other parameter, which change asks for more: `higher`, `lower`, `more`, `fewer`.
            Default: `same`; a lower level may not change it.

    Raises:
        MeshformError: MF408 for a code, a function or a parameter that no rule can have.
    """

    def made(function: Callable[..., Found]) -> type[Rule]:
        return _OwnRule(function, code, why).made(severity, tuple(key), dict(tighter))

    return made


def code_problem(kind: type[Rule]) -> str | None:
    """Why the code and sentence of a rule that Meshform did not bring are none, or None."""
    if kind.__module__.partition(".")[0] == "meshform":
        return None
    code, why = getattr(kind, "code", None), getattr(kind, "why", None)
    if not isinstance(code, str) or not isinstance(why, str) or not why.strip():
        return "it has no `code` or no `why`"
    if not _CODE.fullmatch(code):
        return f"{code!r} is no code of your own"
    return None


ALLOWED_CODE = "upper-case letters, digits, - and _, such as ACME1, and not MF at the beginning"


class _OwnRule:
    """The making of one rule."""

    def __init__(self, function: Callable[..., Found], code: str, why: str) -> None:
        self.function = function
        self.name = getattr(function, "__name__", "rule")
        self.code, self.why = code, why
        source = getattr(function, "__code__", None)
        self.place = (
            Place(file=display_name(Path(source.co_filename)), line=source.co_firstlineno)
            if source
            else NOWHERE
        )

    def made(self, severity: Severity | str, key: tuple[str, ...], tighter: dict[str, Tighter]) -> type[Rule]:
        subjects, parameters = self._parameters()
        about = next((one for one in _ABOUT if one in subjects), "")
        if not about or not {about, "mesh"} >= set(subjects):
            raise self._refused(
                "takes what no rule is given",
                got=f"({', '.join(subjects)})",
                allowed="(product, mesh), (product), (domain, mesh), (domain) or (mesh); after * parameters",
            )
        method = f"check_{about}"
        if severity not in list(Severity):
            raise self._refused("has no such severity", got=str(severity), allowed=", ".join(Severity))
        names = [one.name for one in parameters]
        for name in (*key, *tighter):
            if name not in names:
                raise self._refused(
                    f"says something of {name!r}, which is no parameter of it",
                    got=name,
                    allowed=", ".join(names) or "it has no parameters",
                )
        fields: dict[str, Any] = {one.name: self._type(one) for one in parameters}
        defaults = {one.name: one.default for one in parameters if one.default is not Parameter.empty}
        namespace: dict[str, Any] = {
            "__module__": self.function.__module__,
            "__qualname__": self.name,
            "__doc__": self.function.__doc__ or self.why,
            "__annotations__": {**fields, "severity": Severity, "code": ClassVar[str], "why": ClassVar[str]},
            **defaults,
            "severity": Severity(severity),
            "code": self.code,
            "why": self.why,
            method: _check(self.function, about, tuple(fields), with_mesh="mesh" in subjects),
        }
        namespace["__annotations__"]["key"] = ClassVar[tuple[str, ...]]
        namespace["__annotations__"]["tighter"] = ClassVar[Mapping[str, Tighter]]
        namespace |= {"key": key, "tighter": tighter}
        try:
            kind: type[Rule] = types.new_class(self.name, (Rule,), {}, lambda body: body.update(namespace))
        except (PydanticUserError, NameError, TypeError) as error:
            raise self._refused("has a parameter of no type that can be checked", got=str(error)) from None
        if problem := code_problem(kind):
            raise self._refused("needs a code of its own and a `why`", got=problem, allowed=ALLOWED_CODE)
        return kind

    def _parameters(self) -> tuple[tuple[str, ...], list[Parameter]]:
        """Names of what it is given, and its own parameters."""
        if not isinstance(self.function, types.FunctionType):
            raise self._refused("is no function", got=repr(self.function)[:200])
        given = list(signature(self.function).parameters.values())
        subjects = tuple(
            f"{one}, /" if one.kind is Parameter.POSITIONAL_ONLY else f"{one}".partition(":")[0]
            for one in given
            if one.kind is not Parameter.KEYWORD_ONLY
        )
        own = [one for one in given if one.kind is Parameter.KEYWORD_ONLY]
        for one in own:
            if one.name.startswith("_") or one.name == "severity" or hasattr(Rule, one.name):
                raise self._refused("has a parameter that every rule has already", got=one.name)
        return subjects, own

    def _type(self, parameter: Parameter) -> Any:
        """The type of a parameter. Other annotations are not looked up: they may be unknown at run time."""
        annotation = parameter.annotation
        if annotation is Parameter.empty:
            raise self._refused("has a parameter without a type", got=parameter.name)
        if isinstance(annotation, str):
            try:
                return eval(annotation, getattr(self.function, "__globals__", {}))  # noqa: S307 - its own code
            except Exception as error:  # noqa: BLE001 - whatever the annotation does
                raise self._refused(
                    "has a parameter of a type that is not known at run time",
                    got=f"{parameter.name}: {annotation} ({error})",
                ) from None
        return annotation

    def _refused(self, what: str, *, got: str, allowed: str | None = None) -> MeshformError:
        return MeshformError(
            Finding(
                code="MF408",
                summary=f"rule {self.name} {what}",
                place=self.place,
                got=got,
                allowed=allowed,
                fix="correct the function or its decorator",
            )
        )


def _check(
    function: Callable[..., Found], about: str, names: tuple[str, ...], *, with_mesh: bool
) -> Callable[..., Any]:
    """The check of a rule that calls a function."""

    def check(self: Rule, subject: Any, mesh: ResolvedMesh | None = None) -> Iterator[Finding]:
        given = {name: getattr(self, name) for name in names}
        if with_mesh:
            given["mesh"] = subject if mesh is None else mesh
        given[about] = subject
        return _findings(self, function(**given), getattr(subject, "spec", subject).place)

    return check


def _findings(of: Rule, found: Found, place: Place) -> Iterator[Finding]:
    """Findings of what a function gave; a text or finding alone is one."""
    for one in (found,) if isinstance(found, str | Finding) else found or ():
        if isinstance(one, str):
            yield of.finding(one, place)
        elif isinstance(one, Finding) and one.code == of.code:
            given = one.model_fields_set
            changes: dict[str, Any] = {} if "severity" in given else {"severity": of.severity}
            yield one.model_copy(update=changes if "place" in given else {**changes, "place": place})
        else:
            raise TypeError(f"the rule gave {one!r}, not a text or a Finding of the code {of.code}")
