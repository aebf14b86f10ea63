# SPDX-License-Identifier: Apache-2.0
"""What a domain says about its catalog fits the mesh: the shared catalog, storage and workspaces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from meshform.model.catalogs import CatalogSettings
from meshform.model.domain import DomainSpec
from meshform.model.environment import Environment
from meshform.model.findings import Finding, Place
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedMesh


def catalog_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Findings MF360 and MF367 to MF369."""
    spec = mesh.spec
    shared = {one.name for one in spec.platform.shared_catalogs}
    every: list[tuple[str, CatalogSettings, Place]] = [
        (f"shared catalog {one.name!r}", one, spec.place) for one in spec.platform.shared_catalogs
    ]
    for domain in spec.domains:
        every.append((f"domain {domain.name!r}", domain, domain.place))
        if domain.catalog is not None:
            yield from _in_shared_catalog(domain, shared)
    environments = [environment.name for environment in spec.environments]
    for what, settings, place in every:
        for name in sorted(settings.environments_named - set(environments)):
            yield Finding(
                code="MF367",
                summary=f"{what} has a setting for an environment that the mesh does not have",
                place=place,
                got=name,
                allowed=one_of(environments),
                fix=did_you_mean(name, environments) or "name one of the mesh's environments",
            )
        yield from _isolation(what, settings, mesh.environment, place)


def _in_shared_catalog(domain: DomainSpec, shared: set[str]) -> Iterator[Finding]:
    if domain.catalog not in shared:
        yield Finding(
            code="MF360",
            summary=f"the catalog of domain {domain.name!r} is no shared catalog of the platform",
            place=domain.place,
            got=domain.catalog,
            allowed=one_of(shared) or "the platform has none",
            fix=did_you_mean(domain.catalog or "", shared)
            or f"add SharedCatalog(name={domain.catalog!r}) to `shared_catalogs` of the platform",
        )
    if domain.isolated_to:
        yield Finding(
            code="MF369",
            summary=f"domain {domain.name!r} isolates a catalog that it shares with others",
            place=domain.place,
            got=f"isolated_to for {one_of(domain.isolated_to)}",
            allowed="`isolated_to` of a domain with a catalog of its own",
            fix=f"give `isolated_to` to SharedCatalog(name={domain.catalog!r}), or drop `catalog`",
        )


def _isolation(
    what: str, settings: CatalogSettings, environment: Environment, place: Place
) -> Iterator[Finding]:
    """An isolated catalog is bound to the deploying workspace by Databricks itself, so that must be known."""
    declared = settings.isolated_to.get(environment.name)
    if declared is None:
        return
    if environment.workspace_id is None:
        yield Finding(
            code="MF368",
            summary=f"{what} is isolated in {environment.name!r}, whose own workspace is not known",
            place=place,
            got=f"environment {environment.name!r} without a workspace_id",
            fix=f"give Environment(name={environment.name!r}) its `workspace_id`",
        )
    for workspace_id, count in Counter(one.workspace_id for one in declared).items():
        if count > 1:
            yield Finding(
                code="MF368",
                summary=f"{what} is bound to one workspace twice in {environment.name!r}",
                place=place,
                got=str(workspace_id),
                fix="keep one of the bindings",
            )
    if any(one.read_only and one.workspace_id == environment.workspace_id for one in declared):
        yield Finding(
            code="MF368",
            summary=f"{what} lets the workspace that deploys it only read in {environment.name!r}",
            place=place,
            got=str(environment.workspace_id),
            allowed="other workspaces; Databricks binds the deploying one, to read and write",
            fix="leave the deploying workspace out",
        )
