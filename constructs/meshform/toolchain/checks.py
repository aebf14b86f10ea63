# SPDX-License-Identifier: Apache-2.0
"""What `meshform doctor` looks at: each check says what it found, or what is wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from meshform.toolchain.environment import (
    commands_environment,
    env_script,
    terraform_wrapper,
    wrapped_command,
)
from meshform.toolchain.layout import Layout
from meshform.toolchain.problem import ToolProblem
from meshform.toolchain.tools import (
    NODE_ALLOWED,
    TERRAFORM_ALLOWED,
    ask_node,
    ask_terraform,
    find_node,
    find_terraform,
)

CDKTF_VERSION = "0.21"
_SET_UP = "run `make setup`"

Check = Callable[[Layout, Mapping[str, str]], str]


def check_python(_layout: Layout, _environ: Mapping[str, str]) -> str:
    """The Python that runs this; an older one than 3.11 could not have installed Meshform."""
    return f"Python {platform.python_version()} ({sys.executable})"


def check_environment(layout: Layout, environ: Mapping[str, str]) -> str:
    """MF808: what `make setup` writes is there, as it should be, and this shell has read it."""
    try:
        written = layout.env_script.read_text(encoding="utf-8")
        wrapper = layout.terraform.read_text(encoding="utf-8")
    except OSError as error:
        raise ToolProblem(
            "MF808", "the environment is not set up", got=f"no {error.filename}", fix=_SET_UP
        ) from error
    if written != env_script(layout) or wrapper != terraform_wrapper(layout, wrapped_command(wrapper)):
        raise ToolProblem(
            "MF808",
            "the environment was written by another version, or for another folder",
            got=str(layout.env_script),
            fix=_SET_UP,
        )
    if environ.get("TERRAFORM_BINARY_NAME") != str(layout.terraform):
        raise ToolProblem(
            "MF808",
            "this shell has not read the environment, so cdktf would run another Terraform",
            got=f"TERRAFORM_BINARY_NAME is {environ.get('TERRAFORM_BINARY_NAME') or 'not set'}",
            allowed=str(layout.terraform),
            fix="run `. .meshform/env.sh`, or `make shell`",
        )
    return f"environment {environ.get('MESHFORM_ENV') or 'local'} ({layout.env_script})"


def check_node(layout: Layout, environ: Mapping[str, str]) -> str:
    """MF802: the Node of this project starts, and cdktf runs on it."""
    node = ask_node(layout.node, environ) if layout.node.exists() else find_node(layout, environ)
    if node is None or not node.fits:
        raise ToolProblem(
            "MF802",
            "cdktf does not run on this Node",
            got=str(node) if node else f"{layout.node} does not start",
            allowed=NODE_ALLOWED,
            fix="run `make setup`, which chooses one that fits",
        )
    return f"{node} -> {layout.node.resolve()}" if layout.node.is_symlink() else str(node)


def check_jsii(layout: Layout, environ: Mapping[str, str]) -> str:
    """MF810: jsii, which cdktf's Python side speaks to Node through, starts."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import constructs; print(constructs.__file__)"],
        check=False,
        env=commands_environment(layout, environ),
        cwd=os.sep,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ToolProblem("MF810", "jsii does not start", got=last, fix=_SET_UP)
    return "jsii starts"


def check_cdktf(layout: Layout, _environ: Mapping[str, str]) -> str:
    """MF803: the cdktf command line is installed in the version that the app was written for."""
    manifest = layout.node_modules / "cdktf-cli" / "package.json"
    try:
        version = str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError) as error:
        raise ToolProblem("MF803", "the cdktf command line is not installed", fix=_SET_UP) from error
    if not version.startswith(f"{CDKTF_VERSION}."):
        raise ToolProblem(
            "MF803",
            "the cdktf command line has another version",
            got=version,
            allowed=f"{CDKTF_VERSION}.x",
            fix="restore package-lock.json and run `make setup`",
        )
    return f"cdktf {version} ({layout.cdktf})"


def check_terraform(layout: Layout, environ: Mapping[str, str]) -> str:
    """MF804: the Terraform of this project starts and is new enough."""
    if not layout.terraform.exists():
        return str(find_terraform(layout, environ))
    tool = ask_terraform([str(layout.terraform)], layout.terraform, environ)
    if tool is None or not tool.fits:
        raise ToolProblem(
            "MF804",
            "this Terraform does not fit",
            got=str(tool) if tool else f"{layout.terraform} does not start",
            allowed=TERRAFORM_ALLOWED,
            fix="install one on PATH, or let TERRAFORM_BINARY_NAME name one, and run `make setup`",
        )
    return f"{tool} -> {' '.join(wrapped_command(layout.terraform.read_text(encoding='utf-8')))}"


def lock_files(layout: Layout) -> Iterator[tuple[Path, str]]:
    """Each stack's lock file that names the stand-in provider, with its block about it."""
    for path in sorted(layout.root.glob("cdktf.out/stacks/*/.terraform.lock.hcl")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found = re.search(r'^provider "meshform\.local/[^"]+" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL)
        if found:
            yield path, found.group(1)


def package_hash(folder: Path) -> str:
    """Terraform's `h1:` hash of an unpacked provider package (Go's dirhash, version 1)."""
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    lines = "".join(f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names)
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def check_packages(layout: Layout, _environ: Mapping[str, str]) -> str:
    """MF811: the Python packages are those of the lock file."""
    lock = layout.root / "requirements" / "dev.txt"
    if not lock.is_file():
        return "Python packages: this project has no lock file to compare them with"
    pinned = re.findall(r"^([\w.-]+)==(\S+)( ;)?", lock.read_text(encoding="utf-8"), re.MULTILINE)
    wrong = []
    for name, version, conditional in pinned:
        installed = _installed(name)
        if installed != version and not (installed is None and conditional):
            wrong.append(f"{name} {installed or 'is missing'}, pinned {version}")
    if wrong:
        raise ToolProblem(
            "MF811",
            "the Python packages are not those of requirements/dev.txt",
            got="; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""),
            fix="remove .venv and run `make setup`",
        )
    return f"{len(pinned)} Python packages as pinned in {lock.relative_to(layout.root)}"


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


CHECKS: tuple[Check, ...] = (
    check_python,
    check_packages,
    check_environment,
    check_node,
    check_jsii,
    check_cdktf,
    check_terraform,
)
