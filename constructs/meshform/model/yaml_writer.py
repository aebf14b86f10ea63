# SPDX-License-Identifier: Apache-2.0
"""Writing plain data as YAML that `strict_yaml` reads as the same data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import yaml

from meshform.model.yaml_builder import plain_value

_WIDTH = 110


class NotYamlError(ValueError):
    """The data holds something that is no text, number, truth value, list or mapping; the text says what."""


def dump(data: Any) -> str:
    """The data as one YAML document, keys in the order of the data.

    Raises:
        NotYamlError: it holds something else than text, finite numbers, truth values, None, lists, tuples and
            mappings with text as keys.
    """
    return yaml.dump(
        _plain(data),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False,
    )


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, bool, int):
        return value
    if type(value) is float:
        if not math.isfinite(value):
            raise NotYamlError(f"the number {value}")
        return value
    if isinstance(value, str):  # such as an enumeration
        return str(value)
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise NotYamlError(f"the key {odd[0]!r}, which is not text")
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    raise NotYamlError(f"a value of the Python type {type(value).__name__}")


class _Dumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.2 would read as something else, as well as what YAML 1.1 would."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Writes a value that stands in two places twice."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - PyYAML's signature
        """Indents lists below their key, as people write contracts."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None
    if "\n" in text.rstrip("\n"):
        style = "|"
    elif not _reads_as_text(text):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _reads_as_text(text: str) -> bool:
    try:
        return isinstance(plain_value(text), str)
    except ValueError:
        return False


_Dumper.add_representer(str, _text)
