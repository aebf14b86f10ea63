# SPDX-License-Identifier: Apache-2.0
"""Everybody who may own, read, run or approve something.

People are not listed: they are in groups, which the identity provider fills.
"""

from meshform import Group, ServicePrincipal

GROUPS = [
    Group(name="platform-owners", members=("platform-deployer",)),
    Group(name="governance-council"),
    Group(name="customers-domain-owners", members=("platform-deployer",)),
    Group(name="geography-domain-owners", members=("platform-deployer",)),
    Group(name="orders-domain-owners", members=("platform-deployer",)),
    Group(name="sales-domain-owners", members=("platform-deployer",)),
    Group(name="supply-domain-owners", members=("platform-deployer",)),
    Group(name="analytics"),
    Group(name="bi_consumers"),
    Group(name="customer-support"),
    # exempt groups: one for each class of data and for each row filter
    Group(name="personal-data-readers", members=("customers-pipeline", "orders-pipeline", "sales-pipeline")),
    Group(name="all-countries-readers", members=("customers-pipeline", "orders-pipeline")),
]

# Application ids are what the account gave out; dev and live-test are one workspace.
_APPLICATION_IDS = {
    "platform-deployer": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0001", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1001"),
    "customers-pipeline": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0002", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1002"),
    "orders-pipeline": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0003", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1003"),
    "shop-system": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0004", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1004"),
    "sales-pipeline": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0005", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1005"),
    "supply-pipeline": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0006", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1006"),
    "parts-system": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0007", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1007"),
    "reference-loader": ("0b7c1f64-8f0e-4d57-9a41-6d2f1c0a0008", "0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1008"),
}

SERVICE_PRINCIPALS = [
    ServicePrincipal(name=name, application_ids={"dev": dev, "live-test": dev, "prod": prod})
    for name, (dev, prod) in _APPLICATION_IDS.items()
]
