# SPDX-License-Identifier: Apache-2.0
"""The account stack: governed tags, and the principals where the mesh makes them."""

from __future__ import annotations

from meshform.model.masks import slug
from meshform.model.policy import MASK_TYPE_TAG, ROW_FILTER_TAG
from meshform.model.principals import Group
from meshform.model.resolved import ResolvedMesh
from meshform.terraform.stack import Stack, local_name


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
            stack.resource(
                "databricks_tag_policy",
                local_name(key),
                {"tag_key": key, "description": description, "values": [{"name": value} for value in values]},
                spec.place,
            )
    if mesh.environment.creates_principals:
        _add_principals(stack, mesh)


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
