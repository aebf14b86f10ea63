# SPDX-License-Identifier: Apache-2.0
"""A report as SARIF 2.1.0 (OASIS), as code scanning reads it."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from meshform.cli.reports.report import Report, details, lines
from meshform.model.findings import Finding, Severity
from meshform.model.printable import printable

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "note"}
_ABOUT = {
    "1": "Files and YAML",
    "2": "Contracts",
    "3": "Declarations, references, names, views and texts",
    "4": "Governance rules",
    "5": "Terraform: literals, grants, growth, the provider's schema; changes of contracts",
    "6": "The local workspace",
    "7": "Runs and steps in a workspace",
    "8": "Tools on this machine",
}


def as_sarif(report: Report) -> bytes:
    """One run of the tool, in ASCII; paths are relative to the root of the repository."""
    codes = sorted({finding.code for finding in report.sorted})
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "Meshform",
                "version": version("meshform"),
                "rules": [_rule(code, report.why.get(code)) for code in codes],
            }
        },
        "automationDetails": {"id": f"meshform-check/{printable(report.environment)}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": report.subjects is not None}],
        "results": [_result(one, codes.index(one.code), report, seen) for one in report.sorted],
    }
    whole = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(whole, indent=2).encode("ascii") + b"\n"


def _rule(code: str, why: str | None) -> dict[str, Any]:
    about = printable(why or f"{_ABOUT.get(code[2:3], 'Rules of your own')} ({code})")
    return {"id": printable(code), "shortDescription": {"text": about}, "help": {"text": about}}


def _result(finding: Finding, index: int, report: Report, seen: Counter[str]) -> dict[str, Any]:
    place = finding.place
    # code scanning takes only results that are somewhere in a file
    where = place if place.file is not None else report.mesh
    uri = report.file(where) or "pyproject.toml"
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(uri)}}
    if where.line is not None:
        region = {"startLine": where.line}
        if where.column is not None:
            region["startColumn"] = where.column
        location["physicalLocation"]["region"] = region
    if place.construct_path:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(place.construct_path)}]
    result = {
        "ruleId": printable(finding.code),
        "ruleIndex": index,
        "level": _LEVEL[finding.severity],
        "message": {"text": "\n".join(lines(finding))},
        "locations": [location],
        "partialFingerprints": {"meshformFinding/v1": _fingerprint(finding, uri, seen)},
    }
    if found := details(finding):
        result["properties"] = found
    if waived := found.get("waived"):
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": waived}]
    return result


def _artifact(uri: str) -> dict[str, str]:
    if PurePosixPath(uri).is_absolute():
        return {"uri": f"file://{quote(uri, errors='replace')}"}
    return {"uri": quote(uri, errors="replace"), "uriBaseId": "%SRCROOT%"}


def _fingerprint(finding: Finding, uri: str, seen: Counter[str]) -> str:
    """The same for a finding that only moved to another line; the second of two equal ones has another."""
    parts = (finding.code, uri, finding.place.construct_path or "", finding.summary)
    key = "\0".join(parts)
    seen[key] += 1
    return sha256(f"{key}\0{seen[key]}".encode(errors="replace")).hexdigest()[:32]
