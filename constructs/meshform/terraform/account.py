# SPDX-License-Identifier: Apache-2.0
"""The account stack: governed tags, and the principals where the mesh makes them."""

from __future__ import annotations

from meshform.model.environment import Environment
from meshform.model.masks import slug
from meshform.model.policy import MASK_TYPE_TAG, ROW_FILTER_TAG
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.literals import Reference
from meshform.terraform.stack import Block, Stack, local_name


def add_account(stack: Stack, mesh: ResolvedMesh) -> None:
    """Add what is global to the account."""
    spec = mesh.spec
    tags = {
        spec.classification_tag: ("Class of the data in a column.", sorted(mesh.classifications)),
        ROW_FILTER_TAG: (
            "Row filter that reads the column.",
            sorted({row_filter.name for policy in spec.policies for row_filter in policy.row_filters}),
        ),
        MASK_TYPE_TAG: (
            "Type of a column whose class has columns of several types; it chooses the mask.",
            sorted(_mask_types(mesh)),
        ),
    }
    for key, (description, values) in tags.items():
        if values:
            policy = stack.resource(
                "databricks_tag_policy",
                local_name(key),
                {"tag_key": key, "description": description, "values": [{"name": value} for value in values]},
                spec.place,
            )
            if spec.platform.tag_assigners:
                _add_assigners(stack, policy, mesh)
    if mesh.environment.creates_principals:
        _add_principals(stack, mesh)


def _add_assigners(stack: Stack, policy: Block, mesh: ResolvedMesh) -> None:
    """Who may assign a governed tag, and nobody else: the rule set of its policy is written as a whole.

    The account serves several environments, so those who deploy in any of them stand there, by the ids that
    they have there. Who deploys the account's stack keeps the tag policy, as its maker would.
    Source: Databricks REST API, "Account Access Control", names of rule sets and roles.
    """
    environment = mesh.environment
    assigners: set[str] = set()
    managers: set[str] = set()
    for one in mesh.spec.environments:
        if (one.account_stack, one.account_id) == (environment.account_stack, environment.account_id):
            deployers = {domain.deployer for domain in mesh.spec.domains if domain.deployer}
            named = (*mesh.spec.platform.tag_assigners, one.deployer, *deployers)
            assigners |= {rule for name in named if (rule := _in_rule_set(name, mesh, one))}
            managers |= {rule for name in [one.deployer] if (rule := _in_rule_set(name, mesh, one))}
    made = environment.creates_principals
    stack.resource(
        "databricks_access_control_rule_set",
        policy.name,
        {
            "name": Reference(
                f"accounts/{environment.account_id}/tagPolicies/{policy.attribute('id')}/ruleSets/default"
            ),
            "grant_rules": [
                {"role": "roles/tagPolicy.assigner", "principals": sorted(assigners)},
                {"role": "roles/tagPolicy.manager", "principals": sorted(managers)},
            ],
        },
        mesh.spec.place,
        after=_principals(mesh) if made else (),
    )


def _in_rule_set(name: str, mesh: ResolvedMesh, environment: Environment) -> str | None:
    principal = mesh.spec.principals.find(name)
    if isinstance(principal, Group):
        return f"groups/{name}"
    name_id = principal.application_id(environment) if principal else None
    return f"servicePrincipals/{name_id}" if name_id else None


def _principals(mesh: ResolvedMesh) -> list[str]:
    return [
        f"databricks_{'group' if isinstance(one, Group) else 'service_principal'}.{local_name(one.name)}"
        for one in mesh.spec.principals
    ]


def _mask_types(mesh: ResolvedMesh) -> set[str]:
    return {
        slug(kind)
        for name, functions in mesh.mask_functions.items()
        for kind in functions
        if kind != mesh.classifications[name].base_type
    }


def _add_principals(stack: Stack, mesh: ResolvedMesh) -> None:
    made = {}
    for principal in mesh.spec.principals:
        if isinstance(principal, Group):
            made[principal.name] = stack.resource(
                "databricks_group",
                local_name(principal.name),
                {"display_name": principal.name},
                mesh.spec.place,
            )
        else:
            made[principal.name] = stack.resource(
                "databricks_service_principal",
                local_name(principal.name),
                {
                    "display_name": principal.name,
                    "application_id": principal.application_id(mesh.environment),
                },
                mesh.spec.place,
            )
    for group in mesh.spec.principals.groups:
        for member in group.members:
            stack.resource(
                "databricks_group_member",
                local_name(group.name, member),
                {
                    "group_id": made[group.name].attribute("id"),
                    "member_id": made[member].attribute("id"),
                },
                mesh.spec.place,
            )
