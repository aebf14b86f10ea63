# SPDX-License-Identifier: Apache-2.0
"""`meshform provider-facts`: learn what Meshform must know of a version of the Databricks provider."""

from __future__ import annotations

import json
import lzma
import re
from pathlib import Path

import click

_SOURCE = "databricks/databricks"  # Terraform writes its registry's host before it; nothing reads that
_VERSION = re.compile(r"\d+\.\d+\.\d+")


@click.command(name="provider-facts")
@click.argument("binary", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the two files."
)
@click.option("--version", help="Version of the provider. Default: as the binary's name says.")
@click.option(
    "--type", "only", multiple=True, help="Learn plan facts of this resource type only; may be repeated."
)
def command(binary: Path, out: Path, version: str | None, only: tuple[str, ...]) -> None:
    """Ask BINARY, a terraform-provider-databricks, for its schema, and learn from its plans.

    Writes schema-VERSION.json.xz and plan-facts-VERSION.json, in a few minutes. Nothing is created: the
    binary gets a host on this machine that has nothing, and no credentials. To package the facts of a new
    version, write into constructs/meshform/terraform/facts, set VERSION in provider_facts.py, look through
    the difference, and add new formats of ids to ids.json by hand.
    """
    from meshform.local.probe import learn_plan_facts
    from meshform.local.provider_process import start

    found = version or (_VERSION.findall(binary.name) or [""])[-1]
    if not _VERSION.fullmatch(found):
        raise click.UsageError("the binary's name does not tell its version: give --version, such as 1.128.0")
    with start(binary) as provider:
        document = {"format_version": "1.0", "provider_schemas": {_SOURCE: provider.schema}}
        types = provider.schema["resource_schemas"]
        if unknown := sorted(set(only) - set(types)):
            raise click.UsageError(f"the provider has no resource type {unknown[0]!r}")
        with click.progressbar(length=len(only or types), label="Resource types") as bar:
            facts = learn_plan_facts(provider, only or None, progress=lambda: bar.update(1))
    packed = lzma.compress(
        json.dumps(document, separators=(",", ":")).encode(), preset=9 | lzma.PRESET_EXTREME
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / f"schema-{found}.json.xz").write_bytes(packed)
    (out / f"plan-facts-{found}.json").write_text(json.dumps(facts, indent=0, sort_keys=True) + "\n")
    click.echo(f"Wrote the facts of provider {found}, {len(types)} resource types, to {out}.")
