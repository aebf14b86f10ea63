# SPDX-License-Identifier: Apache-2.0
"""What effective access is worked out from: a world of grants, owners, groups, policies, tags and views.

Everybody is named as Unity Catalog's grants name them: a group by its name, a service principal by its
application id. The same facts can be read from the model and from the stacks that are compiled from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

EVERYBODY = "account users"
"""The group of Unity Catalog that everybody of the account is in."""

Origin = tuple[str, str]
"""A column of a table or view: full name of that, and name of the column."""

Flow = frozenset[Origin] | None
"""The columns that a column of a view is made from; None when that cannot be told."""


@dataclass(frozen=True, slots=True)
class AbacPolicy:
    """A mask or a row filter on a catalog, schema or table, by tag.

    Attributes:
        name: name of the policy.
        kind: what it does.
        on: full name of the catalog, schema or table that it is on.
        tags: the tags that a column must have, each as `key=value`.
        unless: tags of which it must have none.
        to: whom it governs.
        exempt: whom of them it does not (EXCEPT).
        function: full name of the function that hides.
    """

    name: str
    kind: Literal["mask", "filter"]
    on: str
    tags: frozenset[str]
    to: frozenset[str]
    exempt: frozenset[str]
    function: str
    unless: frozenset[str] = frozenset()

    def meets(self, tags: frozenset[str]) -> bool:
        """Whether it is about a column with these tags."""
        return self.tags <= tags and self.unless.isdisjoint(tags)


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, materialized view, streaming table or view, as far as it has to do with classified data.

    Attributes:
        name: its full name.
        owner: who owns it; None for somebody outside the mesh.
        classes: class of each classified column, as the contract says it.
        tags: governed tags of each column that has some, as `key=value`.
        flows: of a view, what each of its columns is made from. A column that is not there is made from
            nothing classified. None for what stores its data: it is masked by its own tags.
        sources: of a view, the full names of what it reads.
        governed: False for what another mesh, or nobody known, puts policies on.
    """

    name: str
    owner: str | None
    classes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    flows: Mapping[str, Flow] | None = None
    sources: tuple[str, ...] = ()
    governed: bool = True


@dataclass(frozen=True, slots=True)
class Shared:
    """A table or view in a share, and who receives it.

    Attributes:
        share, recipient: their names.
        relation: full name of the table or view.
        owner: who owns the share: recipients read what the owner reads.
    """

    share: str
    recipient: str
    relation: str
    owner: str


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class of columns that a policy of the mesh declares.

    Attributes:
        is_masked: it has a mask. Without one the policy lets everybody read it.
        exempt: who sees it in clear.
        receivers: recipients of shares to whom a policy lets it go.
        made_from: classes from which a view may make columns of this class.
    """

    is_masked: bool = True
    exempt: frozenset[str] = frozenset()
    receivers: frozenset[str] = frozenset()
    made_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that effective access is worked out from.

    Attributes:
        members: direct members of each group, as far as the mesh knows them.
        grants: privileges by principal, by full name of the catalog, schema, table or view.
        owners: owner of each catalog and schema; those of tables and views stand with them.
        policies: masks and row filters.
        relations: by full name.
        shares: what leaves the metastore.
        classes: the declared classes by name.
        deployers: by catalog, who deploys what protects it, and which stack that is.
    """

    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    grants: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[AbacPolicy, ...] = ()
    relations: Mapping[str, Relation] = field(default_factory=dict)
    shares: tuple[Shared, ...] = ()
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)
    deployers: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


def containers(name: str) -> tuple[str, ...]:
    """The full names that a policy or grant may be on to concern a table: itself, its schema, its catalog."""
    catalog, _, rest = name.partition(".")
    return name, f"{catalog}.{rest.partition('.')[0]}", catalog
