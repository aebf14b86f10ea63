# SPDX-License-Identifier: Apache-2.0
"""Environments: where a mesh is deployed, and what may happen to data there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from meshform.model.findings import Severity, Value

Adopt = bool | tuple[str, ...]
"""Where an object exists already: True is in every environment that is not personal, else their names."""

LOCAL_PROVIDER = "meshform.local/databricks/databricks"
DATABRICKS_PROVIDER = "databricks/databricks"
LOCAL_WORKSPACE_ID = 1
"""Id of the local workspace."""
LOCAL_ACCOUNT_ID = "00000000-0000-0000-0000-000000000001"
"""Id of the account that the local workspace is."""


class Environment(Value):
    """One place to deploy the mesh to, chosen at synthesis by `MESHFORM_ENV`.

    Attributes:
        name: lower-case words joined by `-`; part of stack names and, outside production, of the names of
            catalogs, shares, recipients, pipelines and jobs, so that one metastore holds every environment.
        deployer: the principal (a name in the mesh's registry) that runs Terraform on the account and
            platform stacks; it keeps MANAGE on the domains' catalogs, for the floor's policies.
        metastore_admin: the deployer is an admin of the metastore. Default: it is not, so that it must be a
            member of every group that owns a catalog: who creates a catalog hands its ownership over.
        production: True leaves names as they are. Default: names carry the environment.
        personal: True lets Terraform delete data (`force_destroy`) and leaves `prevent_destroy` off.
            Default: data is kept.
        allow_removal: True lets what is retired go: Terraform forgets it, and the data stays. Default: a
            retired product or domain is refused here.
        creates_principals: True makes the account stack create the registry's groups and service principals.
            Default: they are referred to, and must exist in the account.
        creates_external: True makes the platform stack create stand-ins of the tables, volumes and
            connections that products read and the mesh does not make: empty, with the declared columns.
            Default: they are there.
        first_run: `apply` runs functions and pipelines during `terraform apply`, so that tables exist before
            they are granted and tagged; `manual` leaves that out (remote execution without Python): run the
            jobs, then apply again.
        stricter: by the code of a rule, what its findings weigh here at least: `{"MF403": "error"}` where the
            policies only warn. Never less than the policies say. Default: as the policies say.
        account_id: id of the Databricks account, a UUID in small letters. Default: unknown, so that the mesh
            cannot say who assigns governed tags.
        workspace_id: numeric id of the workspace that Terraform deploys into. Default: unknown, so that no
            catalog can be isolated; only the deploying workspace must not be bound to one by hand.
        region: region of the metastore, as its cloud names it, such as `eu-central-1`; rules on where data is
            kept need it. Default: unknown.
        provider_source: Terraform source address of the provider.
        provider_version: version constraint of the provider.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    deployer: str
    metastore_admin: bool = False
    production: bool = False
    personal: bool = False
    allow_removal: bool = False
    creates_principals: bool = False
    creates_external: bool = False
    first_run: Literal["apply", "manual"] = "apply"
    stricter: Mapping[str, Severity] = {}
    account_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    workspace_id: int | None = Field(default=None, gt=0)
    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    provider_source: str = DATABRICKS_PROVIDER
    provider_version: str = ">= 1.128, < 2"

    @classmethod
    def local(
        cls,
        *,
        deployer: str,
        creates_principals: bool = True,
        creates_external: bool = True,
        stricter: Mapping[str, Severity] = MappingProxyType({}),
    ) -> Environment:
        """The local workspace on this machine: no account, no network, data may be deleted.

        Args:
            deployer: see Environment.
            creates_principals: see Environment. Default: it does; say False where another repository's mesh
                makes them in the same local workspace.
            creates_external: see Environment. Default: it does; say False where another repository deploys
                into the same local workspace what this mesh reads.
            stricter: see Environment.
        """
        return cls(
            name="local",
            deployer=deployer,
            personal=True,
            creates_principals=creates_principals,
            account_id=LOCAL_ACCOUNT_ID,
            workspace_id=LOCAL_WORKSPACE_ID,
            creates_external=creates_external,
            stricter=dict(stricter),
            provider_source=LOCAL_PROVIDER,
            provider_version="1.128.0",
        )

    @property
    def is_local(self) -> bool:
        """True for the local workspace."""
        return self.provider_source == LOCAL_PROVIDER

    @property
    def account_stack(self) -> str:
        """Name of the stack for what is global to the account; the local workspace is its own account."""
        return "account-local" if self.is_local else "account"

    @property
    def platform_stack(self) -> str:
        """Name of the platform's stack."""
        return f"platform-{self.name}"

    def domain_stack(self, domain: str) -> str:
        """Name of a domain's stack."""
        return f"{domain.replace('_', '-')}-{self.name}"

    def scoped(self, name: str) -> str:
        """A metastore-wide name in this environment: `orders` in production, else `orders_dev`."""
        return name if self.production else f"{name}_{self.name.replace('-', '_')}"
