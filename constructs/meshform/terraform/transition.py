# SPDX-License-Identifier: Apache-2.0
"""From one deployment to the next: the order in which Terraform applies the changes, and the states between.

An apply can end anywhere: the API refuses a change, a process is killed. What has been applied by then is a
*prefix*: a set of changes that holds, with each change, all that it waits for. There are far too many to look
at each. But what a prefix shows too much, it shows because some change is in it while another is not yet. So
two families are enough for that: for each change the least prefix with it, and the most without it.

What Terraform waits for, as it is assumed here: stacks for those they require; a change for the changes of
what its resource refers to or names in `depends_on`; the end of a resource for the ends of what referred to
it. It orders a few more; to assume less only means to look at more prefixes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from meshform.terraform.compile import CompiledMesh
from meshform.terraform.provider_facts import plan_facts

_REFERENCE = re.compile(r"(?<!\$)\$\{((?:data\.)?[a-z0-9_]+\.[A-Za-z0-9_-]+)")


class Address(NamedTuple):
    """A resource or data source: its stack and its address there."""

    stack: str
    address: str


class Event(NamedTuple):
    """A change as it is applied; a replacement is two, the end of the old and the start of the new."""

    at: Address
    ends: bool


@dataclass(frozen=True)
class Transition:
    """The way from what is deployed to what is to be deployed.

    Attributes:
        before: what is deployed, compiled.
        after: what is to be deployed, of the same environment.
    """

    before: CompiledMesh
    after: CompiledMesh

    @cached_property
    def events(self) -> dict[Event, frozenset[Event]]:
        """Every change, with all changes that come before it."""
        old, new = self._old, self._new
        ends = {at for at in old if at not in new and at not in self._forgotten}
        ends |= {at for at in old if at in new and _is_replaced(at, old[at], new[at])}
        starts = {at for at in new if at in ends or old.get(at) != new[at]}
        users = _turned(_graph(self.before))
        graph = _graph(self.after)
        stacks = _required(self.after)
        # a stack that is gone as a whole is destroyed, after those that required it
        destroyed_first: dict[str, set[str]] = {}
        for name, required in _required(self.before).items():
            for one in required - stacks.keys():
                destroyed_first.setdefault(one, set()).add(name)
        events: dict[Event, frozenset[Event]] = {}
        for at in sorted({*ends, *starts}):
            first = stacks[at.stack] if at.stack in stacks else destroyed_first.get(at.stack, set())
            earlier = {
                Event(one, ends=kind)
                for kind, changed in ((True, ends), (False, starts))
                for one in changed
                if one.stack in first
            }
            if at in ends:
                events[Event(at, ends=True)] = frozenset(
                    earlier | {Event(one, ends=True) for one in _reached(at, users) & ends}
                )
            if at in starts:
                needed = {Event(one, ends=False) for one in _reached(at, graph) & starts}
                if at in ends and _stays(new[at]):
                    events[Event(at, ends=True)] |= {Event(at, ends=False)}
                elif at in ends:
                    needed.add(Event(at, ends=True))
                events[Event(at, ends=False)] = frozenset(earlier | needed)
        return {event: _all_before(event, events) for event in events}

    def prefixes(self) -> Iterator[frozenset[Event]]:
        """For each change the least prefix with it, and the most without it; none and all of them as well."""
        events = self.events
        everything = frozenset(events)
        later: dict[Event, set[Event]] = {event: {event} for event in events}
        for event, earlier in events.items():
            for one in earlier:
                later[one].add(event)
        yield frozenset()
        for event, earlier in events.items():
            yield earlier | {event}
            yield everything - later[event]
        yield everything

    def state(self, applied: frozenset[Event]) -> dict[Address, Mapping[str, Any]]:
        """Bodies of the resources that there are once these changes have been applied."""
        state = dict(self._old)
        for at, ends in sorted(applied, key=lambda event: not event.ends):
            if ends:
                state.pop(at, None)
            else:
                if at in state and Event(at, ends=True) in self.events:  # the new one beside the old one
                    state[Address(at.stack, f"{at.address} (old)")] = state[at]
                state[at] = self._new[at]
        return state

    def is_old(self, at: Address, body: Mapping[str, Any]) -> bool:
        """Whether a resource of a state is as it was before, and is going to change."""
        return body is self._old.get(at) and body != self._new.get(at)

    @cached_property
    def _old(self) -> dict[Address, Mapping[str, Any]]:
        """What is deployed, by the addresses that it is going to have."""
        moved = {
            Address(name, one["from"]): Address(name, one["to"])
            for name, stack in self.after.stacks.items()
            for one in stack.blocks.get("moved", ())
        }
        return {moved.get(at, at): body for at, body in _resources(self.before)}

    @cached_property
    def _new(self) -> dict[Address, Mapping[str, Any]]:
        return dict(_resources(self.after))

    @cached_property
    def _forgotten(self) -> frozenset[Address]:
        """What Terraform lets go of: it stays as it is."""
        return frozenset(
            Address(name, one["from"])
            for name, stack in self.after.stacks.items()
            for one in stack.blocks.get("removed", ())
        )


def _all_before(event: Event, earlier: Mapping[Event, frozenset[Event]]) -> frozenset[Event]:
    found: set[Event] = set()
    pending = [event]
    while pending:
        new = earlier[pending.pop()] - found
        found |= new
        pending += new
    return frozenset(found)


def _blocks(mesh: CompiledMesh, kind: str) -> Iterator[tuple[Address, Mapping[str, Any]]]:
    prefix = "data." if kind == "data" else ""
    for name, stack in mesh.stacks.items():
        for type_, bodies in stack.blocks.get(kind, {}).items():
            for label, body in bodies.items():
                yield Address(name, f"{prefix}{type_}.{label}"), body


def _resources(mesh: CompiledMesh) -> Iterator[tuple[Address, Mapping[str, Any]]]:
    return _blocks(mesh, "resource")


_Graph = Mapping[Address, set[Address]]


def _graph(mesh: CompiledMesh) -> _Graph:
    """What each resource and data source refers to."""
    found: dict[Address, set[Address]] = {}
    for kind in ("resource", "data"):
        for at, body in _blocks(mesh, kind):
            names = {*_REFERENCE.findall(json.dumps(body)), *body.get("depends_on", ())}
            found[at] = {Address(at.stack, name) for name in names}
    return found


def _turned(graph: _Graph) -> _Graph:
    turned: dict[Address, set[Address]] = {}
    for at, needed in graph.items():
        for one in needed:
            turned.setdefault(one, set()).add(at)
    return turned


def _reached(start: Address, graph: _Graph) -> set[Address]:
    found: set[Address] = set()
    pending = [start]
    while pending:
        for one in graph.get(pending.pop(), ()):
            if one not in found:
                found.add(one)
                pending.append(one)
    return found - {start}


def _required(mesh: CompiledMesh) -> dict[str, set[str]]:
    """Every stack that is deployed before each."""
    found: dict[str, set[str]] = {}
    for name, stack in mesh.stacks.items():  # in the order of deployment
        found[name] = {*stack.requires}.union(*(found.get(one, set()) for one in stack.requires))
    return found


def _stays(body: Mapping[str, Any]) -> bool:
    """Whether the old one of a replacement ends only when the new one is there."""
    return bool(body.get("lifecycle", {}).get("create_before_destroy"))


def _is_replaced(at: Address, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a change makes a new object, as far as the packaged facts tell."""
    forced: list[str] = plan_facts()["force_new"].get(at.address.partition(".")[0], [])
    return any(old.get(path) != new.get(path) for path in {one.partition(".")[0] for one in forced})
