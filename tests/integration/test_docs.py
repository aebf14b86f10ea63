# SPDX-License-Identifier: Apache-2.0
"""The examples of the documentation, deployed into a local workspace by real Terraform."""

import json
import os
import subprocess
import sys

import pytest
from tests.docs_pages import ROOT, pages
from tests.terraform_cli import Terraform, live_through


@pytest.mark.parametrize("page", pages())
def test_a_page_deploys_plans_nothing_more_and_destroys(page, tmp_path, installed):
    """Each stack in its order; the second plan is empty, and a destroy leaves nothing."""
    store, out = tmp_path / "store" / "local.sqlite3", tmp_path / "out"
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "docs_pages.py", page],
        cwd=tmp_path,
        env={**os.environ, "CDKTF_OUTDIR": str(out), "MESHFORM_ENV": "local"},
        stdout=subprocess.PIPE,
        check=True,
    )
    stacks = [
        Terraform(out / "stacks" / name, store, installed)
        for name in json.loads(done.stdout.splitlines()[-1])
    ]
    for stack in stacks:
        stack.run("init", "-no-color", "-input=false")
        stack.apply()
    live_through(stacks)
