# SPDX-License-Identifier: Apache-2.0
"""The REST door of the local workspace: the few endpoints that our own databricks-sdk calls use.

The command that needs it opens it for as long as it runs. It listens on the loopback address only, on a port
that the system chooses, and answers whoever knows its token, which never leaves the process. The header Host
is checked too, so that no web page can reach it under a name that it makes resolve to this machine.
"""

from __future__ import annotations

import json
import secrets
import socketserver
import sys
import threading
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from meshform.local.rest_api import ApiError, RestApi
from meshform.local.runs import Runs
from meshform.local.store import Store

_LOOPBACK = "127.0.0.1"
_MOST_BODY_BYTES = 64 * 1024
_IDLE_SECONDS = 30  # after this long without a byte, a connection is closed
_PUBLIC = "/.well-known/databricks-config"  # databricks-sdk asks it before it has credentials


class Door:
    """An open door: `with Door(store) as door` serves at `door.url` for the bearer of `door.token`.

    While it is open, runs that no living process works on are taken up again.
    """

    def __init__(self, store: Store) -> None:
        self.token = secrets.token_urlsafe(32)
        self._runs = Runs(store)
        self._server = _Server(self.token, store, self._runs)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self._server.url

    def __enter__(self) -> Door:
        self._thread.start()
        self._runs.resume()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._runs.stop()


class _Server(socketserver.ThreadingTCPServer):
    """Not http.server's own, which looks up the machine's name and can wait long for that."""

    daemon_threads = True
    block_on_close = False  # a connection that a client keeps open must not hold up the end

    def __init__(self, token: str, store: Store, runs: Runs) -> None:
        super().__init__((_LOOPBACK, 0), _Handler)
        self.host = f"{_LOOPBACK}:{self.server_address[1]}"
        self.url = f"http://{self.host}"
        self.authorization = f"Bearer {token}".encode()
        self.api = RestApi(store, runs, self.url)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to report."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "meshform"
    sys_version = ""
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # an answer is two writes, of which the second would wait 40 ms

    def _answer(self) -> None:
        try:
            status, content = 200, self._ask()
        except ApiError as error:
            status, content = error.status, {"error_code": error.code, "message": str(error)}
        except Exception as error:  # noqa: BLE001 - a client gets an answer whatever happens
            status = 500
            content = {"error_code": "INTERNAL_ERROR", "message": f"{type(error).__name__}: {error}"}
        self._send(status, content)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names that http.server asks for

    def _ask(self) -> dict[str, Any]:
        address = urlsplit(self.path)
        if self.headers.get_all("Host") != [self.server.host]:
            raise self._closing(400, "BAD_REQUEST", "this is not the host that the request is for")
        if self.command == "GET" and address.path == _PUBLIC:
            return {"oidc_endpoint": ""}
        given = self.headers.get("Authorization", "").encode()
        if not compare_digest(given, self.server.authorization):
            raise self._closing(401, "UNAUTHENTICATED", "the token is missing or wrong")
        body = self._body()
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        return self.server.api.answer(self.command, address.path, query, body)

    def _body(self) -> dict[str, Any]:
        if "Transfer-Encoding" in self.headers:
            raise self._closing(411, "BAD_REQUEST", "a body needs its Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise self._closing(400, "BAD_REQUEST", "Content-Length is not a number")
        if len(length) > 9 or int(length) > _MOST_BODY_BYTES:
            raise self._closing(413, "BAD_REQUEST", f"the body is larger than {_MOST_BODY_BYTES:,} bytes")
        content = self.rfile.read(int(length))
        try:
            body = json.loads(content) if content else {}
        except (ValueError, RecursionError):
            raise ApiError(400, "MALFORMED_REQUEST", "the body is not JSON") from None
        if not isinstance(body, dict):
            raise ApiError(400, "MALFORMED_REQUEST", "the body is not a JSON object")
        return body

    def _closing(self, status: int, code: str, message: str) -> ApiError:
        """An error before the body was read: the connection cannot be used for another request."""
        self.close_connection = True
        return ApiError(status, code, message)

    def _send(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What http.server itself refuses, such as an unknown method or too long a line."""
        self.close_connection = True
        self._send(code, {"error_code": "BAD_REQUEST", "message": message or "the request is not valid"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """No log: lines of it would stand between those of the command."""
