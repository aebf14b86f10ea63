# SPDX-License-Identifier: Apache-2.0
"""Names: comparing, checking and quoting any text."""

import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from meshform.model.findings import NOWHERE, Severity
from meshform.model.names import check_identifier, normalized, quote
from meshform.model.sql_literals import literal

KINDS = st.sampled_from(["catalog", "schema", "table", "volume", "function", "column"])


@given(st.text())
def test_the_normal_form_is_its_own_normal_form(name):
    """Comparing twice changes nothing."""
    assert normalized(normalized(name)) == normalized(name)


@given(st.text())
def test_case_and_hyphens_never_tell_names_apart(name):
    """Lower and upper case as Unicode folds them, `-` as `_`."""
    assert normalized(name) == normalized(name.casefold()) == normalized(name.replace("-", "_"))


@given(KINDS, st.text(max_size=300))
def test_a_name_without_errors_is_safe_where_the_provider_puts_it(kind, name):
    """In backticks that nobody doubles, in a path with dots, in a SQL string, on one line of a terminal."""
    findings = list(check_identifier(kind, name, NOWHERE))
    if all(finding.severity is not Severity.ERROR for finding in findings):
        tree = sqlglot.parse_one(f"DESCRIBE x.`{name}`.y", dialect="databricks")
        table = tree.find(exp.Table)
        assert table is not None
        assert (table.catalog, table.db, table.name) == ("x", name, "y")
        assert literal(name) == f"'{name}'"
        assert "." not in name
        assert name.isprintable()
        assert 1 <= len(name) <= 255
    else:
        assert "\n" not in "".join(finding.got or "" for finding in findings)


@given(st.text(st.characters(blacklist_characters="\0"), min_size=1, max_size=50))
def test_a_quoted_name_is_one_identifier(name):
    """Whatever it holds."""
    [token] = sqlglot.tokenize(quote(name), read="databricks")
    assert token.text == name


@given(st.text(st.characters(min_codepoint=32, blacklist_characters="\x7f"), max_size=50))
def test_a_literal_is_one_string(text):
    """Quotes and backslashes cannot end it."""
    [token] = sqlglot.tokenize(literal(text), read="databricks")
    assert token.text == text
