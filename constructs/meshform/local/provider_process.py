# SPDX-License-Identifier: Apache-2.0
"""Any Terraform provider as a process that answers questions, as Terraform would ask them."""

from __future__ import annotations

import base64
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from meshform.local.plugin import COOKIE
from meshform.local.schema_read import decode_provider
from meshform.local.values import dump_value, load_value
from meshform.local.wire import field, occurrences, octets, parse, text
from meshform.model.findings import Finding, MeshformError

_TERRAFORM_VERSION = "1.11.4"
_START_SECONDS, _CALL_SECONDS = 60, 60
_ERROR = 1  # Diagnostic.Severity


class Planned(NamedTuple):
    """The answer to a plan.

    Attributes:
        value: the planned value; None when the provider gave none.
        replaced: dotted paths, without indexes, whose change replaces the object.
        errors: summaries of errors.
        older_sdk: whether the type is made with the older SDK, not with the plugin framework.
    """

    value: Any
    replaced: frozenset[str]
    errors: tuple[str, ...]
    older_sdk: bool


class ProviderProcess:
    """A provider that was started and configured; made by `start`."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.schema = decode_provider(self._call("GetProviderSchema", b""))

    def configure(self, **given: Any) -> None:
        """Configure the provider; what is not given is null.

        Raises:
            MeshformError: MF661 when the provider refuses.
        """
        block = self.schema["provider"]["block"]
        nothing = dict.fromkeys(block.get("attributes", {})) | {
            name: [] for name in block.get("block_types", {})
        }
        config = nothing | {name: value for name, value in given.items() if name in nothing}
        response = self._call(
            "ConfigureProvider", field(1, _TERRAFORM_VERSION) + field(2, dump_value(config))
        )
        if errors := _errors(response, 1):
            raise _failure("the provider refuses its configuration", "; ".join(errors))

    def plan(self, type_: str, prior: Any, config: Any, proposed: Any) -> Planned:
        """Ask for a plan of one object; a call that fails counts as an error of the plan."""
        import grpc

        request = field(1, type_) + field(2, dump_value(prior)) + field(3, dump_value(proposed))
        try:
            response = self._call("PlanResourceChange", request + field(4, dump_value(config)))
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNAVAILABLE:
                raise _failure(f"the provider ended while it planned {type_}", error.details()) from error
            return Planned(None, frozenset(), (error.code().name,), older_sdk=False)
        fields = parse(response)
        replaced = frozenset(_path(path) for path in occurrences(response, 2))
        return Planned(load_value(octets(fields, 1)), replaced, _errors(response, 4), bool(fields.get(5)))

    def _call(self, name: str, request: bytes) -> bytes:
        call = self._channel.unary_unary(f"/tfplugin6.Provider/{name}")
        answer: bytes = call(request, timeout=_CALL_SECONDS)
        return answer


@contextmanager
def start(binary: Path) -> Iterator[ProviderProcess]:
    """Start a provider's binary beside a host of its own that has nothing, and configure it for that host.

    The binary reads none of the user's credentials, and gets no other host's name. It is ended with the
    context.

    Raises:
        MeshformError: MF661 when the binary is no Terraform provider of protocol 6, or refuses to start.
    """
    with _empty_host() as host:
        process = subprocess.Popen(
            [str(binary.absolute())],
            env=_environment(host),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            with _channel(process) as channel:
                provider = ProviderProcess(channel)
                provider.configure(host=host, token="none")  # noqa: S106 - the host asks for none
                yield provider
        finally:
            process.kill()
            process.wait()


def _environment(host: str) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DATABRICKS_", "TF_", "PLUGIN_"))
    }
    return {
        **kept,
        COOKIE[0]: COOKIE[1],
        "PLUGIN_PROTOCOL_VERSIONS": "6",
        "DATABRICKS_HOST": host,
        "DATABRICKS_TOKEN": "none",
        "DATABRICKS_CONFIG_FILE": os.devnull,
    }


@contextmanager
def _channel(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    """A gRPC channel to the socket that the plugin's first line names."""
    import grpc

    stdout = process.stdout
    assert stdout is not None  # noqa: S101 - it is a pipe
    ready, _, _ = select.select([stdout], [], [], _START_SECONDS)
    line = stdout.readline().decode(errors="replace").strip() if ready else ""
    parts = line.split("|")
    if len(parts) < 5 or parts[1] != "6":
        raise _failure("the binary does not start as a Terraform provider of protocol 6", line or "no answer")
    target = f"unix:{parts[3]}" if parts[2] == "unix" else parts[3]
    options = [("grpc.max_receive_message_length", -1), ("grpc.ssl_target_name_override", "localhost")]
    if len(parts) > 5 and parts[5]:
        encoded = base64.b64encode(base64.b64decode(parts[5] + "=" * (-len(parts[5]) % 4))).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n".encode()
        credentials = grpc.ssl_channel_credentials(root_certificates=pem)
        channel = grpc.secure_channel(target, credentials, options=options)
    else:
        channel = grpc.insecure_channel(target, options=options)
    with channel:
        yield channel


@contextmanager
def _empty_host() -> Iterator[str]:
    """A host on this machine where nothing is found; yields its URL.

    The provider asks its host for things even to plan, and waits for ever for one that refuses.
    """

    class Nothing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"error_code": "NOT_FOUND", "message": "nothing here"}'
            self.send_response(404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _errors(response: bytes, number: int) -> tuple[str, ...]:
    diagnostics = map(parse, occurrences(response, number))
    return tuple(text(fields, 2) for fields in diagnostics if fields.get(1) == _ERROR)


def _path(message: bytes) -> str:
    """The names in an `AttributePath`, joined by dots; keys and indexes are left out."""
    steps = (parse(step) for step in occurrences(message, 1))
    return ".".join(text(step, 1) for step in steps if 1 in step)


def _failure(summary: str, got: str) -> MeshformError:
    return MeshformError(
        Finding(
            code="MF661",
            summary=summary,
            got=got,
            fix="give the path of an executable terraform-provider-databricks",
        )
    )
