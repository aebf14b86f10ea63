# SPDX-License-Identifier: Apache-2.0
"""Waivers at work: which finding of a rule is waived, and what is wrong with the waivers themselves.

Only what a rule finds can be waived. A waiver that the council did not approve, or whose day has passed,
waives nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshform.governance.waiver_scope import Scope, nearest_address
from meshform.governance.waiver_use import WaiverUse, refusals, waiver_finding
from meshform.model.findings import Finding, Place, Severity
from meshform.model.near import did_you_mean, one_of
from meshform.model.policy import Policy, Rule
from meshform.model.printable import printable
from meshform.model.resolved import ResolvedDomain, ResolvedMesh, ResolvedProduct
from meshform.model.secrets import redact
from meshform.model.waiver import OF_CHANGES, Waiver

_Subject = ResolvedDomain | ResolvedProduct | None  # None for the mesh


class Waivers:
    """The waivers of a mesh while it is evaluated."""

    def __init__(self, mesh: ResolvedMesh) -> None:
        self._mesh = mesh
        rules = [rule for policy in mesh.spec.policies for rule in policy.rules]
        self._rules = {rule.code: type(rule).__name__ for rule in rules}
        uses = [self._use(waiver, policy) for policy in mesh.spec.policies for waiver in policy.waivers]
        self.uses = tuple(uses)
        self._by_rule: dict[str, list[WaiverUse]] = {}
        # where several cover a finding, the one of the narrowest scope and the latest day speaks for it
        for use in sorted(uses, key=lambda one: (-len(one.scope.text), -one.waiver.expires.toordinal())):
            self._by_rule.setdefault(use.waiver.rule, []).append(use)
        self._addresses: dict[str, dict[Place, str]] = {}

    def applied(self, rule: Rule, subject: _Subject, found: Iterable[Finding]) -> Iterator[Finding]:
        """What a rule found, with what is waived as advice."""
        uses = self._of(rule)
        if not uses:
            yield from found
            return
        for finding in found:
            yield _applied(uses, finding, self._address(finding, subject))

    def applied_to_changes(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """What `meshform diff` found, what is waived as advice; and why a waiver of it waives nothing."""
        told: dict[Finding, None] = {}
        for finding in found:
            uses = self._by_rule.get(finding.code, []) if finding.code in OF_CHANGES else []
            yield _applied(uses, finding, finding.about or "")
            told |= {one: None for use in uses if finding in use.found for one in use.refusals}
        yield from told

    def failed(self, rule: Rule) -> None:
        """Remember that a rule failed to run: whether its waivers are needed is not known."""
        for use in self._of(rule):
            use.is_blind = True

    def findings(self, domain: str | None, told: Iterable[Finding]) -> Iterator[Finding]:
        """What is wrong with the waivers: MF461 to MF469.

        Args:
            domain: look only at waivers that reach this domain. Default: at all.
            told: what else was found.
        """
        most = self._mesh.spec.waiver_max_findings
        unchecked = False
        for use in self.uses:
            if domain is not None and not use.scope.reaches(domain):
                continue
            yield from use.refusals
            yield from self._unknown_rule(use, told)
            if use.refusals or not self._knows(use.waiver.rule):
                continue
            unchecked = unchecked or use.days_left is None
            if not use.found and not use.is_blind and (domain is None or use.scope.is_within(domain)):
                yield waiver_finding(
                    use,
                    "MF466",
                    "is not needed",
                    got=f"nothing in its scope breaks {self._rule_words(use.waiver.rule)}",
                    fix=nearest_address(use.scope, self._mesh) or "remove it",
                    severity=Severity.WARNING,
                )
            if use.scope.is_everything or len(use.found) > most:
                yield waiver_finding(
                    use,
                    "MF467",
                    "is too wide",
                    got=f"it covers {'the whole mesh' if use.scope.is_everything else 'much'}: "
                    f"{len(use.found):,} finding{'' if len(use.found) == 1 else 's'} now",
                    allowed=f"a scope of at most {most:,} findings, and not the whole mesh",
                    fix="name the domain, product, table or column that it is for",
                    severity=Severity.WARNING,
                )
        if unchecked:
            yield self._no_day()

    def _use(self, waiver: Waiver, policy: Policy) -> WaiverUse:
        today = self._mesh.spec.today
        use = WaiverUse(
            waiver,
            policy,
            Scope.read(waiver.scope, self._mesh.spec),
            waiver.place if waiver.place.file else policy.place,
            (waiver.expires - today).days if today else None,
        )
        use.refusals = tuple(refusals(use, self._mesh.spec))
        use.is_blind = waiver.rule in OF_CHANGES  # only `meshform diff` knows whether it is needed
        return use

    def _unknown_rule(self, use: WaiverUse, told: Iterable[Finding]) -> Iterator[Finding]:
        rule = use.waiver.rule
        if self._knows(rule):
            return
        structural = any(finding.code == rule for finding in told)
        known = [*self._rules, *self._rules.values()]
        yield waiver_finding(
            use,
            "MF465",
            f"is for what no rule finds: {rule} cannot be waived"
            if structural
            else "is for no rule of the mesh's policies",
            got=printable(redact(rule)),
            allowed=one_of(f"{code} {name}" for code, name in self._rules.items()) or "there is no rule",
            fix="mend what was found" if structural else did_you_mean(rule, known) or "remove it",
        )

    def _no_day(self) -> Finding:
        environment = self._mesh.environment
        return Finding(
            code="MF468",
            summary="nobody knows whether waivers have expired: the mesh is evaluated without a day",
            place=self._mesh.spec.place,
            allowed="the day by UTC; production must know it",
            fix="set MESHFORM_TODAY=YYYY-MM-DD, or give the mesh `today`",
            severity=Severity.ERROR if environment.production else Severity.WARNING,
        )

    def _of(self, rule: Rule) -> list[WaiverUse]:
        by_rule = self._by_rule
        if not by_rule:
            return []
        return [*by_rule.get(rule.code, ()), *by_rule.get(type(rule).__name__, ())]

    def _knows(self, rule: str) -> bool:
        return rule in self._rules or rule in self._rules.values() or rule in OF_CHANGES

    def _rule_words(self, rule: str) -> str:
        return f"{rule} ({self._rules[rule]})" if rule in self._rules else rule

    def _address(self, finding: Finding, subject: _Subject) -> str:
        """What a finding is about: what it says itself, else what stands at its place, else the subject."""
        if finding.about is not None:
            return finding.about
        if subject is None:
            return ".".join((finding.place.construct_path or "").split("/")[1:])
        if isinstance(subject, ResolvedDomain):
            return subject.name
        if subject.address not in self._addresses:
            self._addresses[subject.address] = _places(subject)
        return self._addresses[subject.address].get(finding.place, subject.address)


def _applied(uses: Iterable[WaiverUse], finding: Finding, address: str) -> Finding:
    waived: WaiverUse | None = None
    for use in uses:
        if use.scope.covers(address):
            use.found.add(finding)
            waived = waived or (None if use.refusals else use)
    if waived is None:
        return finding
    return finding.model_copy(update={"severity": Severity.ADVICE, "waived": waived.words})


def _places(product: ResolvedProduct) -> dict[Place, str]:
    """Addresses of a product's tables and columns by their places; a place of several is the product's."""
    addresses: dict[Place, str] = {}
    for table in product.tables:
        name = f"{product.address}.{table.name}"
        columns = ((column.place, f"{name}.{column.name}") for column in table.spec.columns)
        for place, address in ((table.place, name), *columns):
            if addresses.setdefault(place, address) != address:
                addresses[place] = product.address
    return addresses
