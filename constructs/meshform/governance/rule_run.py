# SPDX-License-Identifier: Apache-2.0
"""Run the rules of a mesh: each where it stands, one that fails counts as broken."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType

from meshform.governance.levels import Levels, Use
from meshform.governance.waivers import Waivers
from meshform.governance.watchdog import RuleTooLongError, Watchdog
from meshform.model.findings import Finding, Place
from meshform.model.own_grant import OwnGrant
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct


class RuleRun:
    """The rules of one evaluation; within `with`, a rule that does not end is ended."""

    def __init__(self, mesh: ResolvedMesh, waivers: Waivers) -> None:
        self.levels = Levels(mesh)
        self._mesh = mesh
        self._waivers = waivers
        self._watchdog = Watchdog()
        self._ended: set[int] = set()  # rules that did not end, by identity

    def __enter__(self) -> RuleRun:
        self._watchdog.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watchdog.__exit__(kind, error, trace)

    def on_domain(self, domain: ResolvedDomain) -> list[Finding]:
        """Findings of rules about a domain and its products."""
        return [
            finding
            for subject, uses in self.levels.below(domain)
            for use in uses
            for finding in self._found(use, subject)
        ]

    def on_mesh(self) -> list[Finding]:
        """Findings of rules about the mesh as a whole."""
        return [finding for use in self.levels.mesh for finding in self._found(use, None)]

    def on_grants(self, grants: Iterable[OwnGrant], domain: ResolvedDomain | None) -> list[Finding]:
        """Findings of rules about grants of somebody's own in a domain's stack, or in one of the platform."""
        uses, every = self.levels.for_grants(domain.name if domain else None), tuple(grants)
        return [finding for use in uses for finding in self._found(use, domain, every)]

    def _found(
        self,
        use: Use,
        subject: ResolvedDomain | ResolvedProduct | None,
        grants: Iterable[OwnGrant] | None = None,
    ) -> list[Finding]:
        rule, mesh = use.rule, self._mesh
        if self._ended and id(rule) in self._ended:
            return []
        self._watchdog.begin()
        try:
            if grants is not None:
                found = [finding for grant in grants for finding in rule.check_grant(grant, mesh)]
            elif subject is None:
                found = list(rule.check_mesh(mesh))
            elif isinstance(subject, ResolvedDomain):
                found = list(rule.check_domain(subject, mesh))
            else:
                found = list(rule.check_product(subject, mesh))
            self._watchdog.end()
        except (Exception, RuleTooLongError) as error:  # noqa: BLE001 - it has failed, whatever it raised
            self._watchdog.end()
            if isinstance(error, RuleTooLongError):
                self._ended.add(id(rule))
            self._waivers.failed(rule)
            return [_failed(use, (subject or use.policy).place, error)]
        return list(self._waivers.applied(rule, subject, found)) if found else found


def _failed(use: Use, place: Place, error: BaseException) -> Finding:
    rule = use.rule
    return Finding(
        code="MF400",
        summary=f"rule {type(rule).__name__} ({rule.code}) of policy {use.policy.name!r} failed to run",
        place=place,
        got=f"{type(error).__name__}: {error}",
        fix="mend the rule; until then it counts as broken",
    )
