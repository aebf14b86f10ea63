# SPDX-License-Identifier: Apache-2.0
"""What is watched of a product beside the promises of its contract, and who hears of it."""

from __future__ import annotations

from pydantic import Field

from meshform.model.findings import Value
from meshform.model.support import Destination


class Monitoring(Value):
    """How a product is watched.

    Attributes:
        anomaly_detection: Databricks learns how fresh and complete the tables of the product's schema usually
            are, and tells what is unusual (data quality monitoring; it is billed). Default: False.
        max_run_minutes: a run of the product's job that takes longer is told. Default: no limit.
        destinations: notification destinations that hear of missed objectives and failed runs beside the
            support e-mail and those of the domain's support. Default: none.
    """

    anomaly_detection: bool = False
    max_run_minutes: int | None = Field(default=None, gt=0)
    destinations: tuple[Destination, ...] = ()
