# SPDX-License-Identifier: Apache-2.0
"""What an address of people and of a page looks like, for the mesh and for the local workspace alike."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# RFC 5321, with the unquoted local part of RFC 5322; a domain has letters that DNS can hold
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
_MOST_CHARACTERS = 254


def is_email(text: str) -> bool:
    """True for an e-mail address without a name around it."""
    return len(text) <= _MOST_CHARACTERS and _EMAIL.fullmatch(text) is not None


def is_link(text: str) -> bool:
    """True for the URL of a web page."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:  # such as a bracket that does not close
        return False
    return parts.scheme in ("http", "https") and bool(host) and text.isprintable() and " " not in text
