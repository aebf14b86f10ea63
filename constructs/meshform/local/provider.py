# SPDX-License-Identifier: Apache-2.0
"""The Terraform door: the calls of Terraform's plugin protocol 6, bytes in and bytes out.

Field numbers are those of tfplugin6.proto (Terraform 1.11). A method's name is the call's name; what is
missing here is answered as not implemented, which Terraform takes for calls that came later.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from meshform.local.content import FILE_TYPES, plan_content, read_content
from meshform.local.data_sources import read_data_source
from meshform.local.planning import PlanFacts, plan
from meshform.local.resources import Resources
from meshform.local.rules import Refusal
from meshform.local.rules.refusal import noun
from meshform.local.schema_walk import conform
from meshform.local.schema_wire import cached_schema
from meshform.local.store import Store
from meshform.local.values import dump_value, load_json, load_value
from meshform.local.wire import Fields, field, octets, parse, repeated, text
from meshform.terraform import provider_facts

_ERROR = 1  # Diagnostic.Severity
_NULL = dump_value(None)


class Provider:
    """Answers Terraform out of one store.

    Args:
        store: the workspace.
        is_abandoned: tells whether Terraform is gone, so that nobody will hear an answer.
    """

    def __init__(self, store: Store, is_abandoned: Callable[[], bool] = lambda: False) -> None:
        self._store = store
        self._is_abandoned = is_abandoned
        self._lock = threading.Lock()
        self._made: Resources | None = None
        # call -> the method that answers, and the field of the response that holds diagnostics
        self._calls: dict[str, tuple[Callable[[Fields], bytes], int]] = {
            "GetProviderSchema": (self._get_provider_schema, 4),
            "ValidateProviderConfig": (self._nothing, 1),
            "ValidateResourceConfig": (self._validate_resource, 1),
            "ValidateDataResourceConfig": (self._nothing, 1),
            "ConfigureProvider": (self._nothing, 1),
            "StopProvider": (self._nothing, 1),
            "UpgradeResourceState": (self._upgrade_state, 2),
            "ReadResource": (self._read, 2),
            "PlanResourceChange": (self._plan, 4),
            "ApplyResourceChange": (self._apply, 3),
            "ImportResourceState": (self._import, 2),
            "ReadDataSource": (self._read_data_source, 2),
        }

    def call(self, name: str) -> Callable[[bytes], bytes] | None:
        """The answer to a call, by its name in the protocol; None when it is not implemented."""
        found = self._calls.get(name)
        if found is None:
            return None
        method, diagnostics = found

        def answer(request: bytes) -> bytes:
            fields = parse(request)
            try:
                return method(fields)
            except Refusal as refusal:
                summary, detail = self._refused(name, fields, refusal)
            except (OSError, sqlite3.Error) as error:
                summary = f"the local workspace cannot use its store {self._store.path}"
                detail = f"{name} ended with {type(error).__name__}: {error}"
            except Exception as error:  # noqa: BLE001 - Terraform would only say that the plugin did not respond
                summary, detail = self._failed(name, fields, error)
            unchanged = octets(fields, 2) if name == "ApplyResourceChange" else b""
            return field(1, unchanged) + repeated(diagnostics, [_diagnostic(summary, detail)])

        return answer

    def stop(self) -> None:
        """Terraform ends in good order."""
        if self._made is not None:
            self._made.end()

    @property
    def _schema(self) -> dict[str, Any]:
        return provider_facts.schema()

    @property
    def _facts(self) -> dict[str, Any]:
        return provider_facts.plan_facts()

    @property
    def _resources(self) -> Resources:
        # not made at once: a process that only answers the schema needs no facts
        with self._lock:
            if self._made is None:
                self._made = Resources(self._store, self._facts, self._schema["resource_schemas"])
            return self._made

    def _get_provider_schema(self, _fields: Fields) -> bytes:
        packaged = files("meshform.terraform") / "facts" / f"schema-{provider_facts.VERSION}.json.xz"
        return cached_schema(packaged.read_bytes(), provider_facts.schema)

    def _nothing(self, _fields: Fields) -> bytes:
        return b""

    def _validate_resource(self, fields: Fields) -> bytes:
        if text(fields, 1) in FILE_TYPES:
            read_content(load_value(octets(fields, 2)))
        return b""

    def _upgrade_state(self, fields: Fields) -> bytes:
        node = self._resources.node(text(fields, 1))
        return field(1, dump_value(conform(node, load_json(octets(parse(octets(fields, 3)), 1)))))

    def _read(self, fields: Fields) -> bytes:
        live = self._resources.read(text(fields, 1), load_value(octets(fields, 2)))
        return field(1, dump_value(live)) + field(3, octets(fields, 3))

    def _plan(self, fields: Fields) -> bytes:
        type_ = text(fields, 1)
        prior, proposed = load_value(octets(fields, 2)), load_value(octets(fields, 3))
        if proposed is None:
            return field(1, _NULL) + field(3, octets(fields, 5))
        facts = PlanFacts(self._facts, type_)
        config = load_value(octets(fields, 4))
        planned, replaced = plan(type_, self._resources.node(type_), facts, config, proposed, prior)
        if type_ in FILE_TYPES:
            plan_content(planned, prior)
        return (
            field(1, dump_value(planned))
            + repeated(2, (field(1, field(1, name)) for name in replaced))
            + field(3, octets(fields, 5))
            + field(5, not facts.framework)
        )

    def _apply(self, fields: Fields) -> bytes:
        type_ = text(fields, 1)
        prior, planned = load_value(octets(fields, 2)), load_value(octets(fields, 3))
        older_sdk = field(4, type_ not in self._facts["framework"])
        if planned is None:
            self._resources.delete(type_, prior)
            return field(1, _NULL)
        if prior is not None:
            return field(1, dump_value(self._resources.update(type_, prior, planned))) + older_sdk
        value, changes = self._resources.create(type_, planned)
        if self._is_abandoned():
            self._store.undo(changes)
        return field(1, dump_value(value)) + older_sdk

    def _import(self, fields: Fields) -> bytes:
        type_, identifier = text(fields, 1), text(fields, 2)
        value = self._resources.import_(type_, identifier)
        if value is None:
            raise Refusal(f"{noun(type_)} '{identifier}' does not exist.", "RESOURCE_DOES_NOT_EXIST", 404)
        return repeated(1, [field(1, type_) + field(2, dump_value(value))])

    def _read_data_source(self, fields: Fields) -> bytes:
        type_ = text(fields, 1)
        node = self._schema["data_source_schemas"][type_]["block"]
        asked = load_value(octets(fields, 2))
        answer = read_data_source(self._store, type_, node, asked, self._schema["resource_schemas"])
        return field(1, dump_value(answer))

    def _refused(self, name: str, fields: Fields, refusal: Refusal) -> tuple[str, str]:
        verb = _VERBS.get(name, "use")
        if name == "ApplyResourceChange":
            has_prior, has_planned = (load_value(octets(fields, n)) is not None for n in (2, 3))
            verb = "delete" if not has_planned else "update" if has_prior else "create"
        detail = f"{refusal.code}, from the local workspace in {self._store.path}"
        return f"cannot {verb} {noun(text(fields, 1))}: {refusal.message}", detail

    def _failed(self, name: str, fields: Fields, error: Exception) -> tuple[str, str]:
        sys.stderr.write(f"[ERROR] {name}: {traceback.format_exc()}\n")
        subject = text(fields, 1) if name in _VERBS else "the provider"
        detail = (
            f"{name} ended with {type(error).__name__}: {error}. This is a bug of the local workspace, not of"
            f" your configuration; please report it. Store: {self._store.path}"
        )
        return f"the local workspace failed on {subject}", detail


def _diagnostic(summary: str, detail: str) -> bytes:
    return field(1, _ERROR) + field(2, summary) + field(3, detail)


_VERBS = {
    "ValidateResourceConfig": "use",
    "UpgradeResourceState": "read the state of",
    "ReadResource": "read",
    "PlanResourceChange": "plan",
    "ApplyResourceChange": "change",
    "ImportResourceState": "import",
    "ReadDataSource": "read",
}
