# SPDX-License-Identifier: Apache-2.0
"""The mesh in one environment: every name final, every reference followed.

Plain slotted dataclasses instead of pydantic models: they are made only by `resolve`, from values that are
already checked, a thousand products at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Concatenate, Literal, ParamSpec, TypeVar

from meshform.model.consumer import Consumer
from meshform.model.contract import Column, Table
from meshform.model.domain import DomainSpec, MeshSpec
from meshform.model.environment import Environment
from meshform.model.findings import Place
from meshform.model.inputs import ExternalTable, Input, ManifestPort, PortReference, external_name
from meshform.model.masks import slug
from meshform.model.policy import Classification, MaskFunction, Policy, RowFilter
from meshform.model.ports import Elsewhere, ManagedTable
from meshform.model.principals import Group
from meshform.model.product import Product

_Others = ParamSpec("_Others")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class ResolvedTable:
    """A table or view of a product, at its place in Unity Catalog.

    Attributes:
        catalog, schema: where it is, by their final names.
        spec: the table of the contract.
        is_port: it is an output port.
        view_sql: SQL of a view that the product makes.
        prefix: what a shared catalog puts before the domain's name of the schema.
        entry: what makes it, when that is not the product's pipeline, job or SQL.
        comment: its description, with what the product's readers must know.
    """

    catalog: str
    schema: str
    spec: Table
    is_port: bool
    view_sql: str | None = None
    prefix: str = ""
    entry: ManagedTable | Elsewhere | None = None
    comment: str = ""

    @property
    def domain_schema(self) -> str:
        """Its schema as the domain calls it, which people write in contracts and SQL."""
        return self.schema[len(self.prefix) :]

    @property
    def name(self) -> str:
        """Its name in its schema."""
        return self.spec.name

    @property
    def full_name(self) -> str:
        """`catalog.schema.table`."""
        return f"{self.catalog}.{self.schema}.{self.spec.name}"

    @property
    def is_view(self) -> bool:
        """True for a view, also of somebody else."""
        return self.spec.physical_type == "view"

    @property
    def is_own_view(self) -> bool:
        """True for a view that the product makes, or that is made for one of its consumers."""
        return self.is_view and self.entry is None

    @property
    def is_run(self) -> bool:
        """True for a table that the product's pipeline or job makes."""
        return self.entry is None and not self.is_view

    @property
    def place(self) -> Place:
        """Where its contract stands."""
        return self.spec.place

    def classified_columns(self) -> Iterator[Column]:
        """Columns that are of a class; those that are `none` by decision are of none."""
        return (column for column in self.spec.columns if column.classification and column.data_class)


@dataclass(frozen=True, slots=True)
class OtherPort:
    """An output port that is no table: a volume or a function.

    Attributes:
        kind: kind of securable.
        catalog, schema, name: its name in Unity Catalog.
    """

    kind: Literal["volume", "function"]
    catalog: str
    schema: str
    name: str

    @property
    def full_name(self) -> str:
        """`catalog.schema.name`."""
        return f"{self.catalog}.{self.schema}.{self.name}"

    @property
    def privileges(self) -> tuple[str, ...]:
        """What a consumer is given on it."""
        return ("READ_VOLUME",) if self.kind == "volume" else ("EXECUTE",)

    @property
    def reference(self) -> str:
        """How code names it: a volume by its path, a function by its full name."""
        return (
            f"/Volumes/{self.catalog}/{self.schema}/{self.name}" if self.kind == "volume" else self.full_name
        )


@dataclass(frozen=True, slots=True)
class Reader:
    """A consumer of ports of a product, and who that is.

    Attributes:
        consumer: the consumer as declared.
        principals: as Unity Catalog's grants name them: a group's name, or the application id of a product's
            service principal; none for a product without a pipeline.
        ports: names of the ports that they read.
        views: where they read a part of each port only, the view of that part by the port's name.
    """

    consumer: Consumer
    principals: tuple[str, ...]
    ports: tuple[str, ...]
    views: Mapping[str, ResolvedTable] = field(default_factory=dict)


@dataclass(frozen=True)
class ResolvedProduct:
    """A product with its tables, ports, inputs and readers."""

    spec: Product
    domain: ResolvedDomain
    tables: tuple[ResolvedTable, ...]
    readers: tuple[Reader, ...] = ()
    run_as: str | None = None  # application id of the service principal of its pipeline or job
    replaced_by: str | None = None  # address of the product that replaces it

    @property
    def name(self) -> str:
        """Its name in its domain."""
        return self.spec.name

    @property
    def address(self) -> str:
        """`domain.product`."""
        return self.spec.address

    @property
    def place(self) -> Place:
        """Where it was declared."""
        return self.spec.place

    @property
    def job_name(self) -> str:
        """Name of its job and pipeline in production."""
        return f"{self.domain.name}_{self.name}"

    def at(self, place: Place) -> Place:
        """A place in its contract; the contract's where that is unknown, and the product's beside Python."""
        own = self.spec.contract.place
        return place if place.file else own if own.file else self.place

    @property
    def tags(self) -> dict[str, str]:
        """Tags of what runs for it: its pipeline and its jobs."""
        cost_center = self.domain.spec.cost_center
        tags = {"domain": self.domain.name, "product": self.name}
        return {**tags, "cost_center": cost_center} if cost_center else tags

    @cached_property
    def ports(self) -> dict[str, ResolvedTable]:
        """Its output ports that are tables or views, by name."""
        return {table.name: table for table in self.tables if table.is_port}

    @cached_property
    def other_ports(self) -> dict[str, OtherPort]:
        """Its output ports that are volumes or functions, by name."""
        catalog, schema = self.domain.catalog, self.domain.schema(self.spec.schema_name)
        ports = [
            OtherPort("volume", catalog, schema, volume.name)
            for volume in self.spec.volumes
            if volume.schema_name == self.spec.schema_name
        ]
        ports += [OtherPort("function", catalog, schema, f.name) for f in self.spec.functions]
        return {port.name: port for port in ports}

    @property
    def port_names(self) -> list[str]:
        """Names of all its output ports."""
        return self.spec.port_names


def once_for_product(
    work: Callable[Concatenate[ResolvedProduct, _Others], _Result],
) -> Callable[Concatenate[ResolvedProduct, _Others], _Result]:
    """Let a function keep what it returns with the product: governing and compiling both ask for it.

    Its other arguments are the same for each product, such as the mesh that it is of.
    """
    name = f"{work.__module__}.{work.__qualname__}"  # no attribute can have it

    @wraps(work)
    def kept(product: ResolvedProduct, /, *args: _Others.args, **kwargs: _Others.kwargs) -> _Result:
        known = vars(product)  # where cached_property keeps its values too
        if name not in known:
            known[name] = work(product, *args, **kwargs)
        result: _Result = known[name]
        return result

    return kept


@dataclass(slots=True)
class ResolvedDomain:
    """A domain with its catalog and products.

    Attributes:
        catalog: name of the catalog that holds its schemas: its own, or a shared one.
        prefix: what stands before the name of each of its schemas there; nothing in a catalog of its own.
    """

    spec: DomainSpec
    catalog: str
    products: list[ResolvedProduct] = field(default_factory=list)
    prefix: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name

    @property
    def place(self) -> Place:
        """Where it was declared."""
        return self.spec.place

    @property
    def is_in_shared_catalog(self) -> bool:
        """True for a group of schemas in a shared catalog, False for a catalog of its own."""
        return bool(self.prefix)

    def schema(self, name: str) -> str:
        """Name in Unity Catalog of what the domain calls a schema of its own: the only place that maps it."""
        return f"{self.prefix}{name}"

    def full_name(self, schema: str, *below: str) -> str:
        """Full name of a schema of the domain, by the domain's name for it, or of something in it."""
        return ".".join((self.catalog, self.schema(schema), *below))


@dataclass(frozen=True)
class ResolvedMesh:
    """The whole mesh in one environment."""

    spec: MeshSpec
    environment: Environment
    domains: dict[str, ResolvedDomain]

    @cached_property
    def products(self) -> dict[str, ResolvedProduct]:
        """Every product by its address, in the order of declaration."""
        return {p.address: p for domain in self.domains.values() for p in domain.products}

    @cached_property
    def deployers(self) -> dict[str, str]:
        """What each deployer deploys, by its name in the registry."""
        found: dict[str, str] = {}
        for environment in self.spec.environments:
            found.setdefault(environment.deployer, f"the deployer of environment {environment.name!r}")
        for domain in self.spec.domains:
            if domain.deployer is not None:
                found.setdefault(domain.deployer, f"the deployer of domain {domain.name!r}")
        return found

    @cached_property
    def run_by(self) -> dict[str, dict[str, list[str]]]:
        """Addresses of the products that each service principal runs, by domain."""
        found: dict[str, dict[str, list[str]]] = {}
        for product in self.spec.products:
            if product.runs:
                of_principal = found.setdefault(product.runs.run_as, {})
                of_principal.setdefault(product.domain, []).append(product.address)
        return found

    @cached_property
    def tables(self) -> dict[str, ResolvedTable]:
        """Every table and view by its full name."""
        return {table.full_name: table for product in self.products.values() for table in product.tables}

    @cached_property
    def classifications(self) -> dict[str, Classification]:
        """Every class of columns by name."""
        return {c.name: c for policy in self.spec.policies for c in policy.classifications}

    @cached_property
    def mask_functions(self) -> dict[str, dict[str, MaskFunction]]:
        """The functions that hide the columns of each masked class, by type, that of its base type first.

        A mask of the library has one for each type of the mesh's columns of the class that it is for.
        """
        masked = {c.name: c for c in self.classifications.values() if c.is_masked}
        found: dict[str, set[str]] = {name: set() for name in masked}
        for table in self.tables.values() if masked else ():
            for column in table.classified_columns() if not table.is_own_view else ():
                if declared := masked.get(column.classification or ""):
                    found[declared.name].add(declared.masked_as(column.type))
        return {
            name: {
                kind: function
                for kind in (declared.base_type, *declared.own_types, *sorted(found[name]))
                if (function := declared.function_for(kind)) is not None
            }
            for name, declared in masked.items()
        }

    def mask_type(self, column: Column) -> str | None:
        """Value of the tag that tells a column's type to the policies of its class; None without need."""
        declared = self.classifications.get(column.classification or "")
        if declared is None or not declared.is_masked:
            return None
        kind = declared.masked_as(column.type)
        return slug(kind) if kind != declared.base_type and declared.function_for(kind) else None

    @property
    def platform_catalog(self) -> str:
        """Name of the platform's catalog here."""
        return self.environment.scoped(self.spec.platform.catalog)

    def workspace_folder(self, *parts: str) -> str:
        """A folder of the workspace for uploaded files, in this environment's part."""
        return "/".join([self.spec.platform.workspace_folder, self.environment.name, *parts])

    def deployer_beside(self, owner: str) -> str | None:
        """The deployer as grants name it, where it is not the owner itself and so needs its own MANAGE."""
        deployer = self.environment.deployer
        return None if deployer == owner else self.principal_id(deployer)

    def deployer_of(self, domain: ResolvedDomain) -> str | None:
        """Who deploys a domain's stack, as grants name it; None when that is the owner itself."""
        if (own := self.own_deployer(domain)) is not None:
            return own
        return self.deployer_beside(domain.spec.owner)

    def own_deployer(self, domain: ResolvedDomain) -> str | None:
        """The domain's own deployer, as grants name it; None where the environment's deployer deploys it."""
        name = domain.spec.deployer
        return None if name in (None, self.environment.deployer) else self.principal_id(name or "")

    def row_filters(self, domain: str) -> tuple[RowFilter, ...]:
        """Row filters that apply in a domain's catalog."""
        known = self._row_filters
        if domain not in known:
            known[domain] = tuple(f for policy in self.policies(domain) for f in policy.row_filters)
        return known[domain]

    @cached_property
    def _row_filters(self) -> dict[str, tuple[RowFilter, ...]]:
        return {}

    def policies(self, domain: str) -> Iterator[Policy]:
        """Policies that govern a domain as a whole: the mesh's and its own, as they were declared."""
        return (
            policy
            for policy in self.spec.policies
            if policy.product is None and policy.domain in (None, domain)
        )

    def port(self, reference: Input) -> ResolvedTable | None:
        """The table or view that an input means here; None when there is none, or it is of another kind."""
        if isinstance(reference, ManifestPort | ExternalTable):
            return _external_table(reference, self.environment)
        if not isinstance(reference, PortReference):
            return None
        product = self.products.get(reference.product_address)
        return product.ports.get(reference.port) if product else None

    def other_port(self, reference: Input) -> OtherPort | None:
        """The volume or function of a product that an input means, or None."""
        if isinstance(reference, ManifestPort):
            parts = (external_name(reference, self.environment) or "").split(".")
            if reference.kind == "table" or len(parts) != 3:
                return None
            return OtherPort(reference.kind, *parts)
        if not isinstance(reference, PortReference):
            return None
        product = self.products.get(reference.product_address)
        return product.other_ports.get(reference.port) if product else None

    def input(self, reader: Product, reference: Input) -> ResolvedTable | None:
        """What a product reads for one of its inputs: the port, or the view of its part of it; or None."""
        if not isinstance(reference, PortReference) or isinstance(reference, ManifestPort):
            return self.port(reference)
        producer = self.products.get(reference.product_address)
        if producer is None:
            return None
        for one in producer.readers:
            if one.views and one.consumer.product == reader.address and reference.port in one.views:
                return one.views[reference.port]
        return producer.ports.get(reference.port)

    def domain_of(self, full_name: str) -> ResolvedDomain | None:
        """The domain that a catalog, or a schema or what is in one, belongs to, by its name in Unity Catalog.

        A shared catalog itself belongs to no domain.
        """
        catalog, _, below = full_name.casefold().partition(".")
        schema = below.partition(".")[0]
        return next(
            (
                one
                for one in self.domains.values()
                if one.catalog.casefold() == catalog
                and (not one.prefix or schema in {one.schema(name).casefold() for name in one.spec.schemas})
            ),
            None,
        )

    def principal_id(self, name: str) -> str | None:
        """How Unity Catalog's grants name a principal: group name or application id; None when unknown."""
        return self._principal_ids.get(name)

    @cached_property
    def principal_names(self) -> dict[str, str]:
        """Names of principals in the registry, by how Unity Catalog's grants name them."""
        return {name_id: name for name, name_id in self._principal_ids.items()}

    @cached_property
    def _principal_ids(self) -> dict[str, str]:
        ids = {
            principal.name: principal.name
            if isinstance(principal, Group)
            else principal.application_id(self.environment)
            for principal in self.spec.principals
        }
        return {name: name_id for name, name_id in ids.items() if name_id}


def _external_table(external: ManifestPort | ExternalTable, environment: Environment) -> ResolvedTable | None:
    parts = (external_name(external, environment) or "").split(".")
    if len(parts) != 3 or (isinstance(external, ManifestPort) and external.kind != "table"):
        return None  # told by external_findings
    catalog, schema, name = parts
    if isinstance(external, ManifestPort):
        table = external.table
    else:
        table = Table.model_construct(name=name, columns=external.columns)
    return ResolvedTable(catalog, schema, table, is_port=False)
