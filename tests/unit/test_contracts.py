# SPDX-License-Identifier: Apache-2.0
"""A contract made in Python is held to the same rules as one in a file."""

from meshform.governance.contracts import contract_findings
from meshform.model.contract import Column, Contract, QualityRule, Table
from meshform.model.findings import Place
from meshform.model.product import Product


def found(*tables):
    """Findings about a contract with these tables."""
    contract = Contract(id="o", version="1.0.0", tables=tables)
    return list(contract_findings(Product(domain="orders", name="orders", contract=contract)))


def table(name, *columns, quality=(), schema=None, line=1):
    """A table of texts."""
    made = tuple(
        Column(name=column, type="string", place=Place(file="d.py", line=line)) for column in columns
    )
    place = Place(file="d.py", line=line)
    return Table(name=name, schema_name=schema, columns=made, quality=quality, place=place)


def test_two_columns_of_one_name_are_refused_with_both_places():
    """Case does not tell them apart."""
    [finding] = found(table("orders", "id", "ID", line=7))
    assert str(finding) == (
        "d.py:7: error MF207: two columns of table 'orders' have one name (Unity Catalog ignores case)\n"
        "  got: 'ID', and 'id' at d.py:7\n  fix: rename or remove one of them"
    )


def test_two_tables_of_one_name_are_refused():
    """A table without a schema is in that of the product."""
    [finding] = found(table("order-lines", "a"), table("order_lines", "a", schema="gold", line=2))
    assert finding.code == "MF207"
    assert found(table("orders", "a"), table("orders", "a", schema="silver")) == []


def test_two_rules_of_one_name_are_refused():
    """One expectation would replace the other."""
    rules = (QualityRule(name="r"), QualityRule(name="R"))
    [finding] = found(table("orders", "a", quality=rules))
    assert "quality rules of table 'orders'" in finding.summary
