# SPDX-License-Identifier: Apache-2.0
"""How a command reaches the workspace of an environment: the local one by its REST door, else a real one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from meshform.model.findings import Finding, MeshformError, Place
from meshform.workspace.calls import Pace, Workspace
from meshform.workspace.client import local_client, real_client

if TYPE_CHECKING:
    from meshform.local.store import Store

_LOCAL = "local"
_TIMEOUT = "MESHFORM_STEP_TIMEOUT_SECONDS"


@contextmanager
def connect(environment: str) -> Iterator[Workspace]:
    """The workspace of an environment, for as long as the block runs; progress goes to standard output.

    Args:
        environment: name of the environment; `local` is the local workspace.

    Raises:
        MeshformError: MF601 when the local workspace's store cannot be used, MF701 when there is nothing to
            connect to, MF702 for a timeout that is no number.
    """
    pace = Pace(timeout=_timeout())
    if environment != _LOCAL:
        yield Workspace(real_client(), say, pace)
        return
    from meshform.local.rest import Door
    from meshform.local.store import Store, default_path

    # all is on this machine: look often, and do not wait long for what cannot be
    pace = replace(pace, first_poll=0.05, longest_poll=0.5, tries=3, first_retry=0.2)
    store = Store(default_path())
    try:
        _try_out(store)
        with Door(store) as door, local_client(door.url, door.token) as client:
            yield Workspace(client, say, pace)
    finally:
        store.close()


def _try_out(store: Store) -> None:
    """Open a store for writing, or tell why that cannot be: the door could only say that it failed."""
    import sqlite3

    try:
        with store.transaction():
            pass
    except (OSError, sqlite3.Error) as error:
        raise MeshformError(
            Finding(
                code="MF601",
                summary="the store of the local workspace cannot be used",
                place=Place(file=str(store.path)),
                got=str(error),
                allowed="a store of this version of Meshform that can be read and written",
                fix="look at its rights, or name another by MESHFORM_LOCAL_STORE",
            )
        ) from None


def say(line: str) -> None:
    """Print a line at once. It gets lost, and nothing else, when Terraform is gone and nobody reads."""
    from meshform.model.printable import printable

    try:
        print(printable(line), flush=True)
    except OSError:
        # a later print, and Python's own flush at the end, must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _timeout() -> float:
    text = os.environ.get(_TIMEOUT)
    if not text:
        return Pace().timeout
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise MeshformError(
            Finding(
                code="MF702",
                summary=f"{_TIMEOUT} is not a number of seconds",
                got=text,
                allowed="more than 0",
            )
        )
    return seconds
