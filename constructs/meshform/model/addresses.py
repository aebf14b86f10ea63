# SPDX-License-Identifier: Apache-2.0
"""Addresses of people and pages, checked where they are declared: nobody else notices a misspelt one."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from meshform.model.findings import Finding, MeshformError
from meshform.model.secrets import redact

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


def _checked_email(text: str) -> str:
    if not is_email(text):
        raise MeshformError(
            Finding(
                code="MF552",
                summary="an e-mail address is none",
                got=redact(text),
                allowed="name@domain, without a person's name around it",
                fix="correct the address",
            )
        )
    return text


def _checked_link(text: str) -> str:
    if not is_link(text):
        raise MeshformError(
            Finding(
                code="MF553",
                summary="a link is none",
                got=redact(text),
                allowed="the URL of a page, https://...",
                fix="write the whole URL",
            )
        )
    return text


def _checked_link_or_email(text: str) -> str:
    return text if is_email(text) else _checked_link(text)


Email = Annotated[str, AfterValidator(_checked_email)]
"""An e-mail address; MF552 for anything else."""

Link = Annotated[str, AfterValidator(_checked_link)]
"""The URL of a page; MF553 for anything else."""

LinkOrEmail = Annotated[str, AfterValidator(_checked_link_or_email)]
"""The URL of a page or an e-mail address; MF553 for anything else."""
