# SPDX-License-Identifier: Apache-2.0
"""The local workspace's store."""

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from meshform.local.store import Store, StoreFormatError, default_path


def _add_many(path: Path, worker: int, start) -> None:
    start.wait()
    store = Store(path)
    for number in range(20):
        with store.transaction():
            row = store.get("counter", "all") or {"count": 0}
            store.put("counter", "all", {"count": row["count"] + 1})
        assert store.add("row", f"{worker}-{number}", {"worker": worker})


def test_a_row_is_read_as_it_was_written(tmp_path):
    """What is put is what is got, with text of any script."""
    store = Store(tmp_path / "deep" / "s.sqlite3")
    store.put("table", "a.b.c", {"name": "c", "comment": "größer ≥ 1 🙂", "none": None})
    assert store.get("table", "a.b.c") == {"name": "c", "comment": "größer ≥ 1 🙂", "none": None}
    assert store.get("table", "a.b") is None
    assert store.get("function", "a.b.c") is None


def test_add_keeps_the_first(tmp_path):
    """A second add of a key says False and changes nothing; drop says whether there was a row."""
    store = Store(tmp_path / "s.sqlite3")
    assert store.add("run", "1", {"state": "first"})
    assert not store.add("run", "1", {"state": "second"})
    assert store.get("run", "1") == {"state": "first"}
    assert store.drop("run", "1")
    assert not store.drop("run", "1")


def test_rows_are_found_by_kind_prefix_and_attribute(tmp_path):
    """`all` and `under` sort by key, `find` compares attributes."""
    store = Store(tmp_path / "s.sqlite3")
    for key, owner in (("c.s.b", "x"), ("c.s.a", "y"), ("c.s2.a", "x"), ("c.s.ü", "x")):
        store.put("table", key, {"owner": owner, "key": key})
    assert [key for key, _ in store.all("table")] == ["c.s.a", "c.s.b", "c.s.ü", "c.s2.a"]
    assert [key for key, _ in store.under("table", "c.s.")] == ["c.s.a", "c.s.b", "c.s.ü"]
    assert [row["key"] for row in store.find("table", owner="x")] == ["c.s.b", "c.s.ü", "c.s2.a"]


def test_a_failed_transaction_leaves_nothing(tmp_path):
    """An exception inside rolls back, also what a nested transaction wrote."""
    store = Store(tmp_path / "s.sqlite3")

    def fail() -> None:
        with store.transaction():
            with store.transaction():
                store.put("table", "a", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.all("table") == []


def test_undo_takes_back_a_transaction_but_no_later_change(tmp_path):
    """Added rows go, changed and dropped ones come back, and what somebody changed since stays."""
    store = Store(tmp_path / "s.sqlite3")
    store.put("table", "changed", {"v": 1})
    store.put("table", "dropped", {"v": 1})
    with store.transaction() as changes:
        store.put("table", "changed", {"v": 2})
        store.drop("table", "dropped")
        store.put("table", "added", {"v": 2})
        store.put("table", "touched", {"v": 2})
    store.put("table", "touched", {"v": 3})
    store.undo(changes)
    assert store.all("table") == [("changed", {"v": 1}), ("dropped", {"v": 1}), ("touched", {"v": 3})]


def test_many_processes_may_open_a_fresh_store_at_once(tmp_path):
    """Twelve processes create and write one store; no write is lost and none fails."""
    path = tmp_path / "fresh" / "s.sqlite3"
    context = multiprocessing.get_context("fork")
    start = context.Event()
    workers = [context.Process(target=_add_many, args=(path, number, start)) for number in range(12)]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * 12
    store = Store(path)
    assert store.get("counter", "all") == {"count": 240}
    assert len(store.all("row")) == 240
    assert (
        sorted(entry.name for entry in path.parent.iterdir() if not entry.name.startswith("s.sqlite3")) == []
    )


def test_a_log_left_by_a_removed_store_is_not_replayed(tmp_path):
    """Removing the store's file by hand gives an empty store, whatever SQLite left beside it."""
    path = tmp_path / "s.sqlite3"
    Store(path).put("table", "old", {})
    log = path.with_name("s.sqlite3-wal").read_bytes()
    path.unlink()
    path.with_name("s.sqlite3-wal").write_bytes(log)
    assert Store(path).all("table") == []


def test_a_store_of_another_version_is_refused(tmp_path):
    """Nothing is read or written in a file of a format that this version does not know."""
    path = tmp_path / "s.sqlite3"
    Store(path).put("table", "a", {})
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreFormatError, match="has format 99, and this Meshform reads 1: remove it"):
        Store(path).all("table")


def test_the_store_stands_beside_the_app(tmp_path, monkeypatch):
    """It is found from a stack's folder, and MESHFORM_LOCAL_STORE wins."""
    monkeypatch.delenv("MESHFORM_LOCAL_STORE", raising=False)
    stack = tmp_path / "cdktf.out" / "stacks" / "orders"
    stack.mkdir(parents=True)
    (tmp_path / "cdktf.json").write_text("{}")
    monkeypatch.chdir(stack)
    assert default_path() == tmp_path / ".meshform" / "local.sqlite3"
    monkeypatch.setenv("MESHFORM_LOCAL_STORE", "other.sqlite3")
    assert default_path() == stack / "other.sqlite3"
