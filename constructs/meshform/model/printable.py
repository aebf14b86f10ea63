# SPDX-License-Identifier: Apache-2.0
"""Text that can be shown: what a terminal or a reader's eye would act upon is written as an escape."""

from __future__ import annotations


def printable(text: str) -> str:
    """Text with control and bidirectional characters made visible, so that no name can drive a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
