# SPDX-License-Identifier: Apache-2.0
"""Views: what their SQL may read, and the same SQL with the names of one environment.

A team writes names that know nothing of environments. In this order a name in a view means

1. `table`: a table or view of the product's own contract;
2. `schema.table`: one in the catalog of the product's domain;
3. `domain.schema.table`: one of a domain of the mesh, by the name of the domain and not of its catalog; also
   of a domain of another mesh, whose manifest is an input;
4. `name`: an external table among the product's inputs, by the name that it has there.

What belongs to another product must be one of the product's inputs: so its producer knows who reads it, and
the stacks are deployed in an order that works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from meshform.governance.sql_text import SqlError
from meshform.governance.view_sql import REACHES_OUT, TAKES_ALL, TableName, ViewSql, read_view
from meshform.model.findings import Finding
from meshform.model.graph import circles
from meshform.model.inputs import ExternalTable, ManifestPort, PortReference
from meshform.model.names import quoted_if_needed
from meshform.model.near import did_you_mean, one_of
from meshform.model.resolved import ResolvedMesh, ResolvedProduct, ResolvedTable
from meshform.model.secrets import redact

_NOT_OURS = {
    "hive_metastore": "the legacy metastore, which Unity Catalog does not govern",
    "spark_catalog": "the legacy metastore, which Unity Catalog does not govern",
    "system": "system tables, which belong to the platform",
    "samples": "samples, which belong to no domain",
    "global_temp": "temporary views",
}
_FORMATS = frozenset(
    ("avro", "binaryfile", "csv", "delta", "iceberg", "jdbc", "json", "orc", "parquet", "text", "xml")
)


@dataclass(frozen=True, slots=True)
class ResolvedView:
    """A view in one environment.

    Attributes:
        sql: its SQL with full names, as the author wrote the rest, without comments.
        sources: the tables and views that it reads, each once, in the order of the text.
        columns: names of its columns in order.
        mentions: every name in it, see `ViewSql`. Default: nobody looked.
    """

    sql: str
    sources: tuple[ResolvedTable, ...]
    columns: tuple[str, ...]
    mentions: frozenset[str] | None = None


def resolve_views(
    product: ResolvedProduct, mesh: ResolvedMesh
) -> tuple[dict[str, ResolvedView], list[Finding]]:
    """The views of a product by full name, and what is wrong with them.

    Findings: MF351 not one SELECT, MF352 `SELECT *`, MF353 something that a view must not read, MF354 an
    unknown table, MF355 a table of a product that is not an input, MF356 columns other than the contract's,
    MF357 a column that its table does not have. A view with a finding is left out.
    """
    views: dict[str, ResolvedView] = {}
    findings: list[Finding] = []
    names = Names(product, mesh)
    for table in product.tables:
        if table.view_sql is None or not table.is_view:
            continue
        findings += _read(table, table.view_sql, product, names, views)
    return views, findings


def circle_findings(views: Mapping[str, ResolvedView], mesh: ResolvedMesh) -> Iterator[Finding]:
    """Views that read one another in a circle (MF358), with its whole path."""
    edges = {name: [source.full_name for source in view.sources] for name, view in views.items()}
    for circle in circles(edges):
        places = "; ".join(f"{name} at {mesh.tables[name].place}" for name in circle[:-1])
        yield Finding(
            code="MF358",
            summary="views read one another in a circle",
            place=mesh.tables[circle[-2]].place,
            got=" -> ".join(circle),
            fix=f"let one of them read a table: {places}",
        )


class Names:
    """What names of tables mean in the SQL of one product."""

    def __init__(self, product: ResolvedProduct, mesh: ResolvedMesh) -> None:
        self.mesh = mesh
        self.product = product
        self.own: dict[str, list[ResolvedTable]] = {}
        for table in product.tables:
            self.own.setdefault(table.name.casefold(), []).append(table)
        # what each input means for this product: the port, or the view of its part of it
        self.inputs: dict[str, ResolvedTable] = {}
        self._foreign: dict[tuple[str, ...], ResolvedTable] = {}
        for ref in product.spec.inputs:
            if port := mesh.port(ref):
                self.inputs[port.full_name] = mesh.input(product.spec, ref) or port
                if isinstance(ref, ExternalTable):
                    self.own.setdefault(ref.name, [port])
                elif isinstance(ref, ManifestPort):
                    self._foreign[ref.domain, ref.schema_name, ref.port] = port

    def written(self) -> Iterator[str]:
        """Every name that a view of the product may use."""
        yield from (table.name for table in self.product.tables)
        yield from (f"{table.domain_schema}.{table.name}" for table in self.product.tables)
        for ref in self.product.spec.inputs:
            if port := self.mesh.port(ref):
                if not isinstance(ref, PortReference):
                    yield str(ref)
                    continue
                if ref.domain == self.product.domain.name:
                    yield f"{port.domain_schema}.{port.name}"
                yield f"{ref.domain}.{port.domain_schema}.{port.name}"

    def find(self, name: TableName) -> ResolvedTable | SqlError:
        """The table of a name, or why there is none."""
        if len(name.parts) == 1:
            found = self.own.get(name.parts[0].casefold(), [])
            if len(found) > 1:
                schemas = one_of(f"{table.domain_schema}.{table.name}" for table in found)
                return SqlError(
                    f"{name} is in several schemas", f"write one of {schemas}", name.line, name.column
                )
            return found[0] if found else self._unknown(name)
        *named, schema, table = (part.casefold() for part in name.parts)
        if foreign := self._foreign.get((*named, schema, table)):
            return foreign
        domain = self.mesh.domains.get(named[0]) if named else self.product.domain
        if domain is None:
            return self._unknown(name)
        return self.mesh.tables.get(domain.full_name(schema, table)) or self._unknown(name)

    def _unknown(self, name: TableName) -> SqlError:
        near = did_you_mean(str(name), self.written())
        catalogs = {domain.catalog: domain.name for domain in self.mesh.domains.values()}
        if len(name.parts) == 3 and name.parts[0] not in self.mesh.domains and name.parts[0] in catalogs:
            near = (
                f"write {catalogs[name.parts[0]]!r}, the name of the domain: catalogs differ by environment"
            )
        fix = near or "describe it in the contract, or add an input"
        return SqlError(f"there is no table {redact(str(name))}", fix, name.line, name.column)


def _read(
    table: ResolvedTable,
    sql: str,
    product: ResolvedProduct,
    names: Names,
    views: dict[str, ResolvedView],
) -> Iterator[Finding]:
    try:
        view = read_view(sql)
    except SqlError as error:
        yield _finding("MF351", table, error)
        return
    findings = [_finding(code, table, error) for code, error in view.errors]
    sources: dict[str, ResolvedTable] = {}
    renamed: list[tuple[TableName, ResolvedTable]] = []
    for name in view.tables:
        if (refused := forbidden(name)) is not None:
            findings.append(_finding(REACHES_OUT, table, refused, got=str(name)))
            continue
        found = names.find(name)
        if isinstance(found, SqlError):
            allowed = one_of(dict.fromkeys(names.written()))
            findings.append(_finding("MF354", table, found, got=str(name), allowed=allowed))
            continue
        if found.full_name not in names.inputs and all(found is not one for one in product.tables):
            findings.append(_not_an_input(table, name, found, product, names.mesh))
        found = names.inputs.get(found.full_name, found)
        sources[found.full_name] = found
        renamed.append((name, found))
    findings += _column_findings(table, view, list(sources.values()))
    yield from findings
    if not findings:
        columns = tuple(column or "" for column in view.columns)
        sql = rendered(view, renamed)
        views[table.full_name] = ResolvedView(sql, tuple(sources.values()), columns, view.mentions)


def forbidden(name: TableName) -> SqlError | None:
    """Why no SQL of a product may read a name, or None."""
    first = name.parts[0].casefold()
    if len(name.parts) == 2 and first in _FORMATS:
        reads = "files, not a table"
    elif any("/" in part or ":" in part for part in name.parts):
        reads = "a path, not a table"
    elif first in _NOT_OURS and len(name.parts) > 1:
        reads = _NOT_OURS[first]
    else:
        return None
    return SqlError(
        f"the SQL reads {reads}", "read tables of the product or its inputs", name.line, name.column
    )


def _not_an_input(
    table: ResolvedTable,
    name: TableName,
    found: ResolvedTable,
    product: ResolvedProduct,
    mesh: ResolvedMesh,
) -> Finding:
    where = f" (line {name.line}, column {name.column} of the SQL)"
    address = next(p.address for p in mesh.products.values() if any(one is found for one in p.tables))
    if found.is_port:
        fix = f"add the port {address}.{found.name} to `inputs` of {product.address}"
    else:
        fix = f"{found.name!r} is internal to {address}: ask its owner for an output port"
    return Finding(
        code="MF355",
        summary=f"view {table.full_name} reads a table of {address}, which is not an input{where}",
        place=table.place,
        got=redact(str(name)),
        allowed=one_of(str(ref) for ref in product.spec.inputs) or "the product has no inputs",
        fix=fix,
    )


def _column_findings(table: ResolvedTable, view: ViewSql, sources: list[ResolvedTable]) -> Iterator[Finding]:
    wanted = [column.name for column in table.spec.columns]
    given = list(view.columns)
    if any(code == TAKES_ALL for code, _ in view.errors):
        return
    if [name.casefold() for name in wanted] != [(name or "").casefold() for name in given]:
        yield Finding(
            code="MF356",
            summary=f"view {table.full_name} gives other columns than its contract says",
            place=table.place,
            got=redact(", ".join(name or "(no name)" for name in given)),
            allowed=", ".join(wanted),
            fix=_column_fix(wanted, given),
        )
    if view.uses is None or len(sources) != 1:
        return
    known = [column.name for column in sources[0].spec.columns]
    if not known:
        return  # an external table whose columns nobody described
    lower = {name.casefold() for name in known}
    for name in view.uses:
        if name.casefold() not in lower:
            yield Finding(
                code="MF357",
                summary=f"view {table.full_name} uses a column that {sources[0].full_name} does not have",
                place=table.place,
                got=redact(name),
                allowed=one_of(known, most=40),
                fix=did_you_mean(name, known) or "correct the SQL, or the contract of that table",
            )


def _column_fix(wanted: list[str], given: list[str | None]) -> str:
    if None in given:
        return f"give column {given.index(None) + 1} of the SELECT a name with AS"
    names = [(name or "").casefold() for name in given]
    if sorted(names) == sorted(name.casefold() for name in wanted):
        return "put the columns in the same order"
    missing = [name for name in wanted if name.casefold() not in names]
    extra = [name for name in given if name and name.casefold() not in {w.casefold() for w in wanted}]
    words = [f"add {', '.join(missing)} to the SELECT"] if missing else []
    words += [f"describe {redact(', '.join(extra))} in the contract, or leave it out"] if extra else []
    return "; ".join(words) or "name each column once"


def rendered(view: ViewSql, renamed: Iterable[tuple[TableName, ResolvedTable]]) -> str:
    """The text with each name of a table replaced by its full name in this environment."""
    text, shift = view.text, 0
    for name, table in renamed:
        full = ".".join(quoted_if_needed(part) for part in (table.catalog, table.schema, table.name))
        text = text[: name.start + shift] + full + text[name.end + shift :]
        shift += len(full) - (name.end - name.start)
    return text


def _finding(
    code: str, table: ResolvedTable, error: SqlError, *, got: str | None = None, allowed: str | None = None
) -> Finding:
    return Finding(
        code=code,
        summary=f"view {table.full_name}: {error.reason}{error.where}",
        place=table.place,
        got=redact(got) if got else None,
        allowed=allowed,
        fix=error.fix,
    )
