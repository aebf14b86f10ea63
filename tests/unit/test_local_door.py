# SPDX-License-Identifier: Apache-2.0
"""The Terraform door at the level of the plugin protocol: plans, values, ids, what is left after a kill."""

import base64

import pytest
from tests.local_door import Door, Refused

from meshform.local.identity import Identities
from meshform.local.rules import CURRENT_USER, make_table
from meshform.local.values import UNKNOWN, has_unknown
from meshform.terraform import provider_facts


@pytest.fixture
def door(tmp_path):
    """A provider over a fresh store."""
    return Door(tmp_path / "local.sqlite3")


def test_defaults_are_planned_and_the_computed_is_unknown(door):
    """A job that says only its name gets the provider's defaults, at any depth, and an id after apply."""
    proposed = door.value("databricks_job", schedule=[{"quartz_cron_expression": "0 0 5 * * ?"}])
    planned, _ = door.plan("databricks_job", proposed)
    assert planned["name"] == "Untitled"
    assert planned["max_concurrent_runs"] == 1
    assert planned["schedule"][0]["pause_status"] == "UNPAUSED"
    assert planned["id"] is UNKNOWN
    assert planned["url"] is UNKNOWN
    assert planned["description"] is None


def test_every_type_is_created_read_back_unchanged_and_known(door):
    """No type breaks the door: what is applied is known; a refresh and a plan change nothing."""
    refused = []
    for type_, schema in provider_facts.schema()["resource_schemas"].items():
        given = {
            name: f"text-{type_}" if spec.get("type") == "string" else 1
            for name, spec in schema["block"]["attributes"].items()
            if spec.get("required") and spec.get("type") in ("string", "number")
        }
        try:
            value = door.create(type_, **given)
        except Refused as error:
            refused.append((type_, str(error)))
            continue
        assert not has_unknown(value), type_
        assert door.read(type_, value) == value, type_
        assert door.plan(type_, value, value) == (value, []), type_
    assert [error for error in refused if "failed" in error[1]] == []
    assert len(refused) < 25, "most types can be made out of nothing"


def test_replacement_is_planned_for_what_forces_it(door):
    """A volume's type and schema force a replacement, its comment does not."""
    prior = {"catalog_name": "c", "schema_name": "s", "name": "v", "volume_type": "MANAGED", "id": "c.s.v"}
    prior = door.value("databricks_volume", **prior)
    assert door.plan("databricks_volume", {**prior, "comment": "x"}, prior)[1] == []
    changed = {**prior, "volume_type": "EXTERNAL", "schema_name": "other"}
    assert door.plan("databricks_volume", changed, prior)[1] == ["schema_name", "volume_type"]


def test_replacement_is_planned_for_what_forces_it_below(door):
    """An attribute of a nested block may force it too, and so may a block more."""
    prior = door.value("databricks_pipeline", ingestion_definition=[{"connection_name": "a"}], id="1")
    changed = door.value("databricks_pipeline", ingestion_definition=[{"connection_name": "b"}], id="1")
    assert door.plan("databricks_pipeline", changed, prior)[1] == ["ingestion_definition"]
    assert door.plan("databricks_pipeline", {**prior, "ingestion_definition": []}, prior)[1] == [
        "ingestion_definition"
    ]


def test_replacement_is_planned_where_the_provider_decides_in_code(door):
    """A view's comment, a pipeline's way to a catalog and most options of a catalog replace."""
    view = door.value("databricks_sql_table", table_type="VIEW", name="v", comment="a", id="c.s.v")
    assert door.plan("databricks_sql_table", {**view, "comment": "b"}, view)[1] == ["comment"]
    table = {**view, "table_type": "MANAGED", "column": [{"name": "n", "type": "INTEGER", "nullable": True}]}
    table = door.value("databricks_sql_table", **table)
    assert door.plan("databricks_sql_table", {**table, "comment": "b"}, table)[1] == []
    same = [{**table["column"][0], "type": "int"}]
    assert door.plan("databricks_sql_table", {**table, "column": same}, table)[1] == []
    with pytest.raises(Refused, match=r"cannot plan sql table: changing the 'type' .* n, INTEGER to STRING"):
        door.plan("databricks_sql_table", {**table, "column": [{**same[0], "type": "STRING"}]}, table)
    pipeline = door.value("databricks_pipeline", storage="dbfs:/x", id="1")
    moved = {**pipeline, "storage": None, "catalog": "c"}
    assert door.plan("databricks_pipeline", moved, pipeline)[1] == ["catalog", "storage"]
    catalog = door.value("databricks_catalog", name="c", options={"authorized_paths": "a"}, id="c")
    other = {**catalog, "options": {"authorized_paths": "b"}}
    assert door.plan("databricks_catalog", other, catalog)[1] == []
    assert door.plan("databricks_catalog", {**other, "options": {"host": "h"}}, catalog)[1] == ["options"]


def test_an_update_makes_unknown_what_is_computed_anew(door):
    """A type of the plugin framework keeps its id in an update; its times are known after apply."""
    evaluation = {"comparison_operator": "GREATER_THAN", "source": {"name": "n"}, "notification": {}}
    schedule = {"quartz_cron_schedule": "0 0 5 * * ?", "timezone_id": "UTC"}
    warehouse = door.create("databricks_sql_endpoint", name="w", cluster_size="Small")
    given = {"display_name": "a", "query_text": "select 1", "warehouse_id": warehouse["id"]}
    alert = door.create("databricks_alert_v2", **given, schedule=schedule, evaluation=evaluation)
    changed = {**alert, "display_name": "b"}
    planned, replaced = door.plan("databricks_alert_v2", changed, alert)
    assert replaced == []
    assert planned["id"] == alert["id"]
    assert planned["update_time"] is UNKNOWN
    assert planned["evaluation"]["last_evaluated_at"] is UNKNOWN
    assert planned["evaluation"]["source"] == alert["evaluation"]["source"]
    applied = door.apply("databricks_alert_v2", planned, alert)
    assert applied == changed, "what the workspace computed stays"
    assert door.plan("databricks_alert_v2", applied, applied) == (applied, [])


def test_names_and_privileges_that_mean_the_same_are_no_change(door):
    """Unity Catalog ignores case in names, and `USE SCHEMA` is `USE_SCHEMA`."""
    prior = door.value("databricks_schema", catalog_name="orders", name="gold", id="orders.gold")
    prior["force_destroy"] = False
    planned, replaced = door.plan("databricks_schema", {**prior, "catalog_name": "Orders"}, prior)
    assert (planned, replaced) == (prior, [])
    grants = [
        {"principal": "b", "privileges": ["USE_SCHEMA", "SELECT"]},
        {"principal": "a", "privileges": ["MANAGE"]},
    ]
    prior = door.value("databricks_grants", schema="orders.gold", grant=grants, id="schema/orders.gold")
    other = [
        {"principal": "a", "privileges": ["manage"]},
        {"principal": "b", "privileges": ["SELECT", "USE SCHEMA"]},
    ]
    assert door.plan("databricks_grants", {**prior, "grant": other}, prior)[0] == prior
    other[0]["privileges"].append("SELECT")
    assert door.plan("databricks_grants", {**prior, "grant": other}, prior)[0] != prior


def test_what_the_workspace_computes_is_plausible(door):
    """Ids look like the real ones, times stand still, and an owner is the one who deploys."""
    catalog = door.create("databricks_catalog", name="Orders")
    assert (catalog["id"], catalog["owner"], catalog["created_at"]) == ("orders", CURRENT_USER, 1735689600000)
    job = door.create("databricks_job", name="j")
    assert job["id"].isdigit()
    assert job["url"].startswith("https://local.invalid/")
    principal = door.create("databricks_service_principal", display_name="runner")
    assert len(principal["application_id"]) == 36
    assert principal["acl_principal_id"] == f"servicePrincipals/{principal['application_id']}"
    assert door.create("databricks_tag_policy", tag_key="k")["create_time"] == "2025-01-01T00:00:00Z"


def test_ids_are_the_same_in_a_fresh_store_and_never_come_back(door, tmp_path):
    """The same objects get the same ids anywhere; an object made anew gets another one."""
    one = door.create("databricks_job", name="j")
    again = door.create("databricks_job", name="j")
    elsewhere = Door(tmp_path / "other.sqlite3").create("databricks_job", name="j")
    assert one["id"] == elsewhere["id"] != again["id"]
    door.delete("databricks_job", one)
    assert door.create("databricks_job", name="j")["id"] not in (one["id"], again["id"])


def test_tasks_of_a_job_come_back_sorted(door):
    """The API answers a job's tasks by key, so an unsorted configuration would never be unchanged."""
    job = door.create("databricks_job", name="j", task=[{"task_key": "b"}, {"task_key": "a"}])
    assert [task["task_key"] for task in job["task"]] == ["a", "b"]


def test_a_value_of_an_older_schema_is_conformed(door):
    """Attributes that are gone are dropped and new ones are null, when a state or a row is older."""
    job = door.create("databricks_job", name="j")
    row = door.store.get("databricks_job", job["id"])
    del row["description"]
    door.store.put("databricks_job", job["id"], {**row, "dropped_long_ago": 1})
    assert door.read("databricks_job", job) == job


def test_files_are_kept_and_compared_by_their_bytes(door, tmp_path, monkeypatch):
    """The MD5 in the state says whether the file beside the stack has changed."""
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "code.py"
    source.write_bytes(b"one")
    file = door.create("databricks_workspace_file", path="/a/code.py", source="code.py")
    assert file["md5"] == "f97c5d29941bfb1b2fdab0874906ab82"
    same, _ = door.plan("databricks_workspace_file", {**file, "md5": None}, file)
    assert same == file
    source.write_bytes(b"two")
    changed, _ = door.plan("databricks_workspace_file", {**file, "md5": None}, file)
    assert changed["md5"] == "different"
    assert door.apply("databricks_workspace_file", changed, file)["md5"] == "b8a9f715dbb64fd5c56e7783c6820a61"
    assert base64.b64decode(door.store.get("content", "/a/code.py")["base64"]) == b"two"
    source.unlink()
    with pytest.raises(Refused, match=r"File code.py cannot be read: No such file"):
        door.plan("databricks_workspace_file", {**file, "md5": None}, file)


def test_a_notebook_may_carry_its_content(door):
    """Base64 content is kept as bytes, and what is no Base64 is refused."""
    content = base64.b64encode(b"SELECT 1").decode()
    door.create("databricks_notebook", path="/n", language="SQL", content_base64=content)
    assert door.store.get("content", "/n")["base64"] == content
    with pytest.raises(Refused, match="is not Base64"):
        door.create("databricks_notebook", path="/m", language="SQL", content_base64="%")


def test_a_renamed_volume_moves_and_a_catalog_does_not(door):
    """The API renames a volume; the provider never sends the new name of a catalog or schema."""
    door.create("databricks_catalog", name="c")
    door.create("databricks_schema", catalog_name="c", name="s")
    volume = door.create(
        "databricks_volume", catalog_name="c", schema_name="s", name="v", volume_type="MANAGED"
    )
    moved = door.update("databricks_volume", volume, name="w")
    assert moved["id"] == "c.s.w"
    assert [key for key, _ in door.store.all("databricks_volume")] == ["c.s.w"]
    catalog = door.read("databricks_catalog", door.value("databricks_catalog", id="c"))
    with pytest.raises(Refused, match="catalog 'c' cannot be renamed to 'd'"):
        door.update("databricks_catalog", catalog, name="d")


def test_an_object_that_is_gone_is_read_as_gone(door):
    """Refresh drops it from the state; an update of it is refused, a delete is not."""
    job = door.create("databricks_job", name="j")
    door.store.drop("databricks_job", job["id"])
    assert door.read("databricks_job", job) is None
    with pytest.raises(Refused, match=r"cannot update job: Job '.*' does not exist"):
        door.update("databricks_job", job, description="x")
    door.delete("databricks_job", job)


def test_import_finds_objects_whatever_the_case_of_their_name(door):
    """Names of securables are typed in any case; what is not there is an error that names it."""
    door.create("databricks_catalog", name="orders")
    assert door.import_("databricks_catalog", "Orders")["name"] == "orders"
    with pytest.raises(Refused, match="cannot import catalog: catalog 'sales' does not exist"):
        door.import_("databricks_catalog", "sales")
    with pytest.raises(Refused, match="ID must be 3 elements"):
        door.import_("databricks_grant", "catalog/orders")


def test_grants_are_authoritative(door):
    """`databricks_grants` takes away what it does not list; `databricks_grant` speaks for one principal."""
    door.create("databricks_group", display_name="a")
    door.create("databricks_group", display_name="b")
    door.create("databricks_catalog", name="c")
    one = door.create("databricks_grant", catalog="c", principal="a", privileges=["USE_CATALOG"])
    block = {"principal": "b", "privileges": ["BROWSE"]}
    all_ = door.create("databricks_grants", catalog="c", grant=[block])
    assert door.read("databricks_grant", one) is None
    assert door.read("databricks_grants", all_)["grant"] == [block]
    door.create("databricks_grant", catalog="c", principal="a", privileges=["USE_CATALOG"])
    assert len(door.read("databricks_grants", all_)["grant"]) == 2
    door.delete("databricks_grants", all_)
    assert door.store.all("grant") == []


def test_a_create_whose_answer_nobody_hears_is_taken_back(tmp_path):
    """When Terraform has died during a create, the object is gone again, with all that came with it."""
    door = Door(tmp_path / "s", is_abandoned=lambda: True)
    door.create("databricks_catalog", name="c")
    assert door.store.all("databricks_catalog") == []
    assert door.store.all("origin") == []


@pytest.fixture
def killed(monkeypatch):
    """From its call on, every process before is dead without having ended in good order."""
    return lambda: monkeypatch.setattr(
        "meshform.local.session.Session.is_alive", lambda _self, _number: False
    )


def test_what_a_killed_provider_left_is_made_again(tmp_path, killed):
    """A name that an apply has taken without telling is free for the next one, until that has it."""
    first = Door(tmp_path / "s")
    catalog = first.create("databricks_catalog", name="c")
    pipeline = first.create("databricks_pipeline", name="p")
    with pytest.raises(Refused, match="already exists"):
        first.create("databricks_catalog", name="c")
    killed()
    door = Door(tmp_path / "s")
    assert door.create("databricks_catalog", name="c")["id"] == catalog["id"]
    assert door.create("databricks_pipeline", name="p")["id"] != pipeline["id"]
    assert len(door.store.all("databricks_pipeline")) == 1
    with pytest.raises(Refused, match="already exists"):
        door.create("databricks_catalog", name="c")


def test_what_a_refresh_asks_for_is_not_left_over(tmp_path, killed):
    """An object that the state holds after a kill stays, though another of its name is made."""
    first = Door(tmp_path / "s")
    catalog, job = first.create("databricks_catalog", name="c"), first.create("databricks_job", name="j")
    killed()
    plan = Door(tmp_path / "s")
    plan.read("databricks_catalog", catalog)
    plan.read("databricks_job", job)
    plan.stop()
    door = Door(tmp_path / "s")
    with pytest.raises(Refused, match="already exists"):
        door.create("databricks_catalog", name="c")
    door.create("databricks_job", name="j")
    assert len(door.store.all("databricks_job")) == 2


def test_a_state_that_a_kill_has_emptied_is_made_again(tmp_path, killed):
    """Terraform rewrites its state in place: what earlier applies made can be lost by a kill too."""
    first = Door(tmp_path / "s")
    first.create("databricks_catalog", name="c")
    first.stop()
    second = Door(tmp_path / "s")
    second.create("databricks_catalog", name="d")
    killed()
    door = Door(tmp_path / "s")
    door.create("databricks_catalog", name="c")
    door.create("databricks_catalog", name="d")
    door.stop()
    assert door.store.all("apply") == []


def test_a_state_that_is_lost_without_a_kill_is_not_made_again(tmp_path, killed):
    """After a good end an object that the state does not hold is a mistake, as in Databricks."""
    first = Door(tmp_path / "s")
    first.create("databricks_catalog", name="c")
    first.stop()
    killed()
    with pytest.raises(Refused, match="already exists"):
        Door(tmp_path / "s").create("databricks_catalog", name="c")


def test_what_another_stack_left_is_not_taken(tmp_path, monkeypatch, killed):
    """Two stacks that make one catalog are a mistake, also when the first was killed."""
    Door(tmp_path / "s").create("databricks_catalog", name="c")
    killed()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match="already exists"):
        Door(tmp_path / "s").create("databricks_catalog", name="c")


def test_data_sources_find_by_name(door):
    """Warehouses, groups, service principals, jobs, users and securables are found by what names them."""
    warehouse = door.create("databricks_sql_endpoint", name="w", cluster_size="2X-Small")
    assert door.data("databricks_sql_warehouse", name="w")["id"] == warehouse["id"]
    group = door.create("databricks_group", display_name="g")
    member = door.create("databricks_service_principal", display_name="sp")
    door.create("databricks_group_member", group_id=group["id"], member_id=member["id"])
    assert door.data("databricks_group", display_name="g")["service_principals"] == [member["id"]]
    found = door.data("databricks_service_principal", display_name="sp")
    assert (found["application_id"], found["sp_id"]) == (member["application_id"], member["id"])
    job = door.create("databricks_job", name="j")
    assert door.data("databricks_job", job_name="j")["job_id"] == job["id"]
    door.create("databricks_catalog", name="c", comment="x")
    assert door.data("databricks_catalog", name="c")["catalog_info"][0]["comment"] == "x"
    door.create("databricks_schema", catalog_name="c", name="s")
    make_table(door.store, "c.s.t", [], None, "run")
    assert door.data("databricks_schemas", catalog_name="c")["ids"] == ["c.s"]
    assert door.data("databricks_tables", catalog_name="c", schema_name="s")["ids"] == ["c.s.t"]
    assert door.data("databricks_views", catalog_name="c", schema_name="s")["ids"] == []
    assert door.data("databricks_current_user")["user_name"] == CURRENT_USER


def test_a_data_source_needs_one_answer(door):
    """None and several are errors, and so is a question without a name."""
    door.create("databricks_job", name="j")
    door.create("databricks_job", name="j")
    with pytest.raises(Refused, match=r"2 objects, not one, job with job_name 'j'"):
        door.data("databricks_job", job_name="j")
    with pytest.raises(Refused, match="there is no sql warehouse with name 'x'"):
        door.data("databricks_sql_warehouse", name="x")
    with pytest.raises(Refused, match="nothing says which one"):
        door.data("databricks_sql_warehouse")


def test_a_failure_of_our_own_says_so(door, capfd):
    """An unexpected error is a diagnostic that names the type, with the trace in the log only."""
    door.store.put("databricks_job", "1", {"id": "1", "task": 5})
    with pytest.raises(Refused, match="the local workspace failed on databricks_job") as error:
        door.read("databricks_job", door.value("databricks_job", id="1"))
    assert "This is a bug of the local workspace" in error.value.detail
    assert "Traceback" in capfd.readouterr().err
    assert door.provider.call("GetFunctions") is None


def test_a_store_that_cannot_be_used_is_named(tmp_path):
    """A folder that cannot be written is no bug of ours: the error names the store."""
    (tmp_path / "file").write_text("")
    door = Door(tmp_path / "file" / "local.sqlite3")
    with pytest.raises(Refused, match=r"cannot use its store .*local.sqlite3"):
        door.create("databricks_job", name="j")
    (tmp_path / "no.sqlite3").write_text("this is no database, however long it may be" * 100)
    with pytest.raises(Refused, match=r"cannot use its store .*no.sqlite3"):
        Door(tmp_path / "no.sqlite3").create("databricks_job", name="j")


@pytest.mark.parametrize(
    ("type_", "value", "key"),
    [
        ("databricks_catalog", {"name": "Orders"}, "orders"),
        ("databricks_sql_table", {"catalog_name": "C", "schema_name": "S", "name": "T"}, "c.s.t"),
        ("databricks_connection", {"name": "k"}, "00000000-0000-4000-8000-000000000001|k"),
        ("databricks_group_member", {"group_id": "1", "member_id": "2"}, "1|2"),
        ("databricks_secret", {"scope": "s", "key": "k"}, "s|||k"),
        ("databricks_permissions", {"job_id": "7"}, "/jobs/7"),
        ("databricks_permissions", {"sql_endpoint_id": "7"}, "/sql/warehouses/7"),
        (
            "databricks_policy_info",
            {"on_securable_type": "CATALOG", "on_securable_fullname": "C", "name": "P"},
            "CATALOG,c,P",
        ),
        (
            "databricks_rfa_access_request_destinations",
            {"securable": {"type": "CATALOG", "full_name": "c"}},
            "CATALOG,c",
        ),
        ("databricks_job", {"name": "j"}, None),
        ("databricks_pipeline", {"name": "p"}, None),
    ],
)
def test_keys_are_the_documented_import_ids(type_, value, key):
    """A row is kept under the id by which `terraform import` asks for it."""
    assert Identities(provider_facts.plan_facts()).natural_key(type_, value) == key


def test_an_import_knows_only_what_an_api_tells(door):
    """What is only in a state is as the provider leaves it: the default, or nothing; a read keeps it so."""
    door.create("databricks_catalog", name="orders", force_destroy=True)
    found = door.import_("databricks_catalog", "orders")
    assert found["force_destroy"] is False
    assert door.read("databricks_catalog", found)["force_destroy"] is False
