# SPDX-License-Identifier: Apache-2.0
"""Whoever is named in the mesh is in its registry of principals, and can do what the name is there for."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.findings import Finding, Place
from meshform.model.ports import ManagedTable
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedMesh
from meshform.model.row_filters import LibraryFilter, MappingFilter


def registry_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Findings MF303, MF315, MF316 and MF326."""
    yield from _principals(mesh)
    yield from _deployer_owns(mesh)


def _principals(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Every principal named anywhere must be in the registry, with an application id where it needs one."""
    spec, known = mesh.spec, {principal.name for principal in mesh.spec.principals}
    named: list[tuple[str, str, Place]] = [
        (mesh.environment.deployer, f"the deployer of environment {mesh.environment.name!r}", spec.place),
        (spec.platform.owner, "the owner of the platform's catalog", spec.place),
    ]
    named += [
        (member, f"a member of group {g.name!r}", spec.place)
        for g in spec.principals.groups
        for member in g.members
    ]
    named += [(name, "an assigner of governed tags", spec.place) for name in spec.platform.tag_assigners]
    named += [
        (user, "a user of the platform's warehouse", spec.place) for user in spec.platform.warehouse.users
    ]
    named += [
        (shared.owner, f"the owner of shared catalog {shared.name!r}", spec.place)
        for shared in spec.platform.shared_catalogs
        if shared.owner is not None
    ]
    if spec.governance_council is not None:
        named.append((spec.governance_council, "the governance council", spec.place))
    for d in spec.domains:
        named.append((d.owner, f"the owner of domain {d.name!r}", d.place))
        named += [(name, f"a technical owner of domain {d.name!r}", d.place) for name in d.technical_owners]
        if d.deployer is not None:
            named.append((d.deployer, f"the deployer of domain {d.name!r}", d.place))
    for policy in spec.policies:
        named += [
            (p, f"exempt from {c.name!r}", policy.place) for c in policy.classifications for p in c.exempt
        ]
        named += [(p, f"exempt from {f.name!r}", policy.place) for f in policy.row_filters for p in f.exempt]
        for f in policy.row_filters:
            if isinstance(f, LibraryFilter):
                named += [(group, f"a group of row filter {f.name!r}", policy.place) for group in f.groups]
            if isinstance(f, MappingFilter):
                named += [
                    (writer, f"a writer of row filter {f.name!r}", policy.place) for writer in f.writers
                ]
    for product in spec.products:
        if runs := product.runs:
            named.append((runs.run_as, f"the {type(runs).__name__.lower()}'s `run_as`", product.place))
        if product.retention and product.retention.run_as is not None:
            named.append((product.retention.run_as, "the retention's `run_as`", product.place))
        named += [(c.group, "a consumer", product.place) for c in product.consumers if c.group is not None]
        named += [(c.approver, f"the approver of {c.name!r}", product.place) for c in product.consumers]
        named += [(w, f"a writer of {v.name!r}", product.place) for v in product.volumes for w in v.writers]
        named += [
            (writer, f"a writer of table {name!r}", product.place)
            for name, entry in product.tables.items()
            if isinstance(entry, ManagedTable)
            for writer in entry.writers
        ]
    for name, role, place in named:
        if name not in known:
            yield spec.principals.missing(name, place, role)
        elif mesh.principal_id(name) is None:
            yield Finding(
                code="MF315",
                summary=f"{role} has no application id in environment {mesh.environment.name!r}",
                place=place,
                got=name,
                fix=f"give its `application_ids` an entry {mesh.environment.name!r}",
            )
    for product in spec.products:
        for one in (product.runs, product.retention):
            if one and isinstance(spec.principals.find(one.run_as or ""), Group):
                kind = type(one).__name__.lower()
                yield Finding(
                    code="MF316",
                    summary=f"a {kind} runs as a group",
                    place=product.place,
                    got=one.run_as,
                    allowed="a service principal",
                    fix=f"declare a service principal for the {kind}",
                )
    for domain in spec.domains:
        if domain.deployer is not None and isinstance(spec.principals.find(domain.deployer), Group):
            yield Finding(
                code="MF316",
                summary=f"the stack of domain {domain.name!r} is deployed as a group",
                place=domain.place,
                got=domain.deployer,
                allowed="a service principal",
                fix="declare a service principal for the deployments of the domain",
            )


def _deployer_owns(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Who creates a catalog or schema gives it to its owner, and can go on only as a member of that.

    A domain's own deployer needs that in a shared catalog only: it has MANAGE on a catalog of the domain.
    """
    environment, platform = mesh.environment, mesh.spec.platform
    owned = [("the platform's catalog", platform.owner, mesh.spec.place, environment.deployer)]
    owned += [
        (f"shared catalog {one.name!r}", one.owner, mesh.spec.place, environment.deployer)
        for one in platform.shared_catalogs
        if one.owner is not None
    ]
    for domain in mesh.spec.domains:
        deployer = domain.deployer if domain.catalog and domain.deployer else environment.deployer
        owned.append((f"domain {domain.name!r}", domain.owner, domain.place, deployer))
    for what, owner, place, deployer in owned:
        is_of_environment = deployer == environment.deployer
        group = mesh.spec.principals.find(owner)
        if (
            isinstance(group, Group)
            and not (environment.metastore_admin and is_of_environment)
            and deployer not in mesh.spec.principals.with_members([owner])
        ):
            by = f"the deployer of {environment.name!r}" if is_of_environment else "its own deployer"
            or_admin = ", or say `metastore_admin=True` in the environment" if is_of_environment else ""
            yield Finding(
                code="MF326",
                summary=f"{by} is not in the group that owns {what}",
                place=place,
                got=f"{deployer!r} in {owner!r}",
                allowed="a member of the owner group"
                + (", or an admin of the metastore" if is_of_environment else ""),
                fix=f"add {deployer!r} to the members of group {owner!r}{or_admin}",
            )
