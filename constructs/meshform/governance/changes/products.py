# SPDX-License-Identifier: Apache-2.0
"""Changes of products: their ports, their promises as a whole, their life, and whom a change hits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from meshform.governance.changes.change import Change, Level, shown
from meshform.governance.changes.columns import class_changes
from meshform.governance.changes.promises import service_level_changes
from meshform.governance.changes.tables import table_changes
from meshform.model.consumer import Consumer
from meshform.model.contract import Table
from meshform.model.findings import Place
from meshform.model.mesh_state import MeshState, ProductState


@dataclass(frozen=True, slots=True)
class ProductChanges:
    """What changed of one product.

    Attributes:
        address: `domain.product`, as it is now, or was.
        before, after: the product; None where it is not there.
        changes: breaking ones first, then in the order of the contract.
        hits: for each change, who reads what it is about.
    """

    address: str
    before: ProductState | None
    after: ProductState | None
    changes: tuple[Change, ...]
    hits: tuple[tuple[str, ...], ...]

    @property
    def level(self) -> Level:
        """The highest of its changes."""
        return max((one.level for one in self.changes), default=Level.COMPATIBLE)

    @property
    def place(self) -> Place:
        """Where it is declared, or was."""
        known = self.after or self.before
        return known.place if known else Place()


def changes_between(before: MeshState, after: MeshState, today: date) -> tuple[ProductChanges, ...]:
    """What changed of each product, by address; products that are new or did not change are left out.

    Args:
        before: the mesh at the base.
        after: the mesh now.
        today: whether the last day of a deprecated product has passed.
    """
    old = {one.address: one for one in before.products}
    new = {one.address: one for one in after.products}
    renamed = {one.renamed_from: one.address for one in after.products if one.renamed_from in old}
    reading: dict[str, list[tuple[str, str]]] = {}  # by product: who reads which port
    for other in before.products:
        for reference in other.inputs:
            producer, _, port = reference.rpartition(".")
            reading.setdefault(producer, []).append((other.address, port))
    found: list[ProductChanges] = []
    for address, was in old.items():
        now = new.get(address) or new.get(renamed.get(address, ""))
        changes = list(_removed(was) if now is None else _changed(was, now, before, after, today))
        if changes:
            changes.sort(key=lambda one: -one.level)
            ports, others = set(was.port_names), reading.get(address, ())
            hits = tuple(tuple(_readers(one, was, ports, others)) for one in changes)
            name = now.address if now else address
            found.append(ProductChanges(name, was, now, tuple(changes), hits))
    return tuple(sorted(found, key=lambda one: one.address))


def _removed(was: ProductState) -> Iterator[Change]:
    yield Change(
        Level.BREAKING,
        "the product is gone",
        before=f"status {was.status}",
        announced=was.status == "retired",
        place=was.place,
    )


def _changed(
    was: ProductState, now: ProductState, before: MeshState, after: MeshState, today: date
) -> Iterator[Change]:
    # who was told until when the product is kept knows that it changes after that
    announced = was.status == "deprecated" and was.sunset is not None and was.sunset < today
    yield from _life(was, now, today)
    yield from _tables(was, now, before, after, announced)
    yield from _other_ports(was, now, announced)
    yield from service_level_changes(was.contract, now.contract)
    yield from _words(was, now)


def _tables(
    was: ProductState, now: ProductState, before: MeshState, after: MeshState, announced: bool
) -> Iterator[Change]:
    old, new = (_by_name(one) for one in (was, now))
    classes = {**before.classes, **after.classes}
    for key, (old_schema, table) in old.items():
        if key not in new:
            moved = next((place for other, (place, _) in new.items() if other[1] == key[1]), None)
            if old_schema == was.schema_name:
                yield Change(
                    Level.BREAKING,
                    f"port {table.name!r} is gone",
                    table.name,
                    after=f"it is in schema {moved!r} now" if moved else None,
                    announced=announced or table.deprecated,
                    place=now.contract.place if now.contract.place.file else now.place,
                )
            continue
        schema, later = new[key]
        if was.schema_name == schema == now.schema_name:
            written = bool({later.name, f"{schema}.{later.name}"} & {*now.written})
            yield from table_changes(table, later, classes, announced=announced, written=written)
            continue
        by_name = {one.name.casefold(): one for one in later.columns}
        for one in table.columns:  # nobody is promised anything of it, but somebody may read it
            other = by_name.get(one.name.casefold())
            if other is not None:
                at = {"port": later.name, "column": other.name, "place": other.place}
                yield from (change for change in class_changes(one, other, classes, at) if change.broadens)
    for key, (schema, table) in new.items():
        if key not in old and schema == now.schema_name:
            yield Change(Level.MINOR, f"port {table.name!r} is new", table.name, place=table.place)


def _by_name(product: ProductState) -> dict[tuple[str, str], tuple[str, Table]]:
    tables = ((one.schema_name or product.schema_name, one) for one in product.contract.tables)
    return {(schema, one.name.casefold()): (schema, one) for schema, one in tables}


def _other_ports(was: ProductState, now: ProductState, announced: bool) -> Iterator[Change]:
    for name in sorted({*was.volumes, *now.volumes}):
        if name not in now.volumes:
            yield Change(Level.BREAKING, f"volume {name!r} is gone", name, announced=announced)
        elif name not in was.volumes:
            yield Change(Level.MINOR, f"volume {name!r} is new", name)
    old, new = ({one.name: one for one in product.functions} for product in (was, now))
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if one is None:
            yield Change(Level.MINOR, f"function {name!r} is new", name)
        elif other is None:
            yield Change(Level.BREAKING, f"function {name!r} is gone", name, announced=announced)
        elif (list(one.parameters.items()), one.returns) != (list(other.parameters.items()), other.returns):
            yield Change(
                Level.BREAKING,
                f"function {name!r} takes or returns something else",
                name,
                before=_signature(one.parameters, one.returns),
                after=_signature(other.parameters, other.returns),
                announced=announced,
            )
        elif one.body != other.body:
            why = "only a person can tell whether it gives other results"
            yield Change(Level.MINOR, f"function {name!r} is computed in another way", name, why=why)


def _signature(parameters: object, returns: str) -> str:
    given = parameters.items() if isinstance(parameters, dict) else ()
    return f"({', '.join(f'{name} {kind}' for name, kind in given)}) {returns}"


def _life(was: ProductState, now: ProductState, today: date) -> Iterator[Change]:
    place = now.place
    if was.address != now.address:
        yield Change(
            Level.MINOR,
            "the product has another name",
            before=was.address,
            after=now.address,
            why="its tables keep theirs; products that read it name the new one",
            versioned=False,
            place=place,
        )
    if was.contract.id != now.contract.id:
        yield Change(
            Level.BREAKING,
            "the contract has another id",
            before=was.contract.id,
            after=now.contract.id,
            why="who refers to the contract does not find it",
            place=place,
        )
    if was.status != now.status:
        ends = now.status in ("draft", "retired") and was.status in ("active", "deprecated")
        over = was.status == "deprecated" and was.sunset is not None and was.sunset < today
        yield Change(
            Level.BREAKING if ends else Level.MINOR if now.status == "deprecated" else Level.COMPATIBLE,
            f"the product is {now.status}",
            before=was.status,
            after=now.status,
            why="its readers lose their access" if ends else "",
            announced=ends and over and now.status == "retired",
            versioned=False,
            place=place,
        )
    if was.sunset != now.sunset and was.sunset is not None and was.status == now.status == "deprecated":
        earlier = now.sunset is not None and now.sunset < was.sunset
        yield Change(
            Level.BREAKING if earlier else Level.COMPATIBLE,
            f"the last day of the product is {'earlier' if earlier else 'later'}",
            before=shown(was.sunset),
            after=shown(now.sunset),
            why="readers planned with it" if earlier else "",
            versioned=False,
            place=place,
        )


def _words(was: ProductState, now: ProductState) -> Iterator[Change]:
    place = now.contract.place if now.contract.place.file else now.place
    for name in ("usage", "limitations"):
        before, after = getattr(was, name), getattr(now, name)
        if before != after:
            why = "readers have to read them again"
            yield Change(Level.MINOR, f"{name} are told in other words", why=why, place=place)
    old, new = was.contract, now.contract
    said = [
        (one.purpose, one.name, one.team, one.support, one.roles, one.tags, one.custom_properties)
        for one in (old, new)
    ]
    if said[0] != said[1]:
        yield Change(Level.COMPATIBLE, "the contract says who and what for in other words", place=place)


def _readers(
    change: Change, product: ProductState, ports: Collection[str], others: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Who read at the base what a change is about: consumers, products that read it, shares."""
    if change.level is Level.COMPATIBLE or product.status == "retired":
        return
    if change.port is not None and change.port not in ports:
        return  # it is new, or no port
    names = dict.fromkeys(one.name for one in product.consumers if _reads(one, change))
    listed = {one.product for one in product.consumers}
    for reader, port in others:
        if reader not in listed and change.port in (None, port):
            names[reader] = None
    yield from sorted(names)
    for share in sorted(product.shares, key=lambda one: one.name):
        shared = {*share.every_port, *(one.name for one in share.everything)}
        if change.port is None or change.port in shared:
            yield f"share {share.name}"


def _reads(consumer: Consumer, change: Change) -> bool:
    if change.port is not None and consumer.ports and change.port not in consumer.ports:
        return False
    column = (change.column or "").partition(".")[0].casefold()
    return not (column and consumer.columns) or column in {one.casefold() for one in consumer.columns}
