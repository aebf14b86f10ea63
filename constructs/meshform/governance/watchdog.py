# SPDX-License-Identifier: Apache-2.0
"""Ends a rule that does not end, such as one with a pattern that backtracks for ever."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

SECONDS = 2.0
"""Processor time that a rule may take for one domain, product or mesh, before it counts as failed."""


class RuleTooLongError(BaseException):
    """Raised inside of a rule; no `except Exception` of its own catches it."""

    def __str__(self) -> str:
        """For the finding."""
        return f"not ended after {SECONDS:g} seconds of processor time, and not run on anything else"


class Watchdog:
    """Watches the rules of one evaluation, each call between `begin` and `end`.

    It needs signals, and so the main thread; elsewhere nothing is watched. One timer of processor time ticks
    for the whole evaluation, so that a call costs no system call; a call that sees three ticks is ended.
    """

    def __init__(self) -> None:
        self._calls = 0
        self._seen = (0, 0)  # the call that the last ticks met, and how many they were
        self._running = False
        self._before: Any = None
        self._timer = (0.0, 0.0)

    def begin(self) -> None:
        """A rule is called."""
        self._calls += 1
        self._running = True

    def end(self) -> None:
        """It has returned or raised."""
        self._running = False

    def __enter__(self) -> Watchdog:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGVTALRM, self._tick)
            self._timer = signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS / 2, SECONDS / 2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is not None:
            signal.setitimer(signal.ITIMER_VIRTUAL, *self._timer)
            signal.signal(signal.SIGVTALRM, self._before)

    def _tick(self, _signal: int, _frame: FrameType | None) -> None:
        if not self._running:
            return
        call, ticks = self._seen
        self._seen = self._calls, (ticks + 1 if call == self._calls else 1)
        if self._seen[1] > 2:
            self._running = False
            raise RuleTooLongError
