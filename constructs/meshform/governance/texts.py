# SPDX-License-Identifier: Apache-2.0
"""Every text that people declared: no secret, nothing invisible, nothing that breaks on the way.

Most meshes are clean, so everything that a product says is first looked at in one piece; only where that
gives a hint does every field get a look of its own, with its path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from meshform.model.domain import MeshSpec
from meshform.model.findings import NOWHERE, Finding, Place, Severity
from meshform.model.printable import printable
from meshform.model.product import Product
from meshform.model.secrets import find_secret, may_hold_secret, redact

MOST_CHARACTERS = 16_384
"""Meshform's own limit for a text: plan, state and Databricks each hold it several times."""
MOST_SQL_CHARACTERS = 100_000

_SQL_FIELDS = frozenset({"body", "expression", "implementation", "query", "views"})
# Characters that a terminal, a log or an API acts upon, tab and line ends left out.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
# What shows text in another order than it is read in ("Trojan Source", CVE-2021-42574).
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ODD = re.compile(f"{_CONTROL.pattern}|{_REORDERING.pattern}")

# Databricks documentation, "Apply tags to Unity Catalog securable objects", constraints.
_TAG_KEY = re.compile(r"[^.,\-=/:\s](?:[^.,\-=/:]{0,253}[^.,\-=/:\s])?")
_MOST_TAG_VALUE = 1_000


def text_findings(spec: MeshSpec, domain: str | None = None) -> Iterator[Finding]:
    """What is wrong with texts.

    Args:
        spec: the mesh as declared.
        domain: look at products of this domain only, and at what the mesh itself declares. Default: at
            everything.

    Returns:
        MF361 a secret, its value not shown; MF362 a control character; MF363 a text that is too long; MF364 a
        backslash where the provider writes a comment into SQL without escaping it; MF365 (warning) characters
        that reorder text; MF366 a tag that Databricks refuses.
    """
    clean: set[str] = set()
    mesh = spec.model_dump(include={"name", "classification_tag"})
    yield from _texts(mesh, "the mesh", spec.place, clean)
    for part in (*spec.environments, *spec.principals, spec.platform, *spec.policies, *spec.domains):
        yield from _texts(
            part, f"{type(part).__name__.removesuffix('Spec').lower()} {_label(part)}", spec.place, clean
        )
    for one in spec.domains:
        tagged = [(f"domain {one.name}", one.catalog_tags)]
        tagged += [(f"schema {name} of domain {one.name}", tags) for name, tags in one.schema_tags.items()]
        for what, tags in tagged:
            yield from _tag_findings(what, [f"{key}={value}" for key, value in tags.items()], one.place)
    for product in spec.products:
        if domain in (None, product.domain):
            yield from _texts(product, f"product {product.address}", product.place, clean)
            yield from _comments(product)
            yield from _tags(product)


def _texts(root: object, what: str, place: Place, clean: set[str]) -> Iterator[Finding]:
    texts = set(_all(root)) - clean  # many are the same everywhere, such as the types of columns
    piece = "\n".join(texts)
    hint = _ODD.search(piece) or may_hold_secret(piece) or len(piece) > MOST_CHARACTERS
    if not hint or not any(map(_is_suspect, texts)):
        clean |= texts
    else:
        told: set[str] = set()
        for text, path, where in _fields(root, (), place):
            if _is_suspect(text):
                for finding in _text_findings(text, path, what, where):
                    if (key := finding.code + text) not in told:  # `raw` holds most texts of a contract again
                        told.add(key)
                        yield finding


def _is_suspect(text: str) -> bool:
    return len(text) > MOST_CHARACTERS or _ODD.search(text) is not None or find_secret(text) is not None


def _all(root: object) -> list[str]:
    """Every text in a value, keys of mappings too; places are left out."""
    texts: list[str] = []
    pending: list[Any] = [root]
    while pending:
        value = pending.pop()
        kind: Any = type(value)  # the usual types first: a mesh has many thousands of values
        if kind is str:
            texts.append(value)
        elif kind is tuple or kind is list:
            pending += value
        elif value is None or kind is bool or kind is Place:
            continue
        elif _is_model(kind):
            fields = value.__dict__
            for name in value.__pydantic_fields_set__:  # defaults are not theirs
                if type(one := fields[name]) is str:
                    texts.append(one)
                else:
                    pending.append(one)
        elif isinstance(value, str):
            texts.append(value)
        elif isinstance(value, Mapping):
            pending += value
            pending += value.values()
    return texts


@cache
def _is_model(kind: Any) -> bool:
    return issubclass(kind, BaseModel)


_Path = tuple[str, ...]


def _fields(value: object, path: _Path, place: Place) -> Iterator[tuple[str, _Path, Place]]:
    """The same texts with their paths and places; `raw` last."""
    if isinstance(value, str):
        yield value, path, place
    elif isinstance(value, BaseModel):
        here = getattr(value, "place", None)
        place = here if isinstance(here, Place) and here != NOWHERE else place
        fields = value.__dict__
        for name in sorted(fields, key=lambda name: name == "raw"):
            if not isinstance(fields[name], Place):
                below = path if name == "raw" else (*path, f".{name}")
                yield from _fields(fields[name], below, place)
    elif isinstance(value, tuple | list):
        for i, one in enumerate(value):
            yield from _fields(one, (*path, f"[{_label(one) or i}]"), place)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if isinstance(key, str):
                yield key, (*path, " (a key)"), place
            yield from _fields(one, (*path, f"[{redact(str(key))[:80]}]"), place)


def _label(value: object) -> str:
    """How a value calls itself, when that is safe to show."""
    for attribute in ("name", "property", "channel", "username", "role"):
        found = value.get(attribute) if isinstance(value, Mapping) else getattr(value, attribute, None)
        if isinstance(found, str) and found:
            return printable(redact(found[:80]))
    return ""


def _text_findings(text: str, path: _Path, what: str, place: Place) -> Iterator[Finding]:
    field = printable("".join(path).lstrip("."))
    if (found := find_secret(text)) is not None:
        yield Finding(
            code="MF361",
            summary=f"{what}: {field} holds what looks like a secret ({found})",
            place=place,
            got="(hidden)",
            fix="remove it, make it invalid where it came from, and keep secrets in a secret scope",
        )
    most = MOST_SQL_CHARACTERS if any(part[1:] in _SQL_FIELDS for part in path) else MOST_CHARACTERS
    if len(text) > most:
        yield Finding(
            code="MF363",
            summary=f"{what}: {field} is too long",
            place=place,
            got=f"{len(text):,} characters",
            allowed=f"at most {most:,} characters",
            fix="shorten it, and link to the rest",
        )
    if (odd := _CONTROL.search(text)) is not None:
        yield Finding(
            code="MF362",
            summary=f"{what}: {field} holds the control character U+{ord(odd.group()):04X}",
            place=place,
            got=printable(text[max(0, odd.start() - 20) : odd.end() + 20]) if found is None else "(hidden)",
            fix="remove it",
        )
    if (odd := _REORDERING.search(text)) is not None:
        yield Finding(
            code="MF365",
            summary=f"{what}: {field} holds U+{ord(odd.group()):04X}, which shows text in another order",
            place=place,
            got=printable(text[max(0, odd.start() - 20) : odd.end() + 20]) if found is None else "(hidden)",
            fix="remove it",
            severity=Severity.WARNING,
        )


def _comments(product: Product) -> Iterator[Finding]:
    r"""Comments of views and of tables that Terraform makes.

    Provider 1.128 puts them into SQL with `'` escaped but not the backslash. So `\'` in one would end the
    literal (`resource_sql_table.go`), and any other backslash would come back as another text, which
    Terraform would plan to mend for ever.
    """
    keys = product.tables.keys()
    written = [
        table
        for table in product.contract.tables
        if table.physical_type == "view" or {table.name, f"{product.schema_of(table)}.{table.name}"} & keys
    ]
    comments: list[tuple[str, str | None, Place]] = []
    for table in written:
        kind = "view" if table.physical_type == "view" else "table"
        comments.append((f"the description of {kind} {table.name}", table.description, table.place))
        comments += [
            (f"the description of column {table.name}.{c.name}", c.description, c.place)
            for c in table.columns
        ]
    if written or any(consumer.is_narrowed for consumer in product.consumers):
        for field in ("usage", "limitations"):
            own = getattr(product, field)
            place = product.place if own is not None else product.contract.place
            comments.append(
                (f"`{field}` of {product.address}", own or getattr(product.contract, field), place)
            )
    for what, comment, place in comments:
        if comment and "\\" in comment:
            at = comment.index("\\")
            yield Finding(
                code="MF364",
                summary=f"{what} holds a backslash",
                place=place,
                got=redact(printable(comment[max(0, at - 20) : at + 20])),
                allowed="no backslash: the provider does not escape it in the SQL that it writes",
                fix="remove it, or write / instead",
            )


def _tags(product: Product) -> Iterator[Finding]:
    """Tags of the product, its tables and their columns, `key=value` or `key`."""
    own = tuple(f"{key}={value}" for key, value in product.tags.items())
    if product.classification is not None:
        own += (f"data_product_classification={product.classification}",)
    for what, tags, place in [(product.address, own, product.place)] if own else ():
        yield from _tag_findings(what, tags, place)
    for table in product.contract.tables:
        tagged = [(f"table {table.name}", table.tags, table.place)]
        tagged += [(f"column {table.name}.{c.name}", c.tags, c.place) for c in table.columns if c.tags]
        for what, tags, place in tagged:
            yield from _tag_findings(what, tags, place)


def _tag_findings(what: str, tags: Iterable[str], place: Place) -> Iterator[Finding]:
    for tag in tags:
        key, _, value = tag.partition("=")
        if not _TAG_KEY.fullmatch(key) or len(value) > _MOST_TAG_VALUE or value != value.strip():
            yield Finding(
                code="MF366",
                summary=f"{what} has a tag that Databricks refuses",
                place=place,
                got=redact(printable(tag[:80])),
                allowed="`key=value` or `key`: a key of up to 255 characters without . , - = / : or "
                f"spaces at its ends, a value of at most {_MOST_TAG_VALUE:,}",
                fix="correct the tag",
            )
