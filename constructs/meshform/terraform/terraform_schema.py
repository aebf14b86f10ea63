# SPDX-License-Identifier: Apache-2.0
"""What Terraform itself adds to the provider's schema, in the same form: meta arguments and built-in types.

Source: Terraform 1.11, language documentation, "Resource blocks", "Data blocks" and "terraform_data".
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string", "optional": True}
_REQUIRED_TEXT = {"type": "string", "required": True}
_TEXTS = {"type": ["list", "string"], "optional": True}
_FLAG = {"type": "bool", "optional": True}
_ANYTHING = {"type": "dynamic", "optional": True}


def _blocks(max_items: int | None = None, **block: Any) -> dict[str, Any]:
    limit = {} if max_items is None else {"max_items": max_items}
    return {"nesting_mode": "list", "block": block, **limit}


_CONDITION = _blocks(
    attributes={"condition": {"type": "bool", "required": True}, "error_message": _REQUIRED_TEXT}
)
_ANY_PROVISIONER = {"when": _TEXT, "on_failure": _TEXT, "connection": _ANYTHING}
_PROVISIONER = _blocks(
    block_types={
        "local-exec": _blocks(
            attributes={
                "command": _REQUIRED_TEXT,
                "environment": {"type": ["map", "string"], "optional": True},
                "interpreter": _TEXTS,
                "quiet": _FLAG,
                "working_dir": _TEXT,
                **_ANY_PROVISIONER,
            }
        ),
        "remote-exec": _blocks(
            attributes={"inline": _TEXTS, "script": _TEXT, "scripts": _TEXTS, **_ANY_PROVISIONER}
        ),
        "file": _blocks(
            attributes={
                "content": _TEXT,
                "destination": _REQUIRED_TEXT,
                "source": _TEXT,
                **_ANY_PROVISIONER,
            }
        ),
    }
)
_ANY_KIND = {
    "count": {"type": "number", "optional": True},
    "depends_on": _TEXTS,
    "for_each": _ANYTHING,
    "provider": _TEXT,
}

META_ARGUMENTS: dict[str, dict[str, Any]] = {
    "resource": {
        "attributes": {**_ANY_KIND, "connection": _ANYTHING},
        "block_types": {
            "lifecycle": _blocks(
                max_items=1,
                attributes={
                    "create_before_destroy": _FLAG,
                    "ignore_changes": _ANYTHING,  # a list of names, or the word `all`
                    "prevent_destroy": _FLAG,
                    "replace_triggered_by": _TEXTS,
                },
                block_types={"postcondition": _CONDITION, "precondition": _CONDITION},
            ),
            "provisioner": _PROVISIONER,
        },
    },
    "data": {
        "attributes": _ANY_KIND,
        "block_types": {
            "lifecycle": _blocks(
                max_items=1, block_types={"postcondition": _CONDITION, "precondition": _CONDITION}
            ),
        },
    },
}
"""Kind of a block -> the arguments that every block of that kind takes."""

BUILT_IN: dict[str, dict[str, Any]] = {
    "resource": {
        "terraform_data": {
            "attributes": {
                "id": {"type": "string", "computed": True},
                "input": _ANYTHING,
                "output": {"type": "dynamic", "computed": True},
                "triggers_replace": _ANYTHING,
            }
        }
    },
    "data": {
        "terraform_remote_state": {
            "attributes": {
                "backend": _REQUIRED_TEXT,
                "config": _ANYTHING,
                "defaults": _ANYTHING,
                "outputs": {"type": "dynamic", "computed": True},
                "workspace": _TEXT,
            }
        }
    },
}
"""Kind of a block -> the types of Terraform's own provider, `terraform.io/builtin/terraform`."""
