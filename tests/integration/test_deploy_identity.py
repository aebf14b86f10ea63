# SPDX-License-Identifier: Apache-2.0
"""Domains of docs/domains.md, deployed by their own service principals with real Terraform."""

import json
import os
import subprocess
import sys

import pytest
from tests.docs_pages import ROOT
from tests.terraform_cli import Terraform

STACKS = ["account-local", "platform-local", "canteen-local", "fleet-local", "sales-local"]


class As:
    """The stacks of the page in one local workspace; each is deployed as somebody."""

    def __init__(self, folder, installed) -> None:
        out, self.store = folder / "out", folder / "store" / "local.sqlite3"
        done = subprocess.run(
            [sys.executable, ROOT / "tests" / "docs_pages.py", "domains"],
            cwd=folder,
            env={**os.environ, "CDKTF_OUTDIR": str(out), "MESHFORM_ENV": "local"},
            stdout=subprocess.PIPE,
            check=True,
        )
        names = json.loads(done.stdout.splitlines()[-1])
        assert sorted(names) == sorted(STACKS)
        self.stacks = {name: Terraform(out / "stacks" / name, self.store, installed) for name in names}
        for stack in self.stacks.values():
            stack.run("init", "-no-color", "-input=false")

    def __call__(self, name: str, who: str | None) -> Terraform:
        """A stack, to be used as a service principal; None is an admin."""
        stack = self.stacks[name]
        stack.env.pop("MESHFORM_LOCAL_PRINCIPAL", None)
        if who:
            stack.env["MESHFORM_LOCAL_PRINCIPAL"] = who
        return stack


@pytest.fixture(scope="module")
def of(tmp_path_factory, installed) -> As:
    """The workspace after the platform has done its part."""
    of = As(tmp_path_factory.mktemp("domains"), installed)
    for name in ("account-local", "platform-local"):
        of(name, None).apply()
    return of


def test_a_domain_deploys_its_own_stack_as_its_identity(of):
    """In a catalog of its own and in a shared one; the second plan is empty, destroy and apply work again."""
    for name, who in (("sales-local", "sales-deployer"), ("fleet-local", "fleet-deployer")):
        stack = of(name, who)
        stack.apply()
        assert "No changes." in stack.plan()
        stack.destroy()
        assert "Apply complete!" in stack.apply()


@pytest.mark.parametrize(
    ("name", "who", "why"),
    [
        ("sales-local", "fleet-deployer", "no CREATE SCHEMA on catalog 'sales_local'"),
        ("canteen-local", "sales-deployer", "no CREATE SCHEMA on catalog 'small_domains_local'"),
        ("fleet-local", "sales-deployer", "no MANAGE on"),
        ("platform-local", "sales-deployer", "that is for admins"),
        ("account-local", "sales-deployer", "make a group: that is for admins"),
    ],
)
def test_anything_else_is_refused(of, name, who, why):
    """Another domain's stack, the platform's and the account's, whether it is to be made or removed."""
    stack = of(name, who)
    stack.env["TF_CLI_ARGS_apply"] = "-state=made-by-another.tfstate"
    output = stack.destroy(code=1) if name == "fleet-local" else stack.apply(code=1)
    assert "PERMISSION_DENIED" in output
    assert why in output
