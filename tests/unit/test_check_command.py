# SPDX-License-Identifier: Apache-2.0
"""`meshform check`: exit codes and output, on the example and on copies with mistakes in them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from meshform.cli import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def check(monkeypatch, capsys):
    """Run the command on the example: exit code, output and errors."""
    for name in ("MESHFORM_ENV", "MESHFORM_TODAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(ROOT)

    def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["meshform", "check", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run


@pytest.fixture
def copy(tmp_path):
    """A copy of the example, to put mistakes in; `copy.run()` checks it in a process of its own."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "domains", folder / "domains")
    return folder


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Check a folder in a fresh process."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("MESHFORM_")}
    return subprocess.run(
        [sys.executable, "-c", "from meshform.cli import main; main()", "check", *arguments],
        cwd=folder,
        env={**variables, "PYTHONPATH": f"{ROOT / 'constructs'}"},
        capture_output=True,
        text=True,
    )


def replace(path: Path, old: str, new: str) -> int:
    """Put a mistake into a file; returns its line."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def test_the_example_has_no_errors(check):
    """Exit code 0, and one line that counts what was checked."""
    code, out, _ = check()
    assert code == 0
    assert out == "5 domains, 12 products in environment local: no errors, 4 waived\n"


@pytest.mark.parametrize("environment", ["dev", "prod", "live-test"])
def test_every_environment_can_be_checked(check, environment):
    """By the option, or by MESHFORM_ENV."""
    assert check("--env", environment)[:2] == (
        0,
        f"5 domains, 12 products in environment {environment}: no errors, 4 waived\n",
    )
    assert check(MESHFORM_ENV=environment)[1].endswith(f"environment {environment}: no errors, 4 waived\n")


def test_one_domain_can_be_checked(check):
    """The line counts that domain only."""
    assert check("orders")[:2] == (0, "1 domain, 1 product in environment local: no errors\n")


def test_an_unknown_domain_is_told_with_the_nearest(check):
    """MF332 on standard error, exit code 1."""
    code, out, err = check("order")
    assert (code, out) == (1, "")
    assert "error MF332 the mesh has no domain of that name" in err
    assert "allowed: customers, geography, orders, sales, supply" in err
    assert "did you mean 'orders'?" in err


def test_an_unknown_environment_is_told(check):
    """MF301, exit code 1."""
    code, _, err = check("--env", "prd")
    assert code == 1
    assert "error MF301" in err
    assert "local, dev, prod, live-test" in err


def test_a_bad_day_is_told(check):
    """MF330, exit code 1, no traceback."""
    code, _, err = check(MESHFORM_TODAY="tomorrow")
    assert code == 1
    assert "error MF330 MESHFORM_TODAY is not a date" in err
    assert "Traceback" not in err


def test_wrong_use_of_the_command_exits_with_two(check):
    """As commands do."""
    assert check("--no-such-option")[0] == 2


def test_a_broken_contract_is_told_with_file_line_and_column(copy):
    """Every mistake of the file together, exit code 1, no traceback and no summary of what was not read."""
    contract = copy / "domains" / "orders" / "orders.odcs.yaml"
    first = replace(contract, "version: 1.0.0", "versoin: 1.0.0")
    second = replace(contract, "physicalType: decimal(18,2)", "physicalType: decimall(18,2)")
    result = run_in(copy)
    assert (result.returncode, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr
    assert f"domains/orders/orders.odcs.yaml:{first}:1" in result.stderr
    assert f"domains/orders/orders.odcs.yaml:{second}:" in result.stderr
    assert "did you mean 'version'?" in result.stderr


def test_findings_of_rules_are_told_and_counted(copy):
    """The summary says how many errors there are."""
    contract = copy / "domains" / "orders" / "orders.odcs.yaml"
    line = replace(contract, "        description: Number of the order in the shop.\n", "")
    result = run_in(copy)
    assert result.returncode == 1
    assert "error MF403 orders_local.bronze.orders_raw.order_id is not described" in result.stderr
    assert re.search(rf"orders\.odcs\.yaml:{line - 2}:\d+", result.stderr)
    assert result.stdout == "5 domains, 12 products in environment local: 1 error, 4 waived\n"
    alone = run_in(copy, "customers")
    assert (alone.returncode, alone.stdout) == (0, "1 domain, 1 product in environment local: no errors\n")


def test_a_wrong_value_in_a_declaration_is_told_with_its_line(copy):
    """MF300 for a misspelt argument of a value, without a traceback."""
    declared = copy / "domains" / "orders" / "__init__.py"
    replace(declared, 'group="analytics"', 'grup="analytics"')
    result = run_in(copy)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "error MF300 Consumer: grup: extra inputs are not permitted" in result.stderr
    assert re.search(r"at: +domains/orders/__init__\.py:\d+", result.stderr)
    assert "did you mean 'group'?" in result.stderr


def test_what_compiling_finds_is_told_too(copy):
    """A freshness about no column is an error of the compiler, and still exits with 1."""
    replace(
        copy / "domains" / "orders" / "orders.odcs.yaml",
        "element: orders_gold.order_ts",
        "element: nowhere.x",
    )
    result = run_in(copy)
    assert result.returncode == 1
    assert "error MF502" in result.stderr


def test_the_check_needs_neither_cdktf_nor_the_sdk():
    """They cost more time than the check itself; nor does it import the local workspace."""
    code = (
        "import sys\n"
        "from meshform.cli import main\n"
        "try:\n    main()\n"
        "finally:\n"
        "    heavy = {'cdktf', 'databricks', 'grpc', 'msgpack', 'cryptography', 'meshform.local',"
        " 'meshform.workspace'}\n"
        "    print(sorted(heavy & sys.modules.keys()))\n"
    )
    variables = {k: v for k, v in os.environ.items() if not k.startswith("MESHFORM_")}
    result = subprocess.run(
        [sys.executable, "-c", code, "check"], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


def test_each_format_tells_a_mistake_in_a_contract(copy):
    """With the exact place; exit code 1 in each."""
    contract = copy / "domains" / "orders" / "orders.odcs.yaml"
    line = replace(contract, "        description: Number of the order in the shop.\n", "") - 2
    file = "domains/orders/orders.odcs.yaml"
    told = {name: run_in(copy, "--format", name) for name in ("json", "sarif", "junit", "github")}
    assert {name: result.returncode for name, result in told.items()} == dict.fromkeys(told, 1)
    assert {name: result.stderr for name, result in told.items()} == dict.fromkeys(told, "")
    found = json.loads(told["json"].stdout)["findings"][0]  # what the example has waived comes after it
    assert (found["code"], found["subject"]) == ("MF403", "orders.orders")
    assert (found["place"]["file"], found["place"]["line"]) == (file, line)
    result = json.loads(told["sarif"].stdout)["runs"][0]["results"][0]
    where = result["locations"][0]["physicalLocation"]
    assert (where["artifactLocation"]["uri"], where["region"]["startLine"]) == (file, line)
    assert where["region"]["startColumn"] == found["place"]["column"]
    cases = ET.fromstring(told["junit"].stdout).iter("testcase")
    failed = [case for case in cases if case.find("failure") is not None]
    assert [(case.get("classname"), case.get("file")) for case in failed] == [("orders.orders", file)]
    assert told["github"].stdout.startswith(f"::error file={file},line={line},col=")


@pytest.mark.parametrize("name", ["json", "sarif", "junit", "github"])
def test_each_format_tells_a_mesh_that_cannot_be_loaded(copy, name):
    """Findings while loading are a report as others are, and not a traceback."""
    replace(copy / "domains" / "orders" / "orders.odcs.yaml", "version: 1.0.0", "versoin: 1.0.0")
    replace(copy / "domains" / "orders" / "__init__.py", "from", "print('::error::hello')\nfrom")
    result = run_in(copy, "--format", name)
    assert result.returncode == 1
    assert "domains/orders/orders.odcs.yaml" in result.stdout
    assert "did you mean 'version'?" in result.stdout
    assert "hello" not in result.stdout  # what the mesh prints is no part of the report
    assert "hello" in result.stderr
    assert "Traceback" not in result.stderr
    if name == "json":
        assert json.loads(result.stdout)["checked"] is None
    if name == "sarif":
        assert json.loads(result.stdout)["runs"][0]["invocations"] == [{"executionSuccessful": False}]
    if name == "junit":
        assert ET.fromstring(result.stdout).get("failures") != "0"


@pytest.mark.parametrize("mistake", ["raise RuntimeError('not today')", "import sys; sys.exit(3)", "1 / 0"])
def test_code_of_the_mesh_that_fails_is_a_finding_of_a_report(copy, mistake):
    """MF540 with the innermost line of the mesh, and the traceback on standard error."""
    line = replace(copy / "domains" / "orders" / "__init__.py", "\nfrom", f"\n{mistake}\nfrom") + 1
    result = run_in(copy, "--format", "json")
    assert result.returncode == 1
    [found] = json.loads(result.stdout)["findings"]
    assert found["code"] == "MF540"
    assert (found["place"]["file"], found["place"]["line"]) == ("domains/orders/__init__.py", line)
    assert "Traceback" in result.stderr


@pytest.mark.parametrize("arguments", [["order"], ["--env", "prd"]])
def test_what_the_mesh_does_not_have_is_a_finding_of_a_report(check, arguments):
    """An unknown domain or environment, in JSON too."""
    code, out, err = check(*arguments, "--format", "json")
    assert (code, err) == (1, "")
    assert json.loads(out)["findings"][0]["code"] in ("MF301", "MF332")


def test_a_report_can_be_written_into_a_file(check, tmp_path):
    """Beside the text for people, the same bytes each time, whole or not at all."""
    file = tmp_path / "reports" / "meshform.sarif"
    code, out, _ = check("--format", "sarif", "--output", str(file))
    assert (code, out) == (0, "5 domains, 12 products in environment local: no errors, 4 waived\n")
    first = file.read_bytes()
    assert json.loads(first)["version"] == "2.1.0"
    check("--format", "sarif", "--output", str(file))
    assert file.read_bytes() == first
    assert [one.name for one in file.parent.iterdir()] == ["meshform.sarif"]
    text = tmp_path / "text"
    check("--output", str(text))
    counted = "5 domains, 12 products in environment local: no errors, 4 waived"
    assert text.read_text().splitlines()[-1] == counted


def test_a_report_that_cannot_be_written_is_told(check, tmp_path):
    """MF541, exit code 1, no traceback."""
    (tmp_path / "file").write_text("")
    code, _, err = check("--format", "json", "--output", str(tmp_path / "file" / "report.json"))
    assert code == 1
    assert "error MF541 the report cannot be written" in err
    assert check("--format", "json", "--output", "/dev/null")[0] == 1


def test_an_unknown_format_is_wrong_use(check):
    """Exit code 2."""
    assert check("--format", "xml")[0] == 2
