# SPDX-License-Identifier: Apache-2.0
"""What a task of a job does in the local workspace: a pipeline makes its tables, a SQL file its functions.

No code of a user is ever executed. A pipeline's tables are read from the contract modules beside its code, as
literals; its code must only be Python that can be compiled. Of a query in a SQL file only what it reads is
looked at: there are no rows.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from meshform.governance.sql_text import SqlError
from meshform.local.content import content_at, content_key
from meshform.local.ddl import CreateFunction, parse_file
from meshform.local.rules.authority import creator_of
from meshform.local.rules.grants import has_privilege
from meshform.local.rules.keys import check_keys
from meshform.local.rules.refusal import Refusal, does_not_exist
from meshform.local.rules.relations import make_function, make_table
from meshform.local.rules.securables import find, require
from meshform.local.rules.views import check_query
from meshform.local.store import Row, Store

_MOST_BYTES = 5_000_000
_VOLUMES = "/Volumes/"


def in_order(tasks: list[Row]) -> list[Row]:
    """Tasks after the tasks that they depend on, else by key.

    Raises:
        Refusal: a task depends on one that there is not, or on itself.
    """
    keys = {task["task_key"] for task in tasks}
    rest = sorted(tasks, key=lambda task: str(task["task_key"]))
    done: list[Row] = []
    while rest:
        have = {task["task_key"] for task in done}
        ready = next((task for task in rest if _needs(task) <= have), None)
        if ready is None:
            task = rest[0]
            missing = sorted(_needs(task) - keys)
            what = f"unknown task '{missing[0]}'" if missing else "itself, by way of other tasks"
            raise Refusal(f"Task '{task['task_key']}' depends on {what}.")
        rest.remove(ready)
        done.append(ready)
    return done


def run_task(store: Store, task: Row, job: Row) -> None:
    """Do a task, within the caller's transaction.

    Raises:
        Refusal: the workspace refuses something of it.
    """
    if pipeline_task := _one(task, "pipeline_task"):
        _run_pipeline(store, str(pipeline_task.get("pipeline_id")))
    elif (sql_task := _one(task, "sql_task")) and (file := _one(sql_task, "file")):
        _run_sql(store, str(file.get("path")), _principal(job) or creator_of(store, "databricks_job", job))
    elif python_task := _one(task, "spark_python_task"):
        _run_python(store, python_task, str(job.get("id")), _principal(job))
    else:
        raise Refusal(
            f"Task '{task['task_key']}' is of a kind that the local workspace does not run;"
            " it runs pipeline_task, spark_python_task, and sql_task with a file."
        )


def _run_pipeline(store: Store, pipeline_id: str) -> None:
    pipeline = store.get("databricks_pipeline", pipeline_id)
    if pipeline is None:
        raise does_not_exist("Pipeline", pipeline_id)
    principal = _principal(pipeline)
    _check_code(store, pipeline)
    _check_inputs(store, pipeline.get("configuration") or {}, principal)
    folder, catalog = str(pipeline.get("root_path") or ""), str(pipeline.get("catalog"))
    _make_tables(store, f"Pipeline '{pipeline.get('name')}'", folder, catalog, principal, pipeline_id)


def _run_python(store: Store, task: Row, job_id: str, principal: str | None) -> None:
    """A Python file of a product's job: what it makes stands in the contract module beside it."""
    path = str(task.get("python_file"))
    _parse_python(_file(store, path), path)
    given = dict(str(one).partition("=")[::2] for one in task.get("parameters") or ())
    catalog = given.get("meshform.catalog")
    if catalog is None:
        raise Refusal(f"File '{path}' is run without the parameter meshform.catalog.")
    _check_inputs(store, given, principal)
    _make_tables(store, f"File '{path}'", path.rpartition("/")[0], catalog, principal, f"job {job_id}")


def _make_tables(
    store: Store, what: str, folder: str, catalog: str, principal: str | None, made_by: str
) -> None:
    """Make the tables of the contract modules in a folder; those of other makers must be there, to write."""
    below = content_key(folder).rstrip("/") + "/"
    modules = [path for path, _ in store.under("content", below) if path.endswith("_contract.py")]
    if not modules:
        raise Refusal(f"{what} has no contract module (*_contract.py) in its folder.")
    for path in modules:
        entries = _contract(store, path)
        placed = {str(entry.get("name", name)): entry for name, entry in entries.items()}
        for name, entry in entries.items():
            full_name = f"{catalog}.{entry.get('name', name)}"
            if entry.get("made_by"):
                privilege = "MODIFY" if entry["made_by"] == "Terraform" else "SELECT"
                _require_readable(store, principal, "table", full_name, privilege)
                continue
            check_keys(str(entry.get("name", name)), placed)
            _require_schema_privileges(store, principal, full_name)
            make_table(
                store,
                full_name,
                [
                    {"name": column["name"], "type": column["type"], "comment": column.get("comment") or ""}
                    for column in entry["columns"]
                ],
                owner=principal,
                made_by=made_by,
                comment=entry.get("comment") or None,
            )


def _check_code(store: Store, pipeline: Row) -> None:
    for library in pipeline.get("library") or ():
        if file := _one(library, "file"):
            path = str(file.get("path"))
            source = _file(store, path)
            if path.endswith(".py"):
                _parse_python(source, path)


def _check_inputs(store: Store, given: Mapping[str, str], principal: str | None) -> None:
    """Input ports and volumes that code is told to read must be there, and readable."""
    for key, value in sorted(given.items()):
        if not key.startswith(("meshform.connection.", "meshform.input.", "meshform.volume.")):
            continue
        if key.startswith("meshform.connection."):
            require(store, "foreign_connection", value)
            _require_privilege(store, principal, ("USE_CONNECTION",), "foreign_connection", value)
        elif value.startswith(_VOLUMES):
            name = value.removeprefix(_VOLUMES).strip("/").replace("/", ".")
            _require_readable(store, principal, "volume", name, "READ_VOLUME")
        elif find(store, "table", value) is None and find(store, "function", value) is not None:
            _require_readable(store, principal, "function", value, "EXECUTE")
        else:
            _require_readable(store, principal, "table", value, "SELECT")


def _require_readable(store: Store, principal: str | None, kind: str, name: str, privilege: str) -> None:
    require(store, kind, name)
    _require_use(store, principal, name)
    _require_privilege(store, principal, (privilege,), kind, name)


def _require_schema_privileges(store: Store, principal: str | None, full_name: str) -> None:
    schema = full_name.rpartition(".")[0]
    require(store, "schema", schema)
    _require_use(store, principal, full_name)
    _require_privilege(store, principal, ("CREATE_MATERIALIZED_VIEW", "CREATE_TABLE"), "schema", schema)


def _require_use(store: Store, principal: str | None, full_name: str) -> None:
    catalog, schema, _ = full_name.split(".")
    _require_privilege(store, principal, ("USE_CATALOG",), "catalog", catalog)
    _require_privilege(store, principal, ("USE_SCHEMA",), "schema", f"{catalog}.{schema}")


def _require_privilege(
    store: Store, principal: str | None, any_of: tuple[str, ...], kind: str, name: str
) -> None:
    """Refuse a principal that holds none of some privileges; None deploys, and may do everything here."""
    if principal is None or any(has_privilege(store, principal, one, kind, name) for one in any_of):
        return
    wanted = " or ".join(one.replace("_", " ") for one in any_of)
    message = f"PERMISSION_DENIED: {principal} does not have {wanted} on {kind.capitalize()} '{name}'."
    raise Refusal(message, "PERMISSION_DENIED", 403)


def _contract(store: Store, path: str) -> Mapping[str, Any]:
    """The literal CONTRACT of a contract module: tables by `schema.table`, each with its columns."""
    for statement in _parse_python(_file(store, path), path).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(one) for one in statement.targets] == [
            "CONTRACT"
        ]:
            try:
                value = ast.literal_eval(statement.value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                break
            if _is_contract(value):
                return value  # type: ignore[no-any-return]
            break
    raise Refusal(f"File '{path}' has no literal CONTRACT with tables and their columns.")


def _is_contract(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str)
        and name.count(".") == 1
        and isinstance(entry, dict)
        and isinstance(columns := entry.get("columns"), list)
        and all(
            isinstance(column, dict)
            and isinstance(column.get("name"), str)
            and isinstance(column.get("type"), str)
            for column in columns
        )
        for name, entry in value.items()
    )


def _parse_python(source: bytes, path: str) -> ast.Module:
    if len(source) > _MOST_BYTES:
        raise Refusal(f"File '{path}' is larger than {_MOST_BYTES:,} bytes.")
    try:
        return ast.parse(source, filename=path)
    except SyntaxError as error:
        raise Refusal(f"File '{path}', line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Refusal(f"File '{path}' cannot be read as Python: {error}") from None


def _run_sql(store: Store, path: str, principal: str | None) -> None:
    try:
        statements = parse_file(_file(store, path).decode())
    except UnicodeDecodeError:
        raise Refusal(f"File '{path}' is not UTF-8 text.") from None
    except SqlError as error:
        raise Refusal(f"File '{path}': {error}{error.where}") from None
    for statement in statements:
        if isinstance(statement, str):  # there are no rows here: what it reads must be there, and readable
            for table in check_query(store, f"file '{path}'", statement):
                _require_readable(store, principal, "table", table, "SELECT")
        else:
            _make_function(store, statement, principal)


def _make_function(store: Store, function: CreateFunction, principal: str | None) -> None:
    schema = function.full_name.rpartition(".")[0]
    require(store, "schema", schema)
    _require_use(store, principal, function.full_name)
    _require_privilege(store, principal, ("CREATE_FUNCTION",), "schema", schema)
    make_function(
        store,
        function.full_name,
        [{"name": name, "type": type_} for name, type_ in function.parameters],
        function.returns,
        function.body,
        replace=function.replace,
        owner=principal,
    )


def _file(store: Store, path: str) -> bytes:
    content = content_at(store, path)
    if content is None:
        raise Refusal(f"Path ({path}) doesn't exist.", "RESOURCE_DOES_NOT_EXIST", 404)
    return content


def _principal(value: Row) -> str | None:
    """Who a job or a pipeline runs as; None for who deployed it."""
    run_as = _one(value, "run_as") or {}
    return run_as.get("service_principal_name") or run_as.get("user_name") or run_as.get("group_name")


def _needs(task: Row) -> set[str]:
    return {one["task_key"] for one in task.get("depends_on") or ()}


def _one(value: Row, block: str) -> Row | None:
    """A block that can be there once: Terraform keeps it as a list."""
    blocks = value.get(block)
    return blocks[0] if isinstance(blocks, list) and blocks else None
