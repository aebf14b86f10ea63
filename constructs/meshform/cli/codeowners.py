# SPDX-License-Identifier: Apache-2.0
"""`meshform codeowners`: who approves changes of which files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import click

from meshform.cli.load import load_mesh
from meshform.model.domain import MeshSpec
from meshform.model.file_input import display_name
from meshform.model.printable import printable
from meshform.settings import Settings


@click.command()
@click.option("--org", required=True, help="Organization of the teams; each has the name of its group.")
def command(org: str) -> None:
    """Print a CODEOWNERS file: the folders of each domain, and the team that owns them."""
    for line in codeowners(load_mesh(Settings.read()), org):
        click.echo(printable(line))


def codeowners(mesh: MeshSpec, org: str) -> list[str]:
    """Lines of a CODEOWNERS file, sorted: later ones are of deeper folders, and count more.

    A folder that holds declarations of several owners, or is the root, is not given to one of them: its files
    are.
    """
    files: dict[str, set[str]] = {}  # file -> owners
    for domain in mesh.domains:
        team = f"@{org}/{re.sub(r'[^a-z0-9_]+', '-', domain.owner.casefold()).strip('-')}"
        products = [product for product in mesh.products if product.domain == domain.name]
        named = [domain.place.file, *(product.place.file for product in products)]
        named += [display_name(one.consumers_file) for one in products if one.consumers_file]
        for file in named:
            if file and not file.startswith(("/", "..")):
                files.setdefault(file, set()).add(team)
    folders: dict[str, set[str]] = {}
    for file, teams in files.items():
        folders.setdefault(PurePosixPath(file).parent.as_posix(), set()).update(teams)
    if mesh.place.file:
        folders.setdefault(PurePosixPath(mesh.place.file).parent.as_posix(), set()).add("")
    lines = {}
    for file, teams in files.items():
        folder = PurePosixPath(file).parent.as_posix()
        whole = len(folders[folder]) == 1 and folder != "."
        path = f"/{folder}/" if whole else f"/{file}"
        lines[path] = f"{path.replace(' ', chr(92) + ' ')} {' '.join(sorted(teams))}"
    return [line for _, line in sorted(lines.items())]
