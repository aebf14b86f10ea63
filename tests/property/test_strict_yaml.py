# SPDX-License-Identifier: Apache-2.0
"""The YAML reader on generated documents."""

import json

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from meshform.model.findings import MeshformError
from meshform.model.strict_yaml import loads

# what YAML can hold as text, without what its versions see differently (a lone CR, NEL, LS, PS)
TEXT = st.text(
    st.characters(
        blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff\ufffe\uffff\x85\u2028\u2029"
    ),
    max_size=20,
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=20,
)


def _same(one, other):
    """Equal in value and in type, all the way down."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _plain_dump(data):
    """PyYAML's writer without aliases, and with text in quotes, which the two versions of YAML type alike."""

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _data):
            return True

    Dumper.add_representer(
        str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, '"')
    )
    return yaml.dump(data, Dumper=Dumper, allow_unicode=True, default_flow_style=None)


@given(DATA)
@settings(max_examples=100, deadline=None)
def test_json_is_read_as_json(data):
    """JSON is YAML 1.2: what a JSON writer wrote is read as a JSON reader reads it."""
    text = json.dumps(data, ensure_ascii=False)
    assert _same(loads(text).data, json.loads(text))


@given(DATA)
@settings(max_examples=100, deadline=None)
def test_what_pyyaml_wrote_is_read_back(data):
    """Block and flow style, folded and quoted text."""
    assert _same(loads(_plain_dump(data)).data, data)


@given(st.dictionaries(TEXT, st.lists(TEXT, max_size=3), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_places_point_at_what_was_written(data):
    """At the place of each value in the text stands that value."""
    text = _plain_dump(data)
    lines = text.split("\n")
    document = loads(text)
    for key, values in data.items():
        for i, value in enumerate(values):
            place = document.place((key, i))
            rest = "\n".join(
                [lines[(place.line or 0) - 1][(place.column or 0) - 1 :], *lines[place.line or 0 :]]
            )
            event = next(e for e in yaml.parse(rest.lstrip()) if isinstance(e, yaml.ScalarEvent))
            assert event.value == value


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_data_or_a_finding(text):
    """Never another exception; every finding has a code and a place."""
    try:
        loads(text, "a.yaml")
    except MeshformError as error:
        findings = error.findings
    else:
        return
    assert findings
    for finding in findings:
        assert finding.code.startswith("MF1")
        assert finding.place.file == "a.yaml"
