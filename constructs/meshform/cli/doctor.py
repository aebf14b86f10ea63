# SPDX-License-Identifier: Apache-2.0
"""`meshform doctor`: is everything there that a deployment needs, and does it fit together."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from meshform.cli.output import print_findings
from meshform.cli.tool_findings import as_finding, as_findings
from meshform.local.install import SOURCE, install
from meshform.model.findings import Finding, MeshformError, Place, Severity
from meshform.model.printable import printable
from meshform.terraform.provider_facts import VERSION
from meshform.terraform.version_constraint import Version, lowest_allowed
from meshform.toolchain import Layout, ToolProblem, find_root
from meshform.toolchain.checks import CHECKS, lock_files, package_hash

_FACTS = Version(*map(int, VERSION.split(".")))


@click.command("doctor")
def command() -> None:
    """Check the tools and how they fit together; exit 1 when something is wrong.

    It looks at Python and its packages, Node, jsii, cdktf, Terraform, the local workspace's provider, and at
    the lock files and provider versions of the stacks in cdktf.out. It changes nothing.
    """
    with as_findings():
        layout = Layout(find_root())
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            click.echo(f"ok  {printable(check(layout, os.environ))}")
        except ToolProblem as problem:
            findings.append(as_finding(problem))
    for found in (_mirror(layout), _locks(layout), _constraints(layout)):
        for item in found:
            if isinstance(item, Finding):
                findings.append(item)
            else:
                click.echo(f"ok  {printable(item)}")
    print_findings(findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise SystemExit(1)


def _expected() -> dict[str, str]:
    """The hash of each package that belongs into the mirror, by its path in it."""
    with tempfile.TemporaryDirectory() as scratch:
        # The text of the settings file names the folder; the packages do not.
        mirror = install(Path(scratch))
        return {
            folder.relative_to(mirror).as_posix(): package_hash(folder)
            for folder in sorted((mirror / SOURCE / VERSION).iterdir())
        }


def _mirror(layout: Layout) -> Iterator[Finding | str]:
    mirror = layout.mirror
    wrong = [
        path
        for path, expected in _expected().items()
        if not (mirror / path).is_dir() or package_hash(mirror / path) != expected
    ]
    if wrong or not layout.terraformrc.is_file():
        yield Finding(
            code="MF805",
            summary="the local workspace's provider is missing or was changed",
            place=Place(file=str(mirror)),
            got=", ".join(wrong) or f"no {layout.terraformrc}",
            fix="remove .meshform/mirror and run `make setup`",
        )
    else:
        yield f"the local workspace's provider {VERSION} ({mirror})"


def _locks(layout: Layout) -> Iterator[Finding | str]:
    hashes = set(_expected().values())
    good = 0
    for path, block in lock_files(layout):
        if f'"{VERSION}"' in block and all(f'"{value}"' in block for value in hashes):
            good += 1
            continue
        yield Finding(
            code="MF806",
            summary="the lock file holds another provider than the mirror, so terraform init would fail",
            place=Place(file=_shown(layout, path)),
            allowed=f"version {VERSION} with {', '.join(sorted(hashes))}",
            fix="remove the file; the next cdktf command writes it anew",
        )
    if good:
        yield f"{good} lock files of stacks match the mirror"


def _constraints(layout: Layout) -> Iterator[Finding | str]:
    """A warning for each stack that may run with a provider that the packaged facts are not about."""
    for path in sorted(layout.root.glob("cdktf.out/stacks/*/cdk.tf.json")):
        try:
            providers = json.loads(path.read_bytes())["terraform"]["required_providers"]
            constraint = str(providers["databricks"]["version"])
            fits = lowest_allowed(constraint, at_least=_FACTS) is not None
            newer = (lowest_allowed(constraint) or _FACTS) > _FACTS
        except (OSError, ValueError, KeyError, TypeError, MeshformError):
            continue  # not a stack with our provider; synthesis judges its own output
        if newer or not fits:
            yield Finding(
                code="MF807",
                summary=f"the stack asks for {'a newer' if newer else 'an older'} provider than was tested",
                place=Place(file=_shown(layout, path)),
                got=constraint,
                allowed=f"a constraint that admits {VERSION}",
                fix="learn the facts of that version: `meshform provider-facts --help`",
                severity=Severity.WARNING,
            )


def _shown(layout: Layout, path: Path) -> str:
    return path.relative_to(layout.root).as_posix()
