# SPDX-License-Identifier: Apache-2.0
"""Data products as values: what a domain team declares for each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator

from meshform.model.consumer import Consumer
from meshform.model.contract import Contract, Table
from meshform.model.environment import Adopt, Environment
from meshform.model.findings import NOWHERE, Place, Value
from meshform.model.inputs import EXTERNAL, External, Input, PortReference, checked_input


class Schedule(Value):
    """When a job runs: a Quartz cron expression in a time zone."""

    cron: str
    timezone: str = "UTC"


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


class Volume(Value):
    """A managed volume of the product, such as a landing place for raw files.

    Attributes:
        name: name in its schema.
        schema_name: the domain's schema that holds it.
        writers: principals that put files there (READ_VOLUME and WRITE_VOLUME).
        comment: what it is for.
        adopt: environments in which it exists already: True for every one that is not personal, or names.
    """

    name: str
    schema_name: str
    writers: tuple[str, ...] = ()
    comment: str = ""
    adopt: Adopt = False


class Recipient(Value):
    """Somebody outside the metastore who receives a Delta share.

    Attributes:
        name: name of the recipient; outside production the environment is added.
        metastore_ids: global metastore id (`cloud:region:uuid`) of a recipient on Databricks, by environment,
            or one for all. Default: the recipient is not on Databricks and gets an activation link.
        allowed_ip_addresses: addresses or CIDR ranges that a recipient with a token may come from.
        comment: who that is.
    """

    name: str
    metastore_ids: Mapping[str, str] | str | None = None
    allowed_ip_addresses: tuple[str, ...] = ()
    comment: str = ""

    def metastore_id(self, environment: Environment) -> str | None:
        """The global metastore id in an environment; None for a recipient with a token."""
        if self.metastore_ids is None or isinstance(self.metastore_ids, str):
            return self.metastore_ids
        return self.metastore_ids.get(environment.name)


class Share(Value):
    """A Delta share of some of the product's ports.

    Attributes:
        name: name of the share; outside production the environment is added.
        ports: names of the ports in it.
        recipients: who receives it.
        comment: what it is.
    """

    name: str
    ports: tuple[str, ...] = Field(min_length=1)
    recipients: tuple[Recipient, ...] = Field(min_length=1)
    comment: str = ""


class Product(Value):
    """What one `DataProduct` declares.

    Attributes:
        domain, name: its address in the mesh.
        contract: its data contract.
        schema_name: the domain's schema of tables whose contract names none, and of its ports.
        views: SQL text of each view of the contract, by its name.
        pipeline, volumes, inputs, consumers, shares: see their types.
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
    volumes: tuple[Volume, ...] = ()
    inputs: tuple[Annotated[Input, PlainValidator(checked_input)], ...] = ()
    consumers: tuple[Consumer, ...] = ()
    shares: tuple[Share, ...] = ()
    adopt_tables: Mapping[str, Adopt] = {}
    consumers_file: Path | None = None
    place: Place = NOWHERE

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

    def schema_of(self, table: Table) -> str:
        """The domain's schema that holds a table of the contract; in `schema_name` it is an output port."""
        return table.schema_name or self.schema_name
