# SPDX-License-Identifier: Apache-2.0
"""A waiver in one evaluation: whether it waives anything, and what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from meshform.governance.waiver_scope import Scope
from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, Place, Severity
from meshform.model.near import did_you_mean, one_of
from meshform.model.policy import Policy
from meshform.model.principals import Group
from meshform.model.printable import printable
from meshform.model.secrets import redact
from meshform.model.waiver import Waiver


@dataclass(slots=True)
class WaiverUse:
    """A waiver in one evaluation.

    Attributes:
        waiver, policy: the waiver, and the policy that brings it.
        scope: what it covers.
        place: where it stands.
        days_left: days until its last day, 0 on that day; None when the day is not known.
        refusals: why it waives nothing; none for a good one.
        found: what it covers of what its rule found.
        is_blind: True when its rule failed to run somewhere, so that nobody knows whether it is needed.
    """

    waiver: Waiver
    policy: Policy
    scope: Scope
    place: Place
    days_left: int | None
    refusals: tuple[Finding, ...] = ()
    found: set[Finding] = field(default_factory=set)
    is_blind: bool = False

    @property
    def state(self) -> str:
        """`active`, `expired`, `refused`, or `unchecked` when nobody knows the day."""
        if self.refusals:
            return "expired" if all(one.code == "MF463" for one in self.refusals) else "refused"
        return "unchecked" if self.days_left is None else "active"

    @property
    def left(self) -> str:
        """The days left, for people."""
        if self.days_left is None:
            return "days left unknown"
        if self.days_left < 0:
            return f"ended {_days(-self.days_left)} ago"
        return f"{_days(self.days_left)} left" if self.days_left else "today is its last day"

    @property
    def words(self) -> str:
        """What a waived finding says of it."""
        waiver = self.waiver
        text = (
            f"until {waiver.expires} ({self.left}), {redact(waiver.ticket)}, approved by {waiver.approver}:"
            f" {redact(waiver.reason)}"
        )
        return printable(text)


def refusals(use: WaiverUse, mesh: MeshSpec) -> Iterator[Finding]:
    """Why a waiver waives nothing: MF461 to MF464, and MF469."""
    yield from _approval(use, mesh)
    waiver, today, most = use.waiver, mesh.today, mesh.waiver_max_days
    if today and waiver.expires < today:
        yield waiver_finding(
            use,
            "MF463",
            "has expired, and waives nothing",
            got=f"its last day was {waiver.expires}, today is {today}",
            fix="mend what it was for and remove it, or let the council approve a later day",
        )
    elif today and (waiver.expires - today).days > most:
        yield waiver_finding(
            use,
            "MF464",
            "is for too long, and waives nothing",
            got=f"until {waiver.expires}, {use.left}",
            allowed=f"at most {_days(most)} from {today}",
            fix="agree on an earlier day; what must stay so for ever is a change of the rule",
        )
    if (address := use.policy.address) and not use.scope.is_within(address):
        yield waiver_finding(
            use,
            "MF469",
            "is for more than its policy governs, and waives nothing",
            got=printable(redact(waiver.scope)),
            allowed=f"what is in {use.policy.level} {address!r}",
            fix="give it to a policy of the mesh, or correct its scope",
        )


def _approval(use: WaiverUse, mesh: MeshSpec) -> Iterator[Finding]:
    """The approver is the council or a member of it (MF461), and not who gains by the waiver (MF462)."""
    approver = use.waiver.approver
    council = mesh.governance_council
    members = mesh.principals.with_members([council]) if council else set()
    if council is None or not isinstance(mesh.principals.find(council), Group):
        yield waiver_finding(
            use,
            "MF461",
            "is approved by no council: the mesh names none",
            got=approver if council is None else f"{council!r}, which is no group",
            allowed="a group of the mesh's registry as `governance_council` of the Mesh",
            fix='give the Mesh `governance_council="..."`',
        )
    elif approver not in members:
        yield waiver_finding(
            use,
            "MF461",
            "is not approved by the council, and waives nothing",
            got=approver,
            allowed=one_of(members),
            fix=(None if mesh.principals.find(approver) else did_you_mean(approver, members))
            or f"let {council!r} approve it",
        )
    gaining = [
        one
        for one in mesh.domains
        if use.scope.reaches(one.name) and approver in mesh.principals.with_members([one.owner])
    ]
    if gaining:
        yield waiver_finding(
            use,
            "MF462",
            "is approved by who gains by it, and waives nothing",
            got=f"{approver!r} owns domain {gaining[0].name!r}"
            if approver == gaining[0].owner
            else f"{approver!r} is in {gaining[0].owner!r}, which owns domain {gaining[0].name!r}",
            allowed="somebody of the council who does not own what the waiver is for",
            fix="let somebody else of the council approve it",
        )


def waiver_finding(
    use: WaiverUse,
    code: str,
    what: str,
    *,
    got: str | None = None,
    allowed: str | None = None,
    fix: str | None = None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    """A finding about a waiver."""
    return Finding(
        code=code,
        summary=f"{use.waiver.title} {what}",
        place=use.place,
        got=got,
        allowed=allowed,
        fix=fix,
        severity=severity,
    )


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"
