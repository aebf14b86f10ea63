# SPDX-License-Identifier: Apache-2.0
"""What a killed Terraform leaves behind, and how the next apply of the same stack gets over it.

Terraform that is killed may not have written down what was just created. Worse, it rewrites its local state
in place, so a kill can leave it empty. Then the next apply makes the same objects again, and must not hear
that they already exist; but after an apply that ended in good order that answer is right.

So the store remembers which stack (folder of Terraform) made an object, in a row of kind `origin`, and which
stack is being applied, in a row of kind `apply` that only a good end removes. Where an `apply` row is left by
a process that is dead, the stack's objects are in doubt: those that a refresh asks for are in its state, and
the others may be made again.
"""

from __future__ import annotations

from pathlib import Path

from meshform.local.session import Session
from meshform.local.store import Store


class Recovery:
    """One process's part in the applies of one stack. Everything runs in the caller's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._session = Session(store.path)
        self._folder = str(Path.cwd())  # Terraform starts the provider in the stack's folder
        self._killed: int | None = (
            None  # session of the apply that was killed, 0 for none; None: not looked yet
        )
        self._left: dict[tuple[str, str], list[str]] | None = (
            None  # None: this process has changed nothing yet
        )

    def begin(self) -> None:
        """The stack is being applied; call it before every change."""
        if self._left is not None:
            return
        self._left = {}
        if killed := self._find_killed():
            for key, origin in self._store.all("origin"):
                if origin["folder"] == self._folder and origin["seen"] != killed:
                    self._left.setdefault((origin["type"], origin["seed"]), []).append(key)
        self._store.put("apply", self._folder, {"session": self._session.number})

    def end(self) -> None:
        """Terraform ends in good order, so its state holds all that was made."""
        if self._left is not None:
            self._store.drop("apply", self._folder)

    def made(self, type_: str, seed: str, key: str) -> None:
        """This stack has made an object."""
        origin = {"type": type_, "seed": seed, "key": key, "folder": self._folder, "seen": 0}
        self._store.put("origin", f"{type_}/{key}", origin)

    def seen(self, type_: str, key: str) -> None:
        """This stack's state holds an object."""
        if killed := self._find_killed():
            origin = self._store.get("origin", f"{type_}/{key}")
            if origin is not None and origin["seen"] != killed and origin["folder"] == self._folder:
                self._store.put("origin", f"{type_}/{key}", {**origin, "seen": killed})

    def gone(self, type_: str, key: str) -> None:
        """An object was deleted."""
        self._store.drop("origin", f"{type_}/{key}")

    def left_over(self, type_: str, seed: str) -> list[str]:
        """Keys of objects of this seed that a killed apply of this stack made and its state does not hold."""
        rows = [self._store.get("origin", key) for key in (self._left or {}).pop((type_, seed), ())]
        return [row["key"] for row in rows if row is not None]

    def _find_killed(self) -> int:
        if self._killed is None:
            row = self._store.get("apply", self._folder)
            self._killed = 0 if row is None or self._session.is_alive(row["session"]) else int(row["session"])
        return self._killed
