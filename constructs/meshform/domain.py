# SPDX-License-Identifier: Apache-2.0
"""The `Domain` construct: a part of the business that owns its data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from meshform.bridge import Construct
from meshform.declarations import above, arguments_told, construct_id, declare, place_of_caller
from meshform.mesh import Mesh
from meshform.model.domain import DomainSpec, Support
from meshform.model.environment import Adopt
from meshform.model.findings import Finding, MeshformError
from meshform.model.near import did_you_mean, one_of

if TYPE_CHECKING:
    from meshform.data_product import DataProduct

LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "bronze": "Raw events and operational extracts, as they arrived.",
        "silver": "Cleaned, standardized entities.",
        "gold": "Business-ready data products for consumers.",
    }
)

_NO_SUPPORT = Support()


class Domain(Construct):
    """A domain: a Unity Catalog catalog with schemas, owned by one group.

    The platform stack emits its `databricks_catalog` and the deployer's `databricks_grant`; the domain's own
    stack, `DOMAIN-ENV`, emits `databricks_schema` and everything of its products.

    Args:
        scope: a Mesh, or a construct below one.
        id_: name of the domain and of its catalog; outside production the environment is added to the
            catalog's name.
        owner: group of the mesh's registry that owns the catalog and everything in it.
        support: where consumers of its products find help. Default: nowhere, which the rule SupportPath
            refuses.
        description: comment on the catalog. Default: none.
        schemas: comment of each schema, by name. Default: bronze, silver and gold.
        tags: properties of the catalog beside `domain`, `owner` and `support`. Default: none.
        adopt: the catalog exists already, and Terraform takes it over instead of making it: True in every
            environment that is not personal, or names of environments. Default: it is made.
        adopt_schemas: the same for schemas, by name; those that are not named are made. Default: every schema
            as the catalog.

    Raises:
        MeshformError: MF300 for a wrong argument, MF302 when the mesh has a domain of that name or the scope
            a construct of that id, MF321 when there is no Mesh above.
    """

    @arguments_told
    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        owner: str,
        support: Support = _NO_SUPPORT,
        description: str = "",
        schemas: Mapping[str, str] = LAYERS,
        tags: Mapping[str, str] = MappingProxyType({}),
        adopt: Adopt | list[str] = False,
        adopt_schemas: Mapping[str, Adopt | list[str]] | None = None,
    ) -> None:
        place = place_of_caller(id_)
        self.mesh = above(scope, Mesh, f"domain {id_!r}", place)
        self.path = f"{self.mesh.path}/{id_}"
        spec = declare(
            DomainSpec,
            place.model_copy(update={"construct_path": self.path}),
            {
                "name": id_,
                "owner": owner,
                "support": support,
                "description": description,
                "schemas": dict(schemas),
                "tags": dict(tags),
                "adopt": adopt,
                "adopt_schemas": adopt_schemas,
            },
        )
        self.mesh.add_domain_spec(spec)
        with construct_id(scope, id_, spec.place):
            super().__init__(scope, id_)
        self.name = id_
        self.place = spec.place
        self._products: dict[str, DataProduct] = {}
        self.mesh.add_domain(self)

    def product(self, name: str) -> DataProduct:
        """A product of the domain by its name.

        Raises:
            MeshformError: MF322 when none of that name has been declared yet.
        """
        if name not in self._products:
            raise MeshformError(
                Finding(
                    code="MF322",
                    summary=f"domain {self.name!r} has no product of that name yet",
                    place=place_of_caller(self.path),
                    got=name,
                    allowed=one_of(self._products) or "none is declared",
                    fix=did_you_mean(name, self._products) or "declare the product before it is referred to",
                )
            )
        return self._products[name]

    def add_product(self, product: DataProduct) -> None:
        """Make a product known by its name; called by `DataProduct`."""
        self._products[product.name] = product
