# SPDX-License-Identifier: Apache-2.0
"""Finding the mesh of a project's folder."""

import sys
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from meshform.cli.load import load_mesh
from meshform.model.findings import MeshformError
from meshform.settings import Settings

MESH = """\
from meshform import Environment, Mesh, Platform

def declare(scope):
    return Mesh(scope, "{id}", environments=[Environment.local(deployer="d")], platform=Platform(owner="o"))

def nothing(scope):
    return None

number = 3
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose module has a name that no other test uses; `project(text)` writes pyproject.toml."""
    name = f"mesh_of_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(MESH.format(id="loaded"))
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(target: str | None = f"{name}:declare", text: str = "") -> Path:
        mesh = f'[tool.meshform]\nmesh = "{target.format(module=name)}"\n' if target else ""
        (tmp_path / "pyproject.toml").write_text(text or mesh)
        return tmp_path

    yield write
    sys.modules.pop(name, None)


def refused(root) -> str:
    """The summary of the one finding."""
    with pytest.raises(MeshformError) as caught:
        load_mesh(Settings(), root)
    (finding,) = caught.value.findings
    assert finding.code == "MF331"
    assert finding.place.file == (root / "pyproject.toml").as_posix()
    assert finding.allowed == '[tool.meshform] mesh = "module:function"'
    return finding.summary.removeprefix("the mesh cannot be loaded: ")


def test_the_function_that_the_project_names_declares_the_mesh(project):
    """On the day of the run."""
    spec = load_mesh(Settings(today=date(2030, 1, 1)), project())
    assert (spec.name, spec.today) == ("loaded", date(2030, 1, 1))


def test_a_module_that_is_not_there_is_told(project):
    """MF331 names the module."""
    assert refused(project("no_such_module_here:declare")) == "there is no module 'no_such_module_here' here"


@pytest.mark.parametrize("name", ["missing", "number"])
def test_a_function_that_is_not_there_is_told(project, name):
    """MF331 for a missing name, and for one that is no function."""
    assert refused(project("{module}:" + name)).endswith(f"has no function {name!r}")


def test_a_function_that_returns_no_mesh_is_told(project):
    """MF331 says what it returns."""
    assert refused(project("{module}:nothing")) == "the function returns NoneType, not a Mesh"


@pytest.mark.parametrize("text", ["[tool", "\xff"])
def test_a_project_file_that_cannot_be_read_is_told(project, text):
    """MF331 with the reader's words."""
    root = project()
    (root / "pyproject.toml").write_bytes(text.encode("latin-1"))
    assert refused(root).startswith("pyproject.toml cannot be read: ")


@pytest.mark.parametrize("text", ["", "tool = 3", "[tool.other]\nmesh = 3"])
def test_a_project_that_names_no_function_has_the_usual_one(project, text):
    """`domains:declare`, here that of the example."""
    domains = import_module("domains")
    assert load_mesh(Settings(), project(None, text)).name == "mesh"
    assert sys.modules["domains"] is domains


@pytest.mark.parametrize("value", ["3", '"domains"', '":declare"', '".x:y"', '"a b:c"', '"a:b:c"', "{}"])
def test_a_setting_that_names_no_function_is_told(project, value):
    """MF331 instead of a traceback of the import system."""
    assert refused(project(None, f"[tool.meshform]\nmesh = {value}")).endswith(" names no function")


def test_a_library_that_the_users_code_lacks_is_not_hidden(project):
    """The user's own import error keeps its traceback."""
    root = project()
    next(root.glob("mesh_of_*.py")).write_text("import no_such_library_at_all\n")
    with pytest.raises(ModuleNotFoundError, match="no_such_library_at_all"):
        load_mesh(Settings(), root)
