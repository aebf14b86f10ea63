# SPDX-License-Identifier: Apache-2.0
"""Databricks types: the normal form of any type."""

import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from meshform.model.data_types import (
    NAMES,
    UnknownTypeError,
    array_of,
    map_of,
    normalize,
    struct_of,
)

SIMPLE = [
    "bigint", "binary", "boolean", "date", "double", "float", "int", "smallint", "string", "timestamp",
    "timestamp_ntz", "tinyint", "variant", "varchar(20)", "char(1)",
]  # fmt: skip
DECIMALS = st.tuples(st.integers(1, 38), st.integers(0, 38)).map(
    lambda pair: f"decimal({pair[0]},{min(pair)})"
)
FIELDS = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=8)
TYPES = st.recursive(
    st.sampled_from(SIMPLE) | DECIMALS,
    lambda inner: st.one_of(
        inner.map(array_of),
        st.tuples(inner.filter(lambda one: not one.startswith("map<")), inner).map(
            lambda pair: map_of(*pair)
        ),
        st.dictionaries(FIELDS, inner, min_size=1, max_size=3)
        .filter(lambda fields: len({name.casefold() for name in fields}) == len(fields))
        .map(struct_of),
    ),
    max_leaves=8,
)


@given(TYPES)
def test_a_normal_form_is_read_back_as_itself(kind):
    """What the makers made is what the reader gives."""
    assert normalize(kind) == kind


@given(st.recursive(st.sampled_from(SIMPLE) | DECIMALS, lambda inner: inner.map(array_of), max_leaves=4))
def test_case_and_spaces_do_not_matter(kind):
    """Two types are the same exactly when their normal forms are equal."""
    spaced = kind.upper().replace("<", " < ").replace(">", " > ").replace("(", " ( ").replace(",", " , ")
    assert normalize(f"  {spaced} ") == kind


@given(TYPES)
def test_a_normal_form_is_one_type_to_another_parser(kind):
    """It cannot leave its place in a statement."""
    if "`" not in kind:
        tree = sqlglot.parse_one(f"CREATE TABLE t (a {kind}, z int)", dialect="databricks")
        assert [column.name for column in tree.this.expressions if isinstance(column, exp.ColumnDef)] == [
            "a",
            "z",
        ]


@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from([*NAMES, "<", ">", ",", "(", ")", ":", "3", "a"])).map(" ".join),
    )
)
def test_any_text_is_a_type_or_refused_with_a_reason(text):
    """Never another exception."""
    try:
        form = normalize(text)
    except UnknownTypeError as error:
        assert error.reason  # noqa: PT017 - most texts are types here
    else:
        assert normalize(form) == form
