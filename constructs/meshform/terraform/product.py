# SPDX-License-Identifier: Apache-2.0
"""One data product's blocks, in reading order: volumes, pipeline, tags, access, views, shares, SLOs.

Tags come before SELECT, so that no reader meets an unmasked column. SELECT on tables comes before views: who
makes a view needs it on the view's sources, and gets it as a member of the owner group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from meshform.governance.consumer_rows import view_for
from meshform.governance.quality_checks import quality_checks
from meshform.governance.views import ResolvedView
from meshform.model.adoption import adopted
from meshform.model.lifecycle import notice, product_tags
from meshform.model.policy import MASK_TYPE_TAG
from meshform.model.product import Pipeline
from meshform.model.resolved import OtherPort, Reader, ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.terraform.access import Access
from meshform.terraform.access_requests import add_access_requests
from meshform.terraform.alerts import add_alerts
from meshform.terraform.functions import run_ddl
from meshform.terraform.grants import Ledger, remade_with
from meshform.terraform.job import add_job
from meshform.terraform.monitoring import add_monitor, add_profiles
from meshform.terraform.pipeline import add_pipeline
from meshform.terraform.platform import find_warehouse, kept
from meshform.terraform.retention import add_retention
from meshform.terraform.sharing import add_shares
from meshform.terraform.sql import create_function
from meshform.terraform.stack import PREPARE, PROTECT, Phase, Rank, Stack, local_name
from meshform.terraform.tables import DESCRIBE, GRANT, add_table, grant_makers
from meshform.terraform.tags import add_tag


def make_product(
    stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access, wave: int
) -> None:
    """Add what makes a product, and the tags that protect it.

    Args:
        stack: the domain's stack.
        product: the product.
        mesh: the mesh that it belongs to.
        access: the domain's wishes for access; learns when each table and view can be granted.
        wave: how many products of its domain it builds on, one on top of the other, itself included.
    """
    _add_volumes(stack, product, mesh, access)
    _add_functions(stack, product, mesh, access)
    if isinstance(runs := product.spec.runs, Pipeline):
        add_pipeline(stack, product, runs, mesh, access, rank=Rank(wave, Phase.BUILD))
    elif runs:
        add_job(stack, product, runs, mesh, access, rank=Rank(wave, Phase.BUILD))
    for table in product.tables:
        if table.is_own_view:
            access.made[table.full_name] = Rank(wave, Phase.GRANT), [_view_address(table)]
        elif table.is_run:
            tags = _add_tags(stack, table, product, mesh, Rank(wave, Phase.DESCRIBE))
            access.made[table.full_name] = Rank(wave, Phase.GRANT), tags
        else:
            made = add_table(stack, table, product, mesh, access)
            tags = _add_tags(stack, table, product, mesh, DESCRIBE, after=made)
            access.made[table.full_name] = GRANT, [*made, *tags, *access.policies]
            grant_makers(table, product, mesh, access)
    for reader in product.readers:
        for view in reader.views.values():
            access.made[view.full_name] = Rank(wave, Phase.GRANT), [_view_address(view)]


def publish_product(
    stack: Stack,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    access: Access,
    ledger: Ledger,
    views: Mapping[str, ResolvedView],
) -> None:
    """Add a product's views, readers, shares and alerts, after `make_product` of every product of its domain.

    Args:
        stack: the domain's stack.
        product: the product.
        mesh: the mesh that it belongs to.
        access: the domain's wishes for access.
        ledger: where the recipients of its shares are granted.
        views: SQL and sources of each view of the mesh, by its full name.
    """
    for table in product.tables:
        if table.is_own_view:
            _add_view(stack, table, product, mesh, access, views[table.full_name])
        if table.is_port:
            for reader in product.readers:
                if table.name in reader.ports:
                    readable = reader.views.get(table.name, table)
                    if readable is not table:
                        _add_view(stack, readable, product, mesh, access, view_for(reader, table))
                    for principal in (
                        *reader.principals,
                        *_view_owners(reader, readable, product, mesh, views),
                    ):
                        access.select(principal, readable, product.place)
            rank, after = access.made[table.full_name]
            _add_access_requests(stack, "table", table, product, mesh, rank, after)
    for name, port in product.other_ports.items():
        is_volume = port.kind == "volume"
        after = [f"databricks_volume.{local_name(port.schema, name)}"] if is_volume else []
        _add_access_requests(stack, port.kind, port, product, mesh, PREPARE if is_volume else PROTECT, after)
        for reader in product.readers:
            for principal in reader.principals if name in reader.ports else ():
                if port.kind == "volume":
                    volume = stack.blocks[f"databricks_volume.{local_name(port.schema, name)}"]
                    access.on_volume(principal, port.privileges, volume, product.place)
                else:
                    access.on_function(principal, port, product.place)
    _let_checks_read(product, mesh, access)
    add_retention(stack, product, mesh, access)
    add_shares(stack, product, mesh, ledger, access)
    add_alerts(stack, product, mesh, access)
    add_monitor(stack, product, access)
    add_profiles(stack, product, mesh, access)


def _add_access_requests(
    stack: Stack,
    kind: str,
    port: ResolvedTable | OtherPort,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    rank: Rank,
    after: Iterable[str],
) -> None:
    """Whoever has no access to a port asks its owner for it, also where the port is none of a table."""
    add_access_requests(
        stack,
        local_name(*(() if kind == "table" else (kind,)), port.schema, port.name),
        kind.upper(),
        port.full_name,
        product.domain.spec.support,
        mesh,
        product.place,
        rank=rank,
        after=after,
    )


def _let_checks_read(product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """The job's checks run as a service principal that owns what the product runs, and no views."""
    if product.run_as and not all(table.is_run for table in product.tables):
        for check in quality_checks(product, mesh)[0]:
            for table in check.reads:
                if not table.is_run and any(table is own for own in product.tables):
                    access.select(product.run_as, table, product.place)


def _view_owners(
    reader: Reader,
    table: ResolvedTable,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    views: Mapping[str, ResolvedView],
) -> Iterator[str]:
    """Who owns and who makes a view of the consumer over a table of another domain: it has their rights."""
    consumer = mesh.products.get(reader.consumer.product or "")
    if consumer and consumer.domain is not product.domain:
        read = (views[view.full_name].sources for view in consumer.tables if view.full_name in views)
        if any(table in sources for sources in read):
            if owner := mesh.principal_id(consumer.domain.spec.owner):
                yield owner
            if deployer := mesh.own_deployer(consumer.domain):
                yield deployer


def _add_volumes(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    told, tags = notice(product.spec, product.replaced_by), product_tags(product)
    for volume in product.spec.volumes:
        schema = product.domain.schema(volume.schema_name)
        made = stack.resource(
            "databricks_volume",
            local_name(schema, volume.name),
            {
                "catalog_name": product.domain.catalog,
                "schema_name": schema,
                "name": volume.name,
                "volume_type": "MANAGED",
                "comment": "\n\n".join(part for part in (told, volume.comment) if part) or None,
                "owner": mesh.principal_id(product.domain.spec.owner),
            },
            product.place,
            after=[access.schemas[schema].address],
            lifecycle=kept(mesh),
            import_id=adopted(
                volume.adopt,
                mesh.environment,
                product.domain.full_name(volume.schema_name, volume.name),
            ),
        )
        for writer in volume.writers:
            if principal := mesh.principal_id(writer):
                access.on_volume(principal, ["READ_VOLUME", "WRITE_VOLUME"], made, product.place)
        if product.run_as:
            access.on_volume(product.run_as, ["READ_VOLUME"], made, product.place)
        for key, value in tags.items():
            add_tag(
                stack,
                local_name("volume", schema, volume.name, key),
                ("volumes", product.domain.full_name(volume.schema_name, volume.name), key, value),
                product.place,
                Rank(0, Phase.DESCRIBE),
                [made.address],
            )


def _add_functions(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh, access: Access) -> None:
    """The product's functions, and its own code's right to call them."""
    functions = product.spec.functions
    if not functions:
        return
    told = notice(product.spec, product.replaced_by)
    prefix = product.domain.full_name(product.spec.schema_name)
    ddl = {
        f"{prefix}.{function.name}": create_function(
            f"{prefix}.{function.name}",
            function.parameters.items(),
            function.returns,
            function.body,
            " ".join(part for part in (told, function.comment) if part),
            place=product.place,
        )
        for function in functions
    }
    run_ddl(
        stack,
        mesh,
        ddl,
        schema=access.schemas[product.domain.schema(product.spec.schema_name)],
        path=f"{mesh.workspace_folder(product.domain.name)}/{product.name}.functions.sql",
        of=product.name,
        job_name=f"{product.domain.name}_{product.name}_functions",
        description=f"Makes the functions of data product {product.address}.",
        label=f"the functions of {product.address}",
        warehouse_id=find_warehouse(stack, mesh).attribute("id"),
        place=product.place,
    )
    for port in product.other_ports.values() if product.run_as else ():
        if port.kind == "function":
            access.on_function(product.run_as or "", port, product.place)


def _add_tags(
    stack: Stack,
    table: ResolvedTable,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    rank: Rank,
    after: Iterable[str] = (),
) -> list[str]:
    """Tags of the product, the table and its columns, and the class of each classified column."""
    own = {tag.partition("=")[0] for tag in table.spec.tags}
    wanted = [
        ("tables", "", f"{key}={value}") for key, value in product_tags(product).items() if key not in own
    ]
    wanted += [("tables", "", tag) for tag in table.spec.tags]
    typed: list[tuple[str, str, str]] = []
    for column in table.spec.columns:
        wanted += [("columns", column.name, tag) for tag in column.tags]
        if column.classification in mesh.classifications:
            wanted.append(("columns", column.name, f"{mesh.spec.classification_tag}={column.classification}"))
            if kind := mesh.mask_type(column):
                typed.append(("columns", column.name, f"{MASK_TYPE_TAG}={kind}"))
    addresses: list[str] = []
    of_types: dict[
        str, list[str]
    ] = {}  # the class comes after the type, so that no other mask meets the column
    for entity_type, column_name, tag in dict.fromkeys([*typed, *wanted]):
        key, _, value = tag.partition("=")
        name = local_name(*(part for part in (table.schema, table.name, column_name, key) if part))
        entity = f"{table.full_name}.{column_name}" if column_name else table.full_name
        before = [*after, *of_types.get(column_name, ())] if key == mesh.spec.classification_tag else after
        address = add_tag(stack, name, (entity_type, entity, key, value), table.place, rank, before)
        addresses.append(address)
        if key == MASK_TYPE_TAG:
            of_types[column_name] = [address]
    return addresses


def _view_address(table: ResolvedTable) -> str:
    return f"databricks_sql_table.{local_name(table.schema, table.name)}"


def _add_view(
    stack: Stack,
    table: ResolvedTable,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
    access: Access,
    view: ResolvedView,
) -> None:
    owner = mesh.principal_id(product.domain.spec.owner) or ""
    after = [access.schemas[table.schema].address]
    for source in view.sources:
        if source.full_name not in access.made:
            continue  # of another domain, whose stack grants it: the product is a consumer there
        if source.is_own_view:
            after.append(_view_address(source))  # the group owns it already
        else:
            # a view reads its tables with its owner's rights
            after.append(access.read_for_views(owner, source, product.place))
    stack.resource(
        "databricks_sql_table",
        local_name(table.schema, table.name),
        {
            "catalog_name": product.domain.catalog,
            "schema_name": table.schema,
            "name": table.name,
            "table_type": "VIEW",
            "view_definition": view.sql,
            "comment": table.comment or None,
            "owner": owner,
            "warehouse_id": find_warehouse(stack, mesh).attribute("id"),
            "column": [
                {"name": column.name, "comment": column.description or None} for column in table.spec.columns
            ],
        },
        table.place,
        rank=access.made[table.full_name][0],
        after=after,
        import_id=adopted(
            product.spec.adopt_tables.get(table.name, False), mesh.environment, table.full_name
        ),
    )
    for key, value in product_tags(product).items():
        add_tag(
            stack,
            local_name(table.schema, table.name, key),
            ("tables", table.full_name, key, value),
            table.place,
            access.made[table.full_name][0],
            [_view_address(table)],
            lifecycle=remade_with(_view_address(table)),
        )
