# SPDX-License-Identifier: Apache-2.0
"""The account stack: governed tags, and principals where the environment makes them."""

from tests.meshes import compiled, domain, filter_policy, mask_policy, mesh, resources


def account(environment, *parts, **fields):
    """The resources of the account stack."""
    stacks = compiled(mesh(*parts, **fields), environment).stacks
    return resources(stacks["account-local" if environment == "local" else "account"])


def test_governed_tags_have_the_values_of_all_policies():
    """One tag for classes of columns, one for row filters, with sorted values that are there once."""
    made = account(
        "prod",
        domain("a"),
        domain("b"),
        mask_policy("personal"),
        mask_policy("internal"),
        filter_policy("home", of="a"),
        filter_policy("away", of="b"),
        filter_policy("home", of="b"),
    )
    assert made == {
        "databricks_tag_policy.classification": {
            "tag_key": "classification",
            "description": "Class of the data in a column.",
            "values": [{"name": "internal"}, {"name": "personal"}],
        },
        "databricks_tag_policy.row_filter": {
            "tag_key": "row_filter",
            "description": "Row filter that reads the column.",
            "values": [{"name": "away"}, {"name": "home"}],
        },
    }


def test_the_tag_of_classes_may_have_another_key():
    """The mesh names it."""
    made = account("prod", mask_policy(), classification_tag="data class")
    (address,) = made
    assert made[address]["tag_key"] == "data class"
    assert address.startswith("databricks_tag_policy.data_class_")


def test_principals_are_made_where_the_environment_says_so():
    """The local workspace gets every group, service principal and membership of the registry."""
    made = account("local")
    assert made["databricks_group.owners"] == {"display_name": "owners"}
    runner = made["databricks_service_principal.runner"]
    assert runner["display_name"] == "runner"
    assert len(runner["application_id"]) == 36
    assert made["databricks_group_member.owners__deployer"] == {
        "group_id": "${databricks_group.owners.id}",
        "member_id": "${databricks_service_principal.deployer.id}",
    }
    assert len(made) == 3 + 3 + 2


def test_principals_are_only_referred_to_elsewhere():
    """An account's identity provider makes them."""
    assert account("dev") == account("prod") == {}
