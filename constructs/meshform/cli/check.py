# SPDX-License-Identifier: Apache-2.0
"""`meshform check`: is the mesh, or one domain of it, as the policies want it?"""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from meshform.cli.load import load_mesh, require_domain
from meshform.cli.output import print_findings
from meshform.governance.evaluate import evaluate
from meshform.model.findings import Severity
from meshform.model.lock import read_lock
from meshform.settings import Settings
from meshform.terraform.compile import compile_mesh


@click.command()
@click.argument("domain", required=False)
@click.option("--env", help="Environment to check in. Default: MESHFORM_ENV, or local.")
def command(domain: str | None, env: str | None) -> None:
    """Check the mesh of this folder, or only DOMAIN, without Terraform, network or workspace,
    and against its mesh.lock where there is one.

    Prints every finding with its code, place and fix. Exits with 1 when one of them is an error.
    """
    settings = Settings.read()
    environment = env or settings.environment
    spec = load_mesh(settings)
    if domain is not None:
        require_domain(spec, domain)
    evaluation = evaluate(spec, environment, domain=domain)
    # compiling finds what only shows there, such as an attribute that the provider does not have
    findings = (
        evaluation.findings if evaluation.errors else compile_mesh(evaluation, read_lock(Path())).warnings
    )
    print_findings(findings)
    checked = [one for one in evaluation.mesh.domains.values() if domain in (None, one.name)]
    products = sum(len(one.products) for one in checked)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    Console(highlight=False).print(
        f"{_count(len(checked), 'domain')}, {_count(products, 'product')} in environment {environment}: "
        + (f"[bold red]{_count(errors, 'error')}[/]" if errors else "[bold green]no errors[/]")
        + (f", {_count(len(findings) - errors, 'other finding')}" if len(findings) > errors else "")
    )
    sys.exit(1 if errors else 0)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
