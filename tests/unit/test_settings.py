# SPDX-License-Identifier: Apache-2.0
"""What a run is told by environment variables."""

from datetime import date

import pytest
from tests.meshes import mesh

from meshform.model.findings import MeshformError
from meshform.settings import Settings


@pytest.mark.parametrize("variables", [{}, {"MESHFORM_ENV": "", "MESHFORM_TODAY": ""}])
def test_without_variables_it_is_the_local_environment_without_a_day(variables):
    """Empty variables count as unset."""
    assert Settings.read(variables) == Settings("local", None)


def test_variables_choose_environment_and_day():
    """The day is written YYYY-MM-DD."""
    variables = {"MESHFORM_ENV": "prod", "MESHFORM_TODAY": "2030-01-31"}
    assert Settings.read(variables) == Settings("prod", date(2030, 1, 31))


@pytest.mark.parametrize("text", ["today", "2030-02-30", "31.01.2030", "2030-1-1", " ", "2030-01-31T00:00"])
def test_a_day_that_is_none_is_refused(text):
    """MF330 shows the form."""
    with pytest.raises(MeshformError) as caught:
        Settings.read({"MESHFORM_TODAY": text})
    (finding,) = caught.value.findings
    assert (finding.code, finding.got, finding.allowed) == ("MF330", text, "YYYY-MM-DD")


def test_the_day_of_a_run_wins_over_the_meshs_own():
    """Without one, the mesh keeps its own."""
    spec = mesh(today=date(2029, 1, 1))
    assert Settings("local", date(2030, 1, 1)).apply(spec).today == date(2030, 1, 1)
    assert Settings("local", None).apply(spec) is spec
