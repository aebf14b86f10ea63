# SPDX-License-Identifier: Apache-2.0
"""The environment that cdktf, Terraform and jsii need, and the small files behind it.

Two kinds of settings are told apart. What always holds is exported by `.meshform/env.sh`. What holds only in
the environment `local` is set by the wrapper `.meshform/bin/terraform` at each call, since the user may
change MESHFORM_ENV at any time, and the settings for another environment (a private mirror, credentials) are
the user's own.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from meshform.toolchain.layout import Layout, cache_folder
from meshform.toolchain.tools import Tool, library_command


def settings(layout: Layout) -> dict[str, str]:
    """The variables that always hold, PATH and the environment's name apart."""
    return {
        # Terraform and cdktf call home unless told not to.
        "CHECKPOINT_DISABLE": "1",
        "TERRAFORM_BINARY_NAME": str(layout.terraform),
        # cdktf makes both in the home folder otherwise; a plugin cache is not safe with stacks in parallel.
        "CDKTF_HOME": str(layout.cdktf_home),
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
        "npm_config_cache": str(cache_folder() / "npm"),
        "JSII_NODE": str(layout.node),
        # `meshform doctor` says which Node fits; jsii would fill the screen at every start.
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20,22",
    }


def path_folders(layout: Layout) -> list[Path]:
    """What goes before PATH."""
    return [layout.bin, layout.venv / "bin", layout.cdktf.parent]


def commands_environment(layout: Layout, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for starting cdktf or Terraform from Python; MESHFORM_ENV stays what it is."""
    folders = [str(folder) for folder in path_folders(layout)]
    rest = [
        folder for folder in environ.get("PATH", "").split(os.pathsep) if folder and folder not in folders
    ]
    path = os.pathsep.join([*folders, *rest])
    return {"MESHFORM_ENV": "local", **environ, **settings(layout), "PATH": path}


def env_script(layout: Layout) -> str:
    """The text of `.meshform/env.sh`, for sh, bash, zsh and dash."""
    lines = [
        "# Written by `meshform env --write`. Read it with: . .meshform/env.sh",
        "# Settings for the environment `local` are in .meshform/bin/terraform.",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings(layout).items()),
        'export MESHFORM_ENV="${MESHFORM_ENV:-local}"',
    ]
    # Shell start files may have put others before: ours go to the front again unless they are there.
    ours = shlex.quote("".join(f"{folder}:" for folder in path_folders(layout)))
    lines.append(f'case "$PATH" in {ours}*) ;; *) PATH={ours}"$PATH" ;; esac')
    return "\n".join([*lines, "export PATH", ""])


def local_settings(layout: Layout) -> dict[str, str]:
    """The variables with which Terraform finds the local workspace's provider, and looks nowhere else.

    `terraform providers lock`, which cdktf runs, does not read the settings file's mirror, so it is told.
    """
    mirror = shlex.quote(str(layout.mirror))  # Terraform splits it as a shell does
    return {
        "TF_CLI_CONFIG_FILE": str(layout.terraformrc),
        "TF_CLI_ARGS_providers_lock": f"-fs-mirror={mirror}",
    }


def terraform_wrapper(layout: Layout, command: list[str]) -> str:
    """The text of the wrapper that cdktf runs as Terraform.

    The local settings hold in the environment `local` only.
    """
    return "\n".join(
        [
            "#!/bin/sh",
            "# Written by `meshform env --write`: Terraform as this project runs it.",
            'if [ "${MESHFORM_ENV:-local}" = local ]; then',
            *(f"    export {name}={shlex.quote(value)}" for name, value in local_settings(layout).items()),
            "fi",
            f'exec {shlex.join(command)} "$@"',
            "",
        ]
    )


def wrapped_command(wrapper: str) -> list[str]:
    """The command in the text of a wrapper; empty when the text is not one."""
    last = wrapper.rstrip().rpartition("\n")[2]
    return shlex.split(last)[1:-1] if last.startswith("exec ") and last.endswith('"$@"') else []


def write_shims(layout: Layout, node: Tool, terraform: Tool) -> None:
    """Writes `.meshform/bin`, the record of the choice and `.meshform/env.sh`, where they differ."""
    layout.bin.mkdir(parents=True, exist_ok=True)
    layout.cdktf_home.mkdir(exist_ok=True)
    _link(layout.node, node.path)
    write_text(layout.terraform, terraform_wrapper(layout, terraform_command(layout, terraform)), mode=0o755)
    chosen = {"node": str(node.path), "terraform": str(terraform.path)}
    write_text(layout.tools, json.dumps(chosen, indent=2) + "\n")
    write_text(layout.env_script, env_script(layout))


def terraform_command(layout: Layout, terraform: Tool) -> list[str]:
    """How to start it: the executable, or the library through Python."""
    return library_command(layout) if terraform.path.is_dir() else [str(terraform.path)]


def write_text(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replaces a file whole, or leaves it when it holds the text and has the mode already."""
    is_ours = path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o777 == mode
    if is_ours and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(path)


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.symlink_to(target)
    fresh.replace(path)
