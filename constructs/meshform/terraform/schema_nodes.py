# SPDX-License-Identifier: Apache-2.0
"""The provider's schema compiled to checkers, one node for each block or object, made when first met.

A node maps each argument to a slot. A slot knows the Python types that fit without a further look, so that a
right body costs one look-up and one comparison for each argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from types import NoneType
from typing import Any

from meshform.terraform.literals import Reference
from meshform.terraform.schema_report import Path, Report

# A run of two signs or more is Terraform's escape for one sign less.
_EXPRESSION = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")


def _is_expression(value: Any) -> bool:
    return type(value) is Reference or (isinstance(value, str) and _EXPRESSION.search(value) is not None)


class Slot:
    """What one argument takes: anything, or what a subclass says."""

    fits: frozenset[type] = frozenset({Reference})
    words = "anything"

    def check(self, value: Any, path: Path, report: Report) -> None:
        """Report what is wrong with a value whose type is not in `fits`."""


class _Scalar(Slot):
    def __init__(self, words: str, *types: type) -> None:
        self.words, self._types, self.fits = words, types, frozenset({*types, Reference})

    def check(self, value: Any, path: Path, report: Report) -> None:
        if isinstance(value, Enum):
            value = value.value
        if type(value) in self.fits or _is_expression(value):
            return
        if str in self._types and isinstance(value, str):
            return
        report.wrong_type(value, path, self.words)


class _Sequence(Slot):
    def __init__(self, item: Slot) -> None:
        self._item, self.words = item, f"a list, each item {item.words}"

    def check(self, value: Any, path: Path, report: Report) -> None:
        if isinstance(value, list | tuple):
            fits = self._item.fits
            for index, item in enumerate(value):
                if type(item) not in fits:
                    self._item.check(item, (path, index), report)
        elif not _is_expression(value):
            report.wrong_type(value, path, self.words)


class _Map(Slot):
    def __init__(self, item: Slot) -> None:
        self._item, self.words = item, f"a map, each value {item.words}"

    def check(self, value: Any, path: Path, report: Report) -> None:
        if type(value) is dict or isinstance(value, Mapping):
            fits = self._item.fits
            for key, item in value.items():
                if type(item) not in fits:
                    self._item.check(item, (path, key), report)
        elif not _is_expression(value):
            report.wrong_type(value, path, self.words)


class _Object(Slot):
    words = "an object"

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec

    @cached_property
    def node(self) -> Node:
        return Node(self._spec)

    def check(self, value: Any, path: Path, report: Report) -> None:
        if type(value) is dict or isinstance(value, Mapping):
            self.node.check(value, path, report)
        elif not _is_expression(value):
            report.wrong_type(value, path, self.words)


_SCALARS = {
    "string": _Scalar("text", str),
    "number": _Scalar("a number", int, float),
    "bool": _Scalar("true or false", bool),
}


def _slot_of_type(type_: Any) -> Slot:
    """The slot of a type as Terraform's schema writes it: `"string"`, `["list", "string"]`, …"""
    if type_ == "dynamic":
        return Slot()
    if isinstance(type_, str):
        return _SCALARS[type_]
    kind, inner = type_
    if kind in ("list", "set"):
        return _Sequence(_slot_of_type(inner))
    if kind == "map":
        return _Map(_slot_of_type(inner))
    # In version 1.128.0 objects of this kind are computed only, and all their attributes are required.
    return _Object({"attributes": {name: {"type": of, "required": True} for name, of in inner.items()}})


def _slot_of_nested(nested: Mapping[str, Any]) -> Slot:
    slot = _Object(nested)
    mode = nested["nesting_mode"]
    return slot if mode == "single" else _Map(slot) if mode == "map" else _Sequence(slot)


class _Attribute(Slot):
    """An attribute: the slot of its type, and what its flags say."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        self.required = bool(spec.get("required"))
        self.settable = self.required or bool(spec.get("optional"))
        self._of = _slot_of_type(spec["type"]) if "type" in spec else _slot_of_nested(spec["nested_type"])
        self.fits = frozenset() if self.required else frozenset({NoneType})
        if self.settable and not spec.get("deprecated"):
            self.fits |= self._of.fits

    def check(self, value: Any, path: Path, report: Report) -> None:
        above, name = path
        if value is None:
            if self.required:
                report.missing(name, above)
            return
        if not self.settable:
            report.computed(name, above)
            return
        if self._spec.get("deprecated"):
            report.deprecated(path)
        if type(value) not in self._of.fits:
            report.hidden = bool(self._spec.get("sensitive"))
            self._of.check(value, path, report)
            report.hidden = False


class _Blocks(Slot):
    """Blocks of one type. Terraform JSON writes them as one object or a list of objects, null for none."""

    words = "an object or a list of objects"

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._spec = spec
        single = spec["nesting_mode"] in ("single", "group")
        self._min: int = spec.get("min_items", 0)
        self._max: int | None = 1 if single else spec.get("max_items")
        self.required = self._min > 0
        self.fits = frozenset() if self.required else frozenset({NoneType})

    @cached_property
    def node(self) -> BlockNode:
        return BlockNode(self._spec["block"])

    def check(self, value: Any, path: Path, report: Report) -> None:
        above, name = path
        if self._spec["block"].get("deprecated"):
            report.deprecated(path)
        if type(value) is dict or isinstance(value, Mapping):
            self.node.check(value, path, report)
            return
        if value is not None and not isinstance(value, list | tuple):
            report.wrong_type(value, path, self.words)
            return
        blocks = value or ()
        if not blocks and self.required:
            report.missing(name, above)
        elif len(blocks) < self._min:
            report.count(len(blocks), path, f"at least {self._min}")
        elif self._max is not None and len(blocks) > self._max:
            report.count(len(blocks), path, f"at most {self._max}")
        for index, block in enumerate(blocks):
            if type(block) is dict or isinstance(block, Mapping):
                self.node.check(block, (path, index), report)
            else:
                report.wrong_type(block, (path, index), "an object")


class Node:
    """An object: its slots by name, and the names that must be there."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.slots: dict[str, Slot] = {}
        required = []
        for name, attribute in spec.get("attributes", {}).items():
            slot = self.slots[name] = _Attribute(attribute)
            if slot.required:
                required.append(name)
        for name, block in spec.get("block_types", {}).items():
            blocks = self.slots[name] = _Blocks(block)
            if blocks.required:
                required.append(name)
        self.required = tuple(required)

    def check(self, body: Mapping[Any, Any], path: Path, report: Report) -> None:
        """Report everything in an object that does not fit, in its own order; then what is missing."""
        slots = self.slots
        for name, value in body.items():
            slot = slots.get(name)
            if slot is None:
                self.check_unknown(name, value, path, report)
            elif type(value) not in slot.fits:
                slot.check(value, (path, name), report)
        for name in self.required:
            if name not in body:
                self.check_missing(name, body, path, report)

    def check_unknown(self, name: Any, value: Any, path: Path, report: Report) -> None:  # noqa: ARG002
        """Report a name that has no slot."""
        report.unknown_name(str(name), path, self._settable)

    def check_missing(self, name: str, body: Mapping[Any, Any], path: Path, report: Report) -> None:  # noqa: ARG002
        """Report a required name that is not there."""
        report.missing(name, path)

    @property
    def _settable(self) -> list[str]:
        return [n for n, slot in self.slots.items() if not isinstance(slot, _Attribute) or slot.settable]


class BlockNode(Node):
    """The body of a block, which Terraform reads a little differently from an object."""

    def check_unknown(self, name: Any, value: Any, path: Path, report: Report) -> None:
        """Take a comment (`//`) and `dynamic` blocks; report another name that has no slot."""
        if name == "dynamic":
            for type_, dynamic in _dynamic(value):
                slot = self.slots.get(type_)
                if not isinstance(slot, _Blocks):
                    report.unknown_name(type_, (path, name), self._settable)
                elif isinstance(dynamic.get("content"), Mapping):
                    slot.node.check(dynamic["content"], ((path, type_), "content"), report)
        elif name != "//":
            super().check_unknown(name, value, path, report)

    def check_missing(self, name: str, body: Mapping[Any, Any], path: Path, report: Report) -> None:
        """Report a required name that is not there, and not made by a `dynamic` block either."""
        if name not in {type_ for type_, _ in _dynamic(body.get("dynamic"))}:
            report.missing(name, path)


def _dynamic(value: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The `dynamic` blocks of a body: the type that each makes, and its own arguments."""
    for labelled in value if isinstance(value, list | tuple) else [value]:
        for type_, blocks in labelled.items() if isinstance(labelled, Mapping) else ():
            for block in blocks if isinstance(blocks, list | tuple) else [blocks]:
                if isinstance(block, Mapping):
                    yield type_, block
