# SPDX-License-Identifier: Apache-2.0
"""`meshform coverage`: who sees which classified column, by which route, and who could change that."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from meshform.cli.load import load_mesh
from meshform.governance.access.reach import Reach, Row, matrix
from meshform.governance.access.routes import Routes
from meshform.governance.access.world import world_of
from meshform.governance.evaluate import evaluate
from meshform.model.findings import MeshformError
from meshform.model.printable import printable
from meshform.settings import Settings

_STYLES = {"masked": "green", "filtered": "yellow", "clear": "yellow", "cannot tell": "red"}


@click.command()
@click.option("--env", help="Environment to look at. Default: MESHFORM_ENV, or local.")
@click.option(
    "--column",
    "pattern",
    metavar="PATTERN",
    help="Only columns like it: catalog.schema.table.column, with *.",
)
@click.option(
    "--principal", metavar="NAME", help="Only what this group, service principal or recipient sees."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="Default: text, for people."
)
def command(env: str | None, pattern: str | None, principal: str | None, form: str) -> None:
    """Show what everybody who reaches a classified column sees of it: masked, filtered or clear, and why.

    Worked out from what the mesh declares. Beside each table stands who could take its protection away.
    Exits with 1 when somebody sees a column in clear without leave of a policy.
    """
    settings = Settings.read()
    evaluation = evaluate(load_mesh(settings), env or settings.environment)
    ours = {"MF480", "MF481", "MF482"}
    if others := [finding for finding in evaluation.errors if finding.code not in ours]:
        raise MeshformError(others)
    mesh = evaluation.mesh
    reach = Reach(world_of(mesh, evaluation.views))
    routes = Routes(reach, mesh.principal_names)
    rows = [
        row
        for row in matrix(reach)
        if (principal is None or routes.name(row.principal) == principal)
        and (pattern is None or any(fnmatchcase(name, pattern) for name in _names(row)))
    ]
    if form == "json":
        sys.stdout.write(json.dumps([_object(row, routes) for row in rows], indent=2) + "\n")
    else:
        console = Console(highlight=False)
        for line in _lines(rows, routes):
            console.print(line, soft_wrap=True)
    sys.exit(0 if all(row.sight.is_allowed or row.sight.state == "cannot tell" for row in rows) else 1)


def _names(row: Row) -> list[str]:
    return [f"{row.exposed.relation}.{column}" for column in row.exposed.columns]


def _object(row: Row, routes: Routes) -> dict[str, Any]:
    return {
        "columns": _names(row),
        "classification": row.exposed.classification,
        "read_in": row.exposed.read_in,
        "principal": routes.name(row.principal),
        "sees": row.sight.state,
        "by": list(row.sight.by),
        "leave": row.sight.leave,
        "allowed": row.sight.is_allowed,
        "route": routes.route(row),
        "keepers": [
            {"principal": routes.name(k.principal), "how": k.how} for k in routes.keepers(row.exposed)
        ],
    }


def _lines(rows: list[Row], routes: Routes) -> Iterator[Text]:
    if not rows:
        yield Text("nobody reaches a classified column like that")
    above = None
    for row in sorted(rows, key=lambda row: (row.exposed.relation, row.exposed.columns, row.exposed.read_in)):
        exposed = row.exposed
        if (about := (exposed.relation, exposed.columns)) != above:
            above = about
            yield _text(
                f"{exposed.relation}: {', '.join(exposed.columns)}  class {exposed.classification}", "bold"
            )
            for keeper in routes.keepers(exposed):
                yield _text(f"  could be changed by {routes.name(keeper.principal)}, who {keeper.how}", "dim")
        why = f" by {', '.join(row.sight.by)}" if row.sight.by else ""
        why += f", {row.sight.leave}" if row.sight.leave else ""
        allowed = row.sight.is_allowed
        why += "" if allowed else ", without leave"
        line = _text(f"  {routes.name(row.principal)}: ")
        line.append(printable(row.sight.state), style=_STYLES[row.sight.state] if allowed else "bold red")
        line.append(printable(f"{why}  ({routes.route(row)})"))
        yield line


def _text(line: str, style: str = "") -> Text:
    return Text(printable(line), style=style)
