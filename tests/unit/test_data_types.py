# SPDX-License-Identifier: Apache-2.0
"""Databricks SQL types in one normal form."""

import pytest

from meshform.model.contract import Column
from meshform.model.data_types import (
    UnknownTypeError,
    array_of,
    from_logical,
    map_of,
    normalize,
    struct_of,
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("STRING", "string"),
        ("Integer", "int"),
        ("long", "bigint"),
        ("REAL", "float"),
        ("DECIMAL", "decimal(10,0)"),
        ("Numeric( 18 , 2 )", "decimal(18,2)"),
        ("dec(5)", "decimal(5,0)"),
        ("VARCHAR(20)", "varchar(20)"),
        ("character(3)", "char(3)"),
        ("timestamp_ltz", "timestamp"),
        ("array< struct< id : INT , `odd name`: string > >", "array<struct<id:int,`odd name`:string>>"),
        ("MAP<STRING, ARRAY<INT>>", "map<string,array<int>>"),
        ("struct<Id int not null comment 'the id'>", "struct<Id:int NOT NULL COMMENT 'the id'>"),
        ("string collate utf8_lcase", "string collate utf8_lcase"),
        ("geography(4326)", "geography(4326)"),
        ("struct<>", "struct<>"),
    ],
)
def test_types_have_one_form(text, form):
    """Lower case, synonyms replaced, no spaces; names of fields keep their case. The form is its own."""
    assert normalize(text) == form
    assert normalize(form) == form


@pytest.mark.parametrize(
    ("text", "reason", "fix"),
    [
        ("strng", "'strng' is not a Databricks type", "did you mean 'string'?"),
        ("datetime", "'datetime' is not a Databricks type", "use timestamp"),
        ("varchar", "VARCHAR needs a length", "use string, or give the length"),
        ("varchar(0)", "the length is at least 1", None),
        ("decimal(39,2)", "the precision of a DECIMAL is 1 to 38, not 39", None),
        ("decimal(5,6)", "the scale of a DECIMAL is 0 to its precision (5), not 6", None),
        ("int) COMMENT 'x'", "unexpected ')' after the type", None),
        ("string; DROP TABLE x", "unexpected ';' in the type", None),
        ("struct<a int, A int>", "the STRUCT has two fields called A", None),
        ("map<map<int,int>,int>", "the key of a MAP cannot be a MAP", None),
        ("array<int", "expected '>', but the type ends there", None),
        ("array<" * 3000, "types are nested more than 32 deep", None),
        ("", "expected a type, but the type ends there", None),
        ("x" * 200_000, "the type is longer than 100,000 characters", None),
    ],
)
def test_what_is_no_type_is_refused_with_the_reason(text, reason, fix):
    """So is everything that would leave the place of a type in a statement."""
    with pytest.raises(UnknownTypeError) as caught:
        normalize(text)
    assert (caught.value.reason, caught.value.fix) == (reason, fix)


@pytest.mark.parametrize(
    ("logical", "options", "kind"),
    [
        ("string", None, "string"),
        ("string", {"format": "binary"}, "binary"),
        ("integer", None, "int"),
        ("integer", {"format": "i64"}, "bigint"),
        ("number", None, "double"),
        ("number", {"format": "f32"}, "float"),
        ("date", None, "date"),
        ("boolean", None, "boolean"),
        ("timestamp", None, "timestamp"),
        ("timestamp", {"timezone": False}, "timestamp_ntz"),
        ("vector", None, "array<float>"),
    ],
)
def test_a_logical_type_becomes_a_databricks_type(logical, options, kind):
    """As ODCS 3.2 describes the options."""
    assert from_logical(logical, options) == kind


@pytest.mark.parametrize("logical", ["time", "object", "array", "map", "strng", "integer:u128"])
def test_a_logical_type_that_does_not_say_enough_is_refused(logical):
    """The fix says what to add."""
    name, _, form = logical.partition(":")
    with pytest.raises(UnknownTypeError) as caught:
        from_logical(name, {"format": form} if form else None)
    assert caught.value.fix


def test_nested_types_are_made_of_normal_forms():
    """The makers give normal forms again."""
    made = array_of(struct_of({"a b": map_of("string", "int"), "c`d": "int"}))
    assert made == "array<struct<`a b`:map<string,int>,`c``d`:int>>"
    assert normalize(made) == made


def test_a_column_made_in_python_is_brought_to_the_normal_form():
    """So that contracts from files and from Python compare equal."""
    assert Column(name="a", type="DECIMAL(18, 2)").type == "decimal(18,2)"
    with pytest.raises(ValueError, match="did you mean 'string'"):
        Column(name="a", type="strng")
