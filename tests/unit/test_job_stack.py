# SPDX-License-Identifier: Apache-2.0
"""A product's job: its code, its task, its first run, and the module that it imports."""

import sys
from types import ModuleType

import pytest
import sqlglot
from sqlglot import exp
from tests.meshes import (
    column,
    compiled,
    found,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    table,
    view,
)

from meshform.model.findings import MeshformError
from meshform.model.product import Job, Product, Volume
from meshform.model.schedule import Schedule


@pytest.fixture
def source(tmp_path):
    """A folder with a job's code."""
    (tmp_path / "main.py").write_text("print(1)\n")
    (tmp_path / "query.sql").write_text("SELECT 1\n")
    return tmp_path


def sold(source, *tables, job=None, **fields):
    """A product with a job."""
    given = {"pipeline": None, "job": Job(source=source, run_as="runner", **(job or {})), **fields}
    return product("sales.sold", *(tables or (table("sold", physical_type="table"),)), **given)


def stack_of(*parts, environment="prod"):
    """The stack of domain `sales`."""
    return compiled(mesh(*parts), environment).stacks[f"sales-{environment}"]


def test_a_job_runs_its_main_file_on_serverless_compute(source):
    """All defaults: the whole job, its permissions, and its step."""
    stack = stack_of(sold(source))
    made = resources(stack)
    folder = "/Workspace/Shared/meshform/prod/sales/sold"
    assert made["databricks_job.sold"] == {
        "name": "sales_sold",
        "description": "Runs the code of data product sales.sold.",
        "max_concurrent_runs": 1,
        "queue": [{"enabled": True}],
        "task": [
            {
                "task_key": "main",
                "environment_key": "default",
                "spark_python_task": [
                    {
                        "python_file": f"{folder}/main.py",
                        "source": "WORKSPACE",
                        "parameters": ["meshform.catalog=sales"],
                    }
                ],
            }
        ],
        "environment": [{"environment_key": "default", "spec": [{"environment_version": "2"}]}],
        "run_as": [{"service_principal_name": "runner-prod-id"}],
        "tags": {"domain": "sales", "product": "sold"},
        "depends_on": sorted(a for a in made if a.startswith("databricks_workspace_file.sold__")),
    }
    assert sorted(stack.assets) == [
        "assets/sold.main.py",
        "assets/sold.query.sql",
        "assets/sold.sold_contract.py",
    ]
    assert made["databricks_permissions.job__sold"]["job_id"] == "${databricks_job.sold.id}"
    assert "databricks_pipeline.sold" not in made
    assert made["terraform_data.run__sold"]["triggers_replace"]["job"] == "${databricks_job.sold.id}"
    grants = {one["principal"]: one["privileges"] for one in made["databricks_grants.schema__gold"]["grant"]}
    assert grants["runner-prod-id"] == ["CREATE_TABLE", "USE_SCHEMA"]


def test_a_job_has_a_schedule_dependencies_and_settings(source):
    """All values; what differs by environment is a parameter."""
    (source / "load.py").write_text("print(2)\n")
    job = {"main": "load.py", "dependencies": ("a==1",), "schedule": Schedule(cron="0 0 * * * ?")}
    made = resources(
        stack_of(
            sold(
                source,
                job=job,
                volumes=(Volume(name="raw", schema_name="bronze"),),
                inputs=(port("stock.left.left"),),
            ),
            product("stock.left", consumers=(product_consumer("sales.sold", "left"),)),
        )
    )["databricks_job.sold"]
    task = made["task"][0]["spark_python_task"][0]
    assert task["python_file"].endswith("/sold/load.py")
    assert task["parameters"] == [
        "meshform.catalog=sales",
        "meshform.input.stock.left.left=stock.gold.left",
        "meshform.volume.raw=/Volumes/sales/bronze/raw",
    ]
    assert made["environment"][0]["spec"] == [{"environment_version": "2", "dependencies": ["a==1"]}]
    assert made["schedule"][0]["quartz_cron_expression"] == "0 0 * * * ?"


def test_the_first_run_is_before_tags_and_is_repeated_when_the_code_changes(source):
    """As for a pipeline."""
    tagged = table("sold", physical_type="table", tags=("tier=1",))
    before = resources(stack_of(sold(source, tagged)))
    tag = before["databricks_entity_tag_assignment.gold__sold__tier"]
    assert tag["depends_on"] == ["terraform_data.run__sold"]
    (source / "main.py").write_text("print(3)\n")
    after = resources(stack_of(sold(source, tagged)))
    digests = [made["terraform_data.run__sold"]["triggers_replace"]["digest"] for made in (before, after)]
    assert digests[0] != digests[1]


def test_a_job_without_its_main_file_is_refused(source):
    """MF379 lists the files that are there; a folder without code is MF317."""
    with pytest.raises(MeshformError) as caught:
        stack_of(sold(source, job={"main": "load.py"}))
    (finding,) = caught.value.findings
    assert (finding.code, finding.allowed) == ("MF379", "main.py")
    (source / "empty").mkdir()
    with pytest.raises(MeshformError) as caught:
        stack_of(sold(source / "empty"))
    assert caught.value.findings[0].summary == "the job of sales.sold has no code"


@pytest.mark.parametrize("main", ["../main.py", "a/main.py", "main", "main.sql"])
def test_main_is_a_file_of_the_folder_itself(main):
    """A path would leave it, and SQL is not run."""
    with pytest.raises(ValueError, match="main"):
        Job(source="x", run_as="runner", main=main)


def test_a_product_has_a_pipeline_or_a_job(source):
    """Two makers would both make the tables."""
    with pytest.raises(ValueError, match="not both"):
        sold(source, pipeline=product("a.b").pipeline)


def test_who_runs_a_job_is_a_service_principal_of_the_registry(source):
    """MF303 and MF316, as for a pipeline."""
    spec = sold(source)
    assert found(mesh(spec), "MF303") == []
    for name, code in (("nobody", "MF303"), ("readers", "MF316")):
        changed = Product(**{**dict(spec), "job": Job(source=source, run_as=name)})
        assert len(found(mesh(changed), code)) == 1


HOSTILE = ("it's", '"""', "back\\slash\\", "two\nlines", "{braces}", "%s ${x}", "\\'; DROP TABLE x; --")


def module_of(source, *tables, **fields) -> ModuleType:
    """The module beside a job's code, run as Databricks would."""
    text = stack_of(sold(source, *tables, **fields)).assets["assets/sold.sold_contract.py"].decode()
    module = ModuleType("sold_contract")
    exec(compile(text, "sold_contract.py", "exec"), module.__dict__)  # noqa: S102 - it is what is tested
    return module


def test_the_module_names_things_in_this_environment(source, monkeypatch):
    """By the parameters of the task."""
    module = module_of(source)
    given = [
        "main.py",
        "meshform.catalog=sales",
        "meshform.input.a.b.c=x.y.z",
        "meshform.volume.raw=/Volumes/1=2",
    ]
    monkeypatch.setattr(sys, "argv", given)
    assert module.full_name("gold.sold") == "`sales`.`gold`.`sold`"
    assert (module.source("a.b.c"), module.volume("raw")) == ("x.y.z", "/Volumes/1=2")
    assert module.columns("gold.sold") == "`id` string"
    with pytest.raises(KeyError, match=r"meshform\.volume\.other"):
        module.volume("other")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_module_makes_tables_with_the_contracts_comments(source, text, monkeypatch):
    """Whatever is in them, it stays a literal."""
    monkeypatch.setattr(sys, "argv", ["main.py", "meshform.catalog=sales"])
    views = {"top": "SELECT id FROM sold"}
    wanted = table(
        "sold", column("id", required=True, description=text), physical_type="table", description=text
    )
    create, comment = module_of(source, wanted, view("top"), views=views).ddl("gold.sold")
    tree = sqlglot.parse(create, read="databricks")
    assert len(tree) == 1
    made = tree[0]
    assert made.kind == "TABLE"
    assert made.args["exists"]
    assert made.find(exp.CommentColumnConstraint).this.name == text
    assert comment.startswith("COMMENT ON TABLE `sales`.`gold`.`sold` IS '")
    assert len(sqlglot.parse(comment, read="databricks")) == 1


def test_the_module_leaves_tables_of_other_makers_alone(source, monkeypatch):
    """`create` asks Spark for nothing then."""
    monkeypatch.setattr(sys, "argv", ["main.py", "meshform.catalog=sales"])
    module = module_of(source)
    asked: list[str] = []
    monkeypatch.setattr(module, "_spark", type("Spark", (), {"sql": lambda _, text: asked.append(text)}))
    module.create("gold.sold")
    assert len(asked) == 2
    module.CONTRACT["gold.sold"]["made_by"] = "Terraform"
    module.create("gold.sold")
    assert len(asked) == 2
