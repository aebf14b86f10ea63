# SPDX-License-Identifier: Apache-2.0
"""The module that stands beside a pipeline's code and brings it everything from the contract.

So expectations, comments and column types have one source. The code knows nothing of environments either:
volumes and input ports reach it through the pipeline's configuration, which the module reads.
"""

from __future__ import annotations

import pprint
from typing import Any

from meshform.model.contract import Action
from meshform.model.names import quote
from meshform.model.resolved import ResolvedProduct, ResolvedTable

_EXPECTATION = {Action.WARN: "expect", Action.DROP: "expect_or_drop", Action.FAIL: "expect_or_fail"}

_MODULE = '''\
"""What the contract of data product {address} says to its pipeline.

Generated from {contract}, version {version}. Do not edit: it is made anew with every synthesis.

    from pyspark import pipelines as dp
    import {module} as contract

    @dp.materialized_view(**contract.table("{example}"))
    @contract.expectations("{example}")
    def {function}(): ...
"""

CONTRACT = {contract_literal}


def table(name):
    """Keyword arguments of a dataset decorator: name, comment and schema of a table, `schema.table`."""
    return {{"name": name, "comment": CONTRACT[name]["comment"], "schema": CONTRACT[name]["schema"]}}


def expectations(name):
    """Decorator with the quality rules of a table: they warn, drop rows or fail the update."""
    from pyspark import pipelines as dp

    def decorate(function):
        for kind in ("expect", "expect_or_drop", "expect_or_fail"):
            for rule, condition in CONTRACT[name][kind].items():
                function = getattr(dp, kind)(rule, condition)(function)
        return function

    return decorate


def volume(name):
    """Path of a volume of the product in this environment."""
    return _spark().conf.get(f"meshform.volume.{{name}}")


def columns(name):
    """Names and types of the columns of a table, as a schema for a reader of files."""
    return ", ".join(f"`{{column['name']}}` {{column['type']}}" for column in CONTRACT[name]["columns"])


def source(port):
    """Full name, in this environment, of the input port `domain.product.port`."""
    return _spark().conf.get(f"meshform.input.{{port}}")


def _spark():
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
'''


def contract_module(product: ResolvedProduct) -> bytes:
    """Source text of the generated module, `<product>_contract.py`."""
    tables = [table for table in product.tables if not table.is_view]
    example = f"{tables[0].schema}.{tables[0].name}" if tables else "schema.table"
    contract = product.spec.contract
    return _MODULE.format(
        address=product.address,
        contract=_plain(contract.place.file or "Python"),
        version=_plain(contract.version),
        module=f"{product.name}_contract",
        example=example,
        function=example.rpartition(".")[2],
        contract_literal=pprint.pformat(
            {f"{table.schema}.{table.name}": _entry(table) for table in tables}, width=100, sort_dicts=False
        ),
    ).encode()


def _plain(text: str) -> str:
    """Text that is safe inside the module's docstring, which is quoted by three double quotes."""
    return "".join(c for c in text if c.isprintable() and c not in '"\\')


def _entry(table: ResolvedTable) -> dict[str, Any]:
    spec = table.spec
    entry: dict[str, Any] = {
        "comment": spec.description or "",
        "schema": ", ".join(_column_ddl(c.name, c.type, c.required, c.description) for c in spec.columns),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "comment": column.description or "",
                "nullable": not column.required,
            }
            for column in spec.columns
        ],
        "expect": {},
        "expect_or_drop": {},
        "expect_or_fail": {},
    }
    for rule in spec.expectations:
        entry[_EXPECTATION[rule.action]][rule.name] = rule.expression
    return entry


def _column_ddl(name: str, type_: str, required: bool, description: str | None) -> str:
    comment = (description or "").replace("\\", "\\\\").replace("'", "\\'")
    return f"{quote(name)} {type_}{' NOT NULL' if required else ''}" + (
        f" COMMENT '{comment}'" if comment else ""
    )
