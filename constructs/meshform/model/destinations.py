# SPDX-License-Identifier: Apache-2.0
"""The notification destinations of a mesh: which it makes, who hears of a product's failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshform.model.domain import MeshSpec
from meshform.model.environment import Environment
from meshform.model.findings import Finding, Place
from meshform.model.near import did_you_mean, one_of
from meshform.model.product import Product
from meshform.model.resolved import ResolvedProduct
from meshform.model.support import Destination, Support

_MOST_OF_A_JOB = 3  # Databricks API reference, "Create a new job", webhook_notifications


class _Named(NamedTuple):
    destination: Destination
    place: Place


def made_destinations(spec: MeshSpec, environment: Environment) -> dict[str, Destination]:
    """Every destination that the mesh makes in an environment, by name, sorted."""
    made = {
        one.name: one for one, _ in _declared(spec) if one.name is not None and one.is_made_in(environment)
    }
    return dict(sorted(made.items()))


def alert_destinations(product: ResolvedProduct) -> tuple[Destination, ...]:
    """Who hears of missed objectives and failed runs of a product, beside the support e-mail."""
    return _hearing(product.domain.spec.support, product.spec)


def _hearing(support: Support, product: Product) -> tuple[Destination, ...]:
    own = product.monitoring.destinations
    more = support.alert_destinations
    return (*more, *(one for one in own if one not in more)) if more or own else ()


def destination_findings(spec: MeshSpec, environment: Environment) -> Iterator[Finding]:
    """MF554 to MF556: names with two meanings, too many for a job, environments that there are not."""
    first: dict[str, _Named] = {}
    known = [one.name for one in spec.environments]
    for one, place in _declared(spec):
        yield from _unknown_environments(one, place, known)
        if one.name is not None:
            other = first.setdefault(one.name.replace("-", "_"), _Named(one, place))
            if other.destination != one:
                yield Finding(
                    code="MF554",
                    summary="two notification destinations have one name (`-` is as `_`)",
                    place=place,
                    got=f"{one.name!r}, and {other.destination.name!r} at {other.place}",
                    allowed="the same kind, addresses, secrets and environments wherever it is named",
                    fix="declare it once, as a value that all of them use, or rename one",
                )
    supports = {domain.name: domain.support for domain in spec.domains}
    for product in spec.products:
        hearing = _hearing(supports[product.domain], product)
        there = [
            one
            for one in hearing
            if one.kind != "EMAIL" and (one.id_in(environment) or one.is_made_in(environment))
        ]
        if product.runs and len(there) > _MOST_OF_A_JOB:
            yield Finding(
                code="MF555",
                summary=f"too many destinations hear of failed runs of {product.address}",
                place=product.place,
                got=f"{len(there)} in environment {environment.name!r}",
                allowed=f"at most {_MOST_OF_A_JOB} for a job beside e-mail, those of the domain included",
                fix="leave some out, or let one of them tell the others",
            )


def _unknown_environments(one: Destination, place: Place, known: list[str]) -> Iterator[Finding]:
    named = one.environments or (one.ids if not isinstance(one.ids, str) else None) or ()
    for name in named:
        if name not in known:
            yield Finding(
                code="MF556",
                summary="a notification destination is for an environment that the mesh does not have",
                place=place,
                got=name,
                allowed=one_of(known),
                fix=did_you_mean(name, known) or "correct the name of the environment",
            )


def _declared(spec: MeshSpec) -> Iterator[_Named]:
    for domain in spec.domains:
        for one in (*domain.support.destinations, *domain.support.alert_destinations):
            yield _Named(one, domain.place)
    for product in spec.products:
        for one in product.monitoring.destinations:
            yield _Named(one, product.place)
