# SPDX-License-Identifier: Apache-2.0
"""Rules for domains: who owns them, and where their consumers find help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from meshform.model.findings import Finding
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.model.rule import Rule


class OwnerIsGroup(Rule):
    """A domain's owner is a group of the registry, and nobody's consumer."""

    code: ClassVar[str] = "MF401"
    why: ClassVar[str] = "people leave and change teams; a group that owns a catalog outlives them"
    good: ClassVar[str] = 'Domain(mesh, "returns", owner="sales-owners")'
    bad: ClassVar[str] = 'Domain(mesh, "returns", owner="deployer")'

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The owner must be a group, and not one that only consumes the domain's products."""
        owner = domain.spec.owner
        if not isinstance(mesh.spec.principals.find(owner), Group):
            yield self.finding(
                f"domain {domain.name!r} is not owned by a group",
                domain.place,
                got=owner,
                allowed="a group of the mesh's registry",
                fix="declare a group for the domain's owners and make it the owner",
            )
        for product in domain.products:
            if any(consumer.group == owner for consumer in product.spec.consumers):
                yield self.finding(
                    f"the owner of domain {domain.name!r} is also a consumer of {product.address}",
                    product.place,
                    got=owner,
                    allowed="an owner group of its own",
                    fix="declare a group for the consumers",
                )


class SupportPath(Rule):
    """Consumers of a domain can find help."""

    code: ClassVar[str] = "MF402"
    why: ClassVar[str] = "a product without a support path leaves its consumers alone when it breaks"
    good: ClassVar[str] = """
Domain(mesh, "returns", owner="sales-owners", support=Support(channel="#returns"))
"""
    bad: ClassVar[str] = 'Domain(mesh, "returns", owner="sales-owners")'

    def check_domain(self, domain: ResolvedDomain, mesh: ResolvedMesh) -> Iterator[Finding]:  # noqa: ARG002
        """The domain must name a channel, an e-mail address or a link."""
        if not str(domain.spec.support):
            yield self.finding(
                f"domain {domain.name!r} has no support path",
                domain.place,
                allowed="a channel, an e-mail address or a link",
                fix='give the domain `support=Support(channel="#...")`',
            )
