# SPDX-License-Identifier: Apache-2.0
"""Two repositories that share nothing but a manifest, deployed into one local workspace by real Terraform."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.terraform_cli import Terraform

ROOT = Path(__file__).parents[2]

PRINCIPALS = """\
from pathlib import Path

from meshform import (
    Column, Consumer, Contract, DataProduct, Domain, Environment, Group, Mesh, Pipeline, Platform,
    ServicePrincipal, Support, Warehouse, from_manifest,
)
from meshform.cdk import App, add_stacks, readable_errors, synthesize
from meshform.model.contract import Table

HERE = Path(__file__).parent
GROUPS = [
    Group(name="owners", members=("deployer",)),
    Group(name="finance-readers", members=("finance-pipeline",)),
]
SERVICE_PRINCIPALS = [
    ServicePrincipal(name=name) for name in ("deployer", "customers-pipeline", "finance-pipeline")
]
"""

CUSTOMERS = """\
with readable_errors():
    app = App()
    mesh = Mesh(
        app,
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
        groups=GROUPS,
        service_principals=SERVICE_PRINCIPALS,
    )
    customers = Domain(mesh, "customers", owner="owners", support=Support(channel="#customers"))
    columns = [Column(name="id", type="string"), Column(name="country", type="string")]
    DataProduct(
        customers,
        "customers",
        contract=Contract(
            id="customers",
            version="2.1.0",
            status="active",
            tables=[Table(name="customers", physical_type="materialized_view", columns=columns)],
        ),
        pipeline=Pipeline(source=HERE / "pipeline", run_as="customers-pipeline"),
        consumers=[Consumer(group="finance-readers", purpose="revenue", approver="owners")],
    )
    add_stacks(app, mesh)
    synthesize(app)
"""

FINANCE = """\
with readable_errors():
    app = App()
    mesh = Mesh(
        app,
        "finance",
        environments=[
            Environment.local(deployer="deployer", creates_principals=False, creates_external=False)
        ],
        platform=Platform(
            owner="owners",
            catalog="finance_platform",
            warehouse=Warehouse(name="meshform_local", create=False),
            workspace_folder="/Workspace/Shared/finance",
        ),
        groups=GROUPS,
        service_principals=SERVICE_PRINCIPALS,
    )
    finance = Domain(mesh, "finance", owner="owners", support=Support(channel="#finance"))
    described = [Column(name="country", type="string"), Column(name="customers", type="bigint")]
    DataProduct(
        finance,
        "countries",
        contract=Contract(
            id="countries",
            version="1.0.0",
            tables=[
                Table(name="per_country", physical_type="materialized_view", columns=described),
                Table(name="countries", physical_type="view", columns=described),
            ],
        ),
        pipeline=Pipeline(source=HERE / "pipeline", run_as="finance-pipeline"),
        views={
            "countries": "SELECT country, count(*) AS customers FROM customers.gold.customers GROUP BY 1"
        },
        inputs=[from_manifest(HERE / "customers.customers.json").port("customers")],
    )
    add_stacks(app, mesh)
    synthesize(app)
"""


def synthesized(folder: Path, main: str) -> Path:
    """A repository with this app, synthesized; returns its output folder."""
    (folder / "pipeline").mkdir(parents=True, exist_ok=True)
    (folder / "pipeline" / "make.py").write_text("from pyspark import pipelines as dp\n")
    (folder / "main.py").write_text(PRINCIPALS + main)
    out = folder / "cdktf.out"
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        env={
            **os.environ,
            "CDKTF_OUTDIR": str(out),
            "MESHFORM_ENV": "local",
            "PYTHONPATH": str(ROOT / "constructs"),
        },
        check=True,
        timeout=120,
    )
    return out


def test_a_mesh_deploys_on_what_another_repository_made_and_told_by_its_manifest(tmp_path, installed):
    """The first deploys, the second after it; second plans are empty, and destroying both leaves nothing."""
    first = synthesized(tmp_path / "customers", CUSTOMERS)
    (manifest,) = (first / "manifests").iterdir()
    assert manifest.name == "customers.customers.json"
    (tmp_path / "finance").mkdir()
    (tmp_path / "finance" / manifest.name).write_bytes(manifest.read_bytes())
    second = synthesized(tmp_path / "finance", FINANCE)
    assert [path.name for path in (second / "manifests").iterdir()] == ["finance.countries.json"]
    store = tmp_path / "store" / "local.sqlite3"
    stacks = [
        Terraform(out / "stacks" / name, store, installed)
        for out, domain in ((first, "customers"), (second, "finance"))
        for name in ("account-local", "platform-local", f"{domain}-local")
        if (out / "stacks" / name / "cdk.tf.json").exists()
    ]
    assert len(stacks) == 6
    for stack in stacks:
        stack.run("init", "-no-color", "-input=false")
        stack.apply()
    for stack in stacks:
        assert "No changes." in stack.plan()
    pipelines = {row["name"]: row["configuration"] for _, row in stacks[0].store.all("databricks_pipeline")}
    assert pipelines["finance_countries_local"] == {
        "meshform.input.customers.customers.customers": "customers_local.gold.customers"
    }
    made = json.loads((second / "stacks" / "finance-local" / "cdk.tf.json").read_bytes())
    view = made["resource"]["databricks_sql_table"]["gold__countries"]["view_definition"]
    assert "FROM customers_local.gold.customers" in view
    for stack in reversed(stacks):
        stack.destroy()
    with closing(sqlite3.connect(store)) as objects:
        kinds = {kind for (kind,) in objects.execute("SELECT DISTINCT kind FROM object")}
    assert not [kind for kind in kinds if kind.startswith("databricks_") or kind in ("table", "function")]
