# SPDX-License-Identifier: Apache-2.0
"""`meshform coverage`: the matrix for people and for programs."""

import json

import pytest
from click.testing import CliRunner
from tests.meshes import column, group_consumer, mask_policy, mesh, product, table

from meshform.cli import coverage

POLICIES = (mask_policy(),)


@pytest.fixture
def run(monkeypatch):
    """The command on a mesh with these policies; returns the exit code and what it prints."""

    def run(*arguments, policies=POLICIES):
        sold = table("sold", column("id"), column("email", classification="personal"))
        spec = mesh(product("sales.sold", sold, consumers=(group_consumer("sold"),)), *policies)
        monkeypatch.setattr(coverage, "load_mesh", lambda _settings: spec)
        result = CliRunner().invoke(coverage.command, arguments)
        return result.exit_code, result.stdout

    return run


def test_it_shows_who_sees_what_and_who_could_change_that(run):
    """In words, with the route."""
    code, out = run("--env", "prod")
    assert code == 0
    assert "sales.gold.sold: email  class personal\n" in out
    assert "  could be changed by owners, who owns catalog sales\n" in out
    assert "  could be changed by exempt, who is exempt by mask_personal: whoever may add members" in out
    assert (
        "  readers: masked by mask_personal on sales  (SELECT on table sales.gold.sold to readers)\n" in out
    )
    assert "  runner: clear, exempt from class 'personal' by exempt  (runner owns sales.gold.sold)\n" in out


def test_it_is_narrowed_by_column_and_principal(run):
    """A pattern with `*`, and a name of the mesh."""
    for arguments, told in [
        (("--column", "sales.*.email"), True),
        (("--column", "sales.*.id"), False),
        (("--principal", "readers"), True),
        (("--principal", "nobody"), False),
    ]:
        code, out = run("--env", "prod", *arguments)
        assert code == 0
        assert ("readers: masked" in out) is told
        assert ("nobody reaches a classified column like that" in out) is not told


def test_it_is_json_for_programs(run):
    """Each row has its columns, reader, route and keepers."""
    code, out = run("--env", "prod", "--format", "json", "--principal", "readers")
    (row,) = json.loads(out)
    keepers = row.pop("keepers")
    assert code == 0
    assert row == {
        "columns": ["sales.gold.sold.email"],
        "classification": "personal",
        "read_in": "sales.gold.sold",
        "principal": "readers",
        "sees": "masked",
        "by": ["mask_personal on sales"],
        "leave": None,
        "allowed": True,
        "route": "SELECT on table sales.gold.sold to readers",
    }
    assert {"principal": "owners", "how": "owns catalog sales"} in keepers


def test_it_fails_when_somebody_sees_a_class_without_leave(run):
    """It shows the matrix all the same."""
    code, out = run("--env", "prod", policies=())
    assert code == 1
    assert "  readers: clear, without leave  (SELECT on table sales.gold.sold to readers)\n" in out
