# SPDX-License-Identifier: Apache-2.0
"""The bridge to Node, on which constructs stand: requests whose answer is known do not wait for it.

jsii sends Node a request and waits for the answer, when Node starts, when a library is loaded and for each
construct. All that an answer to those holds is the name of the new object, and Node counts them. So they are
sent ahead, and the answers are read, in order, and compared with what was foretold, before the first request
whose answer matters. Node starts and works while Python declares, evaluates and compiles.

Everything reaches Node in the order in which it was asked for, and an id that its scope has already is
refused at once, as without this module. Importing it is all that it takes, best before `constructs` and
`cdktf`: then Node's own start is not waited for either.
"""

from __future__ import annotations

import atexit
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from jsii._kernel.providers.process import (
    ProcessProvider,
    _NodeProcess,
    jdefault,
)
from jsii._kernel.types import (
    CreateRequest,
    CreateResponse,
    InvokeRequest,
    InvokeResponse,
    LoadRequest,
    LoadResponse,
    ObjRef,
)
from jsii._reference_map import _assembly_to_module as loaded_assemblies
from jsii._runtime import kernel
from jsii._stack_trace import is_enabled as stack_traces_wanted

from meshform.model.findings import Finding, MeshformError
from meshform.toolchain.tools import NODE_ALLOWED

# ruff: noqa: SLF001 - jsii has no public way to do this

_FIRST_OBJECT = 10_000  # the number that Node gives to its first object
_ROOTS = frozenset({"cdktf.App", "constructs.RootConstruct"})
_MOST_AHEAD = 200  # answers of about 60 bytes, so that those not yet read fit into any pipe
_TOGETHER = 25  # requests that Node is handed at once: to wake it for each takes longer than to write it


class _Bridge:
    """Takes the place of jsii's connection to Node.

    Args:
        process: jsii's own connection, started already or not.
        started: whether it is, and objects may have been made.
    """

    def __init__(self, process: Any, *, started: bool) -> None:
        self._process = process
        self._unsent: list[bytes] = []
        self._unread: deque[Callable[[], None]] = deque()
        self._next_object = None if started else _FIRST_OBJECT  # None: unknown until an answer tells
        self._taken: set[tuple[str, str]] = set()
        self._is_certain = False
        self._end: Exception | None = None
        if not started:
            self._start()

    def send(self, request: Any, response_type: Any) -> Any:
        """As jsii's own, but what can be sent ahead is."""
        if isinstance(request, LoadRequest):
            self._ahead(request, lambda: self._read(request.name, None))
            return LoadResponse(assembly=request.name, types=0)
        if self._is_certain and isinstance(request, InvokeRequest):
            self._ahead(request, lambda: self._read(request.method, None))
            return InvokeResponse()
        if not isinstance(request, CreateRequest):
            self._next_object = None  # the answer may bring objects of which nobody told the number
        elif self._goes_well(request) and self._next_object is not None:
            reference = f"{request.fqn}@{self._next_object}"
            self._next_object += 1
            self._ahead(request, lambda: self._read(repr(request.args[-1:]), reference))
            return CreateResponse(ref=reference)
        self.settle()
        answer = self._process.send(request, response_type)
        if isinstance(request, CreateRequest):
            number = answer.ref.rpartition("@")[2] if isinstance(answer, ObjRef) else ""
            self._next_object = int(number) + 1 if number.isdecimal() else None
        return answer

    @contextmanager
    def certain(self) -> Iterator[None]:
        """Meanwhile Node refuses nothing, and what is called returns nothing: do not wait for it."""
        self._is_certain = True
        try:
            yield
        finally:
            self._is_certain = False

    def settle(self) -> None:
        """Read every answer that has not been read.

        Raises:
            MeshformError: MF802 when there is no Node.
            RuntimeError: when Node refused what nobody expected it to refuse.
        """
        if self._end:
            raise self._end
        self._hand_over()
        while self._unread:
            self._unread.popleft()()

    def _goes_well(self, request: CreateRequest) -> bool:
        """True when Node will not refuse to make an object, nor ask Python anything meanwhile."""
        known = request.fqn in _ROOTS
        match request.args:
            case [Construct() as scope, str() as id_, *_]:
                one: Any = scope
                place = (one.__jsii_ref__.ref, id_)
                known = self._is_certain or (request.fqn == "constructs.Construct" and id_ != "")
                known = known and place not in self._taken
                self._taken.add(place)
        return known and not request.overrides and not stack_traces_wanted()

    def _ahead(self, request: LoadRequest | CreateRequest | InvokeRequest, read: Callable[[], None]) -> None:
        if self._end:
            return  # told when an answer is needed
        if len(self._unread) >= _MOST_AHEAD:
            self.settle()
        data = json.dumps(self._process._serializer.unstructure(request), default=jdefault)
        self._unsent.append(data.encode() + b"\n")
        self._unread.append(read)
        if isinstance(request, LoadRequest) or len(self._unsent) >= _TOGETHER:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._unsent:
            with suppress(BrokenPipeError):  # told when the answer is read
                self._process._process.stdin.write(b"".join(self._unsent))
                self._process._process.stdin.flush()
            self._unsent.clear()

    def _read(self, what: str, foretold: str | None) -> None:
        answer = self._process._next_message()
        if "ok" not in answer:
            self._end = RuntimeError(f"Node refused {what}: {answer.get('error', answer)}")
        elif foretold and answer["ok"].ref != foretold:
            self._end = RuntimeError(f"Node made {answer['ok'].ref}, not {foretold}: unknown version of jsii")
        if self._end:
            raise self._end

    def _start(self) -> None:
        handshake = self._process.handshake

        def read_handshake() -> None:
            try:
                handshake()
            except ValueError:  # no JSON: it ended, or is no Node
                raise self._give_up() from None

        self._process.handshake = lambda: self._unread.append(read_handshake)
        try:
            self._process.start()
        except OSError:
            self._give_up()

    def _give_up(self) -> MeshformError:
        atexit.unregister(self._process.stop)
        self._process.stop = lambda: None  # nothing to stop when Python ends
        self._end = _no_node()
        return self._end


class _Provider(ProcessProvider):
    def __init__(self, bridge: _Bridge) -> None:
        super().__init__()
        self._bridge = bridge

    @property
    def _process(self) -> _Bridge:
        return self._bridge


def _no_node() -> MeshformError:
    return MeshformError(
        Finding(
            code="MF802",
            summary="there is no Node to start, and the constructs need one",
            got=os.environ.get("JSII_NODE") or "node",
            allowed=f"{NODE_ALLOWED}, on PATH or named by JSII_NODE",
            fix="run `make setup`, and unset JSII_NODE if it names one that is gone",
        )
    )


def _install() -> _Bridge:
    started = bool(loaded_assemblies)
    jsiis_own: Any = kernel.provider if started else None
    bridge = _Bridge(jsiis_own._process if started else _NodeProcess(), started=started)  # type: ignore[no-untyped-call]
    kernel.provider = _Provider(bridge)
    return bridge


_bridge = _install()
settle, certain = _bridge.settle, _bridge.certain

from constructs import Construct, RootConstruct  # noqa: E402 - over the bridge

__all__ = ["Construct", "RootConstruct", "certain", "settle"]
