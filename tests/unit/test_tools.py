# SPDX-License-Identifier: Apache-2.0
"""The helpers of the Makefile."""

import importlib.util
import json
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


def load(name):
    """A helper as a module; tools/ is not a package."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def shown():
    """What the demonstration shows of some lines of cdktf."""
    show = load("demo").Filter()
    return lambda *lines: [one for line in lines for one in show.lines(line + "\n")]


def test_a_demonstration_shows_each_stacks_plan_and_result(shown):
    """Not the plan's hundreds of lines, and no colours."""
    assert shown(
        "platform-local  \x1b[1mPlan:\x1b[0m 13 to add, 0 to change, 0 to destroy.",
        "                databricks_job.functions: Creating...",
        "                Apply complete! Resources: 13 added, 0 changed, 0 destroyed.",
    ) == [
        "platform-local     Plan: 13 to add, 0 to change, 0 to destroy.",
        "platform-local     Apply complete! Resources: 13 added, 0 changed, 0 destroyed.",
    ]


def test_a_demonstration_says_once_that_nothing_changes(shown):
    """Terraform also completes an apply of nothing; that line is left out."""
    assert shown(
        "account-local  No changes. Your infrastructure matches the configuration.",
        "               Apply complete! Resources: 0 added, 0 changed, 0 destroyed.",
    ) == ["account-local      No changes. Your infrastructure matches the configuration."]


def test_a_demonstration_shows_what_the_steps_do(shown):
    """A step's own words, without Terraform's, and without a wait of no time."""
    assert shown(
        'orders-local  terraform_data.run__orders (local-exec): Executing: ["/bin/sh" "-c" "meshform step"]',
        "              terraform_data.run__orders (local-exec): the pipeline of orders.orders: running, 0 s",
        "              terraform_data.run__orders (local-exec): the pipeline of orders.orders: running, 10 s",
    ) == ["orders-local       the pipeline of orders.orders: running, 10 s"]


def test_a_demonstration_shows_errors_whole_and_leaves_warnings_to_the_log(shown):
    """Terraform frames both the same way."""
    frame = [
        "orders-local  ╷",
        "              │ {}: no such schema",
        "              │ fix it",
        "              ╵",
    ]
    assert shown(*(line.format("Warning") for line in frame)) == []
    assert [line.split(maxsplit=1)[1] for line in shown(*(line.format("Error") for line in frame))] == [
        "╷",
        "│ Error: no such schema",
        "│ fix it",
        "╵",
    ]


def test_the_node_lock_loses_addresses_and_nothing_else():
    """Hashes, versions and the order stay."""
    package = {"version": "1.0.0", "resolved": "x", "integrity": "sha512-a", "funding": {"url": "y"}}
    before = json.dumps({"lockfileVersion": 3, "packages": {"": {"name": "a"}, "node_modules/b": package}})
    after = {"version": "1.0.0", "integrity": "sha512-a"}
    assert json.loads(load("strip_lock").strip(before)) == {
        "lockfileVersion": 3,
        "packages": {"": {"name": "a"}, "node_modules/b": after},
    }
