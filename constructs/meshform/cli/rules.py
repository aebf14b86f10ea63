# SPDX-License-Identifier: Apache-2.0
"""`meshform rules`: every rule that a policy can have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

import click

from meshform.governance.rule_facts import ParameterFacts, RuleFacts, facts
from meshform.governance.rules import built_in_rules
from meshform.model.printable import printable


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
@click.option(
    "--mesh", "of_mesh", is_flag=True, help="Also your own rules, in the policies of this folder's mesh."
)
def command(form: str, *, of_mesh: bool) -> None:
    """List every rule: code, what it asks for and why, parameters, and an example of each kind."""
    kinds = list(built_in_rules())
    if of_mesh:
        from meshform.cli.load import load_mesh
        from meshform.settings import Settings

        mesh = load_mesh(Settings.read())
        kinds += [type(rule) for policy in mesh.policies for rule in policy.rules]
    rules = facts(kinds)
    if form == "json":
        click.echo(json.dumps([asdict(one) for one in rules], indent=2))
        return
    for line in markdown(rules) if form == "markdown" else _text(rules):
        click.echo(printable(line))


def _text(rules: Iterable[RuleFacts]) -> Iterator[str]:
    for rule in rules:
        yield f"{rule.code} {rule.name}  ({rule.severity}; checks {', '.join(rule.checks)})"
        yield f"  {rule.asks}"
        yield f"  why: {rule.why}"
        for one in rule.parameters:
            default = "required" if one.default is None else f"default {one.default}"
            yield f"  {one.name}: {one.type}, {default}, {_TIGHTER[one.tighter]}"
            yield f"      {one.meaning}"
        for title, example in (("good", rule.good), ("bad", rule.bad)):
            if example:
                yield f"  {title}, with {rule.example}:"
                yield from (f"      {line}" for line in example.splitlines())
        yield ""


_TIGHTER = {
    "higher": "higher is tighter",
    "lower": "lower is tighter",
    "more": "more is tighter",
    "fewer": "fewer is tighter",
    "same": "the same at every level",
    "key": "each value is a use of its own",
}


def markdown(rules: Iterable[RuleFacts]) -> Iterator[str]:
    """Lines of a chapter: a list of all rules, then one section for each."""
    rules = list(rules)
    yield "| code | rule | what it asks for |"
    yield "| --- | --- | --- |"
    yield from (
        f"| {one.code} | [{one.name}](#{one.code.casefold()}-{one.name.casefold()}) | {_cell(one.asks)} |"
        for one in rules
    )
    for one in rules:
        yield ""
        yield f"### {one.code} {one.name}"
        yield ""
        yield one.asks
        yield ""
        yield f"Why: {one.why}. It checks {' and '.join(_SUBJECTS[name] for name in one.checks)}."
        if one.parameters:
            yield ""
            yield "| parameter | type | default | at lower levels | meaning |"
            yield "| --- | --- | --- | --- | --- |"
            yield from map(_row, one.parameters)
        if one.good or one.bad:
            yield ""
            yield f"As `{one.example}`:"
            yield ""
            yield "```py"
            if one.good:
                yield "# good"
                yield from one.good.splitlines()
            if one.bad:
                yield from ("", "# bad") if one.good else ("# bad",)
                yield from one.bad.splitlines()
            yield "```"


_SUBJECTS = {
    "mesh": "the mesh as a whole",
    "domain": "domains",
    "product": "products",
    "grant": "grants of your own",
}


def _row(one: ParameterFacts) -> str:
    default = "required" if one.default is None else f"`{one.default}`"
    cells = (f"`{one.name}`", f"`{one.type}`", default, _TIGHTER[one.tighter], one.meaning)
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
