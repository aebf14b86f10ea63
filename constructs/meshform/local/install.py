# SPDX-License-Identifier: Apache-2.0
"""Installs the stand-in provider where Terraform finds it: a filesystem mirror and a CLI configuration."""

from __future__ import annotations

import platform
import shlex
import tempfile
from pathlib import Path

from meshform.terraform.provider_facts import VERSION

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
    folder = root.absolute() / ".meshform"
    mirror = mirror_folder(root)
    # cdktf always locks for linux_amd64 as well as for the machine.
    for platform_name in {_platform(), "linux_amd64"}:
        launcher = mirror / SOURCE / VERSION / platform_name / f"terraform-provider-databricks_v{VERSION}"
        _write(launcher, _LAUNCHER, 0o755)
    _write(folder / "terraformrc", _configuration(mirror), 0o644)
    return mirror


def mirror_folder(root: Path) -> Path:
    """Where the mirror of an app is."""
    return root.absolute() / ".meshform" / "mirror"


def terraform_environment(root: Path) -> dict[str, str]:
    """The variables that Terraform needs to find the stand-in, and to look nowhere else.

    `terraform providers lock`, which cdktf runs, does not read the configuration's mirror, so it is told.
    """
    return {
        "TF_CLI_CONFIG_FILE": str(root.absolute() / ".meshform" / "terraformrc"),
        "TF_CLI_ARGS_providers_lock": f"-fs-mirror={shlex.quote(str(mirror_folder(root)))}",
        "CHECKPOINT_DISABLE": "1",
    }


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


def _write(path: Path, content: str, mode: int) -> None:
    if path.is_file() and path.read_text() == content and path.stat().st_mode & 0o777 == mode:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".new-", delete=False) as scratch:
        scratch.write(content)
    Path(scratch.name).chmod(mode)
    Path(scratch.name).replace(path)
