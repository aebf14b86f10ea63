# SPDX-License-Identifier: Apache-2.0
"""What holds for every domain: the floor that the governance council agreed on."""

from pathlib import Path

from meshform import (
    AccessApproved,
    AccessEnds,
    Classification,
    ClassifiedColumnsMasked,
    ColumnsClassified,
    ColumnsDescribed,
    ConsumersAreGroups,
    DataStaysIn,
    DeprecationAnnounced,
    GovernancePolicy,
    InputsAllowed,
    ManagersAreGroups,
    MaskFunction,
    Mesh,
    MinimumContract,
    NamesMatch,
    OwnerIsGroup,
    PipelinesReadClear,
    PrimaryKeyDeclared,
    PrivilegesLimited,
    RunsAsOwnPrincipal,
    SemanticVersions,
    ServiceLevelPresent,
    ServiceLevelsPlausible,
    SupportPath,
    TablesMadeBy,
    WarehouseLimits,
)

HERE = Path(__file__).parent

# what tells who somebody is, whatever table it is in
PERSONAL_BY_NAME = {
    "customer_id": "personal",
    "(full|first|last)_name|birth_?(date|day)": "personal",
    ".*e_?mail": "personal",
}


def declare(mesh: Mesh) -> None:
    """Declare the mesh-wide policies."""
    GovernancePolicy(
        mesh,
        "minimum-standards",
        rules=[
            OwnerIsGroup(),
            SupportPath(),
            MinimumContract(),
            ColumnsDescribed(minimum_length=10),
            ServiceLevelPresent(properties=("freshness", "latency")),
            ServiceLevelsPlausible(maximum_years=10),
            PrimaryKeyDeclared(),
            SemanticVersions(minimum_major=1),
            DeprecationAnnounced(minimum_notice_days=180, maximum_notice_days=400),
            NamesMatch(kind="domain"),
            NamesMatch(kind="schema"),
            NamesMatch(kind="product", pattern="[a-z]+(_[a-z]+)*"),  # the version is not in the name
            NamesMatch(kind="table"),
            NamesMatch(kind="column"),
            NamesMatch(kind="volume"),
            NamesMatch(kind="function"),
            NamesMatch(kind="job", maximum_length=80),
            NamesMatch(kind="tag"),
        ],
        waivers=HERE / "waivers.yaml",
    )
    GovernancePolicy(
        mesh,
        "how-products-are-made",
        rules=[
            InputsAllowed(kinds=("port",)),
            TablesMadeBy(schema_name="bronze", makers=("pipeline", "job", "volume")),
            TablesMadeBy(schema_name="silver", makers=("pipeline", "job"), types=("materialized_view",)),
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
            ColumnsClassified(patterns=PERSONAL_BY_NAME, unclassified=(".*",)),
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
