# SPDX-License-Identifier: Apache-2.0
"""`meshform provider`: the local workspace as a Terraform provider; Terraform starts it."""

from __future__ import annotations

import os

import click


@click.command(name="provider", hidden=True)
def command() -> None:
    """Serve the local workspace to Terraform, which starts this by itself."""
    from meshform.local.plugin import COOKIE, serve

    if os.environ.get(COOKIE[0]) != COOKIE[1]:
        raise click.UsageError("this is a Terraform provider: Terraform starts it, by way of its mirror")
    serve()
