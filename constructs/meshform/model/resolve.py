# SPDX-License-Identifier: Apache-2.0
"""From what was declared to the mesh in one environment, with everything found wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshform.model.adoption import adoption_findings
from meshform.model.catalog_checks import catalog_findings
from meshform.model.consumer import Consumer
from meshform.model.consumer_findings import column_findings, consumer_findings
from meshform.model.destinations import destination_findings
from meshform.model.domain import MeshSpec
from meshform.model.environment import Environment
from meshform.model.external import external_findings
from meshform.model.findings import Finding, MeshformError, Place, Severity
from meshform.model.lifecycle import comment_of, lifecycle_findings, not_granted
from meshform.model.names import check_identifier, normalized
from meshform.model.near import did_you_mean, one_of
from meshform.model.product import Product
from meshform.model.profiles import profile_findings
from meshform.model.protections import protection_findings
from meshform.model.quarantine import quarantine_findings, quarantine_table
from meshform.model.references import reference_findings
from meshform.model.registry import registry_findings
from meshform.model.renames import rename_findings
from meshform.model.resolved import Reader, ResolvedDomain, ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.share_checks import recipient_findings, share_findings
from meshform.model.table_entries import entries
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
        The resolved mesh, and findings of MF3xx and MF420 to MF431. With an error among them the mesh is
        incomplete (what could not be followed is left out) and must not be compiled.
    """
    findings = [
        *environment_findings(mesh),
        *_duplicates(mesh),
        *stack_findings(mesh),
        *identifier_findings(mesh, environment),
        *metastore_findings(mesh),
        *recipient_findings(mesh, environment),
        *adoption_findings(mesh),
        *rename_findings(mesh),
        *destination_findings(mesh, environment),
    ]
    resolved = ResolvedMesh(mesh, environment, {})
    for spec in mesh.domains:
        domain = ResolvedDomain(
            spec,
            spec.catalog_in(environment),
            prefix=f"{spec.name}_" if spec.catalog else "",
        )
        findings += _domain_findings(domain, mesh)
        resolved.domains.setdefault(spec.name, domain)
    successors = {product.replaces_address: product.address for product in mesh.products}
    for product in mesh.products:
        domain = resolved.domains[product.domain]
        after = successors.get(product.address)
        domain.products.append(_product(product, domain, resolved, after, findings))
    findings += reference_findings(resolved)
    findings += external_findings(resolved)
    findings += lifecycle_findings(resolved)
    findings += registry_findings(resolved)
    findings += protection_findings(mesh)
    findings += catalog_findings(resolved)
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


def _domain_findings(domain: ResolvedDomain, mesh: MeshSpec) -> Iterator[Finding]:
    yield from check_identifier("catalog", domain.catalog, domain.place)
    for schema in domain.spec.schemas:
        yield from check_identifier("schema", domain.schema(schema), domain.place)
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
    spec: Product,
    domain: ResolvedDomain,
    mesh: ResolvedMesh,
    replaced_by: str | None,
    findings: list[Finding],
) -> ResolvedProduct:
    tables = []
    made_otherwise = entries(spec, findings)
    for i, table in enumerate(spec.contract.tables):
        entry = made_otherwise.get(i)
        schema = spec.schema_of(table)
        findings += check_identifier("table", table.name, table.place)
        for column in table.columns:
            findings += check_identifier("column", column.name, column.place)
        findings += _schema_exists(schema, "table", table.name, table.place, domain)
        view_sql = spec.views.get(table.name)
        if entry is None and (table.physical_type == "view") != (view_sql is not None):
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
        if entry is None and spec.runs is None and table.physical_type != "view":
            findings.append(
                Finding(
                    code="MF329",
                    summary=f"nothing makes table {table.name!r}: the product has no pipeline and no job",
                    place=table.place if table.place.file else spec.place,
                    got=table.physical_type,
                    allowed="a pipeline, a job, an entry in `tables`, or a view with its SQL in `views`",
                    fix=f"give the product a `pipeline` or a `job`, or `tables={{{table.name!r}:"
                    " ManagedTable()}` (or `Elsewhere()` when somebody else makes it)",
                )
            )
        tables.append(
            ResolvedTable(
                domain.catalog,
                domain.schema(schema),
                table,
                schema == spec.schema_name,
                view_sql,
                domain.prefix,
                entry,
                comment_of(table, spec, replaced_by),
            )
        )
        if table.quarantine is not None:
            in_pipeline = spec.pipeline is not None and entry is None
            findings += quarantine_findings(table, in_pipeline=in_pipeline)
            own = (domain.catalog, domain.schema(schema), quarantine_table(table), False, None)
            tables.append(ResolvedTable(*own, domain.prefix))
    for name in spec.views:
        if all(table.name != name for table in spec.contract.tables):
            findings.append(
                Finding(
                    code="MF307",
                    summary="a view is not in the product's contract",
                    place=spec.place,
                    got=name,
                    allowed=", ".join(table.name for table in spec.contract.tables),
                    fix="describe it in the contract, with `physicalType: view`",
                )
            )
    ports = [table.name for table in tables if table.is_port]
    for share in spec.shares:
        findings += _unknown_ports(f"share {share.name!r} names", share.every_port, ports, spec.place)
    for volume in spec.volumes:
        findings += check_identifier("volume", volume.name, spec.place)
        findings += _schema_exists(volume.schema_name, "volume", volume.name, spec.place, domain)
    for function in spec.functions:
        findings += check_identifier("function", function.name, spec.place)
        findings += _schema_exists(spec.schema_name, "function", function.name, spec.place, domain)
    run_as = mesh.principal_id(spec.runs.run_as) if spec.runs else None
    product = ResolvedProduct(spec, domain, tuple(tables), (), run_as, replaced_by)
    findings += _one_name(product)
    findings += profile_findings(product)
    for share in spec.shares:
        findings += share_findings(share, product)
    readers = tuple(_readers(product, mesh, findings))
    return ResolvedProduct(spec, domain, product.tables, readers, run_as, replaced_by)


def _one_name(product: ResolvedProduct) -> Iterator[Finding]:
    """A consumer names a port by its name alone, so no two ports of a product share one."""
    names = [volume.name for volume in product.spec.volumes if volume.schema_name == product.spec.schema_name]
    names += [function.name for function in product.spec.functions]
    for i, name in enumerate(names):
        if name in product.ports or name in names[:i]:
            yield Finding(
                code="MF347",
                summary=f"two ports of {product.address} have one name",
                place=product.place,
                got=name,
                allowed="a name of its own for each table, view, volume and function of the ports' schema",
                fix="rename one of them",
            )


def _schema_exists(
    schema: str, kind: str, name: str, place: Place, domain: ResolvedDomain
) -> Iterator[Finding]:
    if schema not in domain.spec.schemas:
        yield Finding(
            code="MF308",
            summary=f"{kind} {name!r} is in a schema that its domain does not have",
            place=place,
            got=schema,
            allowed=", ".join(domain.spec.schemas),
            fix=did_you_mean(schema, domain.spec.schemas) or f"add the schema to domain {domain.name!r}",
        )


def _unknown_ports(what: str, named: Iterable[str], ports: Iterable[str], place: Place) -> Iterator[Finding]:
    known = list(ports)
    for port in named:
        if port not in known:
            yield Finding(
                code="MF309",
                summary=f"{what} a port that the product does not have",
                place=place,
                got=port,
                allowed=", ".join(known) or "it has none",
                fix=did_you_mean(port, known) or "name one of its ports",
            )


def _readers(product: ResolvedProduct, mesh: ResolvedMesh, findings: list[Finding]) -> Iterator[Reader]:
    for consumer in product.spec.consumers:
        unknown = list(
            _unknown_ports(
                f"consumer {consumer.name!r} is given",
                consumer.ports,
                product.ports if consumer.is_narrowed else product.port_names,
                product.place,
            )
        )
        findings += unknown
        ended = list(_ended(consumer, product, mesh))
        findings += ended
        kept_back = list(not_granted(consumer, product))
        findings += kept_back
        principals = _reader_principals(consumer, product, mesh, findings)
        if unknown or ended or kept_back:
            continue
        ports = consumer.ports or tuple(product.ports if consumer.is_narrowed else product.port_names)
        views = _views_for(consumer, ports, product, findings) if consumer.is_narrowed else {}
        yield Reader(consumer, principals, ports, views)
    findings += consumer_findings(product.spec)


def _views_for(
    consumer: Consumer, ports: Iterable[str], product: ResolvedProduct, findings: list[Finding]
) -> dict[str, ResolvedTable]:
    """The view of a consumer's part of each of its ports."""
    views = {}
    for name in ports:
        port = product.ports[name]
        findings += column_findings(consumer, port.spec, product.place)
        table = consumer.view_of(port.spec)
        findings += check_identifier("view", table.name, product.place)
        views[name] = ResolvedTable(
            port.catalog,
            port.schema,
            table,
            is_port=False,
            prefix=port.prefix,
            comment=comment_of(table, product.spec, product.replaced_by),
        )
    return views


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
    other = mesh.spec.products_by_address.get(consumer.product or "")
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
    run_as = mesh.principal_id(other.runs.run_as) if other.runs else None
    return (run_as,) if run_as else ()
