# SPDX-License-Identifier: Apache-2.0
"""The `DataProduct` construct: data with a contract, made, described, governed and given to its consumers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

from meshform.bridge import Construct
from meshform.declarations import above, arguments_told, construct_id, declare, place_of_caller
from meshform.domain import Domain
from meshform.model.consumer import Consumer
from meshform.model.contract import Contract
from meshform.model.environment import Adopt
from meshform.model.findings import Finding, MeshformError
from meshform.model.inputs import Input, PortReference
from meshform.model.monitoring import Monitoring
from meshform.model.near import did_you_mean, one_of
from meshform.model.ports import Elsewhere, Function, ManagedTable, ProductStatus
from meshform.model.product import Job, Pipeline, Product, Retention, Volume
from meshform.model.share import Share


class DataProduct(Construct):
    """A data product: a contract, what keeps it, and everybody who may read it.

    Emits in its domain's stack: `databricks_volume`, `databricks_workspace_file`, `databricks_pipeline`,
    `databricks_job`, `databricks_permissions`, `terraform_data` (the first run), and for its tables and views
    `databricks_entity_tag_assignment`, `databricks_sql_table`, `databricks_grants`, `databricks_share`,
    `databricks_recipient`, `databricks_alert_v2` and `databricks_data_quality_monitor`.

    Args:
        scope: a Domain, or a construct below one.
        id_: name of the product in its domain.
        contract: an ODCS 3.x file, or a Contract made in Python.
        schema_name: the domain's schema that holds the product's output ports: those tables and views of the
            contract are ports, the others are internal. Default: `gold`.
        pipeline: the declarative pipeline that makes the tables. Default: none.
        job: the job that makes the tables; a product has a pipeline or a job. Default: none.
        tables: tables of the contract that are made otherwise, by `table` or `schema.table`: by Terraform
            (`ManagedTable`) or by somebody else (`Elsewhere`). Default: the pipeline or job makes all.
        views: SQL of each view of the contract by its name, as text or as a file. Default: none.
        volumes: managed volumes; in the schema of the ports they are ports. Default: none.
        functions: SQL functions, which are ports. Default: none.
        inputs: what the pipeline or job and the views read: ports of other products, also of another
            repository's (`from_manifest`), and what the mesh does not make: ExternalTable, ExternalVolume,
            ExternalConnection, and what is in a MountedShare. Default: none.
        consumers: who may read which ports, and why: a list, or a YAML file to which `meshform request` adds.
            Default: nobody.
        shares: Delta shares of ports and volumes. Default: none.
        monitoring: anomaly detection, the longest run that is usual, who else hears of trouble. Default:
            alerts on the contract's service levels alone, to the support e-mail.
        retention: the job that deletes rows older than the contract's retention. Default: nothing deletes.
        renamed_from: its name before, under which it is deployed somewhere: Terraform then moves it in its
            state. Default: it was never renamed.
        adopt_tables: views that exist already, so that Terraform takes them over instead of making them, by
            name: True in every environment that is not personal, or names of environments. Default: none.
        version: version of the product. Default: the contract's.
        status: `draft` (nobody outside of the domain is given access), `active`, `deprecated` (needs
            `sunset`) or `retired` (nobody is given access). Default: what the contract's status means, else
            active.
        sunset: last day of a deprecated product. Default: none.
        replaces: the product of the same domain that this one comes after, or its name. Default: none.
        description: what the product is. Default: none.
        purpose, usage, limitations: texts for its readers; usage and limitations stand in the comments of
            its ports. Default: the contract's.
        tags: tags of every table, view and volume. Default: those of the contract.
        classification: class of the product as a whole, the tag `data_product_classification`; it masks
            nothing. Default: none.

    Raises:
        MeshformError: MF1xx and MF2xx for a contract that cannot be read, MF300 for a wrong argument, MF302
            when the domain has a product of that name, MF321 when there is no Domain above.
    """

    @arguments_told
    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        contract: Path | str | Contract,
        schema_name: str = "gold",
        pipeline: Pipeline | None = None,
        job: Job | None = None,
        tables: Mapping[str, ManagedTable | Elsewhere] = MappingProxyType({}),
        views: Mapping[str, str | Path] = MappingProxyType({}),
        volumes: Iterable[Volume] = (),
        functions: Iterable[Function] = (),
        inputs: Iterable[Input] = (),
        consumers: Iterable[Consumer] | Path | str = (),
        shares: Iterable[Share] = (),
        monitoring: Monitoring | None = None,
        retention: Retention | None = None,
        renamed_from: str | None = None,
        adopt_tables: Mapping[str, Adopt | list[str]] = MappingProxyType({}),
        version: str | None = None,
        status: ProductStatus | None = None,
        sunset: date | None = None,
        replaces: DataProduct | str | None = None,
        description: str = "",
        purpose: str | None = None,
        usage: str | None = None,
        limitations: str | None = None,
        tags: Mapping[str, str] = MappingProxyType({}),
        classification: str | None = None,
    ) -> None:
        place = place_of_caller(id_)
        self.domain = above(scope, Domain, f"product {id_!r}", place)
        self.path = f"{self.domain.path}/{id_}"
        place = place.model_copy(update={"construct_path": self.path})
        spec = declare(
            Product,
            place,
            {
                "domain": self.domain.name,
                "name": id_,
                "contract": _read(Path(contract)) if isinstance(contract, str | Path) else contract,
                "schema_name": schema_name,
                "pipeline": pipeline,
                "job": job,
                "tables": dict(tables),
                "views": {name: _sql(text) for name, text in views.items()},
                "volumes": tuple(volumes),
                "functions": tuple(functions),
                "inputs": tuple(inputs),
                "consumers": _consumers(consumers),
                "consumers_file": Path(consumers) if isinstance(consumers, str | Path) else None,
                "shares": tuple(shares),
                "monitoring": monitoring or Monitoring(),
                "retention": retention,
                "renamed_from": renamed_from,
                "adopt_tables": dict(adopt_tables),
                "version": version,
                "status": status,
                "sunset": sunset,
                "replaces": replaces
                if not isinstance(replaces, DataProduct)
                else f"{replaces.domain.name}.{replaces.name}",
                "description": description,
                "purpose": purpose,
                "usage": usage,
                "limitations": limitations,
                "tags": dict(tags),
                "classification": classification,
            },
        )
        self.domain.mesh.add_product_spec(spec)
        with construct_id(scope, id_, place):
            super().__init__(scope, id_)
        self.name = id_
        self.place = place
        self._spec = spec
        self.domain.add_product(self)

    def port(self, name: str) -> PortReference:
        """An output port, for another product's `inputs`.

        Raises:
            MeshformError: MF323 when the product has no port of that name.
        """
        ports = self._spec.port_names
        if name not in ports:
            raise MeshformError(
                Finding(
                    code="MF323",
                    summary=f"{self._spec.address} has no port of that name",
                    place=place_of_caller(self.path),
                    got=name,
                    allowed=one_of(ports) or "it has none",
                    fix=did_you_mean(name, ports)
                    or f"describe it in the contract, in schema {self._spec.schema_name!r}",
                )
            )
        return PortReference(domain=self.domain.name, product=self.name, port=name)


_MOST_SQL_BYTES = 1_000_000


def _read(file: Path) -> Contract:
    from meshform.model.odcs import read_contract

    return read_contract(file)


def _consumers(given: Iterable[Consumer] | Path | str) -> tuple[Consumer, ...]:
    if not isinstance(given, str | Path):
        return tuple(given)
    from meshform.model.consumers_file import read_consumers

    return read_consumers(Path(given))


def _sql(text: str | Path) -> str:
    if not isinstance(text, Path):
        return text  # what is no text is refused with the other arguments
    from meshform.model.file_input import read_text

    return read_text(text, most_bytes=_MOST_SQL_BYTES)
