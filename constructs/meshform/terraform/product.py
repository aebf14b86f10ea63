# SPDX-License-Identifier: Apache-2.0
"""One data product's blocks, in reading order: volumes, code, pipeline, job, tables, views, access, shares, SLOs."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from meshform.model.findings import Finding, MeshformError
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.terraform.alerts import add_alerts
from meshform.terraform.contract_module import contract_module
from meshform.terraform.files import workspace_file
from meshform.terraform.functions import run_job_step
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.literals import ref
from meshform.terraform.platform import find_warehouse, kept
from meshform.terraform.sharing import add_shares
from meshform.terraform.stack import PREPARE, Block, Phase, Rank, Stack, local_name

_CODE = (".py", ".sql")


class ProductCompiler:
    """Adds one product to its domain's stack."""

    def __init__(  # noqa: PLR0913
        self,
        stack: Stack,
        product: ResolvedProduct,
        mesh: ResolvedMesh,
        ledger: Ledger,
        schemas: dict[str, Block],
        wave: int,
    ) -> None:
        self.stack, self.product, self.mesh, self.ledger, self.schemas = stack, product, mesh, ledger, schemas
        self.build, self.describe, self.grant = (
            Rank(wave, phase) for phase in (Phase.BUILD, Phase.DESCRIBE, Phase.GRANT)
        )
        self.name, self.place = product.name, product.place
        self.catalog = product.domain.catalog
        self.tags: dict[str, list[str]] = {}  # full name of a table -> addresses of its tag assignments

    def add(self) -> None:
        """Add everything of the product."""
        self._volumes()
        if self.product.spec.pipeline:
            self._pipeline()
        for table in self.product.tables:
            self._tags(table)
        views = {table.full_name: self._view(table) for table in self.product.tables if table.is_view}
        self._access(views)
        add_shares(self.stack, self.product, self.mesh, self.ledger, rank=self.grant)
        add_alerts(self.stack, self.product, self.mesh, rank=self.describe)

    # containers and code

    def _volumes(self) -> None:
        for volume in self.product.spec.volumes:
            made = self.stack.resource(
                "databricks_volume",
                local_name(volume.schema_name, volume.name),
                {
                    "catalog_name": self.catalog,
                    "schema_name": volume.schema_name,
                    "name": volume.name,
                    "volume_type": "MANAGED",
                    "comment": volume.comment or None,
                    "owner": self.mesh.principal_id(self.product.domain.spec.owner),
                },
                self.place,
                after=[self.schemas[volume.schema_name].address],
                lifecycle=kept(self.mesh),
            )
            securable = Securable("volume", f"{self.catalog}.{volume.schema_name}.{volume.name}")
            self._keep_manage(securable, made)
            for writer in volume.writers:
                self._wish(securable, writer, ["READ_VOLUME", "WRITE_VOLUME"], volume.schema_name, made)
            if self.product.run_as:
                self._wish_id(securable, self.product.run_as, ["READ_VOLUME"], volume.schema_name, made)

    def _pipeline(self) -> None:
        spec = self.product.spec.pipeline
        assert spec is not None  # noqa: S101 - the only caller asks first
        environment = self.mesh.environment
        folder = "/".join(
            [self.mesh.spec.platform.workspace_folder, environment.name, self.product.domain.name, self.name]
        )
        files = {**_source_files(spec.source, self.product), f"{self.name}_contract.py": contract_module(self.product)}
        uploads = [
            workspace_file(
                self.stack, local_name(self.name, path), f"{folder}/{path}", f"{self.name}/{path}", content, self.place
            )
            for path, content in sorted(files.items())
        ]
        configuration = dict(self._configuration())
        pipeline = self.stack.resource(
            "databricks_pipeline",
            local_name(self.name),
            {
                "name": environment.scoped(f"{self.product.domain.name}_{self.name}"),
                "catalog": self.catalog,
                "schema": self.product.spec.schema_name,
                "serverless": True,
                "continuous": spec.continuous,
                "root_path": folder,
                "configuration": configuration,
                "library": [
                    {"file": [{"path": f"{folder}/{path}"}]}
                    for path in sorted(files)
                    if "/" not in path and path.endswith(_CODE) and path != f"{self.name}_contract.py"
                ],
                "run_as": [{"service_principal_name": self.product.run_as}],
                "tags": {"domain": self.product.domain.name, "product": self.name},
            },
            self.place,
            after=[block.address for block in (*uploads, *self.schemas.values())],
            lifecycle=kept(self.mesh),
        )
        job = self._job(pipeline)
        self._permissions(pipeline, job)
        for schema in sorted({table.schema for table in self.product.tables if not table.is_view}):
            self._use(
                self.product.run_as or "", schema, ["CREATE_MATERIALIZED_VIEW", "CREATE_TABLE", "SELECT", "MODIFY"]
            )
        if environment.first_run == "apply" and not spec.continuous:
            digest = sha256()
            for part in (*(x for item in sorted(files.items()) for x in item), repr(sorted(configuration.items()))):
                data = part if isinstance(part, bytes) else part.encode()
                digest.update(len(data).to_bytes(8, "big") + data)
            self.stack.step(
                local_name("run", self.name),
                run_job_step(job.attribute("id"), digest.hexdigest(), self.product.address, environment.name),
                self.place,
                rank=self.build,
            )

    def _configuration(self) -> Iterator[tuple[str, str]]:
        """All that the pipeline's code may know of its environment; the code itself knows nothing of it."""
        for volume in self.product.spec.volumes:
            yield f"meshform.volume.{volume.name}", f"/Volumes/{self.catalog}/{volume.schema_name}/{volume.name}"
        for reference in self.product.spec.inputs:
            if port := self.mesh.port(reference):
                yield f"meshform.input.{reference.port}", port.full_name

    def _job(self, pipeline: Block) -> Block:
        spec = self.product.spec.pipeline
        assert spec is not None  # noqa: S101
        email = self.product.domain.spec.support.email
        return self.stack.resource(
            "databricks_job",
            local_name(self.name),
            {
                "name": job_name(self.product, self.mesh),
                "description": f"Runs the pipeline of data product {self.product.address}.",
                "max_concurrent_runs": 1,
                "queue": [{"enabled": True}],
                "task": [
                    {"task_key": "pipeline", "pipeline_task": [{"pipeline_id": pipeline.attribute("id")}]},
                ],
                "schedule": [
                    {
                        "quartz_cron_expression": spec.schedule.cron,
                        "timezone_id": spec.schedule.timezone,
                        "pause_status": "UNPAUSED",
                    }
                ]
                if spec.schedule
                else None,
                "run_as": [{"service_principal_name": self.product.run_as}],
                "email_notifications": [{"on_failure": [email]}] if email else None,
                "tags": {"domain": self.product.domain.name, "product": self.name},
            },
            self.place,
        )

    def _permissions(self, pipeline: Block, job: Block) -> None:
        owner = self.mesh.principal_id(self.product.domain.spec.owner)
        for kind, block, level in (("pipeline", pipeline, "CAN_RUN"), ("job", job, "CAN_MANAGE_RUN")):
            self.stack.resource(
                "databricks_permissions",
                local_name(kind, self.name),
                {
                    f"{kind}_id": block.attribute("id"),
                    "access_control": [{"group_name": owner, "permission_level": level}],
                },
                self.place,
            )

    # tables and views

    def _tags(self, table: ResolvedTable) -> None:
        if table.is_view:
            return
        wanted = [("tables", table.full_name, "", tag) for tag in table.spec.tags if "=" in tag]
        for column in table.spec.columns:
            entity = f"{table.full_name}.{column.name}"
            wanted += [("columns", entity, column.name, tag) for tag in column.tags if "=" in tag]
            if column.classification in self.mesh.classifications:
                tag = f"{self.mesh.spec.classification_tag}={column.classification}"
                wanted.append(("columns", entity, column.name, tag))
        for kind, entity, column_name, tag in wanted:
            key, _, value = tag.partition("=")
            parts = [part for part in (table.schema, table.name, column_name, key) if part]
            block = self.stack.resource(
                "databricks_entity_tag_assignment",
                local_name(*parts),
                {"entity_type": kind, "entity_name": entity, "tag_key": key, "tag_value": value},
                table.place,
                rank=self.describe,
            )
            self.tags.setdefault(table.full_name, []).append(block.address)

    def _view(self, table: ResolvedTable) -> Block:
        owner = self.product.domain.spec.owner
        sources = []
        for source in self.mesh.view_sources(table):
            sources += self.tags.get(source.full_name, [])
            if source.catalog == self.catalog:
                # a view reads its tables with its owner's rights
                self._wish(Securable("table", source.full_name), owner, ["SELECT"], source.schema, None)
        return self.stack.resource(
            "databricks_sql_table",
            local_name(table.schema, table.name),
            {
                "catalog_name": self.catalog,
                "schema_name": table.schema,
                "name": table.name,
                "table_type": "VIEW",
                "view_definition": self.mesh.view_sql(table),
                "comment": table.spec.description or None,
                "owner": self.mesh.principal_id(owner),
                "warehouse_id": find_warehouse(self.stack, self.mesh).attribute("id"),
                "column": [
                    {"name": column.name, "comment": column.description or None} for column in table.spec.columns
                ],
            },
            table.place,
            rank=self.describe,
            after=[self.schemas[table.schema].address, *sources],
        )

    # access

    def _access(self, views: dict[str, Block]) -> None:
        for table in self.product.tables:
            after = [views[table.full_name].address] if table.is_view else self.tags.get(table.full_name, [])
            securable = Securable("table", table.full_name)
            readers = [reader for reader in self.product.readers if table.is_port and table.name in reader.ports]
            for reader in readers:
                self._use(reader.principal, table.schema, [])
                self.ledger.wish(
                    self.stack, securable, reader.principal, ["SELECT"], self.place, rank=self.grant, after=after
                )
            deployer = self.mesh.principal_id(self.mesh.environment.deployer)
            if deployer and readers and self.mesh.environment.deployer != self.product.domain.spec.owner:
                self.ledger.wish(
                    self.stack, securable, deployer, ["MANAGE"], self.place, rank=self.grant, after=after
                )

    def _wish(
        self, securable: Securable, principal: str, privileges: list[str], schema: str, made: Block | None
    ) -> None:
        if name := self.mesh.principal_id(principal):
            self._wish_id(securable, name, privileges, schema, made)

    def _wish_id(
        self, securable: Securable, principal: str, privileges: list[str], schema: str, made: Block | None
    ) -> None:
        self._use(principal, schema, [])
        rank = self.grant if securable.kind == "table" else PREPARE
        after = [made.address] if made else []
        self.ledger.wish(self.stack, securable, principal, privileges, self.place, rank=rank, after=after)

    def _use(self, principal: str, schema: str, privileges: list[str]) -> None:
        """USE of the catalog and a schema, and perhaps more on the schema: what every privilege below needs."""
        self.ledger.wish(self.stack, Securable("catalog", self.catalog), principal, ["USE_CATALOG"], self.place)
        self.ledger.wish(
            self.stack,
            Securable("schema", f"{self.catalog}.{schema}"),
            principal,
            ["USE_SCHEMA", *privileges],
            self.place,
            after=[self.schemas[schema].address],
        )

    def _keep_manage(self, securable: Securable, made: Block) -> None:
        deployer = self.mesh.principal_id(self.mesh.environment.deployer)
        if deployer and self.mesh.environment.deployer != self.product.domain.spec.owner:
            self.ledger.wish(
                self.stack, securable, deployer, ["MANAGE"], self.place, rank=made.rank, after=[made.address]
            )


def job_name(product: ResolvedProduct, mesh: ResolvedMesh) -> str:
    """Name of a product's job in an environment: `orders_orders`, outside production `orders_orders_dev`."""
    return mesh.environment.scoped(f"{product.domain.name}_{product.name}")


def _source_files(folder: Path, product: ResolvedProduct) -> dict[str, bytes]:
    """Every code file below a folder, by relative path with `/`."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in _CODE
    }
    if not files:
        raise MeshformError(
            Finding(
                code="MF317",
                summary=f"the pipeline of {product.address} has no code",
                place=product.place,
                got=str(folder),
                allowed="a folder with .py or .sql files",
                fix="correct `source` of the pipeline, or add its code",
            )
        )
    return files


__all__: list[str] = ["ProductCompiler", "job_name", "ref"]
