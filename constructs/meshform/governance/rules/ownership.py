# SPDX-License-Identifier: Apache-2.0
"""Rules for whoever may manage data, and for whom it is made.

Who owns something or has MANAGE on it can give themselves every privilege on it, so these are few and known.
That a domain's owner is in the registry is always checked (MF303), and that its deployer is a member of the
owner group where it must be (MF326).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from meshform.model.findings import Finding, Place
from meshform.model.near import one_of
from meshform.model.own_grant import OwnGrant
from meshform.model.principals import Group
from meshform.model.privileges import normalized_privileges
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.model.rule import Rule, Tighter


class ManagersAreGroups(Rule):
    """Whoever manages data beside a domain's owner is a group: technical owners, the owners of the platform
    and of shared catalogs. A technical owner is nobody's consumer.
    """

    code: ClassVar[str] = "MF453"
    why: ClassVar[str] = (
        "who has MANAGE can give themselves every privilege, so it must outlive no single person"
    )
    good: ClassVar[str] = """
Domain(mesh, "returns", owner="sales-owners", technical_owners=["finance-owners"])
"""
    bad: ClassVar[str] = """
Domain(mesh, "returns", owner="sales-owners", technical_owners=["shop-system"])
"""

    def check_mesh(self, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The platform and each shared catalog must be owned by a group."""
        platform, place = mesh.spec.platform, mesh.spec.place
        yield from self._group("the owner of the platform's catalog", platform.owner, mesh, place)
        for shared in platform.shared_catalogs:
            if shared.owner is not None:
                yield from self._group(
                    f"the owner of shared catalog {shared.name!r}", shared.owner, mesh, place
                )

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:
        """Each technical owner must be a group, and not one that consumes the domain's products."""
        technical_owners = set(domain.spec.technical_owners) - {domain.spec.owner}
        for name in sorted(technical_owners):
            yield from self._group(f"a technical owner of domain {domain.name!r}", name, mesh, domain.place)
        if not technical_owners:
            return
        for product in domain.products:
            for consumer in product.spec.consumers:
                if consumer.group in technical_owners:
                    yield self.finding(
                        f"a technical owner of domain {domain.name!r} is also a consumer of"
                        f" {product.address}",
                        product.place,
                        got=consumer.group,
                        allowed="a group of its own for consumers",
                        fix="declare a group for the consumers",
                        about=product.address,
                    )

    def _group(self, role: str, name: str, mesh: ResolvedMesh, place: Place) -> Iterator[Finding]:
        if not isinstance(mesh.spec.principals.find(name), Group):
            yield self.finding(
                f"{role} is not a group",
                place,
                got=name,
                allowed="a group of the mesh's registry",
                fix="declare a group and name it instead",
            )


class PrivilegesLimited(Rule):
    """Nobody has ALL_PRIVILEGES, and MANAGE only who owns or deploys.

    The mesh itself cannot ask for ALL_PRIVILEGES. It gives MANAGE to deployers and to technical owners;
    `technical_owners` says who these may be. `databricks_grants` and `databricks_grant` of your own, beside
    Meshform's in a stack, are looked at when the stack is written.

    Attributes:
        forbidden: privileges that no grant of your own may give.
        technical_owners: groups that domains may name as their technical owners. Default: any.
        managers: principals that grants of your own may give MANAGE, beside the owners and deployers of the
            mesh. Default: nobody else.
    """

    code: ClassVar[str] = "MF459"
    why: ClassVar[str] = (
        "who has MANAGE can take protections away; ALL_PRIVILEGES grows with each new privilege"
    )
    tighter: ClassVar[Mapping[str, Tighter]] = {
        "forbidden": "more",
        "technical_owners": "fewer",
        "managers": "fewer",
    }
    good: ClassVar[str] = """
Domain(mesh, "returns", owner="sales-owners", technical_owners=["finance-owners"])
"""
    bad: ClassVar[str] = """
Domain(mesh, "returns", owner="sales-owners", technical_owners=["analytics"])
"""
    example: ClassVar[Mapping[str, object]] = {"technical_owners": ("finance-owners",)}
    forbidden: tuple[str, ...] = ("ALL_PRIVILEGES",)
    technical_owners: tuple[str, ...] | None = None
    managers: tuple[str, ...] = ()

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """Technical owners, who get MANAGE on the domain's schemas, must be among those that may be."""
        if self.technical_owners is None:
            return
        for name in sorted(set(domain.spec.technical_owners) - {domain.spec.owner, *self.technical_owners}):
            yield self.finding(
                f"a technical owner of domain {domain.name!r} would get MANAGE on its schemas",
                domain.place,
                got=name,
                allowed=", ".join(sorted(self.technical_owners)) or "nobody beside the owner",
                fix="leave it out, or let the policy's `technical_owners` name it",
            )

    def check_grant(self, grant: OwnGrant, mesh: ResolvedMesh) -> Iterator[Finding]:
        """A grant of somebody's own must give no forbidden privilege, and MANAGE to few."""
        for privilege in sorted(grant.privileges & normalized_privileges(self.forbidden)):
            yield self.finding(
                f"a grant gives {privilege}, which the policy forbids",
                grant.place,
                got=str(grant),
                allowed="the privileges that are needed, by name",
                fix="name them, or let the principal in as a consumer of a product",
            )
        managers = {*_managers(grant, mesh), *self.managers}
        if "MANAGE" in grant.privileges and (
            grant.principal is None
            or mesh.principal_names.get(grant.principal, grant.principal) not in managers
        ):
            yield self.finding(
                "a grant gives MANAGE to somebody who neither owns nor deploys",
                grant.place,
                got=str(grant),
                allowed=one_of(managers),
                fix="leave MANAGE out, or make them a technical owner of the domain",
            )


def _managers(grant: OwnGrant, mesh: ResolvedMesh) -> set[str]:
    """Who owns or deploys what a grant is about; for what is not of the mesh, all who do so in the mesh."""
    domain = mesh.domain_of(grant.full_name) if grant.full_name else None
    found = {mesh.environment.deployer, mesh.spec.platform.owner}
    found.update(shared.owner for shared in mesh.spec.platform.shared_catalogs if shared.owner)
    for one in [domain.spec] if domain else mesh.spec.domains:
        found.update((one.owner, *one.technical_owners, *([one.deployer] if one.deployer else [])))
    return found
