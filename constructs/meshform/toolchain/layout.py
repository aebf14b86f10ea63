# SPDX-License-Identifier: Apache-2.0
"""Where the tool chain keeps its things: in the project's folder and in the user's cache folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from meshform.toolchain.problem import ToolProblem


def find_root(start: Path | None = None) -> Path:
    """The project's folder: the nearest one from `start` (default: the current folder) up with a cdktf.json.

    Raises:
        ToolProblem: MF801 when there is none.
    """
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "cdktf.json").is_file():
            return folder
    raise ToolProblem(
        "MF801",
        "this is not the folder of a mesh: there is no cdktf.json here or above",
        got=str(start),
        fix="change to the folder that holds cdktf.json",
    )


class Layout:
    """The paths of the tool chain of one project.

    Attributes:
        root: the project's folder, absolute.
        state: what is made and never committed; `make clean` and git leave its parents alone.
        bin: the commands `node` and `terraform` as chosen for this project; first on PATH.
        terraform: the wrapper that cdktf runs as Terraform.
        env_script: what `. .meshform/env.sh` reads.
        tools: the chosen tools, JSON.
        mirror: the filesystem mirror with the local workspace's provider.
        terraformrc: Terraform's settings for the local environment.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.state = self.root / ".meshform"
        self.bin = self.state / "bin"
        self.node = self.bin / "node"
        self.terraform = self.bin / "terraform"
        self.env_script = self.state / "env.sh"
        self.tools = self.state / "tools.json"
        self.mirror = self.state / "mirror"
        self.terraformrc = self.state / "terraformrc"
        self.cdktf_home = self.state / "cdktf"
        self.venv = self.root / ".venv"
        self.node_modules = self.root / "node_modules"
        self.cdktf = self.node_modules / ".bin" / "cdktf"


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Meshform's part of the user's cache folder: in XDG_CACHE_HOME when that is absolute, else ~/.cache."""
    base = environ.get("XDG_CACHE_HOME", "")
    home = Path(environ.get("HOME") or Path.home())
    return (Path(base) if Path(base).is_absolute() else home / ".cache") / "meshform"
