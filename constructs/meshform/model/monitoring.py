# SPDX-License-Identifier: Apache-2.0
"""What is watched of a product beside the promises of its contract, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from meshform.model.findings import Value
from meshform.model.schedule import Schedule
from meshform.model.support import Destination

Granularity = Literal[
    "5 minutes",
    "30 minutes",
    "1 hour",
    "1 day",
    "1 week",
    "2 weeks",
    "3 weeks",
    "4 weeks",
    "1 month",
    "1 year",
]


class Profile(Value):
    """Statistics of a table's columns, and how they drift (data profiling; it is billed).

    Databricks writes them into the tables `TABLE_profile_metrics` and `TABLE_drift_metrics`.

    Attributes:
        timestamp_column: column of the table that tells when a row is from: each window of time is looked at
            by itself. Default: the whole table is looked at each time, a snapshot.
        granularities: how long the windows are. Default: a day, where there is a timestamp column.
        schedule: when it is refreshed. Default: only when somebody asks for it.
        output_schema: the domain's schema of both tables. Default: the schema of the table.
    """

    timestamp_column: str | None = None
    granularities: tuple[Granularity, ...] = ()
    schedule: Schedule | None = None
    output_schema: str | None = None

    @model_validator(mode="after")
    def _windows_need_time(self) -> Profile:
        if self.granularities and self.timestamp_column is None:
            raise ValueError("`granularities` need a `timestamp_column`")
        return self


class Monitoring(Value):
    """How a product is watched.

    Attributes:
        anomaly_detection: Databricks learns how fresh and complete the tables of the product's schema usually
            are, and tells what is unusual (data quality monitoring; it is billed). Default: False.
        profiles: tables whose columns are profiled, by `table` or `schema.table` of the contract. Default:
            none.
        max_run_minutes: a run of the product's job that takes longer is told. Default: no limit.
        destinations: notification destinations that hear of missed objectives and failed runs beside the
            support e-mail and those of the domain's support. Default: none.
    """

    anomaly_detection: bool = False
    profiles: Mapping[str, Profile] = {}
    max_run_minutes: int | None = Field(default=None, gt=0)
    destinations: tuple[Destination, ...] = ()
