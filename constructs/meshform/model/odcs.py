# SPDX-License-Identifier: Apache-2.0
"""Reading a data contract: an Open Data Contract Standard (ODCS) 3.x document in YAML.

Everything that is wrong with a file is reported together, each with line and column.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from meshform.model.contract import Contract, Role, ServiceLevel, SupportChannel, Team, TeamMember
from meshform.model.findings import Finding, MeshformError
from meshform.model.odcs_keys import DESCRIPTION, KEYS, custom_properties, simple
from meshform.model.odcs_node import Node
from meshform.model.odcs_shape import check_shape
from meshform.model.odcs_table import tables
from meshform.model.strict_yaml import Document, load, loads

_OLDEST, _NEWEST = (3, 0), (3, 2)
_SUPPORTED = "v3.0.0 to v3.2"
_MIGRATION = (
    "rewrite it for version 3: `uuid` is now `id`, `dataset` is `schema`, `table` and `column` are `name`, "
    "`columns` are `properties`, `isPrimary` is `primaryKey`, `isNullable: false` is `required: true`, "
    "`quantumName` is `dataProduct`, `datasetDomain` is `domain`"
)


def read_contract(path: Path | str, *, root: Path | None = None) -> Contract:
    """The contract in a file.

    Args:
        path: the file.
        root: when given, the folder that the file must be in after all links and `..` are followed.

    Raises:
        MeshformError: MF101 to MF115 when the file is not plain YAML; MF201 not a contract, MF202 another
            version of the standard, MF203 unknown keys, MF204 wrong types, MF205 something is missing, MF206
            a value that is not allowed, MF207 two tables, columns or rules of one name, MF208 types that
            Databricks does not have, MF209 a catalog in a name, MF210 and MF211 quality rules.
    """
    return _contract(load(Path(path), root=root))


def parse_contract(text: str, name: str = "<text>") -> Contract:
    """The contract in a text; `name` stands for the file in findings. Raises as `read_contract` does."""
    return _contract(loads(text, name))


def _contract(document: Document) -> Contract:
    if not isinstance(document.data, dict):
        _refuse(document, "MF201", "the file is not a data contract: it holds no mapping", fix=_START)
    findings: list[Finding] = []
    root = Node(document, findings, (), document.data)
    _check_version(document, root)
    findings += check_shape(document)
    for key in ("id", "version"):
        root.require(key, "the contract")
    description = root.child("description")
    contract = Contract(
        id=root.text("id") or "",
        version=root.text("version") or "",
        api_version=root.text("apiVersion") or "",
        purpose=description.text("purpose") if description else None,
        usage=description.text("usage") if description else None,
        limitations=description.text("limitations") if description else None,
        tables=tables(root),
        sla=_sla(root),
        team=_team(root),
        support=tuple(_support(one) for one in root.children("support")),
        roles=tuple(_role(one) for one in root.children("roles")),
        tags=root.texts("tags"),
        custom_properties=custom_properties(root),
        place=document.place(),
        raw=document.data,
        other=_other(root, description),
        **simple(root, Contract),
    )
    if findings:
        # a type inside of others is looked at once for each of them
        findings = list({(one.code, one.place, one.got): one for one in reversed(findings)}.values())
        raise MeshformError(sorted(findings, key=lambda one: (one.place.line or 0, one.place.column or 0)))
    return contract


def _other(root: Node, description: Node | None) -> dict[str, Any]:
    other = root.other(KEYS[Contract])
    if description and (rest := description.other(DESCRIPTION)):
        other["description"] = rest
    return other


_START = "start it with `kind: DataContract` and `apiVersion: v3.1.0`"


def _check_version(document: Document, root: Node) -> None:
    """Refuses what is not a contract of version 3: reading on would only find what follows from that."""
    if "dataContractSpecification" in root.data:
        fix = "convert it to ODCS, for example by `datacontract export --format odcs`"
        _refuse(document, "MF201", "the file is a Data Contract Specification, not an ODCS contract", fix=fix)
    kind, version = root.data.get("kind"), root.data.get("apiVersion")
    if kind != "DataContract":
        got = None if kind is None else repr(kind)
        _refuse(document, "MF201", "the file is not a data contract", "kind", got, "DataContract", _START)
    match = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})(\.\d{1,4})?", str(version))
    number = (int(match[1]), int(match[2])) if match else None
    if number is not None and _OLDEST <= number <= _NEWEST and isinstance(version, str) and version[0] == "v":
        return
    if number is None:
        fix = "add `apiVersion: v3.1.0`" if version is None else "write it like v3.1.0"
    elif number < _OLDEST:
        fix = _MIGRATION
    elif number > _NEWEST:
        fix = "use a newer Meshform, or write the contract for v3.2.0"
    else:
        fix = f"write it as v{number[0]}.{number[1]}.0"
    summary = "the contract is of a version of the standard that cannot be read"
    got = None if version is None else str(version)
    _refuse(document, "MF202", summary, "apiVersion", got, _SUPPORTED, fix)


def _refuse(
    document: Document,
    code: str,
    summary: str,
    key: str | None = None,
    got: str | None = None,
    allowed: str | None = None,
    fix: str | None = None,
) -> None:
    place = document.place((key,) if key else ())
    raise MeshformError(Finding(code=code, summary=summary, place=place, got=got, allowed=allowed, fix=fix))


def _sla(root: Node) -> tuple[ServiceLevel, ...]:
    default = root.text("slaDefaultElement")
    return tuple(
        ServiceLevel(
            property=one.require("property", "a service level"),
            value=_scalar(one, "value"),
            value_ext=_scalar(one, "valueExt"),
            element=one.text("element") or default,
            place=one.place(),
            other=one.other(KEYS[ServiceLevel]),
            **simple(one, ServiceLevel),
        )
        for one in root.children("slaProperties")
    )


def _scalar(node: Node, key: str) -> str | bool | int | float | None:
    value = node.data.get(key)
    return value if isinstance(value, str | bool | int | float) else None


def _team(root: Node) -> Team | None:
    """The team: a mapping since v3.1, before that a list of its members."""
    node = root.child("team")
    members = node.children("members") if node else root.children("team")
    if node is None and not members:
        return None
    return Team(
        members=tuple(
            TeamMember(
                username=one.require("username", "a member of the team"),
                place=one.place(),
                other=one.other(KEYS[TeamMember]),
                **simple(one, TeamMember),
            )
            for one in members
        ),
        place=root.place("team"),
        other=node.other(KEYS[Team]) if node else {},
        **(simple(node, Team) if node else {}),
    )


def _support(node: Node) -> SupportChannel:
    return SupportChannel(
        channel=node.require("channel", "a support channel"),
        place=node.place(),
        other=node.other(KEYS[SupportChannel]),
        **simple(node, SupportChannel),
    )


def _role(node: Node) -> Role:
    return Role(
        role=node.require("role", "a role"),
        place=node.place(),
        other=node.other(KEYS[Role]),
        **simple(node, Role),
    )
