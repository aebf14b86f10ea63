# SPDX-License-Identifier: Apache-2.0
"""`meshform codeowners`: which team approves which files."""

import sys
from datetime import date
from pathlib import Path

import pytest
from tests.meshes import at, domain, mesh, product

from meshform.cli import main
from meshform.cli.codeowners import codeowners
from meshform.model.policy import Policy
from meshform.model.waiver import Waiver

ROOT = Path(__file__).parents[2]


def test_each_domain_owns_its_folder(monkeypatch, capsys):
    """The example has a folder for each."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["meshform", "codeowners", "--org", "shop"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    folders = sorted(path.parent.name for path in (ROOT / "domains").glob("*/__init__.py"))
    expected = [f"/domains/{name}/ @shop/{name}-domain-owners" for name in folders]
    reviewed = ("__init__.py", "policies.py", "waivers.yaml")
    expected = sorted([*expected, *(f"/domains/{name} @shop/governance-council" for name in reviewed)])
    assert capsys.readouterr().out.splitlines() == expected
    assert "orders" in folders


def test_the_council_reviews_policies_and_waivers():
    """Alone, for each owner of a file may approve; a domain's own policy is the domain's until it waives."""
    one = Waiver(
        rule="MF403", scope="a", reason="so", ticket="1", approver="owners", expires=date(2030, 1, 1)
    )
    parts = [
        domain("a", owner="A Team", place=at(1, "a/__init__.py")),
        Policy(name="floor", place=at(1, "a/all.py")),
        Policy(name="own", domain="a", place=at(2, "a/own.py")),
        Policy(
            name="file", domain="a", waivers=(one,), waivers_file=Path("a/w w.yaml"), place=at(2, "a/own.py")
        ),
        Policy(name="value", domain="a", waivers=(one,), place=at(3, "a/value.py")),
        Policy(name="elsewhere", waivers_file=Path("/elsewhere/waivers.yaml")),
    ]
    spec = mesh(*parts, place=at(1, "mesh.py"), governance_council="The Council")
    assert codeowners(spec, "shop") == [
        "/a/ @shop/a-team",
        "/a/all.py @shop/the-council",
        "/a/value.py @shop/the-council",
        "/a/w\\ w.yaml @shop/the-council",
        "/mesh.py @shop/the-council",
    ]
    assert codeowners(spec.model_copy(update={"governance_council": None}), "shop") == ["/a/ @shop/a-team"]


def test_what_several_own_is_owned_by_file():
    """So is what stands beside the mesh itself; a consumers' file elsewhere counts too."""
    parts = [
        domain("a", owner="A Team", place=at(1, "x/all.py")),
        domain("b", owner="b_team", place=at(1, "x/b.py")),
        domain("c", place=at(1, "mesh/c.py")),
        domain("d", place=at(1, "d.py")),
        domain("e", place=at(1, "e e/e.py")),
        product("a.one", place=at(2, "x/all.py"), consumers_file=Path("a/readers/consumers.yaml")),
        product("b.two", place=at(3, "x/all.py")),
    ]
    assert codeowners(mesh(*parts, place=at(1, "mesh/mesh.py")), "shop") == [
        "/a/readers/ @shop/a-team",
        "/d.py @shop/owners",
        "/e\\ e/ @shop/owners",
        "/mesh/c.py @shop/owners",
        "/x/all.py @shop/a-team @shop/b_team",
        "/x/b.py @shop/b_team",
    ]
