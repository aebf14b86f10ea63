# SPDX-License-Identifier: Apache-2.0
"""`meshform policies`: what the policies ask for, what they protect, and what is waived until when."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from meshform.cli.load import load_mesh, require_domain
from meshform.governance.evaluate import Evaluation, evaluate
from meshform.governance.tightness import heavier
from meshform.model.policy import MaskFunction, Policy
from meshform.model.printable import printable
from meshform.model.rule import Rule
from meshform.model.secrets import redact
from meshform.settings import Settings

FORMAT = "meshform-policies"
FORMAT_VERSION = 1
"""Rises when a key is removed or means something else; further keys may come without that."""

_STATES = {"active": "green", "unchecked": "yellow"}


@click.command()
@click.argument("domain", required=False)
@click.option("--env", help="Environment to look at. Default: MESHFORM_ENV, or local.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(domain: str | None, env: str | None, form: str) -> None:
    """List the policies, or those that govern DOMAIN: rules and what they weigh in each environment, classes
    and row filters with who is exempt, and waivers with the days left.

    A waiver that has expired or was refused is listed too; `meshform check` says what is wrong with it.
    """
    settings = Settings.read()
    spec = load_mesh(settings)
    if domain is not None:
        require_domain(spec, domain)
    listed = policies(evaluate(spec, env or settings.environment, domain=domain))
    if form == "json":
        sys.stdout.write(json.dumps(listed, indent=2) + "\n")
        return
    console = Console(highlight=False)
    for line in policy_lines(listed):
        console.print(line, soft_wrap=True)


def policies(evaluation: Evaluation) -> dict[str, Any]:
    """Everything that is listed, as plain data with texts that can be shown.

    Policies stand in the order of declaration; where one domain was evaluated, those of others are left out.
    """
    spec, domain = evaluation.mesh.spec, evaluation.domain
    governing = [one for one in spec.policies if domain is None or one.domain in (None, domain)]
    listed: dict[str, Any] = _shown(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "environment": evaluation.mesh.environment.name,
            "domain": domain,
            "today": spec.today,
            "council": spec.governance_council,
            "waiver_max_days": spec.waiver_max_days,
            "policies": [_policy(one, evaluation) for one in governing],
        }
    )
    return listed


def _policy(policy: Policy, evaluation: Evaluation) -> dict[str, Any]:
    place = policy.place
    return {
        "name": policy.name,
        "level": policy.level,
        "governs": policy.address or None,
        "place": {"file": place.file, "line": place.line, "construct_path": place.construct_path},
        "rules": [_rule(rule, evaluation) for rule in policy.rules],
        "classes": [
            {
                "name": one.name,
                "description": one.description,
                "masks": [
                    {"name": mask.name, "takes": mask.data_type}
                    if isinstance(mask, MaskFunction)
                    else {"name": type(mask).__name__, "takes": mask.takes}
                    for mask in one.every_mask
                ],
                "exempt": list(one.exempt),
            }
            for one in policy.classifications
        ],
        "row_filters": [
            {"name": one.name, "data_type": one.data_type, "exempt": list(one.exempt)}
            for one in policy.row_filters
        ],
        "waivers": [
            {
                **{name: getattr(use.waiver, name) for name in ("rule", "scope", "reason", "ticket")},
                "approver": use.waiver.approver,
                "expires": use.waiver.expires,
                "days_left": use.days_left,
                "state": use.state,
                "findings": len(use.found),
                "place": {"file": use.place.file, "line": use.place.line, "column": use.place.column},
            }
            for use in evaluation.waivers
            if use.policy is policy and (evaluation.domain is None or use.scope.reaches(evaluation.domain))
        ],
    }


def _rule(rule: Rule, evaluation: Evaluation) -> dict[str, Any]:
    weights = {}
    for environment in evaluation.mesh.spec.environments:
        stricter = environment.stricter.get(rule.code)
        is_stricter = stricter is not None and heavier(stricter, rule.severity)
        weights[environment.name] = stricter if is_stricter else rule.severity
    return {
        "code": rule.code,
        "name": type(rule).__name__,
        "why": rule.why,
        "parameters": {name: getattr(rule, name) for name in type(rule).model_fields if name != "severity"},
        "given": sorted(rule.model_fields_set - {"severity"}),
        "severity": weights,
    }


def _shown(value: Any) -> Any:
    """Plain data for JSON; every text is printable, and no secret."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {_shown(str(key)): _shown(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted(_shown(str(one)) for one in value)
    return printable(redact(str(value)))


def policy_lines(listed: dict[str, Any]) -> Iterator[Text]:
    """The list, for people."""
    for policy in listed["policies"]:
        place = policy["place"]
        where = ":".join(str(part) for part in (place["file"], place["line"]) if part is not None)
        governed = f"{policy['level']} {policy['governs']}" if policy["governs"] else "the mesh"
        yield _line(0, f"Policy {policy['name']}", f"of {governed}", where)
        for rule in policy["rules"]:
            given = ", ".join(f"{name}={_short(rule['parameters'][name])}" for name in rule["given"])
            name = f"{rule['name']}({given})" if given else rule["name"]
            yield _line(2, f"{rule['code']} {name}", _weights(rule["severity"]))
            yield Text(f"      {rule['why']}")
        for one in policy["classes"]:
            masks = ", ".join(f"{mask['name']} of {mask['takes']}" for mask in one["masks"])
            hidden = f"masked by {masks}" if masks else "not masked"
            yield _line(2, f"class {one['name']}", hidden, _exempt(one))
        for one in policy["row_filters"]:
            yield _line(2, f"row filter {one['name']}", f"of {one['data_type']}", _exempt(one))
        for one in policy["waivers"]:
            yield from _waiver(one)
        yield Text()
    waivers = [one for policy in listed["policies"] for one in policy["waivers"]]
    day = f" on {listed['today']}" if listed["today"] else ", on a day that nobody knows"
    council = f"; {listed['council']} approves them" if listed["council"] else ""
    yield Text(f"{len(waivers)} waiver{'' if len(waivers) == 1 else 's'}{day if waivers else ''}{council}")


def _waiver(one: dict[str, Any]) -> Iterator[Text]:
    left = one["days_left"]
    days = "days left unknown" if left is None else f"{left} day{'' if left == 1 else 's'} left"
    if left is not None and left < 0:
        days = "expired"
    line = _line(2, f"waiver of {one['rule']}", f"for {one['scope']}", f"until {one['expires']}")
    line.append(f"  {days}", style=_STATES.get(one["state"], "bold red"))
    if one["state"] == "refused":
        line.append("  refused", style="bold red")
    yield line
    found = one["findings"]
    yield Text(f"      {one['ticket']}, approved by {one['approver']}: {one['reason']}")
    yield Text(f"      covers {found} finding{'' if found == 1 else 's'} now")


def _line(indent: int, strong: str, *rest: str) -> Text:
    line = Text(" " * indent)
    line.append(strong, style="bold")
    line.append("".join(f"  {part}" for part in rest if part))
    return line


def _exempt(one: dict[str, Any]) -> str:
    return f"exempt: {', '.join(one['exempt']) or 'nobody'}"


def _weights(severity: dict[str, str]) -> str:
    """One word where every environment says the same, else each with its own."""
    if len(set(severity.values())) == 1:
        return next(iter(severity.values()))
    return ", ".join(f"{weight} in {name}" for name, weight in severity.items())


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
