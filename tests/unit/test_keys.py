# SPDX-License-Identifier: Apache-2.0
"""Keys, layout and allowed values of a contract: what they become, and what is refused of them."""

import ast
import textwrap

import pytest
import sqlglot
from sqlglot import exp
from tests.meshes import column, compiled, contract, evaluated, mesh, product, resources, rule, table, view
from tests.unit.test_contract_module import load

from meshform.local.rules.keys import check_keys
from meshform.local.rules.refusal import Refusal
from meshform.model.contract import Column, CustomProperty, EnumValue, Relationship
from meshform.model.contract_checks import consistency
from meshform.model.findings import Severity
from meshform.model.foreign_keys import foreign_keys
from meshform.model.odcs import parse_contract
from meshform.terraform.contract_module import contract_module

HEAD = "apiVersion: v3.2.0\nkind: DataContract\nid: o\nversion: 1.0.0\n"
PEOPLE = table("people", column("id", "int", primary_key=True), column("name"))


def orders(*columns, **fields):
    """A contract with people and orders."""
    return contract(PEOPLE, table("orders", column("number"), *columns, **fields))


def findings(given):
    """Code, summary and what was got of each finding about a contract."""
    return [(one.code, one.summary, one.got) for one in consistency(given)]


def to(*references, **fields):
    """A relationship."""
    return Relationship(to=references, **fields)


def module_of(given):
    """The generated module of a product with that contract, and its text."""
    spec = mesh(product("sales.sold", contract=given))
    return contract_module(evaluated(spec).mesh.products["sales.sold"]).decode()


def schema_of(module, name, **arguments):
    """The DDL of a table of a module, parsed."""
    return sqlglot.parse_one(
        f"CREATE TABLE t ({module.table(name, **arguments)['schema']})", read="databricks"
    )


def test_a_primary_key_is_a_constraint_over_columns_without_null():
    """In the order of the positions; no position means the order of the columns."""
    given = table(
        "lines",
        column("number", primary_key=True, primary_key_position=2),
        column("odd `name", "int", primary_key=True, primary_key_position=1),
        column("amount", "double"),
    )
    schema = load(module_of(contract(given))).table("gold.lines")["schema"]
    assert schema.endswith("CONSTRAINT `lines_pk` PRIMARY KEY (`odd ``name`, `number`)")
    assert "`number` string NOT NULL COMMENT" in schema
    assert "`amount` double COMMENT" in schema
    assert sqlglot.parse_one(f"CREATE TABLE t ({schema})", read="databricks").find(exp.PrimaryKey) is not None


def test_a_foreign_key_is_a_constraint_to_the_table_in_the_catalog_of_the_environment(monkeypatch):
    """The catalog comes from the pipeline's configuration; the code can leave foreign keys out."""
    module = load(module_of(orders(column("person", "int", relationships=(to("people.id"),)))))
    conf = type("Conf", (), {"get": staticmethod(lambda key: {"meshform.catalog": "sales_dev"}[key])})
    monkeypatch.setattr(module, "_spark", lambda: type("Session", (), {"conf": conf}))
    assert module.table("gold.orders")["schema"].endswith(
        "CONSTRAINT `orders_fk1` FOREIGN KEY (`person`) REFERENCES `sales_dev`.`gold`.`people` (`id`)"
    )
    assert schema_of(module, "gold.orders").find(exp.ForeignKey) is not None
    assert "FOREIGN" not in module.table("gold.orders", foreign_keys=False)["schema"]


def test_the_catalog_is_configured_only_for_pipelines_with_foreign_keys():
    """Others keep their configuration."""
    given = orders(column("person", "int", relationships=(to("people.id"),)))
    for one, expected in ((given, {"meshform.catalog": "sales_local"}), (contract(PEOPLE), None)):
        stack = compiled(mesh(product("sales.sold", contract=one))).stacks["sales-local"]
        [pipeline] = resources(stack, "databricks_pipeline").values()
        found = pipeline.get("configuration")
        assert found == expected


@pytest.mark.parametrize(
    "reference",
    [
        "people.id",
        "People.ID",
        "gold.people.id",
        "schema/p/properties/i",
        "#/schema/p/properties/i",
        "/schema/p/properties/i",
    ],
)
def test_a_reference_is_by_names_or_by_ids(reference):
    """Logical and physical names, in any case."""
    text = HEAD + textwrap.dedent(
        f"""\
        schema:
          - {{name: persons, physicalName: gold.people, id: p, properties: [
              {{name: id, id: i, logicalType: integer, primaryKey: true}}]}}
          - {{name: orders, properties: [
              {{name: person, logicalType: integer, relationships: [{{to: "{reference}"}}]}}]}}
        """
    )
    given = parse_contract(text)
    [key] = foreign_keys(given)
    assert (key.table.name, key.columns, key.parent.name, key.references) == (
        "orders",
        ("person",),
        "people",
        ("id",),
    )
    assert findings(given) == []


def test_before_relationships_a_custom_property_said_it():
    """`references` of a column."""
    custom = (CustomProperty(property="references", value="people.id"),)
    assert [
        key.columns for key in foreign_keys(orders(column("person", "int", custom_properties=custom)))
    ] == [("person",)]


def test_a_relationship_of_a_table_may_have_several_columns():
    """In the order in which they are written."""
    parent = table("p", column("a", primary_key=True), column("b", "int", primary_key=True))
    child = table(
        "c", column("x"), column("y", "int"), relationships=(to("p.b", "p.a", from_=("c.y", "c.x")),)
    )
    [key] = foreign_keys(contract(parent, child))
    assert (key.columns, key.references) == (("y", "x"), ("b", "a"))


@pytest.mark.parametrize(
    ("relationship", "code", "words"),
    [
        (to("people.idd"), "MF241", "a column that the contract does not have"),
        (to("nobody"), "MF241", "a column that the contract does not have"),
        (to("schema/x/properties/y"), "MF241", "a column that the contract does not have"),
        (to("schema/"), "MF241", "a column that the contract does not have"),
        (to("people.id", from_=("orders.person",)), "MF241", "has a `from`"),
        (to("people.id", "people.name"), "MF241", "as many columns"),
        (to(), "MF241", "as many columns"),
        (to("people.id", type="friend"), "MF241", "not a type"),
        (to("crm.odcs.yaml#/schema/p/properties/i"), "MF244", "another contract"),
        (to("people.name"), "MF244", "the primary key of 'people' is id"),
        (to("orders.number"), "MF244", "cannot refer to itself"),
    ],
)
def test_a_relationship_that_cannot_be_a_foreign_key_is_told(relationship, code, words):
    """An error when it leads nowhere, a warning when Unity Catalog has no such key."""
    [found] = consistency(orders(column("person", "int", relationships=(relationship,))))
    assert (found.code, words in found.summary) == (code, True)
    assert found.severity is (Severity.ERROR if code == "MF241" else Severity.WARNING)
    assert foreign_keys(orders(column("person", "int", relationships=(relationship,)))) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (orders(column("person", "string", relationships=(to("people.id"),))), "of different types"),
        (
            orders(column("person", "int", relationships=(to("people.id"),)), physical_type="view"),
            "a view has no keys",
        ),
        (
            orders(
                column("s", "struct<p:int>", fields=(column("p", "int", relationships=(to("people.id"),)),))
            ),
            "between fields",
        ),
    ],
)
def test_what_unity_catalog_has_no_key_for_is_a_warning(given, words):
    """MF244."""
    [found] = consistency(given)
    assert (found.code, words in found.summary) == ("MF244", True)


def test_cluster_and_partition_keys_go_to_the_dataset():
    """As arguments of the decorator."""
    clustered = table("c", column("a"), column("b", "date"), cluster_by=("b", "a"))
    partitioned = table("p", column("a"), column("b", "date", partitioned=True))
    module = load(module_of(contract(clustered, partitioned)))
    assert module.table("gold.c")["cluster_by"] == ["b", "a"]
    assert module.table("gold.p")["partition_cols"] == ["b"]
    assert "cluster_by" not in module.table("gold.p")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (table("t", cluster_by=("idd",)), "no column"),
        (table("t", column("a"), column("b"), cluster_by=("a", "A")), "twice"),
        (
            table("t", *(column(f"c{i}") for i in range(5)), cluster_by=tuple(f"c{i}" for i in range(5))),
            "too many",
        ),
        (
            table("t", column("a"), column("b", partitioned=True), cluster_by=("a",)),
            "either clustered or partitioned",
        ),
        (table("t", column("a", "array<int>"), cluster_by=("a",)), "does not cluster by"),
        (table("t", column("a", "boolean"), cluster_by=("a",)), "does not cluster by"),
        (table("t", column("a", "map<int,int>", partitioned=True), column("b")), "does not partition by"),
        (table("t", column("a", partitioned=True)), "by all its columns"),
        (view("t", cluster_by=("id",)), "a view has no files"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(given, words):
    """MF242, with the table and the columns."""
    [(code, summary, got)] = findings(contract(given))
    assert (code, words in summary, bool(got)) == ("MF242", True, True)


def test_cluster_keys_of_a_file_are_a_custom_property():
    """A list of names, or one name; something else is told."""
    text = HEAD + (
        "schema: [{name: t, customProperties: [{property: clusterBy, value: VALUE}, {property: p}], "
        "properties: [{name: a, logicalType: string}]}]\n"
    )
    for value in ("a", "[a]"):
        [found] = parse_contract(text.replace("VALUE", value)).tables
        assert (found.cluster_by, [one.property for one in found.custom_properties]) == (("a",), ["p"])
    for value in ("3", "[]", "[a, 1]", "{a: b}"):
        with pytest.raises(ValueError, match="MF242"):
            parse_contract(text.replace("VALUE", value))


@pytest.mark.parametrize(
    ("given", "expression"),
    [
        (
            Column(name="c", type="string", enum=(EnumValue(value="a"), EnumValue(value="it's"))),
            r"c IS NULL OR c IN ('a', 'it\'s')",
        ),
        (
            Column(name="c", type="int", enum=(EnumValue(value=1), EnumValue(value=2))),
            "c IS NULL OR c IN (1, 2)",
        ),
        (Column(name="c", type="string", logical_type_options={"enum": ["a"]}), "c IS NULL OR c IN ('a')"),
        (
            Column(name="c", type="int", logical_type_options={"minimum": 0, "exclusiveMaximum": 10}),
            "c IS NULL OR (c >= 0 AND c < 10)",
        ),
        (
            Column(name="c", type="int", logical_type_options={"minimum": 0, "exclusiveMinimum": True}),
            "c IS NULL OR c > 0",
        ),
        (Column(name="c", type="int", logical_type_options={"multipleOf": 5}), "c IS NULL OR c % 5 = 0"),
        (
            Column(name="c", type="date", logical_type_options={"minimum": "2020-01-31"}),
            "c IS NULL OR c >= DATE'2020-01-31'",
        ),
        (
            Column(name="c", type="timestamp", logical_type_options={"maximum": "2020-01-31"}),
            "c IS NULL OR c <= TIMESTAMP'2020-01-31'",
        ),
        (
            Column(name="c", type="string", logical_type_options={"minLength": 2, "pattern": r"^\d+$"}),
            r"c IS NULL OR (length(c) >= 2 AND c RLIKE '^\\d+$')",
        ),
        (
            Column(name="c", type="array<int>", logical_type_options={"maxItems": 3}),
            "c IS NULL OR size(c) <= 3",
        ),
        (Column(name="c", type="bigint", logical_type_options={"format": "i64"}), None),
    ],
)
def test_allowed_values_become_an_expectation(given, expression):
    """One for each column, that warns and lets NULL pass; formats say nothing about values."""
    made = contract(table("t", given))
    rules = made.tables[0].expectations
    assert [(one.name, one.expression) for one in rules] == (
        [("c_is_allowed", expression)] if expression else []
    )
    assert findings(made) == []
    if expression:
        assert sqlglot.parse_one(expression, read="databricks") is not None
        entry = ast.literal_eval(module_of(made).partition("CONTRACT = ")[2].partition("\n\n\n")[0])
        assert entry["gold.t"]["expect"] == {"c_is_allowed": expression}


def test_allowed_values_of_a_field_name_its_parents_and_below_an_array_there_are_none():
    """A column has many values there in each row."""
    field = Column(name="f", type="int", logical_type_options={"minimum": 1})
    made = table(
        "t",
        Column(name="s", type="struct<f:int>", fields=(field,)),
        Column(name="a", type="array<struct<f:int>>", fields=(field,)),
    )
    assert [one.expression for one in made.expectations] == ["s.f IS NULL OR s.f >= 1"]


def test_a_rule_of_the_name_of_the_allowed_values_is_told():
    """One would replace the other."""
    made = table(
        "t",
        Column(
            name="c",
            type="int",
            logical_type_options={"minimum": 1},
            quality=(rule("c_is_allowed", "c > 1"),),
        ),
    )
    assert [code for code, _, _ in findings(contract(made))] == ["MF207"]


@pytest.mark.parametrize(
    ("type_", "options"),
    [
        ("int", {"minimum": "1"}),
        ("int", {"minimum": float("inf")}),
        ("int", {"maximum": True}),
        ("string", {"minimum": 1}),
        ("date", {"minimum": "31.01.2020"}),
        ("string", {"maxLength": "9"}),
        ("string", {"maxLength": -1}),
        ("int", {"minLength": 1}),
        ("int", {"pattern": "x"}),
        ("string", {"pattern": 1}),
        ("string", {"multipleOf": 2}),
        ("int", {"multipleOf": 0}),
        ("string", {"minItems": 1}),
        ("string", {"enum": "a"}),
        ("string", {"enum": [{}]}),
        ("struct<a:int>", {"minItems": 1}),
    ],
)
def test_an_option_that_says_nothing_about_the_values_is_told(type_, options):
    """MF243, and no expectation is made of it."""
    made = contract(table("t", Column(name="c", type=type_, logical_type_options=options)))
    assert [code for code, _, _ in findings(made)] == ["MF243"]
    assert made.tables[0].expectations == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"primary_key": ["x"]}, "Column 'x' does not exist"),
        ({"primary_key": ["b"]}, "'b' is nullable"),
        ({"cluster_by": ["a"], "partition_cols": ["b"]}, "clustered and partitioned"),
        ({"cluster_by": ["a", "b", "c", "d", "e"]}, "5 clustering columns"),
        (
            {"foreign_keys": [{"columns": ["a"], "table": "g.x", "references": ["a"]}]},
            "'g.x' of a foreign key",
        ),
        (
            {"foreign_keys": [{"columns": ["a"], "table": "g.p", "references": ["b"]}]},
            "the primary key of 'g.p'",
        ),
    ],
)
def test_the_local_workspace_refuses_keys_that_unity_catalog_refuses(entry, words):
    """And takes those that it takes."""
    columns = [{"name": name, "nullable": name != "a"} for name in "abcde"]
    parent = {"columns": columns, "primary_key": ["a"]}
    with pytest.raises(Refusal, match=words):
        check_keys("g.t", {"g.t": {"columns": columns, **entry}, "g.p": parent})
    key = {"columns": ["b"], "table": "g.p", "references": ["a"]}
    check_keys(
        "g.t", {"g.t": {"columns": columns, "primary_key": ["a"], "foreign_keys": [key]}, "g.p": parent}
    )
