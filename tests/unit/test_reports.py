# SPDX-License-Identifier: Apache-2.0
"""The formats of `meshform check`: their shapes, exact places, and texts that mean harm."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from meshform.cli.check import command
from meshform.cli.reports import RENDERERS, Report, Subject
from meshform.cli.reports.report import lines
from meshform.model.findings import Finding, Place, Severity

HOSTILE = "a\x1b[31m\n::error file=x::b\r\u202e\u2028\x00\ufffe]]><!-- & %0A ##[error] \ud800\x85\u200b"

YAML = Finding(
    code="MF403",
    summary="sales.gold.orders.id is not described",
    place=Place(file="sales/orders.odcs.yaml", line=12, column=7),
    got="''",
    allowed="at least 10 characters",
    fix="describe it",
)
PYTHON = Finding(
    code="MF376",
    summary="it is deprecated",
    place=Place(file="sales/__init__.py", line=3, construct_path="mesh/sales/orders"),
    severity=Severity.WARNING,
)
NOWHERE = Finding(code="MF900", summary="an own rule", severity=Severity.ADVICE)
SUBJECTS = (
    Subject("sales", Place(construct_path="mesh/sales")),
    Subject("sales.orders", Place(construct_path="mesh/sales/orders"), "sales/orders.odcs.yaml"),
)


@pytest.fixture
def report(tmp_path):
    """A report of a project in a folder of its repository."""
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    folder = tmp_path / "mesh"
    folder.mkdir()

    def made(*findings: Finding, **fields: object) -> Report:
        given = {"subjects": SUBJECTS, "mesh": Place(file="domains/__init__.py", line=9), "folder": folder}
        return Report("prod", findings, **{**given, **fields})

    return made


def cases(content: bytes) -> list[ET.Element]:
    """The test cases of a JUnit report."""
    return list(ET.fromstring(content).iter("testcase"))


def test_every_format_of_the_command_has_a_renderer():
    """And the other way round."""
    option = next(one for one in command.params if one.name == "shape")
    assert list(option.type.choices) == list(RENDERERS)


@pytest.mark.parametrize("name", RENDERERS)
def test_the_order_of_findings_does_not_matter(report, name):
    """The same findings give the same bytes."""
    render = RENDERERS[name]
    assert render(report(YAML, PYTHON, NOWHERE)) == render(report(NOWHERE, PYTHON, YAML))


def test_json_has_every_key_of_its_shape(report):
    """Version, counts and all findings with exact places, from the root of the repository."""
    told = json.loads(RENDERERS["json"](report(NOWHERE, PYTHON, YAML)))
    assert told == {
        "format": "meshform-check",
        "format_version": 1,
        "environment": "prod",
        "domain": None,
        "checked": {"domains": 1, "products": 1},
        "counts": {"error": 1, "warning": 1, "advice": 1},
        "findings": [
            {
                "code": "MF403",
                "severity": "error",
                "summary": "sales.gold.orders.id is not described",
                "place": {
                    "file": "mesh/sales/orders.odcs.yaml",
                    "line": 12,
                    "column": 7,
                    "construct_path": None,
                },
                "subject": "sales.orders",
                "got": "''",
                "allowed": "at least 10 characters",
                "fix": "describe it",
                "waived": None,
            },
            {
                "code": "MF376",
                "severity": "warning",
                "summary": "it is deprecated",
                "place": {
                    "file": "mesh/sales/__init__.py",
                    "line": 3,
                    "column": None,
                    "construct_path": "mesh/sales/orders",
                },
                "subject": "sales.orders",
                "got": None,
                "allowed": None,
                "fix": None,
                "waived": None,
            },
            {
                "code": "MF900",
                "severity": "advice",
                "summary": "an own rule",
                "place": {"file": None, "line": None, "column": None, "construct_path": None},
                "subject": None,
                "got": None,
                "allowed": None,
                "fix": None,
                "waived": None,
            },
        ],
    }


def test_json_of_a_mesh_that_was_not_loaded_says_so(report):
    """Nothing was checked, which is not the same as no findings."""
    assert json.loads(RENDERERS["json"](report(YAML, subjects=None)))["checked"] is None


def test_sarif_has_what_code_scanning_asks_for(report):
    """Schema and version, a rule for each code, and for each result its rule, level, message and place."""
    why = {"MF403": "nobody finds data that is not described"}
    told = json.loads(RENDERERS["sarif"](report(NOWHERE, PYTHON, YAML, why=why)))
    assert told["version"] == "2.1.0"
    assert told["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = told["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "Meshform"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", driver["version"])
    assert [rule["id"] for rule in driver["rules"]] == ["MF376", "MF403", "MF900"]
    assert driver["rules"][1]["shortDescription"]["text"] == "nobody finds data that is not described"
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in driver["rules"])
    assert run["automationDetails"] == {"id": "meshform-check/prod/"}
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["invocations"] == [{"executionSuccessful": True}]
    assert [one["level"] for one in run["results"]] == ["error", "warning", "note"]
    for one in run["results"]:
        assert driver["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["message"]["text"]
        [place] = one["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
    first, second, third = (one["locations"][0] for one in run["results"])
    assert first["physicalLocation"] == {
        "artifactLocation": {"uri": "mesh/sales/orders.odcs.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12, "startColumn": 7},
    }
    assert second["physicalLocation"]["region"] == {"startLine": 3}
    assert second["logicalLocations"] == [{"fullyQualifiedName": "mesh/sales/orders"}]
    # a finding without a file is where the mesh is declared
    assert third["physicalLocation"]["artifactLocation"]["uri"] == "mesh/domains/__init__.py"
    assert run["results"][0]["message"]["text"].splitlines()[1:] == [
        "got: ''",
        "allowed: at least 10 characters",
        "fix: describe it",
    ]


def test_a_waived_finding_names_its_waiver_in_every_format(report):
    """In SARIF it is suppressed too, so that code scanning does not ask for it again."""
    waived = YAML.model_copy(update={"severity": Severity.ADVICE, "waived": "until \x1b 2030-01-31, GOV-7"})
    shown = r"until \x1b 2030-01-31, GOV-7"
    for name, render in RENDERERS.items():
        text = render(report(waived)).decode()
        assert (shown if name not in ("json", "sarif") else json.dumps(shown)[1:-1]) in text, name
    (found,) = json.loads(RENDERERS["json"](report(waived)))["findings"]
    assert (found["severity"], found["waived"]) == ("advice", shown)
    (result,) = json.loads(RENDERERS["sarif"](report(waived)))["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "status": "accepted", "justification": shown}]
    (usual,) = json.loads(RENDERERS["sarif"](report(YAML)))["runs"][0]["results"]
    assert "suppressions" not in usual


def test_sarif_fingerprints_tell_findings_apart_and_survive_moves(report):
    """Another line is the same finding; an equal second one is another."""

    def fingerprints(*findings: Finding) -> list[str]:
        run = json.loads(RENDERERS["sarif"](report(*findings)))["runs"][0]
        return [one["partialFingerprints"]["meshformFinding/v1"] for one in run["results"]]

    moved = YAML.model_copy(update={"place": YAML.place.model_copy(update={"line": 99})})
    assert fingerprints(YAML) == fingerprints(moved)
    first, second = fingerprints(YAML, moved)
    assert first != second


def test_sarif_names_any_file(report):
    """Names are percent-encoded; a file outside of the repository is a `file:` address."""
    odd = YAML.model_copy(update={"place": Place(file="a b:c%/d#?.yaml")})
    outside = YAML.model_copy(update={"place": Place(file="/elsewhere/x.yaml")})
    run = json.loads(RENDERERS["sarif"](report(odd, outside)))["runs"][0]
    found = [one["locations"][0]["physicalLocation"]["artifactLocation"] for one in run["results"]]
    assert found == [
        {"uri": "file:///elsewhere/x.yaml"},
        {"uri": "mesh/a%20b%3Ac%25/d%23%3F.yaml", "uriBaseId": "%SRCROOT%"},
    ]


def test_what_a_finding_is_about_is_its_subject(report):
    """Whatever file it stands in."""
    update = {"about": "sales.orders.orders.id", "place": Place(file="elsewhere.yaml")}
    made = report(YAML.model_copy(update=update))
    assert json.loads(RENDERERS["json"](made))["findings"][0]["subject"] == "sales.orders"


def test_junit_fails_for_errors_only(report):
    """A case for each finding with its file and line; warnings pass, and so does what has no findings."""
    content = RENDERERS["junit"](report(YAML, PYTHON))
    suites = ET.fromstring(content)
    suite = suites[0]
    assert (suites.tag, suite.tag, suite.get("name")) == ("testsuites", "testsuite", "meshform check prod")
    for one in (suites, suite):
        assert (one.get("tests"), one.get("failures"), one.get("errors")) == ("3", "1", "0")
    error, warning, passed = cases(content)
    assert error.attrib == {
        "classname": "sales.orders",
        "name": "MF403 sales.gold.orders.id is not described",
        "file": "mesh/sales/orders.odcs.yaml",
        "line": "12",
        "time": "0",
    }
    assert error[0].attrib == {"type": "MF403", "message": "sales.gold.orders.id is not described"}
    assert error[0].text.splitlines()[0] == "at: sales/orders.odcs.yaml:12:7"
    assert [one.tag for one in warning] == ["system-out"]
    assert (passed.get("classname"), passed.get("name"), len(passed)) == ("sales", "no findings", 0)


def test_junit_names_each_case_once(report):
    """Two findings of one text are told apart by their places."""
    other = YAML.model_copy(update={"place": Place(file="sales/orders.odcs.yaml", line=20)})
    names = [case.get("name") for case in cases(RENDERERS["junit"](report(YAML, other)))]
    assert len(set(names)) == 3
    assert names[0].endswith("(sales/orders.odcs.yaml:12:7)")


def test_github_makes_annotations(report):
    """One command a line, with file, line, column and title."""
    told = RENDERERS["github"](report(NOWHERE, PYTHON, YAML)).decode().splitlines()
    assert lines(YAML)[1:] == ["got: ''", "allowed: at least 10 characters", "fix: describe it"]
    assert told == [
        f"::error file=mesh/sales/orders.odcs.yaml,line=12,col=7,title=MF403::{'%0A'.join(lines(YAML))}",
        "::warning file=mesh/sales/__init__.py,line=3,title=MF376 mesh/sales/orders::it is deprecated",
        "::notice title=MF900::an own rule",
        "1 domain, 1 product in environment prod: 1 error, 2 other findings",
    ]


@pytest.mark.parametrize("name", RENDERERS)
def test_hostile_texts_are_neutralized(report, name):
    """No text drives a terminal, begins a command, breaks XML or turns around what a reader sees."""
    bad = Finding(
        code="MF403",
        summary=HOSTILE,
        place=Place(file=f"{HOSTILE}.yaml", line=1, construct_path=HOSTILE),
        got=HOSTILE,
        allowed=HOSTILE,
        fix=HOSTILE,
    )
    subjects = (Subject(HOSTILE), Subject(f"{HOSTILE}.b", contract=f"{HOSTILE}.yaml"))
    made = report(bad, bad, subjects=subjects, mesh=Place(file=HOSTILE), why={"MF403": HOSTILE})
    content = RENDERERS[name](made)
    text = content.decode("utf-8")  # no lone surrogates
    assert all(one.isprintable() for one in text.replace("\n", ""))
    for line in text.splitlines():
        assert not line.lstrip().startswith("::") or name == "github"
    if name == "github":
        first, second, last = text.splitlines()
        assert first.startswith("::error file=")
        assert first == second
        properties, _, message = first.removeprefix("::error ").partition("::")
        assert [one.partition("=")[0] for one in properties.split(",")] == ["file", "line", "title"]
        assert "%250A" in message  # the text's own `%0A` stays text
        assert last.startswith("1 domain, 1 product")
    if name == "junit":
        assert len(cases(content)) == 3
    if name in ("json", "sarif"):
        json.loads(text)
        assert text.isascii()
