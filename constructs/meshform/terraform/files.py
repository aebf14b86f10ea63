# SPDX-License-Identifier: Apache-2.0
"""Files that a stack uploads to the workspace."""

from __future__ import annotations

from meshform.model.findings import Place
from meshform.terraform.stack import Block, Stack


def workspace_file(stack: Stack, name: str, path: str, asset: str, content: bytes, place: Place) -> Block:
    """Upload a file: its bytes stand beside the stack's JSON, so that the state holds only their digest.

    Args:
        stack: the stack that uploads it.
        name: name of the Terraform resource.
        path: path in the workspace, below `/Workspace`.
        asset: relative path of the copy beside the JSON.
        content: its bytes.
        place: where it was declared.
    """
    return stack.resource(
        "databricks_workspace_file",
        name,
        {
            "path": path.removeprefix("/Workspace"),
            "source": stack.asset(f"assets/{asset}", content),
        },
        place,
    )
