# SPDX-License-Identifier: Apache-2.0
"""What a product reads: ports of products, and what the mesh does not make.

Every input has a name that is the same in every environment; code and SQL know only that. What it is called
in Unity Catalog may differ by environment, so those names are a text for all or a mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from pydantic import Field
from pydantic_core import PydanticCustomError

from meshform.model.contract import Column, Table
from meshform.model.environment import Environment
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.graph import EdgeKind

Names: TypeAlias = Mapping[str, str] | str
"""A name for every environment, or names by environment."""


class PortReference(Value):
    """An output port of some product, referred to by another as its input: `domain.product.port`."""

    domain: str
    product: str
    port: str

    @property
    def product_address(self) -> str:
        """`domain.product`, as `Product.address` of the producer."""
        return f"{self.domain}.{self.product}"

    def __str__(self) -> str:
        """`domain.product.port`."""
        return f"{self.product_address}.{self.port}"


class Protection(Value):
    """A mask or a row filter that Unity Catalog has on a port of another mesh.

    Attributes:
        name: what it is, in words, such as `the mask of class 'personal'`.
        exempt: the account's groups that see what it hides.
    """

    name: str
    exempt: tuple[str, ...] = ()


class FunctionParameter(Value):
    """A parameter of a function, with its Databricks SQL type."""

    name: str
    type: str


class ManifestPort(PortReference):
    """A port of a product that another repository's mesh makes; `from_manifest` reads it.

    Attributes:
        schema_name: the schema that holds it; SQL names it as `domain.schema.port`.
        names: its full name by environment of this mesh.
        kind: the kind of securable that it is.
        table: its columns, with their types and classes; of a volume and a function none.
        parameters, returns: the signature of a function.
        protections: what hides something of it.
        version: version of its product.
        status, sunset: where its product is in its life, and the last day of a deprecated one.
        owner: group that owns its domain.
        place: the manifest.
    """

    schema_name: str
    names: Mapping[str, str]
    kind: Literal["table", "volume", "function"] = "table"
    table: Table
    parameters: tuple[FunctionParameter, ...] = ()
    returns: str | None = None
    protections: tuple[Protection, ...] = ()
    version: str
    status: str = "active"
    sunset: date | None = None
    owner: str
    place: Place = NOWHERE


class MountedShare(Value):
    """A Delta share from outside, which the platform's stack mounts as a catalog (`databricks_catalog`).

    Two products that mount one catalog must say the same of it.

    Attributes:
        catalog: name of the catalog; outside production the environment is added.
        provider: name of the provider in the metastore, for all environments or by environment.
        share: name of its share, for all environments or by environment.
        comment: comment on the catalog. Default: none.
    """

    catalog: str
    provider: Names
    share: Names
    comment: str = ""

    def table(
        self, full_name: str, *, name: str | None = None, columns: Iterable[Column] = ()
    ) -> ExternalTable:
        """A table of the share as an input.

        Args:
            full_name: `schema.table` in the share.
            name: what code and SQL call it. Default: the name of the table.
            columns: see ExternalTable.
        """
        name = name or full_name.rpartition(".")[2]
        return ExternalTable(name=name, full_name=full_name, columns=tuple(columns), share=self)

    def volume(self, full_name: str, *, name: str | None = None) -> ExternalVolume:
        """A volume of the share, `schema.volume`, as an input; `name` as for a table."""
        name = name or full_name.rpartition(".")[2]
        return ExternalVolume(name=name, full_name=full_name, share=self)


class ExternalTable(Value):
    """A table or view that no product of the mesh makes, also one of a foreign catalog, as an input.

    Attributes:
        name: what code (`contract.source("...")`) and SQL call it; a single lower-case word.
        full_name: `catalog.schema.table`, for all environments or by environment; in a mounted share
            `schema.table`.
        columns: the columns that are read. SQL of views is checked against them, and the classes on them
            count as those of the mesh's own. Default: none is checked.
        share: the mounted share that holds it; `MountedShare.table` sets it. Default: it exists.
    """

    name: str
    full_name: Names
    columns: tuple[Column, ...] = ()
    share: MountedShare | None = None

    def __str__(self) -> str:
        """Its name."""
        return self.name


class ExternalVolume(Value):
    """A volume that no product of the mesh makes, as an input.

    Attributes:
        name: what code calls it: `contract.volume("...")` is its path.
        full_name: `catalog.schema.volume`, for all environments or by environment; in a mounted share
            `schema.volume`.
        share: the mounted share that holds it; `MountedShare.volume` sets it. Default: it exists.
    """

    name: str
    full_name: Names
    share: MountedShare | None = None

    def __str__(self) -> str:
        """Its name."""
        return self.name


class ExternalConnection(Value):
    """A connection of Unity Catalog (lakehouse federation), as an input.

    A table of a foreign catalog that was made from a connection is an ExternalTable.

    Attributes:
        name: what code calls it: `contract.connection("...")` is the connection's name.
        connection: name of the connection, for all environments or by environment.
    """

    name: str
    connection: Names = Field(min_length=1)

    def __str__(self) -> str:
        """Its name."""
        return self.name


EXTERNAL = ManifestPort, ExternalTable, ExternalVolume, ExternalConnection
Input: TypeAlias = PortReference | ExternalTable | ExternalVolume | ExternalConnection
External: TypeAlias = ManifestPort | ExternalTable | ExternalVolume | ExternalConnection


def checked_input(value: object) -> Input:
    """The value, when it is an input; one error instead of one for each kind that it could be."""
    if isinstance(value, PortReference | ExternalTable | ExternalVolume | ExternalConnection):
        return value
    raise PydanticCustomError(
        "input", "input should be a port, an ExternalTable, an ExternalVolume or an ExternalConnection"
    )


def edge_kind(one: Input) -> EdgeKind:
    """What an input is in the graph of products."""
    if isinstance(one, PortReference):
        return "manifest" if isinstance(one, ManifestPort) else "port"
    if isinstance(one, ExternalTable):
        return "table"
    return "volume" if isinstance(one, ExternalVolume) else "connection"


class Needed(NamedTuple):
    """A privilege that is needed to read something, on a securable of a kind."""

    kind: str
    full_name: str
    privilege: str


def in_environment(names: Names, environment: Environment) -> str | None:
    """A name in an environment; None when it has none there."""
    return names if isinstance(names, str) else names.get(environment.name)


def external_name(external: External, environment: Environment) -> str | None:
    """The full name in Unity Catalog of what the mesh does not make; None when it has none there."""
    if isinstance(external, ManifestPort):
        return external.names.get(environment.name)
    if isinstance(external, ExternalConnection):
        return in_environment(external.connection, environment)
    name = in_environment(external.full_name, environment)
    if name is None or external.share is None:
        return name
    return f"{environment.scoped(external.share.catalog)}.{name}"


def kind_of(external: External) -> str:
    """The kind of securable that it is, as an attribute of `databricks_grants` names it."""
    if isinstance(external, ExternalVolume):
        return "volume"
    if isinstance(external, ManifestPort):
        return external.kind
    return "foreign_connection" if isinstance(external, ExternalConnection) else "table"


_READS = {
    "table": "SELECT",
    "volume": "READ_VOLUME",
    "function": "EXECUTE",
    "foreign_connection": "USE_CONNECTION",
}


def needed_for(kind: str, full_name: str) -> list[Needed]:
    """The privileges that reading a securable needs, containers first."""
    parts = full_name.split(".")
    needed = [Needed(kind, full_name, _READS[kind])]
    if kind != "foreign_connection":
        needed = [
            Needed("catalog", parts[0], "USE_CATALOG"),
            Needed("schema", ".".join(parts[:2]), "USE_SCHEMA"),
            *needed,
        ]
    return needed
