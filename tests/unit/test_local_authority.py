# SPDX-License-Identifier: Apache-2.0
"""The local workspace, when a service principal deploys: what Unity Catalog and the workspace let it do."""

import pytest

from meshform.local import grant_resources
from meshform.local.rules import Refusal, check_create, check_delete, check_update, set_grant
from meshform.local.rules.authority import VARIABLE
from meshform.local.store import Store

ROBOT = "11111111-1111-4111-8111-111111111111"
TABLE = {"catalog_name": "sales", "schema_name": "gold"}


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A catalog with a schema, a table, a function and a warehouse; `robot` acts, and may do nothing yet."""
    store = Store(tmp_path / "local.sqlite3")
    store.put(
        "databricks_service_principal", "9", {"id": "9", "display_name": "robot", "application_id": ROBOT}
    )
    store.put("databricks_group", "5", {"id": "5", "display_name": "owners"})
    store.put("databricks_catalog", "sales", {"name": "sales", "owner": "owners"})
    store.put("databricks_schema", "sales.gold", {"catalog_name": "sales", "name": "gold", "owner": "owners"})
    store.put("databricks_sql_table", "sales.gold.t", {**TABLE, "name": "t", "owner": "owners"})
    store.put("function", "sales.gold.f", {"full_name": "sales.gold.f", "owner": "owners"})
    store.put("databricks_sql_endpoint", "w", {"id": "w", "name": "w"})
    store.put("databricks_share", "mine", {"name": "mine", "owner": "owners"})
    monkeypatch.setenv(VARIABLE, "robot")
    return store


def give(store, *privileges, on="catalog", name="sales"):
    """Grant the robot something more."""
    known = (store.get("grant", f"{on}/{name}/{ROBOT}") or {}).get("privileges", [])
    set_grant(store, on, name, ROBOT, [*known, *privileges])


def view(**fields):
    """A view over the table."""
    given = {**TABLE, "name": "v", "table_type": "VIEW", "view_definition": "SELECT * FROM sales.gold.t"}
    return {**given, "warehouse_id": "w", **fields}


def may_use_warehouse(store):
    """CAN_USE for the robot."""
    entry = {"service_principal_name": ROBOT, "permission_level": "CAN_USE"}
    store.put("databricks_permissions", "/sql/warehouses/w", {"access_control": [entry]})


MADE = [
    ("databricks_catalog", {"name": "new"}, "CREATE CATALOG on metastore"),
    ("databricks_schema", {"catalog_name": "sales", "name": "new"}, "CREATE SCHEMA on catalog 'sales'"),
    ("databricks_volume", {**TABLE, "name": "v"}, "CREATE VOLUME on schema 'sales.gold'"),
    ("databricks_sql_table", view(), "CREATE TABLE on schema 'sales.gold'"),
    ("databricks_pipeline", {"id": "p", "catalog": "sales", "schema": "gold"}, "CREATE TABLE on schema"),
    ("databricks_share", {"name": "s"}, "CREATE SHARE on metastore"),
    ("databricks_recipient", {"id": "r", "name": "r"}, "CREATE RECIPIENT on metastore"),
    (
        "databricks_job",
        {"id": "j", "task": [{"task_key": "a", "sql_task": [{"warehouse_id": "w"}]}]},
        "CAN_USE",
    ),
    ("databricks_alert_v2", {"id": "a", "warehouse_id": "w"}, "CAN_USE"),
    (
        "databricks_entity_tag_assignment",
        {"entity_type": "columns", "entity_name": "sales.gold.t.id", "tag_key": "a"},
        "APPLY TAG on table 'sales.gold.t'",
    ),
    (
        "databricks_policy_info",
        {"on_securable_type": "CATALOG", "on_securable_fullname": "sales", "name": "p"},
        "MANAGE on catalog 'sales'",
    ),
    (
        "databricks_rfa_access_request_destinations",
        {"securable": {"type": "SCHEMA", "full_name": "sales.gold"}},
        "MANAGE on schema 'sales.gold'",
    ),
    (
        "databricks_workspace_binding",
        {"securable_type": "catalog", "securable_name": "sales", "workspace_id": 2},
        "MANAGE on catalog 'sales'",
    ),
    ("databricks_permissions", {"sql_endpoint_id": "w"}, "say who may use an object"),
    ("databricks_workspace_file", {"path": "/Users/x/a.py"}, "outside of the shared folder"),
    ("databricks_group", {"display_name": "g"}, "make a group: that is for admins"),
    ("databricks_tag_policy", {"tag_key": "k"}, "make a tag policy: that is for admins"),
    ("databricks_sql_endpoint", {"name": "n"}, "make a sql endpoint: that is for admins"),
]


@pytest.mark.parametrize(("type_", "value", "why"), MADE, ids=[type_ for type_, _, _ in MADE])
def test_who_has_no_right_makes_nothing(store, type_, value, why):
    """Each kind of object is refused with the privilege that is missing; an admin may make it."""
    with pytest.raises(Refusal, match="PERMISSION_DENIED") as refused:
        check_create(store, type_, value)
    assert why in refused.value.message
    assert refused.value.status == 403


def test_without_the_variable_an_admin_acts(store, monkeypatch):
    """As before."""
    monkeypatch.delenv(VARIABLE)
    check_create(store, "databricks_catalog", {"name": "new"})
    check_create(store, "databricks_group", {"display_name": "g"})


def test_who_acts_must_exist(store, monkeypatch):
    """A misspelt name deploys nothing."""
    monkeypatch.setenv(VARIABLE, "robto")
    with pytest.raises(Refusal, match="Could not find principal with name robto"):
        check_create(store, "databricks_catalog", {"name": "new"})


def test_a_privilege_needs_use_of_what_is_around(store):
    """CREATE_TABLE on the catalog is nothing without USE_CATALOG and USE_SCHEMA."""
    value = {**TABLE, "name": "v", "volume_type": "MANAGED"}
    give(store, "CREATE_VOLUME")
    for needed in ("USE_CATALOG", "USE_SCHEMA"):
        with pytest.raises(Refusal, match=needed.replace("_", " ")):
            check_create(store, "databricks_volume", value)
        give(store, needed)
    check_create(store, "databricks_volume", value)


def test_a_view_needs_its_schema_its_sources_and_the_warehouse(store):
    """Three rights, of three kinds."""
    give(store, "CREATE_TABLE", "USE_CATALOG", "USE_SCHEMA")
    with pytest.raises(Refusal, match=r"SELECT on table 'sales\.gold\.t'"):
        check_create(store, "databricks_sql_table", view())
    give(store, "SELECT", on="table", name="sales.gold.t")
    with pytest.raises(Refusal, match="CAN_USE"):
        check_create(store, "databricks_sql_table", view())
    may_use_warehouse(store)
    check_create(store, "databricks_sql_table", view())


def test_a_policy_needs_its_function(store):
    """MANAGE on what it is on, EXECUTE on what it runs."""
    value = {
        "on_securable_type": "CATALOG",
        "on_securable_fullname": "sales",
        "name": "p",
        "row_filter": {"function_name": "sales.gold.f", "using": []},
    }
    give(store, "MANAGE", "USE_CATALOG", "USE_SCHEMA")
    with pytest.raises(Refusal, match=r"EXECUTE on function 'sales\.gold\.f'"):
        check_create(store, "databricks_policy_info", value)
    give(store, "EXECUTE", on="function", name="sales.gold.f")
    check_create(store, "databricks_policy_info", value)


def test_who_made_a_job_changes_it_and_nobody_else(store):
    """And says who else may; CAN_MANAGE does as well."""
    mine, other = {"id": "j", "name": "mine"}, {"id": "k", "name": "other"}
    check_create(store, "databricks_job", mine)
    check_update(store, "databricks_job", mine, mine)
    store.put("databricks_job", "j", mine)
    check_create(store, "databricks_permissions", {"job_id": "j"})
    for refused in (check_delete, lambda s, t, v: check_update(s, t, v, v)):
        with pytest.raises(Refusal, match="may not change job 'other'"):
            refused(store, "databricks_job", other)
    entry = {"service_principal_name": ROBOT, "permission_level": "CAN_MANAGE"}
    store.put("databricks_permissions", "/jobs/k", {"access_control": [entry]})
    check_update(store, "databricks_job", other, other)
    check_delete(store, "databricks_job", mine)
    assert store.all("creator") == []


def test_securables_are_changed_by_who_owns_or_manages_them(store):
    """A member of the owner group owns; MANAGE on the catalog reaches what is in it."""
    schema = store.get("databricks_schema", "sales.gold")
    with pytest.raises(Refusal, match=r"MANAGE on schema 'sales\.gold'"):
        check_update(store, "databricks_schema", schema, schema)
    give(store, "MANAGE", "USE_CATALOG")
    check_update(store, "databricks_schema", schema, schema)
    set_grant(store, "catalog", "sales", ROBOT, ["USE_CATALOG"])
    store.put("databricks_group_member", "5|9", {"group_id": "5", "member_id": "9"})
    check_update(store, "databricks_schema", schema, schema)


def test_what_is_for_admins_is_changed_by_admins(store):
    """Warehouses and groups."""
    with pytest.raises(Refusal, match="change a sql endpoint: that is for admins"):
        check_delete(store, "databricks_sql_endpoint", {"id": "w", "name": "w"})


def test_grants_are_written_by_who_owns_or_manages(store):
    """And taken away by them; the maker of a share lets recipients in."""
    value = {"schema": "sales.gold", "grant": [{"principal": "owners", "privileges": ["USE_SCHEMA"]}]}
    for call in (
        lambda: grant_resources.write(store, "databricks_grants", dict(value)),
        lambda: grant_resources.delete(store, "databricks_grants", {"id": "schema/sales.gold"}),
    ):
        with pytest.raises(Refusal, match=r"MANAGE on schema 'sales\.gold'"):
            call()
    give(store, "MANAGE", "USE_CATALOG")
    grant_resources.write(store, "databricks_grants", dict(value))
    share = {"share": "mine", "grant": []}
    with pytest.raises(Refusal, match="MANAGE on share 'mine'"):
        grant_resources.write(store, "databricks_grants", dict(share))
    store.put("creator", "databricks_share/mine", {"principal": ROBOT})
    grant_resources.write(store, "databricks_grants", dict(share))


def test_a_storage_root_is_in_an_external_location(store, monkeypatch):
    """Also when an admin asks; a location's name that only begins alike does not cover it."""
    monkeypatch.delenv(VARIABLE)
    store.put("databricks_external_location", "lake", {"name": "lake", "url": "s3://lake/sal"})
    for type_, value in (
        ("databricks_catalog", {"name": "new", "storage_root": "s3://lake/sales"}),
        ("databricks_schema", {"catalog_name": "sales", "name": "new", "storage_root": "s3://lake/sales"}),
    ):
        with pytest.raises(Refusal, match="No external location covers the storage root 's3://lake/sales'"):
            check_create(store, type_, value)
        check_create(store, type_, {**value, "storage_root": "s3://lake/sal/es"})


@pytest.mark.parametrize(
    ("kind", "destinations", "why"),
    [
        ("CATALOGS", ["EMAIL"], "'CATALOGS' is not a securable type for access requests"),
        ("CATALOG", ["URL", "EMAIL"], "must be its only destination"),
        ("CATALOG", ["EMAIL"] * 6, "at most 5 e-mails and 5 others"),
        ("CATALOG", ["SLACK"] * 6, "at most 5 e-mails and 5 others"),
        ("CATALOG", ["EMAIL"] * 5 + ["SLACK"] * 5, None),
        ("CATALOG", ["URL"], None),
        ("SCHEMA", ["EMAIL"], "a schema has a name of 2 part"),
    ],
)
def test_destinations_of_access_requests_are_checked(store, monkeypatch, kind, destinations, why):
    """What they are for exists, and they are as many as Databricks takes."""
    monkeypatch.delenv(VARIABLE)
    store.put("databricks_notification_destination", "x", {"id": "x"})
    value = {
        "securable": {"type": kind, "full_name": "sales"},
        "destinations": [{"destination_type": one, "destination_id": "x"} for one in destinations],
    }
    type_ = "databricks_rfa_access_request_destinations"
    if why is None:
        check_create(store, type_, value)
    else:
        with pytest.raises(Refusal) as refused:
            check_create(store, type_, value)
        assert why in refused.value.message


def test_only_a_catalog_is_bound_to_be_read(store, monkeypatch):
    """Databricks knows no read-only binding of anything else."""
    monkeypatch.delenv(VARIABLE)
    store.put("databricks_external_location", "lake", {"name": "lake", "url": "s3://lake"})
    value = {
        "securable_type": "external_location",
        "securable_name": "lake",
        "workspace_id": 2,
        "binding_type": "BINDING_TYPE_READ_ONLY",
    }
    with pytest.raises(Refusal, match="is for catalogs only"):
        check_create(store, "databricks_workspace_binding", value)
    catalog = {**value, "securable_type": "catalog", "securable_name": "sales"}
    check_create(store, "databricks_workspace_binding", catalog)
