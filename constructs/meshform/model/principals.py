# SPDX-License-Identifier: Apache-2.0
"""The registry of principals: whoever may appear in a grant is declared once for the mesh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from uuid import NAMESPACE_URL, uuid5

from pydantic import model_validator

from meshform.model.environment import Environment
from meshform.model.findings import Finding, MeshformError, Place, Value
from meshform.model.near import did_you_mean


class Group(Value):
    """An account-level group.

    Attributes:
        name: its display name, in its exact case.
        members: names of the groups and service principals in it that the mesh knows of. People are not
            listed: the identity provider knows them.
    """

    name: str
    members: tuple[str, ...] = ()


class ServicePrincipal(Value):
    """An account-level service principal.

    Attributes:
        name: its display name, which the mesh uses to refer to it.
        application_ids: its application id (a UUID, what Unity Catalog's grants name) in each environment.
            The local workspace needs none: it derives one from the name.
    """

    name: str
    application_ids: Mapping[str, str] = {}

    def application_id(self, environment: Environment) -> str | None:
        """The application id in an environment, or None when it is not declared."""
        if environment.is_local:
            return str(uuid5(NAMESPACE_URL, f"meshform:service-principal:{self.name}"))
        return self.application_ids.get(environment.name)


class Principals(Value):
    """All groups and service principals of a mesh.

    Raises:
        ValueError: MF304 when two have one name, also when they differ only by case. `Mesh` raises it as a
            MeshformError.
    """

    groups: tuple[Group, ...] = ()
    service_principals: tuple[ServicePrincipal, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Principals:
        seen: dict[str, Group | ServicePrincipal] = {}
        for principal in self:
            if (other := seen.setdefault(principal.name.casefold(), principal)) is not principal:
                raise MeshformError(
                    Finding(
                        code="MF304",
                        summary="two principals have one name",
                        got=f"{other.name!r} and {principal.name!r}",
                        allowed="each name once; names that differ only by case are taken for one another",
                        fix="rename or remove one of them in the mesh's principals",
                    )
                )
        return self

    def __iter__(self) -> Iterator[Group | ServicePrincipal]:  # type: ignore[override]
        """Groups, then service principals."""
        yield from self.groups
        yield from self.service_principals

    def find(self, name: str) -> Group | ServicePrincipal | None:
        """The principal of that exact name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Group | ServicePrincipal]:
        return {principal.name: principal for principal in self}

    @cached_property
    def _members(self) -> dict[tuple[str, ...], frozenset[str]]:
        return {}

    def with_members(self, names: Iterable[str]) -> frozenset[str]:
        """These principals and, for groups, all members that the mesh knows of, at any depth; circles end."""
        asked = tuple(names)
        if asked not in self._members:
            self._members[asked] = self._with_members(asked)
        return self._members[asked]

    def _with_members(self, names: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        pending = list(names)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                principal = self.find(name)
                pending += principal.members if isinstance(principal, Group) else ()
        return frozenset(found)

    def missing(self, name: str, place: Place, role: str) -> Finding:
        """The finding for a principal that is not in the registry, with the nearest one that is."""
        return Finding(
            code="MF303",
            summary=f"{role} is not a principal of the mesh",
            place=place,
            got=name,
            allowed="a group or service principal of the mesh's registry, in its exact case",
            fix=did_you_mean(name, (one.name for one in self)) or "declare it in the mesh's principals",
        )
