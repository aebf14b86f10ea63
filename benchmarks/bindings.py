# SPDX-License-Identifier: Apache-2.0
"""The same resources, one cdktf object each. `python -m benchmarks.bindings OUT DOCUMENTS`.

Databricks resources are classes of the prebuilt bindings, which have one for every type here, nested blocks
are their structs, and `terraform_data` is cdktf's own class. Objects are kept cheaper than a person would
write them: references are passed as text, where `job.id` would be another call to Node, and addresses stay
those that cdktf makes.
"""

from __future__ import annotations

import inspect
import marshal
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any

import cdktf
from constructs import Construct

from benchmarks.measure import report

_BINDINGS = "cdktf_cdktf_provider_databricks"


def synthesize(out: str, documents: dict[str, Any]) -> None:
    """Make every resource of every stack and let cdktf write them."""
    app = cdktf.App(outdir=out)
    for name, document in documents.items():
        stack = cdktf.TerraformStack(app, name)
        import_module(f"{_BINDINGS}.provider").DatabricksProvider(stack, "databricks")
        scopes: dict[str, Construct] = {}
        made: dict[str, Any] = {}
        for kind, type_, local_name, body in _in_order(document):
            key = f"{kind}.{type_}"
            if key not in scopes:
                scopes[key] = Construct(stack, key)
            made[address(kind, type_, local_name)] = _make(scopes[key], kind, type_, local_name, body, made)
    app.synth()


def address(kind: str, type_: str, name: str) -> str:
    """How `depends_on` names a block."""
    return f"{type_}.{name}" if kind == "resource" else f"data.{type_}.{name}"


@cache
def _binding(kind: str, type_: str) -> tuple[Any, str]:
    """Module and name of the class for a type."""
    if type_ == "terraform_data":
        return cdktf, "DataResource"
    short = type_.removeprefix("databricks_") if kind == "resource" else f"data_{type_}"
    return import_module(f"{_BINDINGS}.{short}"), _camel(short)


def _in_order(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Blocks after those that they depend on: an object takes objects for `depends_on`."""
    blocks = {
        address(kind, type_, name): (kind, type_, name, body)
        for kind in ("data", "resource")
        for type_, of_type in document.get(kind, {}).items()
        for name, body in of_type.items()
    }
    order = TopologicalSorter({one: block[3].get("depends_on", ()) for one, block in blocks.items()})
    return (blocks[one] for one in order.static_order())


def _make(
    scope: Construct, kind: str, type_: str, name: str, body: dict[str, Any], made: dict[str, Any]
) -> Any:
    module, class_ = _binding(kind, type_)
    arguments: dict[str, Any] = {}
    overrides: dict[str, Any] = {}
    for key, value in body.items():
        if (type_, key) == ("terraform_data", "input"):
            overrides[key] = value  # cdktf's class takes only a map
        elif key == "depends_on":
            arguments[key] = [made[one] for one in value]
        elif key == "lifecycle":
            arguments[key] = cdktf.TerraformResourceLifecycle(**value)
        elif key == "provisioner":
            arguments["provisioners"] = [
                cdktf.LocalExecProvisioner(type="local-exec", **one["local-exec"]) for one in value
            ]
        else:
            arguments[key] = _argument(module, f"{class_}Config", class_, key, value)
    made_one = getattr(module, class_)(scope, name, **arguments)
    for key, value in overrides.items():
        made_one.add_override(key, value)
    return made_one


def _argument(module: Any, config: str, prefix: str, key: str, value: Any) -> Any:
    """An argument as the bindings want it: a struct for an object, a list of them, or the value itself."""
    struct = f"{prefix}{_camel(key)}"
    if not hasattr(module, struct):
        return value
    if isinstance(value, dict):
        return _struct(module, struct, value)
    structs = [_struct(module, struct, one) for one in value]
    return structs if _takes_many(module, config, key) else structs[0]


def _struct(module: Any, name: str, value: dict[str, Any]) -> Any:
    return getattr(module, name)(**{k: _argument(module, name, name, k, v) for k, v in value.items()})


@cache
def _takes_many(module: Any, config: str, key: str) -> bool:
    parameter = inspect.signature(getattr(module, config).__init__).parameters[key]
    return "Sequence" in str(parameter.annotation)


@cache
def _camel(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in text.split("_"))


if __name__ == "__main__":
    synthesize(sys.argv[1], marshal.loads(Path(sys.argv[2]).read_bytes()))  # noqa: S302 - our own file
    report()
