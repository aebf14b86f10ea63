# SPDX-License-Identifier: Apache-2.0
"""From what was declared to the mesh in one environment, with everything found wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from meshform.model.domain import DomainSpec, MeshSpec
from meshform.model.environment import Environment
from meshform.model.findings import Finding, MeshformError, Place, Severity
from meshform.model.names import check_identifier, normalized
from meshform.model.near import did_you_mean, nearest, one_of
from meshform.model.policy import Policy
from meshform.model.principals import Group
from meshform.model.product import Consumer, Product
from meshform.model.resolved import Reader, ResolvedDomain, ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.taken_names import (
    environment_findings,
    identifier_findings,
    metastore_findings,
    stack_findings,
)


def environment_of(mesh: MeshSpec, name: str) -> Environment:
    """The environment of that name.

    Raises:
        MeshformError: MF301 when the mesh has none of that name.
    """
    found = next((environment for environment in mesh.environments if environment.name == name), None)
    if found is None:
        names = [environment.name for environment in mesh.environments]
        raise MeshformError(
            Finding(
                code="MF301",
                summary="the mesh has no environment of that name",
                place=mesh.place,
                got=name,
                allowed=", ".join(names) or "none is declared",
                fix="set MESHFORM_ENV to one of them, or add it to the mesh's environments",
            )
        )
    return found


def resolve(mesh: MeshSpec, environment: Environment) -> tuple[ResolvedMesh, list[Finding]]:
    """Follow every reference of a mesh in one environment.

    Returns:
        The resolved mesh, and findings MF302 to MF329 and MF341 to MF345. With an error among them the mesh
        is incomplete (what could not be followed is left out) and must not be compiled.
    """
    findings = [
        *environment_findings(mesh),
        *_duplicates(mesh),
        *stack_findings(mesh),
        *identifier_findings(mesh, environment),
        *metastore_findings(mesh),
    ]
    resolved = ResolvedMesh(mesh, environment, {})
    for spec in mesh.domains:
        findings += _domain_findings(spec, mesh, environment)
        resolved.domains.setdefault(spec.name, ResolvedDomain(spec, environment.scoped(spec.name)))
    for product in mesh.products:
        domain = resolved.domains[product.domain]
        domain.products.append(_product(product, domain, resolved, findings))
    findings += chain.from_iterable(_references(product, resolved) for product in resolved.products.values())
    findings += _same_tables(resolved)
    findings += _cycles(resolved)
    findings += _principals(resolved)
    findings += _deployer_owns(resolved)
    findings += _protections(mesh)
    return resolved, findings


def _duplicates(mesh: MeshSpec) -> Iterator[Finding]:
    """Two domains, or two products of one domain, that Unity Catalog or a stack name could confuse."""
    groups: Iterable[tuple[str, Iterable[tuple[str, Place]]]] = [
        ("domain", ((domain.name, domain.place) for domain in mesh.domains)),
        ("product", ((product.address, product.place) for product in mesh.products)),
    ]
    for kind, members in groups:
        first: dict[str, tuple[str, Place]] = {}
        for name, place in members:
            other, where = first.setdefault(normalized(name), (name, place))
            if where is not place:
                yield Finding(
                    code="MF302",
                    summary=f"two {kind}s have one name (case, `-` and `_` do not tell names apart)",
                    place=place,
                    got=f"{name!r}, and {other!r} at {where}",
                    fix="rename one of them",
                )


def _domain_findings(domain: DomainSpec, mesh: MeshSpec, environment: Environment) -> Iterator[Finding]:
    yield from check_identifier("catalog", environment.scoped(domain.name), domain.place)
    for schema in domain.schemas:
        yield from check_identifier("schema", schema, domain.place)
    for other in mesh.environments:
        if not other.production and domain.name.endswith(other.scoped("")):
            yield Finding(
                code="MF305",
                summary="a domain's name ends like an environment's catalogs",
                place=domain.place,
                got=domain.name,
                allowed=f"a name that does not end with {other.scoped('')!r}",
                fix="rename the domain",
            )


def _product(
    spec: Product, domain: ResolvedDomain, mesh: ResolvedMesh, findings: list[Finding]
) -> ResolvedProduct:
    tables = []
    for table in spec.contract.tables:
        schema = table.schema_name or spec.schema_name
        findings += check_identifier("table", table.name, table.place)
        for column in table.columns:
            findings += check_identifier("column", column.name, column.place)
        findings += _schema_exists(schema, "table", table.name, table.place, domain)
        view_sql = spec.views.get(table.name)
        if (table.physical_type == "view") != (view_sql is not None):
            findings.append(
                Finding(
                    code="MF306",
                    summary="a view of the contract has no SQL"
                    if view_sql is None
                    else "there is SQL for a view that the contract does not call a view",
                    place=table.place,
                    got=table.name,
                    allowed="SQL in `views` for each object of the contract with `physicalType: view`",
                    fix=f"give `views={{{table.name!r}: ...}}` to the product"
                    if view_sql is None
                    else "set `physicalType: view`, or remove the SQL",
                )
            )
        if spec.pipeline is None and table.physical_type != "view":
            findings.append(
                Finding(
                    code="MF329",
                    summary=f"nothing makes table {table.name!r}: the product has no pipeline",
                    place=table.place if table.place.file else spec.place,
                    got=table.physical_type,
                    allowed="only views in the contract of a product without a pipeline",
                    fix="give the product a `pipeline`, or call it a view and give its SQL in `views`",
                )
            )
        tables.append(ResolvedTable(domain.catalog, schema, table, schema == spec.schema_name, view_sql))
    for name in spec.views:
        if all(table.name != name for table in spec.contract.tables):
            findings.append(
                Finding(
                    code="MF307",
                    summary="a view is not in the product's contract",
                    place=spec.place,
                    got=name,
                    allowed=_listed(table.name for table in spec.contract.tables),
                    fix="describe it in the contract, with `physicalType: view`",
                )
            )
    for volume in spec.volumes:
        findings += check_identifier("volume", volume.name, spec.place)
        findings += _schema_exists(volume.schema_name, "volume", volume.name, spec.place, domain)
    run_as = mesh.principal_id(spec.pipeline.run_as) if spec.pipeline else None
    product = ResolvedProduct(spec, domain, tuple(tables), run_as=run_as)
    readers = tuple(_readers(product, mesh, findings))
    return ResolvedProduct(spec, domain, product.tables, readers, run_as)


def _schema_exists(
    schema: str, kind: str, name: str, place: Place, domain: ResolvedDomain
) -> Iterator[Finding]:
    if schema not in domain.spec.schemas:
        near = nearest(schema, domain.spec.schemas)
        yield Finding(
            code="MF308",
            summary=f"{kind} {name!r} is in a schema that its domain does not have",
            place=place,
            got=schema,
            allowed=_listed(domain.spec.schemas),
            fix=f"did you mean {near!r}?" if near else f"add the schema to domain {domain.name!r}",
        )


def _readers(product: ResolvedProduct, mesh: ResolvedMesh, findings: list[Finding]) -> Iterator[Reader]:
    for consumer in product.spec.consumers:
        unknown = [port for port in consumer.ports if port not in product.ports]
        findings += [
            Finding(
                code="MF309",
                summary=f"consumer {consumer.name!r} is given a port that the product does not have",
                place=product.place,
                got=port,
                allowed=_listed(product.ports),
                fix=did_you_mean(port, product.ports) or "name one of its ports",
            )
            for port in unknown
        ]
        ended = list(_ended(consumer, product, mesh))
        findings += ended
        principals = _reader_principals(consumer, product, mesh, findings)
        if not unknown and not ended:
            yield Reader(consumer, principals, consumer.ports or tuple(product.ports))


def _ended(consumer: Consumer, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """Access that ended is not given any more; without a day nobody can tell."""
    if consumer.until is None:
        return
    today = mesh.spec.today
    if today is None:
        yield Finding(
            code="MF324",
            summary=f"access of {consumer.name!r} ends on a day, but the mesh is evaluated without one",
            place=product.place,
            got=consumer.until.isoformat(),
            fix="give the mesh `today`, or set MESHFORM_TODAY=YYYY-MM-DD",
        )
    elif consumer.until < today:
        yield Finding(
            code="MF325",
            summary=f"access of {consumer.name!r} to {product.address} has ended, and is not granted",
            place=product.place,
            got=f"until {consumer.until.isoformat()}, today is {today.isoformat()}",
            fix="remove the consumer, or agree on a later day",
            severity=Severity.WARNING,
        )


def _reader_principals(
    consumer: Consumer, product: ResolvedProduct, mesh: ResolvedMesh, findings: list[Finding]
) -> tuple[str, ...]:
    if consumer.group is not None:
        group = mesh.principal_id(consumer.group)  # a missing one is found with the other principals
        return (group,) if group else ()
    other = next((p for p in mesh.spec.products if p.address == consumer.product), None)
    if other is None:
        known = [p.address for p in mesh.spec.products]
        findings.append(
            Finding(
                code="MF310",
                summary="a consumer is not a product of the mesh",
                place=product.place,
                got=consumer.name,
                allowed=one_of(known),
                fix=did_you_mean(consumer.name, known) or "name a product as `domain.product`",
            )
        )
        return ()
    run_as = mesh.principal_id(other.pipeline.run_as) if other.pipeline else None
    return (run_as,) if run_as else ()


def _references(product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
    """Input ports must exist, and their producer must list the product as a consumer."""
    for reference in product.spec.inputs:
        port = mesh.port(reference)
        if port is None:
            known = [f"{p.address}.{name}" for p in mesh.products.values() for name in p.ports]
            near = nearest(str(reference), known)
            yield Finding(
                code="MF311",
                summary="an input port does not exist",
                place=product.place,
                got=str(reference),
                allowed="an output port of some product, `domain.product.port`",
                fix=f"did you mean {near!r}?" if near else "declare the port in the contract of that product",
            )
            continue
        producer = mesh.products[f"{reference.domain}.{reference.product}"]
        if producer is not product and not any(
            reader.consumer.product == product.address and reference.port in reader.ports
            for reader in producer.readers
        ):
            consumers = _listed(reader.consumer.name for reader in producer.readers)
            yield Finding(
                code="MF312",
                summary=f"{product.address} reads {reference}, whose producer does not list it as a consumer",
                place=product.place,
                got=f"consumers of {producer.address}: {consumers or 'none'}",
                fix=f"ask the owner of {producer.address} for Consumer(product={product.address!r}, ...)"
                f" at {producer.place}",
            )


def _same_tables(mesh: ResolvedMesh) -> Iterator[Finding]:
    first: dict[str, tuple[ResolvedProduct, Place]] = {}
    for product in mesh.products.values():
        objects = [(table.full_name, table.place) for table in product.tables] + [
            (f"{product.domain.catalog}.{v.schema_name}.{v.name} (volume)", product.place)
            for v in product.spec.volumes
        ]
        for full_name, place in objects:
            if (key := full_name.casefold()) not in first:
                first[key] = (product, place)
                continue
            other, where = first[key]
            if other is product:
                yield Finding(
                    code="MF313",
                    summary=f"{product.address} makes one object twice",
                    place=place if place.file else product.place,
                    got=f"{full_name}, also at {where}",
                    fix="rename or remove one of them",
                )
            else:
                yield Finding(
                    code="MF313",
                    summary="two products make one object; the later would replace the other's data",
                    place=place,
                    got=f"{full_name} of {product.address}, and of {other.address} at {where}",
                    allowed="each table, view and volume in one product",
                    fix="rename it in one of the contracts, or read it as an input port",
                )


def _cycles(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Each cycle of products that read one another, with its whole path; depth first, without recursion."""
    edges = {
        address: list(dict.fromkeys(f"{r.domain}.{r.product}" for r in product.spec.inputs))
        for address, product in mesh.products.items()
    }
    done: set[str] = set()
    for start, inputs in edges.items():
        path: list[str] = [start]
        pending = [iter(inputs)] if start not in done else []
        while pending:
            following = next(pending[-1], None)
            if following is None:
                pending.pop()
                done.add(path.pop())
            elif following in path:
                cycle = [*path[path.index(following) :], following]
                places = "; ".join(f"{a} at {mesh.products[a].place}" for a in cycle[:-1])
                yield Finding(
                    code="MF314",
                    summary="products read one another in a circle",
                    place=mesh.products[cycle[-2]].place,
                    got=" -> ".join(cycle),
                    fix=f"remove one of these inputs: {places}",
                )
            elif following in edges and following not in done:
                path.append(following)
                pending.append(iter(edges[following]))


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
    named += [(d.owner, f"the owner of domain {d.name!r}", d.place) for d in spec.domains]
    for policy in spec.policies:
        named += [
            (p, f"exempt from {c.name!r}", policy.place) for c in policy.classifications for p in c.exempt
        ]
        named += [(p, f"exempt from {f.name!r}", policy.place) for f in policy.row_filters for p in f.exempt]
    for product in spec.products:
        if product.pipeline:
            named.append((product.pipeline.run_as, "the pipeline's `run_as`", product.place))
        named += [(c.group, "a consumer", product.place) for c in product.consumers if c.group is not None]
        named += [(c.approver, f"the approver of {c.name!r}", product.place) for c in product.consumers]
        named += [(w, f"a writer of {v.name!r}", product.place) for v in product.volumes for w in v.writers]
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
        if product.pipeline and isinstance(spec.principals.find(product.pipeline.run_as), Group):
            yield Finding(
                code="MF316",
                summary="a pipeline runs as a group",
                place=product.place,
                got=product.pipeline.run_as,
                allowed="a service principal",
                fix="declare a service principal for the pipeline",
            )


def _deployer_owns(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Who creates a catalog gives it to its owner group, and can go on only as a member of that."""
    environment, principals = mesh.environment, mesh.spec.principals
    owned = [("the platform's catalog", mesh.spec.platform.owner, mesh.spec.place)]
    owned += [(f"domain {domain.name!r}", domain.owner, domain.place) for domain in mesh.spec.domains]
    for what, owner, place in owned:
        group = principals.find(owner)
        if (
            isinstance(group, Group)
            and not environment.metastore_admin
            and environment.deployer not in principals.with_members([owner])
        ):
            yield Finding(
                code="MF326",
                summary=f"the deployer of {environment.name!r} is not in the group that owns {what}",
                place=place,
                got=f"{environment.deployer!r} in {owner!r}",
                allowed="a member of the owner group, or an admin of the metastore",
                fix=f"add {environment.deployer!r} to the members of group {owner!r}, or say"
                " `metastore_admin=True` in the environment",
            )


def _protections(mesh: MeshSpec) -> Iterator[Finding]:
    """A class belongs to the whole mesh; a name of a class, mask or row filter means one thing only."""
    for policy in mesh.policies:
        if policy.domain is not None and policy.classifications:
            yield Finding(
                code="MF327",
                summary=f"policy {policy.name!r} of domain {policy.domain!r} brings a class of columns",
                place=policy.place,
                got=_listed(c.name for c in policy.classifications),
                allowed="classes in a policy of the mesh: data keeps its class on its way between domains",
                fix="declare it in a GovernancePolicy of the Mesh",
            )
    yield from _same_names(mesh)


def _same_names(mesh: MeshSpec) -> Iterator[Finding]:
    """A policy's classes and functions; those of a mesh-wide policy meet those of every domain."""
    named: dict[tuple[str, str], list[Policy]] = {}
    for policy in mesh.policies:
        functions = [
            *(c.mask.name for c in policy.classifications if c.mask),
            *(f.name for f in policy.row_filters),
        ]
        for kind, names in (("class", [c.name for c in policy.classifications]), ("function", functions)):
            for name in names:
                named.setdefault((kind, name.casefold()), []).append(policy)
    for (kind, name), policies in named.items():
        for i, policy in enumerate(policies):
            other = next(
                (o for o in policies[:i] if o.domain == policy.domain or None in (o.domain, policy.domain)),
                None,
            )
            if other:
                yield Finding(
                    code="MF328",
                    summary=f"a {kind} of columns is declared twice"
                    if kind == "class"
                    else f"a {kind} is declared twice",
                    place=policy.place,
                    got=f"{name!r}, also by policy {other.name!r} at {other.place}",
                    allowed="each name once in a domain and the mesh",
                    fix="rename one of them",
                )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
