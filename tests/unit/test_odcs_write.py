# SPDX-License-Identifier: Apache-2.0
"""Writing a contract: what was read comes back whole, what was changed is changed, and nothing gets lost."""

import datetime as dt
import textwrap

import pytest

from meshform.model.contract import Action, Column, Contract, CustomProperty, QualityRule, Table
from meshform.model.findings import MeshformError
from meshform.model.odcs import parse_contract
from meshform.model.odcs_write import content, document, write_contract

# every section and construct of the standard once
WHOLE = """\
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.2.3
status: active
name: Shop
tenant: acme
domain: sales
dataProduct: shop
contractCreatedTs: "2026-01-31T10:00:00Z"
tags: [a, "no", 0o17x]
description:
  purpose: p
  usage: |
    two
      lines
  limitations: l
  authoritativeDefinitions: [{url: "https://example.com", type: doc, id: d1}]
  customProperties: [{property: sensitivity, value: {level: 3}}]
authoritativeDefinitions: [{url: "https://example.com/c", type: canonical}]
context: {instructions: i, verifiedStatements: [{question: q, answer: a}], constraints: [{constraint: c}]}
servers:
  - {server: prod, type: databricks, host: h, catalog: c, schema: s, vendorKey: {deep: [1, 2.5, null]}}
price: {priceAmount: 9.95, priceCurrency: USD, priceUnit: megabyte}
schema:
  - id: t1
    name: Sold things
    physicalName: gold.sold
    physicalType: Materialized View
    logicalType: object
    businessName: Sales
    description: d
    deprecated: true
    dataGranularityDescription: a row for each
    synonyms: [{synonym: deals, locale: en}]
    tags: [x]
    context: words
    authoritativeDefinitions: [{url: u, type: t}]
    customProperties: [{property: clusterBy, value: [id]},
                       {property: p, value: [1, {a: b}], vendor: v, id: i}]
    relationships:
      - {type: foreignKey, from: [Sold things.id, Sold things.n], to: [other.id, other.n], id: r1,
         customProperties: [{property: cardinality, value: many}]}
    quality:
      - {type: text, description: words, id: q0}
      - {type: library, metric: rowCount, mustBeBetween: [1, 9], unit: rows, method: m, businessImpact: b,
         scheduler: cron, schedule: "0 * * * *", tags: [x], severity: error, dimension: completeness}
      - {type: library, metric: rowCount, mustBeGreaterThan: 0}
      - {type: sql, query: SELECT 1, mustNotBe: {odd: 1}}
      - {type: custom, engine: soda, implementation: {checks: [{a: b}]}}
    properties:
      - id: c1
        name: number
        physicalName: id
        physicalType: DECIMAL(18, 2)
        logicalType: number
        logicalTypeOptions: {minimum: 1, exclusiveMaximum: 10, format: f64}
        businessName: b
        primaryKey: true
        primaryKeyPosition: 1
        partitioned: true
        partitionKeyPosition: 2
        required: true
        unique: true
        classification: restricted
        criticalDataElement: true
        encryptedName: id_enc
        transformSourceObjects: [a.b]
        transformLogic: SELECT
        transformDescription: t
        examples: [1, two, {three: 3}]
        semanticType: dimension
        synonyms: [{synonym: no}]
        relationships: [{to: other.id}]
        quality:
          - {name: ok, metric: nullValues, mustBe: 0, customProperties: [
              {property: onViolation, value: drop}, {property: more, value: 1}]}
          - {rule: myOwn, type: library, mustBe: 1}
      - {name: n, logicalType: string, primaryKeyPosition: -1, required: false, enum: [
          {value: a, label: A, description: d, tags: [x], id: e1}, {value: b}]}
      - {name: m, map: {key: {logicalType: string}, value: {logicalType: integer, description: v}}}
      - name: nested
        logicalType: object
        properties:
          - {name: in, physicalName: inner, logicalType: string, classification: personal, quality: [
              {metric: nullValues, mustBe: 0}]}
          - {name: deep, logicalType: array, items: {logicalType: array, description: kept, items: {
              logicalType: object, properties: [{name: x, logicalType: date}]}}}
      - {name: total, physicalType: double, semanticType: measure}
  - name: other
    physicalType: table
    properties: [{name: id, logicalType: number, primaryKey: true}, {name: n, logicalType: string}]
slaDefaultElement: sold.id
slaProperties:
  - {property: freshness, value: 4, unit: h, element: sold.id, driver: d, valueExt: 5, description: x, id: s1,
     scheduler: cron, schedule: s, customProperties: [{property: p, value: v}]}
  - {property: availability, value: "99.9"}
  - {property: encrypted, value: false}
support:
  - {channel: c, url: u, tool: slack, scope: issues, description: d, invitationUrl: i, id: x,
     customProperties: [{property: p, value: v}]}
team:
  id: t
  name: owners
  description: d
  members:
    - {username: u, name: n, role: r, description: d, dateIn: "2026-01-01", dateOut: "2026-02-01",
       replacedByUsername: v, tags: [t], id: m}
  tags: [x]
roles:
  - {role: reader, access: read, description: d, firstLevelApprovers: f, secondLevelApprovers: s, id: r,
     customProperties: [{property: p, value: v}]}
customProperties: [{property: p, value: null}, {property: q, value: "2026-01-01", description: d}]
"""


def made(*columns, **fields):
    """A contract made in Python, with one table."""
    return Contract(id="o", version="1", tables=(Table(name="t", columns=columns, **fields),))


def test_every_construct_of_the_standard_comes_back_as_it_was_read():
    """The document is equal, and so is the contract that it is read as."""
    contract = parse_contract(WHOLE)
    text = write_contract(contract)
    again = parse_contract(text)
    assert again.raw == contract.raw
    assert content(again) == content(contract)
    assert write_contract(again) == text


def test_the_fields_alone_hold_every_construct_too():
    """Also without the document that was read, nothing of the standard is lost."""
    contract = parse_contract(WHOLE)
    alone = contract.model_copy(update={"raw": {}})
    again = parse_contract(write_contract(alone))
    assert content(again) == content(contract)
    assert document(again) == document(contract)


@pytest.mark.parametrize("version", ["v3.0.0", "v3.0.2", "v3.1.0", "v3.2.0"])
def test_the_team_is_written_as_its_version_knows_it(version):
    """A list of members before v3.1, a mapping since then."""
    text = f"apiVersion: {version}\nkind: DataContract\nid: o\nversion: 1.0.0\nteam:\n  - username: u\n"
    contract = parse_contract(text)
    assert write_contract(contract) == text
    written = document(contract)["team"]
    assert written == (
        [{"username": "u"}] if version.startswith("v3.0") else {"members": [{"username": "u"}]}
    )


def test_what_was_changed_since_it_was_read_is_changed_in_the_document():
    """All around it stays as it was written."""
    contract = parse_contract(WHOLE)
    [table, other] = contract.tables
    [first, *rest] = table.columns
    changed = table.model_copy(
        update={
            "columns": (first.model_copy(update={"description": "new"}), *rest),
            "business_name": None,
        }
    )
    copy = contract.model_copy(update={"version": "2", "tables": (changed, other), "domain": None})
    raw = parse_contract(write_contract(copy)).raw
    expected = parse_contract(WHOLE).raw
    expected["version"] = "2"
    del expected["domain"]
    del expected["schema"][0]["businessName"]
    expected["schema"][0]["properties"][0]["description"] = "new"
    assert raw == expected


def test_a_contract_made_in_python_has_the_words_of_the_standard():
    """Types are physical and logical types; what happens to bad rows is a custom property."""
    contract = made(
        Column(
            name="amount",
            type="DECIMAL(18,2)",
            required=True,
            quality=(QualityRule(name="positive", expression="amount >= 0", action=Action.DROP),),
        ),
        Column(name="lines", type="array<struct<id:int>>", fields=(Column(name="id", type="int"),)),
        schema_name="silver",
        cluster_by=("amount",),
    )
    expected = textwrap.dedent(
        """\
        apiVersion: v3.2.0
        kind: DataContract
        id: o
        version: '1'
        schema:
          - name: t
            physicalName: silver.t
            physicalType: table
            properties:
              - name: amount
                physicalType: decimal(18,2)
                logicalType: number
                required: true
                quality:
                  - name: positive
                    type: custom
                    engine: databricks
                    implementation: amount >= 0
                    customProperties:
                      - property: onViolation
                        value: drop
              - name: lines
                physicalType: array<struct<id:int>>
                logicalType: array
                items:
                  logicalType: object
                  physicalType: struct<id:int>
                  properties:
                    - name: id
                      physicalType: int
                      logicalType: integer
            customProperties:
              - property: clusterBy
                value:
                  - amount
        """
    )
    assert write_contract(contract) == expected


@pytest.mark.parametrize(
    ("type_", "logical"),
    [
        ("string", "string"), ("varchar(9)", "string"), ("char(2)", "string"), ("binary", "string"),
        ("boolean", "boolean"), ("tinyint", "integer"), ("smallint", "integer"), ("int", "integer"),
        ("bigint", "integer"), ("float", "number"), ("double", "number"), ("decimal(9,2)", "number"),
        ("date", "date"), ("timestamp", "timestamp"), ("timestamp_ntz", "timestamp"),
        ("array<int>", "array"), ("map<string,int>", "map"), ("struct<a:int>", "object"),
        ("variant", None), ("geography(4326)", None), ("string collate utf8_lcase", "string"),
    ],
)  # fmt: skip
def test_every_databricks_type_has_its_logical_type(type_, logical):
    """None where the standard has none; a logical type that was given stays."""
    assert (
        document(made(Column(name="c", type=type_)))["schema"][0]["properties"][0].get("logicalType")
        == logical
    )
    assert Column(name="c", type=type_, logical_type="time").logical_type == "time"


def custom(value):
    """A contract with a custom property of this value."""
    return made(Column(name="c", type="int"), custom_properties=(CustomProperty(property="p", value=value),))


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        (custom(dt.date(2026, 1, 1)), "a value of the Python type date"),
        (custom(float("nan")), "the number nan"),
        (custom({1: 2}), "the key 1, which is not text"),
        (
            made(
                Column(name="c", type="int"),
                quality=(QualityRule(name="r", action=Action.FAIL, type="text"),),
            ),
            "MF211",
        ),
        (made(Column(name="c", type="int", other={"name": "d"})), "`tables[0].columns[0].other.name`"),
        (made(Column(name="c", type="int", other={"colour": "d"})), "MF203"),
        (Contract(id="", version="1"), "MF205"),
    ],
)
def test_what_the_standard_has_no_words_for_is_told_and_not_dropped(contract, words):
    """MF240, or the finding of whoever would read it."""
    with pytest.raises(MeshformError) as caught:
        write_contract(contract)
    assert words in str(caught.value)
    assert {one.code for one in caught.value.findings} <= {"MF203", "MF205", "MF211", "MF240"}


def test_rules_of_python_become_expectations_as_those_of_a_file_do():
    """The metric is enough; a name of a field has its parents before it, and below an array there is none."""
    no_nulls = QualityRule(name="r", metric="nullValues", operator="mustBe", threshold=0)
    field = Column(name="b", type="int", quality=(no_nulls,))
    [made_table] = made(
        Column(name="a", type="struct<b:int>", fields=(field,)),
        Column(name="c", type="array<struct<b:int>>", fields=(field,)),
    ).tables
    assert [one.expression for one in made_table.rules] == ["a.b IS NOT NULL", None]
