# SPDX-License-Identifier: Apache-2.0
"""Clients of databricks-sdk: of the workspace that the user's variables name, or of a door on this machine.

Importing databricks-sdk takes about a second, so it waits until a client is made.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from meshform.model.findings import Finding, MeshformError

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

_LOOPBACK = "127.0.0.1"
# The SDK retries a connection that fails and an answer of 429 or 503 on its own, silently. It gets this long,
# so that `Workspace.ask` can tell the user soon that the workspace does not answer.
_SDK_RETRY_SECONDS = 20
_HTTP_TIMEOUT_SECONDS = 60


def real_client() -> WorkspaceClient:
    """A client of the workspace that `DATABRICKS_*` variables or a profile name, as for the provider.

    Raises:
        MeshformError: MF701 when they name none, or give no usable credentials.
    """
    return _client({})


@contextmanager
def local_client(host: str, token: str) -> Iterator[WorkspaceClient]:
    """A client of a door on this machine; nothing of the user's Databricks settings gets in.

    While the block runs, this process has no variable that databricks-sdk reads, and no proxy for the
    loopback address.
    """
    from databricks.sdk.config import Config

    names = {name for attribute in Config.attributes() for name in _variables(attribute)}
    kept = {name: os.environ.pop(name) for name in sorted(names) if name in os.environ}
    proxies: dict[str, str | None] = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    hosts = [part for part in (proxies["no_proxy"] or proxies["NO_PROXY"] or "").split(",") if part]
    os.environ.update(dict.fromkeys(proxies, ",".join([*hosts, _LOOPBACK])))
    try:
        yield _client({"host": host, "token": token, "auth_type": "pat"})
    finally:
        for name, value in proxies.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        os.environ.update(kept)


def _variables(attribute: Any) -> Iterator[str]:
    if attribute.env:
        yield attribute.env
    yield from getattr(attribute, "env_aliases", ())


def _client(settings: Mapping[str, Any]) -> WorkspaceClient:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.config import Config

    # its warnings would stand between our own lines; what matters of them comes back as an error
    logging.getLogger("databricks.sdk").addHandler(logging.NullHandler())
    try:
        return WorkspaceClient(
            config=Config(
                product="meshform",
                product_version=_version(),
                retry_timeout_seconds=_SDK_RETRY_SECONDS,
                http_timeout_seconds=_HTTP_TIMEOUT_SECONDS,
                **settings,
            )
        )
    except ValueError as error:
        raise MeshformError(
            Finding(
                code="MF701",
                summary="no workspace to connect to, or no credentials for it",
                got=str(error),  # the SDK masks secrets in it
                fix="set DATABRICKS_HOST and credentials, or DATABRICKS_CONFIG_PROFILE, as for the provider",
            )
        ) from None


def _version() -> str:
    try:
        return version("meshform")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0.0.0"


def without_secrets(text: str, client: WorkspaceClient) -> str:
    """Text for the user: no secret of the client's configuration in it, not longer than a screen."""
    from databricks.sdk.config import Config

    # an answer that is no JSON comes back with a log of the whole request
    text = text.split(" Request log:", 1)[0].strip()
    for attribute in Config.attributes():
        value = getattr(client.config, attribute.name) if attribute.sensitive else None
        if isinstance(value, str) and value:
            text = text.replace(value, "***")
    return text if len(text) <= 2000 else f"{text[:2000]}…"
