# SPDX-License-Identifier: Apache-2.0
"""What the local workspace refuses, and what one change takes with it."""

import re

import pytest

from meshform.local.rules import (
    METASTORE_ID,
    Refusal,
    check_create,
    check_delete,
    check_grants,
    check_update,
    columns_of,
    drop_function,
    dropped,
    find_principal,
    grants_on,
    groups_of,
    has_privilege,
    make_function,
    make_table,
    require_workspace_principal,
    set_grant,
    set_grants,
)
from meshform.local.store import Store

RUNNER = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def store(tmp_path):
    """A workspace with a catalog, a schema, a table with two columns, a function and some principals."""
    store = Store(tmp_path / "s")
    for number, name in enumerate(("owners", "readers", "everyone-else")):
        store.put("databricks_group", str(number), {"id": str(number), "display_name": name})
    store.put(
        "databricks_service_principal", "9", {"id": "9", "application_id": RUNNER, "display_name": "runner"}
    )
    store.put("databricks_user", "8", {"id": "8", "user_name": "Ann@example.com"})
    store.put("databricks_catalog", "orders", {"name": "orders", "owner": "owners"})
    store.put(
        "databricks_schema", "orders.gold", {"catalog_name": "orders", "name": "gold", "schema_id": "s-1"}
    )
    columns = [{"name": "id", "type": "STRING"}, {"name": "e.mail", "type": "STRING"}]
    make_table(store, "orders.gold.paid", columns, "owners", "pipeline-1")
    make_function(store, "orders.gold.mask", [{"name": "v", "type": "STRING"}], "STRING", "'***'")
    store.put("databricks_tag_policy", "class", {"tag_key": "class", "values": [{"name": "pii"}]})
    return store


def refusal(store, type_, **value):
    """The text of the refusal of a create; None when it is allowed."""
    try:
        check_create(store, type_, value)
    except Refusal as error:
        return str(error)
    return None


VIEW = {"catalog_name": "orders", "schema_name": "gold", "name": "v", "table_type": "VIEW"}


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        ("SELECT id FROM orders.gold.paid", None),
        ("SELECT `e.mail` FROM `orders`.`gold`.`PAID`", None),
        ("WITH t AS (SELECT 1 AS a) SELECT * FROM t JOIN orders.gold.paid p ON true", None),
        ("SELECT (SELECT max(id) FROM orders.gold.paid) AS m", None),
        ("SELECT * FROM VALUES (1), (2) AS t(a)", None),
        ("SELECT * FROM samples.nyctaxi.trips", None),
        ("SELECT orders.gold.mask(id) AS m FROM orders.gold.paid", None),
        ("SELECT id FROM orders.gold.nowhere", "'orders.gold.nowhere', which view 'orders.gold.v' reads"),
        ("SELECT 1 WHERE EXISTS (SELECT 1 FROM orders.gold.no)", "'orders.gold.no', which view"),
        ("SELECT 1 UNION ALL SELECT 2 FROM orders.gold.no", "'orders.gold.no', which view"),
        ("WITH paid AS (SELECT * FROM orders.gold.no) SELECT * FROM paid", "'orders.gold.no', which"),
        ("SELECT * FROM gold.paid", "Write its full name, catalog.schema.table."),
        ("SELECT * FROM orders.gold.v", "View 'orders.gold.v' reads itself"),
        (
            "SELECT orders.gold.gone(id) AS m FROM orders.gold.paid",
            "Cannot resolve routine 'orders.gold.gone'",
        ),
        ("SELECT FROM WHERE", "Syntax error in the definition of view 'orders.gold.v'"),
        ("SELECT 1; SELECT 2", "is not one query"),
        ("DROP TABLE orders.gold.paid", "is not one query"),
        ("", "is not one query"),
    ],
)
def test_a_view_reads_what_exists(store, definition, why):
    """Every table, view and function that a view names must be there, however the query is built."""
    found = refusal(store, "databricks_sql_table", **VIEW, view_definition=definition)
    assert (found is None) == (why is None), found
    assert why is None or why in found


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({}, None),
        ({"partitions": ["ID"]}, None),
        ({"cluster_keys": ["id", "day"]}, None),
        ({"partitions": ["no"]}, "has no column 'no'"),
        ({"cluster_keys": ["no"]}, "has no column 'no'"),
        ({"partitions": ["id"], "cluster_keys": ["day"]}, "cannot be partitioned and clustered"),
        ({"cluster_keys": ["id"] * 5}, "more than 4 clustering columns"),
    ],
)
def test_keys_of_a_table_are_columns_of_it(store, keys, why):
    """Partitions or liquid clustering, not both."""
    columns = [{"name": "id", "type": "string"}, {"name": "day", "type": "date"}]
    value = {**VIEW, "table_type": "MANAGED", "column": columns, **keys}
    found = refusal(store, "databricks_sql_table", **value)
    assert (found is None) == (why is None), found
    assert why is None or why in found


def test_a_view_over_one_table_uses_columns_that_it_has(store):
    """Where that can be told simply; names in any case."""
    known = refusal(store, "databricks_sql_table", **VIEW, view_definition="SELECT ID FROM orders.gold.paid")
    assert known is None
    definition = "SELECT id FROM orders.gold.paid WHERE (country = 'DE')"
    unknown = refusal(store, "databricks_sql_table", **VIEW, view_definition=definition)
    assert unknown is not None
    assert unknown.startswith("[UNRESOLVED_COLUMN] A column with name 'country'")


@pytest.mark.parametrize(
    ("type_", "value", "why"),
    [
        ("databricks_catalog", {"name": "ORDERS"}, "Catalog 'ORDERS' already exists"),
        ("databricks_catalog", {"name": "a.b"}, "a catalog has a name of 1 part"),
        ("databricks_catalog", {"name": "a b"}, "Invalid name 'a b': ' ' is not allowed"),
        ("databricks_catalog", {"name": "x" * 256}, "it must have 1 to 255 characters"),
        (
            "databricks_catalog",
            {"name": "c", "owner": "nobody"},
            "Could not find principal with name nobody.",
        ),
        ("databricks_catalog", {"name": "c", "owner": "ANN@example.com"}, None),
        ("databricks_schema", {"catalog_name": "Orders", "name": "new"}, None),
        ("databricks_schema", {"catalog_name": "x", "name": "new"}, "Catalog 'x' does not exist."),
        (
            "databricks_sql_table",
            {**VIEW, "table_type": "MANAGED", "name": "PAID"},
            "Table 'orders.gold.PAID' already",
        ),
        (
            "databricks_registered_model",
            {"catalog_name": "orders", "schema_name": "gold", "name": "mask"},
            "Routine or Model 'orders.gold.mask' already exists",
        ),
        ("databricks_volume", {"catalog_name": "orders", "schema_name": "gold", "name": "paid"}, None),
        ("databricks_sql_endpoint", {"name": "w"}, None),
        (
            "databricks_sql_table",
            {**VIEW, "view_definition": "SELECT 1 AS a", "warehouse_id": "w"},
            "SQL warehouse w does not",
        ),
        (
            "databricks_alert_v2",
            {"display_name": "a", "warehouse_id": "w"},
            "SQL warehouse w does not exist.",
        ),
        (
            "databricks_pipeline",
            {"name": "p", "catalog": "x", "schema": "gold"},
            "Catalog 'x' does not exist.",
        ),
        (
            "databricks_pipeline",
            {"name": "p", "catalog": "orders", "schema": "x"},
            "Schema 'orders.x' does not exist.",
        ),
        (
            "databricks_job",
            {"name": "j", "task": [{"task_key": "a"}, {"task_key": "a"}]},
            "several tasks with the key 'a'",
        ),
        (
            "databricks_job",
            {"name": "j", "task": [{"task_key": "a", "depends_on": [{"task_key": "b"}]}]},
            "'b', on which task 'a' of job 'j' depends, is no task of the job",
        ),
        ("databricks_job", {"name": "j", "run_as": [{"service_principal_name": "runner"}]}, f"here {RUNNER}"),
        ("databricks_job", {"name": "j", "run_as": [{"user_name": "ann@example.com"}]}, None),
        (
            "databricks_user",
            {"user_name": "Ann@example.com", "id": "new"},
            "User with username Ann@example.com already",
        ),
        ("databricks_group_member", {"group_id": "0", "member_id": "77"}, "Member 77 does not exist."),
        ("databricks_group_member", {"group_id": "77", "member_id": "9"}, "Group 77 does not exist."),
        (
            "databricks_external_location",
            {"name": "l", "credential_name": "c"},
            "Storage credential 'c' does not exist.",
        ),
        (
            "databricks_quality_monitor",
            {"table_name": "orders.gold.no"},
            "Table 'orders.gold.no' does not exist.",
        ),
        ("databricks_data_quality_monitor", {"object_type": "schema", "object_id": "s-1"}, None),
        (
            "databricks_data_quality_monitor",
            {"object_type": "schema", "object_id": "s-2"},
            "Schema 's-2' does not",
        ),
        (
            "databricks_workspace_binding",
            {"securable_name": "x", "securable_type": "catalog"},
            "Catalog 'x' does not",
        ),
        ("databricks_cluster", {"cluster_name": "anything"}, None),
    ],
)
def test_objects_need_what_they_name(store, type_, value, why):
    """A create that names what is missing, or takes a name that is taken, is refused by that name."""
    found = refusal(store, type_, **value)
    assert (found is None) == (why is None), found
    assert why is None or why in found


@pytest.mark.parametrize(
    ("entity", "name", "key", "value", "why"),
    [
        ("columns", "orders.gold.paid.id", "class", "pii", None),
        ("columns", "orders.gold.paid.ID", "other", "anything", None),
        ("columns", "orders.gold.paid.e.mail", "class", "pii", None),
        ("columns", "orders.gold.paid.no", "class", "pii", "Column 'orders.gold.paid.no' does not exist."),
        ("columns", "orders.gold.no.id", "class", "pii", "Table 'orders.gold.no' does not exist."),
        ("tables", "orders.no.x", "class", "pii", "Schema 'orders.no' does not exist."),
        ("catalogs", "orders", "class", "", "Tag value '' is not allowed for governed tag 'class'"),
        ("catalogs", "orders", "class", "PII", "allowed: pii"),
        ("functions", "orders.gold.mask", "class", "pii", "'functions' is not an entity type"),
    ],
)
def test_tags_go_on_what_exists_with_values_of_their_policy(store, entity, name, key, value, why):
    """Columns are checked too; a key without a policy takes any value."""
    given = {"entity_type": entity, "entity_name": name, "tag_key": key, "tag_value": value}
    found = refusal(store, "databricks_entity_tag_assignment", **given)
    assert (found is None) == (why is None), found
    assert why is None or why in found


POLICY = {
    "name": "p",
    "on_securable_type": "CATALOG",
    "on_securable_fullname": "orders",
    "to_principals": ["account users"],
    "match_columns": [{"alias": "v", "condition": "true"}],
    "column_mask": {"function_name": "orders.gold.mask", "on_column": "v"},
}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"on_securable_type": "catalog"}, "'catalog' is not a securable type"),
        ({"on_securable_fullname": "x"}, "Catalog 'x' does not exist."),
        ({"except_principals": ["Readers"]}, "there is readers"),
        ({"to_principals": ["account users"] * 21}, "names 21 principals; at most 20"),
        ({"match_columns": [{"alias": "w"}]}, "uses the column alias 'v', which matches nothing"),
        ({"match_columns": [{"alias": "v"}] * 4}, "matches 4 columns; at most 3"),
        (
            {"column_mask": {"function_name": "orders.gold.no", "on_column": "v"}},
            "Function 'orders.gold.no' does not",
        ),
        (
            {"row_filter": {"function_name": "orders.gold.mask", "using": [{"alias": "x"}]}},
            "column alias 'x'",
        ),
    ],
)
def test_policies_use_what_exists(store, change, why):
    """The securable, the function, the principals and the aliases of an ABAC policy must be there."""
    found = refusal(store, "databricks_policy_info", **{**POLICY, **change})
    assert (found is None) == (why is None), found
    assert why is None or why in found


def test_a_catalog_has_a_hundred_policies_at_most(store):
    """The hundred and first policy on a catalog is refused; changing one of them is not."""
    for number in range(100):
        store.put("databricks_policy_info", f"CATALOG,orders,{number}", {"name": str(number)})
    assert "has 100 policies already" in refusal(store, "databricks_policy_info", **POLICY)
    assert refusal(store, "databricks_policy_info", **{**POLICY, "name": "7"}) is None


def test_a_share_holds_what_exists_under_names_of_their_own(store):
    """A missing object and a second one under the same name are refused."""
    paid = {"name": "orders.gold.paid", "data_object_type": "TABLE", "shared_as": "gold.paid"}
    assert refusal(store, "databricks_share", name="s", object=[paid]) is None
    assert "already exists" in refusal(store, "databricks_share", name="s", object=[paid, paid])
    missing = {**paid, "name": "orders.gold.no"}
    assert (
        refusal(store, "databricks_share", name="s", object=[missing])
        == "Table 'orders.gold.no' does not exist."
    )


PAID = {"name": "orders.gold.paid", "data_object_type": "TABLE"}
PART = [{"value": [{"name": "ID", "op": "EQUAL", "value": "1"}]}]


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({**PAID, "history_data_sharing_status": "ENABLED", "partition": PART}, None),
        ({**PAID, "string_shared_as": "gold.paid"}, "'string_shared_as' is not allowed for TABLE"),
        ({**PAID, "data_object_type": "VIEW", "partition": PART}, "'partition' is not allowed for VIEW"),
        (
            {**PAID, "data_object_type": "STREAMING_TABLE", "history_data_sharing_status": "ENABLED"},
            "'history_data_sharing_status' is not allowed",
        ),
        (
            {**PAID, "cdf_enabled": True, "history_data_sharing_status": "ENABLED"},
            "give one of them",
        ),
        ({**PAID, "partition": [{"value": [{"name": "x", "op": "EQUAL"}]}]}, "no partition column 'x'"),
        ({**PAID, "partition": [{"value": [{"name": "id", "op": "="}]}]}, "'=' is no operator"),
        (
            {
                **PAID,
                "partition": [
                    {"value": [{"name": "id", "op": "EQUAL", "value": "", "recipient_property_key": "k"}]}
                ],
            },
            "both a value and a recipient property",
        ),
        (
            {"name": "orders.gold.mask", "data_object_type": "FUNCTION", "string_shared_as": "gold.mask"},
            None,
        ),
        (
            {"name": "orders.gold.mask", "data_object_type": "FUNCTION", "shared_as": "gold.mask"},
            "'shared_as' is not allowed for FUNCTION",
        ),
        ({"name": "orders.gold.docs", "data_object_type": "VOLUME"}, "Volume 'orders.gold.docs' does not"),
        ({"name": "orders.gold.churn", "data_object_type": "MODEL"}, "'orders.gold.churn' does not exist"),
    ],
)
def test_an_object_is_shared_as_its_kind_allows(store, item, why):
    """Parts and history of tables only, and each kind with its attribute for the name."""
    found = refusal(store, "databricks_share", name="s", object=[item])
    assert (found is None) == (why is None), found
    assert why is None or why in found


def test_the_owner_of_a_share_may_read_what_is_in_it(store):
    """By SELECT, its own or that of a group."""
    found = refusal(store, "databricks_share", name="s", owner="readers", object=[PAID])
    assert found == "The owner 'readers' of share 's' does not have SELECT on table 'orders.gold.paid'."
    set_grant(store, "table", "orders.gold.paid", "readers", ["SELECT"])
    assert refusal(store, "databricks_share", name="s", owner="readers", object=[PAID]) is None


OTHER = "aws:eu-central-1:19a85dee-54bc-43a2-87ab-023d0ec16013"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"authentication_type": "TOKEN"}, None),
        (
            {
                "authentication_type": "TOKEN",
                "expiration_time": 1,
                "ip_access_list": [{"allowed_ip_addresses": ["192.0.2.0/24", "192.0.2.7"]}],
            },
            None,
        ),
        ({"authentication_type": "DATABRICKS", "data_recipient_global_metastore_id": OTHER}, None),
        ({"authentication_type": "DATABRICKS"}, "'None' of recipient 'r' is not a global metastore id"),
        (
            {"authentication_type": "DATABRICKS", "data_recipient_global_metastore_id": "x"},
            "'x' of recipient 'r' is not a global metastore id",
        ),
        (
            {
                "authentication_type": "DATABRICKS",
                "data_recipient_global_metastore_id": f"aws:eu:{METASTORE_ID}",
            },
            "is this metastore",
        ),
        (
            {
                "authentication_type": "DATABRICKS",
                "data_recipient_global_metastore_id": OTHER,
                "expiration_time": 1,
            },
            "it has no token and no IP access list",
        ),
        (
            {"authentication_type": "TOKEN", "data_recipient_global_metastore_id": OTHER},
            "has a token, and no",
        ),
        (
            {
                "authentication_type": "TOKEN",
                "ip_access_list": [{"allowed_ip_addresses": ["2001:db8::/32"]}],
            },
            "'2001:db8::/32' of recipient 'r' is not an IPv4",
        ),
        (
            {"authentication_type": "TOKEN", "ip_access_list": [{"allowed_ip_addresses": ["x"]}]},
            "'x' of recipient 'r' is not an IPv4",
        ),
        (
            {"authentication_type": "TOKEN", "ip_access_list": [{"allowed_ip_addresses": ["1.1.1.1"] * 101}]},
            "has 101 IP addresses; at most 100",
        ),
        (
            {
                "authentication_type": "TOKEN",
                "properties_kvpairs": [{"properties": {"databricks.name": "x"}}],
            },
            "'databricks.name' of recipient 'r' is set by Databricks",
        ),
    ],
)
def test_a_recipient_is_what_databricks_takes(store, value, why):
    """Another metastore, or somebody with a token."""
    found = refusal(store, "databricks_recipient", name="r", **value)
    assert (found is None) == (why is None), found
    assert why is None or why in found


def test_a_metastore_is_one_recipient(store):
    """Its identifier is known by one name; the recipient itself may change."""
    row = {"name": "r", "authentication_type": "DATABRICKS", "data_recipient_global_metastore_id": OTHER}
    store.put("databricks_recipient", "r", row)
    found = refusal(store, "databricks_recipient", **{**row, "name": "other"})
    assert found is not None
    assert "sharing identifier" in found
    check_update(store, "databricks_recipient", row, {**row, "comment": "x"})


@pytest.mark.parametrize(
    ("kind", "name", "principal", "privileges", "why"),
    [
        ("schema", "Orders.Gold", "readers", ["use schema", "SELECT"], None),
        ("table", "orders.gold.paid", "account users", ["SELECT"], None),
        ("function", "orders.gold.mask", RUNNER.upper(), ["EXECUTE"], None),
        ("metastore", METASTORE_ID, "owners", ["CREATE_CATALOG"], None),
        ("table", "orders.gold.paid", "users", ["SELECT"], "is a group of the workspace"),
        (
            "table",
            "orders.gold.paid",
            "readers",
            ["USE_SCHEMA"],
            "Privilege USE_SCHEMA is not applicable to table",
        ),
        ("share", "s", "readers", ["SELECT"], "Share 's' does not exist."),
        ("table", "paid", "readers", ["SELECT"], "a table has a name of 3 part(s)"),
    ],
)
def test_grants_are_checked(store, kind, name, principal, privileges, why):
    """The securable, the principal and the privilege must fit; case counts only in names of groups."""
    if why is None:
        check_grants(store, kind, name, {principal: privileges})
    else:
        with pytest.raises(Refusal, match=re.escape(why)):
            check_grants(store, kind, name, {principal: privileges})


def test_a_share_is_granted_to_recipients_only(store):
    """A group of the account is no recipient."""
    store.put("databricks_share", "s", {"name": "s"})
    with pytest.raises(Refusal, match="Recipient 'readers' does not exist"):
        check_grants(store, "share", "s", {"readers": ["SELECT"]})
    store.put("databricks_recipient", "partner", {"name": "partner"})
    check_grants(store, "share", "s", {"partner": ["SELECT"]})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"group_name": "owners", "permission_level": "CAN_RUN"}, None),
        ({"group_name": "users", "permission_level": "CAN_VIEW"}, None),
        (
            {"group_name": "owners", "permission_level": "CAN_FLY"},
            "permission_level CAN_FLY is not supported",
        ),
        ({"group_name": "Owners", "permission_level": "CAN_RUN"}, "Group Owners does not exist."),
        (
            {"service_principal_name": "owners", "permission_level": "CAN_RUN"},
            "Service principal owners does not",
        ),
    ],
)
def test_permissions_are_checked(store, value, why):
    """The object, the level and the principal must fit."""
    missing = refusal(store, "databricks_permissions", pipeline_id="p", access_control=[value])
    assert missing == "pipelines p does not exist."
    store.put("databricks_pipeline", "p", {"id": "p", "name": "p"})
    found = refusal(store, "databricks_permissions", pipeline_id="p", access_control=[value])
    assert (found is None) == (why is None), found
    assert why is None or why in found


def test_a_table_belongs_to_its_maker(store):
    """The same maker changes its table; another maker, or a view of the name, is refused."""
    make_table(store, "ORDERS.gold.paid", [{"name": "n", "type": "INT"}], None, "pipeline-1")
    assert columns_of(store, "orders.gold.paid") == ["n"]
    with pytest.raises(Refusal, match=r"Table 'orders.gold.paid' already exists"):
        make_table(store, "orders.gold.paid", [], None, "pipeline-2")
    with pytest.raises(Refusal, match=r"Schema 'orders.no' does not exist"):
        make_table(store, "orders.no.t", [], None, "pipeline-1")
    with pytest.raises(Refusal, match="Could not find principal with name nobody"):
        make_table(store, "orders.gold.t", [], "nobody", "pipeline-1")


def test_a_function_is_replaced_and_dropped(store):
    """CREATE OR REPLACE keeps the owner; without OR REPLACE the name is taken; drop takes grants along."""
    set_grant(store, "function", "orders.gold.mask", "readers", ["EXECUTE"])
    assert make_function(store, "orders.gold.MASK", [], "INT", "1")["returns"] == "INT"
    with pytest.raises(Refusal, match="already exists"):
        make_function(store, "orders.gold.mask", [], "INT", "1", replace=False)
    assert drop_function(store, "orders.gold.mask")
    assert store.all("grant") == []
    assert not drop_function(store, "orders.gold.mask")
    with pytest.raises(Refusal, match=r"'orders.gold.mask' does not exist"):
        drop_function(store, "orders.gold.mask", if_exists=False)


def test_a_container_goes_with_all_that_is_in_it_and_on_it(store):
    """A catalog that is not empty stays, unless force_destroy is set: then nothing of it is left."""
    catalog = store.get("databricks_catalog", "orders")
    with pytest.raises(
        Refusal, match=r"Catalog 'orders' is not empty: schema orders.gold, table orders.gold.paid"
    ):
        check_delete(store, "databricks_catalog", catalog)
    schema = store.get("databricks_schema", "orders.gold")
    with pytest.raises(Refusal, match="is not empty"):
        check_delete(store, "databricks_schema", schema)
    set_grant(store, "table", "orders.gold.paid", "readers", ["SELECT"])
    set_grant(store, "catalog", "orders", "readers", ["USE_CATALOG"])
    store.put("databricks_entity_tag_assignment", "columns,orders.gold.paid.id,class", {})
    store.put("databricks_policy_info", "CATALOG,orders,p", {})
    forced = {**catalog, "force_destroy": True}
    check_delete(store, "databricks_catalog", forced)
    store.drop("databricks_catalog", "orders")
    dropped(store, "databricks_catalog", "orders", forced)
    left = ("databricks_schema", "table", "function", "grant", "databricks_entity_tag_assignment")
    assert [kind for kind in (*left, "databricks_policy_info") if store.all(kind)] == []


def test_a_pipeline_takes_its_tables_and_permissions_along(store):
    """Only its own tables go."""
    make_table(store, "orders.gold.other", [], None, "pipeline-2")
    store.put("databricks_permissions", "/pipelines/pipeline-1", {})
    dropped(store, "databricks_pipeline", "pipeline-1", {})
    assert [key for key, _ in store.all("table")] == ["orders.gold.other"]
    assert store.all("databricks_permissions") == []


def test_a_recipient_and_a_group_take_what_names_them_along(store):
    """Grants on shares go with the recipient, memberships with the group or member."""
    store.put("grant", "share/s/partner", {"principal": "partner"})
    store.put("databricks_group_member", "1|9", {"group_id": "1", "member_id": "9"})
    dropped(store, "databricks_recipient", "partner", {"name": "partner"})
    dropped(store, "databricks_service_principal", "9", {})
    assert store.all("grant") == store.all("databricks_group_member") == []


def test_privileges_are_looked_up_through_containers_groups_and_ownership(store):
    """A grant to a group on a catalog reaches a table; ownership of a container gives MANAGE only."""
    table = ("table", "orders.gold.paid")
    assert not has_privilege(store, RUNNER, "SELECT", *table)
    store.put("databricks_group_member", "1|9", {"group_id": "1", "member_id": "9"})
    store.put("databricks_group_member", "0|1", {"group_id": "0", "member_id": "1"})
    assert groups_of(store, RUNNER) == {"readers", "owners", "account users"}
    assert has_privilege(store, RUNNER, "SELECT", *table), "an owner by way of two groups"
    store.drop("databricks_group_member", "0|1")
    assert not has_privilege(store, RUNNER, "SELECT", *table)
    set_grants(store, "catalog", "orders", {"readers": ["ALL PRIVILEGES"]})
    assert has_privilege(store, RUNNER, "SELECT", *table)
    assert not has_privilege(store, RUNNER, "MANAGE", *table)
    set_grants(store, "catalog", "orders", {"account users": ["BROWSE"]})
    assert grants_on(store, "catalog", "ORDERS") == {"account users": ["BROWSE"]}
    assert not has_privilege(store, RUNNER, "SELECT", *table)
    make_table(store, "orders.gold.runners", [], RUNNER, "x")
    assert not has_privilege(store, "owners", "SELECT", "table", "orders.gold.runners")
    assert has_privilege(store, "owners", "MANAGE", "table", "orders.gold.runners")


def test_principals_are_found_by_what_names_them(store):
    """Groups by exact name, users and service principals in any case; a display name is none."""
    assert find_principal(store, "owners")[0] == "group"
    assert find_principal(store, "OWNERS") is None
    assert find_principal(store, RUNNER.upper())[0] == "service_principal"
    assert find_principal(store, "runner") is None
    require_workspace_principal(store, "group", "admins")
    with pytest.raises(Refusal, match="account users does not exist"):
        require_workspace_principal(store, "group", "account users")
