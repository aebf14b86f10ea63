# SPDX-License-Identifier: Apache-2.0
"""What holds for every domain: the floor that the governance council agreed on."""

from pathlib import Path

from meshform import (
    AccessApproved,
    AccessEnds,
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

HERE = Path(__file__).parent


def declare(mesh: Mesh) -> None:
    """Declare the mesh-wide policies."""
    GovernancePolicy(
        mesh,
        "minimum-standards",
        rules=[
            OwnerIsGroup(),
            SupportPath(),
            ColumnsDescribed(minimum_length=10),
            ServiceLevelPresent(properties=("freshness", "latency")),
            NamesMatch(kind="domain"),
            NamesMatch(kind="schema"),
            NamesMatch(kind="product", pattern="[a-z]+(_[a-z]+)*"),  # the version is not in the name
            NamesMatch(kind="table"),
            NamesMatch(kind="column"),
        ],
        waivers=HERE / "waivers.yaml",
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
            AccessEnds(classes=("personal",), within_days=365),
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
