# SPDX-License-Identifier: Apache-2.0
"""The mesh: its environments, principals and policies here, each domain in a folder of its own."""

from datetime import date

from domains import customers, geography, orders, policies, principals, sales, supply
from meshform import Construct, Environment, Mesh, Platform

REGION = "eu-central-1"  # of every metastore


def declare(scope: Construct) -> Mesh:
    """Declare the whole mesh below a scope, such as an App."""
    mesh = Mesh(
        scope,
        environments=[
            Environment.local(deployer="platform-deployer"),
            Environment(name="dev", deployer="platform-deployer", region=REGION),
            Environment(name="prod", deployer="platform-deployer", production=True, region=REGION),
            Environment(name="live-test", deployer="platform-deployer", personal=True, region=REGION),
        ],
        platform=Platform(owner="platform-owners"),
        groups=principals.GROUPS,
        service_principals=principals.SERVICE_PRINCIPALS,
        governance_council="governance-council",
        # the day of the last review; a pipeline sets MESHFORM_TODAY, so that waivers expire
        today=date(2026, 11, 24),
    )
    policies.declare(mesh)
    customers.declare(mesh)
    orders.declare(mesh)
    geography.declare(mesh)
    supply.declare(mesh)
    sales.declare(mesh)
    return mesh
