# SPDX-License-Identifier: Apache-2.0
"""The real Terraform CLI against the local workspace, in a folder of its own for each test."""

from pathlib import Path

import pytest
from tests.terraform_cli import BIN, Terraform

from meshform.local.install import install


@pytest.fixture(scope="session")
def installed(tmp_path_factory) -> Path:
    """A folder with the stand-in provider's mirror."""
    assert (BIN / "meshform").exists(), f"no `meshform` command in {BIN}: run `make setup`"
    root = tmp_path_factory.mktemp("installed")
    install(root)
    return root


@pytest.fixture
def make_terraform(tmp_path, installed):
    """Makes Terraform in further folders of one store: `make_terraform("second")`."""

    def make(name: str = "stack") -> Terraform:
        return Terraform(tmp_path / name, tmp_path / "store" / "local.sqlite3", installed)

    return make


@pytest.fixture
def terraform(make_terraform) -> Terraform:
    """Terraform in a fresh folder with a fresh store."""
    return make_terraform()
