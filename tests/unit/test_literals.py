# SPDX-License-Identifier: Apache-2.0
"""From values to Terraform JSON in which nothing is evaluated but references."""

import json
from collections import OrderedDict
from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest

from meshform.model.findings import MeshformError
from meshform.terraform.literals import Reference, escape, ref, render


class _Mode(StrEnum):
    OPEN = "OPEN"
    ODD = "${x}"


class _Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("plain", "plain"),
        ("costs $5, 10%", "costs $5, 10%"),
        ("a { b }", "a { b }"),
        ("trailing $", "trailing $"),
        ('${file("/etc/passwd")}', '$${file("/etc/passwd")}'),
        ("%{ if true }x%{ endif }", "%%{ if true }x%%{ endif }"),
        ("$${x}", "$$${x}"),
        ("$$${x}", "$$$${x}"),
        ("%%{x}", "%%%{x}"),
        ("$%{x}", "$%%{x}"),
        ("%${x}", "%$${x}"),
        ("größer ${x}", "größer $${x}"),
        ("e\u0301", "\u00e9"),
        ("\ufeffx", '${"\ufeff"}x'),
        ("\ufeff${x}", '${"\ufeff"}$${x}'),
        ("x\ufeff", "x\ufeff"),
    ],
)
def test_text_is_escaped_only_where_terraform_would_act_on_it(text, escaped):
    """Signs before a brace are doubled, a leading byte order mark is quoted, the rest is NFC."""
    assert escape(text) == escaped
    assert render(text) == escaped
    assert render({text: [text]}) == {escaped: [escaped]}


def test_a_reference_stays_as_it_is():
    """A reference is plain text in the JSON, unescaped, as a value and as a key."""
    rendered = render({"id": ref("databricks_job.x", "id"), Reference("${self.output}"): 1})
    assert rendered == {"id": "${databricks_job.x.id}", "${self.output}": 1}
    assert {type(part) for pair in rendered.items() for part in pair} == {str, int}
    assert repr(Reference("${a.b}")) == "Reference('${a.b}')"


def test_a_reference_that_becomes_other_text_is_no_reference():
    """What is cut from or joined to a reference is text, so it is escaped."""
    assert render(ref("a.b", "c") + "!") == "$${a.b.c}!"


def test_values_keep_their_kind():
    """Numbers, truth values, null, lists, tuples, maps and enums become the JSON values that they mean."""
    body = {
        "number": 7,
        "rate": 0.5,
        "flag": True,
        "none": None,
        "list": [1, ("a", None)],
        "map": OrderedDict(a={"b": "${x}"}),
        "enum": [_Mode.OPEN, _Mode.ODD, _Level.HIGH],
    }
    rendered = render(body)
    assert rendered == {
        "number": 7,
        "rate": 0.5,
        "flag": True,
        "none": None,
        "list": [1, ["a", None]],
        "map": {"a": {"b": "$${x}"}},
        "enum": ["OPEN", "$${x}", 3],
    }
    assert json.loads(json.dumps(rendered)) == rendered


def test_the_value_given_is_not_changed():
    """Rendering makes a new value."""
    body = {"a": ["${x}"]}
    render(body)
    assert body == {"a": ["${x}"]}


@pytest.mark.parametrize(
    ("value", "code", "summary", "got"),
    [
        ("a\0b", "MF510", "text holds a NUL character, which Terraform cannot hold", r"'a\x00b'"),
        (
            "ä\ud800",
            "MF510",
            "text holds half of a surrogate pair, which Terraform cannot hold",
            r"'\xe4\ud800'",
        ),
        ({"a\0": 1}, "MF510", "text holds a NUL character, which Terraform cannot hold", r"'a\x00'"),
        ({1, 2}, "MF511", "a value is of a type that Terraform does not have", "{1, 2} (set)"),
        (
            Decimal("1.5"),
            "MF511",
            "a value is of a type that Terraform does not have",
            "Decimal('1.5') (Decimal)",
        ),
        (float("nan"), "MF511", "a value is of a type that Terraform does not have", "nan (float)"),
        (b"x", "MF511", "a value is of a type that Terraform does not have", "b'x' (bytes)"),
        ({1: "a"}, "MF511", "a map key is of a type that Terraform does not have", "1 (int)"),
        (
            {"\u00e9": 1, "e\u0301": 2},
            "MF512",
            "two keys of a map are one text for Terraform, which keeps text in Unicode NFC",
            r"'\xe9', 'e\u0301'",
        ),
    ],
)
def test_what_terraform_cannot_hold_is_refused(value, code, summary, got):
    """A value that cannot reach Terraform unchanged is an error that shows it."""
    with pytest.raises(MeshformError) as caught:
        render({"deep": [value]})
    (finding,) = caught.value.findings
    assert (finding.code, finding.summary, finding.got) == (code, summary, got)
