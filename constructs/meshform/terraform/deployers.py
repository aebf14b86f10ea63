# SPDX-License-Identifier: Apache-2.0
"""What the deploy identity of each domain may do: enough for its own stack, and nothing else.

Source: Databricks documentation, "Unity Catalog privileges and securable objects". An own deployer may not be
a member of the owner group, so it gets on the domain's catalog what makes schemas and what goes into them,
MANAGE for the grants and policies that its stack writes, and no SELECT. On a shared catalog it may only make
schemas; what it made is its owner group's, of which it must be a member there.
"""

from __future__ import annotations

from meshform.governance.objectives import objectives
from meshform.governance.quality_checks import quality_checks
from meshform.governance.retention import expiries, runs_as
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedDomain, ResolvedMesh
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.permissions import access_control
from meshform.terraform.stack import Block, Stack

ON_ITS_CATALOG = (
    "CREATE_FUNCTION",
    "CREATE_MATERIALIZED_VIEW",
    "CREATE_SCHEMA",
    "CREATE_TABLE",
    "CREATE_VOLUME",
    "MANAGE",
    "USE_CATALOG",
    "USE_SCHEMA",
)
ON_A_SHARED_CATALOG = ("CREATE_SCHEMA", "USE_CATALOG")
ON_THE_METASTORE = ("CREATE_RECIPIENT", "CREATE_SHARE", "SET_SHARE_PERMISSION", "USE_RECIPIENT")


def add_deployers(stack: Stack, mesh: ResolvedMesh, ledger: Ledger, warehouse: Block) -> None:
    """Add to the platform stack what domains' own deployers need, and who else may use the warehouse."""
    deployers: dict[str, list[ResolvedDomain]] = {}
    for domain in mesh.domains.values():
        if (deployer := mesh.own_deployer(domain)) is not None:
            deployers.setdefault(deployer, []).append(domain)
            ledger.wish(
                stack,
                Securable("catalog", domain.catalog),
                deployer,
                ON_A_SHARED_CATALOG if domain.is_in_shared_catalog else ON_ITS_CATALOG,
                domain.place,
            )
    for deployer, domains in sorted(deployers.items()):
        if any(product.spec.shares for domain in domains for product in domain.products):
            _let_share(stack, mesh, deployer, domains[0])
    if warehouse.kind != "resource":
        return
    users = {*mesh.spec.platform.warehouse.users, *(mesh.principal_names[one] for one in deployers)}
    users |= {
        product.spec.runs.run_as
        for product in mesh.products.values()
        if product.spec.runs and (quality_checks(product, mesh)[0] or objectives(product)[0])
    }
    users |= {runs_as(one) or "" for one in mesh.products.values() if expiries(one, mesh)[0]}
    if users:
        groups = {name for name in users if isinstance(mesh.spec.principals.find(name), Group)}
        stack.resource(
            "databricks_permissions",
            "warehouse",
            {
                "sql_endpoint_id": warehouse.attribute("id"),
                "access_control": access_control([*sorted(groups), *sorted(users - groups)], "CAN_USE", mesh),
            },
            mesh.spec.place,
        )


def _let_share(stack: Stack, mesh: ResolvedMesh, deployer: str, domain: ResolvedDomain) -> None:
    """Shares and recipients are made in the metastore, so that is where their maker needs rights."""
    metastore = stack.data("databricks_current_metastore", "metastore", {}, mesh.spec.place)
    stack.resource(
        "databricks_grant",
        f"metastore__{domain.name}",
        {
            "metastore": metastore.attribute("id"),
            "principal": deployer,
            "privileges": list(ON_THE_METASTORE),
        },
        domain.place,
    )
