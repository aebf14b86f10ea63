# SPDX-License-Identifier: Apache-2.0
"""Installs the stand-in provider where Terraform finds it: a filesystem mirror and a CLI configuration."""

from __future__ import annotations

import platform
from pathlib import Path

from meshform.terraform.provider_facts import VERSION
from meshform.toolchain import Layout
from meshform.toolchain.environment import local_settings, write_text

SOURCE = "meshform.local/databricks/databricks"
"""Source address of the stand-in. No registry serves it, so it is never taken for the real provider."""

# Byte-identical on every machine, or a committed lock file would not fit the next one: it holds no path.
# Terraform shows what a provider prints before it answers, so that is where to say what is missing.
_LAUNCHER = """\
#!/bin/sh
command -v meshform >/dev/null || { echo "the command meshform is not on PATH; see make help"; exit 1; }
exec meshform provider
"""
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def install(root: Path) -> Path:
    """Write `.meshform/mirror` and `.meshform/terraformrc` below a folder, each only when it differs.

    Args:
        root: the app's folder, the one with `cdktf.json`.

    Returns:
        The absolute path of the mirror.
    """
    layout = Layout(root)
    # cdktf always locks for linux_amd64 as well as for the machine.
    for platform_name in {_platform(), "linux_amd64"}:
        folder = layout.mirror / SOURCE / VERSION / platform_name
        write_text(folder / f"terraform-provider-databricks_v{VERSION}", _LAUNCHER, mode=0o755)
    write_text(layout.terraformrc, _configuration(layout.mirror))
    return layout.mirror


def terraform_environment(root: Path) -> dict[str, str]:
    """The variables that Terraform needs to find the stand-in, and to look nowhere else."""
    return {**local_settings(Layout(root)), "CHECKPOINT_DISABLE": "1"}


def _configuration(mirror: Path) -> str:
    path = str(mirror).replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f"""\
provider_installation {{
  filesystem_mirror {{
    path    = "{path}"
    include = ["meshform.local/*/*"]
  }}
  direct {{
    exclude = ["meshform.local/*/*"]
  }}
}}
"""


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"
