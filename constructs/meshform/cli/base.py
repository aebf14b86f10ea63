# SPDX-License-Identifier: Apache-2.0
"""The mesh as it was at a commit: its tree in a temporary folder, declared by a process of its own.

Code of the base runs as code of the mesh does in every command. In a process of its own, modules of the two
trees do not mix. Nothing is written into the working tree or its index, and no hook runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.mesh_state import MeshState

_LONGEST_SECONDS = 300
ROOT = "MESHFORM_DIFFROOT"  # tells the process of the base which tree is not its own


def commit_of(ref: str, folder: Path) -> str:
    """The commit at which a branch left a ref: what is in the working tree and not there was changed since.

    Where the two have no common commit, it is the ref's own.

    Raises:
        MeshformError: MF542 when there is no git, no repository, or no such ref.
    """
    _git(["rev-parse", "--show-toplevel"], folder, "this folder is in no git repository")
    shallow = _git(["rev-parse", "--is-shallow-repository"], folder) == "true"
    found = _git(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"],
        folder,
        "git knows no such commit",
        got=ref,
        fix="fetch it first; in CI, check out with the whole history (`fetch-depth: 0`)"
        if shallow
        else "name a branch, a tag or a commit, such as origin/main",
    )
    done = _run(["merge-base", found, "HEAD"], folder)
    return done.stdout.split()[0] if done.returncode == 0 and done.stdout.strip() else found


def state_at(commit: str, folder: Path, environment: str) -> tuple[MeshState, bytes | None]:
    """The mesh at a commit, of the project in a folder; and as it is deployed in an environment.

    The second is what `terraform.deployed` writes, and None when the mesh has errors there.

    Raises:
        MeshformError: MF542 when git fails; MF543 when the mesh of that commit cannot be loaded.
    """
    root = Path(_git(["rev-parse", "--show-toplevel"], folder))
    project = folder.resolve().relative_to(root.resolve())
    with _tree(commit, root) as tree:
        if not (tree / project).is_dir():
            raise _not_loaded(commit, "the project's folder is not there", project.as_posix())
        return _declared(commit, tree, root, tree / project, environment)


@contextmanager
def _tree(commit: str, root: Path) -> Iterator[Path]:
    """The files of a commit, by an index of their own; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="meshform-base-") as scratch:
        tree = Path(scratch, "tree")
        tree.mkdir()
        index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
        _git(["read-tree", commit], root, variables=index)
        _git(["checkout-index", "--all", "--force", f"--prefix={tree}{os.sep}"], root, variables=index)
        yield tree


def _declared(
    commit: str, tree: Path, root: Path, project: Path, environment: str
) -> tuple[MeshState, bytes | None]:
    out, deployed = tree.parent / "state.json", tree.parent / "deployed.json"
    variables = {**os.environ, ROOT: str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    if paths := variables.get("PYTHONPATH"):
        inside = (in_tree(path, root, tree) for path in paths.split(os.pathsep))
        variables["PYTHONPATH"] = os.pathsep.join(inside)
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "meshform.cli.base_process",
                str(tree),
                str(out),
                str(deployed),
                environment,
            ],
            cwd=project,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _not_loaded(commit, f"it took longer than {_LONGEST_SECONDS} seconds", None) from None
    if done.returncode == 0 and out.exists():
        state = MeshState.model_validate_json(out.read_bytes())
        return state, deployed.read_bytes() if deployed.exists() else None
    if out.exists():  # findings of its declarations
        raise _not_loaded(commit, "it has mistakes", "; ".join(json.loads(out.read_bytes())))
    last = [line for line in done.stdout.splitlines() if line.strip()][-1:]
    raise _not_loaded(commit, "its code failed", last[0].strip() if last else None)


def in_tree(path: str, root: Path, tree: Path) -> str:
    """A path of the working tree as the same path of the base's, where it has that."""
    absolute = Path(path).absolute()
    if path and absolute.is_relative_to(root) and (tree / absolute.relative_to(root)).exists():
        return str(tree / absolute.relative_to(root))
    return path


def _not_loaded(commit: str, why: str, got: str | None) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF543",
            summary=f"the mesh at {commit[:12]} cannot be loaded: {why}",
            got=got,
            allowed="a base whose mesh this version of Meshform, with what is installed here, can load",
            fix="name another base; or compare where the packages of the base are installed",
        )
    )


def _git(
    arguments: list[str],
    folder: Path,
    summary: str = "git failed",
    *,
    got: str | None = None,
    fix: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> str:
    """What git prints.

    Raises:
        MeshformError: MF542 when it fails.
    """
    done = _run(arguments, folder, variables)
    if done.returncode == 0:
        return done.stdout.strip()
    lines = done.stderr.strip().splitlines()
    raise MeshformError(
        Finding(
            code="MF542",
            summary=f"there is nothing to compare with: {summary}",
            place=Place(file=folder.as_posix()),
            got=got or (lines[-1] if lines else None),
            fix=fix or "run it in a clone of the repository that holds the mesh",
        )
    )


def _run(
    arguments: list[str], folder: Path, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **(variables or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except (FileNotFoundError, PermissionError):
        raise MeshformError(
            Finding(
                code="MF542",
                summary="there is nothing to compare with: there is no git on PATH",
                fix="install git; `meshform diff` reads the mesh of another commit with it",
            )
        ) from None
    except subprocess.TimeoutExpired:
        raise MeshformError(
            Finding(
                code="MF542",
                summary=f"there is nothing to compare with: git took longer than {_LONGEST_SECONDS} seconds",
                got=f"git {arguments[0]}",
            )
        ) from None
