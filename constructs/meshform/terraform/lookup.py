# SPDX-License-Identifier: Apache-2.0
"""What a user's own resources need to know of ours: names in the environment, addresses, attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.inputs import EXTERNAL, Input, external_name
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.compile import CompiledStack
from meshform.terraform.literals import Reference, ref
from meshform.terraform.schema_check import attributes_of


class Lookup:
    """Looks up what Meshform puts into one stack.

    Args:
        stack: the stack.
        mesh: the mesh that it is a part of.
    """

    def __init__(self, stack: CompiledStack, mesh: ResolvedMesh) -> None:
        self._stack, self._mesh = stack, mesh

    def full_name(self, one: Input, place: Place) -> str:
        """The full name of a port, or of another input, in this environment.

        Raises:
            MeshformError: MF436 when it has none.
        """
        if isinstance(one, EXTERNAL):
            name = external_name(one, self._mesh.environment)
        else:
            port = self._mesh.port(one) or self._mesh.other_port(one)
            name = port.full_name if port else None
        if name is None:
            known = [f"{p.address}.{name}" for p in self._mesh.products.values() for name in p.port_names]
            raise MeshformError(
                Finding(
                    code="MF436",
                    summary=f"there is no such port in environment {self._mesh.environment.name!r}",
                    place=place,
                    got=str(one),
                    allowed=one_of(known),
                    fix=did_you_mean(str(one), known),
                )
            )
        return name

    def address(self, path: str, type_: str, name: str | None, place: Place) -> str:
        """The address of the one resource of a type that a construct makes in this stack.

        Args:
            path: the construct's path in the mesh.
            type_: type of the resource.
            name: what tells several of one type apart: its `name` in the workspace, its full name, or the
                name in its address.
            place: where it is asked for.

        Raises:
            MeshformError: MF433 when there is none, MF434 when there are several.
        """
        all_of_it = self._of(path)
        made = self._stack.blocks.get("resource", {}).get(type_, {})
        mine = {key: body for key, body in made.items() if f"{type_}.{key}" in all_of_it}
        fitting = [
            key for key, body in mine.items() if name is None or name in (key, body.get("name"), _full(body))
        ]
        if len(fitting) == 1:
            return f"{type_}.{fitting[0]}"
        which = f"{type_} in stack {self._stack.name!r}" + (f" of name {name!r}" if name else "")
        if fitting:
            finding = Finding(
                code="MF434",
                summary=f"{path} makes several {which}",
                place=place,
                got=one_of(fitting),
                fix="say which one by `name`",
            )
        else:
            types = {address.partition(".")[0] for address in all_of_it}
            near = did_you_mean(name, mine) if name and mine else did_you_mean(type_, types)
            finding = Finding(
                code="MF433",
                summary=f"{path} makes no {which}",
                place=place,
                allowed=one_of(mine or all_of_it) or "it makes nothing in this stack",
                fix=near or "ask the stack that it is in",
            )
        raise MeshformError(finding)

    def attribute(self, address: str, attribute: str, place: Place) -> Reference:
        """A reference to an attribute of a resource.

        Raises:
            MeshformError: MF435 when its type has no such attribute.
        """
        known = attributes_of(address.partition(".")[0])
        if attribute not in known:
            raise MeshformError(
                Finding(
                    code="MF435",
                    summary=f"{address} has no such attribute",
                    place=place,
                    got=attribute,
                    allowed=one_of(known, most=60),
                    fix=did_you_mean(attribute, known),
                )
            )
        return ref(address, attribute)

    def _of(self, path: str) -> set[str]:
        """Addresses of the resources that a construct makes here; of a product also its views and tables."""
        return {*self._declared_by(path), *self._relations_of(path)}

    def _declared_by(self, path: str) -> Iterator[str]:
        return (address for address, maker in self._stack.makers.items() if maker == path)

    def _relations_of(self, path: str) -> Iterator[str]:
        product = self._mesh.products.get(".".join(path.split("/")[1:]))
        names = {table.full_name for table in product.tables} if product else set()
        for key, body in self._stack.blocks.get("resource", {}).get("databricks_sql_table", {}).items():
            if _full(body) in names:
                yield f"databricks_sql_table.{key}"


def _full(body: dict[str, Any]) -> str:
    return f"{body.get('catalog_name')}.{body.get('schema_name')}.{body.get('name')}"
