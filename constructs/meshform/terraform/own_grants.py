# SPDX-License-Identifier: Apache-2.0
"""Grants of a user's own beside ours: one writer for a securable holds for them too.

Sources: provider 1.128, docs/resources/grants.md and grant.md: `databricks_grants` removes what it does not
list, and a `databricks_grant` what it does not list of its principal; the deployer's MANAGE is lost where it
is not listed. Databricks documentation, "Unity Catalog permissions model concepts": SELECT needs USE_SCHEMA
and USE_CATALOG.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from meshform.model.findings import Finding, Place, Severity
from meshform.model.near import did_you_mean, one_of
from meshform.model.own_grant import OwnGrant
from meshform.model.privileges import PRIVILEGES
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.compile import CompiledStack
from meshform.terraform.grant_blocks import TYPES, grants_of, maker_of, securable_of

_IN_CATALOGS = frozenset({"catalog", "schema", "table", "volume", "function", "model"})
_USES = frozenset({"ALL_PRIVILEGES", "BROWSE", "MANAGE", "USE_CATALOG", "USE_SCHEMA"})
"""What is not dead without USE: it is USE, holds it, or needs none to be seen."""

_Names = tuple[str, str]  # of a securable: kind, and full name without case


@dataclass(frozen=True, slots=True)
class _Written:
    """One block that writes grants of a securable."""

    address: str
    stack: str
    authoritative: bool
    grants: tuple[OwnGrant, ...]
    ours: bool

    def writes(self, principal: str | None) -> bool:
        """Whether it decides on what a principal has there."""
        return self.authoritative or any(one.principal == principal for one in self.grants)


class OwnGrants:
    """Checks a user's own grants against Meshform's, and against one another, in every stack of a mesh.

    Args:
        stacks: what Meshform puts into each stack.
        mesh: the mesh.
    """

    def __init__(self, stacks: Mapping[str, CompiledStack], mesh: ResolvedMesh) -> None:
        self._stacks, self._mesh = stacks, mesh
        self._own: dict[tuple[str, str], _Written] = {}  # by stack and address

    def check(
        self,
        stack: str,
        type_: str,
        name: str,
        body: Mapping[str, Any],
        written: Mapping[str, Any],
        place: Place,
    ) -> Iterator[Finding]:
        """Findings about one block of grants that a user wrote, or changed.

        Args:
            stack: name of the stack that it is in.
            type_: one of `TYPES`.
            name: its name in Terraform.
            body: its arguments; where it is ours, with the user's changes.
            written: what the user put into the stack, as Terraform JSON.
            place: where the findings point.

        Returns:
            MF504: a privilege that there is not, or not on such a securable. MF505: a securable with another
            writer. MF507: the deployer would lose MANAGE.
        """
        resources = [written.get("resource", {}), self._stacks[stack].blocks.get("resource", {})]
        kind, full_name = securable_of(body, resources)
        if kind is None:
            return  # told by the schema, or by the provider
        grants = tuple(grants_of(type_, body, kind, full_name, resources, place))
        yield from _privileges(grants)
        ours = name in self._stacks[stack].blocks.get("resource", {}).get(type_, {})
        address = f"{type_}.{name}"
        this = _Written(address, stack, type_ == "databricks_grants", grants, ours)
        self._own[stack, address] = this
        if ours:
            yield from self._still_manages(this, place)
            return
        if full_name is not None:
            yield from self._one_writer(this, (kind, full_name.casefold()), place)
            yield from self._keeps_manage(this, kind, full_name, resources, place)
            self._writers.setdefault((kind, full_name.casefold()), []).append(this)

    def of(self, stack: str) -> list[OwnGrant]:
        """Each grant of a stack that was checked."""
        return [grant for written in self._own.values() if written.stack == stack for grant in written.grants]

    def dead(self) -> Iterator[Finding]:
        """Grants that give nothing, once every stack was checked: without USE on what holds it (MF508).

        Only for what is in a catalog of the mesh: what is granted elsewhere nobody knows here.
        """
        for grant in (grant for written in self._own.values() for grant in written.grants):
            if grant.full_name is None or grant.principal is None:
                continue
            if not grant.privileges - _USES or grant.kind not in _IN_CATALOGS:
                continue
            if missing := self._missing_use(grant):
                yield Finding(
                    code="MF508",
                    summary=f"a grant gives nothing without {' and '.join(missing)}",
                    place=grant.place,
                    got=str(grant),
                    allowed="USE_CATALOG and USE_SCHEMA beside what they are needed for",
                    fix="give the principal these too, or let it in as a consumer of a product",
                    severity=Severity.WARNING,
                )

    @cached_property
    def _writers(self) -> dict[_Names, list[_Written]]:
        """Everything that writes grants, by securable: ours, then the users' as they are met."""
        writers: dict[_Names, list[_Written]] = {}
        for stack, compiled in self._stacks.items():
            blocks = compiled.blocks.get("resource", {})
            for type_ in TYPES:
                for name, body in blocks.get(type_, {}).items():
                    kind, full_name = securable_of(body, [blocks])
                    if kind is not None and full_name is not None:
                        grants = tuple(grants_of(type_, body, kind, full_name, [blocks], Place()))
                        one = _Written(
                            f"{type_}.{name}", stack, type_ == "databricks_grants", grants, ours=True
                        )
                        writers.setdefault((kind, full_name.casefold()), []).append(one)
        return writers

    def _one_writer(self, this: _Written, securable: _Names, place: Place) -> Iterator[Finding]:
        for other in self._writers.get(securable, ()):
            if (other.stack, other.address) == (this.stack, this.address):
                continue  # of a synthesis before
            both = other.authoritative or this.authoritative
            common = next(
                (g.principal for g in this.grants if g.principal and other.writes(g.principal)), None
            )
            if not both and common is None:
                continue
            whose = "Meshform's" if other.ours else "another"
            yield Finding(
                code="MF505",
                summary=f"{this.address} would undo {whose} grants of {securable[0]} {securable[1]},"
                " and the other way round with each apply",
                place=place,
                got=f"{common + ' by ' if common and not both else ''}{this.address} of stack {this.stack},"
                f" and {other.address} of stack {other.stack}",
                allowed="one writer for each securable",
                fix="let them in as consumers of a product, or as technical owners of the domain"
                if other.ours
                else "put the grants together",
            )
            return

    def _keeps_manage(
        self, this: _Written, kind: str, full_name: str, resources: list[Any], place: Place
    ) -> Iterator[Finding]:
        if "MANAGE" not in PRIVILEGES.get(kind, ()):
            return
        deployer, certain = self._needs_manage(this.stack, kind, full_name, resources)
        if deployer is None or not this.writes(deployer) or self._manages(deployer, this):
            return
        yield self._loses(this, deployer, place, Severity.ERROR if certain else Severity.WARNING)

    def _manages(self, deployer: str, this: _Written) -> bool:
        """Whether a block leaves MANAGE to a deployer, as far as can be known."""
        who = {None, *self._groups_of(deployer)}
        return any(
            grant.principal in who and (grant.principal is None or "MANAGE" in grant.privileges)
            for grant in this.grants
        )

    def _still_manages(self, this: _Written, place: Place) -> Iterator[Finding]:
        """A change of ours must not take away a MANAGE that Meshform keeps for a deployer."""
        blocks = self._stacks[this.stack].blocks["resource"]
        type_, _, name = this.address.partition(".")
        kind, full_name = securable_of(blocks[type_][name], [blocks])
        before = grants_of(type_, blocks[type_][name], kind or "", full_name, [blocks], place)
        for grant in before:
            who = grant.principal or ""
            deploys = self._mesh.principal_names.get(who) in self._mesh.deployers
            if deploys and "MANAGE" in grant.privileges and not self._manages(who, this):
                yield self._loses(this, who, place, Severity.ERROR)

    def _loses(self, this: _Written, deployer: str, place: Place, severity: Severity) -> Finding:
        name = self._mesh.principal_names.get(deployer, deployer)
        return Finding(
            code="MF507",
            summary=f"{this.address} would take MANAGE away from {name!r}, who deploys it",
            place=place,
            got="; ".join(str(grant) for grant in this.grants) or "no grant",
            allowed=f"MANAGE to {deployer}, beside the others",
            fix="add this grant, or nobody but the owner can change the grants again",
            severity=severity,
        )

    def _needs_manage(
        self, stack: str, kind: str, full_name: str, resources: list[Any]
    ) -> tuple[str | None, bool]:
        """Who deploys a securable without owning it, and whether that is sure; None when nobody is known."""
        mesh = self._mesh
        deployer = mesh.principal_id(mesh.environment.deployer)
        for domain in mesh.domains.values():
            if stack == mesh.environment.domain_stack(domain.name):
                deployer = mesh.own_deployer(domain) or deployer
        made = maker_of(kind, full_name, resources[0], resources)
        if made is not None:  # whoever makes a thing owns it
            return (None, True) if made.get("owner") in (None, deployer) else (deployer, True)
        if kind in _IN_CATALOGS:
            owning = mesh.domain_of(full_name) if kind != "catalog" else None
            if owning is not None:
                return mesh.deployer_of(owning), True
            catalog = full_name.partition(".")[0].casefold()
            if catalog in self._owners:
                return mesh.deployer_beside(self._owners[catalog]), True
        return deployer, False

    @cached_property
    def _owners(self) -> dict[str, str]:
        """Who owns each catalog of the mesh, by its name."""
        mesh, platform = self._mesh, self._mesh.spec.platform
        owners = {mesh.platform_catalog.casefold(): platform.owner}
        for shared in platform.shared_catalogs:
            owners[mesh.environment.scoped(shared.name).casefold()] = shared.owner or platform.owner
        for domain in mesh.domains.values():
            owners.setdefault(domain.catalog.casefold(), domain.spec.owner)
        return owners

    def _missing_use(self, grant: OwnGrant) -> list[str]:
        """What USE a grant in a catalog of the mesh lacks."""
        parts = (grant.full_name or "").casefold().split(".")
        owner = self._owners.get(parts[0])
        if owner is None:
            return []
        who = self._groups_of(grant.principal or "")
        catalog = self._held("catalog", parts[0], who)
        domain = self._mesh.domain_of(".".join(parts))
        if owner in who or (domain is not None and len(parts) > 1 and domain.spec.owner in who):
            return []
        missing = [] if catalog & {"USE_CATALOG", "ALL_PRIVILEGES"} else [f"USE_CATALOG on {parts[0]}"]
        if len(parts) > 1:
            held = catalog | self._held("schema", ".".join(parts[:2]), who)
            if not held & {"USE_SCHEMA", "ALL_PRIVILEGES"}:
                missing.append(f"USE_SCHEMA on {'.'.join(parts[:2])}")
        return missing

    def _held(self, kind: str, name: str, who: set[str]) -> set[str]:
        return {
            privilege
            for written in self._writers.get((kind, name), ())
            for grant in written.grants
            if grant.principal in who
            for privilege in grant.privileges
        }

    def _groups_of(self, principal: str) -> set[str]:
        """A principal, and every group of the registry that it is in, as grants name them."""
        principals = self._mesh.spec.principals
        name = self._mesh.principal_names.get(principal, principal)
        groups = {group.name for group in principals.groups if name in principals.with_members([group.name])}
        return {principal, name, "account users", *groups}


def _privileges(grants: Iterable[OwnGrant]) -> Iterator[Finding]:
    for grant in grants:
        allowed = PRIVILEGES.get(grant.kind)
        for privilege in sorted(grant.privileges - allowed) if allowed is not None else ():
            yield Finding(
                code="MF504",
                summary=f"a {grant.kind.replace('_', ' ')} does not take this privilege",
                place=grant.place,
                got=privilege,
                allowed=one_of(allowed or (), most=60),
                fix=did_you_mean(privilege, allowed or ()) or "name one of these",
            )
