# SPDX-License-Identifier: Apache-2.0
"""Finding the mesh of the folder that a command is run in."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.near import did_you_mean, one_of
from meshform.settings import Settings
from meshform.toolchain import Layout
from meshform.toolchain.environment import settings

DEFAULT = "domains:declare"
_TARGET = re.compile(r"\w+(\.\w+)*:\w+")


def load_mesh(run: Settings, root: Path | None = None) -> MeshSpec:
    """Declare the mesh that the project's `pyproject.toml` names, without cdktf.

    `[tool.meshform] mesh = "module:function"`, by default `domains:declare`: a function that takes a scope
    and returns a Mesh.

    Args:
        run: the day on which the mesh is evaluated.
        root: folder of the project. Default: the working folder.

    Raises:
        MeshformError: MF331 when there is no such module or function, or what it returns is no Mesh; MF802
            when there is no Node to start; and whatever the declarations raise.
    """
    root = (root or Path.cwd()).absolute()
    _prepare_node(root)
    from meshform.bridge import RootConstruct, settle
    from meshform.mesh import Mesh

    mesh = _function(root)(RootConstruct())
    settle()
    if not isinstance(mesh, Mesh):
        raise _error(
            root, f"the function returns {type(mesh).__name__}, not a Mesh", "return the mesh from it"
        )
    return run.apply(mesh.spec)


def require_domain(mesh: MeshSpec, name: str) -> None:
    """Refuse the name of a domain that the mesh does not have.

    Raises:
        MeshformError: MF332, with the nearest name.
    """
    names = [domain.name for domain in mesh.domains]
    if name not in names:
        raise MeshformError(
            Finding(
                code="MF332",
                summary="the mesh has no domain of that name",
                got=name,
                allowed=one_of(names),
                fix=did_you_mean(name, names),
            )
        )


def _prepare_node(root: Path) -> None:
    """Let the constructs start the project's Node, without its notices, also where env.sh was not read."""
    layout = Layout(root)
    for name, value in settings(layout).items():
        if name.startswith("JSII_") and (name != "JSII_NODE" or layout.node.exists()):
            os.environ.setdefault(name, value)


def _function(root: Path) -> Callable[[Any], object]:
    target = _configured(root)
    module_name, _, name = target.partition(":")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the user's own code imports something that is missing: their traceback says what
        raise _error(
            root, f"there is no module {module_name!r} here", "run it in the project's folder"
        ) from None
    function = getattr(module, name, None)
    if not callable(function):
        raise _error(
            root, f"module {module_name!r} has no function {name!r}", "correct `mesh` in [tool.meshform]"
        )
    return function  # type: ignore[no-any-return]


def _configured(root: Path) -> str:
    path = root / "pyproject.toml"
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return DEFAULT
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _error(root, f"pyproject.toml cannot be read: {error}", "correct it") from None
    tool = project.get("tool", {})
    settings = tool.get("meshform", {}) if isinstance(tool, dict) else {}
    target = settings.get("mesh", DEFAULT) if isinstance(settings, dict) else settings
    if not isinstance(target, str) or not _TARGET.fullmatch(target):
        raise _error(root, f"{target!r} names no function", "write the module and the function")
    return target


def _error(root: Path, summary: str, fix: str) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF331",
            summary=f"the mesh cannot be loaded: {summary}",
            place=Place(file=(root / "pyproject.toml").as_posix()),
            allowed='[tool.meshform] mesh = "module:function"',
            fix=fix,
        )
    )
