# SPDX-License-Identifier: Apache-2.0
"""What a catalog is made with, whoever it is for: its storage, and the workspaces that may use it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import Field, field_validator

from meshform.model.environment import Environment
from meshform.model.findings import Value

# Databricks documentation, "Specify a managed storage location in Unity Catalog"
_CLOUD_STORAGE = re.compile(r"(?:s3|abfss|gs|r2)://[^\s'\"\\`]+")


class WorkspaceBinding(Value):
    """A workspace that may use an isolated catalog.

    Attributes:
        workspace_id: numeric id of the workspace.
        read_only: True lets it read only. Default: it reads and writes.
    """

    workspace_id: int = Field(gt=0)
    read_only: bool = False


class CatalogSettings(Value):
    """Settings of a catalog that differ between environments.

    Attributes:
        storage_root: where managed data is kept (`s3://`, `abfss://`, `gs://` or `r2://`, inside an external
            location), by environment or one for all. Default: where the metastore keeps it.
        isolated_to: by environment, the workspaces that may use the catalog beside the deploying one, as ids
            or WorkspaceBindings. Default: every workspace of the metastore may.
    """

    storage_root: Mapping[str, str] | str | None = None
    isolated_to: Mapping[str, tuple[WorkspaceBinding, ...]] = {}

    @field_validator("isolated_to", mode="before")
    @classmethod
    def _ids_are_bindings(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {
            environment: tuple(
                {"workspace_id": one} if isinstance(one, int) and not isinstance(one, bool) else one
                for one in bindings
            )
            if isinstance(bindings, list | tuple)
            else bindings
            for environment, bindings in given.items()
        }

    @field_validator("storage_root")
    @classmethod
    def _is_cloud_storage(cls, root: Mapping[str, str] | str | None) -> Mapping[str, str] | str | None:
        roots = [root] if isinstance(root, str) else (root or {}).values()
        if odd := [one for one in roots if not _CLOUD_STORAGE.fullmatch(one)]:
            raise ValueError(f"{odd[0]!r} is no URL of cloud storage (s3://, abfss://, gs:// or r2://)")
        return root

    def storage_root_in(self, environment: Environment) -> str | None:
        """The storage root in an environment; None for the metastore's."""
        if self.storage_root is None or isinstance(self.storage_root, str):
            return self.storage_root
        return self.storage_root.get(environment.name)

    def bindings_in(self, environment: Environment) -> tuple[WorkspaceBinding, ...] | None:
        """The workspaces that an isolated catalog is for, without the deploying one; None when it is open."""
        bindings = self.isolated_to.get(environment.name)
        if bindings is None:
            return None
        return tuple(
            sorted(
                (one for one in bindings if one.workspace_id != environment.workspace_id),
                key=lambda one: one.workspace_id,
            )
        )

    @property
    def environments_named(self) -> set[str]:
        """Names of the environments that a setting is for."""
        roots = self.storage_root if isinstance(self.storage_root, Mapping) else {}
        return {*roots, *self.isolated_to}


class SharedCatalog(CatalogSettings):
    """A catalog that several domains share: the platform makes it and writes its grants.

    A domain with `catalog="NAME"` keeps its schemas there, as `DOMAIN_SCHEMA`.

    Attributes:
        name: name of the catalog; outside production the environment is added.
        owner: group that owns it. Default: the platform's owner.
        description: comment on the catalog. Default: none.
        tags: properties of the catalog. Default: none.
    """

    name: str = Field(min_length=1)
    owner: str | None = None
    description: str = ""
    tags: Mapping[str, str] = {}
