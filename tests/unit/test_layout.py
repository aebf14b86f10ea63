# SPDX-License-Identifier: Apache-2.0
"""The repository itself: what must be in it, and what must never be."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked(*patterns):
    """The files that git knows, as paths relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_constructs_is_a_source_root_and_not_a_package():
    """An __init__.py there, or a test folder of that name, would hide the library that cdktf needs."""
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert not (ROOT / "tests" / "constructs").exists()


def test_a_fresh_interpreter_in_the_root_finds_the_constructs_library():
    """`python main.py` must get the library `constructs`, not the folder."""
    code = "import importlib.util; print(importlib.util.find_spec('constructs').origin)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip().endswith("site-packages/constructs/__init__.py")


def test_imports_go_in_one_direction():
    """The contracts of import-linter in pyproject.toml hold."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{ROOT / 'constructs'}:{ROOT}", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_source_file_names_its_licence():
    """The SPDX line is the first, or the second after `#!`; code for Databricks is its domain's own."""
    ours = tracked("*.py", "*.sh", ".ci/run", "Makefile")
    theirs = re.compile(r"/(golden|pipeline|pipelines|jobs)/")
    files = [name for name in ours if not theirs.search(name)]
    assert len(files) > 50
    missing = [
        name
        for name in files
        if "SPDX-License-Identifier: Apache-2.0"
        not in "".join((ROOT / name).read_text(encoding="utf-8").splitlines(keepends=True)[:2])
    ]
    assert missing == []


def test_the_licence_is_there_in_full():
    """LICENSE is the whole Apache License 2.0, and NOTICE says what is not ours."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "Business Source License" in (ROOT / "NOTICE").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "host",
    [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("registry", "terraform", "io"),
        ("releases", "hashicorp", "com"),
        ("registry", "opentofu", "org"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("deb", "debian", "org"),
        ("repo1", "maven", "org"),
    ],
    ids=".".join,
)
def test_no_package_host_is_named(host):
    """Where packages come from is the business of the machine's package clients."""
    name = ".".join(host).encode()
    assert [path for path in tracked() if name in (ROOT / path).read_bytes()] == []


@pytest.mark.parametrize("lock", ["dev", "node", "terraform", "bench"])
def test_every_pinned_python_package_has_a_hash_and_no_address(lock):
    """Installing refuses anything else with --require-hashes, and no index is fixed."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert all(re.match(r"[\w.-]+==\S+ .*\\\n +--hash=sha256:", entry) for entry in entries)
    assert "://" not in text


def test_every_locked_node_package_has_a_hash_and_no_address():
    """The lock of npm pins content, not places."""
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert packages["node_modules/cdktf-cli"]["version"].startswith("0.21.")
    # What is bundled comes inside another package's file.
    assert [
        name
        for name, package in packages.items()
        if name and not package.get("inBundle") and "integrity" not in package
    ] == []
    assert "://" not in text


@pytest.mark.parametrize(
    "path",
    [
        "terraform.orders-local.tfstate",
        "terraform.orders-local.tfstate.backup",
        "orders.tfplan",
        "cdktf.out/stacks/orders-local/plan",
        "cdktf.out/stacks/orders-local/cdk.tf.json",
        ".terraform/providers/x",
        ".meshform/local.sqlite3",
        "elsewhere/local.sqlite3-wal",
        ".venv/bin/python",
        "node_modules/cdktf-cli/package.json",
    ],
)
def test_states_plans_and_stores_stay_out_of_git(path):
    """They hold what a workspace holds, in clear."""
    done = subprocess.run(["git", "check-ignore", "--no-index", "--quiet", path], cwd=ROOT)
    assert done.returncode == 0


def test_make_help_lists_every_target():
    """A target without a line of help could not be found."""
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    done = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    listed = re.findall(r"^  make ([\w-]+)", done.stdout, re.MULTILINE)
    assert phony is not None
    assert sorted(listed) == sorted(phony.group(1).split())
