# SPDX-License-Identifier: Apache-2.0
"""The local workspace under several Terraforms at once, and under a Terraform that is killed."""

import os
import signal
import time
from pathlib import Path

import pytest


def catalogs(prefix: str, count: int) -> dict:
    """Catalogs with a schema each, so that an apply takes several rounds."""
    return {
        "databricks_catalog": {
            f"c{number}": {"name": f"{prefix}_{number}", "force_destroy": True} for number in range(count)
        },
        "databricks_schema": {
            f"s{number}": {"catalog_name": f"${{databricks_catalog.c{number}.name}}", "name": "gold"}
            for number in range(count)
        },
        "databricks_job": {f"j{number}": {"name": f"{prefix}_{number}"} for number in range(count)},
    }


def test_applies_and_plans_at_once_keep_the_store_right(make_terraform):
    """Three applies and ten plans on one fresh store all succeed, and each apply is then unchanged."""
    stacks = [make_terraform(name) for name in ("one", "two", "three")]
    for stack in stacks:
        stack.write(resource=catalogs(stack.folder.name, 10))
        stack.init()
    applies = [stack.start("apply", "-no-color", "-auto-approve") for stack in stacks]
    plans = [stacks[number % 3].start("plan", "-no-color", "-lock=false") for number in range(10)]
    for process in (*applies, *plans):
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, output + errors
    for stack in stacks:
        stack.plan(code=0)
    store = stacks[0].store
    assert len(store.all("databricks_catalog")) == 30
    assert len(store.all("databricks_schema")) == 30
    assert len({row["id"] for _, row in store.all("databricks_job")}) == 30
    assert store.all("apply") == []


def providers_of(parent: int) -> list[int]:
    """Process ids of the providers that a Terraform has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent:
                found.append(int(entry.name))
    return found


def is_running(process: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="finds the provider in /proc, which is Linux"
)
@pytest.mark.parametrize("after", [0, 20])
@pytest.mark.parametrize("with_provider", [False, True], ids=["terraform", "terraform-and-provider"])
def test_a_killed_apply_is_finished_by_the_next(terraform, after, with_provider):
    """Terraform dies by SIGKILL in the middle, alone or with its provider; applying again ends clean."""
    terraform.write(resource=catalogs("c", 20))
    terraform.init()
    process = terraform.start("apply", "-no-color", "-auto-approve")
    deadline = time.monotonic() + 60
    while len(terraform.store.all("made")) <= after:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.002)
    providers = providers_of(process.pid)
    assert providers
    os.kill(process.pid, signal.SIGKILL)
    if with_provider:
        for provider in providers:
            os.kill(provider, signal.SIGKILL)
    process.communicate(timeout=30)
    while any(map(is_running, providers)):
        assert time.monotonic() < deadline, "the provider outlives its Terraform"
        time.sleep(0.02)

    for lock in terraform.folder.glob(".terraform.tfstate.lock.info"):
        lock.unlink()
    terraform.apply()
    terraform.plan(code=0)
    assert len(terraform.store.all("databricks_catalog")) == 20
    assert len(terraform.store.all("databricks_schema")) == 20
    assert {row["name"] for _, row in terraform.store.all("databricks_job")} == {f"c_{n}" for n in range(20)}
    assert len(terraform.store.all("databricks_job")) == 20, "no job is left over"
    assert terraform.store.all("apply") == []
