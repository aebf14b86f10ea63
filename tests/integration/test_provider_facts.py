# SPDX-License-Identifier: Apache-2.0
"""Learning the facts of a provider from its binary; here from the local workspace's own provider."""

import json
import lzma
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from meshform.cli.provider_facts import command
from meshform.local.probe import learn_plan_facts
from meshform.local.provider_process import start
from meshform.model.findings import MeshformError
from meshform.terraform.provider_facts import plan_facts, schema

MESHFORM = Path(sys.executable).parent / "meshform"
TYPES = [
    "databricks_alert_v2",
    "databricks_catalog",
    "databricks_grants",
    "databricks_sql_table",
    "databricks_volume",
]


def _executable(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def binary(tmp_path, monkeypatch) -> Path:
    """The local workspace's provider as a binary."""
    monkeypatch.setenv("MESHFORM_LOCAL_STORE", str(tmp_path / "store.sqlite3"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return _executable(
        tmp_path / "terraform-provider-databricks_v1.128.0", f"exec {shlex.quote(str(MESHFORM))} provider"
    )


def test_a_provider_tells_its_own_schema(binary):
    """The schema that a provider answers with is, decoded, the packaged one."""
    with start(binary) as provider:
        assert provider.schema == schema()


def test_plan_facts_are_learned_from_plans(binary):
    """Defaults, unknown blocks, force-new and kept paths, framework types: all as the provider has them."""
    with start(binary) as provider:
        learned = learn_plan_facts(provider, TYPES)
    packaged = plan_facts()
    for part in ("defaults", "force_new", "kept", "unknown"):
        assert learned[part] == {name: packaged[part][name] for name in TYPES if name in packaged[part]}, part
    assert learned["framework"] == [name for name in TYPES if name in packaged["framework"]]


def test_one_command_writes_both_files(binary, tmp_path):
    """The files are named after the version in the binary's name and read like the packaged ones."""
    out = tmp_path / "facts"
    result = CliRunner().invoke(command, [str(binary), "--out", str(out), "--type", "databricks_volume"])
    assert result.exit_code == 0, result.output
    assert f"Wrote the facts of provider 1.128.0, 175 resource types, to {out}." in result.output
    document = json.loads(lzma.decompress((out / "schema-1.128.0.json.xz").read_bytes()))
    assert list(document["provider_schemas"].values()) == [schema()]
    facts = json.loads((out / "plan-facts-1.128.0.json").read_text())
    assert facts["force_new"] == {"databricks_volume": plan_facts()["force_new"]["databricks_volume"]}
    again = CliRunner().invoke(command, [str(binary), "--out", str(out), "--type", "databricks_volum"])
    assert again.exit_code == 2
    assert "the provider has no resource type 'databricks_volum'" in again.output


def test_the_version_must_be_known(tmp_path):
    """A binary whose name has no version needs the option."""
    result = CliRunner().invoke(
        command, [str(_executable(tmp_path / "provider", "exit 1")), "--out", str(tmp_path)]
    )
    assert result.exit_code == 2
    assert "give --version" in result.output


@pytest.mark.parametrize(("script", "got"), [("echo hello", "hello"), ("exit 1", "no answer")])
def test_another_program_is_no_provider(tmp_path, script, got):
    """A binary that does not speak the plugin protocol is an error that shows what it said."""
    with pytest.raises(MeshformError) as caught, start(_executable(tmp_path / "other", script)):
        pass
    (finding,) = caught.value.findings
    assert (finding.code, finding.got) == ("MF661", got)
    assert finding.summary == "the binary does not start as a Terraform provider of protocol 6"
