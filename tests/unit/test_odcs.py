# SPDX-License-Identifier: Apache-2.0
"""Reading data contracts, and telling every mistake in one with its place."""

import textwrap
import time

import pytest

from meshform.model.contract import Action
from meshform.model.findings import MeshformError
from meshform.model.odcs import parse_contract, read_contract

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nversion: 1.0.0\n"


def contract(body, head=HEAD):
    """A contract from a head and the rest."""
    return parse_contract(head + textwrap.dedent(body), "orders.odcs.yaml")


def refused(body, head=HEAD):
    """Findings, each on one line."""
    with pytest.raises(MeshformError) as caught:
        contract(body, head)
    return [str(finding).replace("\n ", ";") for finding in caught.value.findings]


def table(properties, rest=""):
    """A contract with one table."""
    columns = textwrap.indent(textwrap.dedent(properties).strip("\n"), "      ")
    return f"schema:\n  - name: orders\n{textwrap.indent(rest, '    ')}    properties:\n{columns}\n"


def test_a_contract_is_read_whole():
    """Names, types, descriptions, rules, service levels, team, support and roles, each with its place."""
    found = contract(
        """\
        name: Orders
        status: active
        domain: orders
        dataProduct: orders
        description: {purpose: p, usage: u, limitations: l}
        tags: [finance]
        schema:
          - name: orders
            physicalName: silver.orders_silver
            physicalType: streaming table
            description: Clean orders.
            dataGranularityDescription: one row for each order
            properties:
              - name: id
                physicalName: order_id
                logicalType: string
                required: true
                unique: true
                primaryKey: true
                primaryKeyPosition: 1
                description: The number.
              - name: amount
                physicalType: DECIMAL(18, 2)
                classification: internal
                criticalDataElement: true
                partitioned: true
                partitionKeyPosition: 1
        slaProperties:
          - {property: freshness, value: 4, unit: h, element: orders_silver.order_ts}
        team:
          name: orders-domain-owners
          members: [{username: alice, role: owner, dateIn: 2024-01-31}]
        support: [{channel: "#orders", tool: slack, url: "https://chat.example.com"}]
        roles: [{role: analytics, access: read, firstLevelApprovers: orders-domain-owners}]
        customProperties: [{property: cost, value: 1}]
        authoritativeDefinitions: [{url: "https://wiki.example.com", type: doc}]
        """
    )
    assert (found.id, found.version, found.name, found.purpose) == ("orders", "1.0.0", "Orders", "p")
    [silver] = found.tables
    assert (silver.schema_name, silver.name, silver.physical_type) == (
        "silver",
        "orders_silver",
        "streaming_table",
    )
    assert [(c.name, c.type, c.required) for c in silver.columns] == [
        ("order_id", "string", True),
        ("amount", "decimal(18,2)", False),
    ]
    assert silver.primary_key == ("order_id",)
    assert str(silver.place) == "orders.odcs.yaml:12:5"
    assert str(silver.columns[1].place) == "orders.odcs.yaml:26:9"
    assert (found.sla[0].property, found.sla[0].value, str(found.sla[0].place)) == (
        "freshness",
        4,
        "orders.odcs.yaml:33:5",
    )
    assert found.team is not None
    assert found.team.members[0].date_in == "2024-01-31"
    assert found.support[0].channel == "#orders"
    assert found.roles[0].access == "read"
    assert found.custom_properties[0].value == 1
    assert found.raw["authoritativeDefinitions"][0]["type"] == "doc"


def test_the_team_may_be_a_list_as_before_v3_1():
    """A list of members is the same team."""
    found = contract("team:\n  - {username: alice}\n", HEAD.replace("v3.1.0", "v3.0.2"))
    assert found.team is not None
    assert [one.username for one in found.team.members] == ["alice"]


def test_nested_columns_become_nested_types():
    """Objects, arrays and maps; their fields keep what is said of them."""
    found = contract(
        table(
            """
            - name: address
              logicalType: object
              properties:
                - {name: zip, logicalType: string, description: Postal code}
                - {name: lines, logicalType: array, items: {logicalType: string}}
            - name: items
              logicalType: array
              items:
                logicalType: object
                properties: [{name: sku, logicalType: string}, {name: n, logicalType: integer}]
            - {name: labels, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: date}}}
            - {name: bare, physicalType: STRUCT, properties: [{name: a, physicalType: bigint}]}
            """
        )
    )
    assert [c.type for c in found.tables[0].columns] == [
        "struct<zip:string,lines:array<string>>",
        "array<struct<sku:string,n:int>>",
        "map<string,date>",
        "struct<a:bigint>",
    ]
    assert found.tables[0].columns[0].fields[0].description == "Postal code"
    assert [field.name for field in found.tables[0].columns[1].fields] == ["sku", "n"]


def test_measures_are_no_columns():
    """What a semantic layer computes is not in the table."""
    found = contract(
        table("- {name: a, logicalType: string}\n- {name: m, logicalType: number, semanticType: measure}")
    )
    assert [c.name for c in found.tables[0].columns] == ["a"]
    assert [c.name for c in found.tables[0].measures] == ["m"]


RULES = """
- name: order_id
  logicalType: string
  quality:
    - {metric: nullValues, mustBe: 0, severity: warning}
    - {metric: duplicateValues, mustBe: 0}
    - {name: mostly, metric: nullValues, mustBeLessThan: 5, unit: percent}
- name: amount
  physicalType: decimal(18,2)
  quality:
    - {name: amount_is_positive, type: custom, engine: databricks, implementation: amount >= 0}
    - {name: counted, type: sql, query: "SELECT COUNT(*) FROM orders WHERE NOT (amount < 9)", mustBe: 0}
    - {name: other, type: sql, query: "SELECT max(amount) FROM orders", mustBeLessThan: 9}
    - {name: soda, type: custom, engine: soda, implementation: {check: x}}
    - {type: text, description: Looks right.}
- name: status
  logicalType: string
  quality:
    - metric: invalidValues
      arguments: {validValues: [PAID, it's]}
      mustBe: 0
      customProperties: [{property: onViolation, value: drop}]
    - {name: order, metric: missingValues, arguments: {missingValues: [null, "", n/a]}, mustBe: 0}
    - {name: pattern, metric: invalidValues, arguments: {pattern: '^\\d+$'}, mustBe: 0, severity: error}
- name: order
  logicalType: object
  properties: [{name: n, logicalType: integer, quality: [{metric: nullValues, mustBe: 0}]}]
"""


def test_rules_that_hold_row_by_row_become_expectations():
    """The rest is kept, not run; `onViolation` says what happens to a bad row, else the severity."""
    orders = contract(table(RULES)).tables[0]
    assert {rule.name: (rule.expression, rule.action) for rule in orders.expectations} == {
        "order_id_is_not_null": ("order_id IS NOT NULL", Action.WARN),
        "amount_is_positive": ("amount >= 0", Action.WARN),
        "counted": ("amount < 9", Action.WARN),
        "status_is_valid": ("status IS NULL OR status IN ('PAID', 'it\\'s')", Action.DROP),
        "order": ("status IS NOT NULL AND status NOT IN ('', 'n/a')", Action.WARN),
        "pattern": ("status IS NULL OR status RLIKE '^\\\\d+$'", Action.FAIL),
        "order_n_is_not_null": ("`order`.n IS NOT NULL", Action.WARN),
    }
    assert len(orders.rules) == 12
    mostly = next(rule for rule in orders.rules if rule.name == "mostly")
    assert (mostly.operator, mostly.threshold, mostly.unit) == ("mustBeLessThan", 5, "percent")


def test_unknown_keys_are_told_at_every_level_with_the_nearest():
    """The model of the standard's package would take most of them in silence."""
    top, below = refused("descripton: x\n" + table("- {name: a, logicalType: string, requierd: true}"))
    assert top == (
        "orders.odcs.yaml:5:1: error MF203: the standard has no key 'descripton' here;"
        " allowed: apiVersion, authoritativeDefinitions, context, contractCreatedTs, customProperties,"
        " dataProduct, description, domain, id, kind, name, price, roles, schema, servers,"
        " slaDefaultElement, slaProperties, status, support, tags, team, tenant, version;"
        " fix: did you mean 'description'?"
    )
    assert below.startswith("orders.odcs.yaml:9:40: error MF203: the standard has no key 'requierd' here")
    assert below.endswith("fix: did you mean 'required'?")


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        (
            table("- {name: a, logicalType: string, required: NO}"),
            (
                "orders.odcs.yaml:8:50: error MF204: `required` has a value of the wrong type;"
                " got: text, 'NO'; allowed: true or false"
            ),
        ),
        (
            "name: 12\n",
            (
                "orders.odcs.yaml:5:7: error MF204: `name` has a value of the wrong type;"
                " got: the number 12; allowed: text; fix: put it in quotes"
            ),
        ),
        (
            "slaProperties: {property: x}\n",
            (
                "orders.odcs.yaml:5:16: error MF204: `slaProperties` has a value of the wrong type;"
                " got: a mapping of 1; allowed: a list"
            ),
        ),
        (
            "team: {members: [{username: 7}]}\n",
            (
                "orders.odcs.yaml:5:29: error MF204: `username` has a value of the wrong type;"
                " got: the number 7; allowed: text; fix: put it in quotes"
            ),
        ),
        (
            "slaProperties: [{property: x, value: [1]}]\n",
            (
                "orders.odcs.yaml:5:38: error MF204: `value` has a value of the wrong type;"
                " got: a list of 1; allowed: text or a number or a whole number or true or false"
            ),
        ),
    ],
)
def test_a_wrong_type_is_one_finding_at_its_value(body, finding):
    """Even where the standard allows several forms."""
    assert refused(body) == [finding]


def test_a_secret_in_the_wrong_place_is_not_repeated():
    """What was found is hidden."""
    [found] = refused("tags: dapi" + "0" * 32 + "\n")
    assert "0000" not in found


@pytest.mark.parametrize(
    ("version", "fix"),
    [
        ("v2.2.2", "rewrite it for version 3: `uuid` is now `id`"),
        ("v4.0.0", "use a newer Meshform, or write the contract for v3.2.0"),
        ("v3.9.0", "use a newer Meshform"),
        ("3.1.0", "write it as v3.1.0"),
        ("3.1", "write it as v3.1.0"),
        ("latest", "write it like v3.1.0"),
        ("", "add `apiVersion: v3.1.0`"),
    ],
)
def test_another_version_of_the_standard_is_refused_with_the_way_to_migrate(version, fix):
    """The finding names what is supported."""
    [found] = refused("dataset: []\n", HEAD.replace("v3.1.0", version))
    assert "MF202" in found
    assert "allowed: v3.0.0 to v3.2" in found
    assert f"fix: {fix}" in found
    assert found.startswith("orders.odcs.yaml:1:")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MF201"),
        ("- a\n", "MF201"),
        ("kind: DataProduct\n", "MF201"),
        ("dataContractSpecification: 1.1.0\nid: x\n", "MF201"),
    ],
)
def test_what_is_no_contract_is_refused(text, code):
    """With one finding, not with all that follows from it."""
    [found] = refused(text, "")
    assert code in found


def test_duplicate_columns_and_tables_are_refused_with_both_places():
    """Unity Catalog ignores case; `-` and `_` in names of tables are told apart by nobody."""
    body = table("- {name: order_id, logicalType: string}\n- {name: Order_ID, logicalType: date}")
    assert refused(body) == [
        (
            "orders.odcs.yaml:9:9: error MF207: two columns have one name (Unity Catalog ignores case);"
            " got: 'Order_ID', and 'order_id' at orders.odcs.yaml:8:9; fix: rename or remove one of them"
        )
    ]
    body = """\
        schema:
          - {name: order-lines, properties: [{name: a, logicalType: string}]}
          - {name: ORDER_LINES, properties: [{name: a, logicalType: string}]}
        """
    [found] = refused(body)
    assert "two tables have one name" in found
    assert "'ORDER_LINES', and 'order-lines' at orders.odcs.yaml:6:5" in found


def test_duplicate_rules_are_refused():
    """The names of expectations of a table are unique."""
    rule = "{name: same, type: custom, engine: databricks, implementation: a > 1}"
    [found] = refused(table(f"- {{name: a, logicalType: integer, quality: [{rule}, {rule}]}}"))
    assert "MF207" in found
    assert "two quality rules of table 'orders' have one name" in found


@pytest.mark.parametrize(
    ("column", "finding"),
    [
        ("{name: a, physicalType: VARCHAR2(3)}", "8:33: error MF208: the type of column 'a' cannot be told"),
        ("{name: a, logicalType: strng}", "fix: did you mean 'string'?"),
        ("{name: a}", "8:9: error MF208: column 'a' has no type"),
        ("{name: a, logicalType: time}", "fix: add `physicalType: string`"),
        ("{logicalType: string}", "8:9: error MF205: a column has no `name`"),
        ("{name: a, logicalType: date, quality: [{metric: nullValue, mustBe: 0}]}", "MF206: not a metric"),
        (
            "{name: a, logicalType: date, quality: [{metric: nullValues}]}",
            "MF210: a quality rule compares with",
        ),
        (
            "{name: a, logicalType: date, quality: [{metric: nullValues, mustBe: 0, mustNotBe: 1}]}",
            "MF210: a quality rule compares twice",
        ),
        (
            (
                "{name: a, logicalType: date, quality: [{metric: duplicateValues, mustBe: 0,"
                " customProperties: [{property: onViolation, value: drop}]}]}"
            ),
            "MF211: the rule cannot be told row by row",
        ),
        (
            (
                "{name: a, logicalType: date, quality: [{metric: nullValues, mustBe: 0,"
                " customProperties: [{property: onViolation, value: dorp}]}]}"
            ),
            "MF211: not an action; got: dorp; allowed: warn, drop, fail; fix: did you mean 'drop'?",
        ),
        (
            "{name: a, logicalType: date, quality: [{type: sql, mustBe: 0}]}",
            "MF205: a quality rule of type sql",
        ),
        ("{name: a, logicalType: date, quality: [{type: lib}]}", "MF206: not a type of quality rule"),
    ],
)
def test_mistakes_in_columns_and_rules_are_told_at_their_place(column, finding):
    """Types, names, metrics, operators and actions."""
    assert any(finding in found for found in refused(table(f"- {column}")))


def test_mistakes_in_tables_are_told():
    """A catalog in a name is wrong in all environments but one; a table has columns and a known kind."""
    body = """\
        schema:
          - {name: orders, physicalName: prod.gold.orders, physicalType: tabel, properties: []}
          - {properties: [{name: a, logicalType: date}]}
        """
    found = "\n".join(refused(body))
    for part in (
        "MF209",
        "write 'gold.orders'",
        "MF206",
        "did you mean 'table'?",
        "MF205: table 'orders' has no",
    ):
        assert part in found
    assert "6:34" in found
    assert "7:5: error MF205: a table has no `name`" in found


def test_all_mistakes_of_a_file_are_told_together_in_its_order(tmp_path):
    """One run shows keys, types, names and rules, by line."""
    file = tmp_path / "bad.odcs.yaml"
    file.write_text(
        HEAD.replace("id: orders\n", "")
        + "name: 1\nx: 2\n"
        + table("- {name: a}\n- {name: A, logicalType: date}")
    )
    with pytest.raises(MeshformError) as caught:
        read_contract(file)
    found = caught.value.findings
    assert [finding.code for finding in found] == ["MF205", "MF204", "MF203", "MF208", "MF207"]
    assert [finding.place.line for finding in found] == sorted(finding.place.line or 0 for finding in found)


def test_files_outside_of_the_root_are_refused(tmp_path):
    """A contract comes from its domain's folder."""
    (tmp_path / "c.yaml").write_text(HEAD)
    (tmp_path / "d").mkdir()
    with pytest.raises(MeshformError, match="MF103"):
        read_contract(tmp_path / "d" / ".." / "c.yaml", root=tmp_path / "d")
    assert read_contract(tmp_path / "c.yaml", root=tmp_path).id == "orders"


def test_a_table_of_5_000_columns_is_read_in_about_a_second():
    """Measured 0.4 s; the bound leaves room for a busy machine."""
    columns = "".join(
        f"- name: c_{i}\n  physicalType: DECIMAL(18, 2)\n  description: Column {i}.\n"
        "  quality:\n    - {metric: nullValues, mustBe: 0}\n"
        for i in range(5000)
    )
    text = HEAD + table(columns)
    started = time.process_time()
    assert len(parse_contract(text).tables[0].expectations) == 5000
    assert time.process_time() - started < 4


@pytest.mark.parametrize(
    ("column", "fix"),
    [
        (
            "{name: a, physicalType: uuid, logicalType: string}",
            "use string, or remove `physicalType`: `logicalType: string` becomes string",
        ),
        ("{name: a, physicalType: serial}", "use int"),
        ("{name: a, physicalType: 'RANGE<x>'}", "write its type in Databricks"),
        ("{name: a, physicalType: time, logicalType: time}", "use string"),
        ("{name: a, logicalType: date, isNullable: false}", "write `required: true` for `isNullable: false`"),
        ("{name: a, logicalType: date, enum: [{label: x}]}", "add `value`: text, a number or a truth value"),
        ("{name: a, logicalType: string, relationships: [{type: foreignKey}]}", "add `to: table.column`"),
    ],
)
def test_a_contract_of_another_database_is_told_the_way(column, fix):
    """What to write, and that the logical type may be enough."""
    [finding] = refused(table(f"- {column}"))
    assert finding.endswith(f"fix: {fix}")


def test_a_wrong_type_inside_of_others_is_told_once():
    """Although the columns around it need it too."""
    inner = "{logicalType: object, properties: [{name: b, physicalType: json}]}"
    [finding] = refused(table(f"- {{name: a, logicalType: array, items: {inner}}}"))
    assert "the type of" in finding


def test_rules_without_a_name_get_different_ones():
    """Two of the same metric are no mistake."""
    rules = "quality: [{metric: rowCount, mustBe: 1}, {metric: rowCount, mustNotBe: 2}]\n"
    found = contract(table("- {name: a, logicalType: string}", rules))
    assert [one.name for one in found.tables[0].rules] == ["row_count", "row_count_2"]
