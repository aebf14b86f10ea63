# SPDX-License-Identifier: Apache-2.0
"""What Meshform knows of the Databricks provider, packaged in `facts/`.

- `schema-VERSION.json.xz`: the provider's schema as `terraform providers schema -json` prints it, without
  descriptions.
- `plan-facts-VERSION.json`: what a schema does not say and only a plan shows.
- `ids.json`: how the provider makes the id of a resource; kept by hand.

The first two are made from any provider binary by one command, `meshform provider-facts BINARY --out DIR`.
"""

from __future__ import annotations

import json
import lzma
from functools import cache
from importlib.resources import files
from typing import Any

VERSION = "1.128.0"
"""Version of the provider that the packaged facts describe."""


@cache
def schema() -> dict[str, Any]:
    """The provider's schema as Terraform prints it: `provider`, `resource_schemas`, `data_source_schemas`.

    Loaded once, in about 15 ms. Shared by all callers: do not change it.
    """
    document = json.loads(lzma.decompress(_read(f"schema-{VERSION}.json.xz")))
    (only_provider,) = document["provider_schemas"].values()
    return dict(only_provider)


@cache
def plan_facts() -> dict[str, Any]:
    """What a plan of the real provider shows beyond its schema. Loaded once and shared: do not change it.

    Returns:
        A map with these keys. A path is dotted, without list indexes (`task.new_cluster.num_workers`).

        - `defaults`: type -> path -> the value planned where none is given.
        - `unknown`: type -> paths of blocks that are planned as unknown where none is given.
        - `force_new`: type -> paths whose change replaces the resource.
        - `framework`: names of the types made with the plugin framework; the others use the older SDK.
        - `kept`: framework type -> computed paths that an update keeps; the others become unknown.
        - `id`: type -> how its id is made: `int`, or a template of its attributes.
    """
    facts: dict[str, Any] = json.loads(_read(f"plan-facts-{VERSION}.json"))
    facts["id"] = json.loads(_read("ids.json"))
    return facts


def _read(name: str) -> bytes:
    return files("meshform.terraform").joinpath("facts", name).read_bytes()
