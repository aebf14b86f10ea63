# SPDX-License-Identifier: Apache-2.0
"""The good and the bad example of each built-in rule, declared and evaluated.

An example runs with the public names of meshform and `mesh`, the mesh of docs/README.md; `orders`, a
complete domain of it; `contract(...)`, a complete contract of one gold table `orders` with the given fields
replaced; `table(...)`, that table with the given columns; `source`, a folder with a pipeline's code,
`pipeline`, which runs that, and `date`. Where an example makes a `platform`, it is the mesh's. The mesh is
evaluated on the first day of 2026.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.docs_pages import DOCS, blocks

import meshform
from meshform import (
    Column,
    Contract,
    Domain,
    GovernancePolicy,
    Mesh,
    MeshformError,
    Pipeline,
    Rule,
    Support,
)
from meshform.bridge import RootConstruct
from meshform.governance.evaluate import evaluate
from meshform.model.contract import (
    CustomProperty,
    QualityRule,
    ServiceLevel,
    SupportChannel,
    Table,
    Team,
    TeamMember,
)
from meshform.model.findings import Finding

SOURCE = Path(__file__).parents[1] / "domains" / "orders" / "pipeline"


_COLUMNS = (
    Column(
        name="order_id",
        type="bigint",
        description="Number of the order, as on the invoice.",
        required=True,
        unique=True,
        primary_key=True,
    ),
    Column(name="ordered_on", type="date", description="Day on which it was ordered.", required=True),
    Column(name="amount", type="decimal(18,2)", description="Value of the order in euro, without tax."),
)


def findings(rule: type[Rule], example: str, environment: str = "prod") -> list[Finding]:
    """All that is found in an example, with the rule in a policy of the mesh."""
    mesh = _mesh()
    orders = _domain(mesh)
    GovernancePolicy(mesh, "example", rules=[rule(**rule.example)])
    names = {name: getattr(meshform, name) for name in meshform.__all__}
    more: dict[str, Any] = {
        "Column": Column,
        "CustomProperty": CustomProperty,
        "QualityRule": QualityRule,
        "ServiceLevel": ServiceLevel,
        "SupportChannel": SupportChannel,
        "Table": Table,
        "contract": contract,
        "date": date,
        "mesh": mesh,
        "orders": orders,
        "pipeline": Pipeline(source=SOURCE, run_as="sales-pipeline"),
        "source": SOURCE,
        "table": table,
    }
    declared = {**names, **more}
    try:
        exec(compile(example, f"<example of {rule.__name__}>", "exec"), declared)  # noqa: S102 - ours
    except MeshformError as error:  # what is refused when it is declared has no rule
        return list(error.findings)
    platform = declared.get("platform", mesh.spec.platform)
    spec = mesh.spec.model_copy(update={"platform": platform, "today": date(2026, 1, 1)})
    return list(evaluate(spec, environment).findings)


def table(*columns: Column, **changes: Any) -> Table:
    """The table of `contract()`, with some fields replaced."""
    complete: dict[str, Any] = {
        "name": "orders",
        "physical_type": "materialized_view",
        "description": "Every order of the shop since 2020, one row each.",
        "granularity": "one order",
        "columns": columns or _COLUMNS,
        "quality": () if columns else (QualityRule(name="amount_is_positive", expression="amount >= 0"),),
    }
    return Table(**{**complete, **changes})


def contract(**changes: Any) -> Contract:
    """A complete contract of one gold table `orders`, with some fields replaced."""
    complete: dict[str, Any] = {
        "id": "orders",
        "name": "Orders",
        "version": "1.0.0",
        "status": "active",
        "purpose": "Reports and forecasts of sales.",
        "usage": "Join on order_id.",
        "limitations": "Orders by phone arrive on the next day.",
        "tables": (table(),),
        "sla": (
            ServiceLevel(property="freshness", value=4, unit="h"),
            ServiceLevel(property="retention", value=3, unit="y"),
        ),
        "team": Team(name="sales", members=(TeamMember(username="sales-owners", role="owner"),)),
        "support": (SupportChannel(channel="#orders", url="https://chat.example.com/orders"),),
    }
    return Contract(**{**complete, **changes})


def _mesh() -> Mesh:
    app = RootConstruct()
    names: dict[str, Any] = {"app": app}
    for _, language, text in blocks(DOCS / "README.md"):
        if language == "python":
            exec(text, names)  # noqa: S102 - our own page
    mesh = names["mesh"]
    assert isinstance(mesh, Mesh)
    return mesh


def _domain(mesh: Mesh) -> Domain:
    return Domain(
        mesh,
        "orders",
        owner="sales-owners",
        support=Support(channel="#orders", email="orders@example.com"),
        description="Everything about orders of the shop.",
        cost_center="4711",
    )
