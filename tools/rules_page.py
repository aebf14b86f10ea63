# SPDX-License-Identifier: Apache-2.0
"""Write the chapter of rules in docs/governance.md from what the rules say of themselves; `make docs`."""

from __future__ import annotations

from pathlib import Path

from meshform.cli.rules import markdown
from meshform.governance.rule_facts import facts
from meshform.governance.rules import built_in_rules

PAGE = Path(__file__).parents[1] / "docs" / "governance.md"
FIRST = "<!-- from here to the end of the rules: written by `make docs` -->\n"
LAST = "<!-- end of the rules -->\n"


def current(page: str) -> str:
    """The page with its chapter of rules as the rules are now."""
    before, _, rest = page.partition(FIRST)
    _, _, after = rest.partition(LAST)
    chapter = "\n".join(markdown(facts(built_in_rules())))
    return f"{before}{FIRST}\n{chapter}\n\n{LAST}{after}"


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
