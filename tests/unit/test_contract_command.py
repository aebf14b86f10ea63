# SPDX-License-Identifier: Apache-2.0
"""`meshform contract`: export and check."""

import pytest
from click.testing import CliRunner
from tests.meshes import contract, mesh, product, table

from meshform.cli import contract as module
from meshform.model.findings import MeshformError
from meshform.model.odcs import parse_contract
from meshform.model.odcs_write import content

TEXT = "kind: DataContract\napiVersion: v3.1.0\nid: o\nversion: 1.0.0\nstatus: active\n"


def run(*arguments):
    """The command's result; a user's mistake is raised, as `main` expects it."""
    return CliRunner().invoke(module.command, arguments, catch_exceptions=False)


def test_a_file_is_printed_with_the_same_content_in_its_order(tmp_path):
    """Comments are left out."""
    path = tmp_path / "o.odcs.yaml"
    path.write_text(f"# words\n{TEXT}")
    assert run("export", str(path)).output == TEXT


def test_the_contract_of_a_product_is_printed_also_when_it_was_made_in_python(monkeypatch):
    """What is printed reads as that contract."""
    given = contract(table("sold"))
    spec = mesh(product("sales.sold", contract=given))
    monkeypatch.setattr("meshform.cli.load.load_mesh", lambda _settings: spec)
    printed = run("export", "sales.sold").output
    assert content(parse_contract(printed)) == content(given)


def test_a_misspelt_product_is_told_with_the_nearest(monkeypatch):
    """MF250."""
    monkeypatch.setattr("meshform.cli.load.load_mesh", lambda _settings: mesh(product("sales.sold")))
    with pytest.raises(MeshformError) as caught:
        run("export", "sales.sodl")
    [finding] = caught.value.findings
    assert (finding.code, finding.fix) == ("MF250", "did you mean 'sales.sold'?")


@pytest.mark.parametrize("verb", ["export", "check"])
def test_a_file_that_is_no_contract_is_refused_with_its_findings(tmp_path, verb):
    """A file that is not there, no YAML, no contract."""
    for name, text, code in (
        ("a.yaml", None, "MF101"),
        ("b.yaml", "a: [", "MF105"),
        ("c.yaml", "a: 1", "MF201"),
    ):
        path = tmp_path / name
        if text is not None:
            path.write_text(text)
        with pytest.raises(MeshformError) as caught:
            run(verb, str(path))
        assert [one.code for one in caught.value.findings] == [code]


def test_a_good_file_is_checked_with_a_clear_yes(tmp_path):
    """No mesh is needed."""
    path = tmp_path / "o.yaml"
    path.write_text(f"{TEXT}schema: [{{name: t, properties: [{{name: c, logicalType: string}}]}}]\n")
    result = run("check", str(path))
    assert (result.exit_code, result.output) == (0, "1 table: no errors\n")
