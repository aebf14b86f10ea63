# SPDX-License-Identifier: Apache-2.0
"""Everybody who may own, read, run or approve something.

People are not listed: they are in groups, which the identity provider fills.
"""

from meshform import Group, ServicePrincipal

GROUPS = [
    Group(name="platform-owners", members=("platform-deployer",)),
    Group(name="governance-council"),
    Group(name="customers-domain-owners", members=("platform-deployer",)),
    Group(name="orders-domain-owners", members=("platform-deployer",)),
    Group(name="analytics"),
    Group(name="bi_consumers"),
    Group(name="customer-support"),
    # exempt groups: one for each class of data and for each row filter
    Group(name="personal-data-readers", members=("customers-pipeline", "orders-pipeline")),
    Group(name="all-countries-readers", members=("customers-pipeline", "orders-pipeline")),
]

SERVICE_PRINCIPALS = [
    ServicePrincipal(
        name="platform-deployer",
        application_ids={
            "dev": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0001",
            "prod": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1001",
            "live-test": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0001",
        },
    ),
    ServicePrincipal(
        name="customers-pipeline",
        application_ids={
            "dev": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0002",
            "prod": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1002",
            "live-test": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0002",
        },
    ),
    ServicePrincipal(
        name="orders-pipeline",
        application_ids={
            "dev": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0003",
            "prod": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1003",
            "live-test": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0003",
        },
    ),
    ServicePrincipal(
        name="shop-system",
        application_ids={
            "dev": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0004",
            "prod": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1004",
            "live-test": "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0004",
        },
    ),
]
