# SPDX-License-Identifier: Apache-2.0
"""`meshform rules`, and the chapter of rules in docs/governance.md that is made from it."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from tests.unit.test_tools import load

from meshform.cli import main
from meshform.cli.rules import markdown
from meshform.governance.rule_facts import RuleFacts, facts
from meshform.governance.rules import built_in_rules
from meshform.model.findings import Severity
from meshform.model.rule import Rule, Tighter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rules(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["meshform", "rules", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    return run


class Sizes(Rule):
    """What it asks
    for, on two lines.

    More words.

    Attributes:
        kind: what has | a size.
        low, high: the limits,
            inclusive.
        severity: see Rule.
    """

    code: ClassVar[str] = "ACME1"
    why: ClassVar[str] = "it has a reason"
    key: ClassVar[tuple[str, ...]] = ("kind",)
    tighter: ClassVar[Mapping[str, Tighter]] = {"low": "higher", "high": "lower"}
    bad: ClassVar[str] = "\nbreak()\n"
    example: ClassVar[Mapping[str, object]] = {"kind": "S"}
    kind: Literal["S", "M"]
    low: int = 1
    high: int | None = None
    others: tuple[Severity, ...] = ()
    severity: Severity = Severity.ADVICE

    def check_domain(self, domain, mesh):  # noqa: ARG002
        """Nothing."""
        return iter(())

    def check_mesh(self, mesh):  # noqa: ARG002
        """Nothing."""
        return iter(())


def test_a_rule_says_everything_of_itself():
    """From class variables, fields and docstring."""
    one = RuleFacts.of(Sizes)
    assert (one.code, one.name, one.severity, one.checks) == ("ACME1", "Sizes", "advice", ("mesh", "domain"))
    assert one.asks == "What it asks for, on two lines."
    assert (one.good, one.bad, one.example) == ("", "break()", "Sizes(kind='S')")
    assert [(p.name, p.type, p.default, p.tighter, p.meaning) for p in one.parameters] == [
        ("kind", "Literal['S', 'M']", None, "key", "what has | a size."),
        ("low", "int", "1", "higher", "the limits, inclusive."),
        ("high", "int | None", "None", "lower", "the limits, inclusive."),
        ("others", "tuple[Severity, ...]", "()", "same", ""),
    ]


def test_markdown_is_not_broken_by_what_a_rule_says():
    """A bar is no new cell."""
    lines = list(markdown(facts([Sizes, Sizes])))
    assert lines[2:] == [
        "| ACME1 | [Sizes](#acme1-sizes) | What it asks for, on two lines. |",
        "",
        "### ACME1 Sizes",
        "",
        "What it asks for, on two lines.",
        "",
        "Why: it has a reason. It checks the mesh as a whole and domains.",
        "",
        "| parameter | type | default | at lower levels | meaning |",
        "| --- | --- | --- | --- | --- |",
        "| `kind` | `Literal['S', 'M']` | required | each value is a use of its own | what has \\| a size. |",
        "| `low` | `int` | `1` | higher is tighter | the limits, inclusive. |",
        "| `high` | `int \\| None` | `None` | lower is tighter | the limits, inclusive. |",
        "| `others` | `tuple[Severity, ...]` | `()` | the same at every level |  |",
        "",
        "As `Sizes(kind='S')`:",
        "",
        "```py",
        "# bad",
        "break()",
        "```",
    ]


def test_it_lists_every_rule_as_text(rules):
    """Code, name, what it asks for, why, parameters and examples."""
    out = rules()
    for kind in built_in_rules():
        assert f"{kind.code} {kind.__name__}  (" in out
        assert f"  why: {kind.why}\n" in out
    assert (
        "  minimum_length: int, default 1, higher is tighter\n"
        "      least number of characters of a description."
    ) in out
    assert '  bad, with OwnerIsGroup():\n      Domain(mesh, "returns", owner="deployer")\n' in out


def test_it_lists_every_rule_as_json(rules):
    """Sorted by code, with the same facts."""
    listed = json.loads(rules("--format", "json"))
    assert [one["code"] for one in listed] == sorted(kind.code for kind in built_in_rules())
    (names,) = [one for one in listed if one["name"] == "NamesMatch"]
    assert names["parameters"][0]["tighter"] == "key"
    assert names["parameters"][0]["default"] is None
    assert names["checks"] == ["domain", "product"]


def test_own_rules_of_a_mesh_are_listed_too(rules, tmp_path):
    """With `--mesh`, those that its policies use."""
    (tmp_path / "own_rules_mesh.py").write_text(
        "from meshform import GovernancePolicy, SupportPath, rule\n"
        "from meshform.testing import new_mesh\n"
        "@rule(code='ACME7', why='they are many')\n"
        "def few(mesh, *, most: int = 3):\n"
        "    '''There are few domains.'''\n"
        "def declare(scope):\n"
        "    mesh = new_mesh()\n"
        "    GovernancePolicy(mesh, 'own', rules=[few(), SupportPath()])\n"
        "    return mesh\n"
    )
    (tmp_path / "pyproject.toml").write_text('[tool.meshform]\nmesh = "own_rules_mesh:declare"\n')
    out = rules("--mesh")
    assert "ACME7 few  (error; checks mesh)\n  There are few domains.\n  why: they are many\n" in out
    assert out.count("MF402 SupportPath") == 1
    assert "ACME7" not in rules()


def test_the_page_of_rules_is_current():
    """Run `make docs` when this fails."""
    page = load("rules_page")
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.count(page.FIRST) == text.count(page.LAST) == 1
    assert page.current(text) == text
    assert page.current(text.replace("### MF403 ColumnsDescribed", "### MF403 Gone")) == text
    for kind in built_in_rules():
        assert f"\n### {kind.code} {kind.__name__}\n" in text
