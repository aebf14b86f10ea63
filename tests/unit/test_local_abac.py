# SPDX-License-Identifier: Apache-2.0
"""The local workspace refuses ABAC policies and tags with which Unity Catalog would fail."""

import pytest

from meshform.local.rules import Refusal, check_create, make_function, make_table
from meshform.local.rules.tag_conditions import matches
from meshform.local.store import Store

MASK = {
    "name": "mask_personal",
    "on_securable_type": "CATALOG",
    "on_securable_fullname": "c",
    "to_principals": ["account users"],
    "match_columns": [{"alias": "v", "condition": "has_tag_value('class', 'personal')"}],
    "column_mask": {"function_name": "c.s.mask", "on_column": "v", "using": []},
}
FILTER = {
    **{key: value for key, value in MASK.items() if key != "column_mask"},
    "name": "filter_home",
    "match_columns": [{"alias": "v", "condition": "has_tag('home')"}],
    "row_filter": {"function_name": "c.s.keep", "using": [{"alias": "v"}]},
}


@pytest.fixture
def store(tmp_path):
    """A table with a text, a number and a short text; a mask and a row filter of texts."""
    store = Store(tmp_path / "store.db")
    store.put("databricks_catalog", "c", {"name": "c"})
    store.put("databricks_schema", "c.s", {"catalog_name": "c", "name": "s"})
    columns = [
        {"name": "a", "type": "string"},
        {"name": "n", "type": "bigint"},
        {"name": "short", "type": "varchar(9)"},
    ]
    make_table(store, "c.s.t", columns, owner=None, made_by="a test")
    make_function(store, "c.s.mask", [{"name": "value", "type": "STRING"}], "STRING", "'x'")
    make_function(store, "c.s.keep", [{"name": "value", "type": "STRING"}], "BOOLEAN", "true")
    return store


def refusal(store, type_, value):
    """Why a create is refused, or None."""
    try:
        with store.transaction():
            check_create(store, type_, value)
    except Refusal as why:
        return str(why)
    return None


def tag(column, key="class", value="personal"):
    """A tag on a column of the table."""
    return {"entity_type": "columns", "entity_name": f"c.s.t.{column}", "tag_key": key, "tag_value": value}


def keep(store, value):
    """Keep a policy, as the provider would."""
    key = f"{value['on_securable_type']},{value['on_securable_fullname']},{value['name']}"
    store.put("databricks_policy_info", key, value)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("has_tag('a')", True),
        ("HAS_TAG_VALUE('a', '1')", True),
        ("has_tag_value('a', '2')", False),
        ("has_tag('a') AND NOT (has_tag('b') OR has_tag('c'))", True),
        ("has_tag('a') AND NOT has_tag('a')", False),
        ("", True),
    ],
)
def test_a_condition_is_about_the_tags_of_a_column(condition, expected):
    """As Unity Catalog reads it."""
    assert matches(condition, {"a": "1"}) is expected


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (MASK, None),
        (FILTER, None),
        ({**MASK, "match_columns": [{"alias": "v", "condition": "value = 1"}]}, "value = 1 tests no tag"),
        ({**MASK, "match_columns": [{"alias": "v", "condition": "has_tag('a', 'b')"}]}, "tests no tag"),
        ({**MASK, "match_columns": [{"alias": "v", "condition": "has_tag("}]}, "cannot be parsed"),
        (
            {**MASK, "column_mask": {**MASK["column_mask"], "using": [{"constant": "4"}]}},
            "calls function 'c.s.mask' with 2 arguments; it takes 1",
        ),
        ({**FILTER, "row_filter": {"function_name": "c.s.keep"}}, "with 0 arguments; it takes 1"),
        (
            {**FILTER, "row_filter": {"function_name": "c.s.mask", "using": [{"alias": "v"}]}},
            "returns string, not boolean",
        ),
    ],
)
def test_a_policy_calls_its_function_as_it_is(store, policy, why):
    """Number of arguments, and what a row filter returns."""
    found = refusal(store, "databricks_policy_info", policy)
    assert (found is None) == (why is None), found
    assert why is None or why in found


def test_a_tag_brings_no_function_of_another_type_to_a_column(store):
    """It names the column, the function and both types; a text of a length is a text."""
    keep(store, MASK)
    keep(store, FILTER)
    assert refusal(store, "databricks_entity_tag_assignment", tag("a")) is None
    assert refusal(store, "databricks_entity_tag_assignment", tag("short")) is None
    assert refusal(store, "databricks_entity_tag_assignment", tag("n", "free")) is None
    assert refusal(store, "databricks_entity_tag_assignment", tag("n")) == (
        "Column 'c.s.t.n' is of type bigint; function 'c.s.mask' of policy 'mask_personal', which would meet"
        " it, takes string"
    )
    assert "policy 'filter_home'" in refusal(store, "databricks_entity_tag_assignment", tag("n", "home"))


def test_a_tag_brings_no_second_mask_to_a_column(store):
    """Two masks for the same readers, here one by the catalog and one by the schema."""
    keep(store, MASK)
    other = {**MASK, "name": "other", "on_securable_type": "SCHEMA", "on_securable_fullname": "c.s"}
    keep(store, {**other, "match_columns": [{"alias": "v", "condition": "has_tag('also')"}]})
    store.put("databricks_entity_tag_assignment", "columns,c.s.t.a,also", tag("a", "also"))
    assert refusal(store, "databricks_entity_tag_assignment", tag("a")) == (
        "Column 'c.s.t.a' would have two masks for the same readers: mask_personal, other"
    )
    assert refusal(store, "databricks_entity_tag_assignment", tag("short")) is None


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({}, None),
        ({"name": "accounts/1/tagPolicies/x/ruleSets/default"}, "Tag policy 'x' does not exist"),
        ({"grant_rules": [{"role": "roles/group.manager", "principals": []}]}, "which a tag policy has not"),
        (
            {"grant_rules": [{"role": "roles/tagPolicy.assigner", "principals": ["groups/no"]}]},
            "Could not find principal with name no",
        ),
    ],
)
def test_a_rule_set_is_of_a_tag_policy_and_names_who_there_is(store, value, why):
    """Its roles are those of a tag policy."""
    store.put("databricks_tag_policy", "class", {"tag_key": "class", "id": "7"})
    given = {
        "name": "accounts/1/tagPolicies/7/ruleSets/default",
        "grant_rules": [{"role": "roles/tagPolicy.assigner", "principals": ["groups/account users"]}],
    }
    found = refusal(store, "databricks_access_control_rule_set", {**given, **value})
    assert (found is None) == (why is None), found
    assert why is None or why in found
