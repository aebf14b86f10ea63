# SPDX-License-Identifier: Apache-2.0
"""Evaluate a mesh: resolve it in one environment, check its views, run every rule on what it governs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from meshform.governance.access.coverage import coverage_findings
from meshform.governance.consumer_rows import row_findings
from meshform.governance.contracts import contract_findings
from meshform.governance.enforcement import enforced, enforcement_findings
from meshform.governance.expressions import expectation_findings, policy_findings, port_function_findings
from meshform.governance.levels import overrides
from meshform.governance.objectives import objectives
from meshform.governance.protections import governed_findings
from meshform.governance.quality_checks import quality_checks
from meshform.governance.retention import expiries
from meshform.governance.rule_run import RuleRun
from meshform.governance.shares import share_owner_findings
from meshform.governance.texts import text_findings
from meshform.governance.views import ResolvedView, circle_findings, resolve_views
from meshform.governance.waiver_use import WaiverUse
from meshform.governance.waivers import Waivers
from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, Severity
from meshform.model.own_grant import OwnGrant
from meshform.model.resolve import environment_of, resolve
from meshform.model.resolved import ResolvedDomain, ResolvedMesh


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A mesh in one environment, and all that was found; with an error among the findings, do not compile it.

    Attributes:
        mesh: the mesh in that environment.
        findings: each once, in the order in which they were found.
        views: SQL, sources and columns of the views of the domains that were evaluated, by full name.
        domain: the only domain that was evaluated; None for all.
        waivers: every waiver, and what it does.
    """

    mesh: ResolvedMesh
    findings: tuple[Finding, ...]
    views: Mapping[str, ResolvedView]
    domain: str | None = None
    waivers: tuple[WaiverUse, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop synthesis."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def evaluate(spec: MeshSpec, environment: str, *, domain: str | None = None) -> Evaluation:
    """Resolve and govern a mesh in an environment.

    Args:
        spec: the mesh as declared.
        environment: name of one of its environments.
        domain: evaluate rules and views of this domain only. What concerns the mesh as a whole (names,
            references, principals, circles) is always checked. Default: every domain.

    Raises:
        MeshformError: MF301 for an unknown environment.
    """
    mesh, findings = resolve(spec, environment_of(spec, environment))
    views: dict[str, ResolvedView] = {}
    waivers = Waivers(mesh)
    with RuleRun(mesh, waivers) as rules:
        for one in mesh.domains.values():
            if domain in (None, one.name):
                for product in one.products:
                    resolved, found = resolve_views(product, mesh)
                    views |= resolved
                    findings += found
                    findings += contract_findings(product.spec)
                    findings += expectation_findings(product.spec)
                    findings += row_findings(product, mesh)
                    findings += share_owner_findings(product, mesh)
                    findings += port_function_findings(product.spec)
                    findings += quality_checks(product, mesh)[1]
                    findings += objectives(product)[1]
                    findings += expiries(product, mesh)[1]
                findings += rules.on_domain(one)
        findings += rules.on_mesh()
    findings = [*enforced(findings, mesh), *rules.levels.findings, *enforcement_findings(mesh)]
    findings += circle_findings(views, mesh)
    findings += governed_findings(mesh)
    findings += coverage_findings(mesh, views, domain)
    findings += chain.from_iterable(policy_findings(policy) for policy in spec.policies)
    findings += text_findings(spec, domain)
    for policy in spec.policies:
        for rule in policy.rules:
            if overrides(type(rule), "check_grant"):
                waivers.failed(rule)  # what it finds is known when the stacks are written
    findings += waivers.findings(domain, tuple(findings))
    return Evaluation(mesh, tuple(dict.fromkeys(findings)), views, domain, waivers.uses)


def grant_findings(
    grants: Iterable[OwnGrant], domain: ResolvedDomain | None, mesh: ResolvedMesh
) -> Iterator[Finding]:
    """What the rules find in grants of somebody's own, waivers and the environment's weights applied.

    Args:
        grants: the grants of one stack.
        domain: the domain whose stack it is; None for one of the platform.
        mesh: the mesh.
    """
    with RuleRun(mesh, Waivers(mesh)) as rules:
        return enforced(rules.on_grants(grants, domain), mesh)
