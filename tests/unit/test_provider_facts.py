# SPDX-License-Identifier: Apache-2.0
"""The packaged facts of the provider."""

from meshform.terraform.provider_facts import VERSION, plan_facts, schema


def _reached(node, path):
    """Whether a dotted path leads somewhere in a block or object."""
    name, _, rest = path.partition(".")
    attribute = node.get("attributes", {}).get(name)
    block = node.get("block_types", {}).get(name)
    if attribute is None and block is None:
        return False
    if not rest:
        return True
    inner = attribute.get("nested_type") if attribute else block["block"]
    return inner is not None and _reached(inner, rest)


def test_every_type_of_the_provider_is_there():
    """The schema has all resource types and data sources of the version, and the provider itself."""
    assert VERSION == "1.128.0"
    assert len(schema()["resource_schemas"]) == 175
    assert len(schema()["data_source_schemas"]) == 186
    assert "host" in schema()["provider"]["block"]["attributes"]


def test_it_holds_facts_and_no_documentation():
    """No description of the provider's authors is packaged."""

    def keys(value):
        for key, inner in value.items() if isinstance(value, dict) else ():
            yield key, inner
            yield from keys(inner)

    assert not [
        1
        for key, inner in keys(schema())
        if key in {"description", "description_kind"} and isinstance(inner, str)
    ]


def test_plan_facts_fit_the_schema():
    """Each type and path that the plan facts name is in the schema."""
    types, facts = schema()["resource_schemas"], plan_facts()
    assert set(facts) == {"defaults", "force_new", "framework", "id", "kept", "unknown"}
    for part in ("defaults", "force_new", "kept", "unknown"):
        for type_, paths in facts[part].items():
            assert [path for path in paths if not _reached(types[type_]["block"], path)] == [], (part, type_)
    assert set(facts["framework"]) <= set(types)
    assert set(facts["kept"]) <= set(facts["framework"])
    assert set(facts["id"]) <= set(types)


def test_they_are_loaded_once():
    """Every caller gets the same object."""
    assert schema() is schema()
    assert plan_facts() is plan_facts()


def test_every_part_of_an_assignment_of_a_tag_forces_a_new_one():
    """Only the value of an assigned tag can change in place, as the provider's documentation says."""
    forced = plan_facts()["force_new"]["databricks_entity_tag_assignment"]
    assert forced == ["entity_name", "entity_type", "tag_key"]
