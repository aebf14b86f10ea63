# SPDX-License-Identifier: Apache-2.0
"""User text through the real Terraform."""

import json
import os
import subprocess
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from meshform.terraform.literals import render

NASTY = [
    *(
        "${a}",
        "$${a}",
        "$$${a}",
        "%{a}",
        "%%{a}",
        "%%%{a}",
        "$%{a}",
        "%${a}",
        "$",
        "$$",
        "%",
        "{",
        "${",
        "%{",
    ),
    *('${file("/etc/passwd")}', "%{ if true }x%{ endif }", "${~ a ~}", "\\${a}", '"${a}"', "\\n", "\\"),
    *("\ufeff", "\ufeffx", "\ufeff\ufeffx", "\ufeff${a}", "x\ufeff", "${\u0301x}", "{\u0301", "$\u200d{a}"),
    *(
        "a\r\nb",
        "a\rb",
        "\u2028",
        "\x01\x1b\x7f\x85",
        "e\u0301",
        "🙂${",
        "👨\u200d👩${a}",
        "\uffff",
        "\ue000",
    ),
    *("", " ", "true", "7", "null", "<>&"),
]


def _texts() -> list[str]:
    """The texts above, and many that Hypothesis makes."""
    found = dict.fromkeys(NASTY)
    parts = st.sampled_from(
        ["$", "%", "{", "}", "~", '"', "\\", "\ufeff", "\u0301", "a", "\n", "🙂", "$${", "%%{"]
    )
    any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

    @settings(max_examples=500, database=None, derandomize=True)
    @given(st.one_of(st.lists(parts, max_size=8).map("".join), any_text))
    def collect(text: str) -> None:
        found.setdefault(normalize("NFC", text))

    collect()
    return [*found]


def test_text_in_state_equals_the_text_given(tmp_path):
    """Any text and any map key, applied by Terraform, is in the state as it was given, in Unicode NFC."""
    texts = _texts()
    assert len(texts) > 300
    values = {f"value {number}": text for number, text in enumerate(texts)}
    keys = {f"{text}|{number}": number for number, text in enumerate(texts)}
    body = {"values": {"input": values}, "keys": {"input": keys}}
    document = {"resource": {"terraform_data": render(body)}}
    (tmp_path / "main.tf.json").write_text(json.dumps(document))
    for command in (["init", "-backend=false"], ["apply", "-auto-approve"]):
        done = subprocess.run(
            ["terraform", *command, "-no-color", "-input=false"],
            cwd=tmp_path,
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    state = json.loads((tmp_path / "terraform.tfstate").read_text())
    inputs = {r["name"]: r["instances"][0]["attributes"]["input"]["value"] for r in state["resources"]}
    assert inputs["values"] == {key: normalize("NFC", text) for key, text in values.items()}
    assert inputs["keys"] == {normalize("NFC", key): number for key, number in keys.items()}
