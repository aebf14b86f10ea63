# SPDX-License-Identifier: Apache-2.0
"""Addresses of people and pages, checked where they are declared: nobody else notices a misspelt one."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from meshform.model.addresses import is_email, is_link
from meshform.model.findings import Finding, MeshformError
from meshform.model.secrets import redact


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
