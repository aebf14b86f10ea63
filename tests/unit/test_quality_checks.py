# SPDX-License-Identifier: Apache-2.0
"""Quality rules about whole tables: checks of a product's job."""

import pytest
import sqlglot
from tests.meshes import (
    at,
    column,
    compiled,
    contract,
    domain,
    evaluated,
    found,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    rule,
    table,
    view,
)

from meshform.governance.quality_checks import quality_checks
from meshform.model.contract import Action, QualityRule
from meshform.model.findings import Severity
from meshform.model.odcs import parse_contract


def library(metric, operator="mustBe", threshold=0, **fields):
    """A library rule at a place to find again."""
    given = {"name": f"the {metric}", "metric": metric, "operator": operator, "threshold": threshold}
    return QualityRule(**{**given, "place": at(7, "c.yaml"), **fields})


def sql(query, operator="mustBe", threshold=0, **fields):
    """A SQL rule at a place to find again."""
    given = {"name": "q", "type": "sql", "query": query, "operator": operator, "threshold": threshold}
    return QualityRule(**{**given, "place": at(8, "c.yaml"), **fields})


def sold(*rules, columns=(), **fields):
    """A mesh of one product with these rules about its table."""
    return mesh(product("sales.p", table("sold", *columns, quality=rules), **fields))


def checks(spec):
    """The checks of `sales.p`."""
    resolved = evaluated(spec, "prod").mesh
    return quality_checks(resolved.products["sales.p"], resolved)[0]


def query(*rules, **fields):
    """The query of the only check."""
    (one,) = checks(sold(*rules, **fields))
    return one.query.removesuffix(" FROM `sales`.`gold`.`sold`").removeprefix("SELECT ")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (library("rowCount", "mustBeGreaterThan"), "count(*)"),
        (
            library("duplicateValues", arguments={"properties": ["id"]}),
            "count(id) - count(DISTINCT id)",
        ),
        (
            library("duplicateValues", arguments={"properties": ["id", "n"]}),
            "count(struct(id, n)) - count(DISTINCT struct(id, n))",
        ),
        (
            library("duplicateValues", arguments={"properties": ["id"]}, unit="percent"),
            "coalesce(100.0 * (count(id) - count(DISTINCT id)) / nullif(count(*), 0), 0)",
        ),
    ],
)
def test_a_metric_of_a_table_is_measured(made, expected):
    """Row counts and duplicates; percent is of all rows, and of no rows it is 0."""
    assert query(made, columns=(column("id"), column("n", "int"))) == expected


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (library("duplicateValues"), "count(order) - count(DISTINCT order)"),
        (
            library("nullValues", "mustBeLessThan", 5, unit="rows"),
            "count_if(NOT coalesce(order IS NOT NULL, FALSE))",
        ),
        (
            library("missingValues", "mustBeLessThan", 5, arguments={"missingValues": ["", "n/a"]}),
            "count_if(NOT coalesce(order IS NOT NULL AND order NOT IN ('', 'n/a'), FALSE))",
        ),
        (
            library("invalidValues", "mustBeLessThan", 5, arguments={"validValues": ["it's"]}),
            "count_if(NOT coalesce(order IS NULL OR order IN ('it\\'s'), FALSE))",
        ),
    ],
)
def test_a_metric_of_a_column_is_measured(made, expected):
    """What allows some bad rows cannot be told row by row, so it is counted; names and texts are quoted."""
    spec = mesh(product("sales.p", table("sold", column("order", quality=(made,)))))
    (one,) = checks(spec)
    measured = one.query.removesuffix(" FROM `sales`.`gold`.`sold`").removeprefix("SELECT ")
    assert measured == expected.replace("order", "`order`")


@pytest.mark.parametrize(
    ("operator", "threshold", "holds", "expected"),
    [
        ("mustBe", 0, "measured = 0", "must be 0"),
        ("mustNotBe", 0, "measured <> 0", "must not be 0"),
        ("mustBeGreaterThan", 1, "measured > 1", "must be greater than 1"),
        ("mustBeGreaterOrEqualTo", 1.5, "measured >= 1.5", "must be at least 1.5"),
        ("mustBeLessThan", 1, "measured < 1", "must be less than 1"),
        ("mustBeLessOrEqualTo", 1, "measured <= 1", "must be at most 1"),
        ("mustBeBetween", (1, 2), "measured BETWEEN 1 AND 2", "must be between 1 and 2"),
        ("mustNotBeBetween", (1, 2), "measured NOT BETWEEN 1 AND 2", "must not be between 1 and 2"),
    ],
)
def test_every_operator_becomes_a_comparison_in_sql_and_in_words(operator, threshold, holds, expected):
    """The value is called `measured`."""
    (one,) = checks(sold(library("rowCount", operator, threshold)))
    assert (one.holds, one.expected, one.numeric) == (holds, expected, True)


def test_a_query_is_kept_with_full_names_and_without_comments():
    """It may read the product's own tables in any form of name, and `${object}` is the rule's table."""
    (one,) = checks(sold(sql("SELECT count(*) /* all */ FROM ${object} AS t WHERE t.id = 'x'")))
    assert one.query == "SELECT count(*) FROM sales.gold.sold AS t WHERE t.id = 'x'"
    (one,) = checks(sold(sql("SELECT max(id) FROM gold.sold", "mustBe", "x' OR '1")))
    assert (one.numeric, one.holds) == (False, "measured = 'x\\' OR \\'1'")


def test_a_query_may_read_an_input_and_nothing_else_of_another_product():
    """MF385 names what may be read."""
    seller = product("crm.people", table("people"), consumers=(product_consumer("sales.p", "people"),))
    reads = sql("SELECT count(*) FROM crm.gold.people")
    reader = product("sales.p", table("sold", quality=(reads,)), inputs=(port("crm.people.people"),))
    (one,) = checks(mesh(seller, reader))
    assert one.query == "SELECT count(*) FROM crm.gold.people"
    stranger = product("sales.p", table("sold", quality=(reads,)))
    (finding,) = found(mesh(seller, stranger), "MF385")
    assert (finding.got, finding.allowed, str(finding.place)) == (
        "crm.gold.people",
        "gold.sold, sold",
        "c.yaml:8",
    )
    assert "which is not an input" in finding.summary


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DROP TABLE sold", "MF384"),
        ("SELECT 1; SELECT 2", "MF384"),
        ("SELECT count(*), 1 FROM sold", "MF384"),
        ("SELECT * FROM sold", "MF384"),
        ("SELECT count(*) FROM read_files('/x')", "MF384"),
        ("SELECT secret('a', 'b')", "MF384"),
        ("SELECT count(nid) FROM sold", "MF384"),
        ("SELECT count(", "MF384"),
        ("SELECT count(*) FROM slod", "MF385"),
        ("SELECT count(*) FROM system.access.audit", "MF385"),
        ("SELECT count(*) FROM parquet.`/x`", "MF385"),
    ],
)
def test_a_query_that_is_no_plain_select_of_one_value_is_refused_at_its_line(text, code):
    """Nor may it reach out of the product's tables."""
    findings = [f for f in evaluated(sold(sql(text))).findings if f.code.startswith("MF38")]
    assert [(f.code, str(f.place), f.severity) for f in findings] == [(code, "c.yaml:8", Severity.ERROR)]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (library("rowCount", "mustBeBetween", (1, 2, 3)), "MF382"),
        (library("rowCount", "mustBeBetween", 1), "MF382"),
        (library("rowCount", "mustBe", "none"), "MF382"),
        (sql("SELECT 1", "mustBeLessThan", "x"), "MF382"),
        (library("duplicateValues", arguments={"properties": ["id"]}, unit="promille"), "MF382"),
        (library("duplicateValues", arguments={"properties": ["di"]}), "MF383"),
    ],
)
def test_what_does_not_fit_is_refused(made, code):
    """Operator with threshold, unit, and columns."""
    findings = [f for f in evaluated(sold(made)).findings if f.code.startswith("MF38")]
    assert [(f.code, f.severity) for f in findings] == [(code, Severity.ERROR)]


@pytest.mark.parametrize(
    "made",
    [
        library("rowCount", unit="percent"),
        library("duplicateValues"),
        library("tableShape"),
        sql("SELECT 1", None, None),
    ],
)
def test_a_rule_that_nothing_can_run_is_told_as_kept(made):
    """MF381 is a warning, so that nobody believes that the rule is run."""
    findings = [f for f in evaluated(sold(made)).findings if f.code.startswith("MF38")]
    assert [(f.code, f.severity) for f in findings] == [("MF381", Severity.WARNING)]
    assert checks(sold(made)) == ()


def test_a_rule_below_an_array_is_kept_and_one_of_a_struct_is_measured():
    """A field of an array has many values in each row."""
    few = library("nullValues", "mustBeLessThan", 5)
    field = column("n", "int", quality=(few,))
    below = column("items", "array<struct<n:int>>", fields=(field,))
    (finding,) = found(mesh(product("sales.p", table("sold", below))), "MF381")
    assert "below an array" in finding.summary
    (one,) = checks(mesh(product("sales.p", table("sold", column("one", "struct<n:int>", fields=(field,))))))
    assert "one.n IS NOT NULL" in one.query


def test_columns_are_named_as_the_contract_names_them():
    """By their logical names, or by the physical ones."""
    made = library("duplicateValues", arguments={"properties": ["Customer", "id"]})
    assert query(made, columns=(column("id"), column("cust", logical_name="customer"))) == (
        "count(struct(cust, id)) - count(DISTINCT struct(cust, id))"
    )


def test_rules_for_people_and_for_other_engines_are_no_concern_of_the_job():
    """`text`, and `custom` of another engine."""
    rules = (
        QualityRule(name="a", type="text"),
        QualityRule(name="b", type="custom", engine="soda", implementation="row_count > 0"),
    )
    assert (checks(sold(*rules)), found(sold(*rules), "MF381")) == ((), [])


def test_an_expectation_is_no_check_but_on_a_view():
    """No pipeline makes a view, so its bad rows are counted; whoever runs the job may read it."""
    bad = rule("positive", "day > 0", action=Action.FAIL)
    made = product(
        "sales.p",
        table("sold", column("day"), quality=(rule("there", "day IS NOT NULL"),)),
        view("top", column("day"), quality=(bad,)),
        views={"top": "SELECT day FROM sold"},
    )
    (one,) = checks(mesh(made))
    assert (one.query, one.holds, one.is_error) == (
        "SELECT count_if(NOT coalesce((day > 0), FALSE)) FROM `sales`.`gold`.`top`",
        "measured = 0",
        True,
    )
    grants = resources(compiled(mesh(made), "prod").stacks["sales-prod"], "databricks_grants")
    (top,) = [body for body in grants.values() if body.get("table") == "sales.gold.top"]
    assert {"principal": "runner-prod-id", "privileges": ["SELECT"]} in top["grant"]


def test_a_product_without_a_job_keeps_its_rules():
    """Its contract holds only views."""
    made = product(
        "sales.p",
        view("top", quality=(library("rowCount"),)),
        views={"top": "SELECT id FROM crm.gold.people"},
        pipeline=None,
        inputs=(port("crm.people.people"),),
    )
    seller = product("crm.people", table("people"), consumers=(product_consumer("sales.p", "people"),))
    (finding,) = found(mesh(made, seller), "MF381")
    assert "no job" in finding.summary


def test_the_job_runs_the_checks_after_the_pipeline_and_the_first_run_does_not():
    """Data may come only after the deployment; the file is one statement that SQL can read."""
    rules = (library("rowCount", "mustBeGreaterThan", severity="error"), sql("SELECT max(id) FROM sold"))
    stack = compiled(sold(*rules), "prod").stacks["sales-prod"]
    job = resources(stack, "databricks_job")["databricks_job.p"]
    path = "/Workspace/Shared/meshform/prod/sales/p.checks.sql"
    assert job["task"] == [
        {
            "task_key": "checks",
            "depends_on": [{"task_key": "pipeline"}],
            "sql_task": [
                {
                    "warehouse_id": "${data.databricks_sql_warehouse.warehouse.id}",
                    "file": [{"path": path}],
                }
            ],
        },
        {"task_key": "pipeline", "pipeline_task": [{"pipeline_id": "${databricks_pipeline.p.id}"}]},
    ]
    assert job["depends_on"] == ["databricks_workspace_file.checks__p"]
    step = resources(stack, "terraform_data")["terraform_data.run__p"]
    assert step["provisioner"][0]["local-exec"]["environment"]["MESHFORM_STEP_ONLY"] == "pipeline"
    text = stack.assets["assets/checks/p.sql"].decode()
    assert len(sqlglot.parse(text.rstrip().rstrip(";"), read="databricks")) == 1
    assert "'the rowCount' AS rule, TRUE AS is_error" in text
    assert "'q' AS rule, FALSE AS is_error" in text
    assert "raise_error(concat('data quality of sales.p: '" in text


def test_a_product_without_rules_has_no_checks():
    """Its job has one task, and its first run is a run of all."""
    stack = compiled(sold(), "prod").stacks["sales-prod"]
    assert [one["task_key"] for one in resources(stack, "databricks_job")["databricks_job.p"]["task"]] == [
        "pipeline"
    ]
    step = resources(stack, "terraform_data")["terraform_data.run__p"]
    assert "MESHFORM_STEP_ONLY" not in step["provisioner"][0]["local-exec"]["environment"]


def test_hostile_names_stay_text():
    """The name of a rule reaches SQL as a literal."""
    text = "x'); DROP TABLE y; --\\"
    stack = compiled(sold(library("rowCount", name=text)), "prod").stacks["sales-prod"]
    made = stack.assets["assets/checks/p.sql"].decode()
    (tree,) = sqlglot.parse(made.rstrip().rstrip(";"), read="databricks")
    assert text in {literal.this for literal in tree.find_all(sqlglot.exp.Literal)}


QUARANTINED = """
apiVersion: v3.1.0
kind: DataContract
id: c
version: 1.0.0
schema:
  - name: sold
    physicalType: materialized_view
    description: Sold things.
    customProperties: [{property: quarantine, value: NAME}]
    properties:
      - name: id
        logicalType: string
        description: The id of it.
        required: true
        primaryKey: true
        classification: personal
        tags: [a=b]
        quality:
          - {metric: nullValues, mustBe: 0, customProperties: [{property: onViolation, value: drop}]}
"""


def test_a_quarantine_table_is_a_table_of_the_product_and_no_port():
    """It has the columns with their classes and tags, all optional, and one for the names of the rules."""
    made = product("sales.p", contract=parse_contract(QUARANTINED.replace("NAME", "sold_quarantine")))
    resolved = evaluated(mesh(made), "prod").mesh.products["sales.p"]
    assert list(resolved.ports) == ["sold"]
    _, quarantine = resolved.tables
    assert (quarantine.full_name, quarantine.is_port) == ("sales.gold.sold_quarantine", False)
    one, broken = quarantine.spec.columns
    assert (one.name, one.required, one.primary_key, one.classification, one.tags, one.quality) == (
        "id",
        False,
        False,
        "personal",
        ("a=b",),
        (),
    )
    assert (broken.name, broken.type) == ("broken_rules", "array<string>")


@pytest.mark.parametrize("value", ["gold.x", "''", "3", "a.b.c"])
def test_the_name_of_a_quarantine_table_has_one_part(value):
    """MF211 at its line: it stands beside its table."""
    from meshform.model.findings import MeshformError

    with pytest.raises(MeshformError) as caught:
        parse_contract(QUARANTINED.replace("NAME", value))
    assert [finding.code for finding in caught.value.findings] == ["MF211"]


@pytest.mark.parametrize(
    ("columns", "fields", "got"),
    [
        ((column(quality=(rule("r", "id <> ''"),)),), {}, "no rule that drops rows"),
        (
            (column("broken_rules", quality=(rule("r", "broken_rules <> ''", action=Action.DROP),)),),
            {},
            "a column 'broken_rules' of its own",
        ),
        ((column(),), {"physical_type": "view"}, "no pipeline makes it"),
    ],
)
def test_a_quarantine_that_cannot_be_is_refused(columns, fields, got):
    """MF380 says why."""
    made = product("sales.p", table("sold", *columns, quarantine="q", **fields))
    (finding,) = found(mesh(made), "MF380")
    assert finding.got == got


def test_a_quarantine_table_of_a_name_that_is_taken_is_refused():
    """MF313, as for any other table."""
    drop = rule("r", "id <> ''", action=Action.DROP)
    made = product("sales.p", table("sold", quality=(drop,), quarantine="more"), table("more"))
    assert len(found(mesh(made), "MF313")) == 1
    assert (
        found(mesh(product("sales.p", contract=contract(table("a")), place=at(1)), domain("sales")), "MF313")
        == []
    )
