# SPDX-License-Identifier: Apache-2.0
"""`meshform provider`: the local workspace as a Terraform provider; Terraform starts it."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

_LIBRARIES = ("grpc", "msgpack", "cryptography")


@click.command(name="provider", hidden=True)
def command() -> None:
    """Serve the local workspace to Terraform, which starts this by itself."""
    if missing := [name for name in _LIBRARIES if not _can_import(name)]:
        # Terraform shows what a provider prints before it answers
        click.echo(f"the local workspace needs {', '.join(missing)}: pip install 'meshform[local]'")
        sys.exit(1)
    from meshform.local.plugin import COOKIE, serve

    if os.environ.get(COOKIE[0]) != COOKIE[1]:
        raise click.UsageError("this is a Terraform provider: Terraform starts it, by way of its mirror")
    serve()


def _can_import(name: str) -> bool:
    try:
        import_module(name)
    except ImportError:
        return False
    return True
