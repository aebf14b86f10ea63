# SPDX-License-Identifier: Apache-2.0
"""Classes of columns and row filters: each name means one thing wherever it is met."""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.domain import MeshSpec
from meshform.model.findings import Finding
from meshform.model.policy import ROW_FILTER_TAG, Policy


def protection_findings(mesh: MeshSpec) -> Iterator[Finding]:
    """Findings MF327, MF328 and MF417."""
    yield from _classes_of_domains(mesh)
    yield from _row_filters_of_products(mesh)
    yield from _same_names(mesh)


def _classes_of_domains(mesh: MeshSpec) -> Iterator[Finding]:
    """A class belongs to the whole mesh."""
    for policy in mesh.policies:
        if policy.domain is not None and policy.classifications:
            yield Finding(
                code="MF327",
                summary=f"{policy.title} brings a class of columns",
                place=policy.place,
                got=", ".join(c.name for c in policy.classifications),
                allowed="classes in a policy of the mesh: data keeps its class on its way between domains",
                fix="declare it in a GovernancePolicy of the Mesh",
            )


def _row_filters_of_products(mesh: MeshSpec) -> Iterator[Finding]:
    """A row filter governs a catalog; which tables it filters, their columns say."""
    for policy in mesh.policies:
        if policy.product is not None and policy.row_filters:
            yield Finding(
                code="MF417",
                summary=f"{policy.title} brings a row filter",
                place=policy.place,
                got=", ".join(f.name for f in policy.row_filters),
                allowed="row filters in a policy of a domain or of the mesh",
                fix="declare it in a policy of the domain, and mark the product's column with the tag"
                f" {ROW_FILTER_TAG}",
            )


def _same_names(mesh: MeshSpec) -> Iterator[Finding]:
    """A policy's classes and functions; those of a mesh-wide policy meet those of every domain."""
    named: dict[tuple[str, str], list[Policy]] = {}
    for policy in mesh.policies:
        functions = [
            *(function.name for c in policy.classifications for function in c.own_functions),
            *(f.name for f in policy.row_filters),
        ]
        for kind, names in (("class", [c.name for c in policy.classifications]), ("function", functions)):
            for name in names:
                named.setdefault((kind, name.casefold()), []).append(policy)
    for (kind, name), policies in named.items():
        for i, policy in enumerate(policies):
            other = next(
                (o for o in policies[:i] if o.domain == policy.domain or None in (o.domain, policy.domain)),
                None,
            )
            if other:
                yield Finding(
                    code="MF328",
                    summary=f"a {kind} of columns is declared twice"
                    if kind == "class"
                    else f"a {kind} is declared twice",
                    place=policy.place,
                    got=f"{name!r}, also by policy {other.name!r} at {other.place}",
                    allowed="each name once in a domain and the mesh",
                    fix="rename one of them",
                )
