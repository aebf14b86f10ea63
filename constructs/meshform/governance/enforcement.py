# SPDX-License-Identifier: Apache-2.0
"""What findings of rules weigh in one environment: never less than the policies say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshform.governance.tightness import heavier
from meshform.model.findings import Finding
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedMesh


def enforced(findings: Iterable[Finding], mesh: ResolvedMesh) -> Iterator[Finding]:
    """The findings; where the environment is stricter about a rule, with the weight that it gives them."""
    stricter = mesh.environment.stricter
    for finding in findings:
        severity = stricter.get(finding.code) if stricter else None
        if severity is not None and finding.waived is None and heavier(severity, finding.severity):
            yield finding.model_copy(update={"severity": severity})
        else:
            yield finding


def enforcement_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """MF413 an environment that is laxer than the policies; MF414 a code that no rule of the mesh has."""
    rules = [(rule, policy) for policy in mesh.spec.policies for rule in policy.rules]
    floor = {rule.code for rule, policy in rules if policy.level == "mesh"}
    weights = [  # what gives no severity below the mesh has that of the mesh
        (rule, policy)
        for rule, policy in rules
        if policy.level == "mesh" or "severity" in rule.model_fields_set or rule.code not in floor
    ]
    codes = {rule.code for rule, _ in rules}
    for environment in mesh.spec.environments:
        for code, severity in environment.stricter.items():
            if code not in codes:
                yield Finding(
                    code="MF414",
                    summary=f"environment {environment.name!r} is strict about a rule that no policy has",
                    place=mesh.spec.place,
                    got=code,
                    allowed=one_of(codes) or "the mesh has no rules",
                    fix=did_you_mean(code, codes) or "add the rule to a policy, or leave the code out",
                )
            for rule, policy in weights:
                if rule.code == code and heavier(rule.severity, severity):
                    yield Finding(
                        code="MF413",
                        summary=f"environment {environment.name!r} is laxer than {policy.title} about"
                        f" {type(rule).__name__} ({code})",
                        place=mesh.spec.place,
                        got=f"{severity}; at {policy.place} it is {rule.severity}",
                        allowed=f"{rule.severity} or more",
                        fix="leave the code out, or lower the severity in the policy",
                    )
