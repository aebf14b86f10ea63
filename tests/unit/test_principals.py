# SPDX-License-Identifier: Apache-2.0
"""The registry of principals: who is known, who is in which group, who was probably meant."""

import pytest
from tests.meshes import DEV, LOCAL, PROD

from meshform.model.findings import NOWHERE
from meshform.model.principals import Group, Principals, ServicePrincipal


def registry(*groups: Group) -> Principals:
    """A registry of groups and one service principal."""
    return Principals(groups=groups, service_principals=(ServicePrincipal(name="robot"),))


def test_a_service_principal_has_the_id_of_the_environment():
    """Declared ids are taken as they are, and None where there is none."""
    robot = ServicePrincipal(name="robot", application_ids={"dev": "1-2"})
    assert (robot.application_id(DEV), robot.application_id(PROD)) == ("1-2", None)


def test_the_local_workspace_gives_each_service_principal_a_stable_id():
    """It is derived from the name, so it is the same on every machine, and is a UUID as a real one."""
    robot, other = (ServicePrincipal(name=name).application_id(LOCAL) for name in ("robot", "other"))
    assert robot == "f81a3fb1-31b5-5598-9fa8-c7085113f672"
    assert robot == ServicePrincipal(name="robot", application_ids={"local": "x"}).application_id(LOCAL)
    assert robot != other


def test_a_principal_is_found_by_its_exact_name_only():
    """Case counts, as it does in Unity Catalog."""
    principals = registry(Group(name="team"))
    assert principals.find("team") == Group(name="team")
    assert principals.find("robot") == ServicePrincipal(name="robot")
    assert principals.find("Team") is None


def test_members_are_followed_at_any_depth_and_circles_end():
    """A group in a group in itself has each member once."""
    principals = registry(
        Group(name="all", members=("some", "robot")),
        Group(name="some", members=("few",)),
        Group(name="few", members=("all", "stranger")),
    )
    assert principals.with_members(["all"]) == {"all", "some", "few", "robot", "stranger"}
    assert principals.with_members(["few", "robot"]) == {"all", "some", "few", "robot", "stranger"}
    assert principals.with_members([]) == set()


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("analytcs", "did you mean 'analytics'?"),
        ("ANALYTICS", "did you mean 'analytics'?"),
        ("bi-consumers", "did you mean 'bi_consumers'?"),
        ("users", "declare it in the mesh's principals"),
    ],
)
def test_a_missing_principal_is_told_with_the_nearest(name, fix):
    """MF303 does not guess where nothing is near (fault 18)."""
    principals = registry(Group(name="analytics"), Group(name="bi_consumers"))
    finding = principals.missing(name, NOWHERE, "a consumer")
    assert (finding.code, finding.summary) == ("MF303", "a consumer is not a principal of the mesh")
    assert (finding.got, finding.fix) == (name, fix)
