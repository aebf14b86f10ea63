# SPDX-License-Identifier: Apache-2.0
"""Regular expressions that users give."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern[:200]!r} is not a regular expression: {error}") from error
    return pattern


PatternText = Annotated[str, AfterValidator(_compiles)]
"""The text of a regular expression of Python. A match may take any time; see `governance/watchdog.py`."""
