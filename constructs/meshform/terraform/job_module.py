# SPDX-License-Identifier: Apache-2.0
"""The module that stands beside a job's code: the contract, and how a table of it is written.

A job on serverless compute has no configuration, so what differs by environment reaches it as parameters of
its task, `key=value`.
"""

from __future__ import annotations

from meshform.model.resolved import ResolvedProduct
from meshform.terraform.contract_module import (
    NAMING,
    common_fields,
    contract_entry,
    declared_foreign_keys,
    key_lines,
)

_MODULE = '''\
"""What the contract of data product {address} says to its job.

Generated from {contract}, version {version}. Do not edit: it is made anew with every synthesis.
{about}
    import {module} as contract

    contract.save(rows, "{example}")
"""

import sys

CONTRACT = {{
{tables}}}


def save(rows, name):
    """Replace the rows of a table, `schema.table`, by those of a DataFrame that keep the contract.

    The table is made when there is none. Rows that break a rule of the kind `expect_or_drop` are left out;
    a row that breaks one of the kind `expect_or_fail` raises ValueError, before anything is written.
    """
    rules = CONTRACT[name]
    for rule, condition in rules["expect_or_fail"].items():
        if not rows.filter(f"NOT coalesce({{condition}}, false)").isEmpty():
            raise ValueError(f"{{name}}: a row breaks the rule {{rule}}: {{condition}}")
    for condition in rules["expect_or_drop"].values():
        rows = rows.filter(condition)
    create(name)
    names = [_quoted(column) for column in rules["columns"]]
    rows.select(*names).write.insertInto(full_name(name), overwrite=True)


def create(name):
    """Make a table of the job when there is none, and bring its comment up to date."""
    if "made_by" not in CONTRACT[name]:
        for statement in ddl(name):
            _spark().sql(statement)


def ddl(name):
    """The statements of `create`."""
    described = ", ".join([*map(_ddl, CONTRACT[name]["columns"]), *_keys(name)])
    comment = _literal(CONTRACT[name]["comment"])
    return [
        f"CREATE TABLE IF NOT EXISTS {{full_name(name)}} ({{described}}){{_layout(name)}}",
        f"COMMENT ON TABLE {{full_name(name)}} IS {{comment}}",
    ]


def full_name(name):
    """Name of a table of the product, `schema.table`, with the catalog of this environment."""
    placed = CONTRACT[name].get("name", name)
    parts = [_setting("meshform.catalog"), *placed.split(".")]
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


{columns}def volume(name):
    """Path of a volume of the product in this environment."""
    return _setting(f"meshform.volume.{{name}}")


def source(port):
    """Full name, or path of a volume, in this environment of the input port `domain.product.port`."""
    return _setting(f"meshform.input.{{port}}")


def connection(name):
    """Name in this environment of the connection of an input."""
    return _setting(f"meshform.connection.{{name}}")


def _setting(key):
    for argument in sys.argv[1:]:
        name, _, value = argument.partition("=")
        if name == key:
            return value
    raise KeyError(f"the job has no parameter {{key}}")


def _ddl(column):
    text = f"{{_quoted(column)}} {{column['type']}}{{'' if column['nullable'] else ' NOT NULL'}}"
    return f"{{text}} COMMENT {{_literal(column['comment'])}}" if column["comment"] else text


def _keys(name):
    entry, table = CONTRACT[name], name.rpartition(".")[2]
    if "primary_key" in entry:
        yield f"CONSTRAINT {{_name(table + '_pk')}} PRIMARY KEY ({{_names(entry['primary_key'])}})"
    for number, key in enumerate(entry.get("foreign_keys", ()), 1):
        parent = ".".join(map(_name, [_setting("meshform.catalog"), *key["table"].split(".")]))
        yield (
            f"CONSTRAINT {{_name(f'{{table}}_fk{{number}}')}} FOREIGN KEY ({{_names(key['columns'])}})"
            f" REFERENCES {{parent}} ({{_names(key['references'])}})"
        )


def _layout(name):
    words = {{"cluster_by": "CLUSTER BY", "partition_cols": "PARTITIONED BY"}}
    entry = CONTRACT[name]
    return "".join(f" {{words[key]}} ({{_names(entry[key])}})" for key in words if key in entry)


{naming}def _literal(text):
    return "'" + text.replace("\\\\", "\\\\\\\\").replace("'", "\\\\'") + "'"


{spark}'''


def job_module(product: ResolvedProduct) -> bytes:
    """Source text of the generated module."""
    tables = [table for table in product.tables if not table.is_view]
    declared = declared_foreign_keys(product)
    return _MODULE.format(
        **common_fields(product, tables),
        naming=NAMING,
        tables="".join(contract_entry(table, key_lines(table, declared)) for table in tables),
    ).encode()
