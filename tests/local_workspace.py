# SPDX-License-Identifier: Apache-2.0
"""A small local workspace for tests of runs and steps, written into a store as the provider would."""

from base64 import b64encode
from contextlib import contextmanager

from meshform.local.rest import Door
from meshform.local.rules.grants import set_grant
from meshform.local.store import Store
from meshform.workspace.calls import Pace, Workspace
from meshform.workspace.client import local_client

RUNNER = "11111111-1111-4111-8111-111111111111"  # application id of the pipeline's service principal
PIPELINE = "22222222-2222-4222-8222-222222222222"
FUNCTIONS_JOB, PIPELINE_JOB = 101, 202
ROOT = "/Workspace/meshform/local/orders/orders"
FUNCTION = "orders_local.gold.mask_email"
TABLE = "orders_local.gold.orders_gold"

DDL = """\
CREATE OR REPLACE FUNCTION `orders_local`.`gold`.`mask_email`(`value` STRING)
RETURNS STRING
COMMENT 'It\\'s a mask'
RETURN regexp_replace(value, '^[^@]*', '***');
"""
CONTRACT = """\
CONTRACT = {'gold.orders_gold': {'comment': 'Paid orders.',
  'columns': [{'name': 'order_id', 'type': 'STRING', 'comment': 'Id.', 'nullable': False}]}}
"""
FAST = Pace(first_poll=0.02, longest_poll=0.05, timeout=30, tries=2, first_retry=0.05)


def put_file(store, path, text):
    """Write a workspace file."""
    store.put("content", path.removeprefix("/Workspace"), {"base64": b64encode(text.encode()).decode()})


def make_workspace(path):
    """A store with a catalog, a schema, a function job and a pipeline with its job and its grants."""
    store = Store(path)
    store.put("databricks_catalog", "orders_local", {"name": "orders_local", "owner": "nobody"})
    schema = {"catalog_name": "orders_local", "name": "gold", "owner": "nobody"}
    store.put("databricks_schema", "orders_local.gold", schema)
    store.put("databricks_service_principal", "9", {"id": "9", "application_id": RUNNER})
    set_grant(store, "catalog", "orders_local", RUNNER, ["USE_CATALOG"])
    set_grant(store, "schema", "orders_local.gold", RUNNER, ["USE_SCHEMA", "CREATE_TABLE"])
    put_file(store, "/Workspace/meshform/local/orders/functions.sql", DDL)
    put_file(store, f"{ROOT}/pipeline.py", "from pyspark import pipelines as dp\n")
    put_file(store, f"{ROOT}/orders_contract.py", CONTRACT)
    sql = {"warehouse_id": "w", "file": [{"path": "/Workspace/meshform/local/orders/functions.sql"}]}
    store.put(
        "databricks_job",
        str(FUNCTIONS_JOB),
        {
            "id": "101",
            "name": "orders_functions_local",
            "task": [{"task_key": "functions", "sql_task": [sql]}],
        },
    )
    pipeline_task = {"task_key": "pipeline", "pipeline_task": [{"pipeline_id": PIPELINE}]}
    store.put(
        "databricks_job",
        str(PIPELINE_JOB),
        {"id": "202", "name": "orders_orders_local", "task": [pipeline_task]},
    )
    store.put(
        "databricks_pipeline",
        PIPELINE,
        {
            "id": PIPELINE,
            "name": "orders_orders_local",
            "catalog": "orders_local",
            "schema": "gold",
            "root_path": ROOT,
            "configuration": {},
            "library": [{"file": [{"path": f"{ROOT}/pipeline.py"}]}],
            "run_as": [{"service_principal_name": RUNNER}],
        },
    )
    return store


def change(store, kind, key, **values):
    """Change attributes of a row."""
    store.put(kind, key, {**store.get(kind, key), **values})


@contextmanager
def opened(store, lines=None, pace=FAST):
    """The workspace behind a real door, by the real databricks-sdk; progress goes to `lines`."""
    with Door(store) as door, local_client(door.url, door.token) as client:
        yield Workspace(client, (lines if lines is not None else []).append, pace)
