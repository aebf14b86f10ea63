# SPDX-License-Identifier: Apache-2.0
"""What holds for every domain: the floor that the governance council agreed on."""

from meshform import (
    AccessApproved,
    Classification,
    ClassifiedColumnsMasked,
    ColumnsDescribed,
    ConsumersAreGroups,
    DataStaysIn,
    GovernancePolicy,
    ManagersAreGroups,
    MaskFunction,
    Mesh,
    NamesMatch,
    OwnerIsGroup,
    PipelinesReadClear,
    PrivilegesLimited,
    RunsAsOwnPrincipal,
    ServiceLevelPresent,
    SupportPath,
    WarehouseLimits,
)


def declare(mesh: Mesh) -> None:
    """Declare the mesh-wide policies."""
    GovernancePolicy(
        mesh,
        "minimum-standards",
        rules=[
            OwnerIsGroup(),
            SupportPath(),
            ColumnsDescribed(minimum_length=10),
            ServiceLevelPresent(properties=("freshness", "latency", "volume")),
            NamesMatch(kind="domain"),
            NamesMatch(kind="schema"),
            NamesMatch(kind="table"),
            NamesMatch(kind="column"),
        ],
    )
    GovernancePolicy(
        mesh,
        "who-may",
        rules=[
            ManagersAreGroups(),
            PrivilegesLimited(),
            ConsumersAreGroups(),
            AccessApproved(),
            RunsAsOwnPrincipal(),
        ],
    )
    GovernancePolicy(
        mesh,
        "cost",
        rules=[WarehouseLimits(sizes=("2X-Small", "X-Small", "Small"), auto_stop_minutes=15)],
    )
    GovernancePolicy(
        mesh,
        "personal-data",
        rules=[
            ClassifiedColumnsMasked(),
            PipelinesReadClear(),
            DataStaysIn(classes=("personal",), regions=("eu-central-1",)),
        ],
        classifications=[
            Classification(
                name="personal",
                description="Tells who a person is, or leads to them: names, addresses, customer numbers.",
                mask=MaskFunction(
                    name="mask_personal",
                    body="concat('***', right(sha2(value, 256), 8))",
                    comment="Hides personal data, and keeps equal values equal.",
                ),
                exempt=("personal-data-readers",),
            )
        ],
    )
