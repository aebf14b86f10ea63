# SPDX-License-Identifier: Apache-2.0
"""A process that Terraform starts as a provider: HashiCorp's go-plugin handshake, TLS, and the end of it.

Terraform reads one line from the plugin's output (protocol versions, socket, certificate) and then speaks
gRPC over the socket. gRPC for Python cannot check go-plugin's client certificate, so the socket sits in a
folder that only its owner can enter.
"""

from __future__ import annotations

import base64
import os
import select
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from meshform.local.provider import Provider
from meshform.local.store import Store, default_path

COOKIE = ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
"""What Terraform sets so that nobody runs a plugin by hand; from terraform/internal/plugin6."""

_PROTOCOL = "1|6"  # go-plugin's own version, Terraform's plugin protocol
_SHUTDOWN = "/plugin.GRPCController/Shutdown"
_PREFIX = "/tfplugin6.Provider/"
_THREADS = 10  # Terraform's default parallelism
_LOOK_EVERY_MILLISECONDS = 500
_GRACE_SECONDS = 1.0
_LONGEST_FOLDER = 70


def serve() -> None:
    """Serve until Terraform says so or dies; then end the process at once.

    go-plugin waits two seconds for a plugin that does not end by itself.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is Terraform's to handle: it asks plugins to stop
    # a socket's path has room for about a hundred characters
    short = None if len(tempfile.gettempdir()) < _LONGEST_FOLDER else "/tmp"  # noqa: S108 - a private folder in it
    with tempfile.TemporaryDirectory(prefix="meshform-", dir=short) as folder:
        parent = os.getppid()
        provider = Provider(Store(default_path()), lambda: _is_gone(parent, 0))
        ended = threading.Event()
        server, certificate = _server(provider, Path(folder) / "socket", ended.set)
        server.start()
        sys.stdout.write(f"{_PROTOCOL}|unix|{folder}/socket|grpc|{certificate}\n")
        sys.stdout.flush()
        watcher = threading.Thread(target=_watch, args=(parent, ended), daemon=True)
        watcher.start()
        ended.wait()
        if _is_gone(parent, 0):
            server.stop(_GRACE_SECONDS).wait()  # calls under way end, and take back what they created
        else:
            provider.stop()
            server.stop(0.1).wait()
    os._exit(0)


def _server(provider: Provider, socket: Path, shut_down: Callable[[], None]) -> tuple[Any, str]:
    """A gRPC server with its certificate (Base64 of DER, without padding)."""
    import grpc

    def shutdown(_request: bytes, _context: Any) -> bytes:
        shut_down()
        return b""

    class Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, handler_call_details: Any) -> Any:
            method = handler_call_details.method
            if method == _SHUTDOWN:
                return grpc.unary_unary_rpc_method_handler(shutdown)
            call = provider.call(method.removeprefix(_PREFIX)) if method.startswith(_PREFIX) else None
            if call is None:
                return None  # not implemented
            return grpc.unary_unary_rpc_method_handler(lambda request, _context: call(request))

    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=unlimited)
    server.add_generic_rpc_handlers((Handler(),))
    key, certificate, encoded = _certificate()
    server.add_secure_port(f"unix:{socket}", grpc.ssl_server_credentials([(key, certificate)]))
    return server, encoded


def _certificate() -> tuple[bytes, bytes, str]:
    """A key and its self-signed certificate for one day, both PEM, and the latter as Terraform reads it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoded = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode().rstrip("=")
    return (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.PEM),
        encoded,
    )


def _watch(parent: int, ended: threading.Event) -> None:
    while not ended.is_set():
        if _is_gone(parent, _LOOK_EVERY_MILLISECONDS):
            ended.set()


def _is_gone(parent: int, wait_milliseconds: int) -> bool:
    """Whether Terraform is gone: it no longer reads our output, or is no longer our parent."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)  # errors are always reported
    broken = any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(wait_milliseconds))
    return broken or os.getppid() != parent
