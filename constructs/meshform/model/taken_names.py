# SPDX-License-Identifier: Apache-2.0
"""Names that must be free beyond one catalog: of stacks, catalogs, pipelines, shares and recipients.

Two states, or two objects of the metastore, that are taken for one another would overwrite each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.domain import MeshSpec
from meshform.model.environment import Environment
from meshform.model.findings import Finding, Place
from meshform.model.names import check_identifier, normalized
from meshform.model.row_filters import MappingFilter


def environment_findings(mesh: MeshSpec) -> Iterator[Finding]:
    """Two environments of one name (MF302)."""
    names = [environment.name for environment in mesh.environments]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Finding(
            code="MF302",
            summary="two environments have one name",
            place=mesh.place,
            got=name,
            fix="rename or remove one of them",
        )


def stack_findings(mesh: MeshSpec) -> Iterator[Finding]:
    """A stack, and so a state, a catalog or a schema that would be another's in some environment (MF302)."""
    taken: dict[tuple[str, str], str] = {}
    for environment in mesh.environments:
        taken["stack", environment.account_stack] = "the account"
        taken["stack", environment.platform_stack] = "the platform"
        catalogs = {environment.scoped(mesh.platform.catalog): "the platform"}
        for one in mesh.platform.shared_catalogs:
            what, name = f"shared catalog {one.name!r}", environment.scoped(one.name)
            if name in catalogs:
                yield _one_catalog(what, catalogs[name], name, mesh.place)
            catalogs[name] = what
        taken |= {("catalog", name): of for name, of in catalogs.items()}
    for domain in mesh.domains:
        others: dict[str, str] = {}
        for environment in mesh.environments:
            names = [("stack", environment.domain_stack(domain.name))]
            if domain.catalog is None:
                names.append(("catalog", environment.scoped(domain.name)))
            else:
                catalog = environment.scoped(domain.catalog)
                names += [("schema", f"{catalog}.{domain.name}_{schema}") for schema in domain.schemas]
            for kind, name in names:
                other = taken.setdefault((kind, name), domain.name)
                if other != domain.name:
                    others.setdefault(other, f"{kind} {name!r}")
        for other, shared in others.items():
            yield Finding(
                code="MF302",
                summary=f"domain {domain.name!r} and {other if ' ' in other else f'domain {other!r}'}"
                " would have one name",
                place=domain.place,
                got=shared,
                allowed="a stack, and a catalog or schemas of its own, in every environment of the mesh",
                fix="rename the domain",
            )


def _one_catalog(what: str, other: str, name: str, place: Place) -> Finding:
    return Finding(
        code="MF302",
        summary=f"{what} and {other} would have one name",
        place=place,
        got=f"catalog {name!r}",
        allowed="a catalog of its own for each",
        fix="rename one of them",
    )


def identifier_findings(mesh: MeshSpec, environment: Environment) -> Iterator[Finding]:
    """Names that Unity Catalog refuses (MF341 to MF345), of what is not inside a domain's schemas."""
    yield from check_identifier("catalog", environment.scoped(mesh.platform.catalog), mesh.place)
    yield from check_identifier("schema", mesh.platform.schema_name, mesh.place)
    for shared in mesh.platform.shared_catalogs:
        yield from check_identifier("catalog", environment.scoped(shared.name), mesh.place)
    for policy in mesh.policies:
        functions = [mask.name for one in policy.classifications for mask in one.own_functions]
        functions += [one.name for one in policy.row_filters]
        for one in policy.row_filters:
            if isinstance(one, MappingFilter):
                yield from check_identifier("table", one.table_name, policy.place)
        for name in functions:
            yield from check_identifier("function", name, policy.place)
    for product in mesh.products:
        # it is part of paths and of a module's name; upper case does no harm there
        yield from (f for f in check_identifier("product", product.name, product.place) if f.code != "MF343")
        for share in product.shares:
            yield from check_identifier("share", share.name, product.place)
            for recipient in share.recipients:
                yield from check_identifier("recipient", recipient.name, product.place)


def metastore_findings(mesh: MeshSpec) -> Iterator[Finding]:
    """A share of two products, a recipient of two domains (MF313), pipelines of one name (MF302)."""
    shares: dict[str, tuple[str, Place]] = {}
    recipients: dict[str, tuple[str, Place]] = {}
    pipelines: dict[str, tuple[str, Place]] = {}
    for product in mesh.products:
        here = (product.address, product.place)
        for share in product.shares:
            other = shares.setdefault(normalized(share.name), here)
            if other[0] != product.address:
                yield _twice(
                    f"share {share.name!r}", product.place, other, "rename it in one of the products"
                )
            for recipient in share.recipients:
                first = recipients.setdefault(normalized(recipient.name), here)
                if first[0].partition(".")[0] != product.domain:
                    fix = "name it differently in each domain; the stacks of both would make it"
                    yield _twice(f"recipient {recipient.name!r}", product.place, first, fix)
        own = f"{product.domain}_{product.name}"
        for name in map(
            normalized, [own] * bool(product.runs) + [f"{own}_retention"] * bool(product.retention)
        ):
            same = pipelines.setdefault(name, here)
            # one address twice is found as two products of one name
            if normalized(same[0]) != normalized(product.address):
                yield Finding(
                    code="MF302",
                    summary="the pipelines or jobs of two products have one name, `domain_product`",
                    place=product.place,
                    got=f"{name!r}, also of {same[0]} at {same[1]}",
                    fix="rename one of the products",
                )


def _twice(what: str, place: Place, other: tuple[str, Place], fix: str) -> Finding:
    return Finding(
        code="MF313",
        summary=f"two products make one {what.partition(' ')[0]}",
        place=place,
        got=f"{what}, also of {other[0]} at {other[1]}",
        fix=fix,
    )
