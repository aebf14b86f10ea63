# SPDX-License-Identifier: Apache-2.0
"""What changes ask for, and what of it is missing: a version, time for readers, an approval."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from meshform.governance.changes.change import Change, Level
from meshform.governance.changes.products import ProductChanges
from meshform.model.findings import Finding, Place

_VERSION = re.compile(r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+][0-9A-Za-z.+-]+)?")
_Version = tuple[int, int, int]


def verdict(changed: Iterable[ProductChanges], retired: Collection[str]) -> list[Finding]:
    """Findings MF544 to MF548.

    Args:
        changed: what changed.
        retired: names of domains and addresses of products that are declared as retired now.
    """
    found: list[Finding] = []
    for product in changed:
        if product.before is None:
            continue
        if product.after is None:
            found += _removal(product, retired)
        else:
            found += _version(product)
            found += _unapproved(product)
            if product.before.status != "draft":
                found += _too_soon(product)
    return found


def _removal(product: ProductChanges, retired: Collection[str]) -> Iterator[Finding]:
    """MF548: a product goes when it was retired, or is and nobody reads it."""
    before = product.before
    [hits] = product.hits
    declared = product.address in retired or product.address.partition(".")[0] in retired
    if before is None or before.status == "retired" or (not hits and (declared or before.status == "draft")):
        return
    yield Finding(
        code="MF548",
        summary=f"{product.address} is gone from the mesh, and "
        + ("is still read" if hits else "was not retired"),
        place=product.place,
        got=f"status {before.status}; read by {', '.join(hits) or 'nobody'}",
        allowed="a product that was retired in a change before, when nobody reads it any more",
        fix="put it back with status='deprecated' and a `sunset`, move its readers, then give it"
        " status='retired'; take it out of the code in a later change"
        if hits
        else "give it status='retired' first, or name it in `retired` of its domain",
    )


def _version(product: ProductChanges) -> Iterator[Finding]:
    """MF544 and MF545: each version that readers see must rise as far as the changes ask for."""
    before, after = product.before, product.after
    if before is None or after is None:
        return
    asking = [one for one in product.changes if one.versioned]
    level = max((one.level for one in asking), default=Level.COMPATIBLE)
    if before.status == "draft":
        level = Level.COMPATIBLE  # it may change in any way
    pairs = [("contract", before.contract.version, after.contract.version, after.contract.place)]
    if after.version is not None:
        pairs.append(("product", before.version or before.contract.version, after.version, after.place))
    for what, old, new, place in pairs:
        where = place if place.file else after.place
        versions = _parsed(old), _parsed(new)
        if versions[0] is None or versions[1] is None:
            if level is not Level.COMPATIBLE:
                yield _no_version(product.address, what, old, new, where)
            continue
        least = _least(versions[0], level)
        if versions[1] < versions[0]:
            yield Finding(
                code="MF544",
                summary=f"the version of the {what} of {product.address} goes down",
                place=where,
                got=f"{old} before, {new} now",
                fix=f"give it {_text(least)} or a higher one",
            )
        elif not _enough(versions[0], versions[1], level):
            first = next(one for one in asking if one.level is level)
            number = sum(one.level is level for one in asking)
            yield Finding(
                code="MF545",
                summary=f"the version of the {what} of {product.address} does not tell of"
                f" {'a breaking change' if level is Level.BREAKING else 'a change'}",
                place=where,
                got=f"{old} before, {new} now; {_of(first)}"
                + (f", and {number - 1} more" if number > 1 else ""),
                allowed=f"{_text(least)} or higher",
                fix=f"set the version of the {what} to {_text(least)}",
            )


def _no_version(address: str, what: str, old: str, new: str, place: Place) -> Finding:
    return Finding(
        code="MF544",
        summary=f"nobody can tell what the version of the {what} of {address} says of its changes",
        place=place,
        got=f"{old} before, {new} now",
        allowed="a semantic version, MAJOR.MINOR.PATCH",
        fix="give it one, such as 1.0.0",
    )


def _parsed(version: str) -> _Version | None:
    match = _VERSION.fullmatch(version.strip())
    return (int(match[1]), int(match[2] or 0), int(match[3] or 0)) if match else None


def _least(before: _Version, level: Level) -> _Version:
    """The lowest version that tells of a change; below 1.0.0 a minor version may break."""
    major, minor, patch = before
    if level is Level.COMPATIBLE:
        return before
    if level is Level.BREAKING:
        return (major + 1, 0, 0) if major else (0, minor + 1, 0)
    return (major, minor + 1, 0) if major else (0, minor, patch + 1)


def _enough(before: _Version, after: _Version, level: Level) -> bool:
    return after >= _least(before, level)


def _text(version: _Version) -> str:
    return ".".join(map(str, version))


def _unapproved(product: ProductChanges) -> Iterator[Finding]:
    """MF547: more people may see something, and nobody approved it."""
    for one in product.changes:
        if one.broadens:
            yield Finding(
                code="MF547",
                summary=f"{product.address}: {_of(one)}, so more people may see it",
                place=one.place if one.place.file else product.place,
                got=f"{one.before} before" + (f", {one.after} now" if one.after else ""),
                allowed="the class and tags that it had, or the approval of the governance council",
                fix=f"put it back; or let the council approve it: {_waiver('MF547', product, one)}",
                about=_address(product, one),
            )


def _address(product: ProductChanges, change: Change) -> str:
    return ".".join(part for part in (product.address, change.port, change.column) if part)


def _waiver(code: str, product: ProductChanges, change: Change) -> str:
    return f"Waiver(rule={code!r}, scope={_address(product, change)!r}, ...)"


def _too_soon(product: ProductChanges) -> Iterator[Finding]:
    """MF546: a breaking change hits readers who were not told."""
    for one, hits in zip(product.changes, product.hits, strict=True):
        if one.level is Level.BREAKING and hits and not one.announced:
            yield Finding(
                code="MF546",
                summary=f"{product.address}: {_of(one)}, and its readers were not told before",
                place=one.place if one.place.file else product.place,
                got=f"{_values(one)}read by {', '.join(hits)}",
                allowed="what was marked `deprecated: true` before, or a product whose `sunset` has passed",
                fix="keep it, mark it as deprecated, and take it away in a later version; or declare the new"
                " major version beside this one, as a product with `replaces`, and give this one"
                f" status='deprecated' and a `sunset`; or let the council approve it: "
                f"{_waiver('MF546', product, one)}",
                about=_address(product, one),
            )


def _values(change: Change) -> str:
    if change.before and change.after:
        return f"{change.before} before, {change.after} now; "
    return ""


def _of(change: Change) -> str:
    where = f" of port {change.port!r}" if change.port and repr(change.port) not in change.what else ""
    return f"{change.what}{where}"
