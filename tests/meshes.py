# SPDX-License-Identifier: Apache-2.0
"""Small meshes for tests, as values: no construct and so no Node is needed.

`mesh()` is one domain with nothing in it; each argument of a maker replaces one part of what it makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from meshform.governance.evaluate import Evaluation, evaluate
from meshform.model.consumer import Consumer
from meshform.model.contract import Column, Contract, QualityRule, ServiceLevel, Table
from meshform.model.domain import DomainSpec, MeshSpec, Platform, Support
from meshform.model.environment import Environment
from meshform.model.findings import Finding, MeshformError, Place
from meshform.model.inputs import PortReference
from meshform.model.policy import Classification, MaskFunction, Policy, RowFilter
from meshform.model.principals import Group, Principals, ServicePrincipal
from meshform.model.product import Pipeline, Product
from meshform.model.rule import Rule
from meshform.terraform.compile import CompiledMesh, CompiledStack, compile_mesh

SOURCE = Path(__file__).parents[1] / "domains" / "orders" / "pipeline"  # code for a pipeline, any will do

LOCAL = Environment.local(deployer="deployer")
DEV = Environment(name="dev", deployer="deployer")
PROD = Environment(name="prod", deployer="deployer", production=True)

GROUPS = (
    Group(name="owners", members=("deployer",)),
    Group(name="readers"),
    Group(name="exempt", members=("runner",)),
)
SERVICE_PRINCIPALS = tuple(
    ServicePrincipal(name=name, application_ids={"dev": f"{name}-dev-id", "prod": f"{name}-prod-id"})
    for name in ("deployer", "runner", "writer")
)


def at(line: int, file: str = "domains/x.py") -> Place:
    """A place to find again in a finding."""
    return Place(file=file, line=line)


def column(name: str = "id", type_: str = "string", **fields: Any) -> Column:
    """A described column."""
    return Column(**{"name": name, "type": type_, "description": f"The {name} of it.", **fields})


def table(name: str, *columns: Column, **fields: Any) -> Table:
    """A described materialized view; without columns it has one, `id`."""
    given = {"name": name, "physical_type": "materialized_view", "description": f"Rows of {name}."}
    return Table(**{**given, "columns": columns or (column(),), **fields})


def view(name: str, *columns: Column, **fields: Any) -> Table:
    """A described view; its SQL goes to the product."""
    return table(name, *columns, **{"physical_type": "view", **fields})


def contract(*tables: Table, **fields: Any) -> Contract:
    """A contract that promises freshness."""
    given = {"id": "c", "version": "1.0.0", "sla": (ServiceLevel(property="freshness", value=4, unit="h"),)}
    return Contract(**{**given, "tables": tables, **fields})


def product(address: str, *tables: Table, **fields: Any) -> Product:
    """A product `domain.product` with a pipeline; without tables it has one that is called as it is."""
    domain, _, name = address.partition(".")
    given: dict[str, Any] = {
        "domain": domain,
        "name": name,
        "contract": contract(*(tables or (table(name.replace("-", "_")),))),
        "pipeline": Pipeline(source=SOURCE, run_as="runner"),
        "place": Place(file=f"domains/{domain}.py", line=10, construct_path=f"mesh/{domain}/{name}"),
    }
    return Product(**{**given, **fields})


def domain(name: str, **fields: Any) -> DomainSpec:
    """A domain with the three usual schemas."""
    given = {
        "name": name,
        "owner": "owners",
        "support": Support(channel="#help"),
        "schemas": {"bronze": "Raw.", "silver": "Clean.", "gold": "For consumers."},
        "place": Place(file=f"domains/{name}.py", line=1, construct_path=f"mesh/{name}"),
    }
    return DomainSpec(**{**given, **fields})


def group_consumer(*ports: str, group: str = "readers", **fields: Any) -> Consumer:
    """A group that reads ports."""
    return Consumer(group=group, ports=ports, purpose="to read it", approver="owners", **fields)


def product_consumer(address: str, *ports: str, **fields: Any) -> Consumer:
    """A product that reads ports."""
    return Consumer(product=address, ports=ports, purpose="to build on it", approver="owners", **fields)


def port(text: str) -> PortReference:
    """The port `domain.product.port`."""
    return PortReference(**dict(zip(("domain", "product", "port"), text.split("."), strict=True)))


def mask_policy(name: str = "personal", **fields: Any) -> Policy:
    """A mesh-wide policy with one masked class of columns."""
    function = MaskFunction(name=f"mask_{name}", body="'***'", comment="Hides it.")
    given = {"name": name, "classifications": (Classification(name=name, mask=function, exempt=("exempt",)),)}
    return Policy(**{**given, **fields})


def filter_policy(name: str = "home", of: str | None = None, **fields: Any) -> Policy:
    """A policy with one row filter, of a domain or mesh-wide."""
    row_filter = RowFilter(name=name, body="value = 'AT'", exempt=("exempt",))
    return Policy(**{"name": f"rows-{name}", "domain": of, "row_filters": (row_filter,), **fields})


def mesh(*parts: DomainSpec | Product | Policy, **fields: Any) -> MeshSpec:
    """A mesh of domains, products and policies; a domain that a product needs is added."""
    products = tuple(part for part in parts if isinstance(part, Product))
    domains = [part for part in parts if isinstance(part, DomainSpec)]
    for name in dict.fromkeys(one.domain for one in products):
        if all(one.name != name for one in domains):
            domains.append(domain(name))
    given: dict[str, Any] = {
        "name": "mesh",
        "environments": (LOCAL, DEV, PROD),
        "principals": Principals(groups=GROUPS, service_principals=SERVICE_PRINCIPALS),
        "platform": Platform(owner="owners"),
        "domains": tuple(domains),
        "products": products,
        "policies": tuple(part for part in parts if isinstance(part, Policy)),
        "place": Place(file="domains/__init__.py", line=5, construct_path="mesh"),
    }
    return MeshSpec(**{**given, **fields})


def evaluated(spec: MeshSpec, environment: str = "local", **options: Any) -> Evaluation:
    """The mesh, evaluated; findings are allowed."""
    return evaluate(spec, environment, **options)


def of_rule(
    rule: Rule,
    *parts: DomainSpec | Product | Policy,
    environment: str = "local",
    code: str = "",
    **fields: Any,
) -> list[Finding]:
    """The findings of a rule, in a policy of a mesh of such parts, or those of another code."""
    spec = mesh(*parts, Policy(name="rules", rules=(rule,)), **fields)
    return found(spec, code or rule.code, environment)


def found(spec: MeshSpec, code: str, environment: str = "local") -> list[Finding]:
    """The findings of one code."""
    return [finding for finding in evaluate(spec, environment).findings if finding.code == code]


def compiled(spec: MeshSpec, environment: str = "local") -> CompiledMesh:
    """The mesh, compiled; an error among the findings is raised with all of them."""
    evaluation = evaluate(spec, environment)
    if evaluation.errors:
        raise MeshformError(evaluation.errors)
    return compile_mesh(evaluation)


def resources(stack: CompiledStack, type_: str | None = None) -> dict[str, dict[str, Any]]:
    """Bodies of a stack's resources by address, of all types or of one."""
    return {
        f"{kind}.{name}": body
        for kind, bodies in stack.blocks.get("resource", {}).items()
        if type_ in (None, kind)
        for name, body in bodies.items()
    }


def rule(name: str, expression: str, **fields: Any) -> QualityRule:
    """A quality rule that becomes an expectation."""
    return QualityRule(name=name, expression=expression, **fields)


EXAMPLE_TYPES = {
    "databricks_alert_v2",
    "databricks_catalog",
    "databricks_entity_tag_assignment",
    "databricks_grant",
    "databricks_grants",
    "databricks_group",
    "databricks_group_member",
    "databricks_job",
    "databricks_permissions",
    "databricks_pipeline",
    "databricks_policy_info",
    "databricks_recipient",
    "databricks_rfa_access_request_destinations",
    "databricks_schema",
    "databricks_service_principal",
    "databricks_share",
    "databricks_sql_endpoint",
    "databricks_sql_table",
    "databricks_tag_policy",
    "databricks_volume",
    "databricks_workspace_file",
    "terraform_data",
}
"""Every Terraform type that the example mesh deploys into the local workspace."""
