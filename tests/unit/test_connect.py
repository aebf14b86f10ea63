# SPDX-License-Identifier: Apache-2.0
"""The way of a command to the local workspace."""

import sqlite3

import pytest

from meshform.cli.connect import connect
from meshform.local.store import Store
from meshform.model.findings import MeshformError


def no_database(path):
    """A file of something else."""
    path.write_text("root:x:0:0\n")


def folder(path):
    """A folder in place of the file."""
    path.mkdir()


def below_a_file(path):
    """A path that cannot be, with something else in the way."""
    path.parent.rmdir()
    path.parent.write_text("")


def another_format(path):
    """A store of another version."""
    Store(path).all("table")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize("spoil", [no_database, folder, below_a_file, another_format])
def test_a_store_that_cannot_be_used_is_a_finding(tmp_path, monkeypatch, spoil):
    """MF601 names the file and the cause; the file stays as it was."""
    path = tmp_path / "below" / "store"
    path.parent.mkdir()
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    monkeypatch.setenv("MESHFORM_LOCAL_STORE", str(path))
    with pytest.raises(MeshformError) as caught, connect("local"):
        pass
    (finding,) = caught.value.findings
    assert (finding.code, finding.place.file) == ("MF601", str(path))
    assert finding.got
    assert (path.read_bytes() if path.is_file() else None) == before
