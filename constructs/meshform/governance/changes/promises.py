# SPDX-License-Identifier: Apache-2.0
"""Changes of what a contract promises: allowed values and limits, quality rules, service levels."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from meshform.governance.changes.change import Change, Level, shown
from meshform.model.contract import Action, Column, Contract, QualityRule, ServiceLevel, Table
from meshform.model.units import in_minutes

# limits of values: a higher lower limit, or a lower upper one, promises more
_LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})

_LESS_IS_MORE = frozenset({
    "latency", "freshness", "frequency", "errorrate", "timetodetect", "timetonotify", "timetorepair"
})  # fmt: skip
_MORE_IS_MORE = frozenset({
    "availability", "completeness", "retention", "throughput", "volume", "endofsupport", "endoflife"
})  # fmt: skip


def allowed_value_changes(before: Column, after: Column, at: dict[str, Any]) -> Iterator[Change]:
    """Allowed values and limits: fewer values promise more, further values break who handles each."""
    old, new = ([one.value for one in column.enum] for column in (before, after))
    if set(map(repr, old)) != set(map(repr, new)):
        wider = bool(old) and (not new or any(value not in old for value in new))
        yield Change(
            Level.BREAKING if wider else Level.MINOR,
            f"allowed values of {at['column']!r} are {'wider' if wider else 'narrower'}",
            before=shown(old) or "any",
            after=shown(new) or "any",
            why="readers that handle each value meet one that they do not know" if wider else "",
            **at,
        )
    limits = before.logical_type_options, after.logical_type_options
    for name in sorted({*limits[0], *limits[1]}):
        one, other = limits[0].get(name), limits[1].get(name)
        if one == other:
            continue
        tighter = one is None or (other is not None and _is_tighter(name, one, other))
        yield Change(
            Level.MINOR if tighter else Level.BREAKING,
            f"limit {name} of {at['column']!r} is {'tighter' if tighter else 'looser or another'}",
            before=shown(one),
            after=shown(other),
            why="" if tighter else "values may come that were excluded",
            **at,
        )


def _is_tighter(name: str, before: Any, after: Any) -> bool:
    try:
        return bool((name in _LOWER and after > before) or (name in _UPPER and after < before))
    except TypeError:
        return False


def rule_changes(before: Table, after: Table, port: str) -> Iterator[Change]:
    """Quality rules: a new one promises more; without one that kept rows out, such rows come."""
    kept = {one.name.casefold() for one in before.columns} & {one.name.casefold() for one in after.columns}
    old, new = (_rules(table, kept) for table in (before, after))
    for name in sorted({*old, *new}):
        one, other = old.get(name), new.get(name)
        if one is None and other is not None:
            yield Change(Level.MINOR, f"quality rule {name!r} is new", port=port, place=other.place)
        elif other is None and one is not None:
            strict = one.action is not Action.WARN
            yield Change(
                Level.BREAKING if strict else Level.MINOR,
                f"quality rule {name!r} is gone",
                port=port,
                before=_rule(one),
                why="it kept rows out" if strict else "it only counted rows",
                place=after.place,
            )
        elif one is not None and other is not None and _says(one) != _says(other):
            strict = one.action is not Action.WARN
            only_stricter = not strict and _says(one)[1:] == _says(other)[1:]
            yield Change(
                Level.BREAKING if strict and not only_stricter else Level.MINOR,
                f"quality rule {name!r} says something else",
                port=port,
                before=_rule(one),
                after=_rule(other),
                why="it kept rows out, and nobody can tell whether it still keeps out the same"
                if strict
                else "",
                place=other.place,
            )


def _rules(table: Table, columns: set[str]) -> dict[str, QualityRule]:
    """Rules of a table, and of those of its columns that were and are there."""
    below = (rule for one in table.columns if one.name.casefold() in columns for rule in one.quality)
    return {rule.name: rule for rule in (*table.quality, *below)}


def _says(rule: QualityRule) -> tuple[Any, ...]:
    parts = (rule.expression, rule.metric, rule.operator, rule.threshold, rule.unit, rule.query)
    return (rule.action, *parts, rule.arguments, rule.implementation)


def _rule(rule: QualityRule) -> str:
    condition = rule.expression or rule.query or f"{rule.metric or rule.type} {rule.operator or ''}".strip()
    threshold = "" if rule.expression or rule.threshold is None else f" {shown(rule.threshold)}"
    return f"{rule.action}: {condition}{threshold}"


def service_level_changes(before: Contract, after: Contract) -> Iterator[Change]:
    """Service levels: weaker or gone breaks readers, new is minor, stronger is compatible."""
    old, new = (_by_name(contract) for contract in (before, after))
    for key in sorted({*old, *new}):
        one, other = old.get(key), new.get(key)
        table = before.table(key[1].split(",")[0].rpartition(".")[0]) if key[1] else None
        port = table.name if table else None
        name = next(level.property for level in (other, one) if level is not None)
        if one is None and other is not None:
            yield Change(
                Level.MINOR, f"service level {name} is new", port, after=_level(other), place=other.place
            )
        elif other is None and one is not None:
            yield Change(
                Level.BREAKING,
                f"service level {name} is gone",
                port,
                before=_level(one),
                why="readers planned with it",
                place=after.place,
            )
        elif one is not None and other is not None and _level(one) != _level(other):
            stronger = _is_stronger(key[0], one, other)
            yield Change(
                Level.COMPATIBLE if stronger else Level.BREAKING,
                f"service level {name} is {'stronger' if stronger else 'weaker or another'}",
                port,
                before=_level(one),
                after=_level(other),
                why="" if stronger else "readers planned with it",
                place=other.place,
            )


def _by_name(contract: Contract) -> dict[tuple[str, str, str], ServiceLevel]:
    return {
        (one.property.casefold(), (one.element or "").casefold(), one.driver or ""): one
        for one in contract.sla
    }


def _level(one: ServiceLevel) -> str:
    parts = (shown(one.value), shown(one.value_ext), one.unit, one.schedule)
    return " ".join(part for part in parts if part)


def _is_stronger(name: str, before: ServiceLevel, after: ServiceLevel) -> bool:
    """Whether a level promises the same or more; what cannot be compared does not."""
    if (before.value_ext, before.schedule) != (after.value_ext, after.schedule):
        return False
    old, new = _measure(before), _measure(after)
    if old is None or new is None or old[1] != new[1]:
        return False
    if name in _LESS_IS_MORE:
        return new[0] <= old[0]
    return name in _MORE_IS_MORE and new[0] >= old[0]


def _measure(level: ServiceLevel) -> tuple[float, str] | None:
    """A value in a unit that compares: minutes, days of a date, or the unit as it is."""
    value, unit = level.value, (level.unit or "").casefold()
    if isinstance(value, str):
        try:
            return float(date.fromisoformat(value[:10]).toordinal()), "date"
        except ValueError:
            pass
        try:
            value = float(value)
        except ValueError:
            return None
    if value is None or isinstance(value, bool):
        return None
    minutes = in_minutes(value, unit)
    return (float(value), unit) if minutes is None else (minutes, "minutes")
