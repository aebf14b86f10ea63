# SPDX-License-Identifier: Apache-2.0
"""Tags on catalogs and schemas, and who may assign the governed tags of the mesh."""

import pytest
from pydantic import ValidationError
from tests.meshes import (
    compiled,
    domain,
    filter_policy,
    found,
    mask_policy,
    mesh,
    resources,
)

from meshform.model.catalogs import SharedCatalog
from meshform.model.domain import Platform
from meshform.model.environment import Environment

ACCOUNT = "0a1b2c3d-0000-4000-8000-000000000000"
DEV = Environment(name="dev", deployer="writer", account_id=ACCOUNT, metastore_admin=True)
PROD = Environment(name="prod", deployer="deployer", production=True, account_id=ACCOUNT)
ASSIGNED = Platform(owner="owners", tag_assigners=("readers",))


def assignments(stack):
    """Entity, key and value of each tag assignment."""
    made = resources(stack, "databricks_entity_tag_assignment").values()
    return {(one["entity_type"], one["entity_name"], one["tag_key"], one["tag_value"]) for one in made}


def test_catalogs_and_schemas_have_tags():
    """The platform tags the catalog that it makes, the domain its schemas."""
    tagged = domain("a", catalog_tags={"unit": "x"}, schema_tags={"gold": {"layer": ""}})
    stacks = compiled(mesh(tagged), "prod").stacks
    assert assignments(stacks["platform-prod"]) == {("catalogs", "a", "unit", "x")}
    assert assignments(stacks["a-prod"]) == {("schemas", "a.gold", "layer", "")}
    assert not assignments(compiled(mesh(domain("a")), "prod").stacks["platform-prod"])


def test_in_a_shared_catalog_each_schema_has_the_tags_of_the_domain():
    """The catalog is not the domain's to tag; a tag of the schema itself wins."""
    platform = Platform(owner="owners", shared_catalogs=(SharedCatalog(name="shared"),))
    tagged = domain("a", catalog="shared", catalog_tags={"unit": "x"}, schema_tags={"gold": {"unit": "y"}})
    stacks = compiled(mesh(tagged, platform=platform), "prod").stacks
    assert not assignments(stacks["platform-prod"])
    assert assignments(stacks["a-prod"]) == {
        ("schemas", f"shared.a_{name}", "unit", "y" if name == "gold" else "x")
        for name in ("bronze", "silver", "gold")
    }


def test_tags_of_containers_are_checked():
    """As those of products, and on schemas that there are."""
    with pytest.raises(ValidationError, match="schemas that the domain does not have: golf"):
        domain("a", schema_tags={"golf": {"x": "y"}})
    for fields in ({"catalog_tags": {"a.b": "x"}}, {"schema_tags": {"gold": {"a": " x"}}}):
        assert found(mesh(domain("a", **fields)), "MF366")
    assert not found(mesh(domain("a", catalog_tags={"a b": "x"})), "MF366")


def test_the_rule_set_of_each_governed_tag_names_who_may_assign_it():
    """Those who deploy in any environment of the account are among them; the deployers keep the policy."""
    parts = (mask_policy(), filter_policy("home"), domain("a", deployer="runner"))
    made = resources(
        compiled(mesh(*parts, environments=(DEV, PROD), platform=ASSIGNED), "prod").stacks["account"],
        "databricks_access_control_rule_set",
    )
    assert set(made) == {
        f"databricks_access_control_rule_set.{key}" for key in ("classification", "row_filter")
    }
    rule_set = made["databricks_access_control_rule_set.classification"]
    assert rule_set["name"] == (
        f"accounts/{ACCOUNT}/tagPolicies/${{databricks_tag_policy.classification.id}}/ruleSets/default"
    )
    assert rule_set["grant_rules"] == [
        {
            "role": "roles/tagPolicy.assigner",
            "principals": [
                "groups/readers",
                "servicePrincipals/deployer-prod-id",
                "servicePrincipals/runner-dev-id",
                "servicePrincipals/runner-prod-id",
                "servicePrincipals/writer-dev-id",
            ],
        },
        {
            "role": "roles/tagPolicy.manager",
            "principals": ["servicePrincipals/deployer-prod-id", "servicePrincipals/writer-dev-id"],
        },
    ]
    dev = compiled(mesh(*parts, environments=(DEV, PROD), platform=ASSIGNED), "dev").stacks["account"]
    assert resources(dev, "databricks_access_control_rule_set") == made


def test_without_assigners_the_account_says_who_may():
    """Nothing is written then."""
    account = compiled(mesh(mask_policy(), domain("a"), environments=(PROD,)), "prod").stacks["account"]
    assert not resources(account, "databricks_access_control_rule_set")


def test_assigners_are_known_and_so_is_the_account():
    """A rule set is named by its account."""
    nameless = Environment(name="prod", deployer="deployer")
    parts = (mask_policy(), domain("a"))
    [finding] = found(mesh(*parts, environments=(nameless,), platform=ASSIGNED), "MF478", "prod")
    assert finding.got == "`tag_assigners` of the platform"
    assert not found(mesh(*parts, environments=(PROD,), platform=ASSIGNED), "MF478", "prod")
    assert not found(mesh(*parts, environments=(nameless,)), "MF478", "prod")
    unknown = Platform(owner="owners", tag_assigners=("reader",))
    [finding] = found(mesh(*parts, environments=(PROD,), platform=unknown), "MF303", "prod")
    assert finding.fix == "did you mean 'readers'?"
