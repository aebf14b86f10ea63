# SPDX-License-Identifier: Apache-2.0
"""Which processes that wrote into the store are still alive.

Each process holds a lock on one byte of a file beside the store. The system frees it when the process ends,
however it ends; a process id would not do, for a zombie still has one and it can come back.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

_BITS = 48


class Session:
    """This process, as others can see it. Opens and locks nothing before its number is asked for."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + "-sessions")
        self._file: int | None = None
        self._number = 0

    @property
    def number(self) -> int:
        """The number of this session: the byte that it locks until the process ends."""
        self._open()
        while not self._number:
            number = 1 + secrets.randbits(_BITS)
            if self._lock(number):
                self._number = number
        return self._number

    def is_alive(self, number: int) -> bool:
        """Whether the process of a session still runs."""
        if number == self._number:
            return True
        self._open()
        if not self._lock(number):
            return True
        fcntl.lockf(self._open(), fcntl.LOCK_UN, 1, number)
        return False

    def _open(self) -> int:
        # never closed: closing any descriptor of a file drops all locks that the process has on it
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        return self._file

    def _lock(self, number: int) -> bool:
        try:
            fcntl.lockf(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except BlockingIOError:
            return False
        return True
