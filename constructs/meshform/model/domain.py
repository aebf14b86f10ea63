# SPDX-License-Identifier: Apache-2.0
"""Domains and the mesh as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property

from pydantic import Field, field_validator

from meshform.model.environment import Adopt, Environment
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.policy import Policy
from meshform.model.principals import Principals
from meshform.model.product import Product


class Support(Value):
    """Where consumers of a domain's products find help: at least one of these."""

    channel: str | None = None
    email: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        """Channel, e-mail and link, as far as they are known."""
        return ", ".join(part for part in (self.channel, self.email, self.url) if part)


class DomainSpec(Value):
    """What one `Domain` declares.

    Attributes:
        name: name of the domain, and of its catalog (outside production with the environment).
        owner: group that owns the catalog and everything in it.
        support: where its consumers find help.
        description: comment on the catalog.
        schemas: comment of each schema, by name.
        tags: properties of the catalog beside `domain`, `owner` and `support`, which Meshform sets.
        adopt: environments in which the catalog exists already.
        adopt_schemas: the same for each schema, by name. Default: those of the catalog.
        place: where it was declared.
    """

    name: str = Field(min_length=1)
    owner: str
    support: Support = Support()
    description: str = ""
    schemas: Mapping[str, str] = {}
    tags: Mapping[str, str] = {}
    adopt: Adopt = False
    adopt_schemas: Mapping[str, Adopt] | None = None
    place: Place = NOWHERE

    @field_validator("tags")
    @classmethod
    def _leaves_ours(cls, tags: Mapping[str, str]) -> Mapping[str, str]:
        if taken := {"domain", "owner", "support"} & tags.keys():
            raise ValueError(f"Meshform sets {', '.join(sorted(taken))} itself")
        return tags


class Warehouse(Value):
    """The SQL warehouse on which functions, views and alerts run.

    Attributes:
        name: name of the warehouse; other stacks find it by this name.
        create: the platform stack makes it (serverless). Default: True; False refers to an existing one.
        size: Databricks cluster size of a warehouse that is made.
        auto_stop_minutes: idle minutes before it stops.
    """

    name: str = "meshform"
    create: bool = True
    size: str = "2X-Small"
    auto_stop_minutes: int = 10


class Platform(Value):
    """The platform's own part of the metastore.

    Attributes:
        owner: group that owns the platform's catalog.
        catalog: name of that catalog; outside production the environment is added.
        schema_name: its schema that holds the functions of mesh-wide policies.
        warehouse: where SQL runs.
        workspace_folder: folder of the workspace that holds uploaded files.
    """

    owner: str
    catalog: str = "platform"
    schema_name: str = "governance"
    warehouse: Warehouse = Warehouse()
    workspace_folder: str = "/Workspace/Shared/meshform"


class MeshSpec(Value):
    """Everything that was declared: the input of resolving, governing and compiling.

    Attributes:
        name: name of the mesh.
        environments, principals, platform: see their types.
        classification_tag: key of the governed tag whose values are the classes of columns.
        today: the day on which the mesh is evaluated, an explicit input; None where nothing depends on it.
    """

    name: str = Field(min_length=1)
    environments: tuple[Environment, ...]
    principals: Principals
    platform: Platform
    classification_tag: str = "classification"
    domains: tuple[DomainSpec, ...] = ()
    products: tuple[Product, ...] = ()
    policies: tuple[Policy, ...] = ()
    today: date | None = None
    place: Place = NOWHERE

    @cached_property
    def products_by_address(self) -> dict[str, Product]:
        """Every product by `domain.product`."""
        return {product.address: product for product in self.products}
