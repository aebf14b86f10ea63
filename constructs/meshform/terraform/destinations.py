# SPDX-License-Identifier: Apache-2.0
"""Notification destinations: the platform's stack makes them, as only an admin of the workspace may.

Their secrets are sensitive variables of that stack, so that no file of the mesh holds them. Other stacks find
a destination by its name.

Source: provider 1.128, docs/resources/notification_destination.md and
docs/data-sources/notification_destinations.md (which filters by a part of the name, whatever its case).
"""

from __future__ import annotations

from collections.abc import Iterable

from meshform.model.destinations import made_destinations
from meshform.model.resolved import ResolvedMesh
from meshform.model.support import CONFIGS, Destination
from meshform.terraform.literals import Reference, ref
from meshform.terraform.stack import Stack, local_name

_RESOURCE = "databricks_notification_destination"


def add_destinations(stack: Stack, mesh: ResolvedMesh) -> None:
    """Add to the platform's stack every destination that the mesh makes, and the variables of its secrets."""
    for name, one in made_destinations(mesh.spec, mesh.environment).items():
        for secret, variable in one.variables.items():
            stack.variables[variable] = {
                "description": f"The {secret} of notification destination {name}.",
                "type": "string",
                "sensitive": True,
                "nullable": False,
                # nothing is sent from the local workspace, so nobody must know a secret there
                **({"default": f"https://{secret}.invalid"} if mesh.environment.is_local else {}),
            }
        secrets = {secret: Reference(f"${{var.{variable}}}") for secret, variable in one.variables.items()}
        config = {"addresses": list(one.addresses)} if one.addresses else secrets
        stack.resource(
            _RESOURCE,
            local_name(name),
            {
                "display_name": mesh.environment.scoped(name),
                "config": [{CONFIGS[one.kind].block: [config]}],
            },
            mesh.spec.place,
        )


def ids(stack: Stack, mesh: ResolvedMesh, destinations: Iterable[Destination]) -> list[str]:
    """The ids of those destinations that there are in the environment, for a resource of a stack."""
    found = (_id(stack, mesh, one) for one in destinations)
    return [one for one in found if one is not None]


def _id(stack: Stack, mesh: ResolvedMesh, one: Destination) -> str | None:
    if one.name is None or not one.is_made_in(mesh.environment):
        return one.id_in(mesh.environment)
    if stack.name == mesh.environment.platform_stack:
        return ref(f"{_RESOURCE}.{local_name(one.name)}", "id")
    name = mesh.environment.scoped(one.name)  # of letters, digits, `-` and `_` alone
    listed = stack.data(
        f"{_RESOURCE}s", local_name(one.name), {"display_name_contains": name}, mesh.spec.place
    ).address
    return Reference(
        f'${{one([for d in {listed}.notification_destinations : d.id if d.display_name == "{name}"])}}'
    )
