# SPDX-License-Identifier: Apache-2.0
"""Effective access the slow and obvious way, written from Unity Catalog's rules alone, to compare with.

One principal, one table or view and one column at a time; nothing is kept and no set is closed.
"""

from __future__ import annotations

from meshform.governance.access.facts import EVERYBODY, Facts


def is_in(facts: Facts, who: str, group: str, seen: tuple[str, ...] = ()) -> bool:
    """Whether somebody is a group, or is in it at any depth."""
    if who == group or group == EVERYBODY:
        return True
    return group not in seen and any(
        is_in(facts, who, one, (*seen, group)) for one in facts.members.get(group, ())
    )


def holds(facts: Facts, who: str, privilege: str, *securables: str) -> bool:
    """Whether somebody was granted a privilege, or all of them, on one of these."""
    for securable in securables:
        for principal, privileges in facts.grants.get(securable, {}).items():
            if {privilege, "ALL_PRIVILEGES"} & privileges and is_in(facts, who, principal):
                return True
    return False


def owns(facts: Facts, who: str, owner: str | None) -> bool:
    """Whether somebody is the owner, or in it."""
    return owner is not None and is_in(facts, who, owner)


def can_read(facts: Facts, who: str, name: str) -> bool:
    """SELECT, and USE SCHEMA, and USE CATALOG; owners own the object itself and nothing in it."""
    catalog, schema, _ = name.split(".")
    schema = f"{catalog}.{schema}"
    selects = holds(facts, who, "SELECT", name, schema, catalog)
    selects = selects or owns(facts, who, facts.relations[name].owner)
    uses_schema = holds(facts, who, "USE_SCHEMA", schema, catalog)
    uses_schema = uses_schema or owns(facts, who, facts.owners.get(schema))
    uses_catalog = holds(facts, who, "USE_CATALOG", catalog)
    uses_catalog = uses_catalog or owns(facts, who, facts.owners.get(catalog))
    return selects and uses_schema and uses_catalog


def governs(facts: Facts, policy, who: str, name: str) -> bool:
    """Whether a policy is on a table or around it, and is for somebody."""
    return (name.startswith(f"{policy.on}.") or name == policy.on) and (
        any(is_in(facts, who, one) for one in policy.to)
        and not any(is_in(facts, who, one) for one in policy.exempt)
    )


def meets(policy, tags: frozenset[str]) -> bool:
    """Whether a column has every tag that a policy asks for, and none of those that it leaves out."""
    return all(tag in tags for tag in policy.tags) and not any(tag in tags for tag in policy.unless)


def has_leave(facts: Facts, who: str, kind: str) -> bool:
    """Whether a policy lets somebody see a class: it is exempt, or nothing hides the class."""
    declared = facts.classes.get(kind)
    return declared is not None and (
        not declared.is_masked or any(is_in(facts, who, one) for one in declared.exempt)
    )


def origins(facts: Facts, name: str, column: str, depth: int = 0) -> list[tuple[str, str]] | None:
    """The classified columns in a column, through views; None when nobody can tell, as in a circle."""
    if depth > len(facts.relations) + 1 or name not in facts.relations:
        return None if name in facts.relations else []
    relation = facts.relations[name]
    own = [(name, column)] if column in relation.classes else []
    if relation.flows is None:
        return own
    found = []
    flow = relation.flows.get(column, frozenset())
    if flow is None:
        return None
    for source, one in flow:
        below = origins(facts, source, one, depth + 1)
        if below is None:
            return None
        found += below
    return found or own


def below(facts: Facts, name: str, seen: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Every classified column of every table below a view."""
    relation = facts.relations.get(name)
    if relation is None or name in seen:
        return []
    if relation.flows is None:
        return [(name, column) for column in relation.classes]
    return [one for source in relation.sources for one in below(facts, source, (*seen, name))]


def seen(facts: Facts, who: str, holder: str, column: str, *, told: bool = True) -> tuple[str, bool]:
    """What somebody sees of a classified column, and whether that is allowed."""
    relation = facts.relations[holder]
    leave = has_leave(facts, who, relation.classes[column])
    if not told or not relation.governed:
        return "cannot tell", leave
    if relation.flows is None:
        for policy in facts.policies:
            tagged = meets(policy, relation.tags.get(column, frozenset()))
            if policy.kind == "mask" and tagged and governs(facts, policy, who, holder):
                return "masked", True
        for policy in facts.policies:
            tagged = any(meets(policy, tags) for tags in relation.tags.values())
            if policy.kind == "filter" and tagged and governs(facts, policy, who, holder):
                return "filtered", leave
    return "clear", leave


def slow_matrix(facts: Facts, everybody: list[str]) -> set[tuple]:
    """Who reads where, of which column, what they see, whether it is allowed, and by which share."""
    rows = set()
    for name, relation in facts.relations.items():
        for column in {*relation.classes, *(relation.flows or ())}:
            held = origins(facts, name, column)
            told = held is not None
            for holder, one in below(facts, name) if held is None else held:
                kind = facts.relations[holder].classes[one]
                for who in everybody:
                    if can_read(facts, who, name):
                        state, allowed = seen(facts, who, holder, one, told=told)
                        rows.add((name, holder, one, who, state, allowed, None))
                for shared in facts.shares:
                    if shared.relation == name:
                        declared = facts.classes.get(kind)
                        allowed = declared is not None and (
                            not declared.is_masked or shared.recipient in declared.receivers
                        )
                        state = "clear" if told else "cannot tell"
                        rows.add((name, holder, one, shared.recipient, state, allowed, shared.share))
    return rows
