# SPDX-License-Identifier: Apache-2.0
"""A cursor into a contract's document: typed access to keys, places, and a list of what is wrong."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from meshform.model.findings import Finding, Place
from meshform.model.strict_yaml import Document

Path = tuple[str | int, ...]


class Node:
    """A mapping in a document.

    What has the wrong type is read as if it were not there: `odcs_shape` has told of it already.
    """

    __slots__ = ("_document", "data", "findings", "path")

    def __init__(self, document: Document, findings: list[Finding], path: Path, data: dict[str, Any]) -> None:
        self._document = document
        self.findings = findings
        self.path = path
        self.data = data

    def text(self, key: str) -> str | None:
        """The text of a key, or None."""
        value = self.data.get(key)
        return value if isinstance(value, str) else None

    def flag(self, key: str) -> bool:
        """The truth value of a key, False when there is none."""
        return self.data.get(key) is True

    def position(self, key: str) -> int | None:
        """The position of a key from 1; None when it is not there or -1, the standard's word for none."""
        value = self.data.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts in the list of a key."""
        value = self.data.get(key)
        return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()

    def mapping(self, key: str) -> dict[str, Any]:
        """The mapping of a key as plain data, empty when there is none."""
        value = self.data.get(key)
        return value if isinstance(value, dict) else {}

    def other(self, known: Collection[str | None]) -> dict[str, Any]:
        """The keys that are not known, with their values."""
        return {key: value for key, value in self.data.items() if key not in known and value is not None}

    def child(self, key: str) -> Node | None:
        """The mapping of a key, or None."""
        value = self.data.get(key)
        if not isinstance(value, dict):
            return None
        return Node(self._document, self.findings, (*self.path, key), value)

    def children(self, key: str) -> list[Node]:
        """The mappings in the list of a key."""
        value = self.data.get(key)
        if not isinstance(value, list):
            return []
        return [
            Node(self._document, self.findings, (*self.path, key, i), one)
            for i, one in enumerate(value)
            if isinstance(one, dict)
        ]

    def place(self, *below: str | int) -> Place:
        """Where the mapping starts, or what is below it."""
        return self._document.place((*self.path, *below))

    def note(
        self,
        code: str,
        summary: str,
        *below: str | int,
        got: str | None = None,
        allowed: str | None = None,
        fix: str | None = None,
    ) -> None:
        """Adds a finding at what is below the mapping."""
        self.findings.append(
            Finding(code=code, summary=summary, place=self.place(*below), got=got, allowed=allowed, fix=fix)
        )

    def require(self, key: str, what: str) -> str:
        """The text of a key that must be there and not empty; MF205 and the empty text otherwise."""
        value = self.data.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if value is None or isinstance(value, str):
            self.note(
                "MF205", f"{what} has no `{key}`", *([key] if key in self.data else []), fix=f"add `{key}`"
            )
        return ""
