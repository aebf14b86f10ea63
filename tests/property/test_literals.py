# SPDX-License-Identifier: Apache-2.0
"""Escaping of user text, for any text."""

from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from meshform.terraform.literals import escape, render

SIGNS = st.text(alphabet='$%{}~"\\ \ufeffa\u0301', max_size=12)
TEXTS = st.one_of(
    SIGNS, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
)


def read_template(template: str) -> str:
    """What Terraform makes of a template, as far as `escape` uses its language; an evaluation is an error."""
    text = ""
    position = 1 if template.startswith("\ufeff") else 0
    while position < len(template):
        rest = template[position:]
        if rest.startswith(("$${", "%%{")):
            text, position = text + rest[1:3], position + 3
        elif rest.startswith('${"\ufeff"}'):
            text, position = text + "\ufeff", position + len('${"\ufeff"}')
        else:
            assert not rest.startswith(("${", "%{")), f"Terraform would evaluate {template!r}"
            text, position = text + rest[0], position + 1
    return text


@given(TEXTS)
def test_terraform_reads_back_the_text_that_was_given(text):
    """No text is evaluated, and each comes back as it was, in Unicode NFC."""
    assert read_template(escape(text)) == normalize("NFC", text)


@given(TEXTS, TEXTS)
def test_different_texts_stay_different(one, other):
    """Escaping never makes two texts one, but for what Unicode says is the same."""
    assert (escape(one) == escape(other)) == (normalize("NFC", one) == normalize("NFC", other))


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(SIGNS.map(ascii), inner, max_size=4)
    ),
    max_leaves=20,
)


def _read(value):
    if isinstance(value, str):
        return read_template(value)
    if isinstance(value, list):
        return [_read(item) for item in value]
    if isinstance(value, dict):
        return {read_template(key): _read(item) for key, item in value.items()}
    return value


def _nfc(value):
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, list):
        return [_nfc(item) for item in value]
    if isinstance(value, dict):
        return {_nfc(key): _nfc(item) for key, item in value.items()}
    return value


@given(VALUES)
def test_every_text_in_a_value_is_escaped_however_deep(value):
    """Rendering keeps the shape of a value and every text in it, map keys too."""
    assert _read(render(value)) == _nfc(value)
