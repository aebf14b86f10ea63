# SPDX-License-Identifier: Apache-2.0
"""The DDL of functions: identifiers quoted, text escaped, the body one expression."""

import pytest
import sqlglot

from meshform.model.data_types import NAMES
from meshform.model.findings import MeshformError, Place
from meshform.model.sql_literals import constant, literal
from meshform.terraform.sql import create_function

HERE = Place(file="domains/policies.py", line=12)


def made(body, **options):
    """The statement for a mask over a text."""
    return create_function("c.s.f", [("value", "STRING")], "STRING", body, place=HERE, **options)


def refused(body):
    """Findings about a body."""
    with pytest.raises(MeshformError) as caught:
        made(body)
    return caught.value.findings


def test_a_function_has_all_its_parts():
    """Names in backticks, types in normal form, the comment as a literal, the body as it was written."""
    body = "CASE WHEN value IS NULL THEN NULL ELSE concat('***', right(value, 4)) END"
    assert made(body, comment="Shows the shop's \\ last four.\n") == (
        "CREATE OR REPLACE FUNCTION `c`.`s`.`f`(`value` string)\n"
        "RETURNS string\n"
        "COMMENT 'Shows the shop\\'s \\\\ last four.\\n'\n"
        f"RETURN {body}"
    )


@pytest.mark.parametrize(
    "body",
    [
        "value",
        "NULL",
        "'***'",
        "sha2(value, 256)",
        "regexp_replace(value,'(.).*@','$1***@')",
        "value IN ('AT', 'CH', 'DE')",
        "value RLIKE '^a' AND is_account_group_member('x')",
        "if(length(value) > 3, left(value, 1), NULL)",
        "CAST(NULL AS STRING)",
        "transform(split(value, ''), x -> upper(x))",
        "r'\\d+'",
        "current_date",
    ],
)
def test_expressions_are_taken_as_they_are(body):
    """The text is kept, so that an upgrade of the parser changes nothing that is deployed."""
    assert made(body).endswith(f"\nRETURN {body}")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("value; DROP TABLE x", "the SQL holds several statements (line 1, column 6 of the SQL)"),
        ("value;", "the SQL ends with `;`"),
        ("SELECT 1", "the expression holds a query"),
        ("(SELECT secret FROM t)", "the expression holds a query"),
        ("value IN (SELECT x FROM y)", "the expression holds a query"),
        ("EXISTS(SELECT 1)", "the expression holds a query"),
        ("value) ; --", "the expression holds a comment"),
        ("value -- c", "the expression holds a comment"),
        ("value /* c */ || 'x'", "the expression holds a comment"),
        ("DROP TABLE x", "the expression holds"),
        ("value AS x", "the expression holds a name for the result"),
        ("*", "the expression holds `*`"),
        ("{{ x }}", "the expression holds a placeholder"),
        ("${x}", "the expression holds a parameter marker"),
        (":x", "the expression holds a placeholder"),
        ("'open", "the SQL cannot be read"),
        ("'ends with backslash \\", "the SQL cannot be read"),
        ("1 2", "the SQL cannot be parsed"),
        ("", "the SQL is empty"),
        ("value\0", "the SQL holds a NUL character"),
        ("(" * 5000, "the brackets are nested more than 200 deep"),
        ("-" * 1 + " -" * 20_000 + "1", "the SQL cannot be parsed"),
        ("'" + "x" * 200_000 + "'", "the SQL is longer than 100,000 characters"),
    ],
)
def test_what_is_not_one_expression_is_refused(body, reason):
    """The finding says where it was declared and where in the body."""
    [finding] = refused(body)
    assert finding.code == "MF372"
    assert finding.place == HERE
    assert reason in finding.summary


def test_an_unknown_column_is_named_with_the_nearest():
    """The parameter is the only column of a body."""
    [finding] = refused("upper(valeu)")
    assert finding.fix == "did you mean 'value'?"


def test_a_secret_in_a_body_is_not_repeated():
    """What the finding got is hidden."""
    [finding] = refused("valeu = 'dapi" + "0" * 32 + "'")
    assert "0000" not in str(finding)


def test_an_unknown_type_is_refused():
    """A type cannot carry anything else into the statement."""
    with pytest.raises(MeshformError, match="MF373"):
        create_function("c.s.f", [("value", "string) RETURNS int --")], "STRING", "value")


def test_names_cannot_leave_their_quotes():
    """Backticks are doubled."""
    assert "`f``x`" in create_function("c.s.f`x", [], "INT", "1")


@pytest.mark.parametrize(
    "text", ["", "a'b", "\\", "\\'", "a\nb\tc\r", "\0\x01\x1b", "ä注🙂", "''", '"', "--", "/*"]
)
def test_a_literal_reads_back_as_the_text(text):
    """The parser gives back what was put in."""
    [token] = sqlglot.tokenize(literal(text), read="databricks")
    assert token.text == text.translate({0: "\\0", 1: "\\u0001", 27: "\\u001B"}) or token.text == text


def test_constants():
    """Text, truth values and numbers as SQL."""
    assert [constant(one) for one in ("a'b", True, False, 1, 1.5)] == ["'a\\'b'", "TRUE", "FALSE", "1", "1.5"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("array", "map", "struct")])
def test_a_function_can_have_every_type(name):
    """Each type that a column may have makes a statement that can be parsed."""
    kind = {"char": "char(3)", "character": "character(3)", "varchar": "varchar(3)"}.get(name, name)
    kind = f"{kind}(4326)" if name in ("geography", "geometry") else kind
    assert create_function("c.s.f", [("value", kind)], kind, "value")
