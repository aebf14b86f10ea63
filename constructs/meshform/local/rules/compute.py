# SPDX-License-Identifier: Apache-2.0
"""Checks on what runs: pipelines, jobs, warehouses, alerts and dashboards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from meshform.local.rules.principals import require_workspace_principal
from meshform.local.rules.refusal import Refusal
from meshform.local.rules.securables import require
from meshform.local.store import Row, Store

# block of a task -> (attribute, Terraform type, the API's word)
_TASK_NEEDS = {
    "pipeline_task": ("pipeline_id", "databricks_pipeline", "Pipeline"),
    "sql_task": ("warehouse_id", "databricks_sql_endpoint", "SQL warehouse"),
    "run_job_task": ("job_id", "databricks_job", "Job"),
    "dbt_task": ("warehouse_id", "databricks_sql_endpoint", "SQL warehouse"),
}


def check_pipeline(store: Store, value: Row) -> None:
    """A pipeline writes into a catalog and schema that exist, under a name of its own, as somebody known."""
    if catalog := value.get("catalog"):
        require(store, "catalog", catalog)
        if schema := value.get("schema") or value.get("target"):
            require(store, "schema", f"{catalog}.{schema}")
    _run_as(store, value)
    if not value.get("allow_duplicate_names"):
        unique(
            store,
            "databricks_pipeline",
            "name",
            value,
            "The pipeline name '{0}' is already used by another pipeline."
            " This check can be skipped by setting `allow_duplicate_names = true` in the request.",
        )


def check_job(store: Store, value: Row) -> None:
    """A job's tasks have keys of their own and name pipelines, warehouses and jobs that exist."""
    tasks = value.get("task") or []
    environments = {one.get("environment_key") for one in value.get("environment") or ()}
    keys = [task.get("task_key") for task in tasks]
    if twice := [key for key, count in Counter(keys).items() if count > 1]:
        raise Refusal(f"Job '{value.get('name')}' has several tasks with the key '{twice[0]}'")
    for task in tasks:
        where = f"task '{task.get('task_key')}' of job '{value.get('name')}'"
        for needed in task.get("depends_on") or ():
            if needed.get("task_key") not in keys:
                raise Refusal(f"'{needed.get('task_key')}', on which {where} depends, is no task of the job")
        if (environment := task.get("environment_key")) and environment not in environments:
            raise Refusal(f"Environment '{environment}', in which {where} runs, is no environment of the job")
        for block, (attribute, type_, word) in _TASK_NEEDS.items():
            for body in task.get(block) or ():
                require_row(store, type_, body.get(attribute), word, f", which {where} runs,")
    _run_as(store, value)


def check_warehouse(store: Store, value: Row) -> None:
    """A warehouse has a name of its own."""
    unique(store, "databricks_sql_endpoint", "name", value, "SQL warehouse with name `{0}` already exists")


def check_needs_warehouse(store: Store, value: Row) -> None:
    """Alerts, dashboards, queries and tables of the SQL door name a warehouse that exists."""
    require_row(store, "databricks_sql_endpoint", value.get("warehouse_id"), "SQL warehouse")
    run_as = value.get("run_as")
    for body in [run_as] if isinstance(run_as, dict) else run_as or ():
        _one_run_as(store, body)


def require_row(store: Store, type_: str, key: object, word: str, why: str = "") -> None:
    """Refuse an id that no object has; None and the empty text name nothing."""
    if key and store.get(type_, str(key)) is None:
        raise Refusal(f"{word} {key}{why} does not exist.", "RESOURCE_DOES_NOT_EXIST", 404)


def unique(store: Store, type_: str, attribute: str, value: Row, message: str) -> None:
    """Refuse a second object of one name; `{0}` in the message is the name."""
    name = value.get(attribute)
    if name and any(_other(row, value) for row in store.find(type_, **{attribute: name})):
        raise Refusal(message.format(name), "RESOURCE_ALREADY_EXISTS", 409)


def _other(row: Row, value: Row) -> bool:
    return value.get("id") is None or row.get("id") != value.get("id")


def _run_as(store: Store, value: Row) -> None:
    bodies: Iterable[Row] = value.get("run_as") or ()
    for body in bodies:
        _one_run_as(store, body)


def _one_run_as(store: Store, body: Row) -> None:
    for kind in ("service_principal", "user"):
        if name := body.get(f"{kind}_name"):
            require_workspace_principal(store, kind, name)
