# SPDX-License-Identifier: Apache-2.0
"""Rules for classified columns: masks, and who must see through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from meshform.model.findings import Finding
from meshform.model.governing import governing
from meshform.model.inputs import ManifestPort, PortReference
from meshform.model.policy import taken_by
from meshform.model.resolved import ResolvedMesh, ResolvedProduct
from meshform.model.rule import Rule, Tighter


class ClassifiedColumnsMasked(Rule):
    """Every classified column is covered by a mask of its class that fits its type.

    Attributes:
        clear: classes that need no mask, such as `public`. Fewer is tighter. Default: none.
    """

    code: ClassVar[str] = "MF406"
    why: ClassVar[str] = "a classified column that no policy covers is read in clear by everybody with SELECT"
    tighter: ClassVar[Mapping[str, Tighter]] = {"clear": "fewer"}
    good: ClassVar[str] = """
GovernancePolicy(
    mesh,
    "classes",
    classifications=[
        Classification(
            name="personal",
            mask=MaskFunction(name="mask_personal", body="'***'"),
            exempt=("personal-data-readers",),
        )
    ],
)
email = Column(name="email", type="string", description="Address.", classification="personal")
DataProduct(orders, "orders", contract=contract(tables=(table(email),)), pipeline=pipeline)
"""
    bad: ClassVar[str] = """
GovernancePolicy(mesh, "classes", classifications=[Classification(name="personal")])
email = Column(name="email", type="string", description="Address.", classification="personal")
DataProduct(orders, "orders", contract=contract(tables=(table(email),)), pipeline=pipeline)
"""
    clear: tuple[str, ...] = ()

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The class must be known and have a mask, and the mask must take the column's type."""
        for table in product.tables:
            for column in table.classified_columns():
                name = f"{table.full_name}.{column.name}"
                declared = mesh.classifications.get(column.classification or "")
                if declared is None:
                    yield self.finding(
                        f"{name} has a classification that no policy declares",
                        column.place,
                        got=column.classification,
                        allowed=", ".join(mesh.classifications) or "none is declared",
                        fix="declare a Classification of that name in a policy of the mesh, or correct it",
                    )
                elif not declared.is_masked and declared.name in self.clear:
                    continue
                elif not declared.is_masked:
                    yield self.finding(
                        f"{name} is classified, but its class has no mask",
                        column.place,
                        got=column.classification,
                        fix="give the Classification a `mask`",
                    )
                elif declared.function_for(column.type) is None:
                    yield self.finding(
                        f"{name} has a type that no mask of its class takes",
                        column.place,
                        got=column.type,
                        allowed="; ".join(map(taken_by, declared.every_mask)),
                        fix="change its type or class, or add a mask that takes that type to the class",
                    )


class PipelinesReadClear(Rule):
    """A pipeline's or job's service principal is exempt from masks and row filters on what it reads."""

    code: ClassVar[str] = "MF407"
    why: ClassVar[str] = "a pipeline that reads masked columns or filtered rows stores what it saw, for ever"
    good: ClassVar[str] = """
GovernancePolicy(
    mesh,
    "classes",
    classifications=[
        Classification(
            name="personal",
            mask=MaskFunction(name="mask_personal", body="'***'"),
            exempt=("personal-data-readers",),
        )
    ],
)
email = Column(name="email", type="string", description="Address.", classification="personal")
runner = Pipeline(source=source, run_as="sales-pipeline")  # a member of personal-data-readers
DataProduct(orders, "orders", contract=contract(tables=(table(email),)), pipeline=runner)
"""
    bad: ClassVar[str] = """
GovernancePolicy(
    mesh,
    "classes",
    classifications=[
        Classification(
            name="personal",
            mask=MaskFunction(name="mask_personal", body="'***'"),
            exempt=("personal-data-readers",),
        )
    ],
)
email = Column(name="email", type="string", description="Address.", classification="personal")
runner = Pipeline(source=source, run_as="shop-system")
DataProduct(orders, "orders", contract=contract(tables=(table(email),)), pipeline=runner)
"""

    def check_product(self, product: ResolvedProduct, mesh: ResolvedMesh) -> Iterator[Finding]:
        """The principal must be exempt from each mask and row filter on its tables and inputs, or be in a
        group that is.
        """
        runs = product.spec.runs
        if runs is None:
            return
        inputs = [
            (ref.domain if isinstance(ref, PortReference) else "", port)
            for ref in product.spec.inputs
            if not isinstance(ref, ManifestPort) and (port := mesh.input(product.spec, ref))
        ]
        protections = {
            f"{protection.name} of {ref}": protection.exempt
            for ref in product.spec.inputs
            if isinstance(ref, ManifestPort)
            for protection in ref.protections
        }
        for domain, table in [*((product.domain.name, table) for table in product.tables), *inputs]:
            protections |= dict(governing(table, domain, mesh))
        for protection, names in sorted(protections.items()):
            exempt = mesh.spec.principals.with_members(names)
            if runs.run_as not in exempt:
                yield self.finding(
                    f"the {type(runs).__name__.lower()} of {product.address} reads through {protection}",
                    product.place,
                    got=runs.run_as,
                    allowed=", ".join(sorted(exempt)) or None,
                    fix=f"make {runs.run_as!r} a member of a group that is exempt from it",
                )
