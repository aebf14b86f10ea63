# SPDX-License-Identifier: Apache-2.0
"""Which rules hold where: those of the mesh everywhere, and what domains and products add or tighten.

A rule of a higher level is the floor. A lower level that names the same rule (the same class, with the same
parameters of its `key`) changes the parameters that it gives, in their tighter direction, and leaves the
others as they are above. Such a rule runs once, as it stands at the lowest level.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pydantic import ValidationError

from meshform.governance.tightness import loosened, shown
from meshform.model.findings import Finding
from meshform.model.own_rule import ALLOWED_CODE, code_problem
from meshform.model.policy import Policy
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Use:
    """A rule as it stands somewhere, and the policy that brought it there."""

    rule: Rule
    policy: Policy


_Identity = tuple[type[Rule], tuple[object, ...]]
_Uses = dict[_Identity, tuple[Use, ...]]


class Levels:
    """The rules of a mesh at each of its levels.

    Attributes:
        mesh: rules of the mesh's own policies, for `check_mesh`.
        findings: what was wrong with the policies that were asked for so far: MF408 a rule without a code of
            its own, MF409 two rules with one code, MF412 a lower level that loosens a rule, MF415 a rule that
            has nothing to check where it is.
    """

    def __init__(self, mesh: ResolvedMesh) -> None:
        self.findings: list[Finding] = []
        self._kinds: dict[str, type[Rule]] = {}
        self._policies: dict[tuple[str | None, str | None], list[Policy]] = {}
        for policy in mesh.spec.policies:
            self._policies.setdefault((policy.domain, policy.product), []).append(policy)
        self._floor = self._add({}, self._policies.get((None, None), ()))
        self._usual = _that_check(self._floor, "check_domain"), _that_check(self._floor, "check_product")
        self.mesh = _that_check(self._floor, "check_mesh")

    def below(self, domain: ResolvedDomain) -> Iterator[tuple[ResolvedDomain | ResolvedProduct, list[Use]]]:
        """A domain and each of its products with the rules that check it."""
        own = self._policies.get((domain.name, None))
        uses, (for_domain, for_products) = self._floor, self._usual
        if own:
            uses = self._add(self._floor, own)
            for_domain, for_products = _that_check(uses, "check_domain"), _that_check(uses, "check_product")
        yield domain, for_domain
        for product in domain.products:
            own = self._policies.get((domain.name, product.name))
            yield product, _that_check(self._add(uses, own), "check_product") if own else for_products

    def for_grants(self, domain: str | None) -> list[Use]:
        """The rules that check grants of somebody's own in a domain's stack, or in one of the platform."""
        own = self._policies.get((domain, None), ()) if domain else ()
        return _that_check(self._add(self._floor, own), "check_grant")

    def _add(self, above: _Uses, policies: Iterable[Policy]) -> _Uses:
        own: _Uses = {}
        for policy in policies:
            for rule in policy.rules:
                if refused := self._refused(type(rule), policy):
                    self.findings.append(refused)
                    continue
                if not _checks(type(rule), policy):
                    self.findings.append(_nothing_to_check(rule, policy))
                    continue
                identity = type(rule), tuple(_hashable(getattr(rule, name)) for name in rule.key)
                kept, tightened = self._tighten(Use(rule, policy), above.get(identity, ()))
                own[identity] = _tightest([*own.get(identity, kept), *tightened])
        return {**above, **own} if own else above

    def _refused(self, kind: type[Rule], policy: Policy) -> Finding | None:
        """Why a class is no rule that anybody could tell from others."""
        problem = code_problem(kind)
        if problem is not None:
            return Finding(
                code="MF408",
                summary=f"rule {kind.__name__} of {policy.title} has no code of its own, and is not run",
                place=policy.place,
                got=problem,
                allowed=ALLOWED_CODE,
                fix="give its class a `code` and a `why`",
            )
        if (other := self._kinds.setdefault(kind.code, kind)) is kind:
            return None
        return Finding(
            code="MF409",
            summary=f"two rules have the code {kind.code}, and {kind.__name__} of {policy.title} is not run",
            place=policy.place,
            got=f"{_full_name(other)} and {_full_name(kind)}",
            allowed="a code of its own for each rule",
            fix="give one of them another code",
        )

    def _tighten(self, use: Use, floor: tuple[Use, ...]) -> tuple[tuple[Use, ...], list[Use]]:
        """Uses of the floor that stay beside a lower level's, and those that it makes tighter."""
        if not floor:
            return (), [use]
        kept: list[Use] = []
        tightened: list[Use] = []
        findings: list[Finding] = []
        for one in floor:
            try:
                rule = _completed(use.rule, one.rule)
            except ValidationError as error:
                findings.append(_does_not_fit(use, one, error))
                kept.append(one)
                continue
            if loose := loosened(rule, one.rule):
                findings.append(
                    _finding(
                        use,
                        one,
                        got=", ".join(f"{p.name}={shown(p.got)}" for p in loose),
                        floor_text=", ".join(f"{p.name}={shown(p.floor)}" for p in loose),
                        allowed="; ".join(f"{p.name}: {p.allowed}" for p in loose),
                    )
                )
                kept.append(one)
            else:
                tightened.append(Use(rule, use.policy))
        if not tightened:
            self.findings += findings[:1]
        return tuple(kept), tightened


def _hashable(value: object) -> object:
    """A parameter of the key as a key: a list or mapping of a rule of somebody's own by its text."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def _full_name(kind: type[Rule]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _that_check(uses: _Uses, method: str) -> list[Use]:
    return [use for group in uses.values() for use in group if overrides(type(use.rule), method)]


@cache
def overrides(kind: type[Rule], method: str) -> bool:
    """Whether a rule has a check of that name."""
    return getattr(kind, method) is not getattr(Rule, method)


def _checks(kind: type[Rule], policy: Policy) -> bool:
    methods = {
        "mesh": ("check_mesh", "check_domain", "check_product", "check_grant"),
        "domain": ("check_domain", "check_product", "check_grant"),
        "product": ("check_product",),
    }
    return any(overrides(kind, method) for method in methods[policy.level])


def _completed(rule: Rule, above: Rule) -> Rule:
    """The rule with each parameter that it does not give as it is above."""
    unset = [name for name in type(rule).model_fields if name not in rule.model_fields_set]
    if all(getattr(rule, name) == getattr(above, name) for name in unset):
        return rule
    values = {name: getattr(rule, name) for name in type(rule).model_fields}
    return type(rule)(**{**values, **{name: getattr(above, name) for name in unset}})


def _tightest(uses: list[Use]) -> tuple[Use, ...]:
    """Those uses of one rule that no other one includes; the first of equal ones."""
    kept: list[Use] = []
    for use in uses:
        if all(loosened(one.rule, use.rule) for one in kept):
            kept = [one for one in kept if loosened(use.rule, one.rule)]
            kept.append(use)
    return tuple(kept)


def _finding(use: Use, floor: Use, *, got: str, floor_text: str, allowed: str) -> Finding:
    name = f"{type(use.rule).__name__} ({use.rule.code})"
    return Finding(
        code="MF412",
        summary=f"{use.policy.title} loosens rule {name} of {floor.policy.title}",
        place=use.policy.place,
        got=f"{got}; at {floor.policy.place} it is {floor_text}",
        allowed=allowed,
        fix="ask for as much as the level above or more, or leave the parameter out",
    )


def _does_not_fit(use: Use, floor: Use, error: ValidationError) -> Finding:
    first = error.errors(include_url=False)[0]
    return _finding(
        use,
        floor,
        got=first["msg"][:1].lower() + first["msg"][1:],
        floor_text=", ".join(f"{name}={shown(value)}" for name, value in floor.rule if name != "severity"),
        allowed="parameters that go together with those of the level above",
    )


def _nothing_to_check(rule: Rule, policy: Policy) -> Finding:
    above = "the mesh" if not overrides(type(rule), "check_domain") else "a domain or the mesh"
    return Finding(
        code="MF415",
        summary=f"rule {type(rule).__name__} has nothing to check in {policy.title}",
        place=policy.place,
        got=f"a policy of a {policy.level}",
        allowed=f"a policy of {above}",
        fix=f"move the rule to a policy of {above}",
    )
