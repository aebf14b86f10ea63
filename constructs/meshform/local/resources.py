# SPDX-License-Identifier: Apache-2.0
"""Resources of the Terraform door: read, create, update, delete and import, on plain values.

Everything that one call checks and writes is one transaction.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from meshform.local import grant_resources
from meshform.local.content import FILE_TYPES, content_key, keep_content
from meshform.local.fill import Fill, keep_prior
from meshform.local.identity import Identities, next_source
from meshform.local.recovery import Recovery
from meshform.local.rules import Refusal, check_create, check_delete, check_update, dropped
from meshform.local.rules.refusal import already_exists, noun
from meshform.local.schema_walk import Node, conform
from meshform.local.store import Change, Row, Store

# what the provider knows of an object, but no answer of an API tells it; with its value after an import
# (common/reflect_resource.go: `StructToData` fills in defaults)
_ONLY_IN_STATE = {"force_destroy": False, "warehouse_id": None, "cluster_id": None}


class Resources:
    """The resources of one store.

    Args:
        store: the workspace.
        facts: the plan facts.
        schemas: type -> schema, as `terraform providers schema -json` prints it.
    """

    def __init__(self, store: Store, facts: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
        self._store = store
        self._schemas = schemas
        self._framework = frozenset(facts["framework"])
        self._identities = Identities(facts)
        self._recovery = Recovery(store)

    def node(self, type_: str) -> Node:
        """The block of a type."""
        block: Node = self._schemas[type_]["block"]
        return block

    def read(self, type_: str, state: Row) -> Row | None:
        """The object of a state as it is now; None when it is gone."""
        if type_ in grant_resources.TYPES:
            return grant_resources.read(self._store, type_, state)
        key = self._identities.key(type_, state)
        live = self._store.get(type_, key)
        if live is None:
            return None
        self._recovery.seen(type_, key)
        known = {name: state[name] for name in _ONLY_IN_STATE.keys() & state.keys()}
        current: Row = conform(self.node(type_), {**state, **live, **known})
        return current

    def create(self, type_: str, planned: Row) -> tuple[Row, list[Change]]:
        """Make an object of a planned value. Returns it with what changed, for `Store.undo`.

        Raises:
            Refusal: Databricks would refuse.
        """
        value = copy.deepcopy(planned)
        with self._store.transaction() as changes:
            self._recovery.begin()
            if type_ in grant_resources.TYPES:
                grant_resources.write(self._store, type_, value)
                return value, changes
            seed = self._identities.seed(type_, value)
            self._sweep(type_, seed)
            source = next_source(self._store, type_, seed)
            identifier = self._identities.generated_id(type_, value, source)
            self._finish(type_, value, identifier, source)
            check_create(self._store, type_, value)
            key = self._identities.key(type_, value)
            if self._identities.overwrites(type_):
                self._store.put(type_, key, value)
            elif not self._store.add(type_, key, value):
                raise already_exists(noun(type_).capitalize(), key)
            if type_ in FILE_TYPES:
                keep_content(self._store, type_, key, value)
                self._store.put(type_, key, value)
            self._recovery.made(type_, seed, key)
            return value, changes

    def update(self, type_: str, prior: Row, planned: Row) -> Row:
        """Change an object to a planned value.

        Raises:
            Refusal: Databricks would refuse, or the object is gone.
        """
        value = copy.deepcopy(planned)
        with self._store.transaction():
            self._recovery.begin()
            if type_ in grant_resources.TYPES:
                grant_resources.write(self._store, type_, value)
                return value
            before = self._identities.key(type_, prior)
            if self._store.get(type_, before) is None:
                raise Refusal(
                    f"{noun(type_).capitalize()} '{before}' does not exist.", "RESOURCE_DOES_NOT_EXIST", 404
                )
            keep_prior(self.node(type_), value, prior)
            key = self._identities.natural_key(type_, value) or before
            self._finish(type_, value, before, f"{type_}/{before}/changed")
            if key != before:
                if "id" in value and type_ not in self._framework:
                    value["id"] = key
                self._store.drop(type_, before)
                dropped(self._store, type_, before, prior)
                self._recovery.gone(type_, before)
                self._recovery.made(type_, self._identities.seed(type_, value), key)
            check_update(self._store, type_, prior, value)
            if type_ in FILE_TYPES:
                keep_content(self._store, type_, key, value)
            self._store.put(type_, key, value)
        return value

    def delete(self, type_: str, prior: Row) -> None:
        """Remove an object; nothing when it is gone already.

        Raises:
            Refusal: it holds something.
        """
        with self._store.transaction():
            self._recovery.begin()
            if type_ in grant_resources.TYPES:
                grant_resources.delete(self._store, type_, prior)
                return
            key = self._identities.key(type_, prior)
            if self._store.get(type_, key) is None:
                return
            check_delete(self._store, type_, prior)
            self._remove(type_, key, prior)

    def import_(self, type_: str, identifier: str) -> Row | None:
        """The object of an import id, or None."""
        if type_ in grant_resources.TYPES:
            value = grant_resources.import_(self._store, type_, identifier)
        else:
            value = self._store.get(type_, self._identities.normal_key(type_, identifier))
        found: Row | None = conform(self.node(type_), value)
        return found and {name: _ONLY_IN_STATE.get(name, value) for name, value in found.items()}

    def end(self) -> None:
        """Terraform ends in good order."""
        self._recovery.end()

    def _finish(self, type_: str, value: Row, identifier: str, source: str) -> None:
        is_framework = type_ in self._framework
        own_id = self._identities.own_id(type_, value)
        Fill(type_, identifier, source, own_id=own_id, is_framework=is_framework).fill(
            self.node(type_), value
        )
        if type_ == "databricks_job":  # the API answers a job's tasks in this order
            value["task"] = sorted(value.get("task") or [], key=lambda task: str(task.get("task_key")))

    def _remove(self, type_: str, key: str, value: Row) -> None:
        self._store.drop(type_, key)
        self._recovery.gone(type_, key)
        if type_ in FILE_TYPES:
            self._store.drop("content", content_key(key))
        dropped(self._store, type_, key, value)

    def _sweep(self, type_: str, seed: str) -> None:
        """Remove what a killed apply left of the object that is now made again."""
        for key in self._recovery.left_over(type_, seed):
            left = self._store.get(type_, key)
            if left is not None and self._identities.natural_key(type_, left) is None:
                self._remove(type_, key, left)
            else:  # the same key comes back at once, so what hangs on it may stay
                self._store.drop(type_, key)
