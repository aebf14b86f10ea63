# SPDX-License-Identifier: Apache-2.0
"""`make demo`: cdktf deploys, or destroys, all stacks; what matters of its output is shown as it comes.

The whole output, Terraform's plans included, goes to .meshform/demo.log.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

LOG = Path(".meshform/demo.log")

_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STACK = re.compile(r"^([\w-]+)  +(?=\S)")  # cdktf puts the stack's name before the first line of each write
_SHOWN = re.compile(
    r"""
    ^Plan:\ .*
    | ^No\ changes\.\ .* | ^No\ objects\ need\ to\ be\ destroyed.*
    | ^Apply\ complete!\ (?!Resources:\ 0\ added,\ 0\ changed,\ 0\ destroyed).*
    | ^Destroy\ complete!.*
    | (?<=\(local-exec\):\ )(?!Executing:)(?!.*\ (?:queued|running),\ 0\ s$).*
    """,
    re.VERBOSE,
)


def main(action: str) -> int:
    """Run cdktf; returns its exit code."""
    started = time.monotonic()
    # In CI mode cdktf prints lines, no animation. What comes from the mirror needs no second lock.
    environ = {**os.environ, "CI": "true", "FORCE_COLOR": "0"}
    command = ["cdktf", action, "*", "--auto-approve", "--skip-provider-lock", "--no-color"]
    print(f"$ {' '.join([*command[:2], chr(39) + '*' + chr(39), *command[3:]])}", flush=True)
    with LOG.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        filtered = Filter()
        for line in process.stdout or ():
            log.write(line)
            for shown in filtered.lines(line):
                print(shown, flush=True)
        code = process.wait()
    if code:
        tail = LOG.read_text(encoding="utf-8").splitlines()[-40:] if not filtered.errors else []
        print(
            "\n".join([*tail, f"cdktf {action} failed with exit code {code}; the whole output is in {LOG}"])
        )
        return code
    print(f"\ncdktf {action}: {time.monotonic() - started:.0f} s; the whole output is in {LOG}\n")
    return 0


class Filter:
    """Picks what a person wants to see: of each stack the plan, the steps and the result, and every error."""

    def __init__(self) -> None:
        self.errors = False
        self._stack = ""
        self._box: list[str] = []

    def lines(self, line: str) -> list[str]:
        """What to show after one more line."""
        text = _COLOUR.sub("", line.rstrip())
        found = _STACK.match(text)
        if found and found.group(1).count("-"):
            self._stack, text = found.group(1), text[found.end() :]
        text = text.strip()
        if text.startswith("╷"):
            self._box = [text]
            return []
        if self._box:
            return self._in_box(text)
        found = _SHOWN.search(text)
        return [f"{self._stack:<18} {found.group()}"] if found else []

    def _in_box(self, text: str) -> list[str]:
        """Terraform frames errors and warnings; warnings are for the log."""
        self._box.append(text)
        if not text.startswith("╵"):
            return []
        box, self._box = self._box, []
        if not any(line.startswith("│ Error: ") for line in box):
            return []
        self.errors = True
        return [f"{self._stack:<18} {line}" for line in box]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
