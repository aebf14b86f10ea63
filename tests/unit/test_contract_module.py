# SPDX-License-Identifier: Apache-2.0
"""The generated module beside a pipeline's code: valid Python that says what the contract says."""

import ast
import sys
from types import ModuleType

import pytest
import sqlglot
from sqlglot import exp
from tests.meshes import column, contract, evaluated, mesh, product, rule, table, view

from meshform.model.contract import Action
from meshform.model.findings import Place
from meshform.terraform.contract_module import contract_module

HOSTILE = (
    "it's",
    'say "so"',
    '"""',
    "'''",
    "back\\slash\\",
    "two\nlines\r\n",
    "{braces} {0} {{}}",
    "%s ${x} %{x}",
    "\\'; DROP TABLE x; --",
    "größer 日本 \u2028",
    "\\N{BULLET} \\x00 \\u",
)


def source_of(*tables, address="sales.sold", **fields) -> str:
    """The text of the module of a product with these tables."""
    spec = mesh(product(address, contract=contract(*tables, **fields)))
    return contract_module(evaluated(spec).mesh.products[address]).decode()


def load(text: str) -> ModuleType:
    """The module, run as Databricks would."""
    module = ModuleType("sold_contract")
    exec(compile(text, "sold_contract.py", "exec"), module.__dict__)  # noqa: S102 - it is what is tested
    return module


def test_the_module_holds_the_contracts_tables_and_no_views():
    """Names, comments, columns, and expectations by what they do."""
    tables = (
        table(
            "sold",
            column("id", required=True, quality=(rule("id_there", "id IS NOT NULL", action=Action.DROP),)),
            column("amount", "DECIMAL(18, 2)", description=None),
            quality=(
                rule("positive", "amount >= 0"),
                rule("sane", "amount < 1e9", action=Action.FAIL),
                rule("told", None, type="text"),
            ),
        ),
        table("raw", schema_name="bronze", physical_type="streaming_table"),
        view("top"),
    )
    module = load(source_of(*tables))
    assert module.CONTRACT == {
        "gold.sold": {
            "comment": "Rows of sold.",
            "columns": [
                {"name": "id", "type": "string", "comment": "The id of it.", "nullable": False},
                {"name": "amount", "type": "decimal(18,2)", "comment": "", "nullable": True},
            ],
            "expect": {"positive": "amount >= 0"},
            "expect_or_drop": {"id_there": "id IS NOT NULL"},
            "expect_or_fail": {"sane": "amount < 1e9"},
        },
        "bronze.raw": {
            "comment": "Rows of raw.",
            "columns": [{"name": "id", "type": "string", "comment": "The id of it.", "nullable": True}],
            "expect": {},
            "expect_or_drop": {},
            "expect_or_fail": {},
        },
    }


def test_the_module_says_where_it_comes_from_and_how_to_use_it():
    """Its docstring names product, contract, version, and has an example with a real table."""
    text = source_of(table("sold"), version="2.1.0", place=Place(file="domains/sales/sold.odcs.yaml"))
    documentation = ast.get_docstring(ast.parse(text))
    assert "data product sales.sold" in documentation
    assert "Generated from domains/sales/sold.odcs.yaml, version 2.1.0." in documentation
    assert '@contract.expectations("gold.sold")' in documentation
    assert "import sold_contract as contract" in documentation


def test_a_product_without_tables_has_a_module_too():
    """Its contract holds only views."""
    assert load(source_of(view("top"))).CONTRACT == {}


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_survives(text):
    """Quotes, backslashes, lines and braces come back as they were written (faults 6 and 7)."""
    module = load(
        source_of(
            table(
                "sold",
                column("id", description=text, quality=(rule(text, f"id <> {text!r}"),)),
                description=text,
            ),
            version=text,
            place=Place(file=text),
        )
    )
    (made,) = module.CONTRACT.values()
    assert (made["comment"], made["columns"][0]["comment"]) == (text, text)
    assert made["expect"] == {text: f"id <> {text!r}"}


@pytest.mark.parametrize("text", HOSTILE)
def test_the_schema_is_columns_that_sql_reads_with_their_comments(text):
    """`table()` gives a DDL string; a comment ends where it should, whatever it holds."""
    module = load(
        source_of(
            table(
                "sold",
                column("id", required=True, description=text),
                column("odd `name", "array<struct<a:int,b:string>>"),
                column("n", "decimal(18,2)", description=""),
            )
        )
    )
    given = module.table("gold.sold")
    assert (given["name"], given["comment"]) == ("gold.sold", "Rows of sold.")
    tree = sqlglot.parse_one(f"CREATE TABLE t ({given['schema']})", read="databricks")
    columns = list(tree.find_all(exp.ColumnDef))
    nested = [c.name for c in columns if c.find_ancestor(exp.DataType)]
    top = [c for c in columns if c.name not in nested]
    assert [c.name for c in top] == ["id", "odd `name", "n"]
    comments = [c.find(exp.CommentColumnConstraint) for c in top]
    assert comments[0].this.this == text
    assert comments[2] is None
    assert top[0].find(exp.NotNullColumnConstraint) is not None
    assert top[1].find(exp.NotNullColumnConstraint) is None


def test_columns_for_a_reader_have_names_and_types_only():
    """A reader of files takes no comments and no NOT NULL."""
    module = load(source_of(table("sold", column("id", required=True), column("n", "int"))))
    assert module.columns("gold.sold") == "`id` string, `n` int"


def test_expectations_decorate_from_the_mildest_to_the_strictest(monkeypatch):
    """Each rule once; those that fail the update are the outermost."""
    calls = []

    def recorder(kind):
        def expectation(name, condition):
            def decorate(function):
                calls.append((kind, name, condition))
                return function

            return decorate

        return expectation

    pipelines = ModuleType("pyspark.pipelines")
    for kind in ("expect", "expect_or_drop", "expect_or_fail"):
        setattr(pipelines, kind, recorder(kind))
    pyspark = ModuleType("pyspark")
    pyspark.pipelines = pipelines
    monkeypatch.setitem(sys.modules, "pyspark", pyspark)
    monkeypatch.setitem(sys.modules, "pyspark.pipelines", pipelines)
    module = load(
        source_of(
            table(
                "sold",
                quality=(
                    rule("c", "id <> 'c'", action=Action.FAIL),
                    rule("b", "id <> 'b'"),
                    rule("a", "id <> 'a'"),
                    rule("d", "id <> 'd'", action=Action.DROP),
                ),
            )
        )
    )

    def function():
        return 1

    assert module.expectations("gold.sold")(function) is function
    assert calls == [
        ("expect", "b", "id <> 'b'"),
        ("expect", "a", "id <> 'a'"),
        ("expect_or_drop", "d", "id <> 'd'"),
        ("expect_or_fail", "c", "id <> 'c'"),
    ]


def test_a_table_that_the_contract_does_not_have_is_an_error_in_the_code():
    """A misspelt name fails at once, with the name."""
    module = load(source_of(table("sold")))
    with pytest.raises(KeyError, match=r"gold\.sodl"):
        module.table("gold.sodl")


def test_names_of_the_environment_come_from_the_pipelines_configuration(monkeypatch):
    """`volume` and `source` read Spark's configuration, whose keys the compiler sets."""
    asked = []

    class Conf:
        def get(self, key):
            asked.append(key)
            return f"value of {key}"

    session = ModuleType("session")
    session.conf = Conf()
    sql = ModuleType("pyspark.sql")
    sql.SparkSession = type("SparkSession", (), {"getActiveSession": staticmethod(lambda: session)})
    monkeypatch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
    monkeypatch.setitem(sys.modules, "pyspark.sql", sql)
    module = load(source_of(table("sold")))
    assert module.volume("landing") == "value of meshform.volume.landing"
    assert module.source("crm.people.people") == "value of meshform.input.crm.people.people"
    assert asked == ["meshform.volume.landing", "meshform.input.crm.people.people"]


def test_the_module_needs_nothing_but_python_to_be_imported():
    """Spark is imported by its functions only, so that a test on a laptop can read the contract."""
    tree = ast.parse(source_of(table("sold")))
    assert not [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]


def test_a_table_with_a_quarantine_drops_just_what_the_other_keeps():
    """What is neither true nor false counts as broken in both; the decorator is there only then."""
    drop = rule("there", "id > 0", action=Action.DROP)
    module = load(source_of(table("sold", quality=(drop, rule("b", "id > 1")), quarantine="bad")))
    assert list(module.CONTRACT) == ["gold.sold", "gold.bad"]
    assert module.CONTRACT["gold.sold"]["expect_or_drop"] == {"there": "coalesce((id > 0), FALSE)"}
    assert module.CONTRACT["gold.sold"]["expect"] == {"b": "id > 1"}
    assert [one["name"] for one in module.CONTRACT["gold.bad"]["columns"]] == ["id", "broken_rules"]
    assert callable(module.quarantine)
    assert not hasattr(load(source_of(table("sold", quality=(drop,)))), "quarantine")
