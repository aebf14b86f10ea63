# SPDX-License-Identifier: Apache-2.0
"""The built-in rules, by subject: each has a stable code, a sentence why, and its parameters as fields.

A new rule is a class in one of these modules, or in a new one: every module here is looked through.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from meshform.model.rule import Rule


@cache
def built_in_rules() -> tuple[type[Rule], ...]:
    """Every built-in rule, sorted by code."""
    modules = [import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return tuple(
        sorted(
            (
                kind
                for module in modules
                for kind in vars(module).values()
                if isinstance(kind, type)
                and issubclass(kind, Rule)
                and kind.__module__ == module.__name__
                and "code" in vars(kind)  # not a base that several rules share
            ),
            key=lambda kind: kind.code,
        )
    )
