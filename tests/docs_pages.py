# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/*.md as apps. `python tests/docs_pages.py PAGE` in an empty folder synthesizes one.

Blocks of a page whose first line is `# file: NAME` (or `-- file: NAME`) are files in that folder. All other
Python blocks run in order, after those of docs/README.md, which make `mesh`. A Python block whose first line
is `# stacks/__init__.py` runs when the stacks have been added, with `app` and `stacks`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"(?:#|--) file: (\S+)\n")
_STACKS = "# stacks/__init__.py\n"


def blocks(page: Path) -> list[tuple[int, str, str]]:
    """Line, language and text of each block of code of a page."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, match.start()) + 1, match[1], match[2]) for match in _BLOCK.finditer(text)]


def pages() -> list[str]:
    """Names of the pages that declare something."""
    return sorted(
        page.stem
        for page in DOCS.glob("*.md")
        if page.stem != "README"
        and any(language == "python" and not _FILE.match(text) for _, language, text in blocks(page))
    )


def declare(page: str, names: dict[str, Any], *, after_stacks: bool = False) -> None:
    """Write the files of a page into the working folder, and run its blocks."""
    for path in (DOCS / "README.md", DOCS / f"{page}.md"):
        for line, language, text in blocks(path):
            if file := _FILE.match(text):
                target = Path(file[1])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text if language == "python" else text[file.end() :], encoding="utf-8")
            elif language == "python" and text.startswith(_STACKS) == after_stacks:
                names["__file__"] = str(Path(path.name).absolute())
                exec(compile("\n" * line + text, path, "exec"), names)  # noqa: S102 - our own pages


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    import stacks

    from meshform.cdk import App, readable_errors, synthesize

    with readable_errors():
        app = App()
        names: dict[str, Any] = {"app": app, "__name__": "domains"}
        declare(sys.argv[1], names)
        added = stacks.add(app, names["mesh"])
        declare(sys.argv[1], {**names, "stacks": added}, after_stacks=True)
        synthesize(app)
    sys.stdout.write(json.dumps(list(added)) + "\n")
