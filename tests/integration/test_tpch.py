# SPDX-License-Identifier: Apache-2.0
"""The contracts of the example domains geography, supply and sales against the data that they describe."""

import csv
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from meshform.model.odcs import read_contract

ROOT = Path(__file__).parents[2]
FILES = {
    "geography/regions": "region",
    "geography/nations": "nation",
    "supply/suppliers": "supplier",
    "supply/parts": "part",
    "supply/part_supply": "partsupp",
    "sales/buyers": "customer",
    "sales/purchases_v1": "orders",
    "sales/purchases_v2": "orders",
    "sales/line_items": "lineitem",
}
NEWER = {"o_clerk", "o_shippriority", "o_comment"}  # columns of purchases that its first version lacks


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """TPC-H data at a hundredth of its usual size, as CSV with a header."""
    folder = tmp_path_factory.mktemp("tpch")
    tool = Path(sys.executable).parent / "tpchgen-cli"
    subprocess.run([tool, "csv", "-s", "0.01", "--output-dir", folder], check=True, capture_output=True)
    return folder


def parse(text: str, type_: str) -> object:
    """A value of a CSV file as its type; fails when it is none."""
    if found := re.fullmatch(r"decimal\((\d+),(\d+)\)", type_):
        precision, scale = map(int, found.groups())
        number = Decimal(text)
        assert -number.as_tuple().exponent <= scale
        assert abs(number) < 10 ** (precision - scale)
        return number
    return {"string": str, "int": int, "bigint": int, "date": date.fromisoformat}[type_](text)


@pytest.mark.parametrize("product", FILES)
def test_the_data_keeps_the_contract(product, data):
    """The same columns in the same order, every value of its type, keys unique and never empty."""
    (table,) = read_contract(ROOT / "domains" / f"{product}.odcs.yaml").tables
    with (data / f"{FILES[product]}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    given = [name for name in rows[0] if product != "sales/purchases_v1" or name not in NEWER]
    assert [column.name for column in table.columns] == given
    for column in table.columns:
        values = [parse(row[column.name], column.type) for row in rows]
        assert not column.required or "" not in values
    keys = Counter(tuple(row[name] for name in table.primary_key) for row in rows)
    assert keys.most_common(1)[0][1] == 1
