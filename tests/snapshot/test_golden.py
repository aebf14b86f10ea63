# SPDX-License-Identifier: Apache-2.0
"""What the example mesh synthesizes to is pinned: names, addresses and order are a promise to users."""

import shutil
from pathlib import Path

import pytest
from tests.snapshot.conftest import GOLDEN, ROOT, Synthesize, equal_to_golden

ENVIRONMENTS = ("local", "prod")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_example_synthesizes_to_its_golden_files(environment: str, synthesize: Synthesize):
    """Every stack's JSON and every file beside it is equal to the golden one, and none is missing."""
    equal_to_golden(synthesize(environment), GOLDEN / environment)


def test_the_same_mesh_gives_the_same_bytes_wherever_it_is_synthesized(synthesize: Synthesize):
    """Hash seed, locale and time zone do not reach the files."""
    usual = synthesize("local", PYTHONHASHSEED="1", LC_ALL="C.UTF-8", TZ="UTC")
    other = synthesize("local", PYTHONHASHSEED="4711", LC_ALL="POSIX", LANG="POSIX", TZ="Asia/Kathmandu")
    assert usual == other


def test_the_order_of_maps_in_declarations_does_not_reach_the_files(synthesize: Synthesize, tmp_path: Path):
    """A mesh whose every keyword map is written backwards gives the same bytes."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "domains", copy / "domains")
    shutil.copytree(ROOT / "stacks", copy / "stacks")
    shutil.copy(ROOT / "main.py", copy)
    declared = copy / "domains" / "orders" / "__init__.py"
    text = declared.read_text()
    tags = 'tags={"cost_center": "4100"}'
    assert tags in text
    declared.write_text(text.replace(tags, 'tags={"cost_center": "4100", "a_tag": "1", "z_tag": "2"}'))
    forward = synthesize("local", copy)
    declared.write_text(text.replace(tags, 'tags={"z_tag": "2", "a_tag": "1", "cost_center": "4100"}'))
    backward = synthesize("local", copy)
    assert forward == backward
    assert forward["platform-local/cdk.tf.json"] != synthesize("local")["platform-local/cdk.tf.json"]
