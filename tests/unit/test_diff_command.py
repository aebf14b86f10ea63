# SPDX-License-Identifier: Apache-2.0
"""`meshform diff`: a repository with a small mesh, its base and its working tree."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from meshform.cli.reports.changes import RENDERERS, Comparison
from meshform.governance.changes import Change, Level, ProductChanges
from meshform.model.findings import Finding

ROOT = Path(__file__).parents[2]
MESH = """\
# SPDX-License-Identifier: Apache-2.0
from meshform import Consumer, DataProduct, Domain, Environment, Group, Mesh, Platform, ServicePrincipal
from meshform import Classification, GovernancePolicy, ManagedTable, MaskFunction, Support
from shop import SCHEMAS


def declare(scope):
    print("::error::declared")
    mesh = Mesh(
        scope,
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
        groups=[Group(name="owners", members=("deployer",)), Group(name="readers"), Group(name="others")],
        service_principals=[ServicePrincipal(name="deployer")],
    )
    mask = MaskFunction(name="mask_personal", body="'***'")
    GovernancePolicy(mesh, "personal", classifications=[Classification(name="personal", mask=mask)])
    sales = Domain(mesh, "sales", owner="owners", support=Support(channel="#sales"), schemas=SCHEMAS)
    DataProduct(
        sales,
        "orders",
        contract="contracts/orders.odcs.yaml",
        tables={"orders": ManagedTable()},
        consumers=[Consumer(group="readers", purpose="to read", approver="owners")],
    )
    return mesh
"""
CONTRACT = """\
kind: DataContract
apiVersion: v3.0.2
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    description: All orders.
    properties:
      - {name: order_id, logicalType: string, description: Number of the order.}
      - {name: customer, logicalType: string, description: Who ordered.}
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git without anybody's settings."""
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    names = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "core.hooksPath=hooks"]
    done = subprocess.run(
        ["git", *names, *arguments], cwd=folder, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path):
    """A project in a folder of a repository, with one commit on the branch main."""
    repository = tmp_path / "repository"
    folder = repository / "mesh"
    (folder / "contracts").mkdir(parents=True)
    (folder / "domains.py").write_text(MESH)
    (folder / "shop.py").write_text('SCHEMAS = {"gold": "For consumers."}\n')
    (folder / "contracts" / "orders.odcs.yaml").write_text(CONTRACT)
    # an archive would leave it out
    (repository / ".gitattributes").write_text("mesh/** export-ignore\n")
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "Base")
    return folder


def diff(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Compare in a fresh process."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MESHFORM_")}
    return subprocess.run(
        [sys.executable, "-c", "from meshform.cli import main; main()", "diff", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": f"{ROOT / 'constructs'}{os.pathsep}{folder}", **variables},
        capture_output=True,
        text=True,
    )


def change(folder: Path, old: str, new: str, file: str = "contracts/orders.odcs.yaml") -> None:
    """Change a file of the project."""
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


CUSTOMER = "      - {name: customer, logicalType: string, description: Who ordered.}\n"


def test_a_breaking_change_is_told_and_refused(project):
    """With the versions, whom it hits, and what is missing; the working tree stays as it is."""
    change(project, CUSTOMER, "")
    (project / "new.py").write_text("")
    before = git(project, "status", "--porcelain=v2", "--branch", "--ignored")
    result = diff(project, "--base", "main")
    assert result.returncode == 1
    assert result.stdout.splitlines()[:3] == [
        "sales.orders 1.0.0",
        "  breaking   column 'customer' is gone of port 'orders': string",
        "             hits: readers",
    ]
    assert "1 product changed since main (" in result.stdout
    assert "1 breaking, 0 minor, 0 compatible; 2 errors" in result.stdout
    assert "error MF545 the version of the contract of sales.orders does not tell" in result.stderr
    assert "error MF546 sales.orders: column 'customer' is gone of port 'orders'" in result.stderr
    assert "at:      contracts/orders.odcs.yaml:1:1" in result.stderr
    assert "Traceback" not in result.stderr
    assert git(project, "status", "--porcelain=v2", "--branch", "--ignored") == before
    assert git(project, "worktree", "list").count("\n") == 0


def test_a_change_with_its_version_passes(project):
    """Exit code 0; and with the base of another branch, what others did there does not count."""
    git(project, "checkout", "-qb", "mine")
    change(
        project,
        "      - {name: order_id",
        "      - {name: shop, logicalType: string}\n      - {name: order_id",
    )
    change(project, "version: 1.0.0", "version: 1.1.0")
    git(project, "commit", "-qam", "Mine")
    git(project, "checkout", "-q", "main")
    change(project, "All orders.", "Every order.")
    change(project, "id: orders", "id: elsewhere")
    git(project, "commit", "-qam", "Theirs")
    git(project, "checkout", "-q", "mine")
    result = diff(project, "--base", "main", "--format", "json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)  # what the mesh prints is no part of it
    assert (told["format"], told["format_version"]) == ("meshform-diff", 1)
    assert told["commit"] == git(project, "merge-base", "main", "HEAD")
    assert told["findings"] == []
    [product] = told["products"]
    assert (product["product"], product["version_before"], product["version"], product["level"]) == (
        "sales.orders",
        "1.0.0",
        "1.1.0",
        "minor",
    )
    assert product["changes"][0] == {
        "level": "minor",
        "what": "column 'shop' is new",
        "port": "orders",
        "column": "shop",
        "before": None,
        "after": "string",
        "why": None,
        "announced": False,
        "broadens": False,
        "hits": ["readers"],
    }


def test_modules_of_the_two_trees_do_not_mix(project):
    """The base imports its own, though PYTHONPATH names the working tree."""
    change(
        project, 'SCHEMAS = {"gold"', 'raise RuntimeError("the working tree")\nSCHEMAS = {"gold"', "shop.py"
    )
    change(project, "from shop import SCHEMAS", 'SCHEMAS = {"gold": "For consumers."}', "domains.py")
    result = diff(project, "--base", "main")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("0 products changed since main (")


def test_a_base_that_cannot_be_loaded_is_told(project):
    """MF543 with what was found, or raised, there."""
    change(project, "version: 1.0.0", "versoin: 1.0.0")
    git(project, "commit", "-qam", "Broken contract")
    change(project, "versoin: 1.0.0", "version: 1.0.0")
    result = diff(project, "--base", "HEAD")
    assert (result.returncode, result.stdout) == (1, "")
    assert "error MF543 the mesh at" in result.stderr
    assert "contracts/orders.odcs.yaml:4:1" in result.stderr
    git(project, "checkout", "-q", ".")
    change(project, "versoin: 1.0.0", "version: 1.0.0")
    change(project, "SCHEMAS =", "1 / 0\nSCHEMAS =", "shop.py")
    git(project, "commit", "-qam", "Broken code")
    change(project, "1 / 0\n", "", "shop.py")
    result = diff(project, "--base", "HEAD")
    assert result.returncode == 1
    assert "error MF543 the mesh at" in result.stderr
    assert "ZeroDivisionError: division by zero" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("ref", ["nowhere", "--help", "HEAD:mesh", ""])
def test_a_ref_that_is_none_is_told(project, ref):
    """MF542, whatever the text is."""
    result = diff(project, f"--base={ref}")
    assert result.returncode == 1
    assert "error MF542 there is nothing to compare with: git knows no such commit" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_without_git_is_told(project, tmp_path):
    """No repository, or no git at all."""
    alone = tmp_path / "alone"
    alone.mkdir()
    result = diff(alone, "--base", "main", GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert result.returncode == 1
    assert (
        "error MF542 there is nothing to compare with: this folder is in no git repository" in result.stderr
    )
    result = diff(project, "--base", "main", PATH=str(alone))
    assert result.returncode == 1
    assert "error MF542 there is nothing to compare with: there is no git on PATH" in result.stderr


def test_a_base_without_the_project_is_told(project):
    """MF543: its folder came later."""
    git(project, "checkout", "-q", "--orphan", "empty")
    git(project.parent, "rm", "-rqf", "--cached", ".")
    git(project, "commit", "-q", "--allow-empty", "-m", "Empty")
    git(project, "checkout", "-qf", "main")
    result = diff(project, "--base", "empty")
    assert result.returncode == 1
    assert "the project's folder is not there" in result.stderr


HOSTILE = "a|b`\x1b[31m\n::error::x <img src=x> @all [link](http://x) \u202e *b* # ~~"


def hostile() -> Comparison:
    """A change that tells nothing but harm."""
    one = Change(Level.BREAKING, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    changed = ProductChanges(HOSTILE, None, None, (one,), ((HOSTILE,),))
    finding = Finding(code="MF546", summary=HOSTILE, got=HOSTILE, fix=HOSTILE)
    return Comparison(HOSTILE, "0" * 40, (changed,), (finding,))


@pytest.mark.parametrize("name", RENDERERS)
def test_hostile_texts_are_neutralized(name):
    """No text drives a terminal, links, mentions somebody, is HTML or breaks out of its cell."""
    text = RENDERERS[name](hostile())
    assert all(one.isprintable() for one in text.replace("\n", ""))
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    if name == "json":
        json.loads(text)
        assert text.isascii()
    if name == "markdown":
        assert "<" not in text
        assert "\\@all" in text
        assert "[link](" not in text
        [row] = [line for line in text.splitlines() if line.startswith("| breaking")]
        assert row.replace("\\|", "").count("|") == 6


PERSONAL = CUSTOMER.replace("}", ", classification: personal}")
READER = 'consumers=[Consumer(group="readers", purpose="to read", approver="owners")],'


def test_what_is_seen_only_while_it_is_deployed_is_told(project):
    """Who loses the table would see its column in clear when it is declassified in the same deployment."""
    change(project, CUSTOMER, PERSONAL)
    git(project, "commit", "-qam", "Masked")
    change(project, PERSONAL, CUSTOMER)
    change(project, 'Consumer(group="readers"', 'Consumer(group="others"', "domains.py")
    done = diff(project, "--base", "main", "--format", "json")
    (finding,) = (one for one in json.loads(done.stdout)["findings"] if one["code"] == "MF560")
    assert finding["summary"] == (
        "while this is deployed in 'local', readers could see customer of sales_local.gold.orders in clear,"
        " and neither before nor afterwards"
    )
    assert finding["place"]["file"] == "contracts/orders.odcs.yaml"
    assert "databricks_entity_tag_assignment" in finding["got"]
    assert (finding["severity"], done.returncode) == ("error", 1)


def test_one_step_after_the_other_shows_nothing(project):
    """First the reader goes; that alone is fine."""
    change(project, CUSTOMER, PERSONAL)
    git(project, "commit", "-qam", "Masked")
    change(project, READER, "", "domains.py")
    done = diff(project, "--base", "main")
    assert (done.returncode, "MF560" in done.stderr) == (0, False), done.stderr


def test_a_mesh_with_errors_is_not_looked_at_and_says_so(project):
    """A warning, and no silence."""
    change(project, 'owner="owners", support', 'owner="nobody", support', "domains.py")
    done = diff(project, "--base", "main")
    assert "the mesh has errors" in done.stderr


def test_an_environment_that_there_is_not_is_told(project):
    """As everywhere."""
    done = diff(project, "--base", "main", "--env", "prod")
    assert (done.returncode, "MF301" in done.stderr) == (1, True), done.stderr
