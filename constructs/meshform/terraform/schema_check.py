# SPDX-License-Identifier: Apache-2.0
"""The check of blocks against the provider's own schema.

Terraform would find most of these mistakes too, but later, in the synthesized JSON, and not all: it drops an
unknown name within an object without a word. Here each is a finding that names the construct.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from meshform.model.findings import NOWHERE, Finding, MeshformError, Place, Severity
from meshform.model.near import nearest
from meshform.terraform.provider_facts import VERSION, schema
from meshform.terraform.schema_nodes import BlockNode
from meshform.terraform.schema_report import Report
from meshform.terraform.terraform_schema import BUILT_IN, META_ARGUMENTS
from meshform.terraform.version_constraint import Version, lowest_allowed

_FACTS = Version(*(int(part) for part in VERSION.split(".")))
_SCHEMAS = {"resource": "resource_schemas", "data": "data_source_schemas"}
_WORDS = {"resource": "resource", "data": "data source"}
_TAG_ASSIGNMENTS = ("databricks_entity_tag_assignment", "databricks_workspace_entity_tag_assignment")


class SchemaCheck:
    """Checks the bodies of resources and data sources against the packaged schema of the provider.

    A body may hold references and be not yet rendered, or be plain Terraform JSON such as cdktf writes: text
    with an expression (`${…}`) fits every attribute. Types of other providers are left alone.

    Args:
        constraint: the mesh's version constraint for the provider. When it admits only versions newer than
            the packaged facts, a type or argument that they lack is a warning, since it may be new; else it
            is an error.

    Raises:
        MeshformError: MF520 when Terraform could not read the constraint, MF521 when it admits neither the
            version of the packaged facts nor a newer one.
    """

    def __init__(self, constraint: str) -> None:
        if lowest_allowed(constraint, at_least=_FACTS) is None:
            raise MeshformError(
                Finding(
                    code="MF521",
                    summary=f"the version constraint of the provider admits no version from {VERSION} on",
                    got=repr(constraint),
                    allowed=f"a constraint that admits {VERSION} or a newer version",
                    fix="set provider_version of the environment to '>= 1.128, < 2'",
                )
            )
        lowest = lowest_allowed(constraint)
        only_newer = lowest is not None and lowest > _FACTS
        self._unknown = Severity.WARNING if only_newer else Severity.ERROR
        self._hint = (
            f"it is not checked: the packaged facts are of provider {VERSION}"
            if only_newer
            else f"take it out; if it is newer than {VERSION}, raise provider_version of the environment"
        )

    def check(self, kind: str, type_: str, body: Mapping[str, Any], place: Place = NOWHERE) -> list[Finding]:
        """Everything about one block that does not fit, warnings among the errors.

        Args:
            kind: `resource` or `data`.
            type_: type of the resource or data source, such as `databricks_schema`.
            body: its arguments, meta arguments such as `depends_on` included.
            place: where the findings point.

        Returns:
            Findings in the order of the body, what is missing last. MF522: no such type. MF523: no such
            argument. MF524: an argument or block is missing. MF525: too few or too many blocks. MF526: wrong
            type. MF527: set, but only the provider sets it. MF528: deprecated, a warning. MF529: a tag
            without a value, which the provider fails on.

        Raises:
            ValueError: when `kind` is neither of the two.
        """
        if kind not in _SCHEMAS:
            raise ValueError(f"a block is a resource or data, not {kind!r}")
        if type_ in BUILT_IN[kind]:
            report = Report(type_, place, Severity.ERROR, "take it out")
        else:
            report = Report(type_, place, self._unknown, self._hint)
        node = _node(kind, type_)
        if node is None:
            self._check_unknown_type(kind, type_, report)
            return report.findings
        if node.deprecated:
            report.deprecated(())
        node.check(body, (), report)
        if kind == "resource" and type_ in _TAG_ASSIGNMENTS and body.get("tag_value") is None:
            report.add(
                "MF529", f"{type_} has no tag_value", fix="set tag_value; '' for a tag without a value"
            )
        return report.findings

    def _check_unknown_type(self, kind: str, type_: str, report: Report) -> None:
        near = nearest(type_, schema()[_SCHEMAS[kind]])
        if near is None and not type_.startswith("databricks_"):
            return
        other = "data" if kind == "resource" else "resource"
        if type_ in schema()[_SCHEMAS[other]]:
            fix = f"it is a {_WORDS[other]}, not a {_WORDS[kind]}"
        elif near:
            fix = f"did you mean {near!r}?"
        else:
            fix = self._hint
        report.add("MF522", f"there is no {_WORDS[kind]} {type_!r}", fix=fix, severity=self._unknown)


def attributes_of(type_: str) -> list[str]:
    """Names of the attributes and blocks of a resource type, sorted; none for a type that is not known."""
    spec = BUILT_IN["resource"].get(type_) or schema()["resource_schemas"].get(type_, {}).get("block", {})
    return sorted({*spec.get("attributes", {}), *spec.get("block_types", {})})


class _TypeNode(BlockNode):
    """The body of a resource or data source."""

    def __init__(self, kind: str, spec: Mapping[str, Any]) -> None:
        meta = META_ARGUMENTS[kind]
        parts = ("attributes", "block_types")
        super().__init__({part: {**meta.get(part, {}), **spec.get(part, {})} for part in parts})
        self.deprecated = bool(spec.get("deprecated"))


@cache
def _node(kind: str, type_: str) -> _TypeNode | None:
    spec = BUILT_IN[kind].get(type_)
    if spec is None and type_ in schema()[_SCHEMAS[kind]]:
        spec = schema()[_SCHEMAS[kind]][type_]["block"]
    return None if spec is None else _TypeNode(kind, spec)
