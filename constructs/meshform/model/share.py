# SPDX-License-Identifier: Apache-2.0
"""Delta shares as values: what leaves the metastore, and who receives it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pydantic import Field, model_validator

from meshform.model.environment import Environment
from meshform.model.findings import Value


class Recipient(Value):
    """Somebody outside the metastore who receives a Delta share.

    Attributes:
        name: name of the recipient; outside production the environment is added.
        metastore_ids: global metastore id (`cloud:region:uuid`) of a recipient on Databricks, by environment,
            or one for all. Default: the recipient is not on Databricks and gets an activation link.
        allowed_ip_addresses: IPv4 addresses or CIDR ranges that a recipient with a token may come from.
            Default: any.
        until: last day (UTC) on which its token is valid. Default: as long as the metastore lets tokens live.
        region: where a recipient with a token keeps what it reads, as a cloud names it, such as
            `eu-central-1`; a metastore id tells it by itself. Default: unknown.
        properties: what is known of the recipient, for shares that give each recipient its own part.
        comment: who that is.
    """

    name: str
    metastore_ids: Mapping[str, str] | str | None = None
    allowed_ip_addresses: tuple[str, ...] = ()
    until: date | None = None
    region: str | None = Field(default=None, pattern=r"^[a-z0-9-]+$")
    properties: Mapping[str, str] = {}
    comment: str = ""

    def metastore_id(self, environment: Environment) -> str | None:
        """The global metastore id in an environment; None for a recipient with a token."""
        if self.metastore_ids is None or isinstance(self.metastore_ids, str):
            return self.metastore_ids
        return self.metastore_ids.get(environment.name)

    def region_in(self, environment: Environment) -> str | None:
        """Where it keeps what it reads, in an environment; None when that is not known."""
        metastore = self.metastore_id(environment)
        return self.region if metastore is None else (*metastore.split(":"), "")[1] or None

    @property
    def expiration_time_ms(self) -> int | None:
        """The end of its last day, in milliseconds since 1970."""
        if self.until is None:
            return None
        end = datetime(self.until.year, self.until.month, self.until.day, tzinfo=UTC) + timedelta(days=1)
        return int(end.timestamp()) * 1000


class PartitionValue(Value):
    """What a partition column of a shared table must be.

    Attributes:
        value: the value, as text. Default: NULL, where no property is named.
        op: EQUAL, or LIKE for a pattern with `%`.
        recipient_property: the property of the recipient whose value it must be, such as `country`, or one of
            Databricks, such as `databricks.accountId`.
    """

    value: str | None = None
    op: Literal["EQUAL", "LIKE"] = "EQUAL"
    recipient_property: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> PartitionValue:
        if self.value is not None and self.recipient_property is not None:
            raise ValueError("give either `value` or `recipient_property`")
        if self.op == "LIKE" and self.value is None:
            raise ValueError("LIKE needs a `value`")
        return self


class SharedObject(Value):
    """One thing in a share, where its name in `ports` does not say enough.

    Attributes:
        name: a port or volume of the product; for a function or model `schema.name` in the domain's catalog.
        kind: what it is. Functions and models are made elsewhere, and must exist when the share is made.
        shared_as: its name in the share, `schema.name`. Default: its own.
        history: whether recipients may read older versions of a table, and stream from it. Default: as
            Databricks decides.
        partitions: the only parts of a table that are shared: each a value for some of its partition columns,
            as text for EQUAL, None for NULL, or a PartitionValue. Default: the whole table.
        comment: what it is. Default: the description in the contract.
    """

    name: str = Field(min_length=1)
    kind: Literal["port", "volume", "function", "model"] = "port"
    shared_as: str | None = None
    history: bool | None = None
    partitions: tuple[Mapping[str, str | PartitionValue | None], ...] = ()
    comment: str | None = None


class Share(Value):
    """A Delta share of some of the product's ports.

    Attributes:
        name: name of the share; outside production the environment is added.
        ports: names of the ports in it.
        objects: what else is in it: parts of tables, tables with history, volumes, functions, models.
        recipients: who receives it.
        comment: what it is.
    """

    name: str
    ports: tuple[str, ...] = ()
    objects: tuple[SharedObject, ...] = ()
    recipients: tuple[Recipient, ...] = Field(min_length=1)
    comment: str = ""

    @model_validator(mode="after")
    def _not_empty(self) -> Share:
        if not self.ports and not self.objects:
            raise ValueError("a share holds something: give it `ports` or `objects`")
        return self

    @property
    def everything(self) -> tuple[SharedObject, ...]:
        """All that is in it."""
        return (*(SharedObject(name=port) for port in self.ports), *self.objects)

    @property
    def every_port(self) -> tuple[str, ...]:
        """Names of the ports in it."""
        return (*self.ports, *(one.name for one in self.objects if one.kind == "port"))
