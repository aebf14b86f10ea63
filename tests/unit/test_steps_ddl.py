# SPDX-License-Identifier: Apache-2.0
"""The SQL that a function job of the local workspace takes."""

import pytest

from meshform.governance.sql_text import SqlError
from meshform.local.ddl import CreateFunction, parse_file

START = "CREATE FUNCTION a.b.f(x INT) RETURNS INT"


def test_each_statement_of_a_file_is_a_function():
    """Semicolons in text and comments do not end a statement; comments and empty statements do not count."""
    made = parse_file(
        "-- first; of two\n"
        "CREATE OR REPLACE FUNCTION `a`.`b`.`f`(`x` DECIMAL(10, 2), y ARRAY<INT>) RETURNS STRING\n"
        "COMMENT 'it\\'s; fine' RETURN concat('a;b', x);;\n"
        "CREATE FUNCTION a.b.g() RETURNS BOOLEAN DETERMINISTIC RETURN TRUE -- end\n"
    )
    assert made == [
        CreateFunction(
            full_name="a.b.f",
            parameters=(("x", "DECIMAL(10, 2)"), ("y", "ARRAY<INT>")),
            returns="STRING",
            body="CONCAT('a;b', x)",
            comment="it's; fine",
            replace=True,
        ),
        CreateFunction("a.b.g", (), "BOOLEAN", "TRUE", "", replace=False),
    ]
    assert parse_file(" ; -- nothing\n") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DROP FUNCTION a.b.f", "runs only queries and CREATE FUNCTION"),
        ("CREATE TABLE a.b.t (x INT)", "runs only queries and CREATE FUNCTION"),
        ("GRANT SELECT ON TABLE a.b.t TO x", "runs only queries and CREATE FUNCTION"),
        ("CREATE FUNCTION IF NOT EXISTS a.b.f(x INT) RETURNS INT RETURN x", "without more"),
        ("CREATE TEMPORARY FUNCTION a.b.f(x INT) RETURNS INT RETURN x", "without more"),
        ("CREATE FUNCTION a.b.f(x INT) RETURNS INT LANGUAGE PYTHON AS $$ return x $$", "without more"),
        ("CREATE FUNCTION b.f(x INT) RETURNS INT RETURN x", "a name with catalog and schema"),
        ("CREATE FUNCTION a.b.f(x INT) RETURNS TABLE (y INT) RETURN SELECT 1", "RETURNS with a scalar type"),
        ("CREATE FUNCTION a.b.f(x INT) RETURN x", "RETURNS with a scalar type"),
        (START, "RETURN with an expression"),
        (f"{START} RETURN 'open", "cannot be read"),
        (f"{START} RETURN (", "cannot be parsed"),
        (f"{START} RETURN {'(' * 5000}x{')' * 5000}", "nested more than"),
    ],
)
def test_other_statements_are_refused(text, message):
    """Whatever is not a plain scalar SQL function with a full name is an error that says so."""
    with pytest.raises(SqlError, match=message):
        parse_file(text)
