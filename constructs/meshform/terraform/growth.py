# SPDX-License-Identifier: Apache-2.0
"""A mesh beside its lock: what was renamed moves, what was retired is let go of, any other loss is refused.

Terraform destroys what is in its state and no longer in its configuration. So of every object that the lock
remembers, one of these must hold: it is still there, it has another address and `moved` says so, `removed`
lets go of it without destroying it, or the mesh is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from meshform.model.domain import DomainSpec
from meshform.model.findings import Finding, Place
from meshform.model.lock import EMPTY, Held, Key, MeshLock
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.stack import Stack

_IN_SCHEMA = ("catalog_name", "schema_name", "name")
# the parts of a full name, for each type that holds data
_NAMES: dict[str, tuple[str, ...]] = {
    "databricks_catalog": ("name",),
    "databricks_pipeline": ("name",),  # destroyed, it takes its tables along
    "databricks_recipient": ("name",),  # made anew, its receivers need another activation
    "databricks_registered_model": _IN_SCHEMA,
    "databricks_schema": ("catalog_name", "name"),
    "databricks_share": ("name",),
    "databricks_sql_table": _IN_SCHEMA,
    "databricks_volume": _IN_SCHEMA,
    # hold none, but what is retired stays masked by them
    "databricks_entity_tag_assignment": ("entity_name", "tag_key"),
    "databricks_policy_info": ("on_securable_fullname", "name"),
    # where it is destroyed, so are the functions of masks
    "terraform_data": (),
}
_PROTECTS = frozenset({"databricks_entity_tag_assignment", "databricks_policy_info", "terraform_data"})
# provider 1.128: `name` is updated in place
_RENAMED_IN_PLACE = frozenset({"databricks_pipeline", "databricks_volume"})


def held_by(stacks: Mapping[str, Stack], mesh: ResolvedMesh) -> Iterator[Held]:
    """Everything in some stacks that holds data, and the tables of their pipelines."""
    environment = mesh.environment
    retired = {p.address for p in mesh.products.values() if p.spec.current_status == "retired"}
    readers = _readers(mesh, retired)
    for stack in stacks.values():
        for block in stack.blocks.values():
            if block.kind == "resource" and block.type in _NAMES and not block.is_step:
                name = ".".join(str(block.body[part]) for part in _NAMES[block.type]) or block.address
                # a view that only one consumer reads comes and goes with that consumer
                if block.body.get("table_type") != "VIEW" or name in mesh.tables:
                    ended = block.of in retired
                    read = readers.get(name, "")
                    yield Held(environment.name, stack.name, block.address, name, block.of, ended, read)
    for domain in mesh.domains.values():
        stack_name = environment.domain_stack(domain.name)
        for product in domain.products if stack_name in stacks else ():
            for table in product.tables:
                if table.entry is None and not table.is_view:  # made by a pipeline or a job
                    address = f"table.{table.schema}.{table.name}"
                    of, name = product.address, table.full_name
                    read = readers.get(name, "")
                    yield Held(environment.name, stack_name, address, name, of, of in retired, read)


def _readers(mesh: ResolvedMesh, retired: Collection[str]) -> dict[str, str]:
    """Names of those who may read each port, by its full name; a retired product has none."""
    found: dict[str, str] = {}
    for product in mesh.products.values():
        if not product.readers or product.address in retired:
            continue
        names: dict[str, set[str]] = {}
        for reader in product.readers:
            for port in reader.ports:
                names.setdefault(port, set()).add(reader.consumer.name)
        for port, who in names.items():
            at = product.ports.get(port) or product.other_ports.get(port)
            if at is not None:
                found[at.full_name] = ", ".join(sorted(who))
    return found


def grown(
    lock: MeshLock | None,
    stacks: Mapping[str, Stack],
    mesh: ResolvedMesh,
    renamed: Mapping[tuple[str, str], str],
    *,
    whole: bool,
) -> tuple[MeshLock, list[Finding]]:
    """The part of the lock of the mesh's environment as it is with these stacks, and what is refused.

    Args:
        lock: the lock so far; None when there is none, and then nothing is refused.
        stacks: the environment's stacks.
        mesh: the mesh in that environment.
        renamed: the address of what was declared as renamed, by its stack and its address before.
        whole: whether these are all stacks of the environment. Otherwise others are left out of account.

    Returns:
        The lock, and findings MF533, MF534, MF536 to MF538 and MF549. What is refused is in the lock as it
        was.
    """
    environment = mesh.environment
    if environment.personal:
        personal = {(environment.name, stack, old): new for (stack, old), new in renamed.items()}
        return MeshLock({}, personal, {}), []
    return _Comparison(lock, stacks, mesh, whole=whole).run(renamed)


def blocks_of(lock: MeshLock) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Terraform's `moved` and `removed` blocks, by stack."""
    blocks: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for (_, stack, old), new in sorted(lock.moved.items()):
        blocks.setdefault(stack, {}).setdefault("moved", []).append({"from": old, "to": new})
    for _, stack, address in sorted(lock.removed):
        body = {"from": address, "lifecycle": {"destroy": False}}
        blocks.setdefault(stack, {}).setdefault("removed", []).append(body)
    return blocks


class _Comparison:
    """One environment's part of a lock, and what is there now."""

    def __init__(
        self, lock: MeshLock | None, stacks: Mapping[str, Stack], mesh: ResolvedMesh, *, whole: bool
    ) -> None:
        name = mesh.environment.name
        self._unlocked, lock = lock is None, lock or EMPTY

        def concerns(key: Key) -> bool:
            return key[0] == name and (whole or key[1] in stacks)

        self._mesh, self._stacks = mesh, stacks
        self._now = {one.key: one for one in held_by(stacks, mesh)}
        self._before = {key: one for key, one in lock.held.items() if concerns(key)}
        self._moved = {key: to for key, to in lock.moved.items() if concerns(key)}
        self._removed = {key: one for key, one in lock.removed.items() if concerns(key)}
        self._domains = {domain.name: domain.spec for domain in mesh.domains.values()}
        self._findings: list[Finding] = []
        new = {key: one for key, one in self._now.items() if key not in self._before}
        # of one type and name: the same object
        self._elsewhere = {(one.type, one.name.casefold()): one for one in new.values()}

    def run(self, renamed: Mapping[tuple[str, str], str]) -> tuple[MeshLock, list[Finding]]:
        environment = self._mesh.environment
        for (stack, old), new in renamed.items():
            self._move((environment.name, stack, old), new)
        kept = dict(self._now)
        for key, before in sorted(self._before.items()):
            after = self._successor(before, renamed)
            if after is None:
                if refused := self._gone(before):
                    self._findings.append(refused)
                    kept[key] = before
            elif refused := self._anew(before, after):
                self._findings.append(refused)
                kept[key] = before
            elif after.key != key and after.stack == before.stack and before.in_terraform:
                self._move(key, after.address)
        self._findings += [*self._used_again(), *self._contradictions()]
        return MeshLock(kept, self._moved, self._removed), self._findings

    def _successor(self, before: Held, renamed: Mapping[tuple[str, str], str]) -> Held | None:
        if after := self._now.get(before.key):
            return after
        if new := renamed.get((before.stack, before.address)):
            return self._now.get((before.environment, before.stack, new))
        return self._elsewhere.get((before.type, before.name.casefold()))

    def _gone(self, before: Held) -> Finding | None:
        """None when it may go: then Terraform lets go of it, or it held nothing."""
        retired = self._retired(before)
        if retired and before.readers:
            return Finding(
                code="MF549",
                summary=f"{_shown(before)} is retired at once, while it is still read",
                place=self._place(before),
                got=f"{before.address} of {before.of}; read by {before.readers}",
                allowed="what nobody may read any more, as the lock remembers it",
                fix=f"put {before.of} back with status='retired', which ends all access, and run `meshform"
                " lock`; take it out of the code in a later change",
            )
        if retired and self._mesh.environment.allow_removal:
            if before.in_terraform:
                self._removed[before.key] = before
            return None
        if before.type in _PROTECTS and not retired:
            return None
        what = _shown(before)
        if retired:
            return Finding(
                code="MF537",
                summary=f"{what} is retired, but environment {before.environment!r} does not allow removals",
                place=self._place(before),
                got=f"{before.address} in stack {before.stack}",
                allowed="what holds data leaves with two keys: it is retired, and the environment allows it",
                fix=f"set `allow_removal=True` in Environment({before.environment!r}, ...); Terraform then"
                " forgets it, and the data stays",
            )
        return Finding(
            code="MF536",
            summary=f"{what} is gone from the mesh, and Terraform would destroy it with its data"
            if before.in_terraform
            else f"{what} is gone from its contract, and the pipeline would drop it with its data",
            place=self._place(before),
            got=f"{before.address} of {before.of or 'the platform'} in stack {before.stack}"
            + (f"; read by {before.readers}" if before.readers else ""),
            fix="put it back; or say `renamed_from` where it has another name now; or retire it:"
            f" {self._recipe(before)}, with `allow_removal=True` in the environment",
        )

    def _anew(self, before: Held, after: Held) -> Finding | None:
        """An object that would be made anew, in another state or under another name, without its data."""
        if (before.stack, before.name) == (after.stack, after.name) or before.type in _PROTECTS:
            return None
        if after.stack != before.stack:
            return Finding(
                code="MF534",
                summary=f"{_shown(before)} would be in another stack, and its data would be destroyed",
                place=self._place(after),
                got=f"stack {before.stack} before, {after.stack} now",
                fix="put it back into its stack; or retire it there, deploy that, and adopt it in the other",
            )
        if before.type in _RENAMED_IN_PLACE and before.name.split(".")[:-1] == after.name.split(".")[:-1]:
            return None
        if before.name.casefold() == after.name.casefold():
            return None
        return Finding(
            code="MF534",
            summary=f"{_shown(before)} would get another name: made anew, without its data",
            place=self._place(after),
            got=f"{before.name} before, {after.name} now",
            allowed="the name stays; pipelines and volumes may be renamed in their place",
            fix="keep the name, and declare another object beside it under the new one; when its readers have"
            " moved, retire the old",
        )

    def _recipe(self, one: Held) -> str:
        """What its people write to retire it."""
        domain, _, product = one.of.partition(".")
        if domain not in self._domains:
            return f"retired=[{domain!r}] of the Mesh"
        gone = product and one.of not in self._mesh.spec.products_by_address
        return f"retired=[{product if gone else one.address!r}] of Domain {domain!r}"

    def _move(self, key: Key, address: str) -> None:
        back = (*key[:2], address)
        if self._moved.get(back) == key[2]:
            del self._moved[back]  # it is as it was: to move in a circle is an error of Terraform
        self._moved[key] = address

    def _used_again(self) -> Iterator[Finding]:
        """Addresses that something else has now, which Terraform's state may still hold for what it was."""
        for key in sorted({*self._moved, *self._removed}):
            block = self._stacks[key[1]].blocks.get(key[2]) if key[1] in self._stacks else None
            if block is None:
                continue
            if key in self._removed and (block.import_id is not None or block.type in _PROTECTS):
                del self._removed[key]  # in the state still, or taken back
                continue
            yield Finding(
                code="MF538",
                summary="an address is used again, while a state may still hold there what it was",
                place=block.place,
                got=f"{key[2]} in stack {key[1]}, "
                + (f"moved to {self._moved[key]}" if key in self._moved else "retired"),
                fix=f"deploy {key[0]}, then run `meshform lock --deployed {key[0]}`; or"
                + (" take another name" if key in self._moved else " `adopt` it"),
            )

    def _contradictions(self) -> Iterator[Finding]:
        """What is retired and declared at once, or retired where nobody knows what it was."""
        spec = self._mesh.spec
        retired = [(name, spec.place, name in self._domains) for name in spec.retired]
        for domain in self._domains.values():
            for name in domain.retired:
                declared = f"{domain.name}.{name}" in spec.products_by_address
                stack = self._mesh.environment.domain_stack(domain.name)
                declared |= (self._mesh.environment.name, stack, name) in self._now
                retired.append((name, domain.place, declared))
        for name, place, declared in retired:
            if declared:
                yield Finding(
                    code="MF538",
                    summary="something is retired, and declared at once",
                    place=place,
                    got=name,
                    fix="take its declaration out, or take it out of `retired`",
                )
            elif self._unlocked:
                yield Finding(
                    code="MF533",
                    summary="something is retired, but there is no mesh.lock that knows what it was",
                    place=place,
                    got=name,
                    fix="put its declaration back, run `meshform lock`, then retire it",
                )

    def _retired(self, one: Held) -> bool:
        spec = self._mesh.spec
        domain_name, _, product = one.of.partition(".")
        declared = spec.products_by_address.get(one.of)
        if declared is not None and declared.current_status == "retired":
            return True
        if declared is None and one.retired:
            return True
        if domain_name in spec.retired and domain_name not in self._domains:
            return True
        domain = self._domains.get(domain_name)
        if domain is None:
            return False
        return one.address in domain.retired or (product in domain.retired and declared is None)

    def _place(self, one: Held) -> Place:
        product = self._mesh.spec.products_by_address.get(one.of)
        domain: DomainSpec | None = self._domains.get(one.of.partition(".")[0])
        return product.place if product else domain.place if domain else self._mesh.spec.place


def _shown(one: Held) -> str:
    return f"{one.type.removeprefix('databricks_').replace('_', ' ')} {one.name!r}"
