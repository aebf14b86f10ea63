# SPDX-License-Identifier: Apache-2.0
"""Waivers in a file beside their policy, which the governance council reviews: read strictly.

The file is a mapping with the one key `waivers`, a list of mappings with the fields of `Waiver`.
"""

from __future__ import annotations

from pathlib import Path

from meshform.model.file_input import display_name, read_text
from meshform.model.list_file import MOST_BYTES, ListForm, entries_in
from meshform.model.strict_yaml import Document, loads
from meshform.model.waiver import Waiver

_FIELDS = ("rule", "scope", "reason", "ticket", "approver", "expires")
_FORM = ListForm(
    key="waivers",
    noun="waiver",
    code="MF460",
    texts=_FIELDS,
    dates=("expires",),
    words=("reason", "ticket"),
    required=_FIELDS,
    form=f"waivers: a list, each with {', '.join(f'`{name}`' for name in _FIELDS)}",
)


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file, in order.

    Raises:
        MeshformError: MF101 to MF115 when it cannot be read as plain YAML, MF460 for each thing in it that is
            no waiver.
    """
    return waivers_in(loads(read_text(path, most_bytes=MOST_BYTES), display_name(path)))


def waivers_in(document: Document) -> tuple[Waiver, ...]:
    """The waivers of a document that was read.

    Raises:
        MeshformError: MF460 for each thing in it that is no waiver.
    """
    return tuple(Waiver.model_validate(entry) for entry in entries_in(document, _FORM))
