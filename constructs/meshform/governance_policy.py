# SPDX-License-Identifier: Apache-2.0
"""The `GovernancePolicy` construct: rules that check the mesh, and protections that run in Unity Catalog."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from meshform.bridge import Construct
from meshform.data_product import DataProduct
from meshform.declarations import above, arguments_told, construct_id, declare, place_of_caller
from meshform.domain import Domain
from meshform.mesh import Mesh
from meshform.model.policy import Classification, Policy, RowFilter
from meshform.model.rule import Rule
from meshform.model.waiver import Waiver


class GovernancePolicy(Construct):
    """A policy of the whole mesh, of one domain, or of one product.

    What the mesh asks for is the floor: a policy below it may add rules, and tighten the parameters of those
    above, never loosen them (MF412).

    Its rules stop a bad mesh before Terraform sees it. Its classifications and row filters become SQL
    functions, governed tags and ABAC policies: `databricks_tag_policy` in the account stack, and
    `databricks_policy_info`, `databricks_workspace_file`, `databricks_job` and `terraform_data` in the
    platform's stack for a policy of the mesh, or in the domain's stack.

    Args:
        scope: a Mesh for a policy that governs every domain, a Domain or a DataProduct for one of its own; or
            a construct below one of these.
        id_: name of the policy.
        rules: rules that everything it governs must follow. Default: none.
        classifications: classes of columns with their masks; only a policy of the mesh may bring some.
            Default: none.
        row_filters: row filters by tag; a policy of a product brings none. Default: none.
        waivers: what may break a rule until a day, approved by the governance council: a list, or a YAML
            file. Default: none.

    Raises:
        MeshformError: MF300 for a wrong argument, MF302 when there is a policy of that name, MF321 when there
            is no Mesh above, MF1xx and MF460 for a file of waivers that cannot be read.
    """

    @arguments_told
    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        rules: Iterable[Rule] = (),
        classifications: Iterable[Classification] = (),
        row_filters: Iterable[RowFilter] = (),
        waivers: Iterable[Waiver] | Path | str = (),
    ) -> None:
        place = place_of_caller(id_)
        governed = _governed(scope)
        product = governed if isinstance(governed, DataProduct) else None
        domain = product.domain if product else governed if isinstance(governed, Domain) else None
        mesh = domain.mesh if domain else above(scope, Mesh, f"policy {id_!r}", place)
        place = place.model_copy(update={"construct_path": f"{(product or domain or mesh).path}/{id_}"})
        spec = declare(
            Policy,
            place,
            {
                "name": id_,
                "domain": domain.name if domain else None,
                "product": product.name if product else None,
                "rules": tuple(rules),
                "classifications": tuple(classifications),
                "row_filters": tuple(row_filters),
                "waivers": _waivers(waivers),
                "waivers_file": Path(waivers) if isinstance(waivers, str | Path) else None,
            },
        )
        mesh.add_policy_spec(spec)
        with construct_id(scope, id_, place):
            super().__init__(scope, id_)
        self.place = place


def _waivers(given: Iterable[Waiver] | Path | str) -> tuple[Waiver, ...]:
    if not isinstance(given, str | Path):
        return tuple(given)
    from meshform.model.waivers_file import read_waivers

    return read_waivers(Path(given))


def _governed(scope: Construct) -> Construct | None:
    """What a policy stands in: the nearest product, domain or mesh at or above a scope."""
    kinds = (DataProduct, Domain, Mesh)
    if isinstance(scope, kinds):  # by far the most common: asks nothing of jsii
        return scope
    return next((one for one in reversed(scope.node.scopes) if isinstance(one, kinds)), None)
