# SPDX-License-Identifier: Apache-2.0
"""Which stacks exist, in which order, and where their states are.

The mesh decides on the stacks: `account` (governed tags), `platform-ENV` (catalogs, the floor) and one for
each domain, each deployed after those that it needs. Here stands what only this repository can know: where
Terraform keeps its states.
"""

from meshform import Mesh
from meshform.cdk import App, LocalBackend, MeshStacks, TerraformBackend, TerraformStack, add_stacks


def add(app: App, mesh: Mesh) -> MeshStacks:
    """Add every stack of the environment in MESHFORM_ENV to the app."""
    return add_stacks(app, mesh, backend=state)


def state(stack: TerraformStack) -> TerraformBackend:
    """Keep states beside cdktf.json; a team returns an S3Backend, AzurermBackend, GcsBackend instead."""
    # relative to the folder in which Terraform runs, so that the JSON is the same in every checkout
    return LocalBackend(stack, path=f"../../../terraform.{stack.node.id}.tfstate")
