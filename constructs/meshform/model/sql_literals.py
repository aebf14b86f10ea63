# SPDX-License-Identifier: Apache-2.0
"""Values as literals of Databricks SQL."""

from __future__ import annotations

import re

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\0": "\\0", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}
_TO_ESCAPE = re.compile(r"[\\'\x00-\x1f\x7f]")


def literal(text: str) -> str:
    r"""The text as a string literal: `'it\'s'`.

    Source: Databricks SQL language reference, "STRING type": a backslash escapes; two quotes in a row are two
    strings side by side, not a quote.
    """
    return "'" + _TO_ESCAPE.sub(lambda found: _escape(found.group()), text) + "'"


def constant(value: str | bool | int | float) -> str:
    """A text, a truth value or a number as SQL."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return literal(value) if isinstance(value, str) else repr(value)


def _escape(character: str) -> str:
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"
