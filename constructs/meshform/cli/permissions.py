# SPDX-License-Identifier: Apache-2.0
"""`meshform permissions DOMAIN`: everything that the deploy identity of a domain needs, and why."""

from __future__ import annotations

from collections.abc import Iterator

import click
from rich.console import Console
from rich.text import Text

from meshform.cli.load import load_mesh, require_domain
from meshform.governance.evaluate import evaluate
from meshform.model.printable import printable
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.settings import Settings
from meshform.terraform.compile import compile_mesh
from meshform.terraform.needs import Need, deployer_needs


@click.command()
@click.argument("domain")
@click.option(
    "--env", "--environment", "env", help="Environment to look at. Default: MESHFORM_ENV, or local."
)
def command(domain: str, env: str | None) -> None:
    """Print what the identity that deploys DOMAIN needs: each right, what needs it, and what gives it.

    Read off the compiled stack. What the platform stack does not grant is marked: an admin gives it by hand.
    """
    settings = Settings.read()
    spec = load_mesh(settings)
    require_domain(spec, domain)
    evaluation = evaluate(spec, env or settings.environment)
    compiled = compile_mesh(evaluation)
    mesh = evaluation.mesh
    console = Console(highlight=False)
    for line in permission_lines(
        mesh, mesh.domains[domain], deployer_needs(compiled, mesh, mesh.domains[domain])
    ):
        console.print(line, soft_wrap=True)


def permission_lines(mesh: ResolvedMesh, domain: ResolvedDomain, needs: list[Need]) -> Iterator[Text]:
    """The list, for people: securable by securable."""
    name = domain.spec.deployer or mesh.environment.deployer
    yield _text(
        f"{mesh.environment.domain_stack(domain.name)} is deployed by {name} ({mesh.principal_id(name)})",
        "bold",
    )
    before = None
    for need in needs:
        if (about := f"{need.right.kind} {need.right.name}".strip()) != before:
            yield _text(f"  {about}")
            before = about
        yield _text(f"    {need.right.privilege}{_because(need)}")
        given = need.given
        yield (
            _text(f"      {given}")
            if given
            else _text("      by hand: nothing in the mesh gives it", "yellow")
        )


def _because(need: Need) -> str:
    if not need.because:
        return ""
    more = f" and {len(need.because) - 1} more" if len(need.because) > 1 else ""
    return f"  for {need.because[0]}{more}"


def _text(line: str, style: str = "") -> Text:
    return Text(printable(line), style=style)
