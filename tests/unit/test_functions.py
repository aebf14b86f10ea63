# SPDX-License-Identifier: Apache-2.0
"""Mask and filter functions: their DDL in a file, the job and step that run it, and their removal."""

import json
from hashlib import sha256

import sqlglot
from tests.meshes import compiled, domain, filter_policy, mask_policy, mesh, resources

from meshform.model.environment import Environment
from meshform.model.policy import MaskFunction, RowFilter

MANUAL = Environment(name="dev", deployer="deployer", first_run="manual")


def platform(environment="prod", *parts, **fields):
    """The platform stack of a mesh with a mask."""
    return compiled(mesh(mask_policy(), *parts, **fields), environment).stacks[f"platform-{environment}"]


def test_all_functions_stand_in_one_file_sorted_by_name():
    """Each is one statement that the parser reads, and ends with a semicolon."""
    stack = platform("prod", mask_policy("amount"), filter_policy("home"))
    ddl = stack.assets["assets/functions.sql"].decode()
    statements = sqlglot.parse(ddl, read="databricks")
    assert [s.find(sqlglot.exp.UserDefinedFunction).this.name for s in statements if s] == [
        "home",
        "mask_amount",
        "mask_personal",
    ]
    assert ddl.startswith("CREATE OR REPLACE FUNCTION `platform`.`governance`.`home`(`value` string)\n")
    assert "RETURNS boolean\n" in ddl
    assert "COMMENT 'Hides it.'\nRETURN '***';\n" in ddl


def test_the_file_is_uploaded_and_run_by_a_job_on_the_warehouse():
    """The job refers to the file by its path in the workspace."""
    made = resources(platform())
    file = made["databricks_workspace_file.functions"]
    assert file == {
        "path": "/Shared/meshform/prod/platform/functions.sql",
        "source": "assets/functions.sql",
    }
    job = made["databricks_job.functions"]
    assert job["name"] == "platform_functions"
    assert job["task"] == [
        {
            "task_key": "functions",
            "sql_task": [
                {
                    "warehouse_id": "${databricks_sql_endpoint.warehouse.id}",
                    "file": [{"path": f"/Workspace{file['path']}"}],
                }
            ],
        }
    ]
    assert job["depends_on"] == ["databricks_workspace_file.functions"]


def test_a_step_runs_the_job_whenever_the_ddl_changes():
    """The triggers are the digest of the DDL, the job and the schema, so that a second plan is empty."""
    stack = platform()
    step = resources(stack)["terraform_data.functions"]
    digest = sha256(stack.assets["assets/functions.sql"]).hexdigest()
    assert step["triggers_replace"] == {
        "digest": digest,
        "job": "${databricks_job.functions.id}",
        "schema_platform__governance": "${databricks_schema.platform__governance.schema_id}",
    }
    command = step["provisioner"][0]["local-exec"]
    assert command["command"] == "meshform step run-job"
    assert command["environment"]["MESHFORM_ENV"] == "prod"
    assert command["environment"]["MESHFORM_STEP_JOB_ID"] == "${databricks_job.functions.id}"
    other = platform("prod", filter_policy("home"))
    assert resources(other)["terraform_data.functions"]["triggers_replace"]["digest"] != digest


def test_what_the_step_made_is_dropped_at_destroy():
    """By a separate resource that nothing replaces, or its schema would not be empty."""
    made = resources(platform("prod", filter_policy("home")))["terraform_data.functions_clean_up"]
    assert json.loads(made["input"]) == [
        "platform.governance.home",
        "platform.governance.mask_personal",
    ]
    command = made["provisioner"][0]["local-exec"]
    assert (command["when"], command["command"]) == ("destroy", "meshform step drop-functions")
    assert command["environment"]["MESHFORM_STEP_FUNCTIONS"] == "${self.output}"
    assert "triggers_replace" not in made
    assert made["depends_on"] == ["databricks_schema.platform__governance"]


def test_where_first_runs_are_manual_terraform_runs_nothing():
    """No local-exec in any stack, at create or destroy; the step is still there and keeps the order."""
    spec = mesh(domain("a"), mask_policy(), filter_policy(of="a"), environments=(MANUAL,))
    stacks = compiled(spec, "dev").stacks
    for stack in stacks.values():
        assert "local-exec" not in str(stack.blocks)
    step = resources(stacks["platform-dev"])["terraform_data.functions"]
    assert step["triggers_replace"]["first_run"] == "manual"
    policy = resources(stacks["platform-dev"])["databricks_policy_info.a_dev__mask_personal"]
    assert "terraform_data.functions" in policy["depends_on"]


def test_a_domains_own_functions_stand_in_its_governance_schema():
    """With a file, job and step of its own."""
    stack = compiled(mesh(domain("a"), filter_policy(of="a")), "dev").stacks["a-dev"]
    made = resources(stack)
    assert made["databricks_schema.governance"]["name"] == "governance"
    assert made["databricks_policy_info.a_dev__filter_home"]["row_filter"]["function_name"] == (
        "a_dev.governance.home"
    )
    assert made["databricks_job.functions"]["name"] == "a_functions_dev"
    assert made["databricks_workspace_file.functions"]["path"] == "/Shared/meshform/dev/a/functions.sql"


def test_a_domain_may_have_a_governance_schema_already():
    """Then its functions go there, and the schema keeps its comment."""
    own = domain("a", schemas={"gold": "", "governance": "Ours."})
    made = resources(compiled(mesh(own, filter_policy(of="a"))).stacks["a-local"])
    assert made["databricks_schema.governance"]["comment"] == "Ours."
    assert "databricks_policy_info.a_local__filter_home" in made


def test_a_function_keeps_quotes_and_lines_of_its_body_and_comment():
    """The comment is a SQL literal; the body is kept as it is written."""
    row_filter = RowFilter(name="f", body="value =\n  'O''Brien'", comment='It\'s \\ "so"')
    stack = platform("prod", filter_policy(row_filters=(row_filter,)))
    ddl = stack.assets["assets/functions.sql"].decode()
    assert "COMMENT 'It\\'s \\\\ \"so\"'\n" in ddl
    assert "RETURN value =\n  'O''Brien';\n" in ddl


def test_tag_values_are_quoted_in_conditions_of_policies():
    """A class may hold a quote; the condition still means that class."""
    mask = MaskFunction(name="m", body="'x'")
    policy = mask_policy()
    classes = (policy.classifications[0].model_copy(update={"name": "it's", "mask": mask}),)
    stack = platform("prod", domain("a"), mask_policy("x", classifications=classes))
    policies = resources(stack, "databricks_policy_info").values()
    conditions = {one["match_columns"][0]["condition"] for one in policies}
    assert "has_tag_value('classification', 'it\\'s')" in conditions
