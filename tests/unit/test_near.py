# SPDX-License-Identifier: Apache-2.0
"""The nearest known name."""

import time
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_long_names_are_compared_quickly():
    """Only few edits count, so most of two long names need no look."""
    started = time.process_time()
    assert nearest("a" * 100_000, ["b" * 100_000, "a" * 99_999]) == "a" * 99_999
    assert nearest("a" * 200, [f"{'a' * 190}{i:010}" for i in range(2000)]) is None
    assert time.process_time() - started < 5


@given(st.text("ab_C", max_size=9), st.text("ab_C", max_size=9))
def test_few_edits_are_found_as_if_all_were_counted(left, right):
    """What is left out could not have made a name near."""
    one, other = (name.casefold().replace("_", "") for name in (left, right))
    limit = min(3, max(1, len(one) // 3))
    edits = all_edits(one, other)
    near = edits <= limit and edits < max(len(one), len(other))
    assert (nearest(left, [right]) == right) is near


def all_edits(left, right):
    """Edits between two words, by the definition of optimal string alignment."""

    @cache
    def edits(i, j):
        if i == 0 or j == 0:
            return i + j
        least = min(
            edits(i - 1, j) + 1, edits(i, j - 1) + 1, edits(i - 1, j - 1) + (left[i - 1] != right[j - 1])
        )
        if i > 1 and j > 1 and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
            least = min(least, edits(i - 2, j - 2) + 1)
        return least

    return edits(len(left), len(right))
