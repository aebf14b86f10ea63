# SPDX-License-Identifier: Apache-2.0
"""Files that Terraform uploads: their bytes are kept in the store under their path in the workspace.

The kind of row is `content`, the key the path without a leading `/Workspace`, the value `base64`, `md5` and
`type` (the Terraform type that wrote it). As with the real provider, the state holds only the MD5 of the
content, and a plan compares that with the file beside the stack.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Any

from meshform.local.rules.refusal import Refusal
from meshform.local.store import Row, Store
from meshform.local.values import has_unknown

FILE_TYPES = (
    "databricks_workspace_file",
    "databricks_notebook",
    "databricks_file",
    "databricks_dbfs_file",
    "databricks_global_init_script",
)
_CHANGED = "different"  # what the real provider plans for the MD5 of content that has changed


def read_content(value: Row) -> bytes | None:
    """What a resource uploads: `content_base64`, or the file `source`, relative to the stack's folder.

    None when neither is known yet.

    Raises:
        Refusal: there is no such file, or the text is no Base64.
    """
    encoded, source = value.get("content_base64"), value.get("source")
    if has_unknown(encoded) or has_unknown(source):
        return None
    if encoded:
        try:
            return base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise Refusal(f"content_base64 of {value.get('path')} is not Base64") from None
    if not source:
        return b""
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise Refusal(f"File {source} cannot be read: {error.strerror}") from None


def plan_content(planned: dict[str, Any], prior: dict[str, Any] | None) -> None:
    """Plan the MD5: as it was when the content is the same, else as changed."""
    content = read_content(planned)
    if prior is not None and content is not None and prior.get("md5") == _md5(content):
        planned["md5"] = prior["md5"]
    else:
        planned["md5"] = _CHANGED


def keep_content(store: Store, type_: str, key: str, value: dict[str, Any]) -> None:
    """Read the content, keep it in the store and set the value's MD5."""
    content = read_content(value) or b""
    value["md5"] = _md5(content)
    row = {"base64": base64.b64encode(content).decode(), "md5": value["md5"], "type": type_}
    store.put("content", content_key(key), row)


def content_key(path: str) -> str:
    """The key of a path in the workspace: `/Workspace/a` and `/a` are one."""
    return path.removeprefix("/Workspace") if path.startswith("/Workspace/") else path


def content_at(store: Store, path: str) -> bytes | None:
    """The bytes of a file in the workspace, or None."""
    row = store.get("content", content_key(path))
    return base64.b64decode(row["base64"]) if row else None


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
