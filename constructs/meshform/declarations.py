# SPDX-License-Identifier: Apache-2.0
"""What the constructs share: where a declaration stands in the user's code, and their way to the mesh."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import ValidationError

from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.near import nearest

_PACKAGE = str(Path(__file__).parent)
_ROOT = Path.cwd()


def place_of_caller(path: str) -> Place:
    """The nearest line of code outside Meshform, and a construct path."""
    frame = sys._getframe(1)  # noqa: SLF001 - inspect.stack() reads source files: too slow for each construct
    while frame.f_back and (frame.f_code.co_filename.startswith((_PACKAGE, "<")) or "/jsii/" in frame.f_code.co_filename):
        frame = frame.f_back
    return Place(file=relative(frame.f_code.co_filename), line=frame.f_lineno, construct=path)


def relative(file: str | Path) -> str:
    """A file's path relative to the working folder where that is shorter to read, with `/`."""
    path = Path(file)
    return path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.as_posix()


def misuse(error: ValidationError, place: Place, fields: dict[str, object]) -> MeshformError:
    """A pydantic error in Meshform's words."""
    findings = []
    for detail in error.errors(include_url=False):
        name = ".".join(str(part) for part in detail["loc"])
        near = nearest(name, fields) if detail["type"] == "extra_forbidden" else None
        findings.append(
            Finding(
                code="MF300",
                summary=f"{error.title}: {name + ': ' if name else ''}{detail['msg'].lower()}",
                place=place,
                got=repr(detail["input"])[:200],
                fix=f"did you mean {near!r}?" if near else None,
            )
        )
    return MeshformError(findings)
