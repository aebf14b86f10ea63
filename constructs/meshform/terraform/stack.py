# SPDX-License-Identifier: Apache-2.0
"""One stack's blocks, and the order in which Terraform makes them.

Every block has a rank. Ranks are ordered, and a *step* (something that runs in the workspace during apply,
such as making functions) is a barrier in that order: whatever is not after it comes before it. Without that
a step that is killed would be recorded as done. So a step depends on every block since the step before, and
every block depends on the step before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Any, NamedTuple

from meshform.model.findings import Finding, MeshformError, Place
from meshform.terraform.literals import Reference, ref


class Phase(IntEnum):
    """What happens when within a stack."""

    PREPARE = 0  # containers, code, principals, USE
    FUNCTIONS = 1  # the step that makes functions
    PROTECT = 2  # policies, which need their functions
    BUILD = 3  # the steps that run pipelines
    DESCRIBE = 4  # tags, which need their tables
    GRANT = 5  # SELECT, and what needs it: views, shares, alerts


class Rank(NamedTuple):
    """When a block is made: phases PREPARE to PROTECT once, then BUILD to GRANT for each wave of products.

    A product that reads another of its own domain is in a later wave than that.
    """

    wave: int
    phase: Phase


PREPARE = Rank(0, Phase.PREPARE)
FUNCTIONS = Rank(0, Phase.FUNCTIONS)
PROTECT = Rank(0, Phase.PROTECT)


@dataclass(frozen=True, slots=True)
class Block:
    """One resource or data source."""

    kind: str  # "resource" or "data"
    type: str
    name: str
    body: dict[str, Any]
    place: Place
    rank: Rank = PREPARE
    after: tuple[str, ...] = ()
    is_step: bool = False
    import_id: str | None = None  # of an object that exists already
    of: str = ""  # the product, `domain.product`, or domain that it belongs to

    @property
    def address(self) -> str:
        """Its Terraform address in the stack."""
        return f"{self.type}.{self.name}" if self.kind == "resource" else f"data.{self.type}.{self.name}"

    def attribute(self, name: str) -> Reference:
        """A reference to one of its attributes."""
        return ref(self.address, name)


_NOT_IN_AN_ADDRESS = re.compile(r"[^A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9-])?")


def local_name(*parts: str) -> str:
    """A Terraform name for an object: its parts joined by `__`, stable for ever.

    A digest is added where a part holds what an address cannot, or what could be taken for the joint, so
    that two objects never share one name.
    """
    text = "__".join(parts)
    if _PLAIN.fullmatch(text) and "___" not in text and text.count("__") == len(parts) - 1:
        return text  # nearly every name, told with the fewest calls
    name = _NOT_IN_AN_ADDRESS.sub("_", text)
    if not name[:1].isalpha() and not name.startswith("_"):
        name = f"_{name}"
    clear = not any("__" in part or part.strip("_") != part for part in parts)
    if clear and name == text:
        return name
    exact = text if clear else "\0".join(parts)  # where the joint is not clear, ("a_", "b") is ("a", "_b")
    return f"{name}_{sha256(exact.encode()).hexdigest()[:8]}"


@dataclass
class Stack:
    """One Terraform root module on its way: add blocks, then read `with_dependencies`.

    Attributes:
        name: name of the stack.
        requires: names of the stacks that are deployed before it.
        assets: files that stand beside its JSON, by relative path.
        variables: what whoever deploys it must tell, by name.
        of: the product or domain that what is added now belongs to.
    """

    name: str
    requires: tuple[str, ...] = ()
    blocks: dict[str, Block] = field(default_factory=dict)
    assets: dict[str, bytes] = field(default_factory=dict)
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    of: str = ""

    def resource(
        self,
        type_: str,
        name: str,
        body: Mapping[str, Any],
        place: Place,
        *,
        rank: Rank = PREPARE,
        after: Iterable[str] = (),
        lifecycle: Mapping[str, Any] | None = None,
        import_id: str | None = None,
    ) -> Block:
        """Add a resource. `after` holds addresses of others that it must follow within its rank.

        With an `import_id`, the first apply takes over the object of that id instead of making it.
        """
        body = {key: value for key, value in body.items() if value is not None}
        if lifecycle:
            body["lifecycle"] = dict(lifecycle)
        block = Block(
            "resource", type_, name, body, place, rank, tuple(after), import_id=import_id, of=self.of
        )
        return self._add(block)

    def data(
        self, type_: str, name: str, body: Mapping[str, Any], place: Place, *, after: Iterable[str] = ()
    ) -> Block:
        """Add a data source, or return the one that asks the same; `after` holds what makes what it finds."""
        block = Block("data", type_, name, dict(body), place, after=tuple(after))
        return self.blocks.get(block.address) or self._add(block)

    def step(self, name: str, body: Mapping[str, Any], place: Place, *, rank: Rank) -> Block:
        """Add a barrier: a `terraform_data` that runs something when its triggers change."""
        return self._add(Block("resource", "terraform_data", name, dict(body), place, rank, is_step=True))

    def asset(self, path: str, content: bytes) -> str:
        """Add a file beside the JSON; returns its path relative to Terraform's working folder."""
        self.assets[path] = content
        return path

    def _add(self, block: Block) -> Block:
        other = self.blocks.setdefault(block.address, block)
        if other is not block:
            raise MeshformError(
                Finding(
                    code="MF501",
                    summary=f"two objects have one Terraform address in stack {self.name!r}",
                    place=block.place,
                    got=f"{block.address}, also of {other.place}",
                    fix="rename one of them",
                )
            )
        return block

    def with_dependencies(self) -> list[Block]:
        """All blocks by address, each with the `depends_on` that its rank and `after` ask for."""
        depends = {address: set(block.after) for address, block in self.blocks.items()}
        ranked = sorted(
            (block.rank, block.is_step, address)
            for address, block in self.blocks.items()
            if block.kind == "resource"
        )
        barrier: str | None = None
        since: list[str] = []
        for _, is_step, address in ranked:
            if barrier:
                depends[address].add(barrier)
            if is_step:
                depends[address].update(since)
                since, barrier = [], address
            else:
                since.append(address)
        result = []
        for address, block in sorted(self.blocks.items()):
            if needed := depends[address]:
                body = {**block.body, "depends_on": sorted(needed)}
                result.append(
                    Block(block.kind, block.type, block.name, body, block.place, block.rank, block.after)
                )
            else:
                result.append(block)
        return result
