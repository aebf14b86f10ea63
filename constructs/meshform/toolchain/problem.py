# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with the tool chain, before findings (and their libraries) can be had."""

from __future__ import annotations


class ToolProblem(Exception):  # noqa: N818
    """One thing that is wrong with the tool chain; its parts are those of a finding.

    Attributes:
        code: stable code, MF801 to MF899.
        summary: what is wrong; lower case, no final period.
        got: what was found.
        allowed: what would do.
        fix: what to do.
    """

    def __init__(
        self,
        code: str,
        summary: str,
        *,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(summary)
        self.code = code
        self.summary = summary
        self.got = got
        self.allowed = allowed
        self.fix = fix

    def __str__(self) -> str:
        """The problem on one or several lines, in the words of a finding."""
        lines = [f"error {self.code} {self.summary}"]
        lines += [
            f"  {label + ':':<9}{text}"
            for label, text in (("got", self.got), ("allowed", self.allowed), ("fix", self.fix))
            if text is not None
        ]
        return "\n".join(lines)
