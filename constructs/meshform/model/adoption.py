# SPDX-License-Identifier: Apache-2.0
"""Adoption: what exists already in Databricks, and is taken over by Terraform instead of being made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from meshform.model.domain import MeshSpec
from meshform.model.environment import Adopt, Environment
from meshform.model.findings import Finding, Place
from meshform.model.near import did_you_mean, one_of
from meshform.model.ports import ManagedTable
from meshform.model.product import Pipeline, Product

# Databricks' own forms of generated ids: a pipeline has a UUID, a job a number
_PIPELINE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JOB_ID = re.compile(r"[1-9][0-9]*")


def adopted(adopt: Adopt, environment: Environment, import_id: str) -> str | None:
    """The import id of an object that is adopted in an environment; None where it is made."""
    wanted = not environment.personal if adopt is True else adopt and environment.name in adopt
    return import_id if wanted else None


def adoption_findings(mesh: MeshSpec) -> Iterator[Finding]:
    """MF530 an unknown environment, MF531 an id of another form, MF532 something that cannot be adopted."""
    known = [environment.name for environment in mesh.environments]
    for domain in mesh.domains:
        if domain.adopt or domain.adopt_schemas:
            yield from _environments(f"catalog of domain {domain.name!r}", domain.adopt, known, domain.place)
            for name, adopt in (domain.adopt_schemas or {}).items():
                yield from _environments(f"schema {name!r}", adopt, known, domain.place)
            what = f"domain {domain.name!r} adopts a schema that it does not have"
            yield from _names(what, domain.adopt_schemas or (), domain.schemas, domain.place)
    for product in mesh.products:
        yield from _of_product(product, known)


def _of_product(product: Product, known: list[str]) -> Iterator[Finding]:
    if product.adopt_tables:
        for name, adopt in product.adopt_tables.items():
            yield from _environments(f"table {name!r}", adopt, known, product.place)
        what = f"{product.address} adopts a table that Terraform does not make"
        made = [
            name.rpartition(".")[2] for name, by in product.tables.items() if isinstance(by, ManagedTable)
        ]
        yield from _names(what, product.adopt_tables, [*product.views, *made], product.place)
    for volume in product.volumes:
        if volume.adopt:
            yield from _environments(f"volume {volume.name!r}", volume.adopt, known, product.place)
    if runs := product.runs:
        pipelines = runs.adopt if isinstance(runs, Pipeline) else {}
        for kind, ids, form, allowed in (
            ("pipeline", pipelines, _PIPELINE_ID, "the pipeline's id, a UUID in lower case"),
            ("job", runs.adopt_job, _JOB_ID, "the job's id, a number"),
        ):
            if ids:
                what = f"{kind} of {product.address}"
                yield from _environments(what, tuple(ids), known, product.place)
                yield from _ids(what, ids, form, allowed, product.place)


def _environments(what: str, adopt: Adopt, known: list[str], place: Place) -> Iterator[Finding]:
    for name in adopt if isinstance(adopt, tuple) else ():
        if name not in known:
            yield Finding(
                code="MF530",
                summary=f"the {what} is adopted in an environment that the mesh does not have",
                place=place,
                got=name,
                allowed=one_of(known),
                fix=did_you_mean(name, known) or "name environments of the mesh",
            )


def _ids(
    what: str, ids: Mapping[str, str], form: re.Pattern[str], allowed: str, place: Place
) -> Iterator[Finding]:
    for environment, id_ in ids.items():
        if not form.fullmatch(id_):
            yield Finding(
                code="MF531",
                summary=f"the {what} is adopted by something that is not its id",
                place=place,
                got=f"{environment}: {id_}",
                allowed=allowed,
                fix="copy the id from its page in the workspace",
            )


def _names(summary: str, named: Iterable[str], known: Iterable[str], place: Place) -> Iterator[Finding]:
    known = list(known)
    for name in named:
        if name not in known:
            yield Finding(
                code="MF532",
                summary=summary,
                place=place,
                got=name,
                allowed=one_of(known) or "it has none",
                fix=did_you_mean(name, known) or "name one of these",
            )
