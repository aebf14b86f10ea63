# SPDX-License-Identifier: Apache-2.0
"""What ABAC policies do: which columns their conditions match, and whether their functions fit these.

Unity Catalog finds out about some of this only when somebody reads the table, and fails the query then; here
it is refused at once. Source: Databricks documentation, "Core concepts for attribute-based access control
(ABAC)", "Conditions and built-in functions".
"""

from __future__ import annotations

from typing import Any

from meshform.local.rules.refusal import Refusal, does_not_exist
from meshform.local.rules.securables import find
from meshform.local.store import Row, Store
from meshform.model.data_types import UnknownTypeError, normalize


def check_condition(policy: Row, condition: str) -> None:
    """Refuse a condition that is not made of `has_tag`, `has_tag_value`, AND, OR and NOT."""
    from meshform.governance.sql_text import SqlError
    from meshform.local.rules.tag_conditions import matches

    try:
        matches(condition, {})
    except SqlError as error:
        raise Refusal(f"Policy '{policy.get('name')}' has a condition that is refused: {error}") from None


def check_call(store: Store, policy: Row, part: str, body: Row, aliases: list[object]) -> None:
    """A policy calls a function that there is, with the arguments that it takes."""
    name = body.get("function_name") or ""
    function = find(store, "function", name)
    if function is None:
        raise does_not_exist("Function", name, f"Policy '{policy.get('name')}' uses it.")
    arguments = [item.get("alias") for item in body.get("using") or ()]
    used = [body["on_column"], *arguments] if part == "column_mask" else arguments
    if unknown := [alias for alias in used if alias and alias not in aliases]:
        raise Refusal(
            f"Policy '{policy.get('name')}' uses the column alias '{unknown[0]}', which matches nothing"
        )
    takes = function.get("parameters")
    if takes is not None and len(takes) != len(used):
        raise Refusal(
            f"Policy '{policy.get('name')}' calls function '{name}' with {len(used)} arguments; it takes"
            f" {len(takes)}"
        )
    returns = _type(function.get("returns"))
    if part == "row_filter" and returns not in (None, "boolean"):
        raise Refusal(
            f"Function '{name}' of row filter '{policy.get('name')}' returns {returns}, not boolean"
        )


def check_tagged_column(store: Store, table: str, column: str, tag: Row) -> None:
    """Refuse a tag that would bring a second mask to a column, or a function of another type."""
    from meshform.local.rules.tag_conditions import matches

    name = f"{table}.{column}"
    tags = {
        str(row["tag_key"]): str(row.get("tag_value") or "")
        for _, row in store.under("databricks_entity_tag_assignment", f"columns,{tag['entity_name']},")
    }
    tags[str(tag["tag_key"])] = str(tag.get("tag_value") or "")
    masks = []
    for policy in _policies(store, table):
        for match in policy.get("match_columns") or ():
            if not matches(match.get("condition") or "", tags):
                continue
            mask, row_filter = policy.get("column_mask"), policy.get("row_filter")
            if mask and mask.get("on_column") == match.get("alias"):
                masks.append(str(policy.get("name")))
                _check_type(store, policy, mask, 0, table, column)
            for i, item in enumerate((row_filter or {}).get("using") or ()):
                if item.get("alias") == match.get("alias"):
                    _check_type(store, policy, row_filter, i, table, column)
    if len(masks) > 1:
        raise Refusal(
            f"Column '{name}' would have two masks for the same readers: {', '.join(sorted(masks))}"
        )


def _policies(store: Store, table: str) -> list[Row]:
    catalog, schema, _ = table.lower().split(".", 2)
    on = (("CATALOG", catalog), ("SCHEMA", f"{catalog}.{schema}"), ("TABLE", table.lower()))
    return [row for kind, name in on for _, row in store.under("databricks_policy_info", f"{kind},{name},")]


def _check_type(store: Store, policy: Row, call: Any, index: int, table: str, column: str) -> None:
    function = find(store, "function", call.get("function_name") or "") or {}
    takes = function.get("parameters") or ()
    row = find(store, "table", table) or {}
    columns = [*(row.get("columns") or ()), *(row.get("column") or ())]
    kinds = [one.get("type") for one in columns if str(one["name"]).lower() == column.lower()]
    given, taken = (
        _type(kinds[0] if kinds else None),
        _type(takes[index]["type"] if index < len(takes) else None),
    )
    if given and taken and given != taken:
        raise Refusal(
            f"Column '{table}.{column}' is of type {given}; function '{call.get('function_name')}' of policy"
            f" '{policy.get('name')}', which would meet it, takes {taken}"
        )


def _type(text: object) -> str | None:
    """The type as functions know it: char and varchar are strings there; None where nothing tells it."""
    try:
        kind = normalize(str(text)) if text else None
    except UnknownTypeError:
        return None
    return "string" if kind and kind.startswith(("char(", "varchar(")) else kind
