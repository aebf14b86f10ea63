# SPDX-License-Identifier: Apache-2.0
"""Checks on data quality monitors: of schemas, and of tables by a profile.

Source: provider 1.128, docs/resources/data_quality_monitor.md; API reference, "Data Quality Monitoring".
"""

from __future__ import annotations

from typing import Any

from meshform.local.rules.refusal import Refusal, does_not_exist
from meshform.local.rules.securables import require
from meshform.local.store import Row, Store

_WINDOWS = ("5_MINUTES", "30_MINUTES", "1_HOUR", "1_DAY", "1_WEEK", "2_WEEKS", "3_WEEKS", "4_WEEKS")
_GRANULARITIES = {f"AGGREGATION_GRANULARITY_{one}" for one in (*_WINDOWS, "1_MONTH", "1_YEAR")}
_ANALYSES = ("inference_log", "snapshot", "time_series")
_TIMES = ("date", "timestamp", "timestamp_ntz")
_MOST_ADDRESSES = 5


def check_monitor(store: Store, value: Row) -> None:
    """A monitor is on a table or schema that exists."""
    if table := value.get("table_name"):
        require(store, "table", table)
    if output := value.get("output_schema_name"):
        require(store, "schema", output)
    if value.get("object_id"):
        kind = value.get("object_type")
        rows, attribute = {
            "schema": (("databricks_schema",), "schema_id"),
            "table": (("databricks_sql_table", "table"), "table_id"),
        }.get(str(kind), ((), ""))
        if rows and not any(store.find(row_kind, **{attribute: value["object_id"]}) for row_kind in rows):
            raise does_not_exist(str(kind).capitalize(), value["object_id"])
        _check_configuration(store, value, str(kind))


def _check_configuration(store: Store, value: Row, kind: str) -> None:
    profile = value.get("data_profiling_config")
    if kind == "schema":
        if profile is not None:
            raise Refusal("data_profiling_config is for a table, not for a schema")
        return
    if value.get("anomaly_detection_config") is not None:
        raise Refusal("anomaly_detection_config is for a schema, not for a table")
    if profile is None:
        return
    table = _one(store, ("databricks_sql_table", "table"), "table_id", value["object_id"])
    if _one(store, ("databricks_schema",), "schema_id", profile.get("output_schema_id")) is None:
        raise does_not_exist("Schema", str(profile.get("output_schema_id")), "It is the output of a profile.")
    given = [one for one in _ANALYSES if profile.get(one) is not None]
    if len(given) != 1:
        raise Refusal(f"A profile has exactly one of {', '.join(_ANALYSES)}; this one has {len(given)}.")
    for analysis in ("inference_log", "time_series"):
        if body := profile.get(analysis):
            _check_windows(table or {}, body)
    told = ((profile.get("notification_settings") or {}).get("on_failure") or {}).get("email_addresses") or ()
    if len(told) > _MOST_ADDRESSES:
        raise Refusal(f"A profile tells {len(told)} e-mail addresses; at most {_MOST_ADDRESSES}")


def _check_windows(table: Row, body: Row) -> None:
    granularities = body.get("granularities") or ()
    if odd := sorted(set(granularities) - _GRANULARITIES):
        raise Refusal(f"'{odd[0]}' is no granularity; allowed: {', '.join(sorted(_GRANULARITIES))}")
    if not granularities:
        raise Refusal("A profile by time needs granularities")
    name = str(body.get("timestamp_column"))
    types = {str(c["name"]).lower(): str(c["type"]).lower() for c in _columns(table)}
    what = f"Column '{name}', by which a profile looks at time,"
    if types and name.lower() not in types:
        raise Refusal(
            f"{what} does not exist in table '{table.get('name')}'.", "RESOURCE_DOES_NOT_EXIST", 404
        )
    if types and types[name.lower()] not in _TIMES:
        raise Refusal(f"{what} is of type {types[name.lower()]}, not date or timestamp.")


def _columns(table: Row) -> list[Any]:
    return table.get("columns") or table.get("column") or []


def _one(store: Store, kinds: tuple[str, ...], attribute: str, identifier: object) -> Row | None:
    return next((row for kind in kinds for row in store.find(kind, **{attribute: str(identifier)})), None)
