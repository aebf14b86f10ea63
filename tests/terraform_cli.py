# SPDX-License-Identifier: Apache-2.0
"""The real Terraform CLI in a folder, against a store of the local workspace."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from meshform.local.install import SOURCE, terraform_environment
from meshform.local.store import Store

BIN = Path(sys.executable).parent  # holds the `meshform` command, which Terraform starts as its provider

TERRAFORM = os.environ.get("TERRAFORM_BINARY_NAME", "terraform")


class Terraform:
    """Terraform in one folder, with a store of the local workspace that several folders may share."""

    def __init__(self, folder: Path, store: Path, installed: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.installed = installed
        self.configuration = "\0"  # until `write`
        self.store = Store(store)
        self.env = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("TF_", "DATABRICKS_"))},
            **terraform_environment(installed),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "MESHFORM_LOCAL_STORE": str(store),
            "XDG_CACHE_HOME": str(installed / "cache"),
            "TF_IN_AUTOMATION": "1",
        }

    def write(self, **blocks) -> None:
        """Write the configuration: `resource={type: {name: body}}`, `data=...`, `import_=[...]`."""
        document = {
            "terraform": {
                "required_providers": {"databricks": {"source": SOURCE, "version": ">= 1.128, < 2"}}
            },
            "provider": {"databricks": [{}]},
            **{key.rstrip("_"): value for key, value in blocks.items()},
        }
        self.configuration = json.dumps(document)
        (self.folder / "main.tf.json").write_text(self.configuration)

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Terraform; its output goes to pipes."""
        return subprocess.Popen(
            [TERRAFORM, *arguments],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run Terraform to its end; returns all its output on one line, so that no message is wrapped."""
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=300)
        assert process.returncode == code, (output + errors).replace(self.configuration, "...")
        return " ".join((output + errors).replace("│", " ").split())

    def init(self) -> None:
        """Install the provider; the first init of the test run is kept and copied."""
        kept = self.installed / "initialised"
        if not kept.exists():
            self.run("init", "-no-color", "-input=false")
            shutil.copytree(self.folder / ".terraform", kept / ".terraform", symlinks=True)
            shutil.copy(self.folder / ".terraform.lock.hcl", kept)
        else:
            shutil.copytree(kept, self.folder, symlinks=True, dirs_exist_ok=True)

    def copy_of(self, other: "Terraform") -> None:
        """Become what another Terraform is now: its folder and its workspace."""
        shutil.copytree(other.folder, self.folder, symlinks=True, dirs_exist_ok=True)
        self.store.path.parent.mkdir(parents=True, exist_ok=True)
        with (
            closing(sqlite3.connect(other.store.path)) as source,
            closing(sqlite3.connect(self.store.path)) as to,
        ):
            source.backup(to)

    def apply(self, code: int = 0) -> str:
        return self.run("apply", "-no-color", "-input=false", "-auto-approve", code=code)

    def destroy(self, code: int = 0) -> str:
        return self.run("destroy", "-no-color", "-input=false", "-auto-approve", code=code)

    def plan(self, code: int = 0) -> str:
        """Plan; exit code 0 means no changes, 2 means changes."""
        return self.run("plan", "-no-color", "-input=false", "-detailed-exitcode", code=code)

    def state(self) -> dict[str, dict]:
        """Attributes by address, of what the state holds."""
        shown = json.loads(self.run("show", "-json"))
        resources = shown.get("values", {}).get("root_module", {}).get("resources", [])
        return {resource["address"]: resource["values"] for resource in resources}


def live_through(stacks: list[Terraform]) -> None:
    """The rest of the life of applied stacks: the second plans are empty, and a destroy leaves nothing."""
    for stack in stacks:
        assert "No changes." in stack.plan()
    for stack in reversed(stacks):
        stack.destroy()
    with closing(sqlite3.connect(stacks[0].store.path)) as objects:
        kinds = {kind for (kind,) in objects.execute("SELECT DISTINCT kind FROM object")}
    assert {
        kind for kind in kinds if kind.startswith("databricks_") or kind in ("table", "function")
    } == set()
