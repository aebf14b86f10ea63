# SPDX-License-Identifier: Apache-2.0
"""Domains and the mesh as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

from pydantic import Field, ValidationInfo, field_validator, model_validator

from meshform.model.catalogs import CatalogSettings, SharedCatalog
from meshform.model.environment import Adopt, Environment
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.graph import Edge
from meshform.model.inputs import PortReference, edge_kind
from meshform.model.policy import Policy
from meshform.model.principals import Principals
from meshform.model.product import Product
from meshform.model.support import Support


class DomainSpec(CatalogSettings):
    """What one `Domain` declares.

    Attributes:
        name: name of the domain, and of its catalog (outside production with the environment).
        owner: group that owns the catalog or, in a shared one, the schemas, and everything in them.
        technical_owners: principals that keep the domain running: MANAGE and USE_SCHEMA on its schemas,
            BROWSE and USE_CATALOG on the catalog, and the owner's rights on pipelines, jobs and alerts.
        deployer: the service principal that deploys the domain's stack. Default: the environment's deployer.
        catalog: name of the shared catalog that holds its schemas. Default: a catalog of its own.
        support: where its consumers find help.
        cost_center: who pays; a property, and a tag of pipelines and jobs.
        description: comment on the catalog.
        schemas: comment of each schema, by name.
        tags: properties of the catalog beside those that Meshform sets.
        catalog_tags: tags in Unity Catalog, by key, on its catalog; in a shared one on its schemas.
        schema_tags: tags of each schema, by its name.
        storage_root, isolated_to: see CatalogSettings; in a shared catalog `storage_root` is of the schemas.
        retired: products that are not declared any more, and addresses of other things that are gone.
        adopt: environments in which the catalog exists already.
        adopt_schemas: the same for each schema, by name. Default: those of the catalog.
        place: where it was declared.
    """

    name: str = Field(min_length=1)
    owner: str
    technical_owners: tuple[str, ...] = ()
    deployer: str | None = None
    catalog: str | None = None
    support: Support = Support()
    cost_center: str | None = None
    description: str = ""
    schemas: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    catalog_tags: Mapping[str, str] = {}
    schema_tags: Mapping[str, Mapping[str, str]] = {}
    retired: tuple[str, ...] = ()
    adopt: Adopt = False
    adopt_schemas: Mapping[str, Adopt] | None = None
    place: Place = NOWHERE

    @field_validator("tags")
    @classmethod
    def _leaves_ours(cls, tags: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
        ours = {"domain", "owner", "support", "technical_owners", "on_call"}
        if info.data.get("cost_center") is not None:
            ours.add("cost_center")
        if taken := ours & tags.keys():
            raise ValueError(f"Meshform sets {', '.join(sorted(taken))} itself")
        return tags

    @model_validator(mode="after")
    def _tagged_schemas_exist(self) -> DomainSpec:
        if unknown := sorted(self.schema_tags.keys() - self.schemas.keys()):
            raise ValueError(
                f"`schema_tags` names schemas that the domain does not have: {', '.join(unknown)}"
            )
        return self

    def catalog_in(self, environment: Environment) -> str:
        """Name of the catalog that holds its schemas in an environment."""
        return environment.scoped(self.catalog or self.name)

    @property
    def properties(self) -> dict[str, str]:
        """Properties of its catalog or, in a shared one, of its schemas."""
        optional = {
            "technical_owners": ", ".join(self.technical_owners),
            "on_call": self.support.on_call,
            "cost_center": self.cost_center,
        }
        return {
            "domain": self.name,
            "owner": self.owner,
            "support": str(self.support),
            **{name: value for name, value in optional.items() if value},
            **self.tags,
        }


class Warehouse(Value):
    """The SQL warehouse on which functions, views and alerts run.

    Attributes:
        name: name of the warehouse; other stacks find it by this name.
        create: the platform stack makes it (serverless). Default: True; False refers to an existing one.
        size: Databricks cluster size of a warehouse that is made.
        auto_stop_minutes: idle minutes before it stops.
        users: groups and service principals that may run SQL on it (CAN_USE), beside domains' own deployers.
            Only for a warehouse that is made here: the permissions of another one are its maker's.
    """

    name: str = "meshform"
    create: bool = True
    size: str = "2X-Small"
    auto_stop_minutes: int = 10
    users: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _permissions_are_its_makers(self) -> Warehouse:
        if self.users and not self.create:
            raise ValueError("`users` is for a warehouse that the platform makes; drop it, or `create=False`")
        return self


class Platform(Value):
    """The platform's own part of the metastore.

    Attributes:
        owner: group that owns the platform's catalog.
        catalog: name of that catalog; outside production the environment is added.
        schema_name: its schema that holds the functions of mesh-wide policies.
        warehouse: where SQL runs.
        workspace_folder: folder of the workspace that holds uploaded files.
        shared_catalogs: catalogs that several domains share.
        tag_assigners: groups and service principals who may assign the mesh's governed tags, beside those who
            deploy; nobody else may then. It needs `account_id` of the environments. Default: the account says
            who may.
    """

    owner: str
    catalog: str = "platform"
    schema_name: str = "governance"
    warehouse: Warehouse = Warehouse()
    workspace_folder: str = "/Workspace/Shared/meshform"
    shared_catalogs: tuple[SharedCatalog, ...] = ()
    tag_assigners: tuple[str, ...] = ()


class MeshSpec(Value):
    """Everything that was declared: the input of resolving, governing and compiling.

    Attributes:
        name: name of the mesh.
        environments, principals, platform: see their types.
        classification_tag: key of the governed tag whose values are the classes of columns.
        retired: names of domains that are not declared any more.
        today: the day on which the mesh is evaluated, an explicit input; None where nothing depends on it.
        governance_council: group that approves waivers; None where there are none.
        waiver_max_days: most days until a waiver ends.
        waiver_max_findings: most findings that one waiver is meant for.
    """

    name: str = Field(min_length=1)
    environments: tuple[Environment, ...]
    principals: Principals
    platform: Platform
    classification_tag: str = "classification"
    domains: tuple[DomainSpec, ...] = ()
    products: tuple[Product, ...] = ()
    policies: tuple[Policy, ...] = ()
    retired: tuple[str, ...] = ()
    today: date | None = None
    governance_council: str | None = None
    waiver_max_days: int = Field(default=365, gt=0)
    waiver_max_findings: int = Field(default=20, gt=0)
    place: Place = NOWHERE

    @cached_property
    def products_by_address(self) -> dict[str, Product]:
        """Every product by `domain.product`."""
        return {product.address: product for product in self.products}

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The graph of products: everything that a product reads, sorted by reader and input."""
        return tuple(
            sorted(
                Edge(
                    product.address,
                    str(one),
                    edge_kind(one),
                    one.product_address if isinstance(one, PortReference) else None,
                )
                for product in self.products
                for one in product.inputs
            )
        )
