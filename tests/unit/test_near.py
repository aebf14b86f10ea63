# SPDX-License-Identifier: Apache-2.0
"""The nearest known name."""

import pytest

from meshform.model.near import did_you_mean, nearest, one_of


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("ownr", "owner"),
        ("Owner", "owner"),
        ("physical_type", "physicalType"),
        ("onwer", "owner"),
        ("desciption", "description"),
        ("zzz", None),
        ("", None),
        ("x", None),
    ],
)
def test_a_misspelt_word_finds_its_name(word, name):
    """Case, `-`, `_`, swaps and a few edits; nothing when nothing is near."""
    assert nearest(word, ["owner", "physicalType", "description"]) == name


def test_the_answer_does_not_depend_on_the_order():
    """Of equally near names the first in alphabetical order wins."""
    assert nearest("tabl", ["tabla", "table"]) == nearest("tabl", ["table", "tabla"]) == "tabla"


def test_words_for_a_finding():
    """A question, or nothing; a list is cut."""
    assert did_you_mean("ownr", ["owner"]) == "did you mean 'owner'?"
    assert did_you_mean("zzz", ["owner"]) is None
    assert one_of("cab", most=2) == "a, b and 1 more"
