# SPDX-License-Identifier: Apache-2.0
"""Data products as values: what a domain team declares for each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator, field_validator, model_validator

from meshform.model.consumer import Consumer
from meshform.model.contract import Contract, Table
from meshform.model.environment import Adopt
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.inputs import EXTERNAL, External, Input, PortReference, checked_input
from meshform.model.monitoring import Monitoring
from meshform.model.ports import Elsewhere, Function, ManagedTable, ProductStatus
from meshform.model.schedule import Schedule
from meshform.model.share import Share


class Pipeline(Value):
    """A declarative pipeline (DLT) that makes the product's tables.

    Attributes:
        source: folder with the pipeline's Python and SQL files; every file in it is uploaded, with the
            generated module `<product>_contract.py` beside it.
        run_as: the service principal (a name in the registry) that it runs as.
        schedule: when its job runs. Default: only when somebody starts it.
        adopt: id of the pipeline where it exists already, by environment. Default: it is made.
        adopt_job: the same for the job that runs it.
    """

    source: Path
    run_as: str
    schedule: Schedule | None = None
    adopt: Mapping[str, str] = {}
    adopt_job: Mapping[str, str] = {}


class Job(Value):
    """A job that makes the product's tables: a Python file on serverless compute.

    Attributes:
        source: folder with the job's Python and SQL files; every file in it is uploaded, with the generated
            module `<product>_contract.py` beside it.
        run_as: the service principal (a name in the registry) that it runs as.
        main: the file of the folder that is run.
        dependencies: packages that it needs, as pip requirements. Default: those of the runtime.
        schedule: when it runs. Default: only when somebody starts it.
        adopt_job: id of the job where it exists already, by environment. Default: it is made.
    """

    source: Path
    run_as: str
    main: str = Field(default="main.py", pattern=r"^[^/\\]+\.py$")
    dependencies: tuple[str, ...] = ()
    schedule: Schedule | None = None
    adopt_job: Mapping[str, str] = {}


class Retention(Value):
    """A job that deletes the rows that are older than the contract's `retention`.

    It works on tables that take DELETE: those that Terraform makes, and those of the product's job. What a
    pipeline makes, its own code must leave out.

    Attributes:
        schedule: when it runs. Default: every night at three, UTC.
        run_as: the service principal (a name in the registry) that it runs as. No row filter may hide rows
            from it. Default: what the product's job runs as.
    """

    schedule: Schedule = Schedule(cron="0 0 3 * * ?")
    run_as: str | None = None


class Volume(Value):
    """A managed volume of the product, such as a landing place for raw files.

    Attributes:
        name: name in its schema.
        schema_name: the domain's schema that holds it; in the schema of the product's ports it is a port.
        writers: principals that put files there (READ_VOLUME and WRITE_VOLUME).
        comment: what it is for.
        adopt: environments in which it exists already: True for every one that is not personal, or names.
        renamed_from: its name before, under which it is deployed somewhere. Default: it was never renamed.
    """

    name: str
    schema_name: str
    writers: tuple[str, ...] = ()
    comment: str = ""
    adopt: Adopt = False
    renamed_from: str | None = None


_FROM_CONTRACT: Mapping[str, ProductStatus] = {
    "proposed": "draft",
    "draft": "draft",
    "deprecated": "deprecated",
    "retired": "retired",
}


class Product(Value):
    """What one `DataProduct` declares.

    Attributes:
        domain, name: its address in the mesh.
        contract: its data contract.
        schema_name: the domain's schema of tables whose contract names none, and of its ports.
        views: SQL text of each view of the contract, by its name.
        pipeline, job: what makes every table that `tables` does not name; at most one of them.
        tables: tables that are made otherwise, by `table` or `schema.table` of the contract.
        volumes, functions, inputs, consumers, shares, monitoring, retention: see their types.
        version: version of the product; None is the contract's.
        status: where it is in its life; None is the contract's status, or active.
        sunset: last day of a deprecated product.
        replaces: the product of the same domain that this one comes after.
        description: what it is; beside it `purpose`, `usage` and `limitations`, None for the contract's.
        tags: tags of every table, view and volume, beside those of the contract.
        classification: class of the product as a whole, a tag; it masks nothing.
        renamed_from: its name before, under which it is deployed somewhere.
        adopt_tables: environments in which a view that Terraform makes exists already, by its name.
        consumers_file: the file that its consumers were read from; None when they stand in Python.
        place: where it was declared.
    """

    domain: str
    name: str = Field(min_length=1)
    contract: Contract
    schema_name: str = "gold"
    views: Mapping[str, str] = {}
    pipeline: Pipeline | None = None
    job: Job | None = None
    tables: Mapping[str, ManagedTable | Elsewhere] = {}
    volumes: tuple[Volume, ...] = ()
    functions: tuple[Function, ...] = ()
    inputs: tuple[Annotated[Input, PlainValidator(checked_input)], ...] = ()
    consumers: tuple[Consumer, ...] = ()
    shares: tuple[Share, ...] = ()
    monitoring: Monitoring = Monitoring()
    retention: Retention | None = None
    renamed_from: str | None = None
    adopt_tables: Mapping[str, Adopt] = {}
    consumers_file: Path | None = None
    version: str | None = Field(default=None, pattern=r"^v?\d+(\.\d+){0,2}([-+][0-9A-Za-z.+-]+)?$")
    status: ProductStatus | None = None
    sunset: date | None = None
    replaces: str | None = None
    description: str = ""
    purpose: str | None = None
    usage: str | None = None
    limitations: str | None = None
    tags: Mapping[str, str] = {}
    classification: str | None = None
    place: Place = NOWHERE

    @field_validator("tags")
    @classmethod
    def _leaves_ours(cls, tags: Mapping[str, str]) -> Mapping[str, str]:
        for key in tags:
            if key.startswith("data_product_"):
                raise ValueError(f"Meshform sets {key} itself")
            if "=" in key:
                raise ValueError(f"the key of a tag has no `=`: {key}")
        return tags

    @model_validator(mode="after")
    def _one_maker(self) -> Product:
        if self.pipeline and self.job:
            raise ValueError("a product has a `pipeline` or a `job`, not both: make it two products")
        return self

    @property
    def address(self) -> str:
        """`domain.product`."""
        return f"{self.domain}.{self.name}"

    @property
    def port_inputs(self) -> tuple[PortReference, ...]:
        """The inputs that are ports of products of this mesh."""
        return tuple(one for one in self.inputs if not isinstance(one, EXTERNAL))

    @property
    def external_inputs(self) -> tuple[External, ...]:
        """The inputs that the mesh does not make."""
        return tuple(one for one in self.inputs if isinstance(one, EXTERNAL))

    @property
    def runs(self) -> Pipeline | Job | None:
        """What makes its tables."""
        return self.pipeline or self.job

    @property
    def current_version(self) -> str:
        """Its version, or that of its contract."""
        return self.version or self.contract.version

    @property
    def current_status(self) -> ProductStatus:
        """Its status, or what its contract's status means."""
        return self.status or _FROM_CONTRACT.get((self.contract.status or "").casefold(), "active")

    @property
    def replaces_address(self) -> str | None:
        """`domain.product` of the product that it replaces."""
        if self.replaces is None or "." in self.replaces:
            return self.replaces
        return f"{self.domain}.{self.replaces}"

    @property
    def port_names(self) -> list[str]:
        """Names of its output ports: what is in the schema of its ports."""
        names = [table.name for table in self.contract.tables if self.schema_of(table) == self.schema_name]
        names += [volume.name for volume in self.volumes if volume.schema_name == self.schema_name]
        return names + [function.name for function in self.functions]

    def schema_of(self, table: Table) -> str:
        """The domain's schema that holds a table of the contract; in `schema_name` it is an output port."""
        return table.schema_name or self.schema_name
