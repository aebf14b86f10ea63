# SPDX-License-Identifier: Apache-2.0
"""Writing what was synthesized: each file whole or not at all, thousands of them without waste."""

# Paths are text here: making a Path takes longer than opening its file.
# ruff: noqa: PTH103, PTH105, PTH108, PTH120, PTH123

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all; one that holds the content already is left alone."""
    path = os.fspath(path)
    try:
        _fill(path, content)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _fill(path, content)
    except FileExistsError:
        with suppress(OSError), open(path, "rb") as known:
            if known.read() == content:
                return
        scratch = f"{path}.{os.getpid()}"
        with suppress(OSError):
            os.unlink(scratch)  # of a process that was killed
        _fill(scratch, content)
        try:
            os.replace(scratch, path)
        except BaseException:
            os.unlink(scratch)
            raise


def _fill(path: str, content: bytes) -> None:
    """Make a file that is not there yet, or leave none."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
    except BaseException:
        os.unlink(path)
        raise


@contextmanager
def no_collection() -> Iterator[None]:
    """Stop the cyclic garbage collector for a while, and let it leave alone what was made meanwhile.

    What a synthesis makes, its app keeps to the end. Looking through it for garbage would take a quarter of
    the time, and half a second more at exit for a thousand products.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
