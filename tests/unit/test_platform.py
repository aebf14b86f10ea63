# SPDX-License-Identifier: Apache-2.0
"""The platform stack: catalogs with the floor on them, the warehouse, the deployer's grants."""

from tests.meshes import (
    GROUPS,
    SERVICE_PRINCIPALS,
    compiled,
    domain,
    filter_policy,
    mask_policy,
    mesh,
    resources,
)

from meshform.model.domain import Platform, Support, Warehouse
from meshform.model.environment import Environment
from meshform.model.principals import Group, Principals


def platform(environment, *parts, **fields):
    """The platform stack."""
    return compiled(mesh(*parts, **fields), environment).stacks[f"platform-{environment}"]


def test_a_domains_catalog_says_whose_it_is():
    """Name, owner, comment, and properties for domain, owner, support and the domain's own."""
    sales = domain(
        "sales",
        description="What was sold.",
        support=Support(channel="#sales", email="s@x.com"),
        tags={"cost_center": "7"},
    )
    assert resources(platform("prod", sales))["databricks_catalog.domain__sales"] == {
        "name": "sales",
        "comment": "What was sold.",
        "owner": "owners",
        "properties": {
            "domain": "sales",
            "owner": "owners",
            "support": "#sales, s@x.com",
            "cost_center": "7",
        },
        "force_destroy": False,
        "lifecycle": {"prevent_destroy": True},
    }


def test_the_deployer_keeps_manage_on_each_domains_catalog():
    """It writes the floor's policies there after the catalog has gone to its owner (fault 26)."""
    made = resources(platform("prod", domain("sales")), "databricks_grant")
    assert made == {
        "databricks_grant.catalog__sales__deployer": {
            "catalog": "sales",
            "principal": "deployer-prod-id",
            "privileges": ["MANAGE", "USE_CATALOG", "USE_SCHEMA"],
            "depends_on": ["databricks_catalog.domain__sales"],
        }
    }


def test_a_deployer_that_owns_a_catalog_needs_no_grant():
    """A group may deploy and own; the owner has every right already."""
    environment = Environment(name="prod", deployer="owners", production=True)
    spec_groups = Principals(
        groups=(Group(name="owners"), *GROUPS[1:]), service_principals=SERVICE_PRINCIPALS
    )
    stack = platform("prod", domain("sales"), environments=(environment,), principals=spec_groups)
    assert resources(stack, "databricks_grant") == {}


def test_the_floor_is_on_every_catalog():
    """Each mask and row filter of a mesh-wide policy is a policy on each domain's catalog."""
    stack = platform("prod", domain("a"), domain("b"), mask_policy(), filter_policy("home"), domain("c"))
    policies = resources(stack, "databricks_policy_info")
    assert sorted(policies) == sorted(
        f"databricks_policy_info.{catalog}__{name}"
        for catalog in "abc"
        for name in ("mask_personal", "filter_home")
    )
    assert policies["databricks_policy_info.a__mask_personal"] == {
        "name": "mask_personal",
        "on_securable_type": "CATALOG",
        "on_securable_fullname": "a",
        "for_securable_type": "TABLE",
        "policy_type": "POLICY_TYPE_COLUMN_MASK",
        "to_principals": ["account users"],
        "except_principals": ["exempt"],
        "match_columns": [{"alias": "value", "condition": "has_tag_value('classification', 'personal')"}],
        "column_mask": {
            "function_name": "platform.governance.mask_personal",
            "on_column": "value",
            "using": [],
        },
        "comment": "Hides it.",
        "depends_on": ["databricks_catalog.domain__a", "terraform_data.functions"],
        "lifecycle": {"create_before_destroy": True},
    }
    row_filter = policies["databricks_policy_info.a__filter_home"]
    assert row_filter["policy_type"] == "POLICY_TYPE_ROW_FILTER"
    assert row_filter["row_filter"] == {
        "function_name": "platform.governance.home",
        "using": [{"alias": "value"}],
    }
    assert row_filter["match_columns"][0]["condition"] == "has_tag_value('row_filter', 'home')"


def test_a_domains_own_filter_is_not_on_the_platforms_stack():
    """The domain's stack has it, so that its team can change it alone."""
    stack = platform("prod", domain("a"), filter_policy("home", of="a"))
    assert resources(stack, "databricks_policy_info") == {}


def test_the_warehouse_is_made_with_its_size():
    """Serverless, so that functions and views start at once."""
    warehouse = Warehouse(name="sql", size="Small", auto_stop_minutes=5)
    stack = platform("dev", platform=Platform(owner="owners", warehouse=warehouse))
    assert resources(stack)["databricks_sql_endpoint.warehouse"] == {
        "name": "sql_dev",
        "cluster_size": "Small",
        "auto_stop_mins": 5,
        "max_num_clusters": 1,
        "enable_serverless_compute": True,
        "warehouse_type": "PRO",
    }


def test_a_warehouse_that_exists_is_found_by_its_own_name():
    """It is not made, and its name carries no environment."""
    given = Platform(owner="owners", warehouse=Warehouse(name="shared", create=False))
    stack = platform("dev", mask_policy(), platform=given)
    assert resources(stack, "databricks_sql_endpoint") == {}
    assert stack.blocks["data"] == {"databricks_sql_warehouse": {"warehouse": {"name": "shared"}}}
    job = resources(stack)["databricks_job.functions"]
    task = job["task"][0]["sql_task"][0]
    assert task["warehouse_id"] == "${data.databricks_sql_warehouse.warehouse.id}"


def test_the_platform_has_a_catalog_and_schema_of_its_own():
    """Named and owned as the mesh says, made in order."""
    given = Platform(owner="owners", catalog="core", schema_name="fns")
    made = resources(platform("dev", platform=given))
    assert made["databricks_catalog.platform__core"]["name"] == "core_dev"
    schema = made["databricks_schema.platform__fns"]
    assert (schema["catalog_name"], schema["name"], schema["owner"]) == ("core_dev", "fns", "owners")
    assert schema["depends_on"] == ["databricks_catalog.platform__core"]
