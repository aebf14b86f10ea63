# SPDX-License-Identifier: Apache-2.0
"""Names by the rules of Unity Catalog."""

import pytest

from meshform.model.findings import Place, Severity
from meshform.model.names import check_identifier, normalized, quote, quoted_if_needed

HERE = Place(file="orders.odcs.yaml", line=4, column=5)


def codes(kind, name):
    """Codes of what is wrong with a name."""
    return [finding.code for finding in check_identifier(kind, name, HERE)]


@pytest.mark.parametrize(
    "name", ["orders", "orders_gold_2", "_x", "2024_orders", "orders-eu", "naïve", "注文"]
)
@pytest.mark.parametrize("kind", ["catalog", "schema", "table", "volume", "function", "column"])
def test_good_names_pass(kind, name):
    """Letters of any alphabet, digits, `_` and `-`."""
    assert codes(kind, name) == []


@pytest.mark.parametrize(
    "character",
    [
        "`",
        "'",
        '"',
        ";",
        "\\",
        "\n",
        "\t",
        "\0",
        "\x7f",
        " ",
        "\u00a0",
        "\u200b",
        "\u202e",
        "\u2066",
        "\ufeff",
    ],
)
@pytest.mark.parametrize("kind", ["catalog", "schema", "table", "volume", "function", "column"])
def test_characters_that_leave_a_quoted_name_or_cannot_be_seen_are_refused(kind, character):
    """Backtick, quotes, `;`, line ends, NUL, spaces, zero-width and direction characters."""
    [finding] = check_identifier(kind, f"or{character}ders", HERE)
    assert finding.code == "MF342"
    assert finding.place == HERE
    assert finding.fix == "remove it"
    assert (finding.got or "").isprintable()


def test_containers_and_columns_refuse_different_characters():
    """`.` and `/` separate names; Delta refuses some characters in columns without column mapping."""
    assert codes("table", "a/b") == codes("table", "a.b") == ["MF342"]
    assert codes("column", "a/b") == []
    for character in ",{}()=.":
        assert codes("column", f"a{character}b") == ["MF342"]


def test_the_message_names_every_character():
    """A character that cannot be seen is told by code point and name."""
    [finding] = check_identifier("table", "a b\u202ec", HERE)
    assert str(finding) == (
        "orders.odcs.yaml:4:5: error MF342: "
        "the name of a table holds a space, U+202E (right-to-left override)\n"
        "  got: a b\\u202ec\n  allowed: letters, digits, _ and -\n  fix: remove them"
    )


def test_the_length_is_limited():
    """1 to 255 characters."""
    assert codes("table", "x" * 255) == []
    assert codes("table", "x" * 256) == ["MF341"]
    assert codes("table", "") == ["MF341"]


def test_upper_case_is_refused_where_unity_catalog_drops_it():
    """A column keeps its case; everything else is stored in lower case."""
    [finding] = check_identifier("schema", "Gold", HERE)
    assert (finding.code, finding.fix) == ("MF343", "write it as 'gold'")
    assert codes("column", "OrderId") == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("\u043erders", "mixes letters of several alphabets (Cyrillic, Latin)"),
        ("\u0441\u043e\u0440\u0443", "is Cyrillic but looks like Latin"),
        ("\uff4frders", "has characters that another spelling of it would not have"),
    ],
)
def test_letters_that_look_like_others_are_a_warning(name, reason):
    """The escapes in `got` show which letter it is."""
    [finding] = check_identifier("table", name, HERE)
    assert (finding.code, finding.severity) == ("MF344", Severity.WARNING)
    assert finding.summary.endswith(reason)
    assert ascii(name)[1:-1] in (finding.got or "")


def test_names_of_databricks_itself_are_refused():
    """Such a catalog or schema exists already."""
    assert codes("catalog", "system") == codes("schema", "information_schema") == ["MF345"]
    assert codes("table", "system") == []


def test_a_name_that_terraform_would_change_is_refused():
    """Terraform brings all text to normal form C: the name in its state would be another."""
    assert codes("table", "cafe\u0301") == ["MF346"]
    assert codes("table", "caf\u00e9") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("Sales", "sales"), ("order-lines", "order_lines"), ("STRASSE", "straße"), ("\uff4frders", "orders")],
)
def test_names_that_could_be_confused_have_one_normal_form(one, other):
    """Case, `-` and `_`, compatible letters."""
    assert normalized(one) == normalized(other)


def test_quoting_doubles_backticks():
    """A quoted name cannot end early; a plain word needs no quotes, a reserved one does."""
    assert quote("a`b") == "`a``b`"
    assert quoted_if_needed("order_id") == "order_id"
    assert quoted_if_needed("order") == "`order`"
    assert quoted_if_needed("a-b") == "`a-b`"
