# SPDX-License-Identifier: Apache-2.0
"""Evaluating a mesh: which rules run on what, and a rule that fails counts as broken."""

from typing import ClassVar

import pytest
from tests.meshes import compiled, domain, evaluated, group_consumer, mesh, product, table, view

from meshform.governance.evaluate import evaluate
from meshform.governance.rules.domains import SupportPath
from meshform.model.domain import Support
from meshform.model.findings import MeshformError, Severity
from meshform.model.policy import Policy, Rule
from meshform.terraform.compile import compile_mesh


class ShortNames(Rule):
    """A rule as a team may write one."""

    code: ClassVar[str] = "ACME1"
    why: ClassVar[str] = "long names do not fit into the old reports"
    most: int = 5

    def check_product(self, product, mesh):  # noqa: ARG002
        """Names of products are short."""
        if len(product.name) > self.most:
            yield self.finding(
                f"{product.address} has a long name", product.place, got=product.name, fix="shorten it"
            )


class Broken(Rule):
    """A rule that fails after its first finding."""

    code: ClassVar[str] = "ACME2"
    why: ClassVar[str] = "it does not"

    def check_domain(self, domain, mesh):  # noqa: ARG002
        """Yield, then fail."""
        yield self.finding("before", domain.place)
        raise KeyError("no such thing")


class Greedy(Rule):
    """A rule that recurses for ever."""

    code: ClassVar[str] = "ACME3"
    why: ClassVar[str] = "it does not end"

    def check_product(self, product, mesh):
        """Recurse."""
        return self.check_product(product, mesh)


class FewDomains(Rule):
    """A rule about the mesh as a whole."""

    code: ClassVar[str] = "ACME4"
    why: ClassVar[str] = "it is about all of them together"

    def check_mesh(self, mesh):
        """One finding."""
        yield self.finding(f"{len(mesh.domains)} domains", mesh.spec.place)


def test_a_rule_of_the_mesh_is_asked_once():
    """`check_mesh` runs for a policy of the mesh, also when one domain is evaluated alone."""
    spec = mesh(domain("a"), domain("b"), Policy(name="p", rules=(FewDomains(),)))
    assert [f.summary for f in evaluated(spec).findings] == ["2 domains"]
    assert [f.summary for f in evaluate(spec, "local", domain="a").findings] == ["2 domains"]


def test_a_teams_own_rule_runs_with_its_parameters():
    """A subclass of Rule needs a code, a why and a check."""
    spec = mesh(product("s.lengthy"), product("s.short"), Policy(name="p", rules=(ShortNames(),)))
    (finding,) = evaluated(spec).findings
    assert (finding.code, finding.summary, finding.got) == ("ACME1", "s.lengthy has a long name", "lengthy")
    spec = mesh(product("s.lengthy"), Policy(name="p", rules=(ShortNames(most=9),)))
    assert evaluated(spec).findings == ()


def test_a_rule_that_raises_has_failed_under_its_own_name():
    """MF400 is an error and names rule, policy and what was raised; other rules still run (fault 46)."""
    spec = mesh(domain("s", support=Support()), Policy(name="floor", rules=(Broken(), SupportPath())))
    failed, support = evaluated(spec).findings
    assert failed.code == "MF400"
    assert failed.severity is Severity.ERROR
    assert failed.summary == "rule Broken (ACME2) of policy 'floor' failed to run"
    assert failed.got == "KeyError: 'no such thing'"
    assert str(failed.place) == "domains/s.py:1 (mesh/s)"
    assert support.code == "MF402"


def test_a_rule_that_only_warns_and_raises_is_still_an_error():
    """Whoever mends nothing must not pass because the rule was meant to warn."""
    spec = mesh(domain("s"), Policy(name="floor", rules=(Broken(severity=Severity.WARNING),)))
    assert [f.code for f in evaluated(spec).errors] == ["MF400"]


def test_a_rule_without_an_end_has_failed():
    """MF400 for a recursion that does not end."""
    spec = mesh(product("s.p"), Policy(name="floor", rules=(Greedy(),)))
    (finding,) = evaluated(spec).errors
    assert finding.got.startswith("RecursionError: ")


def test_a_policy_of_a_domain_governs_that_domain_only():
    """The same rule breaks in one domain and is not asked in another."""
    spec = mesh(
        domain("a", support=Support()),
        domain("b", support=Support()),
        Policy(name="own", domain="b", rules=(SupportPath(),)),
    )
    assert [f.place.construct_path for f in evaluated(spec).findings] == ["mesh/b"]


def test_a_finding_of_two_policies_is_told_once():
    """The floor and a domain may ask for the same."""
    spec = mesh(
        domain("a", support=Support()),
        Policy(name="floor", rules=(SupportPath(),)),
        Policy(name="own", domain="a", rules=(SupportPath(),)),
    )
    assert len(evaluated(spec).findings) == 1


def test_one_domain_can_be_evaluated_alone():
    """Rules and views of others are not looked at; what concerns the whole mesh is."""
    spec = mesh(
        product("a.a", table("a"), view("v"), views={"v": "SELECT nothing FROM nowhere"}),
        product("b.b", consumers=(group_consumer(group="nobody"),)),
        domain("a", support=Support()),
        Policy(name="floor", rules=(SupportPath(),)),
    )
    alone = evaluate(spec, "local", domain="b")
    assert {f.code for f in alone.findings} == {"MF303"}
    assert alone.domain == "b"
    assert {"MF354", "MF402", "MF303"} <= {f.code for f in evaluate(spec, "local").findings}


def test_a_mesh_with_errors_is_not_compiled():
    """Compiling raises with every finding, warnings too."""
    spec = mesh(
        domain("s", support=Support()),
        domain("t", support=Support()),
        Policy(name="one", domain="s", rules=(SupportPath(),)),
        Policy(name="two", domain="t", rules=(SupportPath(severity=Severity.WARNING),)),
    )
    evaluation = evaluate(spec, "local")
    assert len(evaluation.errors) == 1
    with pytest.raises(MeshformError) as caught:
        compile_mesh(evaluation)
    assert len(caught.value.findings) == 2


def test_warnings_do_not_stop_and_are_kept():
    """A compiled mesh remembers its warnings."""
    spec = mesh(
        domain("s", support=Support()),
        Policy(name="one", rules=(SupportPath(severity=Severity.WARNING),)),
    )
    assert [f.code for f in compiled(spec).warnings] == ["MF402"]
