# SPDX-License-Identifier: Apache-2.0
"""`Mesh`: what it declares, how domains and ports are referred to, and what it refuses."""

import inspect
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from constructs import RootConstruct
from pydantic import ValidationError

import meshform
from meshform import (
    Consumer,
    Domain,
    Environment,
    Group,
    Mesh,
    MeshformError,
    Platform,
    ServicePrincipal,
    Warehouse,
)
from meshform.declarations import misuse_of_value
from meshform.model.principals import Principals

ROOT = Path(__file__).parents[2]
HERE = "tests/unit/test_mesh.py"
LOCAL = Environment.local(deployer="deployer")


def make(id_: str = "mesh", **fields) -> Mesh:
    """A mesh, with other arguments where given."""
    given = {"environments": [LOCAL], "platform": Platform(owner="owners"), **fields}
    return Mesh(RootConstruct(), id_, **given)


def refused(call) -> list:
    """The findings of a call that is refused."""
    with pytest.raises(MeshformError) as caught:
        call()
    return list(caught.value.findings)


def test_a_mesh_with_environments_and_platform_only_has_defaults_for_the_rest():
    """All defaults: no principals, domains, products or policies, no day, the tag `classification`."""
    spec = make().spec
    assert spec.name == "mesh"
    assert spec.environments == (LOCAL,)
    assert spec.principals == Principals()
    assert spec.platform == Platform(
        owner="owners",
        catalog="platform",
        schema_name="governance",
        warehouse=Warehouse(name="meshform", create=True, size="2X-Small", auto_stop_minutes=10),
        workspace_folder="/Workspace/Shared/meshform",
    )
    assert (spec.domains, spec.products, spec.policies) == ((), (), ())
    assert (spec.classification_tag, spec.today) == ("classification", None)
    assert (spec.place.file, spec.place.construct_path) == (HERE, "mesh")


def test_a_mesh_keeps_all_that_it_is_given():
    """All values reach the spec, whatever iterables they came in."""
    groups = [Group(name="owners", members=("deployer",))]
    people = [ServicePrincipal(name="deployer")]
    spec = make(
        "north",
        environments=iter([LOCAL]),
        groups=iter(groups),
        service_principals=iter(people),
        classification_tag="class",
        today=date(2030, 1, 2),
    ).spec
    assert spec.name == "north"
    assert list(spec.principals) == groups + people
    assert (spec.classification_tag, spec.today) == ("class", date(2030, 1, 2))


@pytest.mark.parametrize(
    ("groups", "service_principals"),
    [
        ([Group(name="team"), Group(name="Team")], []),
        ([Group(name="team")], [ServicePrincipal(name="team")]),
        ([], [ServicePrincipal(name="x"), ServicePrincipal(name="X")]),
    ],
)
def test_two_principals_of_one_name_are_refused(groups, service_principals):
    """MF304 at the line of the mesh, also when the names differ only by case or are of two kinds."""
    (finding,) = refused(lambda: make(groups=groups, service_principals=service_principals))
    assert (finding.code, finding.summary) == ("MF304", "two principals have one name")
    names = [one.name for one in (*groups, *service_principals)]
    assert finding.got == f"{names[0]!r} and {names[1]!r}"
    assert finding.place.file == HERE


def test_wrong_arguments_of_a_mesh_are_told_together():
    """MF300 for each wrong argument, at the line of the mesh."""
    findings = refused(lambda: make(environments=["local"], today="tomorrow"))
    assert [f.code for f in findings] == ["MF300", "MF300"]
    assert [f.summary.split(": ")[1] for f in findings] == ["environments.0", "today"]
    assert {f.place.file for f in findings} == {HERE}


def test_a_domain_that_is_not_declared_yet_names_the_nearest():
    """MF322 says which domains there are."""
    mesh = make()
    (finding,) = refused(lambda: mesh.domain("sales"))
    assert (finding.code, finding.allowed) == ("MF322", "none is declared")
    assert finding.fix == "declare the domain before it is referred to"
    Domain(mesh, "sales", owner="owners")
    (finding,) = refused(lambda: mesh.domain("sale"))
    assert (finding.got, finding.allowed, finding.fix) == ("sale", "sales", "did you mean 'sales'?")


@pytest.mark.parametrize("address", ["", "sales", "sales.sold", "a.b.c.d", "sales..sold", ".a.b"])
def test_what_is_no_address_of_a_port_is_refused(address):
    """MF320 shows the form of an address."""
    (finding,) = refused(lambda: make().port(address))
    assert (finding.code, finding.got, finding.allowed) == ("MF320", address, "domain.product.port")


def test_a_port_can_be_referred_to_before_it_is_declared():
    """An address is only looked up when the mesh is evaluated."""
    assert str(make().port("sales.sold.sold")) == "sales.sold.sold"


def test_a_value_with_a_wrong_argument_is_a_finding_at_the_line_that_made_it():
    """MF300 with the nearest argument, in Meshform's words, for what pydantic refuses in a user's code."""
    made = inspect.currentframe().f_lineno + 2
    with pytest.raises(ValidationError) as caught:
        Consumer(grup="readers", purpose="x", approver="owners")
    (finding,) = misuse_of_value(caught.value).findings
    assert (finding.code, finding.summary) == ("MF300", "Consumer: grup: extra inputs are not permitted")
    assert finding.fix == "did you mean 'group'?"
    assert (finding.place.file, finding.place.line) == (HERE, made)


def test_a_misspelt_argument_of_a_construct_is_a_finding_at_the_line_of_the_call():
    """MF300 with the nearest argument, and MF300 for one that is missing, instead of a TypeError."""
    mesh = make()
    made = inspect.currentframe().f_lineno + 1
    misspelt, missing = refused(lambda: Domain(mesh, "sales", ownr="owners"))
    assert (misspelt.code, misspelt.summary) == ("MF300", "Domain: ownr: there is no such argument")
    assert misspelt.fix == "did you mean 'owner'?"
    assert (misspelt.place.file, misspelt.place.line) == (HERE, made)
    assert (missing.code, missing.summary) == ("MF300", "Domain: owner: argument required")


def test_too_many_arguments_by_position_are_a_finding():
    """MF300 in Python's words, at the line of the call."""
    (finding,) = refused(
        lambda: Mesh(RootConstruct(), "mesh", [], environments=[LOCAL], platform=Platform(owner="o"))
    )
    assert finding.code == "MF300"
    assert "positional argument" in finding.summary


def test_a_type_error_from_within_a_construct_is_not_disguised():
    """What is no misuse of the arguments keeps its traceback."""
    with pytest.raises(TypeError, match="not iterable"):
        make(environments=7)


def test_every_public_name_is_there():
    """What `__all__` promises can be imported, and it is sorted."""
    assert sorted(meshform.__all__) == meshform.__all__
    for name in meshform.__all__:
        assert getattr(meshform, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Domian'"):
        meshform.Domian  # noqa: B018


def test_the_package_constructs_of_pypi_is_found_in_the_projects_folder():
    """`constructs/` is a source root without `__init__.py`; with one it would shadow PyPI's package."""
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert not (ROOT / "tests" / "constructs").exists()
    shown = subprocess.run(
        [sys.executable, "-c", "import importlib.util as u; print(u.find_spec('constructs').origin)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "site-packages" in shown
