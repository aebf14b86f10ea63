# SPDX-License-Identifier: Apache-2.0
"""Changes of contracts as text, JSON and Markdown. Texts of users are printable in each, and escaped."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from meshform.cli.output import in_order
from meshform.cli.reports.report import count
from meshform.governance.changes import Change, Level, ProductChanges
from meshform.model.findings import Finding, Severity
from meshform.model.printable import printable

FORMAT = "meshform-diff"
FORMAT_VERSION = 1
"""Rises when a key is removed or means something else; further keys may come without that."""

_LEVELS = {Level.COMPATIBLE: "compatible", Level.MINOR: "minor", Level.BREAKING: "breaking"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~@:-])")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A mesh beside its base.

    Attributes:
        base: the ref, as given.
        commit: the commit that it was compared with.
        changed: what changed of each product.
        findings: what of it is missing.
    """

    base: str
    commit: str
    changed: tuple[ProductChanges, ...]
    findings: tuple[Finding, ...]

    @property
    def counted(self) -> str:
        """One line: how much changed, and whether it may."""
        levels = [one.level for product in self.changed for one in product.changes]
        parts = [
            f"{sum(level is each for level in levels)} {name}"
            for each, name in sorted(_LEVELS.items(), reverse=True)
        ]
        number = sum(one.severity is Severity.ERROR for one in self.findings)
        errors = count(number, "error") if number else "no errors"
        return (
            f"{count(len(self.changed), 'product')} changed since {printable(self.base)}"
            f" ({self.commit[:12]}): {', '.join(parts)}; {errors}"
        )


def as_text(comparison: Comparison) -> str:
    """Each product with its changes, breaking ones first, each with whom it hits."""
    lines: list[str] = []
    for product in comparison.changed:
        lines.append(f"{printable(product.address)} {_versions(product)}")
        for one, hits in zip(product.changes, product.hits, strict=True):
            lines.append(f"  {_LEVELS[one.level]:<11}{_what(one)}")
            if one.why:
                lines.append(f"{'':<13}{printable(one.why)}")
            if hits:
                lines.append(f"{'':<13}hits: {printable(', '.join(hits))}")
    return "\n".join([*lines, comparison.counted]) + "\n"


def as_json(comparison: Comparison) -> str:
    """All of it; docs/changes.md has the shape."""
    whole = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "base": printable(comparison.base),
        "commit": comparison.commit,
        "products": [_product(one) for one in comparison.changed],
        "findings": [
            {
                "code": one.code,
                "severity": one.severity.value,
                "summary": printable(one.summary),
                "place": {
                    "file": one.place.file and printable(one.place.file),
                    "line": one.place.line,
                    "column": one.place.column,
                    "construct_path": one.place.construct_path and printable(one.place.construct_path),
                },
                "got": one.got and printable(one.got),
                "allowed": one.allowed and printable(one.allowed),
                "fix": one.fix and printable(one.fix),
                "waived": one.waived and printable(one.waived),
            }
            for one in in_order(comparison.findings)
        ],
    }
    return json.dumps(whole, indent=2) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """Tables for a comment on a pull request; nothing in them links, mentions or is HTML."""
    lines = ["## Contract changes", "", f"{_markdown(comparison.counted)}.", ""]
    for product in comparison.changed:
        lines += [f"### {_markdown(product.address)} {_markdown(_versions(product))}", ""]
        lines += ["| | change | before | after | hits |", "| --- | --- | --- | --- | --- |"]
        for one, hits in zip(product.changes, product.hits, strict=True):
            cells = [_LEVELS[one.level], _markdown(_title(one))]
            cells += [_markdown(text or "") for text in (one.before, one.after, ", ".join(hits))]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    if comparison.findings:
        lines += ["### What is missing, and what is waived", ""]
        for finding in in_order(comparison.findings):
            if finding.waived:
                waived = _markdown(finding.waived)
                lines.append(f"- {finding.code}, waived {waived}: {_markdown(finding.summary)}")
                continue
            fix = f" Fix: {_markdown(finding.fix)}." if finding.fix else ""
            got = f" ({_markdown(finding.got)})" if finding.got else ""
            lines.append(f"- **{finding.code}** {_markdown(finding.summary)}{got}.{fix}")
        lines.append("")
    return "\n".join(lines)


RENDERERS: Mapping[str, Callable[[Comparison], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
}


def _versions(product: ProductChanges) -> str:
    before, after = (
        (one.version or one.contract.version) if one else None for one in (product.before, product.after)
    )
    if after is None:
        return f"{printable(str(before))}, gone"
    return printable(f"{before}" if before == after else f"{before} -> {after}")


def _title(change: Change) -> str:
    of = f" of port {change.port!r}" if change.port and repr(change.port) not in change.what else ""
    return change.what + of


def _what(change: Change) -> str:
    values = [text for text in (change.before, change.after) if text]
    return printable(_title(change) + (f": {' -> '.join(values)}" if values else ""))


def _product(product: ProductChanges) -> dict[str, Any]:
    before, after = product.before, product.after
    return {
        "product": printable(product.address),
        "version_before": before and printable(before.version or before.contract.version),
        "version": after and printable(after.version or after.contract.version),
        "level": _LEVELS[product.level],
        "changes": [
            {
                "level": _LEVELS[one.level],
                "what": printable(one.what),
                "port": one.port and printable(one.port),
                "column": one.column and printable(one.column),
                "before": one.before and printable(one.before),
                "after": one.after and printable(one.after),
                "why": printable(one.why) or None,
                "announced": one.announced,
                "broadens": one.broadens,
                "hits": [printable(name) for name in hits],
            }
            for one, hits in zip(product.changes, product.hits, strict=True)
        ],
    }


def _markdown(text: str) -> str:
    """A text as plain words of a cell of a table."""
    plain = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", plain)
