# SPDX-License-Identifier: Apache-2.0
"""Masks and row filters as Unity Catalog will take them: within its quotas, one for each column and reader.

Source: Databricks documentation, "ABAC requirements, quotas, and limitations". Policies stand on catalogs and
schemas only and match one column each, so the quotas of a table and of column conditions cannot be met.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshform.model.data_types import UnknownTypeError, normalize
from meshform.model.findings import Finding, Place
from meshform.model.masks import can_hold
from meshform.model.near import did_you_mean
from meshform.model.policy import MASK_TYPE_TAG, ROW_FILTER_TAG, RowFilter
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedMesh, ResolvedTable
from meshform.model.row_filters import LibraryFilter, MappingFilter

MOST_PRINCIPALS = 20
"""Principals that one policy may name, after TO and EXCEPT together."""
MOST_POLICIES = 100
"""Policies on one catalog, and on one schema."""
EVERYBODY = frozenset({"account users", "users"})
"""Groups that everybody is in."""

_TO = 1  # every policy is for `account users`


def governed_findings(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Findings MF470 to MF478, each once for the mesh."""
    yield from _functions(mesh)
    yield from _exempt(mesh)
    yield from _policies(mesh)
    yield from _library(mesh)
    if mesh.spec.platform.tag_assigners and mesh.environment.account_id is None:
        yield Finding(
            code="MF478",
            summary=f"environment {mesh.environment.name!r} does not tell whose governed tags these are",
            place=mesh.spec.place,
            got="`tag_assigners` of the platform",
            allowed="an environment with `account_id`, which the rule sets of an account are named by",
            fix="give the Environment its `account_id`",
        )
    by_domain = {name: {f.name: f for f in mesh.row_filters(name)} for name in mesh.domains}
    for product in mesh.products.values():
        filters = by_domain[product.domain.name]
        for table in product.tables:
            if not table.is_own_view and any(column.tags for column in table.spec.columns):
                yield from _tags_by_hand(table, mesh)
                yield from _filtered(table, filters)


def _functions(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Functions of one name in the platform's schema, and two of one class that take one type (MF470)."""
    named: dict[str, str] = {}
    for policy in mesh.spec.policies:
        for row_filter in policy.row_filters if policy.domain is None else ():
            named.setdefault(row_filter.name.casefold(), f"row filter {row_filter.name!r}")
    for policy in mesh.spec.policies:
        for declared in policy.classifications:
            kinds = declared.own_types
            for kind in dict.fromkeys(kind for kind in kinds if kinds.count(kind) > 1):
                yield Finding(
                    code="MF470",
                    summary=f"class {declared.name!r} has two mask functions for one type",
                    place=policy.place,
                    got=", ".join(
                        f.name for f, of in zip(declared.own_functions, kinds, strict=True) if of == kind
                    ),
                    allowed=f"one function for {kind}",
                    fix="remove one of them",
                )
            own = {function.name for function in declared.own_functions}
            for function in mesh.mask_functions.get(declared.name, {}).values():
                what = f"class {declared.name!r}"
                other = named.setdefault(function.name.casefold(), what)
                if other != what and function.name not in own:  # those of people are told by MF328
                    yield Finding(
                        code="MF470",
                        summary=f"a mask of {what} would have the name of another function",
                        place=policy.place,
                        got=f"{function.name!r}, also of {other}",
                        allowed="each name once in the platform's schema",
                        fix="rename the class or the other function",
                    )


def _exempt(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Everybody is exempt (MF471), or more principals than a policy may name (MF473)."""
    for policy in mesh.spec.policies:
        protections = [
            *((f"the mask of class {c.name!r}", c.exempt) for c in policy.classifications if c.is_masked),
            *((f"row filter {f.name!r}", f.exempt) for f in policy.row_filters),
        ]
        for what, exempt in protections:
            everybody = {
                name for name in mesh.spec.principals.with_members(exempt) if name.casefold() in EVERYBODY
            }
            if everybody:
                yield Finding(
                    code="MF471",
                    summary=f"everybody is exempt from {what}, so it hides nothing",
                    place=policy.place,
                    got=", ".join(sorted(everybody)),
                    allowed="groups that not everybody is in",
                    fix="make a group for those who may see it in clear exempt",
                )
            count = _TO + len(set(exempt))
            if count > MOST_PRINCIPALS:
                yield Finding(
                    code="MF473",
                    summary=f"the policy of {what} would name more principals than Unity Catalog takes",
                    place=policy.place,
                    got=f"{count}: `account users`, and {count - _TO} who are exempt",
                    allowed=f"at most {MOST_PRINCIPALS}",
                    fix="make one group exempt, and those its members",
                )


def _policies(mesh: ResolvedMesh) -> Iterator[Finding]:
    """More policies on a catalog or schema than Unity Catalog takes (MF474)."""
    floor = [policy for policy in mesh.spec.policies if policy.domain is None]
    masks = sum(len(functions) for functions in mesh.mask_functions.values())
    filters = sum(len(policy.row_filters) for policy in floor)
    own: dict[str | None, int] = {}
    for policy in mesh.spec.policies:
        own[policy.domain] = own.get(policy.domain, 0) + len(policy.row_filters)
    if masks + filters > MOST_POLICIES:
        yield _too_many(
            "every catalog",
            masks + filters,
            f"{masks} masks and {filters} row filters of the mesh",
            mesh.spec.place,
        )
        return
    for domain in mesh.domains.values():
        row_filters = own.get(domain.name, 0)
        on_catalog = 0 if domain.is_in_shared_catalog else masks + filters
        if row_filters + on_catalog > MOST_POLICIES:
            where = "each schema" if domain.is_in_shared_catalog else "the catalog"
            yield _too_many(
                f"{where} of domain {domain.name!r}",
                row_filters + on_catalog,
                f"{row_filters} row filters of its own"
                + (f", {on_catalog} masks and row filters of the mesh" if on_catalog else ""),
                domain.place,
            )


def _too_many(where: str, count: int, what: str, place: Place) -> Finding:
    return Finding(
        code="MF474",
        summary=f"{where} would have more policies than Unity Catalog takes",
        place=place,
        got=f"{count}: {what}",
        allowed=f"at most {MOST_POLICIES} on a catalog or schema",
        fix="put classes together, give the columns of a class fewer types, or write fewer row filters",
    )


def _tags_by_hand(table: ResolvedTable, mesh: ResolvedMesh) -> Iterator[Finding]:
    """A tag that chooses the mask of a column stands among its own tags (MF472)."""
    for column in table.spec.columns:
        for tag in column.tags:
            key, _, value = tag.partition("=")
            if key not in (mesh.spec.classification_tag, MASK_TYPE_TAG):
                continue
            is_class = key == mesh.spec.classification_tag
            if is_class and column.classification == value:
                continue
            if is_class and column.classification:
                summary = "has two classes, and so two masks for the same readers"
                got = f"classification {column.classification!r}, tag {tag!r}"
            else:
                summary = "chooses its mask by a tag of its own"
                got = tag
            yield Finding(
                code="MF472",
                summary=f"{table.full_name}.{column.name} {summary}",
                place=column.place,
                got=got,
                allowed="one class, as `classification` of the column; Meshform sets the tags",
                fix="remove the tag"
                if not is_class or column.classification
                else f"write `classification: {value}`",
            )


def _library(mesh: ResolvedMesh) -> Iterator[Finding]:
    """Row filters of the library that could let nobody in, or whose table would be another's (MF477)."""
    tables: dict[str, str] = {}
    for policy in mesh.spec.policies:
        for one in policy.row_filters:
            if not isinstance(one, LibraryFilter):
                continue
            kind = _parameter(one.data_type)
            wrong = [repr(value) for value in one.values if not can_hold(kind, value)]
            groups = [name for name in one.groups if not isinstance(mesh.spec.principals.find(name), Group)]
            problems = [
                ("has values that its type cannot hold", wrong, f"values of {one.data_type}"),
                ("asks for members of what is no group", groups, "groups of the mesh's registry"),
            ]
            if isinstance(one, MappingFilter):
                other = tables.setdefault(one.table_name.casefold(), one.name)
                here = [f"table {one.table_name!r}, also of {other!r}"] if other != one.name else []
                problems.append(("has the table of another", here, "a table of its own"))
                of = [f"a policy of domain {policy.domain!r}"] if policy.domain is not None else []
                problems.append(("has a table, which only the platform keeps", of, "a policy of the mesh"))
            for what, got, allowed in problems:
                if got:
                    yield Finding(
                        code="MF477",
                        summary=f"row filter {one.name!r} {what}",
                        place=policy.place,
                        got=", ".join(got),
                        allowed=allowed,
                        fix="correct it",
                    )


def _filtered(table: ResolvedTable, filters: dict[str, RowFilter]) -> Iterator[Finding]:
    """A column that no filter takes (MF475), or filters that meet in one table (MF476)."""
    met: list[str] = []
    for column in table.spec.columns:
        for tag in column.tags:
            key, _, value = tag.partition("=")
            if key != ROW_FILTER_TAG:
                continue
            met.append(f"{column.name} ({value})")
            row_filter = filters.get(value)
            if row_filter is None:
                yield Finding(
                    code="MF475",
                    summary=f"{table.full_name}.{column.name} is marked for a row filter it does not have",
                    place=column.place,
                    got=tag,
                    allowed=", ".join(filters) or "none is declared for its domain",
                    fix=did_you_mean(value, filters) or "declare it in a policy of the mesh or of the domain",
                )
            elif _parameter(row_filter.data_type) != _parameter(column.type):
                yield Finding(
                    code="MF475",
                    summary=f"{table.full_name}.{column.name} has a type that its row filter does not take",
                    place=column.place,
                    got=column.type,
                    allowed=f"{row_filter.data_type}, of row filter {value!r}",
                    fix="change the type of the column, or write a filter with that `data_type`",
                )
    if len(met) > 1:
        yield Finding(
            code="MF476",
            summary=f"{table.full_name} would be filtered twice, which Unity Catalog refuses",
            place=table.place,
            got=", ".join(met),
            allowed="one column with one row filter in a table",
            fix="mark one column; write a filter of your own where two conditions must hold",
        )


def _parameter(kind: str) -> str:
    """The type that a function has for a column of a type: char and varchar are strings there."""
    try:
        normal = normalize(kind)
    except UnknownTypeError:
        return kind
    return "string" if normal.startswith(("char(", "varchar(")) else normal
