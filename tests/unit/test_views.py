# SPDX-License-Identifier: Apache-2.0
"""Views: names resolved to one environment, and what a view must not read."""

import pytest

from meshform.governance.evaluate import evaluate
from meshform.model.contract import Column, Contract, Table
from meshform.model.domain import DomainSpec, MeshSpec, Platform
from meshform.model.environment import Environment
from meshform.model.findings import Place
from meshform.model.inputs import PortReference
from meshform.model.principals import Group, Principals, ServicePrincipal
from meshform.model.product import Consumer, Pipeline, Product

READS_CUSTOMERS = (PortReference(domain="customers", product="customers", port="customers"),)
VIEW = Place(file="orders.odcs.yaml", line=30, column=5)


def table(name, *columns, schema="gold", view=False):
    """A table or view of texts."""
    return Table(
        name=name,
        schema_name=schema,
        physical_type="view" if view else "table",
        columns=tuple(Column(name=column, type="string") for column in columns),
        place=VIEW,
    )


def mesh(views, tables, inputs=READS_CUSTOMERS):
    """Two domains; `orders.orders` has views and may read the port `customers`."""
    customers = Product(
        domain="customers",
        name="customers",
        contract=Contract(
            id="c",
            version="1.0.0",
            tables=(table("customers", "id", "country"), table("raw", "id", schema="bronze")),
        ),
        consumers=(Consumer(product="orders.orders", purpose="p", approver="owners"),),
    )
    orders = Product(
        domain="orders",
        name="orders",
        contract=Contract(id="o", version="1.0.0", tables=tables),
        views=views,
        pipeline=Pipeline(source="pipeline", run_as="runner"),
        inputs=inputs,
    )
    other = Product(
        domain="orders",
        name="returns",
        contract=Contract(id="r", version="1.0.0", tables=(table("returns", "id"),)),
    )
    schemas = {"bronze": "", "gold": "", "silver": ""}
    return MeshSpec(
        name="mesh",
        environments=(
            Environment.local(deployer="owners"),
            Environment(name="prod", deployer="owners", production=True),
        ),
        principals=Principals(
            groups=(Group(name="owners"),),
            service_principals=(ServicePrincipal(name="runner", application_ids={"prod": "x"}),),
        ),
        platform=Platform(owner="owners"),
        domains=(
            DomainSpec(name="customers", owner="owners", schemas=schemas),
            DomainSpec(name="orders", owner="owners", schemas=schemas),
        ),
        products=(customers, orders, other),
    )


GOLD = table("orders_gold", "id", "amount", "country")


def view(sql, *columns, environment="local", tables=(GOLD,), **options):
    """The evaluation of a mesh with the view `daily`."""
    columns = columns or ("id", "amount")
    return evaluate(
        mesh({"daily": sql}, (*tables, table("daily", *columns, view=True)), **options), environment
    )


def about_views(evaluation):
    """Findings of views only; other rules have their own tests."""
    return [finding for finding in evaluation.findings if finding.code.startswith("MF35")]


def sql_of(sql, *columns, **options):
    """The SQL with full names."""
    evaluation = view(sql, *columns, **options)
    assert about_views(evaluation) == []
    environment = options.get("environment", "local")
    catalog = "orders" if environment == "prod" else f"orders_{environment}"
    return evaluation.views[f"{catalog}.gold.daily"].sql


def refused(sql, *columns, **options):
    """The only finding about a view; nothing of the view is kept."""
    evaluation = view(sql, *columns, **options)
    assert "orders_local.gold.daily" not in evaluation.views
    [finding] = about_views(evaluation)
    assert finding.place == VIEW
    return finding


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("orders_gold", "orders_local.gold.orders_gold"),
        ("`orders_gold`", "orders_local.gold.orders_gold"),
        ("ORDERS_GOLD", "orders_local.gold.orders_gold"),
        ("gold.orders_gold", "orders_local.gold.orders_gold"),
        ("orders . gold . orders_gold", "orders_local.gold.orders_gold"),
    ],
)
def test_names_are_resolved_to_the_environment(written, meant):
    """One part in the product, two in the domain's catalog, three by the domain's name."""
    start = "SELECT id, amount FROM "
    assert sql_of(start + written) == start + meant


def test_the_same_view_has_other_names_in_production():
    """The author's text knows nothing of environments."""
    sql = "SELECT id, amount FROM orders_gold"
    assert sql_of(sql, environment="prod") == "SELECT id, amount FROM orders.gold.orders_gold"


def test_the_rest_of_the_text_stays_as_it_was_written():
    """Only names of tables change, and comments go: another parser could read on in one."""
    written = (
        "-- what for\nSELECT  g.id,\n  sum(g.amount) AS amount -- of the day \\\n"
        "FROM orders_gold g /* all */ JOIN customers.gold.customers USING (country)\n"
        "WHERE g.id <> 'orders_gold'\nGROUP BY 1 -- end"
    )
    assert sql_of(written) == (
        "SELECT  g.id,\n  sum(g.amount) AS amount\nFROM orders_local.gold.orders_gold g"
        " JOIN customers_local.gold.customers USING (country)\nWHERE g.id <> 'orders_gold'\nGROUP BY 1"
    )


def test_names_that_need_quotes_get_them():
    """A name with `-` is quoted."""
    odd = table("order-lines", "id", "amount")
    written = "SELECT id, amount FROM `order-lines`"
    assert sql_of(written, tables=(odd,)) == "SELECT id, amount FROM orders_local.gold.`order-lines`"


def test_sources_and_columns_are_recorded():
    """Each source once, in the order of the text."""
    evaluation = view(
        "SELECT a.id, b.amount FROM orders_gold a, gold.orders_gold b WHERE a.country IN"
        " (SELECT country FROM customers.gold.customers)"
    )
    found = evaluation.views["orders_local.gold.daily"]
    assert [source.full_name for source in found.sources] == [
        "orders_local.gold.orders_gold",
        "customers_local.gold.customers",
    ]
    assert found.columns == ("id", "amount")


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (SELECT id, amount FROM orders_gold) SELECT id, amount FROM x",
        "WITH orders_gold AS (SELECT id, amount FROM orders_gold) SELECT id, amount FROM orders_gold",
        "SELECT id, amount FROM (WITH x AS (SELECT id, amount FROM orders_gold) SELECT id, amount FROM x) y",
    ],
)
def test_names_of_with_are_no_tables(sql):
    """Where a WITH defines a name, that is meant; before and outside of it the table is."""
    found = sql_of(sql)
    assert found.count("orders_local.gold.orders_gold") == 1


def test_a_name_of_with_means_a_table_outside_of_its_query():
    """It cannot be used to hide a table that is not declared."""
    finding = refused(
        "SELECT x.id, y.amount"
        " FROM (WITH x AS (SELECT id, amount FROM orders_gold) SELECT id, amount FROM x) y, x"
    )
    assert (finding.code, finding.got) == ("MF354", "x")


@pytest.mark.parametrize(
    ("sql", "code", "words"),
    [
        ("SELECT id, amount FROM", "MF351", "cannot be parsed"),
        ("SELECT 'open", "MF351", "cannot be read"),
        ("", "MF351", "the SQL is empty"),
        (
            "SELECT id, amount FROM orders_gold; DROP TABLE x",
            "MF351",
            "several statements (line 1, column 35",
        ),
        ("SELECT id, amount FROM orders_gold;", "MF351", "ends with `;`"),
        ("DROP TABLE orders_gold", "MF351", "a view is a SELECT, not DROP"),
        ("DELETE FROM orders_gold", "MF351", "a view is a SELECT, not DELETE"),
        ("CREATE TABLE x AS SELECT 1", "MF351", "a view is a SELECT, not CREATE"),
        ("VALUES (1, 2)", "MF351", "a view is a SELECT"),
        ("SHOW TABLES", "MF351", "a view is a SELECT"),
        ("SELECT id, amount FROM orders_gold |> WHERE id = 1", "MF351", "pipe operators"),
        ("SELECT /*+ BROADCAST(x) */ id, amount FROM orders_gold", "MF351", "a hint"),
        ("SELECT " + "(" * 300 + "1" + ")" * 300 + " AS id", "MF351", "nested more than 200 deep"),
        ("SELECT * FROM orders_gold", "MF352", "takes every column (*)"),
        ("SELECT o.* FROM orders_gold o", "MF352", "takes every column (*)"),
        ("SELECT id, amount FROM delta.`s3://bucket/x`", "MF353", "reads files (line 1, column 24"),
        ("SELECT id, amount FROM parquet.`/Volumes/a/b/c`", "MF353", "reads files"),
        ("SELECT id, amount FROM `s3://bucket/x`", "MF353", "reads a path"),
        ("SELECT id, amount FROM read_files('/x')", "MF353", "read_files"),
        ("SELECT id, amount FROM jdbc('x')", "MF353", "jdbc"),
        ("SELECT id, amount FROM other_function('x')", "MF353", "reads from function other_function"),
        ("SELECT id, amount FROM IDENTIFIER('x.y')", "MF353", "identifier"),
        ("SELECT id, http_request(conn => 'x') AS amount FROM orders_gold", "MF353", "http_request"),
        ("SELECT id, secret('a', 'b') AS amount FROM orders_gold", "MF353", "secret"),
        ("SELECT id, other.gov.f(amount) AS amount FROM orders_gold", "MF353", "a function of some schema"),
        ("SELECT id, ai_query('e', amount) AS amount FROM orders_gold", "MF353", "ai_query"),
        ("SELECT id, amount FROM hive_metastore.default.x", "MF353", "the legacy metastore"),
        ("SELECT id, amount FROM system.access.audit", "MF353", "system tables"),
        ("SELECT id, amount FROM orders_gold VERSION AS OF 3", "MF353", "an old version"),
        ("SELECT id, :p AS amount FROM orders_gold", "MF353", "a parameter or a template"),
        ("SELECT id, amount FROM a.b.c.d", "MF353", "more than three parts"),
        (
            "SELECT orders.gold.orders_gold.id, amount FROM orders.gold.orders_gold",
            "MF353",
            "names a column with the domain of its table, 'orders'",
        ),
        ("SELECT id, amount FROM orders_glod", "MF354", "no table orders_glod (line 1, column 24"),
        ("SELECT id, amount FROM gold.nothing", "MF354", "no table gold.nothing"),
        ("SELECT id, amount FROM orders_local.gold.orders_gold", "MF354", "no table orders_local.gold"),
        ("SELECT id, id AS amount FROM gold.returns", "MF355", "a table of orders.returns"),
        ("SELECT id, id AS amount FROM customers.bronze.raw", "MF355", "a table of customers.customers"),
        ("SELECT amount, id FROM orders_gold", "MF356", "other columns"),
        ("SELECT id FROM orders_gold", "MF356", "other columns"),
        ("SELECT id, amount, country FROM orders_gold", "MF356", "other columns"),
        ("SELECT id, sum(amount) FROM orders_gold GROUP BY 1", "MF356", "other columns"),
        (
            "SELECT id, amout AS amount FROM orders_gold",
            "MF357",
            "a column that orders_local.gold.orders_gold",
        ),
    ],
)
def test_what_a_view_must_not_be_is_refused(sql, code, words):
    """Each with the place of the view's contract, and line and column in the SQL where there is one."""
    finding = refused(sql)
    assert finding.code == code
    assert words.replace("reads files", "reads files, not a table").split(" (line")[0] in finding.summary
    if " (line" in words:
        assert words[words.index(" (line") :] in finding.summary
    assert finding.fix or code == "MF351"


@pytest.mark.parametrize(
    ("sql", "fix"),
    [
        ("SELECT id, amount FROM orders_glod", "did you mean 'orders_gold'?"),
        (
            "SELECT id, amount FROM orders_local.gold.orders_gold",
            "write 'orders', the name of the domain: catalogs differ by environment",
        ),
        ("SELECT amount, id FROM orders_gold", "put the columns in the same order"),
        ("SELECT id FROM orders_gold", "add amount to the SELECT"),
        ("SELECT id, sum(amount) FROM orders_gold GROUP BY 1", "give column 2 of the SELECT a name with AS"),
        ("SELECT id, amout AS amount FROM orders_gold", "did you mean 'amount'?"),
        ("SELECT id, id AS amount FROM gold.returns", "add the port orders.returns.returns to `inputs`"),
        ("SELECT id, id AS amount FROM customers.bronze.raw", "ask its owner for an output port"),
    ],
)
def test_the_fix_says_what_to_do(sql, fix):
    """The nearest name, or the next step."""
    assert fix in (refused(sql).fix or "")


def test_a_table_of_another_product_needs_an_input():
    """Even a port; so the producer knows who reads it."""
    sql = "SELECT id, country AS amount FROM customers.gold.customers"
    assert sql_of(sql).endswith("customers_local.gold.customers")
    assert refused(sql, inputs=()).code == "MF355"


def test_a_name_in_two_schemas_must_say_which():
    """The product has it twice."""
    finding = refused(
        "SELECT id, amount FROM orders_gold", tables=(GOLD, table("orders_gold", "id", schema="silver"))
    )
    assert finding.code == "MF354"
    assert finding.fix == "write one of gold.orders_gold, silver.orders_gold"


def test_a_union_has_the_columns_of_its_first_select():
    """The others only have to fit."""
    sql_of("SELECT id, amount FROM orders_gold UNION ALL SELECT country, id FROM orders_gold")


def test_counting_rows_is_not_taking_every_column():
    """`count(*)` is fine."""
    sql_of("SELECT id, count(*) AS amount FROM orders_gold GROUP BY id")


def test_views_that_read_one_another_in_a_circle_are_refused():
    """The whole path is told, with the place of each."""
    spec = mesh(
        {"a": "SELECT id FROM b", "b": "SELECT id FROM c", "c": "SELECT id FROM a"},
        tuple(table(name, "id", view=True) for name in "abc"),
    )
    [finding] = about_views(evaluate(spec, "local"))
    assert finding.code == "MF358"
    assert finding.got == (
        "orders_local.gold.a -> orders_local.gold.b -> orders_local.gold.c -> orders_local.gold.a"
    )
    assert (finding.fix or "").count("orders.odcs.yaml:30:5") == 3


def test_a_view_that_reads_itself_is_refused():
    """The shortest circle."""
    spec = mesh({"a": "SELECT id FROM a"}, (table("a", "id", view=True),))
    [finding] = about_views(evaluate(spec, "local"))
    assert finding.got == "orders_local.gold.a -> orders_local.gold.a"


def test_a_view_on_a_view_is_fine():
    """The source is the view itself."""
    spec = mesh(
        {"a": "SELECT id FROM orders_gold", "b": "SELECT id FROM a"},
        (GOLD, table("a", "id", view=True), table("b", "id", view=True)),
    )
    evaluation = evaluate(spec, "local")
    assert about_views(evaluation) == []
    assert [source.name for source in evaluation.views["orders_local.gold.b"].sources] == ["a"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, amount FROM delta.`s3://x?token={}`",
        "SELECT id, amount FROM {}",
        "SELECT id, amount FROM gold.{}",
        "SELECT id, {} AS amount FROM orders_gold",
        "SELECT id, a.f('{}') AS amount FROM orders_gold",
        "SELECT id, amount FROM a.b.c.{}",
        "SELECT id, amount FROM orders_gold '{}' '",
        "SELECT id amount '{}' FROM orders_gold",
        "SELECT id, amount FROM orders_gold WHERE ('{}' '{}' 3",
    ],
)
def test_no_finding_about_a_view_repeats_a_secret(sql):
    """Whatever is wrong with the SQL that holds it."""
    token = "dapi" + "0123456789abcdef" * 2
    findings = view(sql.replace("{}", token)).findings
    assert about_views(view(sql.replace("{}", token)))
    assert token[6:] not in "\n".join(map(str, findings))


@pytest.mark.parametrize(
    "column",
    ["id" + "::int" * 9000, "id" + ".b" * 9000 + ".f(x)", "- " * 20_000 + "id", "(" * 190 + "id" + ")" * 190],
)
def test_sql_that_is_nested_too_deeply_is_a_finding(column):
    """Parser and tree are recursive; a text that is too deep for them is refused in words."""
    finding = refused(f"SELECT {column} FROM orders_gold")  # noqa: S608 - only read
    assert (finding.code, finding.fix) == ("MF351", "write it in smaller parts")
    assert "the SQL cannot be parsed: it is nested too deeply" in finding.summary


def test_the_parsers_own_objects_are_not_shown():
    """A message is for a person: no Python in it."""
    finding = refused("SELECT id FROM WHERE ((")
    assert "expected table name at 'WHERE' (line 1, column 20 of the SQL)" in finding.summary
    assert "Token" not in finding.summary
