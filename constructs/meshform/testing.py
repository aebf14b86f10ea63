# SPDX-License-Identifier: Apache-2.0
"""Test rules of your own, on a mesh that a test declares.

    def test_names_are_short():
        mesh = new_mesh()
        sales = Domain(mesh, "sales", owner="owners")
        DataProduct(sales, "a_very_long_name", contract=Contract(id="c", version="1.0.0"))
        (finding,) = findings_of(short_names(most=10), mesh)
        assert finding.got == "a_very_long_name"

It needs no Node, as long as the declarations ask a construct nothing of its tree.
"""

from __future__ import annotations

from typing import Any

from meshform.bridge import RootConstruct
from meshform.governance.evaluate import evaluate
from meshform.mesh import Mesh
from meshform.model.domain import Platform
from meshform.model.environment import Environment
from meshform.model.findings import Finding, MeshformError, Severity
from meshform.model.policy import Policy
from meshform.model.principals import Group, ServicePrincipal
from meshform.model.rule import Rule

__all__ = ["findings_of", "new_mesh"]

_TOLD = frozenset({"MF400", "MF408"})  # it failed to run; it has no code


def new_mesh(**arguments: Any) -> Mesh:
    """A mesh without domains, for one test.

    It has the environments `local` and `prod`, the groups `owners` (which owns the platform) and `readers`,
    and the service principals `deployer` and `runner`.

    Args:
        arguments: arguments of Mesh in place of these.
    """
    principals = {name: f"{name}-id" for name in ("deployer", "runner")}
    given: dict[str, Any] = {
        "environments": [
            Environment.local(deployer="deployer"),
            Environment(name="prod", deployer="deployer", production=True),
        ],
        "platform": Platform(owner="owners"),
        "groups": [Group(name="owners", members=("deployer",)), Group(name="readers")],
        "service_principals": [
            ServicePrincipal(name=name, application_ids={"prod": one}) for name, one in principals.items()
        ],
    }
    return Mesh(RootConstruct(), "mesh", **{**given, **arguments})


def findings_of(rule: Rule, mesh: Mesh, *, environment: str = "local") -> list[Finding]:
    """What one rule finds in a mesh, as a rule of the mesh; other rules and all waivers are left out.

    A rule that fails to run has a finding too, MF400.

    Raises:
        MeshformError: what else is wrong with the mesh, since a rule that looks at half a mesh proves
            nothing; MF301 when it has no such environment.
    """
    spec = mesh.spec
    others = (one.model_copy(update={"rules": (), "waivers": ()}) for one in spec.policies)
    policies = (*others, Policy(name="test", rules=(rule,), place=mesh.place))
    found = evaluate(spec.model_copy(update={"policies": policies}), environment).findings
    codes = {rule.code, *_TOLD}
    if other := [one for one in found if one.severity is Severity.ERROR and one.code not in codes]:
        raise MeshformError(other)
    return [finding for finding in found if finding.code in codes]
