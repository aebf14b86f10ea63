# SPDX-License-Identifier: Apache-2.0
"""Anomaly detection on schemas, health rules of jobs, and where both and alerts send their news.

Source: provider 1.128, docs/resources/data_quality_monitor.md (Public Preview) and docs/resources/job.md,
"health".
"""

from __future__ import annotations

from typing import Any

from meshform.model.destinations import alert_destinations
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.terraform.access import Access
from meshform.terraform.destinations import ids
from meshform.terraform.stack import Stack, local_name


def add_monitor(stack: Stack, product: ResolvedProduct, access: Access) -> None:
    """Add anomaly detection on the schema of the product's ports, once for all products in it."""
    schema = product.domain.schema(product.spec.schema_name)
    name = local_name(schema)
    address = f"databricks_data_quality_monitor.{name}"
    if product.spec.monitoring.anomaly_detection and address not in stack.blocks:
        stack.resource(
            "databricks_data_quality_monitor",
            name,
            {
                "object_type": "schema",
                "object_id": access.schemas[schema].attribute("schema_id"),
                "anomaly_detection_config": {},
            },
            product.place,
        )


def health_of_job(stack: Stack, product: ResolvedProduct, mesh: ResolvedMesh) -> dict[str, Any]:
    """Attributes of the product's job: its health rule, and who hears of failed and long runs."""
    minutes = product.spec.monitoring.max_run_minutes
    email = product.domain.spec.support.email
    emails = list(dict.fromkeys([*([email] if email else []), *mailed(product, mesh)]))
    hooks = ids(stack, mesh, (one for one in alert_destinations(product) if not one.addresses))
    events = ["on_failure", *(["on_duration_warning_threshold_exceeded"] if minutes else [])]
    rule = {"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": (minutes or 0) * 60}
    return {
        "health": [{"rules": [rule]}] if minutes else None,
        "email_notifications": [dict.fromkeys(events, emails)] if emails else None,
        "webhook_notifications": [{event: [{"id": one} for one in hooks] for event in events}]
        if hooks
        else None,
    }


def mailed(product: ResolvedProduct, mesh: ResolvedMesh) -> list[str]:
    """Addresses of the e-mail destinations that hear of failures, for what sends mail itself."""
    hearing = alert_destinations(product)
    return list(
        dict.fromkeys(a for one in hearing if one.is_made_in(mesh.environment) for a in one.addresses)
    )
