# SPDX-License-Identifier: Apache-2.0
"""A product's pipeline: its files in the workspace, job, permissions, rights and first run."""

import pytest
from tests.meshes import compiled, domain, mesh, port, product, product_consumer, resources, table

from meshform.model.domain import Support
from meshform.model.environment import Environment
from meshform.model.findings import MeshformError
from meshform.model.product import Pipeline, Volume
from meshform.model.schedule import Schedule


@pytest.fixture
def source(tmp_path):
    """A folder of code with two kinds of files, a folder below, and something that is no code."""
    folder = tmp_path / "pipeline"
    (folder / "lib").mkdir(parents=True)
    (folder / "main.py").write_text("x = 1\n")
    (folder / "views.sql").write_text("SELECT 1\n")
    (folder / "lib" / "more.py").write_text("y = 2\n")
    (folder / "notes.md").write_text("no code")
    return folder


def stack_of(source, *parts, environment="prod", name="sold", **fields):
    """The stack of domain `sales` with one product."""
    pipeline = Pipeline(source=source, run_as="runner", **fields.pop("pipeline", {}))
    made = product(f"sales.{name}", pipeline=pipeline, **fields)
    return compiled(mesh(made, *parts), environment).stacks[f"sales-{environment}"]


def test_every_code_file_is_uploaded_with_the_contract_beside_it(source):
    """Their bytes stand beside the JSON, so that the state holds only a digest."""
    stack = stack_of(source)
    files = {b["source"]: b["path"] for b in resources(stack, "databricks_workspace_file").values()}
    assert files == {
        f"assets/sold.{path}": f"/Shared/meshform/prod/sales/sold/{path}"
        for path in ("lib/more.py", "main.py", "sold_contract.py", "views.sql")
    }
    assert stack.assets["assets/sold.main.py"] == b"x = 1\n"
    assert set(stack.assets) == set(files)


def test_the_pipeline_runs_files_at_the_top_and_imports_the_rest(source):
    """The generated module and what is in folders below are no libraries of the pipeline."""
    made = resources(stack_of(source, environment="dev"))["databricks_pipeline.sold"]
    root = "/Workspace/Shared/meshform/dev/sales/sold"
    assert {key: made[key] for key in made if key != "depends_on"} == {
        "name": "sales_sold_dev",
        "catalog": "sales_dev",
        "schema": "gold",
        "serverless": True,
        "root_path": root,
        "library": [{"file": [{"path": f"{root}/{path}"}]} for path in ("main.py", "views.sql")],
        "run_as": [{"service_principal_name": "runner-dev-id"}],
        "tags": {"domain": "sales", "product": "sold"},
        "lifecycle": {"prevent_destroy": True},
    }
    assert {a.partition(".")[0] for a in made["depends_on"]} == {
        "databricks_schema",
        "databricks_workspace_file",
    }


def test_the_code_learns_volumes_and_inputs_from_the_configuration(source):
    """Names of the environment reach it in no other way."""
    stack = stack_of(
        source,
        product("crm.people", consumers=(product_consumer("sales.sold"),)),
        environment="dev",
        volumes=(Volume(name="landing", schema_name="bronze"),),
        inputs=(port("crm.people.people"),),
    )
    assert resources(stack)["databricks_pipeline.sold"]["configuration"] == {
        "meshform.volume.landing": "/Volumes/sales_dev/bronze/landing",
        "meshform.input.crm.people.people": "crm_dev.gold.people",
    }


def test_the_job_runs_the_pipeline_on_its_schedule_and_tells_the_support_address(source):
    """It runs as the same service principal, one run at a time."""
    stack = stack_of(
        source,
        domain("sales", support=Support(email="s@x.com")),
        pipeline={"schedule": Schedule(cron="0 0 5 * * ?", timezone="Europe/Vienna")},
    )
    assert resources(stack)["databricks_job.sold"] == {
        "name": "sales_sold",
        "description": "Runs the pipeline of data product sales.sold.",
        "max_concurrent_runs": 1,
        "queue": [{"enabled": True}],
        "task": [
            {"task_key": "pipeline", "pipeline_task": [{"pipeline_id": "${databricks_pipeline.sold.id}"}]}
        ],
        "schedule": [
            {
                "quartz_cron_expression": "0 0 5 * * ?",
                "timezone_id": "Europe/Vienna",
                "pause_status": "UNPAUSED",
            }
        ],
        "run_as": [{"service_principal_name": "runner-prod-id"}],
        "email_notifications": [{"on_failure": ["s@x.com"]}],
        "tags": {"domain": "sales", "product": "sold"},
    }


def test_a_job_without_a_schedule_waits_for_somebody(source):
    """Nor does it write to anybody where the domain has no address."""
    made = resources(stack_of(source))["databricks_job.sold"]
    assert "schedule" not in made
    assert "email_notifications" not in made


def test_the_owners_may_run_the_pipeline_and_manage_runs_of_the_job(source):
    """And nobody else is named; its alerts have permissions of their own."""
    made = resources(stack_of(source), "databricks_permissions")
    assert {address: one for address, one in made.items() if "alert_v2_id" not in one} == {
        "databricks_permissions.job__sold": {
            "job_id": "${databricks_job.sold.id}",
            "access_control": [{"group_name": "owners", "permission_level": "CAN_MANAGE_RUN"}],
        },
        "databricks_permissions.pipeline__sold": {
            "pipeline_id": "${databricks_pipeline.sold.id}",
            "access_control": [{"group_name": "owners", "permission_level": "CAN_RUN"}],
        },
    }


def test_the_service_principal_may_make_tables_where_the_contract_has_some(source):
    """In the schemas of the product's tables, and in no other."""
    stack = stack_of(source, contract=product("x.y", table("a"), table("b", schema_name="silver")).contract)
    made = resources(stack, "databricks_grants")
    rights = {
        address.rpartition("__")[2]: one["privileges"]
        for address, body in made.items()
        for one in body["grant"]
        if one["principal"] == "runner-prod-id"
    }
    expected = ["CREATE_MATERIALIZED_VIEW", "CREATE_TABLE", "USE_SCHEMA"]
    assert rights == {"gold": expected, "silver": expected}


def test_the_first_run_is_repeated_only_when_code_or_configuration_change(source):
    """The digest is the same for the same bytes, and another for a byte, a name or an environment's names."""

    def digest(**options):
        step = resources(stack_of(source, **options))["terraform_data.run__sold"]
        assert step["triggers_replace"]["pipeline"] == "${databricks_pipeline.sold.id}"
        return step["triggers_replace"]["digest"]

    first = digest()
    assert digest() == first
    volumes = (Volume(name="landing", schema_name="bronze"),)
    assert digest(volumes=volumes) != first
    assert digest(volumes=volumes) != digest(volumes=volumes, environment="dev")
    (source / "notes.md").write_text("still no code")
    assert digest() == first
    (source / "main.py").rename(source / "other.py")
    renamed = digest()
    (source / "other.py").write_text("x = 2\n")
    assert len({first, renamed, digest()}) == 3


def test_a_manual_first_run_is_only_a_barrier(source):
    """Where Terraform runs without Python, nothing is run during apply."""
    manual = Environment(name="prod", deployer="deployer", production=True, first_run="manual")
    made = product("sales.sold", pipeline=Pipeline(source=source, run_as="runner"))
    stack = compiled(mesh(made, environments=(manual,)), "prod").stacks["sales-prod"]
    step = resources(stack)["terraform_data.run__sold"]
    assert "provisioner" not in step
    assert step["triggers_replace"]["first_run"] == "manual"


@pytest.mark.parametrize("name", ["empty", "missing", "main.py"])
def test_a_pipeline_without_code_is_refused(source, name):
    """MF317 for a folder without code, one that is not there, and a file in its place."""
    (source / "empty").mkdir()
    with pytest.raises(MeshformError) as caught:
        stack_of(source / name)
    (finding,) = caught.value.findings
    assert finding.code == "MF317"
    assert finding.summary == "the pipeline of sales.sold has no code"
    assert finding.got.endswith(name)
    assert finding.place.construct_path == "mesh/sales/sold"


def test_the_contracts_module_can_be_imported_whatever_the_product_is_called(source):
    """`-` is no part of a name in Python, nor does one start with a digit."""
    assert "assets/sold-out.sold_out_contract.py" in stack_of(source, name="sold-out").assets
    assert (
        "assets/2024._2024_contract.py"
        in stack_of(source, name="2024", contract=product("x.y").contract).assets
    )


def test_a_file_of_the_generated_modules_name_gives_way(source):
    """The contract is the source, also when somebody copied the module beside the code."""
    (source / "sold_contract.py").write_text("CONTRACT = {}\n")
    assert b"Generated from" in stack_of(source).assets["assets/sold.sold_contract.py"]


def test_a_link_that_leads_out_of_the_mesh_is_refused(source, tmp_path, monkeypatch):
    """MF103: nothing of the machine gets into the workspace that nobody reviewed."""
    (tmp_path / "secret.py").write_text("SECRET = 1\n")
    (tmp_path / "mesh").mkdir()
    code = source.rename(tmp_path / "mesh" / "pipeline")
    monkeypatch.chdir(tmp_path / "mesh")
    (code / "lib" / "again.py").symlink_to(code / "main.py")
    assert stack_of(code).assets["assets/sold.lib/again.py"] == b"x = 1\n"
    (code / "lib" / "link.py").symlink_to(tmp_path / "secret.py")
    assert refused(code) == ("MF103", "pipeline/lib/link.py")
    (code / "lib" / "link.py").unlink()
    (tmp_path / "mesh" / "folder").symlink_to(tmp_path)
    assert refused(code.parent / "folder") == ("MF103", "folder")


@pytest.mark.parametrize("name", ["a\udcff.py", "a\x1b[31m.py", "a\n.sql", "a\u202e.py"])
def test_a_file_whose_name_cannot_be_shown_is_refused(source, name):
    """MF333: neither a terminal nor Terraform nor the workspace could do with it."""
    (source / "lib" / name).write_text("")
    code, file = refused(source)
    assert (code, file) == ("MF333", f"{source.as_posix()}/lib/{name}")


def refused(source):
    """Code and file of the only finding."""
    with pytest.raises(MeshformError) as caught:
        stack_of(source)
    (finding,) = caught.value.findings
    return finding.code, finding.place.file
