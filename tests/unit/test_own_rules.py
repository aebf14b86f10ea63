# SPDX-License-Identifier: Apache-2.0
"""Rules of a team's own, made by the decorator: what they may be, and what they tell."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, ClassVar

import pytest
from tests.meshes import at, column, contract, domain, evaluated, found, mesh, product, table

from meshform import DataProduct, Domain, MeshformError, Rule, rule
from meshform.governance import watchdog
from meshform.governance.rules.naming import NamesMatch
from meshform.model.contract import Contract
from meshform.model.findings import Finding, Severity
from meshform.model.policy import Policy
from meshform.testing import findings_of, new_mesh

if TYPE_CHECKING:  # as in a team's own code: not known at run time
    from meshform import ResolvedDomain, ResolvedMesh, ResolvedProduct

HERE = "tests/unit/test_own_rules.py"


@rule(code="ACME1", why="long names do not fit into the old reports", tighter={"most": "lower"})
def short_names(product: ResolvedProduct, *, most: int = 5):
    """Names of products are short."""
    if len(product.name) > most:
        yield f"{product.address} has a name of more than {most} characters"


@rule(code="ACME2", why="each domain has a page in the handbook", severity="warning")
def page_in_handbook(domain: ResolvedDomain, *, host: str):
    """A domain's description links the handbook."""
    if host not in domain.spec.description:
        yield Finding(
            code="ACME2",
            summary=f"domain {domain.name!r} has no page",
            got=domain.spec.description,
            allowed=f"a link to {host}",
            fix="write one",
        )


@rule(code="ACME3", why="more domains than teams are nobody's")
def few_domains(mesh: ResolvedMesh, *, most: int = 1):
    """There are few domains."""
    return f"{len(mesh.domains)} domains" if len(mesh.domains) > most else None


def policy(*rules: Rule, of: str | None = None, name: str = "own") -> Policy:
    """A policy with rules."""
    return Policy(name=name, domain=of, rules=rules, place=at(3))


def test_a_text_is_told_at_the_place_of_the_product():
    """It has the rule's code and severity."""
    spec = mesh(product("s.lengthy"), product("s.short"), policy(short_names()))
    (finding,) = evaluated(spec).findings
    assert (finding.code, finding.severity) == ("ACME1", Severity.ERROR)
    assert finding.summary == "s.lengthy has a name of more than 5 characters"
    assert finding.place.construct_path == "mesh/s/lengthy"
    assert evaluated(mesh(product("s.lengthy"), policy(short_names(most=9)))).findings == ()


def test_a_finding_keeps_what_it_says_and_gets_what_it_does_not():
    """The place of the domain, and the severity of the rule or of the policy."""
    spec = mesh(domain("s", description="none"), policy(page_in_handbook(host="wiki.example.com")))
    (finding,) = evaluated(spec).findings
    assert finding.severity is Severity.WARNING
    assert finding.place.construct_path == "mesh/s"
    assert (finding.got, finding.allowed) == ("none", "a link to wiki.example.com")
    spec = mesh(domain("s"), policy(page_in_handbook(host="x", severity=Severity.ERROR)))
    assert [f.severity for f in evaluated(spec).findings] == [Severity.ERROR]


def test_a_rule_of_the_mesh_may_return_one_text():
    """A text is one finding, not one for each letter."""
    spec = mesh(domain("a"), domain("b"), policy(few_domains()))
    assert [f.summary for f in evaluated(spec).findings] == ["2 domains"]
    assert evaluated(mesh(domain("a"), policy(few_domains()))).findings == ()


def test_parameters_are_checked():
    """A wrong type and an unknown name are refused as those of built-in rules."""
    with pytest.raises(ValueError, match="most"):
        short_names(most="many")
    with pytest.raises(ValueError, match="least"):
        short_names(least=1)
    with pytest.raises(ValueError, match="host"):
        page_in_handbook()


def test_a_rule_is_a_rule_with_its_name_and_words():
    """`meshform rules` shows it as any other."""
    assert issubclass(short_names, Rule)
    assert (short_names.__name__, short_names.code) == ("short_names", "ACME1")
    assert short_names.__doc__ == "Names of products are short."
    assert short_names.__module__ == __name__


def test_levels_hold_for_own_rules():
    """A domain tightens by the direction that the decorator names."""
    spec = mesh(product("s.lengthy"), policy(short_names(most=9)), policy(short_names(most=4), of="s"))
    assert [f.code for f in evaluated(spec).findings] == ["ACME1"]
    spec = mesh(product("s.lengthy"), policy(short_names(most=4)), policy(short_names(most=9), of="s"))
    assert [f.code for f in evaluated(spec).findings] == ["ACME1", "MF412"]


@pytest.mark.parametrize(
    "code", ["MF999", "MFX", "acme1", "A", "ACME 1", "ACME1\n", "", "A" * 33, "ÄCME1", "ACME.1"]
)
def test_a_code_is_not_meshforms_and_easy_to_search(code):
    """MF408 at the place of the function."""
    with pytest.raises(MeshformError) as caught:

        @rule(code=code, why="it is told")
        def own(mesh: ResolvedMesh):  # noqa: ARG001
            yield "x"

    (finding,) = caught.value.findings
    assert finding.code == "MF408"
    assert finding.summary == "rule own needs a code of its own and a `why`"
    assert finding.place.file.endswith(HERE)
    assert finding.place.line > 100
    assert "not MF" in finding.allowed


def _nothing(): ...
def _both(domain, product): ...
def _only(mesh, /): ...
def _positional(product, mesh, most: int = 1): ...
def _untyped(mesh, *, most=1): ...
def _unknown(mesh, *, most: Nowhere = 1): ...  # noqa: F821
def _no_type(mesh, *, most: object() = 1): ...
def _taken(mesh, *, severity: str = "error"): ...
def _hidden(mesh, *, _most: int = 1): ...
def _method(mesh, *, finding: int = 1): ...
def _rest(mesh, **more): ...


@pytest.mark.parametrize(
    ("function", "got"),
    [
        (_nothing, "()"),
        (_both, "(domain, product)"),
        (_only, "(mesh, /)"),
        (_positional, "(product, mesh, most)"),
        (_untyped, "most"),
        (_unknown, "most: Nowhere (name 'Nowhere' is not defined)"),
        (_no_type, None),
        (_taken, "severity"),
        (_hidden, "_most"),
        (_method, "finding"),
        (_rest, "(mesh, **more)"),
    ],
)
def test_a_function_that_is_no_rule_is_refused(function, got):
    """MF408 says what is wrong, at the function's line."""
    with pytest.raises(MeshformError) as caught:
        rule(code="ACME9", why="it is told")(function)
    (finding,) = caught.value.findings
    assert finding.code == "MF408"
    assert got is None or finding.got == got
    assert finding.place.line == inspect.getsourcelines(function)[1]


@pytest.mark.parametrize(
    ("options", "got"),
    [
        ({"key": ("kind",)}, "kind"),
        ({"tighter": {"least": "higher"}}, "least"),
        ({"severity": "fatal"}, "fatal"),
        ({"why": " "}, "it has no `code` or no `why`"),
    ],
)
def test_a_decorator_that_is_wrong_is_refused(options, got):
    """MF408 for names of no parameter, no severity, no sentence."""
    with pytest.raises(MeshformError) as caught:

        @rule(**{"code": "ACME9", "why": "it is told", **options})
        def own(mesh: ResolvedMesh, *, most: int = 1):  # noqa: ARG001
            yield f"{most}"

    assert [(f.code, f.got) for f in caught.value.findings] == [("MF408", got)]


@rule(code="ACME4", why="it fails")
def broken(product: ResolvedProduct):  # noqa: ARG001
    """Never runs to its end."""
    yield "before"
    raise KeyError("no such thing")


@rule(code="ACME5", why="it gives what is no finding")
def odd(product: ResolvedProduct):  # noqa: ARG001
    """Gives a number."""
    yield 5


@rule(code="ACME6", why="it has another's code")
def masked(product: ResolvedProduct):  # noqa: ARG001
    """Gives a finding of somebody else."""
    yield Finding(code="MF403", summary="not mine")


@pytest.mark.parametrize(
    ("made", "got"),
    [
        (broken, "KeyError: 'no such thing'"),
        (odd, "TypeError: the rule gave 5, not a text or a Finding of the code ACME5"),
        (masked, "TypeError: the rule gave Finding(code='MF403'"),
    ],
)
def test_a_rule_that_raises_has_failed_under_its_own_name(made, got):
    """MF400 names the function, its code and its policy."""
    (finding,) = evaluated(mesh(product("s.p"), policy(made()))).findings
    assert finding.code == "MF400"
    assert finding.summary == f"rule {made.__name__} ({made.code}) of policy 'own' failed to run"
    assert finding.got.startswith(got)


class NoCode(Rule):
    """A class without a code."""

    def check_mesh(self, mesh):  # noqa: ARG002
        """Never asked."""
        raise AssertionError


class Borrowed(NoCode):
    """A class with a code of Meshform's."""

    code: ClassVar[str] = "MF403"
    why: ClassVar[str] = "it would be taken for ColumnsDescribed"


class Twin(Rule):
    """A class with the code of another."""

    code: ClassVar[str] = "ACME3"
    why: ClassVar[str] = "it would be taken for few_domains"

    def check_mesh(self, mesh):  # noqa: ARG002
        """Never asked."""
        raise AssertionError


def test_a_class_without_a_code_of_its_own_is_not_run():
    """MF408 says so, at the policy."""
    spec = mesh(domain("s"), policy(NoCode(), Borrowed()))
    findings = evaluated(spec).findings
    assert [(f.code, f.got, f.place) for f in findings] == [
        ("MF408", "it has no `code` or no `why`", at(3)),
        ("MF408", "'MF403' is no code of your own", at(3)),
    ]


@rule(
    code="ACME10",
    why="parameters of any type are compared",
    key=("names",),
    tighter={"limit": "higher"},
)
def any_types(product, *, names: list[str], limit: int | str = 1):  # noqa: ARG001
    """What has a list for its key."""
    return f"{names} {limit}"


def test_a_key_may_be_a_list():
    """It tells uses apart as any key does: the domain's second one is beside the mesh's."""
    above, own = policy(any_types(names=["a"])), any_types(names=["b"])
    spec = mesh(product("a.p"), above, policy(any_types(names=["a"], limit=2), own, of="a"))
    assert [f.summary for f in evaluated(spec).findings] == ["['a'] 2", "['b'] 1"]


def test_a_number_is_not_compared_with_a_text():
    """Neither use is tighter, so both run."""
    two = policy(any_types(names=["a"]), any_types(names=["a"], limit="x"))
    assert [f.summary for f in evaluated(mesh(product("a.p"), two)).findings] == ["['a'] 1", "['a'] x"]


def test_only_a_function_is_a_rule():
    """MF408 for a class or an object that can be called."""
    for other in (Twin, 5, print):
        with pytest.raises(MeshformError, match="is no function"):
            rule(code="ACME9", why="it is told")(other)


def test_two_rules_of_one_code_are_refused():
    """MF409 names both; a waiver or an environment could not tell them apart."""
    (finding,) = evaluated(mesh(domain("s"), policy(few_domains(), Twin()))).findings
    assert finding.code == "MF409"
    assert finding.got == f"{__name__}.few_domains and {__name__}.Twin"


CATASTROPHE = "(a+)+$"


@pytest.fixture
def _impatient(monkeypatch):
    monkeypatch.setattr(watchdog, "SECONDS", 0.2)


@pytest.mark.usefixtures("_impatient")
def test_a_pattern_that_backtracks_for_ever_fails_and_does_not_hang():
    """MF400 once under the rule's name, also with a thousand names; other rules still run (fault 46)."""
    long = "a" * 60 + "b"
    tables = [table(f"t{i}", column(long, description=None)) for i in range(1000)]
    names = NamesMatch(kind="column", pattern=CATASTROPHE)
    spec = mesh(
        product("s.p", contract=contract(*tables)),
        product("s.q", contract=contract(*(table(f"u{i}", column(long)) for i in range(9)))),
        policy(names, short_names(most=0)),
    )
    start = time.process_time()
    findings = evaluated(spec).findings
    assert time.process_time() - start < 5
    (failed,) = [f for f in findings if f.code == "MF400"]
    assert failed.severity is Severity.ERROR
    assert failed.summary == "rule NamesMatch (MF405) of policy 'own' failed to run"
    assert failed.got.startswith("RuleTooLongError: not ended after 0.2 seconds")
    assert [f.summary for f in findings if f.code == "ACME1"] != []


@rule(code="ACME7", why="it does not end")
def endless(product: ResolvedProduct):  # noqa: ARG001
    """Swallows whatever is raised in it."""
    while True:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001, S112
            continue


@pytest.mark.usefixtures("_impatient")
def test_a_rule_without_an_end_fails():
    """MF400 for a loop, even one that catches exceptions."""
    (finding,) = evaluated(mesh(product("s.p"), product("s.q"), policy(endless()))).findings
    assert (finding.code, finding.place.construct_path) == ("MF400", "mesh/s/p")


@pytest.mark.usefixtures("_impatient")
def test_many_quick_calls_are_not_one_long_one():
    """A rule may take its time for each product."""

    @rule(code="ACME8", why="it is slow")
    def slow(product: ResolvedProduct):  # noqa: ARG001
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass
        return ()

    assert evaluated(mesh(*(product(f"s.p{i}") for i in range(12)), policy(slow()))).findings == ()


def test_an_evaluation_in_another_thread_is_not_watched_but_runs():
    """Signals are for the main thread."""
    results: list = []
    spec = mesh(product("s.lengthy"), policy(short_names()))
    thread = threading.Thread(target=lambda: results.extend(found(spec, "ACME1")))
    thread.start()
    thread.join()
    assert len(results) == 1


@pytest.mark.parametrize("pattern", ["(", "a{99999999999999999999}", "(" * 5000 + ")" * 5000])
def test_a_pattern_that_cannot_be_compiled_is_refused(pattern):
    """Not only what is no regular expression: also what is too large or too deep."""
    with pytest.raises(ValueError, match="not a regular expression"):
        NamesMatch(kind="table", pattern=pattern)


def test_the_helper_tells_what_a_rule_finds():
    """On a mesh made of constructs."""
    declared = new_mesh()
    sales = Domain(declared, "sales", owner="owners")
    DataProduct(sales, "lengthy", contract=Contract(id="c", version="1.0.0"))
    (finding,) = findings_of(short_names(), declared)
    assert finding.summary == "sales.lengthy has a name of more than 5 characters"
    assert finding.place.file.endswith(HERE)
    assert findings_of(short_names(most=9), declared, environment="prod") == []


def test_the_helper_tells_that_a_rule_failed():
    """A test of a broken rule does not pass for want of findings."""
    declared = new_mesh()
    DataProduct(Domain(declared, "sales", owner="owners"), "p", contract=Contract(id="c", version="1.0.0"))
    assert [f.code for f in findings_of(broken(), declared)] == ["MF400"]


def test_the_helper_refuses_a_mesh_that_is_wrong():
    """A rule that looks at half a mesh proves nothing."""
    declared = new_mesh()
    Domain(declared, "sales", owner="ownrs")
    with pytest.raises(MeshformError, match="MF303"):
        findings_of(few_domains(), declared)


WITHOUT_NODE = """
from meshform import Domain, rule
from meshform.testing import findings_of, new_mesh

@rule(code="ACME1", why="it is told")
def few(mesh, *, most: int = 1):
    return f"{len(mesh.domains)} domains" if len(mesh.domains) > most else None

mesh = new_mesh()
for i in range(300):
    Domain(mesh, f"d{i}", owner="owners")
print([f.summary for f in findings_of(few(), mesh)])
"""


def test_the_helper_needs_no_node(tmp_path):
    """A process of its own, whose Node is nowhere."""
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_NODE],
        env={**os.environ, "JSII_NODE": str(tmp_path / "none")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "['300 domains']\n", "")
