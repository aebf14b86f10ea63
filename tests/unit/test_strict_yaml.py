# SPDX-License-Identifier: Apache-2.0
"""Plain data with places from YAML; everything else is refused with file, line and column."""

import textwrap
import time

import pytest
import yaml

from meshform.model import strict_yaml
from meshform.model.findings import MeshformError
from meshform.model.strict_yaml import load, loads
from meshform.model.yaml_builder import Limits


def refused(text, **options):
    """The findings of a text, as `code line:column summary`."""
    with pytest.raises(MeshformError) as caught:
        loads(textwrap.dedent(text), "a.yaml", **options)
    assert all(finding.place.file == "a.yaml" for finding in caught.value.findings)
    return [f"{f.code} {f.place.line}:{f.place.column} {f.summary}" for f in caught.value.findings]


@pytest.fixture(params=["C", "Python"])
def parser(request, monkeypatch):
    """Both parsers of PyYAML: a machine may lack the one in C."""
    if request.param == "Python":
        monkeypatch.setattr(strict_yaml, "_Parser", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30:45", "12:30:45"),
        ("2024-01-31", "2024-01-31"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-12", -12),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ('"12"', "12"),
        ("=", "="),
        ("v1.2.3", "v1.2.3"),
        ("-", None),
    ],
)
@pytest.mark.usefixtures("parser")
def test_scalars_have_the_types_of_the_core_schema_of_yaml_1_2(written, value):
    """Country codes, switches, times, dates and versions stay text; nothing turns octal or sexagesimal."""
    found = loads(f"key: {written}\n" if written != "-" else "key:\n").data["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.usefixtures("parser")
def test_places_point_at_keys_values_and_items():
    """Line and column count from 1; a path that leads nowhere gives its nearest known parent."""
    document = loads("a:\n  - name: x\n    type: y\n  - 3\n", "a.yaml")
    assert str(document.place(("a",))) == "a.yaml:2:3"
    assert str(document.place(("a", 0, "type"))) == "a.yaml:3:11"
    assert str(document.key_place(("a", 0, "type"))) == "a.yaml:3:5"
    assert str(document.place(("a", 1))) == "a.yaml:4:5"
    assert str(document.place(("a", 0, "missing", "deeper"))) == "a.yaml:2:5"


@pytest.mark.usefixtures("parser")
def test_a_duplicate_key_is_refused_with_both_lines():
    """`owner: alice` and then `owner: mallory` must not become mallory in silence."""
    assert refused("owner: alice\nname: x\nowner: mallory\n") == [
        "MF109 3:1 the key 'owner' is there twice; first at line 1, column 1"
    ]


@pytest.mark.usefixtures("parser")
def test_aliases_are_capped():
    """Each level of a bomb doubles what it refers to; the count of nodes stops it before it is built."""
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
    started = time.process_time()
    assert refused(bomb)[0].startswith(("MF107", "MF108"))
    assert time.process_time() - started < 1
    assert refused("a: &a x\nb: [" + "*a, " * 40 + "x]\n") == ["MF108 2:133 too many aliases"]


@pytest.mark.usefixtures("parser")
def test_an_alias_inside_of_what_it_names_is_refused():
    """`&a [*a]` would be a list that holds itself."""
    assert refused("a: &a [*a]\n") == ["MF108 1:8 the alias *a stands inside what it refers to"]


@pytest.mark.usefixtures("parser")
def test_a_few_aliases_are_fine():
    """Anchors that repeat a value a few times are plain data."""
    assert loads("a: &x [1]\nb: *x\n").data == {"a": [1], "b": [1]}


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
@pytest.mark.usefixtures("parser")
def test_deep_nesting_is_refused_and_not_a_recursion_error(opening):
    """3,000 brackets end with a finding at the first that is too deep."""
    assert refused(opening * 3000)[0].startswith("MF106 1:")


def test_the_size_is_checked_before_anything_is_parsed(tmp_path):
    """A file above the limit is refused unread, and its size is told."""
    file = tmp_path / "big.yaml"
    file.write_bytes(b"a: " + b"x" * 5_000_000)
    started = time.process_time()
    with pytest.raises(MeshformError) as caught:
        load(file)
    assert time.process_time() - started < 0.5
    [finding] = caught.value.findings
    assert (finding.code, finding.got, finding.allowed) == (
        "MF102",
        "5,000,003 bytes",
        "at most 4,194,304 bytes",
    )


def test_the_number_of_nodes_is_limited():
    """What a file may hold is bounded by more than its size."""
    assert refused("[a, b, c]", limits=Limits(nodes=3)) == ["MF107 1:8 the file holds too much"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: !!python/object:os.system x\n", "MF111 1:4 tags are not allowed"),
        ("a: !Ref x\n", "MF111 1:4 tags are not allowed"),
        ("a: 1\n---\nb: 2\n", "MF112 2:1 a second document starts here"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "MF110 3:3 merge keys (<<) are not allowed"),
        ("1: a\n", "MF113 1:1 the key is a number, not text"),
        ("true: a\n", "MF113 1:1 the key is true or false, not text"),
        ("? [a]\n: b\n", "MF113 1:3 the key is a collection, not text"),
        ("a: .nan\n", "MF114 1:4 the number is too large or not finite"),
        ("a: 1e999\n", "MF114 1:4 the number is too large or not finite"),
        ("%YAML 1.1\n---\na: 1\n", "MF115 2:1 another version of YAML"),
        ("a: *b\n", "MF108 1:4 nothing is called &b before this alias"),
    ],
)
@pytest.mark.usefixtures("parser")
def test_whatever_is_not_plain_data_is_refused(text, finding):
    """Tags, merge keys, several documents, odd keys and numbers, each at its place."""
    found = refused(text)
    assert finding in found or finding.replace(" 2:1 ", " 1:1 ") in found


@pytest.mark.usefixtures("parser")
def test_broken_yaml_names_the_place():
    """A syntax error has the parser's words and the line."""
    [found] = refused("a: [1, 2\nb: 3\n")
    assert found.startswith("MF105 2:")
    assert "not valid YAML" in found


def test_characters_that_yaml_forbids_are_named():
    """A control character cannot hide in a file."""
    assert refused("a: x\x07y\n") == ["MF105 1:5 character U+0007 is not allowed in YAML"]
    assert refused('a: "\\uD800"\n')[0].startswith("MF105")


@pytest.mark.usefixtures("parser")
def test_mistakes_are_collected():
    """One run tells all of them."""
    assert [found.split()[0] for found in refused("a: 1\na: 2\nb: !x 3\n4: c\n")] == [
        "MF109",
        "MF111",
        "MF113",
    ]


def test_both_parsers_give_the_same_words_about_an_error(monkeypatch):
    """Findings do not depend on what PyYAML was built with."""
    broken = "a:\n  - b\n c: d\n"
    in_c = refused(broken)
    monkeypatch.setattr(strict_yaml, "_Parser", yaml.SafeLoader)
    assert refused(broken) == in_c
