# SPDX-License-Identifier: Apache-2.0
"""What products read and the mesh does not make, as far as the platform's stack has to do with it.

A mounted share is a `databricks_catalog` of a provider's share; who reads in it is granted here. Everything
else belongs to somebody who grants it. Only where the environment creates stand-ins are these made here, with
their grants, so that a pipeline that reads them runs.

Source: provider 1.128, docs/resources/catalog.md (`provider_name`, `share_name`), sql_table.md, volume.md,
connection.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from meshform.governance.views import ResolvedView
from meshform.model.findings import Place
from meshform.model.inputs import (
    External,
    ExternalTable,
    ExternalVolume,
    ManifestPort,
    MountedShare,
    external_name,
    in_environment,
    kind_of,
    needed_for,
)
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.functions import run_ddl
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.platform import kept
from meshform.terraform.sql import create_function
from meshform.terraform.stack import PREPARE, PROTECT, Block, Stack, local_name


def add_external(
    stack: Stack,
    mesh: ResolvedMesh,
    ledger: Ledger,
    views: Mapping[str, ResolvedView],
    warehouse: Block,
) -> None:
    """Add mounted shares, stand-ins where the environment creates them, and who reads in those.

    Args:
        stack: the platform's stack.
        mesh: the mesh.
        ledger: where grants are asked for.
        views: the views of the mesh by full name; one reads with the rights of its domain's owner.
        warehouse: where functions are made.
    """
    make = _Maker(stack, mesh, warehouse)
    for product in mesh.products.values():
        for external in product.spec.external_inputs:
            share = external.share if isinstance(external, ExternalTable | ExternalVolume) else None
            if share:
                make.mounted(share, product.place)
            if mesh.environment.creates_external:
                make.stand_in(external, product.place)
            elif share is None:
                continue
            name = external_name(external, mesh.environment) or ""
            for principal in readers_of(external, product, mesh, views):
                for needed in needed_for(kind_of(external), name):
                    # what a step makes is granted when that is done
                    rank = PROTECT if needed.kind == "function" else PREPARE
                    securable = Securable(needed.kind, needed.full_name)
                    ledger.share_writing(securable)  # a grant for each principal, named by the full name
                    ledger.wish(
                        stack,
                        securable,
                        principal,
                        [needed.privilege],
                        product.place,
                        rank=rank,
                        after=make.made.get(needed.full_name, ()),
                    )
    make.functions()


def readers_of(
    external: External, product: ResolvedProduct, mesh: ResolvedMesh, views: Mapping[str, ResolvedView]
) -> Iterator[str]:
    """Who of a product reads an input, as grants name them: its pipeline's identity, its views' owner."""
    if product.run_as:
        yield product.run_as
    name = external_name(external, mesh.environment)
    mine = (views[table.full_name] for table in product.tables if table.full_name in views)
    if any(source.full_name == name for view in mine for source in view.sources):
        owner = mesh.principal_id(product.domain.spec.owner)
        if owner:
            yield owner
        if deployer := mesh.own_deployer(product.domain):  # who makes a view reads what it reads
            yield deployer


def _null_of(function: ManifestPort, name: str) -> str:
    parameters = [(one.name, one.type) for one in function.parameters]
    returns = function.returns or "STRING"
    return create_function(name, parameters, returns, f"CAST(NULL AS {returns})", place=function.place)


class _Maker:
    """Makes each catalog, schema and object once.

    Attributes:
        made: the addresses that a grant on something must follow, by full name.
    """

    def __init__(self, stack: Stack, mesh: ResolvedMesh, warehouse: Block) -> None:
        self._warehouse = warehouse
        self.made: dict[str, list[str]] = {}
        self._functions: dict[str, dict[str, tuple[str, Place]]] = {}
        self._stack, self._mesh = stack, mesh
        self._owner = mesh.principal_id(mesh.spec.platform.owner)

    def mounted(self, share: MountedShare, place: Place) -> None:
        """The catalog of a share; a stand-in has nothing behind it."""
        environment = self._mesh.environment
        body: dict[str, Any] = {
            "name": environment.scoped(share.catalog),
            "comment": share.comment or None,
            "owner": self._owner,
            "force_destroy": environment.personal,
        }
        if not environment.creates_external:
            body["provider_name"] = in_environment(share.provider, environment)
            body["share_name"] = in_environment(share.share, environment)
        name = local_name("share", share.catalog)
        self._once(body["name"], "databricks_catalog", name, body, place, ())

    def stand_in(self, external: External, place: Place) -> None:
        """What is read, with its catalog and its schema."""
        name = external_name(external, self._mesh.environment) or ""
        kind = kind_of(external)
        if kind == "foreign_connection":
            # where it leads does not matter: nothing reads through a stand-in
            options = {"host": "stand-in.invalid", "port": "5432"}
            body: dict[str, Any] = {"name": name, "connection_type": "POSTGRESQL", "options": options}
            self._once(name, "databricks_connection", local_name("external", name), body, place, ())
            return
        catalog, schema, last = name.split(".")
        force = {"force_destroy": self._mesh.environment.personal, "owner": self._owner}
        names = {"catalog_name": catalog, "schema_name": schema, "name": last}
        self._once(
            catalog,
            "databricks_catalog",
            local_name("external", catalog),
            {"name": catalog, **force},
            place,
            (),
        )
        self._once(
            f"{catalog}.{schema}",
            "databricks_schema",
            local_name("external", catalog, schema),
            {"catalog_name": catalog, "name": schema, **force},
            place,
            self.made[catalog],
        )
        if isinstance(external, ManifestPort) and external.kind == "function":
            self._functions.setdefault(f"{catalog}.{schema}", {})[name] = _null_of(external, name), place
            return
        label = local_name("external", catalog, schema, last)
        after = self.made[f"{catalog}.{schema}"]
        if kind == "volume":
            self._once(name, "databricks_volume", label, {**names, "volume_type": "MANAGED"}, place, after)
            return
        port = self._mesh.port(external)
        columns = port.spec.columns if port else ()
        body = {
            **names,
            "table_type": "MANAGED",
            "data_source_format": "DELTA",
            "column": [{"name": column.name, "type": column.type} for column in columns] or None,
        }
        self._once(name, "databricks_sql_table", label, body, place, after)

    def functions(self) -> None:
        """Stand-ins of functions, which a step makes: each gives NULL of its type."""
        for of, functions in sorted(self._functions.items()):
            catalog, schema = of.split(".")
            label = f"external_{catalog}_{schema}"
            (address,) = self.made[of]
            run_ddl(
                self._stack,
                self._mesh,
                {name: ddl for name, (ddl, _) in functions.items()},
                schema=self._stack.blocks[address],
                path=f"{self._mesh.workspace_folder('external')}/{label}.functions.sql",
                of=label,
                job_name=f"{label}_functions",
                description=f"Makes stand-ins of the functions of {of}.",
                label=f"stand-ins of the functions of {of}",
                warehouse_id=self._warehouse.attribute("id"),
                place=next(iter(functions.values()))[1],
            )

    def _once(
        self, full_name: str, type_: str, name: str, body: Mapping[str, Any], place: Place, after: Any
    ) -> None:
        if full_name not in self.made:
            made: Block = self._stack.resource(
                type_, name, body, place, after=after, lifecycle=kept(self._mesh)
            )
            self.made[full_name] = [made.address]
