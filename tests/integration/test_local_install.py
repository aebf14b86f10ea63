# SPDX-License-Identifier: Apache-2.0
"""The real Terraform finds the stand-in provider where `install` puts it."""

import json
import os
import shutil
import subprocess

from meshform.local.install import SOURCE, install, terraform_environment

TERRAFORM = shutil.which(os.environ.get("TERRAFORM_BINARY_NAME", "terraform")) or "terraform"


def test_terraform_finds_it_in_a_folder_with_spaces(tmp_path):
    """`init` and `providers lock` work offline with the variables as they are, whatever the path holds."""
    root = tmp_path / "my 'mesh'"
    install(root)
    configuration = {"terraform": {"required_providers": {"databricks": {"source": SOURCE}}}}
    (root / "main.tf.json").write_text(json.dumps(configuration))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **terraform_environment(root)}
    for arguments in (["init", "-backend=false"], ["providers", "lock"]):
        done = subprocess.run(
            [TERRAFORM, *arguments], cwd=root, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert SOURCE in (root / ".terraform.lock.hcl").read_text()


def test_a_missing_command_is_named(tmp_path):
    """Where `meshform` is not on PATH, Terraform's error says so."""
    install(tmp_path)
    configuration = {"terraform": {"required_providers": {"databricks": {"source": SOURCE}}}}
    (tmp_path / "main.tf.json").write_text(json.dumps(configuration))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **terraform_environment(tmp_path)}
    for arguments in (["init", "-backend=false"], ["providers", "schema", "-json"]):
        done = subprocess.run(
            [TERRAFORM, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
    assert done.returncode == 1
    assert "the command meshform is not on PATH" in done.stderr.replace("\n", " ")
