# SPDX-License-Identifier: Apache-2.0
"""The `Mesh` construct: the root of a data mesh."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from meshform.bridge import Construct
from meshform.declarations import arguments_told, construct_id, declare, place_of_caller
from meshform.model.domain import DomainSpec, MeshSpec, Platform
from meshform.model.environment import Environment
from meshform.model.findings import Finding, MeshformError
from meshform.model.inputs import PortReference
from meshform.model.names import normalized
from meshform.model.near import did_you_mean, one_of
from meshform.model.policy import Policy
from meshform.model.principals import Group, ServicePrincipal
from meshform.model.product import Product

if TYPE_CHECKING:
    from meshform.domain import Domain

_Declared = TypeVar("_Declared", DomainSpec, Product, Policy)


class Mesh(Construct):
    """A data mesh: domains below it, and what they share.

    Emits, once for each environment, the `account` and `platform-ENV` stacks: `databricks_tag_policy`,
    `databricks_catalog`, `databricks_schema`, `databricks_policy_info`, `databricks_sql_endpoint`,
    `databricks_job`, `databricks_workspace_file`, `databricks_grant`, `terraform_data`, and where the
    environment creates principals `databricks_group`, `databricks_group_member` and
    `databricks_service_principal`.

    Args:
        scope: the parent construct, such as an App.
        id_: id of the construct.
        environments: where it can be deployed; `MESHFORM_ENV` chooses one.
        platform: the platform's own catalog, warehouse and owner.
        groups: every group that may own, read or be exempt.
        service_principals: every service principal that runs something.
        classification_tag: key of the governed tag whose values are the classes of columns.
        retired: names of domains that are not declared any more: Terraform lets go of them without destroying
            them. Default: none.
        today: the day on which the mesh is evaluated, by UTC. Default: nothing depends on the day.
        governance_council: group that approves waivers. Default: nobody does, so there can be none.
        waiver_max_days: most days until a waiver ends. Default: 365.
        waiver_max_findings: most findings that one waiver is meant for; more are a warning. Default: 20.

    Raises:
        MeshformError: MF300 for a wrong argument, MF302 when the scope has a construct of that id, MF304 when
            two principals have one name.
    """

    @arguments_told
    def __init__(
        self,
        scope: Construct,
        id_: str = "mesh",
        *,
        environments: Iterable[Environment],
        platform: Platform,
        groups: Iterable[Group] = (),
        service_principals: Iterable[ServicePrincipal] = (),
        classification_tag: str = "classification",
        retired: Iterable[str] = (),
        today: date | None = None,
        governance_council: str | None = None,
        waiver_max_days: int = 365,
        waiver_max_findings: int = 20,
    ) -> None:
        self.place = place_of_caller(id_)
        self._base = declare(
            MeshSpec,
            self.place,
            {
                "name": id_,
                "environments": tuple(environments),
                "principals": {"groups": tuple(groups), "service_principals": tuple(service_principals)},
                "platform": platform,
                "classification_tag": classification_tag,
                "retired": tuple(retired),
                "today": today,
                "governance_council": governance_council,
                "waiver_max_days": waiver_max_days,
                "waiver_max_findings": waiver_max_findings,
            },
        )
        with construct_id(scope, id_, self.place):
            super().__init__(scope, id_)
        self.path = id_
        self._domains: dict[str, DomainSpec] = {}
        self._domain_constructs: dict[str, Domain] = {}
        self._products: dict[str, Product] = {}
        self._policies: dict[str, Policy] = {}

    @property
    def spec(self) -> MeshSpec:
        """Everything declared so far, as one value."""
        return self._base.model_copy(
            update={
                "domains": tuple(self._domains.values()),
                "products": tuple(self._products.values()),
                "policies": tuple(self._policies.values()),
            }
        )

    def domain(self, name: str) -> Domain:
        """A domain of the mesh by its name.

        Raises:
            MeshformError: MF322 when none of that name has been declared yet.
        """
        known = self._domain_constructs
        if name not in known:
            raise MeshformError(
                Finding(
                    code="MF322",
                    summary="the mesh has no domain of that name yet",
                    place=place_of_caller(self.path),
                    got=name,
                    allowed=one_of(known) or "none is declared",
                    fix=did_you_mean(name, known) or "declare the domain before it is referred to",
                )
            )
        return known[name]

    def add_domain(self, domain: Domain) -> None:
        """Make a domain known by its name; called by `Domain`."""
        self._domain_constructs[domain.name] = domain

    def port(self, address: str) -> PortReference:
        """A reference to an output port by its address, `domain.product.port`, declared already or not.

        Raises:
            MeshformError: MF320 when the text is no address of a port.
        """
        parts = address.split(".")
        if len(parts) != 3 or not all(parts):
            raise MeshformError(
                Finding(
                    code="MF320",
                    summary="not the address of a port",
                    place=place_of_caller(self.path),
                    got=address,
                    allowed="domain.product.port",
                )
            )
        return PortReference(domain=parts[0], product=parts[1], port=parts[2])

    def add_domain_spec(self, spec: DomainSpec) -> None:
        """Register a domain; called by `Domain`."""
        _register(self._domains, "domain", spec.name, spec)

    def add_product_spec(self, spec: Product) -> None:
        """Register a product; called by `DataProduct`."""
        _register(self._products, "product", spec.address, spec)

    def add_policy_spec(self, spec: Policy) -> None:
        """Register a policy; called by `GovernancePolicy`."""
        _register(self._policies, "policy", f"{spec.domain or ''}/{spec.product or ''}/{spec.name}", spec)


def _register(known: dict[str, _Declared], kind: str, name: str, spec: _Declared) -> None:
    other = known.setdefault(normalized(name), spec)
    if other is not spec:
        raise MeshformError(
            Finding(
                code="MF302",
                summary=f"two {kind} declarations have one name (case, `-` and `_` do not tell names apart)",
                place=spec.place,
                got=f"{spec.name!r}, and {other.name!r} at {other.place}",
                fix="rename one of them",
            )
        )
