# SPDX-License-Identifier: Apache-2.0
"""Speaks to the local workspace's provider as Terraform does, in values instead of bytes."""

import copy
from pathlib import Path

from meshform.local.probe_values import without_computed
from meshform.local.provider import Provider
from meshform.local.schema_walk import conform
from meshform.local.store import Store
from meshform.local.values import dump_value, load_value
from meshform.local.wire import field, octets, parse, text
from meshform.terraform import provider_facts


class Refused(Exception):  # noqa: N818 - named as the provider names it
    """An error diagnostic: its summary, and its detail as `detail`."""

    def __init__(self, summary: str, detail: str) -> None:
        super().__init__(summary)
        self.detail = detail


def occurrences(message: bytes, number: int) -> list[bytes]:
    """Every value of a field that may occur several times; all of a message's fields are byte strings."""

    def varint(position: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value, position

    found, position = [], 0
    while position < len(message):
        tag, position = varint(position)
        length, position = varint(position)
        if tag & 7 == 2:
            if tag >> 3 == number:
                found.append(message[position : position + length])
            position += length
    return found


class Door:
    """A provider over a store of its own, or over one that is there."""

    def __init__(self, store: Path, is_abandoned=lambda: False) -> None:
        self.store = Store(store)
        self.provider = Provider(self.store, is_abandoned)

    def value(self, type_: str, **given):
        """A full value of a type as Terraform proposes it, with nothing for what is not given."""
        return conform(provider_facts.schema()["resource_schemas"][type_]["block"], given)

    def plan(self, type_: str, proposed, prior=None):
        """The planned value, and the attributes that force a replacement."""
        config = copy.deepcopy(proposed)
        if config is not None:
            without_computed(provider_facts.schema()["resource_schemas"][type_]["block"], config)
        request = field(1, type_) + field(2, dump_value(prior)) + field(3, dump_value(proposed))
        answer = self._call("PlanResourceChange", request + field(4, dump_value(config)), 4)
        steps = [octets(parse(path), 1) for path in occurrences(answer, 2)]
        return load_value(octets(parse(answer), 1)), [text(parse(step), 1) for step in steps]

    def apply(self, type_: str, planned, prior=None):
        """The value after apply."""
        request = field(1, type_) + field(2, dump_value(prior)) + field(3, dump_value(planned))
        return load_value(octets(parse(self._call("ApplyResourceChange", request, 3)), 1))

    def create(self, type_: str, **given):
        """Plan and apply a new object."""
        return self.apply(type_, self.plan(type_, self.value(type_, **given))[0])

    def update(self, type_: str, prior, **given):
        """Plan and apply a change of an object."""
        return self.apply(type_, self.plan(type_, {**prior, **given}, prior)[0], prior)

    def delete(self, type_: str, prior) -> None:
        """Plan and apply the end of an object."""
        self.plan(type_, None, prior)
        assert self.apply(type_, None, prior) is None

    def read(self, type_: str, state):
        """The value after a refresh; None when it is gone."""
        answer = self._call("ReadResource", field(1, type_) + field(2, dump_value(state)), 2)
        return load_value(octets(parse(answer), 1))

    def import_(self, type_: str, identifier: str):
        """The value of an imported object."""
        answer = self._call("ImportResourceState", field(1, type_) + field(2, identifier), 2)
        return load_value(octets(parse(octets(parse(answer), 1)), 2))

    def data(self, type_: str, **asked):
        """The answer to a data source."""
        block = provider_facts.schema()["data_source_schemas"][type_]["block"]
        request = field(1, type_) + field(2, dump_value(conform(block, asked)))
        return load_value(octets(parse(self._call("ReadDataSource", request, 2)), 1))

    def stop(self) -> None:
        """Terraform ends in good order."""
        self.provider.stop()

    def _call(self, name: str, request: bytes, diagnostics: int) -> bytes:
        call = self.provider.call(name)
        assert call is not None
        answer = call(request)
        for diagnostic in occurrences(answer, diagnostics):
            fields = parse(diagnostic)
            raise Refused(text(fields, 2), text(fields, 3))
        return answer
