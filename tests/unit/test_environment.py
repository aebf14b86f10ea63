# SPDX-License-Identifier: Apache-2.0
"""Environments: names of stacks and of what the metastore holds, and what each allows by default."""

import pytest
from pydantic import ValidationError

from meshform.model.environment import Environment


def test_an_environment_with_a_name_and_deployer_keeps_data_and_uses_the_real_provider():
    """All defaults are the careful ones."""
    assert Environment(name="dev", deployer="d").model_dump() == {
        "name": "dev",
        "deployer": "d",
        "metastore_admin": False,
        "production": False,
        "personal": False,
        "account_id": None,
        "allow_removal": False,
        "creates_principals": False,
        "creates_external": False,
        "workspace_id": None,
        "region": None,
        "first_run": "apply",
        "stricter": {},
        "provider_source": "databricks/databricks",
        "provider_version": ">= 1.128, < 2",
    }


def test_the_local_environment_makes_everything_and_may_delete_it():
    """It has the stand-in provider in its exact version, and creates the principals of the registry."""
    local = Environment.local(deployer="d")
    assert (local.name, local.personal, local.production, local.creates_principals) == (
        "local",
        True,
        False,
        True,
    )
    assert (local.provider_source, local.provider_version) == (
        "meshform.local/databricks/databricks",
        "1.128.0",
    )
    assert local.is_local
    assert not Environment(name="local", deployer="d").is_local


@pytest.mark.parametrize(
    ("environment", "account", "platform", "domain", "scoped"),
    [
        (Environment.local(deployer="d"), "account-local", "platform-local", "crm-eu-local", "crm_eu_local"),
        (Environment(name="dev", deployer="d"), "account", "platform-dev", "crm-eu-dev", "crm_eu_dev"),
        (
            Environment(name="live-test", deployer="d"),
            "account",
            "platform-live-test",
            "crm-eu-live-test",
            "crm_eu_live_test",
        ),
        (
            Environment(name="prod", deployer="d", production=True),
            "account",
            "platform-prod",
            "crm-eu-prod",
            "crm_eu",
        ),
    ],
)
def test_names_of_stacks_and_of_the_metastore(environment, account, platform, domain, scoped):
    """Stacks always carry the environment, names in the metastore do outside of production."""
    assert environment.account_stack == account
    assert environment.platform_stack == platform
    assert environment.domain_stack("crm_eu") == domain
    assert environment.scoped("crm_eu") == scoped


@pytest.mark.parametrize("name", ["", "Dev", "a_b", "-a", "a-", "a--b", "1a", "a b", "dev\n", "a.b", "ä"])
def test_a_name_that_does_not_fit_into_a_stack_is_refused(name):
    """Only lower-case words joined by `-`."""
    with pytest.raises(ValidationError):
        Environment(name=name, deployer="d")


def test_first_runs_happen_during_apply_or_by_hand():
    """There is no third way."""
    assert Environment(name="a", deployer="d", first_run="manual").first_run == "manual"
    with pytest.raises(ValidationError):
        Environment(name="a", deployer="d", first_run="never")
