# SPDX-License-Identifier: Apache-2.0
"""The module that stands beside a pipeline's code and brings it everything from the contract.

So expectations, comments and column types have one source. The code knows nothing of environments either:
volumes and input ports reach it through the pipeline's configuration, which the module reads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from meshform.governance.retention import kept_rows
from meshform.model.contract import Action, QualityRule, Table
from meshform.model.foreign_keys import ForeignKey, foreign_keys
from meshform.model.inputs import ExternalConnection
from meshform.model.lifecycle import notice
from meshform.model.ports import ManagedTable
from meshform.model.quarantine import BROKEN_RULES
from meshform.model.resolved import ResolvedProduct, ResolvedTable

_EXPECTATION = {Action.WARN: "expect", Action.DROP: "expect_or_drop", Action.FAIL: "expect_or_fail"}

# What the modules of pipelines and of jobs have in common.
_COLUMNS = '''\
def columns(name):
    """Names and types of the columns of a table, as a schema for a reader of files."""
    return ", ".join(f"{_quoted(column)} {column['type']}" for column in CONTRACT[name]["columns"])


'''

NAMING = """\
def _names(columns):
    return ", ".join(map(_name, columns))


def _name(text):
    return "`" + text.replace("`", "``") + "`"


"""

_SPARK = """\
def _quoted(column):
    return "`" + column["name"].replace("`", "``") + "`"


def _spark():
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
"""

_MODULE = '''\
"""What the contract of data product {address} says to its pipeline.

Generated from {contract}, version {version}. Do not edit: it is made anew with every synthesis.
{about}
    from pyspark import pipelines as dp
    import {module} as contract

    @dp.materialized_view(**contract.table("{example}"))
    @contract.expectations("{example}")
    def {function}(): ...
"""

CONTRACT = {{
{tables}}}


{table}def expectations(name):
    """Decorator with the quality rules of a table: they warn, drop rows or fail the update."""
    from pyspark import pipelines as dp

    def decorate(function):
        for kind in ("expect", "expect_or_drop", "expect_or_fail"):
            for rule, condition in CONTRACT[name][kind].items():
                function = getattr(dp, kind)(rule, condition)(function)
        return function

    return decorate


{kept}{quarantine}def volume(name):
    """Path of a volume of the product in this environment."""
    return _spark().conf.get(f"meshform.volume.{{name}}")


{names}{columns}def source(port):
    """Full name, in this environment, of the input port `domain.product.port`."""
    return _spark().conf.get(f"meshform.input.{{port}}")

{connections}
def _ddl(column):
    text = f"{{_quoted(column)}} {{column['type']}}{{'' if column['nullable'] else ' NOT NULL'}}"
    comment = column["comment"].replace("\\\\", "\\\\\\\\").replace("'", "\\\\'")
    return f"{{text}} COMMENT '{{comment}}'" if comment else text


{spark}'''

_KEPT = '''\
def kept(name):
    """SQL condition of the rows that the retention of a table keeps, for `.where`."""
    return CONTRACT[name]["kept"]


'''

_QUARANTINE = f'''\
def quarantine(name):
    """Decorator for a quarantine table: of the rows of table `name` it keeps those that a rule drops.

    The function returns the same rows as that of the table; a column with the names of the rules is added.
    """
    from functools import wraps

    from pyspark.sql import functions as f

    def decorate(function):
        @wraps(function)
        def rows():
            broken = [
                f.when(~f.expr(condition), f.lit(rule))
                for rule, condition in CONTRACT[name]["expect_or_drop"].items()
            ]
            told = function().withColumn("{BROKEN_RULES}", f.array_compact(f.array(*broken)))
            return told.filter(f.size("{BROKEN_RULES}") > 0)

        return rows

    return decorate


'''

_TABLE = '''\
def table(name):
    """Keyword arguments of a dataset decorator: name, comment and schema of a table, `schema.table`."""
    described = ", ".join(_ddl(column) for column in CONTRACT[name]["columns"])
    return {"name": PLACED, "comment": CONTRACT[name]["comment"], "schema": described}


'''

_TABLE_WITH_KEYS = (
    '''\
def table(name, foreign_keys=True):
    """Keyword arguments of a dataset decorator: name, comment, schema and layout of a table, `schema.table`.

    Keys are informational: Unity Catalog shows them and does not enforce them. Foreign keys need their table
    to be there already; without them, `foreign_keys=False`.
    """
    entry = CONTRACT[name]
    described = [_ddl(column) for column in entry["columns"]] + list(_keys(name, foreign_keys))
    arguments = {"name": PLACED, "comment": entry["comment"], "schema": ", ".join(described)}
    layout = {key: entry[key] for key in ("cluster_by", "partition_cols") if key in entry}
    return {**arguments, **layout}


def _keys(name, foreign_keys):
    entry, table = CONTRACT[name], name.rpartition(".")[2]
    if "primary_key" in entry:
        yield f"CONSTRAINT {_name(table + '_pk')} PRIMARY KEY ({_names(entry['primary_key'])})"
    for number, key in enumerate(entry.get("foreign_keys", ()) if foreign_keys else (), 1):
        parent = [_spark().conf.get("meshform.catalog"), *key["table"].split(".")]
        yield (
            f"CONSTRAINT {_name(f'{table}_fk{number}')} FOREIGN KEY ({_names(key['columns'])})"
            f" REFERENCES {'.'.join(map(_name, parent))} ({_names(key['references'])})"
        )


'''
    + NAMING
)

_CONNECTIONS = '''
def connection(name):
    """Name, in this environment, of a connection among the product's inputs."""
    return _spark().conf.get(f"meshform.connection.{name}")

'''


_NAMES = '''\
def name(table):
    """Name of a table of the product, `schema.table`, in the shared catalog of its domain."""
    return CONTRACT[table]["name"]


'''


def module_name(product: ResolvedProduct) -> str:
    """Name of the generated module, which Python can import: `-` and the like become `_`."""
    name = re.sub(r"\W", "_", product.name)
    return f"{'_' if name[:1].isdigit() else ''}{name}_contract"


def contract_module(product: ResolvedProduct) -> bytes:
    """Source text of the generated module."""
    tables = [table for table in product.tables if not table.is_view]
    fields = common_fields(product, tables)
    is_shared = product.domain.is_in_shared_catalog
    declared = declared_foreign_keys(product)
    keys = [key_lines(table, declared) for table in tables]
    kept = kept_rows(product)
    lines = [
        [*of_one, *([f"        'kept': {kept[name]!r},"] if (name := _name(table)) in kept else [])]
        for table, of_one in zip(tables, keys, strict=True)
    ]
    return _MODULE.format(
        **fields,
        # each only where there is one: a changed module is a new run of its pipeline
        table=(_TABLE_WITH_KEYS if any(keys) else _TABLE).replace(
            "PLACED", 'CONTRACT[name]["name"]' if is_shared else "name"
        ),
        names=_NAMES if is_shared else "",
        function=fields["example"].rpartition(".")[2],
        connections=_CONNECTIONS
        if any(isinstance(one, ExternalConnection) for one in product.spec.inputs)
        else "",
        tables="".join(contract_entry(*one) for one in zip(tables, lines, strict=True)),
        kept=_KEPT if kept else "",
        quarantine=_QUARANTINE if any(table.spec.quarantine for table in tables) else "",
    ).encode()


def common_fields(product: ResolvedProduct, tables: Sequence[ResolvedTable]) -> dict[str, str]:
    """What both kinds of module are filled with; `tables` are those of the product without its views."""
    return {
        "address": product.address,
        "contract": _plain(product.spec.contract.place.file or "Python"),
        "version": _plain(product.spec.current_version),
        "about": _about(product),
        "module": module_name(product),
        "example": _name(tables[-1]) if tables else "schema.table",
        "columns": _COLUMNS,
        "spark": _SPARK,
    }


def _about(product: ResolvedProduct) -> str:
    """What the product itself says, as lines of the module's docstring."""
    spec = product.spec
    texts = (
        spec.description,
        notice(spec, product.replaced_by),
        f"Purpose: {spec.purpose}" if spec.purpose else "",
        f"Usage: {spec.usage}" if spec.usage else "",
        f"Limitations: {spec.limitations}" if spec.limitations else "",
    )
    return "".join(f"{_plain(text)}\n" for text in texts if text)


def _plain(text: str) -> str:
    """Text that is safe inside the module's docstring, which is quoted by three double quotes."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(c for c in text if c.isprintable() and c not in '"\\')


def declared_foreign_keys(product: ResolvedProduct) -> list[tuple[ForeignKey, str]]:
    """Foreign keys between tables that the product's code makes, each with the name of its parent."""
    names = {id(table.spec): f"{table.schema}.{table.name}" for table in product.tables if table.is_run}
    return [
        (key, names[id(key.parent)])
        for key in foreign_keys(product.spec.contract)
        if id(key.table) in names and id(key.parent) in names
    ]


def key_lines(table: ResolvedTable, declared: list[tuple[ForeignKey, str]]) -> list[str]:
    """Keys and layout of a table, as lines of its entry; none for a table that has none."""
    spec = table.spec
    own = [
        {"columns": list(key.columns), "table": parent, "references": list(key.references)}
        for key, parent in declared
        if key.table is spec
    ]
    lists = {
        "primary_key": list(spec.primary_key),
        "foreign_keys": own,
        "cluster_by": list(spec.cluster_by),
        "partition_cols": list(spec.partition_by),
    }
    return [f"        {name!r}: {value!r}," for name, value in lists.items() if value]


def _name(table: ResolvedTable) -> str:
    return f"{table.domain_schema}.{table.name}"


def contract_entry(table: ResolvedTable, keys: list[str]) -> str:
    """One table of the module's CONTRACT: Python literals, a line for each column and rule."""
    spec = table.spec
    lines = [f"    {_name(table)!r}: {{"]
    if table.prefix:
        lines += [f"        'name': {f'{table.schema}.{table.name}'!r},"]
    lines += [f"        'comment': {table.comment!r},"]
    if table.entry:
        maker = "Terraform" if isinstance(table.entry, ManagedTable) else "somebody else"
        lines.append(f"        'made_by': {maker!r},")
    lines += ["        'columns': ["]
    for column in spec.columns:
        # Unity Catalog refuses a primary key whose columns may hold NULL
        nullable = not (column.required or column.primary_key)
        lines.append(
            f"            {{'name': {column.name!r}, 'type': {column.type!r},"
            f" 'comment': {column.description or ''!r}, 'nullable': {nullable!r}}},"
        )
    lines += ["        ],", *keys]
    expectations = spec.expectations
    for action, kind in _EXPECTATION.items():
        lines.append(f"        {kind!r}: {{")
        lines += [
            f"            {rule.name!r}: {_condition(rule, spec)!r},"
            for rule in expectations
            if rule.action is action
        ]
        lines.append("        },")
    return "\n".join([*lines, "    },", ""])


def _condition(rule: QualityRule, table: Table) -> str:
    """The condition of a good row; so that what is dropped is just what is kept in quarantine, never NULL."""
    if table.quarantine and rule.action is Action.DROP:
        return f"coalesce(({rule.expression}), FALSE)"
    return rule.expression or ""
