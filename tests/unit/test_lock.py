# SPDX-License-Identifier: Apache-2.0
"""The file mesh.lock: written the same way every time, and read with care."""

import dataclasses
import json

import pytest
from tests.meshes import compiled, mesh, product

from meshform.model.findings import MeshformError
from meshform.model.lock import Held, MeshLock, read_lock

ONE = Held("prod", "sales-prod", "databricks_schema.gold", "sales.gold", "sales")
GONE = Held("prod", "sales-prod", "databricks_volume.bronze__raw", "sales.bronze.raw", "sales.orders")
ENDED = Held("prod", "sales-prod", "databricks_pipeline.old", "sales_old", "sales.old", retired=True)
MOVED = {("prod", "sales-prod", "databricks_job.a"): "databricks_job.b"}
READ = Held("prod", "sales-prod", "table.gold.orders", "sales.gold.orders", "sales.orders", readers="a, b")
LOCK = MeshLock({ONE.key: ONE, ENDED.key: ENDED, READ.key: READ}, MOVED, {GONE.key: GONE})


def test_a_lock_is_one_line_for_each_object():
    """Sorted, with a first line that tells the format."""
    first, *lines = LOCK.text().splitlines()
    assert json.loads(first) == {"mesh.lock": 1}
    assert lines == sorted(lines)
    assert json.loads(lines[1]) == {
        "environment": "prod",
        "stack": "sales-prod",
        "address": "databricks_schema.gold",
        "name": "sales.gold",
        "of": "sales",
    }


def test_a_lock_is_read_as_it_was_written(tmp_path):
    """Whatever the order of its lines."""
    assert read_lock(tmp_path) is None
    first, *lines = LOCK.text().splitlines()
    (tmp_path / "mesh.lock").write_text("\n".join([first, *reversed(lines)]))
    assert read_lock(tmp_path) == LOCK


def test_readers_come_and_go_while_a_lock_stays_current():
    """Access given is no reason to write the lock again."""
    other = dataclasses.replace(READ, readers="a, b, c")
    later = MeshLock({**LOCK.held, READ.key: other}, LOCK.moved, LOCK.removed)
    assert later.text() != LOCK.text()
    assert later.text(readers=False) == LOCK.text(readers=False)
    assert '"readers": "a, b"' in LOCK.text()


def test_the_same_mesh_has_the_same_lock():
    """In any order of declaration."""
    parts = [product("sales.a"), product("sales.b"), product("finance.c")]
    texts = {compiled(mesh(*order), "prod").lock.text() for order in (parts, parts[::-1])}
    assert len(texts) == 1


def test_a_lock_forgets_what_is_deployed():
    """Moves and removals of that environment; never what holds data."""
    assert LOCK.deployed("prod") == MeshLock(LOCK.held, {}, {})
    assert LOCK.deployed("dev") == LOCK


GOOD = LOCK.text().splitlines()[2]


@pytest.mark.parametrize(
    ("text", "line", "got"),
    [
        ("", 1, "it is empty"),
        ('{"mesh.lock": 2}\n', 1, "not a format that this version of Meshform knows"),
        ('{"mesh.lock": 1}\n<<<<<<< HEAD\n', 2, "it holds a conflict of a merge"),
        ('{"mesh.lock": 1}\n{"environment\n', 2, "not JSON"),
        ('{"mesh.lock": 1}\n[]\n', 2, "not a line of a lock"),
        ('{"mesh.lock": 1}\n' + GOOD.replace('"sales"', "1"), 2, "not a line of a lock"),
        (
            '{"mesh.lock": 1}\n' + GOOD.replace("schema.gold", "schema.${gold}"),
            2,
            "not the name of a stack, or not an address",
        ),
        (
            '{"mesh.lock": 1}\n' + GOOD.replace("sales-prod", "../prod"),
            2,
            "not the name of a stack, or not an address",
        ),
    ],
)
def test_a_lock_that_cannot_be_read_is_told(text, line, got, tmp_path):
    """With its line and the fix; nothing of it reaches Terraform or a path."""
    (tmp_path / "mesh.lock").write_text(text)
    with pytest.raises(MeshformError) as caught:
        read_lock(tmp_path)
    (finding,) = caught.value.findings
    assert (finding.code, finding.place.line, finding.got) == ("MF533", line, got)
