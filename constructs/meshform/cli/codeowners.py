# SPDX-License-Identifier: Apache-2.0
"""`meshform codeowners`: who approves changes of which files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TypeGuard

import click

from meshform.cli.load import load_mesh
from meshform.model.domain import MeshSpec
from meshform.model.file_input import display_name
from meshform.model.printable import printable
from meshform.settings import Settings


@click.command()
@click.option("--org", required=True, help="Organization of the teams; each has the name of its group.")
def command(org: str) -> None:
    """Print a CODEOWNERS file: the folders of each domain and the team that owns them, and for the governance
    council the mesh's policies, all waivers, and the file that names the council.
    """
    for line in codeowners(load_mesh(Settings.read()), org):
        click.echo(printable(line))


def codeowners(mesh: MeshSpec, org: str) -> list[str]:
    """Lines of a CODEOWNERS file, sorted: later ones are of deeper folders, and count more.

    A folder that holds declarations of several owners, or is the root, is not given to one of them: its files
    are. What the governance council reviews is given to it alone, since any owner of a file may approve.
    """
    files: dict[str, set[str]] = {}  # file -> owners
    for domain in mesh.domains:
        team = _team(org, domain.owner)
        products = [product for product in mesh.products if product.domain == domain.name]
        named = [domain.place.file, *(product.place.file for product in products)]
        named += [display_name(one.consumers_file) for one in products if one.consumers_file]
        for file in filter(_is_inside, named):
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
        lines[path] = _line(path, teams)
    if mesh.governance_council is not None:
        team = _team(org, mesh.governance_council)
        for file in filter(_is_inside, _of_the_council(mesh)):
            lines[f"/{file}"] = _line(f"/{file}", {team})
    return [line for _, line in sorted(lines.items())]


def _of_the_council(mesh: MeshSpec) -> Iterator[str | None]:
    """Files in which the mesh names its council, has its policies, and waivers of any policy."""
    yield mesh.place.file
    for policy in mesh.policies:
        if policy.waivers_file is not None:
            yield display_name(policy.waivers_file)
        if policy.level == "mesh" or (policy.waivers and policy.waivers_file is None):
            yield policy.place.file


def _is_inside(file: str | None) -> TypeGuard[str]:
    return bool(file) and not str(file).startswith(("/", ".."))


def _team(org: str, group: str) -> str:
    return f"@{org}/{re.sub(r'[^a-z0-9_]+', '-', group.casefold()).strip('-')}"


def _line(path: str, teams: set[str]) -> str:
    return f"{path.replace(' ', chr(92) + ' ')} {' '.join(sorted(teams))}"
