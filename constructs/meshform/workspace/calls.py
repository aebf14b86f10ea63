# SPDX-License-Identifier: Apache-2.0
"""Calls to a workspace: what is transient is tried again, what is not becomes a finding."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from meshform.model.findings import Finding, MeshformError
from meshform.workspace.client import without_secrets

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a command is. All in seconds, but for `tries`.

    Attributes:
        first_poll: wait before the second look at a run; each further wait is half as long again.
        longest_poll: the longest wait between two looks.
        timeout: how long to wait for a run to end, in all.
        heartbeat: a line is printed after this long without news.
        tries: how often a call is tried while the workspace does not answer.
        first_retry: wait before the second try; it doubles with each further one.
    """

    first_poll: float = 1.0
    longest_poll: float = 10.0
    timeout: float = 7200.0
    heartbeat: float = 60.0
    tries: int = 6
    first_retry: float = 2.0


class Workspace:
    """A client, and how to speak with the user while it works.

    Attributes:
        client: the client of databricks-sdk.
        say: prints one line of progress.
        pace: how patient to be.
    """

    def __init__(self, client: WorkspaceClient, say: Callable[[str], None], pace: Pace) -> None:
        self.client, self.say, self.pace = client, say, pace

    def ask(self, what: str, call: Callable[[], _T], *, expect: tuple[type[Exception], ...] = ()) -> _T:
        """Make a call that does no harm when it is made twice.

        Args:
            what: what it does, for the user, such as `start job 12`.
            call: the call.
            expect: errors of databricks-sdk that the caller wants to see.

        Raises:
            MeshformError: MF704 when the workspace refuses, MF707 when it does not answer after all tries.
        """
        for attempt in range(1, self.pace.tries + 1):
            try:
                return call()
            except expect:
                raise
            except Exception as error:  # noqa: BLE001 - the SDK raises its own, requests' and built-in errors
                words = self.clean(str(error) or type(error).__name__)
                if not _is_transient(error):
                    raise self._refused(what, words, error) from None
                if attempt == self.pace.tries:
                    raise self._no_answer(what, words) from None
                wait = self.pace.first_retry * 2 ** (attempt - 1)
                self.say(f"cannot {what} now ({words}); trying again in {wait:g} s")
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")

    def clean(self, text: str) -> str:
        """Text of the workspace without secrets."""
        return without_secrets(text, self.client)

    def _refused(self, what: str, words: str, error: Exception) -> MeshformError:
        from databricks.sdk.errors import PermissionDenied, Unauthenticated

        fix = None
        if isinstance(error, Unauthenticated):
            fix = "renew the credentials: they are wrong or have expired"
        elif isinstance(error, PermissionDenied):
            fix = "let the deployer do this in the workspace, or deploy as somebody who may"
        return MeshformError(
            Finding(code="MF704", summary=f"the workspace refused to {what}", got=words, fix=fix)
        )

    def _no_answer(self, what: str, words: str) -> MeshformError:
        return MeshformError(
            Finding(
                code="MF707",
                summary=f"cannot {what}: the workspace does not answer after {self.pace.tries} tries",
                got=words,
                fix="try again when it answers; a run that was started goes on, and is found again then",
            )
        )


def _is_transient(error: Exception) -> bool:
    """True for what may pass: no connection, too many requests, and any answer of 500 to 599."""
    from databricks.sdk.errors import DeadlineExceeded, InternalError, TemporarilyUnavailable, TooManyRequests
    from databricks.sdk.errors.base import DatabricksError
    from requests import RequestException

    if isinstance(error, DatabricksError):
        if type(error) is DatabricksError:  # a status without a class of its own: only 502 matters
            return "502" in str(error) or "Bad Gateway" in str(error)
        return isinstance(error, DeadlineExceeded | InternalError | TemporarilyUnavailable | TooManyRequests)
    # TimeoutError: the SDK's own retries were not enough
    return isinstance(error, TimeoutError | ConnectionError | RequestException)
