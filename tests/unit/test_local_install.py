# SPDX-License-Identifier: Apache-2.0
"""Installing the stand-in provider."""

import os
import subprocess
import sys
from hashlib import sha256

from meshform.local.install import SOURCE, install, terraform_environment
from meshform.toolchain import Layout


def launchers(root):
    """Every file in a mirror."""
    return [path for path in Layout(root).mirror.rglob("*") if path.is_file()]


def test_the_launcher_is_the_same_on_every_machine(tmp_path):
    """It holds no path, or a committed lock file would not fit the next machine."""
    one, other = tmp_path / "one", tmp_path / "other place"
    install(one)
    install(other)
    (launcher,), (twin,) = launchers(one), launchers(other)
    assert launcher.read_bytes() == twin.read_bytes()
    assert launcher.read_text().startswith("#!/bin/sh\n")
    assert launcher.read_text().endswith("\nexec meshform provider\n")
    assert str(tmp_path) not in launcher.read_text()
    assert launcher.name == "terraform-provider-databricks_v1.128.0"
    assert os.access(launcher, os.X_OK)
    assert SOURCE in launcher.as_posix()


def test_the_launcher_never_changes(tmp_path):
    """Lock files of deployed stacks hold its digest: another launcher needs another provider version."""
    install(tmp_path)
    (launcher,) = launchers(tmp_path)
    digest = "4e5e3835c12aebbb9e138dbc1484ef79972acf1e3acc894ec9ec21dd66866ce5"
    assert sha256(launcher.read_bytes()).hexdigest() == digest


def test_installing_again_changes_nothing(tmp_path):
    """What is there and right is not written again; what was damaged is."""
    install(tmp_path)
    (launcher,) = launchers(tmp_path)
    before = launcher.stat().st_mtime_ns
    assert install(tmp_path) == tmp_path / ".meshform" / "mirror"
    assert launcher.stat().st_mtime_ns == before
    launcher.chmod(0o600)
    launcher.write_text("broken")
    install(tmp_path)
    assert launcher.read_text().startswith("#!/bin/sh")
    assert os.access(launcher, os.X_OK)
    assert sorted(path.name for path in (tmp_path / ".meshform").iterdir()) == ["mirror", "terraformrc"]


def test_the_configuration_sends_only_the_stand_in_to_the_mirror(tmp_path):
    """Other providers come from their registries as always; odd characters in the path are escaped."""
    root = tmp_path / 'a "b" ${c}'
    install(root)
    text = (root / ".meshform" / "terraformrc").read_text()
    assert 'a \\"b\\" $${c}/.meshform/mirror"' in text
    assert 'exclude = ["meshform.local/*/*"]' in text
    environment = terraform_environment(root)
    assert environment["CHECKPOINT_DISABLE"] == "1"
    assert environment["TF_CLI_CONFIG_FILE"] == str(root / ".meshform" / "terraformrc")
    assert environment["TF_CLI_ARGS_providers_lock"].startswith("-fs-mirror=")


def run_by_hand(prelude=""):
    """`meshform provider` without Terraform's cookie."""
    code = f"import sys; {prelude}sys.argv = ['meshform', 'provider']; from meshform.cli import main; main()"
    environment = {key: value for key, value in os.environ.items() if key != "TF_PLUGIN_MAGIC_COOKIE"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_the_provider_refuses_to_run_by_hand():
    """Without Terraform's cookie it says who starts it, and ends as wrong use of the command line."""
    done = run_by_hand()
    assert done.returncode == 2
    assert "Terraform starts it" in done.stderr


def test_missing_libraries_are_named_where_terraform_shows_it():
    """Without the `local` extra its first line of output says what to install."""
    done = run_by_hand("sys.modules['grpc'] = sys.modules['msgpack'] = None; ")
    assert done.returncode == 1
    assert done.stdout == "the local workspace needs grpc, msgpack: pip install 'meshform[local]'\n"
