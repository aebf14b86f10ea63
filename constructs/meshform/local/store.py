# SPDX-License-Identifier: Apache-2.0
"""The local workspace's store: one SQLite file, Databricks' memory, open to many processes at once.

Every row has a kind, a key and a JSON object. Kinds:

- a Terraform resource type, such as `databricks_catalog`; the key is the id by which `terraform import` finds
  the object, in lower case where Unity Catalog ignores case. The value holds all attributes of the type.
- `table` and `function`: made in the workspace by a pipeline or by DDL, no Terraform resource; the key is the
  full name in lower case.
- `grant`: the privileges of one principal on one securable (see `meshform.local.rules.grants`).
- whatever else the workspace must remember: `content` of files, `run`, `origin`, `apply`, `made`.

Deleting or changing a row by hand is drift, which the next plan shows.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]

_FORMAT = 1  # of the file; raise it with a change that an older Meshform would read wrongly
_BUSY_SECONDS = 60  # how long one process waits for another's transaction
_TABLE = (
    "CREATE TABLE IF NOT EXISTS object"
    " (kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID"
)


class StoreFormatError(OSError):
    """The file is a store of another version of Meshform."""


class Change(NamedTuple):
    """What a transaction did to one row: its value before and after, None where there was none."""

    kind: str
    key: str
    before: Row | None
    after: Row | None


def default_path() -> Path:
    """Where the store is: `MESHFORM_LOCAL_STORE`, else `.meshform/local.sqlite3` beside `cdktf.json`.

    The app is looked for from the working folder upwards, because Terraform starts the provider in
    `cdktf.out/stacks/<stack>`. Without any `cdktf.json` the working folder itself is taken.
    """
    if configured := os.environ.get("MESHFORM_LOCAL_STORE"):
        return Path(configured).absolute()
    here = Path.cwd()
    app = next((folder for folder in (here, *here.parents) if (folder / "cdktf.json").is_file()), here)
    return app / ".meshform" / "local.sqlite3"


class Store:
    """Rows of the local workspace. Safe for threads and for processes.

    A single call is atomic. Calls that belong together go into `transaction()`, which holds the only writer's
    lock from its start, so that what was read is still true when it is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._changes: list[Change] | None = None  # None outside a transaction
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the connection; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def transaction(self) -> Iterator[list[Change]]:
        """All or nothing; waits for other writers. Inside another transaction it joins that one.

        Yields the list of what has changed so far, which `undo` takes back.
        """
        with self._lock:
            if self._changes is not None:
                yield self._changes
                return
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            self._changes = []
            try:
                yield self._changes
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            else:
                connection.execute("COMMIT")
            finally:
                self._changes = None

    def undo(self, changes: list[Change]) -> None:
        """Take back what a transaction did, except to rows that were changed again since."""
        with self.transaction():
            for kind, key, before, after in reversed(changes):
                if self.get(kind, key) == after:
                    if before is None:
                        self.drop(kind, key)
                    else:
                        self.put(kind, key, before)

    def get(self, kind: str, key: str) -> Row | None:
        """The object of a kind and key, or None."""
        rows = self._run("SELECT value FROM object WHERE kind = ? AND key = ?", kind, key)
        return json.loads(rows[0][0]) if rows else None

    def put(self, kind: str, key: str, value: Row) -> None:
        """Write an object, over the one that was there."""
        with self.transaction() as changes:
            changes.append(Change(kind, key, self.get(kind, key), value))
            self._run("REPLACE INTO object VALUES (?, ?, ?)", kind, key, _text(value))

    def add(self, kind: str, key: str, value: Row) -> bool:
        """Write an object where there is none; False when there was one, which stays."""
        with self.transaction():
            if self.get(kind, key) is not None:
                return False
            self.put(kind, key, value)
            return True

    def drop(self, kind: str, key: str) -> bool:
        """Remove an object; False when there was none."""
        with self.transaction() as changes:
            if (before := self.get(kind, key)) is None:
                return False
            changes.append(Change(kind, key, before, None))
            self._run("DELETE FROM object WHERE kind = ? AND key = ?", kind, key)
            return True

    def all(self, kind: str) -> list[tuple[str, Row]]:
        """Every object of a kind with its key, sorted by key."""
        rows = self._run("SELECT key, value FROM object WHERE kind = ? ORDER BY key", kind)
        return [(key, json.loads(value)) for key, value in rows]

    def under(self, kind: str, prefix: str) -> list[tuple[str, Row]]:
        """Objects of a kind whose key starts with a prefix, such as `orders.gold.`, sorted by key."""
        # keys are compared by their UTF-8 bytes; no character sorts after the last code point
        rows = self._run(
            "SELECT key, value FROM object WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
            kind,
            prefix,
            prefix + "\U0010ffff",
        )
        return [(key, json.loads(value)) for key, value in rows]

    def find(self, kind: str, **attributes: str | int | bool) -> list[Row]:
        """Objects of a kind whose top-level attributes equal all the given ones, sorted by key."""
        return [value for _, value in self.all(kind) if all(value.get(k) == v for k, v in attributes.items())]

    def _run(self, sql: str, *arguments: str) -> list[Any]:
        with self._lock:
            return self._open().execute(sql, arguments).fetchall()

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if not self.path.exists():
                _create(self.path)
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found != _FORMAT:
                connection.close()
                raise StoreFormatError(
                    f"{self.path} has format {found}, and this Meshform reads {_FORMAT}:"
                    " remove it, or use the version that made it"
                )
            # survives the end of any process; only a power cut could lose the last commits
            connection.execute("PRAGMA synchronous = NORMAL")
            self._connection = connection
        return self._connection


def _create(path: Path) -> None:
    """Make the file at another name and move it into place, under a lock.

    Switching one fresh file to WAL from several processes at once fails now and then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if path.exists():
            return
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as scratch:
            fresh = Path(scratch) / path.name
            connection = sqlite3.connect(fresh, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version = {_FORMAT}")
            connection.close()
            for left in ("-wal", "-shm"):  # of a store removed by hand; SQLite would replay it into this one
                path.with_name(path.name + left).unlink(missing_ok=True)
            fresh.replace(path)
    finally:
        os.close(folder)


def _text(value: Row) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
