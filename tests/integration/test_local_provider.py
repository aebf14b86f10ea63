# SPDX-License-Identifier: Apache-2.0
"""The local workspace's Terraform door, by the real Terraform: schema, plans, drift, import, refusals."""

import json

import pytest
from tests.terraform_cli import Terraform

from meshform.local.rules import make_function, make_table, set_grant
from meshform.terraform import provider_facts

PRINCIPALS = {
    "databricks_group": {
        "owners": {"display_name": "orders-owners"},
        "analytics": {"display_name": "analytics"},
    },
    "databricks_service_principal": {
        "runner": {"display_name": "runner", "application_id": "11111111-1111-4111-8111-111111111111"}
    },
}
RUNNER = "${databricks_service_principal.runner.application_id}"
MESH = {
    **PRINCIPALS,
    "databricks_catalog": {
        "orders": {
            "name": "orders",
            "owner": "${databricks_group.owners.display_name}",
            "force_destroy": True,
        }
    },
    "databricks_schema": {
        "gold": {
            "catalog_name": "${databricks_catalog.orders.name}",
            "name": "gold",
            "comment": "Gold.",
            "properties": {"domain": "orders"},
            "force_destroy": True,
        }
    },
    "databricks_volume": {
        "raw": {
            "catalog_name": "orders",
            "schema_name": "${databricks_schema.gold.name}",
            "name": "raw",
            "volume_type": "MANAGED",
        }
    },
    "databricks_sql_endpoint": {"warehouse": {"name": "warehouse", "cluster_size": "2X-Small"}},
    "databricks_grants": {
        "gold": {
            "schema": "${databricks_schema.gold.id}",
            "grant": [
                {
                    "principal": "${databricks_group.analytics.display_name}",
                    "privileges": ["USE_SCHEMA", "SELECT"],
                },
                {"principal": RUNNER, "privileges": ["USE SCHEMA"]},
            ],
        }
    },
    "databricks_grant": {
        "orders": {
            "catalog": "${databricks_catalog.orders.name}",
            "principal": "${databricks_group.analytics.display_name}",
            "privileges": ["USE_CATALOG"],
        }
    },
    "databricks_workspace_file": {"code": {"path": "/Shared/orders/code.py", "source": "code.py"}},
    "databricks_pipeline": {
        "orders": {
            "name": "orders",
            "catalog": "orders",
            "schema": "${databricks_schema.gold.name}",
            "serverless": True,
            "library": [{"file": [{"path": "${databricks_workspace_file.code.workspace_path}"}]}],
            "run_as": [{"service_principal_name": RUNNER}],
        }
    },
    "databricks_job": {
        "orders": {
            "name": "orders",
            "task": [
                {"task_key": "run", "pipeline_task": [{"pipeline_id": "${databricks_pipeline.orders.id}"}]}
            ],
            "schedule": [{"quartz_cron_expression": "0 0 5 * * ?", "timezone_id": "UTC"}],
        }
    },
    "databricks_permissions": {
        "orders": {
            "pipeline_id": "${databricks_pipeline.orders.id}",
            "access_control": [
                {
                    "group_name": "${databricks_group.owners.display_name}",
                    "permission_level": "CAN_RUN",
                }
            ],
        }
    },
    "databricks_tag_policy": {"class": {"tag_key": "class", "values": [{"name": "pii"}]}},
    "databricks_entity_tag_assignment": {
        "gold": {
            "entity_type": "schemas",
            "entity_name": "${databricks_schema.gold.id}",
            "tag_key": "${databricks_tag_policy.class.tag_key}",
            "tag_value": "pii",
        }
    },
}
ALERT = {
    "display_name": "fresh",
    "query_text": "SELECT 1 AS n",
    "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
    "schedule": {"quartz_cron_schedule": "0 0 * * * ?", "timezone_id": "UTC"},
    "evaluation": {
        "source": {"name": "n"},
        "comparison_operator": "GREATER_THAN",
        "threshold": {"value": {"double_value": 5}},
        "empty_result_state": "TRIGGERED",
    },
}
# what needs a table and a function, which no resource makes
OF_TABLES = {
    "databricks_sql_table": {
        "daily": {
            "catalog_name": "orders",
            "schema_name": "gold",
            "name": "daily",
            "table_type": "VIEW",
            "view_definition": "WITH one AS (SELECT * FROM orders.gold.paid) SELECT count(*) AS n FROM one",
            "comment": "Orders of a day.",
        }
    },
    "databricks_policy_info": {
        "mask": {
            "name": "mask_pii",
            "on_securable_type": "CATALOG",
            "on_securable_fullname": "orders",
            "for_securable_type": "TABLE",
            "policy_type": "POLICY_TYPE_COLUMN_MASK",
            "to_principals": ["account users"],
            "except_principals": ["orders-owners"],
            "match_columns": [{"alias": "value", "condition": "has_tag_value('class', 'pii')"}],
            "column_mask": {
                "function_name": "orders.gold.mask",
                "on_column": "value",
                "using": [],
            },
        }
    },
    "databricks_entity_tag_assignment": {
        "email": {
            "entity_type": "columns",
            "entity_name": "orders.gold.paid.email",
            "tag_key": "class",
            "tag_value": "pii",
        }
    },
    "databricks_share": {
        "orders": {
            "name": "orders",
            "object": [
                {"name": "orders.gold.paid", "data_object_type": "TABLE", "shared_as": "gold.paid"},
            ],
        }
    },
    "databricks_recipient": {"partner": {"name": "partner", "authentication_type": "TOKEN"}},
    "databricks_grants": {
        "share": {
            "share": "${databricks_share.orders.name}",
            "grant": [{"principal": "${databricks_recipient.partner.name}", "privileges": ["SELECT"]}],
        }
    },
    "databricks_alert_v2": {"fresh": ALERT},
}
IMPORT_IDS = {
    "databricks_catalog.orders": "orders",
    "databricks_schema.gold": "orders.gold",
    "databricks_volume.raw": "orders.gold.raw",
    "databricks_grants.gold": "schema/orders.gold",
    "databricks_grant.orders": "catalog/orders/analytics",
    "databricks_workspace_file.code": "/Shared/orders/code.py",
    "databricks_tag_policy.class": "class",
    "databricks_entity_tag_assignment.gold": "schemas,orders.gold,class",
}


@pytest.fixture(scope="module")
def applied(tmp_path_factory, installed):
    """Terraform with the small mesh applied once; tests work on copies."""
    root = tmp_path_factory.mktemp("applied")
    terraform = Terraform(root / "stack", root / "local.sqlite3", installed)
    (terraform.folder / "code.py").write_text("print(1)\n")
    terraform.write(resource=MESH)
    terraform.init()
    terraform.apply()
    return terraform


@pytest.fixture
def mesh(terraform, applied):
    """Terraform with the small mesh applied."""
    terraform.copy_of(applied)
    return terraform


def changed(path: str, value) -> dict:
    """The mesh with one value changed: `type.name.attribute`."""
    type_, name, attribute = path.split(".")
    return {**MESH, type_: {**MESH[type_], name: {**MESH[type_][name], attribute: value}}}


def rows(store) -> dict[str, list[str]]:
    """Keys of what is left in a store, without the memory of what was ever made."""
    kinds = [*MESH, *OF_TABLES, "table", "function", "grant", "content", "apply", "origin"]
    return {kind: [key for key, _ in store.all(kind)] for kind in kinds if store.all(kind)}


def test_the_schema_is_the_real_providers(terraform):
    """`terraform providers schema -json` prints what is packaged, for every type and the provider block."""
    terraform.write()
    terraform.init()
    printed = json.loads(terraform.run("providers", "schema", "-json"))
    (schema,) = printed["provider_schemas"].values()

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items() if key != "description_kind"}
        return [plain(item) for item in value] if isinstance(value, list) else value

    packaged = provider_facts.schema()
    for part in ("provider", "resource_schemas", "data_source_schemas"):
        assert plain(schema[part]) == plain(packaged[part])


def test_an_applied_mesh_is_unchanged_and_can_be_destroyed(mesh):
    """A second plan has no changes, and destroy leaves nothing."""
    mesh.plan(code=0)
    state = mesh.state()
    assert state["databricks_schema.gold"]["id"] == "orders.gold"
    assert state["databricks_job.orders"]["id"].isdigit()
    assert state["databricks_sql_endpoint.warehouse"]["state"] == "RUNNING"
    assert [key for key, _ in mesh.store.all("grant")] == [
        "catalog/orders/analytics",
        "schema/orders.gold/11111111-1111-4111-8111-111111111111",
        "schema/orders.gold/analytics",
    ]
    mesh.destroy()
    assert rows(mesh.store) == {}


def test_a_changed_attribute_is_an_update(mesh):
    """Changing a comment plans one update, and applying it makes the next plan empty."""
    mesh.write(resource=changed("databricks_schema.gold.comment", "Better."))
    assert "0 to add, 1 to change, 0 to destroy" in mesh.plan(code=2)
    mesh.apply()
    mesh.plan(code=0)
    assert mesh.store.get("databricks_schema", "orders.gold")["comment"] == "Better."


def test_a_force_new_attribute_is_a_replacement(mesh):
    """Changing a volume's type replaces it, as the real provider does."""
    mesh.write(resource=changed("databricks_volume.raw.volume_type", "EXTERNAL"))
    assert 'volume_type = "MANAGED" -> "EXTERNAL" # forces replacement' in mesh.plan(code=2)
    mesh.apply()
    mesh.plan(code=0)


def test_what_was_changed_by_hand_is_planned_back(mesh):
    """A changed row is an update, a removed row a create, a grant of somebody else is taken away."""
    schema = mesh.store.get("databricks_schema", "orders.gold")
    mesh.store.put("databricks_schema", "orders.gold", {**schema, "comment": "by hand"})
    mesh.store.drop("databricks_tag_policy", "class")
    set_grant(mesh.store, "schema", "orders.gold", "account users", ["SELECT"])
    assert "1 to add, 2 to change, 0 to destroy" in mesh.plan(code=2)
    mesh.apply()
    mesh.plan(code=0)
    assert mesh.store.get("databricks_schema", "orders.gold")["comment"] == "Gold."
    assert mesh.store.get("grant", "schema/orders.gold/account users") is None


def test_a_changed_file_is_an_update(mesh):
    """The content is kept in the workspace, and a plan sees that the file beside the stack has changed."""
    assert mesh.store.get("content", "/Shared/orders/code.py")["base64"] == "cHJpbnQoMSkK"
    (mesh.folder / "code.py").write_text("print(2)\n")
    assert "0 to add, 1 to change, 0 to destroy" in mesh.plan(code=2)
    mesh.apply()
    mesh.plan(code=0)
    assert mesh.store.get("content", "/Shared/orders/code.py")["base64"] == "cHJpbnQoMikK"


def test_objects_are_imported_by_their_documented_ids(mesh, make_terraform):
    """A second state takes over everything by import blocks, with nothing to create or replace."""
    state = mesh.state()
    ids = {address: IMPORT_IDS.get(address) or values["id"] for address, values in state.items()}
    other = make_terraform("other")
    (other.folder / "code.py").write_text("print(1)\n")
    other.write(resource=MESH, import_=[{"to": address, "id": id_} for address, id_ in ids.items()])
    other.init()
    planned = other.plan(code=2)
    assert f"{len(ids)} to import, 0 to add," in planned
    assert "0 to destroy" in planned
    other.apply()
    other.plan(code=0)


def test_what_hangs_on_tables_and_functions_is_made_from_another_stack(mesh, make_terraform):
    """Views, policies, column tags, shares and alerts follow what runs have made, and go with it."""
    make_function(mesh.store, "orders.gold.mask", [{"name": "v", "type": "STRING"}], "STRING", "'***'")
    pipeline = mesh.state()["databricks_pipeline.orders"]["id"]
    columns = [{"name": "id", "type": "STRING"}, {"name": "email", "type": "STRING"}]
    make_table(mesh.store, "orders.gold.paid", columns, None, pipeline)
    other = make_terraform("other")
    other.write(
        resource=OF_TABLES,
        data={
            "databricks_sql_warehouse": {"warehouse": {"name": "warehouse"}},
            "databricks_group": {"owners": {"display_name": "orders-owners"}},
            "databricks_service_principal": {"runner": {"display_name": "runner"}},
            "databricks_job": {"orders": {"job_name": "orders"}},
            "databricks_current_user": {"me": {}},
        },
        output={
            "job": {"value": "${data.databricks_job.orders.id}"},
            "runner": {"value": "${data.databricks_service_principal.runner.application_id}"},
        },
    )
    other.init()
    other.apply()
    other.plan(code=0)
    assert other.run("output", "-raw", "job") == mesh.state()["databricks_job.orders"]["id"]
    assert other.run("output", "-raw", "runner") == "11111111-1111-4111-8111-111111111111"
    assert mesh.store.get("grant", "share/orders/partner")["privileges"] == ["SELECT"]

    gone = ("databricks_pipeline", "databricks_job", "databricks_permissions")
    mesh.write(resource={type_: body for type_, body in MESH.items() if type_ not in gone})
    mesh.apply()
    warehouse = mesh.state()["databricks_sql_endpoint.warehouse"]["id"]
    assert mesh.store.get("table", "orders.gold.paid") is None, "a pipeline's tables go with it"
    assert mesh.store.get("databricks_entity_tag_assignment", "columns,orders.gold.paid.email,class") is None
    other.write(
        resource={**OF_TABLES, "databricks_alert_v2": {"fresh": {**ALERT, "warehouse_id": warehouse}}}
    )
    assert "1 to add, 0 to change, 0 to destroy" in other.plan(code=2), "the tag is gone with its table"


REFUSED = {
    "databricks_schema.orphan": (
        {"catalog_name": "nowhere", "name": "s"},
        "cannot create schema: Catalog 'nowhere' does not exist.",
    ),
    "databricks_volume.orphan": (
        {"catalog_name": "orders", "schema_name": "nowhere", "name": "v", "volume_type": "MANAGED"},
        "cannot create volume: Schema 'orders.nowhere' does not exist.",
    ),
    "databricks_catalog.twice": (
        {"name": "Orders"},
        "cannot create catalog: Catalog 'Orders' already exists",
    ),
    "databricks_catalog.owned": (
        {"name": "c", "owner": "nobody"},
        "cannot create catalog: Could not find principal with name nobody.",
    ),
    "databricks_grants.missing": (
        {"table": "orders.gold.nowhere", "grant": [{"principal": "analytics", "privileges": ["SELECT"]}]},
        "cannot create grants: Table 'orders.gold.nowhere' does not exist.",
    ),
    "databricks_grants.privilege": (
        {"volume": "orders.gold.raw", "grant": [{"principal": "analytics", "privileges": ["SELECT"]}]},
        "cannot create grants: Privilege SELECT is not applicable to volume 'orders.gold.raw'.",
    ),
    "databricks_grant.misspelt": (
        {"schema": "orders.gold", "principal": "account users", "privileges": ["SELECTT"]},
        "cannot create grant: Privilege SELECTT is not applicable to schema 'orders.gold'.",
    ),
    "databricks_grant.principal": (
        {"schema": "orders.gold", "principal": "Analytics", "privileges": ["SELECT"]},
        "name Analytics. Names of groups are case-sensitive; there is analytics.",
    ),
    "databricks_grant.display_name": (
        {"catalog": "orders", "principal": "runner", "privileges": ["USE_CATALOG"]},
        "A service principal is named by its application id, here 11111111-1111-4111-8111-111111111111.",
    ),
    "databricks_entity_tag_assignment.missing": (
        {
            "entity_type": "columns",
            "entity_name": "orders.gold.nowhere.id",
            "tag_key": "class",
            "tag_value": "pii",
        },
        "cannot create entity tag assignment: Table 'orders.gold.nowhere' does not exist.",
    ),
    "databricks_entity_tag_assignment.value": (
        {"entity_type": "catalogs", "entity_name": "orders", "tag_key": "class", "tag_value": "secret"},
        "Tag value 'secret' is not allowed for governed tag 'class' on catalogs orders; allowed: pii",
    ),
    "databricks_sql_table.view": (
        {
            "catalog_name": "orders",
            "schema_name": "gold",
            "name": "v",
            "table_type": "VIEW",
            "view_definition": "SELECT * FROM orders.gold.nowhere",
        },
        "The table or view 'orders.gold.nowhere', which view 'orders.gold.v' reads, cannot be found.",
    ),
    "databricks_policy_info.function": (
        {**OF_TABLES["databricks_policy_info"]["mask"], "name": "p"},
        "cannot create policy info: Function 'orders.gold.mask' does not exist. Policy 'p' uses it.",
    ),
    "databricks_share.missing": (
        {"name": "s", "object": [{"name": "orders.gold.nowhere", "data_object_type": "TABLE"}]},
        "cannot create share: Table 'orders.gold.nowhere' does not exist.",
    ),
    "databricks_job.pipeline": (
        {"name": "j", "task": [{"task_key": "t", "pipeline_task": [{"pipeline_id": "no-such"}]}]},
        "cannot create job: Pipeline no-such, which task 't' of job 'j' runs, does not exist.",
    ),
    "databricks_permissions.missing": (
        {"job_id": "42", "access_control": [{"group_name": "analytics", "permission_level": "CAN_VIEW"}]},
        "cannot create permissions: job 42 does not exist.",
    ),
    "databricks_pipeline.run_as": (
        {"name": "p", "run_as": [{"service_principal_name": "22222222-2222-4222-8222-222222222222"}]},
        "Service principal 22222222-2222-4222-8222-222222222222 does not exist.",
    ),
    "databricks_pipeline.twice": (
        {"name": "orders"},
        "cannot create pipeline: The pipeline name 'orders' is already used by another pipeline.",
    ),
    "databricks_group.twice": (
        {"display_name": "analytics"},
        "cannot create group: Group with name analytics already exists.",
    ),
}


def test_what_databricks_refuses_is_refused_by_name(mesh, make_terraform):
    """Each mistake ends with an error that reads like the API's and names the object; nothing is made."""
    before = rows(mesh.store)
    other = make_terraform("other")
    resources: dict = {}
    for address, (body, _) in REFUSED.items():
        type_, name = address.split(".")
        resources.setdefault(type_, {})[name] = body
    other.write(resource=resources)
    other.init()
    output = other.apply(code=1)
    assert [message for _, message in REFUSED.values() if message not in output] == []
    assert output.count("Error:") == len(REFUSED)
    assert rows(mesh.store) == before
    assert other.state() == {}


def test_a_container_that_holds_something_is_not_deleted(mesh):
    """Without force_destroy a schema with a table of a run stays; with it all goes."""
    mesh.write(resource=changed("databricks_schema.gold.force_destroy", False))
    mesh.apply()
    make_table(mesh.store, "orders.gold.left", [], None, "a-run")
    output = mesh.destroy(code=1)
    assert "cannot delete schema: Schema 'orders.gold' is not empty: table orders.gold.left." in output
    mesh.write(resource=MESH)
    mesh.apply()
    mesh.destroy()
    assert rows(mesh.store) == {}


def test_a_data_source_that_finds_nothing_says_what_it_looked_for(terraform):
    """A missing object and a data source that is not played here are clear errors."""
    terraform.write(
        data={
            "databricks_sql_warehouse": {"one": {"name": "nowhere"}},
            "databricks_node_type": {"two": {}},
        }
    )
    terraform.init()
    output = terraform.plan(code=1)
    assert "cannot read sql warehouse: there is no sql warehouse with name 'nowhere'" in output
    assert "the local workspace has no data source databricks_node_type" in output


def test_a_bug_is_a_diagnostic_that_says_so(mesh):
    """A failure inside the provider names the type and says that it is a bug here."""
    mesh.store.put("grant", "schema/orders.gold/analytics", {})
    output = mesh.plan(code=1)
    assert "the local workspace failed on databricks_grants" in output
    assert "This is a bug of the local workspace, not of your configuration" in output


def test_terraform_lock_works_from_the_mirror(mesh):
    """`terraform providers lock`, which cdktf runs, finds the stand-in offline."""
    assert "Success!" in mesh.run("providers", "lock", "-no-color")
