# SPDX-License-Identifier: Apache-2.0
"""What is watched of a product beside the promises of its contract, and who hears of it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from meshform.model.findings import Value


class Monitoring(Value):
    """How a product is watched.

    Attributes:
        anomaly_detection: Databricks learns how fresh and complete the tables of the product's schema usually
            are, and tells what is unusual (data quality monitoring; it is billed). Default: False.
        max_run_minutes: a run of the product's job that takes longer is told. Default: no limit.
        destination_ids: ids of notification destinations, by environment, that hear of missed objectives and
            failed runs beside the support e-mail. Default: none.
    """

    anomaly_detection: bool = False
    max_run_minutes: int | None = Field(default=None, gt=0)
    destination_ids: Mapping[str, tuple[str, ...]] = {}
