# SPDX-License-Identifier: Apache-2.0
"""The example mesh's whole life in the local workspace, by the real cdktf and Terraform."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.meshes import EXAMPLE_TYPES

from meshform.local.store import Store
from meshform.toolchain import Layout, commands_environment

ROOT = Path(__file__).parents[2]
DOMAINS = ("customers", "orders", "geography", "supply", "sales")
STACKS = ["account-local", "platform-local", *(f"{name}-local" for name in DOMAINS)]


class App:
    """A copy of the example, with cdktf and Terraform as `. .meshform/env.sh` gives them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("domains", "stacks"):
            shutil.copytree(ROOT / name, folder / name)
        for name in ("main.py", "cdktf.json", "pyproject.toml"):
            shutil.copy(ROOT / name, folder)
        layout = Layout(ROOT)
        assert layout.cdktf.exists(), "cdktf is not installed: run `make setup`"
        rest = {key: os.environ[key] for key in os.environ if not key.startswith(("TF_", "DATABRICKS_"))}
        self.env = {
            **commands_environment(layout, rest),
            "CI": "true",
            "MESHFORM_ENV": "local",
            "MESHFORM_LOCAL_STORE": str(folder / ".meshform" / "local.sqlite3"),
        }
        self.store = Store(folder / ".meshform" / "local.sqlite3")

    def cdktf(self, *arguments: str) -> str:
        """Run cdktf to its end; returns its output on one line."""
        return self._run(["cdktf", *arguments, "--no-color"], self.folder)

    def terraform(self, stack: str, *arguments: str, code: int = 0) -> str:
        """Run Terraform in a synthesized stack."""
        return self._run(["terraform", *arguments], self.folder / "cdktf.out" / "stacks" / stack, code)

    def _run(self, command: list[str], folder: Path, code: int = 0) -> str:
        done = subprocess.run(
            command,
            cwd=folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == code, done.stdout[-5000:]
        return " ".join(done.stdout.split())

    def changes(self, stack: str) -> list[str]:
        """Addresses that a plan would change, with the action, such as `update databricks_schema.gold`."""
        self.terraform(stack, "plan", "-input=false", "-no-color", "-out=test.tfplan")
        text = self.terraform(stack, "show", "-json", "test.tfplan")
        found = json.loads(text).get("resource_changes", [])
        actions = {one["address"]: "+".join(one["change"]["actions"]) for one in found}
        return sorted(f"{a} {address}" for address, a in actions.items() if a not in ("no-op", "read"))

    def types_in_states(self) -> set[str]:
        """Types of the resources that the states hold."""
        states = [json.loads(path.read_text()) for path in self.folder.glob("terraform.*.tfstate")]
        return {one["type"] for state in states for one in state["resources"] if one["mode"] == "managed"}


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> App:
    """The example, deployed once for the module."""
    app = App(tmp_path_factory.mktemp("example"))
    app.deployed = app.cdktf("deploy", "*", "--auto-approve")
    return app


def test_one_command_deploys_every_type_of_the_example(app: App):
    """After `cdktf deploy '*'` the states hold every type, and the workspace what steps made."""
    assert "Apply complete!" in app.deployed
    assert app.types_in_states() == EXAMPLE_TYPES
    tables = [name for name, _ in app.store.all("table")]
    assert tables == [
        "customers_local.bronze.customers_raw",
        "customers_local.gold.customers",
        "orders_local.bronze.orders_raw",
        "orders_local.gold.orders_gold",
        "orders_local.silver.orders_quarantine",
        "orders_local.silver.orders_silver",
        "sales_local.gold.buyers",
        "sales_local.gold.line_items",
        "sales_local.gold.purchases_v1",
        "sales_local.gold.purchases_v2",
        "supply_local.gold.part_supply",
        "supply_local.gold.parts",
        "supply_local.gold.suppliers",
    ]
    functions = [name for name, _ in app.store.all("function")]
    assert functions == [
        "customers_local.governance.home_market",
        "platform_local.governance.mask_personal",
        "sales_local.gold.net_price",
    ]


def test_the_second_plan_is_empty(app: App):
    """Right after a deployment nothing is to be done, in any stack; `cdktf diff` says the same."""
    assert {stack: app.changes(stack) for stack in STACKS} == {stack: [] for stack in STACKS}
    assert "No changes." in app.cdktf("diff", "orders-local")


def test_drift_shows_in_the_next_plan(app: App):
    """What somebody changed or removed in the workspace comes back: an update and a creation."""
    with closing(sqlite3.connect(app.store.path)) as store, store:
        row = store.execute("SELECT value FROM object WHERE key = 'orders_local.gold'").fetchone()
        changed = {**json.loads(row[0]), "comment": "changed by hand"}
        store.execute("UPDATE object SET value = ? WHERE key = 'orders_local.gold'", (json.dumps(changed),))
        store.execute("DELETE FROM object WHERE kind = 'databricks_recipient' AND key = 'auditors_local'")
    assert app.changes("orders-local") == [
        "create databricks_recipient.auditors",
        "update databricks_schema.gold",
    ]
    app.terraform("orders-local", "apply", "-input=false", "-auto-approve", "-no-color")
    assert app.changes("orders-local") == []


def test_a_change_of_the_contract_reaches_the_workspace(app: App):
    """A new column runs the pipeline again and is tagged; what does not depend on it stays."""
    contract = app.folder / "domains" / "customers" / "customers.odcs.yaml"
    before = contract.read_text()
    phone = "      - name: phone\n        logicalType: string\n        classification: personal\n"
    phone += "        description: Number for questions about orders.\n"
    marker = "      - name: customer_since\n        logicalType: date\n"
    assert before.count(marker) == 1
    contract.write_text(before.replace(marker, phone + marker))
    app.cdktf("synth")
    changes = app.changes("customers-local")
    assert "create databricks_entity_tag_assignment.gold__customers__phone__classification" in changes
    assert any(one.startswith("delete+create terraform_data.run__customers") for one in changes)
    assert [one for one in changes if "schema" in one or "catalog" in one or "policy" in one] == []
    app.terraform("customers-local", "apply", "-input=false", "-auto-approve", "-no-color")
    table = app.store.get("table", "customers_local.gold.customers")
    columns = [column["name"] for column in table["columns"]]
    assert columns == ["customer_id", "full_name", "email", "country", "phone", "customer_since"]
    assert {stack: app.changes(stack) for stack in STACKS} == {stack: [] for stack in STACKS}
    contract.write_text(before)


def test_terraform_killed_in_the_middle_finishes_with_the_next_apply(app: App):
    """SIGKILL while the pipeline of a stack runs; the next apply ends clean, and the plan after is empty."""
    app.cdktf("synth")
    stack = "orders-local"
    app.terraform(stack, "destroy", "-input=false", "-auto-approve", "-no-color")
    process = subprocess.Popen(
        ["terraform", "apply", "-input=false", "-auto-approve", "-no-color"],
        cwd=app.folder / "cdktf.out" / "stacks" / stack,
        env={**app.env, "MESHFORM_LOCAL_RUN_SECONDS": "4"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    runs = len(app.store.all("run"))
    deadline = time.monotonic() + 120
    while len(app.store.all("run")) == runs and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)
    app.terraform(stack, "apply", "-input=false", "-auto-approve", "-no-color")
    assert app.changes(stack) == []


def test_destroy_leaves_nothing(app: App):
    """`cdktf destroy '*'` takes everything down, what the steps made included."""
    app.cdktf("destroy", "*", "--auto-approve")
    assert app.types_in_states() == set()
    with closing(sqlite3.connect(app.store.path)) as store:
        kinds = {kind for (kind,) in store.execute("SELECT DISTINCT kind FROM object")}
    assert {kind for kind in kinds if kind.startswith("databricks_")} | kinds & {"table", "function"} == set()
