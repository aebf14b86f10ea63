# SPDX-License-Identifier: Apache-2.0
"""`meshform check`: is the mesh, or one domain of it, as the policies want it?"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from meshform.cli.load import load_mesh, require_domain
from meshform.cli.output import findings_of, print_findings
from meshform.cli.reports.report import Report, Subject
from meshform.governance.evaluate import evaluate
from meshform.model.findings import Finding, MeshformError, Place, Severity
from meshform.model.lock import read_lock
from meshform.settings import Settings
from meshform.terraform.compile import compile_mesh
from meshform.terraform.output import no_collection, write

if TYPE_CHECKING:
    from meshform.model.resolved import ResolvedMesh


@click.command()
@click.argument("domain", required=False)
@click.option("--env", help="Environment to check in. Default: MESHFORM_ENV, or local.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "sarif", "junit", "github"]),
    default="text",
    help="How to tell what was found. Default: text.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write that into, beside the text for people. Default: standard output.",
)
def command(domain: str | None, env: str | None, shape: str, output: Path | None) -> None:
    """Check the mesh of this folder, or only DOMAIN, without Terraform, network or workspace,
    and against its mesh.lock where there is one.

    Tells every finding with its code, place and fix. Exits with 1 when one of them is an error.
    """
    if shape == "text" and output is None:
        report = _checked(domain, env)
        _print(report)
    else:
        from meshform.cli.reports import RENDERERS

        # what code of the mesh prints must not stand in the report
        with redirect_stdout(sys.stderr):
            report = _whatever_happens(lambda: _checked(domain, env), domain, env)
        content = RENDERERS[shape](report)
        if output is None:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            _print(report)
            _write(output, content)
    sys.exit(1 if report.count(Severity.ERROR) else 0)


@no_collection()
def _checked(domain: str | None, env: str | None) -> Report:
    """Load and check the mesh.

    Raises:
        MeshformError: when it cannot be loaded, or has no such environment or domain.
    """
    settings = Settings.read()
    environment = env or settings.environment
    spec = load_mesh(settings)
    if domain is not None:
        require_domain(spec, domain)
    evaluation = evaluate(spec, environment, domain=domain)
    findings = evaluation.findings
    if not evaluation.errors:
        try:  # compiling finds what only shows there, such as an attribute that the provider does not have
            findings = compile_mesh(evaluation, read_lock(Path())).warnings
        except MeshformError as error:
            findings = error.findings
    why = {rule.code: rule.why for policy in spec.policies for rule in policy.rules}
    subjects = _subjects(evaluation.mesh, domain)
    return Report(environment, findings, subjects, domain, mesh=spec.place, why=why)


def _subjects(mesh: ResolvedMesh, domain: str | None) -> tuple[Subject, ...]:
    found: list[Subject] = []
    for one in mesh.domains.values():
        if domain in (None, one.name):
            found.append(Subject(one.name, one.spec.place))
            found += (
                Subject(product.address, product.place, product.spec.contract.place.file)
                for product in one.products
            )
    return tuple(found)


def _whatever_happens(check: Callable[[], Report], domain: str | None, env: str | None) -> Report:
    """A report also of a mesh that cannot be loaded, whatever its code does."""
    findings: tuple[Finding, ...]
    try:
        return check()
    except ValueError as error:
        try:
            findings = findings_of(error)
        except ValueError as unknown:
            findings = (_raised(unknown),)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - code of the mesh may raise anything
        findings = (_raised(error),)
    return Report(env or Settings.read({}).environment, findings, domain=domain)


def _raised(error: BaseException) -> Finding:
    """MF540, at the innermost line that is the mesh's own; the traceback goes to standard error."""
    traceback.print_exception(error)
    here, place = str(Path.cwd()), Place()
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(here) and "site-packages" not in frame.filename:
            place = Place(file=str(Path(frame.filename).relative_to(here).as_posix()), line=frame.lineno)
    return Finding(
        code="MF540",
        summary="the code of the mesh failed",
        place=place,
        got=f"{type(error).__name__}: {error}",
        fix="see the traceback on standard error",
    )


def _print(report: Report) -> None:
    """The text for people: findings on standard error, and the line that counts them."""
    print_findings(report.findings)
    line = Text(report.counted)
    line.highlight_regex(r"\d+ errors?$|\d+ errors?(?=, )", "bold red")
    line.highlight_regex(r"no errors", "bold green")
    Console(highlight=False).print(line, soft_wrap=True)


def _write(output: Path, content: bytes) -> None:
    try:
        if output.exists() and not output.is_file():
            raise OSError("not a regular file")  # noqa: TRY301 - told as other reasons are
        write(output, content)
    except OSError as error:
        raise MeshformError(
            Finding(
                code="MF541",
                summary="the report cannot be written",
                place=Place(file=output.as_posix()),
                got=error.strerror or str(error),
                fix="name a file in a folder that can be written",
            )
        ) from None
