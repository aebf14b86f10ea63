# SPDX-License-Identifier: Apache-2.0
"""Problems of the tool chain as findings: it knows none itself, so that it can start before its libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from meshform.model.findings import Finding, MeshformError
from meshform.toolchain import ToolProblem


def as_finding(problem: ToolProblem) -> Finding:
    """The same words as a finding, an error."""
    return Finding(
        code=problem.code,
        summary=problem.summary,
        got=problem.got,
        allowed=problem.allowed,
        fix=problem.fix,
    )


@contextmanager
def as_findings() -> Iterator[None]:
    """Lets a problem of the tool chain end a command as any other mistake does."""
    try:
        yield
    except ToolProblem as problem:
        raise MeshformError(as_finding(problem)) from problem
