# SPDX-License-Identifier: Apache-2.0
"""Which masks and row filters govern a table, in words, each with who is exempt from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshform.model.contract import Column
from meshform.model.policy import ROW_FILTER_TAG
from meshform.model.resolved import ResolvedMesh, ResolvedTable

Governing = tuple[str, tuple[str, ...]]
"""What governs, such as `the mask of class 'personal'`, and who is exempt."""


def governing(table: ResolvedTable, domain: str, mesh: ResolvedMesh) -> Iterator[Governing]:
    """The masks of the classes of a domain's table in the order of its columns, then its row filters."""
    yield from masks_on(table.classified_columns(), mesh)
    yield from row_filters_on(table, domain, mesh)


def masks_on(columns: Iterable[Column], mesh: ResolvedMesh) -> Iterator[Governing]:
    """The masks of the classes of some columns, each once."""
    for name in dict.fromkeys(column.classification or "" for column in columns):
        declared = mesh.classifications.get(name)
        if declared and declared.is_masked:
            yield f"the mask of class {name!r}", declared.exempt


def row_filters_on(table: ResolvedTable, domain: str, mesh: ResolvedMesh) -> Iterator[Governing]:
    """The row filters whose tag a column of the table carries."""
    tags = {tag for column in table.spec.columns for tag in column.tags}
    for row_filter in mesh.row_filters(domain) if tags else ():
        if f"{ROW_FILTER_TAG}={row_filter.name}" in tags:
            yield f"the row filter {row_filter.name!r}", row_filter.exempt
