# SPDX-License-Identifier: Apache-2.0
"""The `Domain` construct: a part of the business that owns its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from meshform.bridge import Construct
from meshform.declarations import above, arguments_told, construct_id, declare, place_of_caller
from meshform.mesh import Mesh
from meshform.model.catalogs import WorkspaceBinding
from meshform.model.domain import DomainSpec
from meshform.model.environment import Adopt
from meshform.model.findings import Finding, MeshformError
from meshform.model.near import did_you_mean, one_of
from meshform.model.support import Support

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
    """A domain: a Unity Catalog catalog with schemas, owned by one group; or schemas in a shared catalog.

    The platform stack emits its `databricks_catalog`, `databricks_workspace_binding`,
    `databricks_rfa_access_request_destinations` and the deployer's `databricks_grant`; the domain's own
    stack, `DOMAIN-ENV`, emits `databricks_schema` and everything of its products.

    Args:
        scope: a Mesh, or a construct below one.
        id_: name of the domain and of its catalog; outside production the environment is added to the
            catalog's name.
        owner: group of the mesh's registry that owns the catalog and everything in it.
        technical_owners: groups that keep it running: MANAGE and USE_SCHEMA on its schemas, BROWSE and
            USE_CATALOG on the catalog, and the owner's rights on pipelines, jobs and alerts. Default: none.
        deployer: service principal that deploys the domain's stack and nothing else; the platform stack
            grants what it needs (see `meshform permissions`). Default: the environment's deployer.
        catalog: name of a shared catalog of the platform; the schemas are called `DOMAIN_SCHEMA` there.
            Default: a catalog of its own.
        support: where consumers of its products find help. Default: nowhere, which the rule SupportPath
            refuses.
        cost_center: who pays: a property of the catalog, a tag of pipelines and jobs. Default: nobody.
        description: comment on the catalog. Default: none.
        schemas: comment of each schema, by name. Default: bronze, silver and gold.
        tags: properties of the catalog beside those that Meshform sets. Default: none.
        catalog_tags: tags of Unity Catalog, by key, that ABAC and searches see: on the catalog, which hands
            them on to what is in it; in a shared catalog on the domain's schemas. Default: none.
        schema_tags: the same for schemas, by name. Default: none.
        storage_root: where managed data is kept, by environment or one URL for all; in a shared catalog, that
            of the schemas. Default: where the metastore keeps it.
        isolated_to: by environment, the workspaces (ids or WorkspaceBindings) that may use the catalog beside
            the deploying one, whose `workspace_id` the Environment must tell. Default: every workspace may.
        retired: names of products that are not declared any more, and addresses of other things that are
            gone, as mesh.lock knows them: Terraform lets go of them without destroying them. Default: none.
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
        technical_owners: Iterable[str] = (),
        deployer: str | None = None,
        catalog: str | None = None,
        support: Support = _NO_SUPPORT,
        cost_center: str | None = None,
        description: str = "",
        schemas: Mapping[str, str] = LAYERS,
        tags: Mapping[str, str] = MappingProxyType({}),
        catalog_tags: Mapping[str, str] = MappingProxyType({}),
        schema_tags: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
        retired: Iterable[str] = (),
        adopt: Adopt | list[str] = False,
        adopt_schemas: Mapping[str, Adopt | list[str]] | None = None,
        storage_root: Mapping[str, str] | str | None = None,
        isolated_to: Mapping[str, Iterable[int | WorkspaceBinding]] = MappingProxyType({}),
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
                "technical_owners": technical_owners
                if isinstance(technical_owners, str)
                else tuple(technical_owners),
                "deployer": deployer,
                "catalog": catalog,
                "support": support,
                "cost_center": cost_center,
                "description": description,
                "schemas": dict(schemas),
                "tags": dict(tags),
                "catalog_tags": dict(catalog_tags),
                "schema_tags": dict(schema_tags),
                "retired": tuple(retired),
                "adopt": adopt,
                "adopt_schemas": adopt_schemas,
                "storage_root": storage_root,
                "isolated_to": dict(isolated_to),
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
