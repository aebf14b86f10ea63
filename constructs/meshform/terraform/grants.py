# SPDX-License-Identifier: Apache-2.0
"""The grants ledger: all wishes for access of the whole mesh, and one writer for each securable.

A securable that one stack writes gets one authoritative `databricks_grants`, which also removes what nobody
declared. A catalog of a domain is written by two stacks (the platform keeps its MANAGE there, the domain lets
its consumers in), so each principal on it gets a `databricks_grant` of its own, in exactly one stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.privileges import PRIVILEGES
from meshform.terraform.stack import PREPARE, Rank, Stack, local_name


class Securable(NamedTuple):
    """Something that grants are about: its kind (an attribute of `databricks_grants`) and its full name."""

    kind: str
    full_name: str

    @property
    def grants_address(self) -> str:
        """Address of its `databricks_grants`, when one stack writes it."""
        return f"databricks_grants.{self._local_name}"

    @property
    def _local_name(self) -> str:
        # a stack writes the grants inside one catalog only, so the catalog need not be part of the name
        return local_name(self.kind, *(self.full_name.split(".")[1:] or [self.full_name]))


def remade_with(view: str) -> dict[str, list[str]]:
    """The lifecycle of what is on a view: the provider makes a view anew when its comment changes.

    What was granted or tagged on the old view is gone then (provider 1.128, `resource_sql_table.go`).
    """
    return {"replace_triggered_by": [f"{view}.comment"]}


@dataclass(slots=True)
class _Entry:
    """All wishes for one securable."""

    wishes: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (stack, principal) -> privileges
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    rank: Rank = PREPARE
    after: set[str] = field(default_factory=set)
    shared: bool = False


class Ledger:
    """Collects wishes for access; `write` turns them into blocks.

    Args:
        names: names of principals in the mesh, by how Unity Catalog's grants name them; used in addresses.

    Raises:
        MeshformError: MF504 for a privilege that the securable does not take, MF505 for a principal that two
            stacks would write on one securable.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._entries: dict[Securable, _Entry] = {}

    def share_writing(self, securable: Securable) -> None:
        """Let several stacks write a securable, each its own principals."""
        self._entries.setdefault(securable, _Entry()).shared = True

    def wish(
        self,
        stack: Stack,
        securable: Securable,
        principal: str,
        privileges: Iterable[str],
        place: Place,
        *,
        rank: Rank = PREPARE,
        after: Iterable[str] = (),
    ) -> None:
        """Ask that a principal has privileges on a securable, written by a stack."""
        wanted = set(privileges)
        if unknown := wanted - PRIVILEGES[securable.kind]:
            raise MeshformError(
                Finding(
                    code="MF504",
                    summary=f"a {securable.kind} does not take this privilege",
                    place=place,
                    got=", ".join(sorted(unknown)),
                    allowed=", ".join(sorted(PRIVILEGES[securable.kind])),
                )
            )
        entry = self._entries.get(securable)
        if entry is None:
            entry = self._entries[securable] = _Entry()
        writer = stack.name, principal
        if writer in entry.wishes:
            entry.wishes[writer] |= wanted
        else:
            entry.wishes[writer], entry.places[writer] = wanted, place
        entry.rank = max(entry.rank, rank)
        entry.after.update(after)

    def holds(self, securable: Securable, principal: str, privilege: str) -> bool:
        """Whether some stack asks for that privilege already."""
        entry = self._entries.get(securable)
        return entry is not None and any(
            privilege in privileges for (_, who), privileges in entry.wishes.items() if who == principal
        )

    def write(self, stacks: dict[str, Stack]) -> None:
        """Add a `databricks_grants` or `databricks_grant` block for every wish to its stack."""
        for securable, entry in sorted(
            self._entries.items(), key=lambda item: (item[0].kind, item[0].full_name)
        ):
            if not entry.wishes:
                continue
            self._one_writer(securable, entry)
            if entry.shared:
                self._write_each(securable, entry, stacks)
            else:
                self._write_all(securable, entry, stacks)

    def _write_each(self, securable: Securable, entry: _Entry, stacks: dict[str, Stack]) -> None:
        for (stack, principal), privileges in sorted(entry.wishes.items()):
            stacks[stack].resource(
                "databricks_grant",
                local_name(securable.kind, securable.full_name, self._names.get(principal, principal)),
                {
                    securable.kind: securable.full_name,
                    "principal": principal,
                    "privileges": sorted(privileges),
                },
                entry.places[stack, principal],
                rank=entry.rank,
                after=sorted(address for address in entry.after if address in stacks[stack].blocks),
            )

    def _write_all(self, securable: Securable, entry: _Entry, stacks: dict[str, Stack]) -> None:
        stack = next(iter(entry.wishes))[0]
        table = stacks[stack].blocks.get(
            f"databricks_sql_table.{local_name(*securable.full_name.split('.')[1:])}"
        )
        is_view = securable.kind == "table" and table and table.body["table_type"] == "VIEW"
        stacks[stack].resource(
            "databricks_grants",
            securable.grants_address.removeprefix("databricks_grants."),
            {
                securable.kind: securable.full_name,
                "grant": [
                    {"principal": principal, "privileges": sorted(privileges)}
                    for (_, principal), privileges in sorted(entry.wishes.items())
                ],
            },
            next(iter(entry.places.values())),
            rank=entry.rank,
            after=sorted(entry.after),
            lifecycle=remade_with(table.address) if table and is_view else None,
        )

    @staticmethod
    def _one_writer(securable: Securable, entry: _Entry) -> None:
        writers: dict[str, str] = {}
        for stack, principal in entry.wishes:
            key = principal if entry.shared else securable.full_name
            if (other := writers.setdefault(key, stack)) != stack:
                raise MeshformError(
                    Finding(
                        code="MF505",
                        summary=f"two stacks would write grants of {securable.kind} {securable.full_name}",
                        place=entry.places[stack, principal],
                        got=f"{principal} by {stack} and by {other}",
                        allowed="one writer for each securable",
                        fix="declare the access in one place only",
                    )
                )
