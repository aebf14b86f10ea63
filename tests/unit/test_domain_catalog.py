# SPDX-License-Identifier: Apache-2.0
"""A domain's catalog in full: properties, storage, workspaces, technical owners, support, permissions."""

import pytest
from pydantic import ValidationError
from tests.meshes import (
    GROUPS,
    LOCAL,
    SERVICE_PRINCIPALS,
    SOURCE,
    compiled,
    contract,
    domain,
    filter_policy,
    found,
    group_consumer,
    mask_policy,
    mesh,
    product,
    resources,
    table,
)

from meshform.model.catalogs import SharedCatalog, WorkspaceBinding
from meshform.model.consumer import Consumer
from meshform.model.contract import ServiceLevel
from meshform.model.domain import Platform, Warehouse
from meshform.model.environment import Environment
from meshform.model.policy import Classification, RowFilter
from meshform.model.ports import ManagedTable
from meshform.model.principals import Group, Principals
from meshform.model.product import Pipeline, Volume
from meshform.model.support import Destination, Support

PROD = Environment(name="prod", deployer="deployer", production=True, workspace_id=11)
BINDING = "databricks_workspace_binding"
REQUESTS = "databricks_rfa_access_request_destinations"


def stacks(*parts, environment="prod", **fields):
    """All stacks of a mesh whose production workspace is known."""
    return compiled(mesh(*parts, **{"environments": (LOCAL, PROD), **fields}), environment).stacks


def platform(*parts, **fields):
    """The platform stack."""
    return stacks(*parts, **fields)["platform-prod"]


def bodies(stack, type_):
    """Bodies of a type, without what only orders them."""
    return {
        address: {key: value for key, value in body.items() if key != "depends_on"}
        for address, body in resources(stack, type_).items()
    }


def test_everything_about_a_domain_stands_on_its_catalog():
    """Who owns it, who keeps it running, who helps, who pays; then its own tags."""
    sales = domain(
        "sales",
        technical_owners=("readers", "exempt"),
        support=Support(channel="#sales", on_call="https://on.call/sales"),
        cost_center="CC-7",
        description="What was sold.",
        tags={"tier": "1"},
        storage_root={"prod": "s3://lake/sales"},
    )
    assert resources(platform(sales))["databricks_catalog.domain__sales"] == {
        "name": "sales",
        "comment": "What was sold.",
        "owner": "owners",
        "properties": {
            "domain": "sales",
            "owner": "owners",
            "support": "#sales",
            "technical_owners": "readers, exempt",
            "on_call": "https://on.call/sales",
            "cost_center": "CC-7",
            "tier": "1",
        },
        "storage_root": "s3://lake/sales",
        "force_destroy": False,
        "lifecycle": {"prevent_destroy": True},
    }


def test_a_storage_root_is_of_one_environment_or_of_all():
    """An environment that is not named keeps data where the metastore does."""
    assert domain("a").storage_root_in(PROD) is None
    assert domain("a", storage_root="gs://all").storage_root_in(PROD) == "gs://all"
    assert domain("a", storage_root={"local": "s3://x"}).storage_root_in(PROD) is None


def test_an_isolated_catalog_is_bound_to_every_workspace_but_the_deploying_one():
    """Databricks binds the deploying workspace itself, so its id makes no binding."""
    sales = domain("sales", isolated_to={"prod": (33, 11, WorkspaceBinding(workspace_id=22, read_only=True))})
    stack = platform(sales)
    assert resources(stack)["databricks_catalog.domain__sales"]["isolation_mode"] == "ISOLATED"
    assert resources(stack, BINDING) == {
        f"{BINDING}.domain__sales__{workspace}": {
            "securable_type": "catalog",
            "securable_name": "sales",
            "workspace_id": workspace,
            "binding_type": binding_type,
            "depends_on": ["databricks_catalog.domain__sales"],
        }
        for workspace, binding_type in (
            (22, "BINDING_TYPE_READ_ONLY"),
            (33, "BINDING_TYPE_READ_WRITE"),
        )
    }


def test_a_catalog_for_the_deploying_workspace_alone_needs_no_binding():
    """An empty list isolates it, and elsewhere the catalog stays open."""
    sales = domain("sales", isolated_to={"prod": ()})
    assert resources(platform(sales))["databricks_catalog.domain__sales"]["isolation_mode"] == "ISOLATED"
    assert resources(platform(sales), BINDING) == {}
    open_one = stacks(sales, environment="local")["platform-local"]
    assert "isolation_mode" not in resources(open_one)["databricks_catalog.domain__sales"]


@pytest.mark.parametrize(
    ("isolated_to", "workspace_id", "got"),
    [
        ({"prod": (22,)}, None, "environment 'prod' without a workspace_id"),
        ({"prod": (22, 22)}, 11, "22"),
        ({"prod": (WorkspaceBinding(workspace_id=11, read_only=True),)}, 11, "11"),
    ],
)
def test_an_isolation_that_databricks_would_not_keep_is_refused(isolated_to, workspace_id, got):
    """MF368: the deploying workspace must be known and writes; a workspace is bound once."""
    environment = PROD.model_copy(update={"workspace_id": workspace_id})
    spec = mesh(domain("sales", isolated_to=isolated_to), environments=(LOCAL, environment))
    assert [one.got for one in found(spec, "MF368", "prod")] == [got]
    assert found(spec, "MF368", "local") == []


def test_a_setting_for_an_unknown_environment_is_refused_with_the_nearest():
    """MF367, for storage and for workspaces, of domains and of shared catalogs."""
    spec = mesh(
        domain("sales", isolated_to={"prd": (1,)}, storage_root={"locla": "s3://x"}),
        platform=Platform(
            owner="owners", shared_catalogs=(SharedCatalog(name="shared", storage_root={"qa-eu": "s3://y"}),)
        ),
    )
    assert [(one.got, one.fix) for one in found(spec, "MF367")] == [
        ("qa-eu", "name one of the mesh's environments"),
        ("locla", "did you mean 'local'?"),
        ("prd", "did you mean 'prod'?"),
    ]
    assert found(mesh(domain("sales", storage_root={"dev": "s3://x"})), "MF367") == []


@pytest.mark.parametrize("root", ["/mnt/x", "s3://", "s3://a b", "dbfs:/x", "s3://x'"])
def test_a_storage_root_is_a_url_of_cloud_storage(root):
    """Anything else would be refused at apply only."""
    with pytest.raises(ValidationError, match="no URL of cloud storage"):
        domain("sales", storage_root=root)


def test_technical_owners_manage_the_schemas_and_see_the_catalog():
    """MANAGE on schemas, not on the catalog with the floor's policies; no SELECT anywhere."""
    made = stacks(domain("sales", technical_owners=("readers",)))["sales-prod"]
    assert bodies(made, "databricks_grant") == {
        "databricks_grant.catalog__sales__readers": {
            "catalog": "sales",
            "principal": "readers",
            "privileges": ["BROWSE", "USE_CATALOG"],
        }
    }
    for schema in ("bronze", "silver", "gold"):
        assert bodies(made, "databricks_grants")[f"databricks_grants.schema__{schema}"]["grant"] == [
            {"principal": "deployer-prod-id", "privileges": ["APPLY_TAG", "MANAGE"]},
            {"principal": "readers", "privileges": ["MANAGE", "USE_SCHEMA"]},
        ]


def test_owners_and_technical_owners_run_and_keep_what_is_theirs():
    """Pipelines and jobs are started, alerts are managed; a service principal is named as one."""
    level = ServiceLevel(property="freshness", value=1, unit="h", element="orders.id")
    sales = domain("sales", technical_owners=("readers", "writer", "owners"), cost_center="CC-7")
    made = stacks(sales, product("sales.orders", contract=contract(table("orders"), sla=(level,))))
    permissions = bodies(made["sales-prod"], "databricks_permissions")
    assert {address.partition(".")[2]: body["access_control"] for address, body in permissions.items()} == {
        name: [
            {"group_name": "owners", "permission_level": level},
            {"group_name": "readers", "permission_level": level},
            {"service_principal_name": "writer-prod-id", "permission_level": level},
        ]
        for name, level in (
            ("alert__orders__freshness__orders", "CAN_MANAGE"),
            ("job__orders", "CAN_MANAGE_RUN"),
            ("pipeline__orders", "CAN_RUN"),
        )
    }
    for type_ in ("databricks_job", "databricks_pipeline"):
        (body,) = resources(made["sales-prod"], type_).values()
        assert body["tags"] == {"domain": "sales", "product": "orders", "cost_center": "CC-7"}


@pytest.mark.parametrize(
    ("support", "destinations"),
    [
        (Support(channel="#x"), []),
        (Support(email="a@x.com", url="https://x"), [("EMAIL", "a@x.com")]),
        (Support(url="https://x"), [("URL", "https://x")]),
        (
            Support(
                email="a@x.com",
                destinations=(
                    Destination(kind="SLACK", ids={"prod": "s-1"}),
                    Destination(kind="MICROSOFT_TEAMS", ids={"local": "t-1"}),
                    Destination(kind="GENERIC_WEBHOOK", ids="w-1"),
                ),
            ),
            [("EMAIL", "a@x.com"), ("GENERIC_WEBHOOK", "w-1"), ("SLACK", "s-1")],
        ),
    ],
)
def test_requests_for_access_go_to_the_domains_support(support, destinations):
    """On the catalog and on each port; a link alone, since Databricks takes nothing beside it."""
    made = stacks(domain("sales", support=support), product("sales.orders"))
    expected = [{"destination_type": kind, "destination_id": id_} for kind, id_ in destinations]
    ports = resources(made["sales-prod"], REQUESTS)
    catalog = resources(made["platform-prod"], REQUESTS)
    if not destinations:
        assert (ports, catalog) == ({}, {})
        return
    assert catalog == {
        f"{REQUESTS}.domain__sales": {
            "securable": {"type": "CATALOG", "full_name": "sales"},
            "destinations": expected,
            "depends_on": ["databricks_catalog.domain__sales"],
        }
    }
    assert ports == {
        f"{REQUESTS}.gold__orders": {
            "securable": {"type": "TABLE", "full_name": "sales.gold.orders"},
            "destinations": expected,
            "depends_on": ["terraform_data.run__orders"],
        }
    }


def test_the_warehouse_is_for_those_that_the_platform_names():
    """CAN_USE for groups, then service principals; nobody is named by default."""
    assert resources(platform(domain("sales")), "databricks_permissions") == {}
    warehouse = Warehouse(users=("writer", "readers", "exempt"))
    stack = platform(domain("sales"), platform=Platform(owner="owners", warehouse=warehouse))
    assert bodies(stack, "databricks_permissions") == {
        "databricks_permissions.warehouse": {
            "sql_endpoint_id": "${databricks_sql_endpoint.warehouse.id}",
            "access_control": [
                {"group_name": "exempt", "permission_level": "CAN_USE"},
                {"group_name": "readers", "permission_level": "CAN_USE"},
                {"service_principal_name": "writer-prod-id", "permission_level": "CAN_USE"},
            ],
        }
    }


def test_the_permissions_of_another_warehouse_are_left_alone():
    """They are authoritative, and somebody else writes them."""
    with pytest.raises(ValidationError, match="`users` is for a warehouse that the platform makes"):
        Warehouse(create=False, users=("readers",))
    stack = platform(domain("sales"), platform=Platform(owner="owners", warehouse=Warehouse(create=False)))
    assert resources(stack, "databricks_permissions") == {}


def _with(**fields):
    return mesh(domain("sales", **fields))


def _product(**fields):
    return mesh(product("a.b", **fields))


def _platform(**fields):
    return mesh(domain("sales"), platform=Platform(**{"owner": "owners", **fields}))


@pytest.mark.parametrize(
    "spec_of",
    [
        pytest.param(lambda name: _with(owner=name), id="owner of a domain"),
        pytest.param(lambda name: _with(technical_owners=(name,)), id="technical owner"),
        pytest.param(lambda name: _with(deployer=name), id="deployer of a domain"),
        pytest.param(lambda name: _platform(owner=name), id="owner of the platform"),
        pytest.param(lambda name: _platform(warehouse=Warehouse(users=(name,))), id="user of the warehouse"),
        pytest.param(
            lambda name: _platform(shared_catalogs=(SharedCatalog(name="s", owner=name),)),
            id="owner of a shared catalog",
        ),
        pytest.param(
            lambda name: mesh(environments=(Environment.local(deployer=name),)),
            id="deployer of an environment",
        ),
        pytest.param(
            lambda name: mesh(product("a.b", pipeline=Pipeline(source=SOURCE, run_as=name))), id="run_as"
        ),
        pytest.param(
            lambda name: mesh(
                principals=Principals(
                    groups=(*GROUPS, Group(name="g", members=(name,))), service_principals=SERVICE_PRINCIPALS
                )
            ),
            id="member of a group",
        ),
        pytest.param(lambda name: _product(consumers=(group_consumer(group=name),)), id="consumer"),
        pytest.param(
            lambda name: _product(consumers=(Consumer(group="readers", purpose="p", approver=name),)),
            id="approver",
        ),
        pytest.param(
            lambda name: _product(volumes=(Volume(name="v", schema_name="bronze", writers=(name,)),)),
            id="writer of a volume",
        ),
        pytest.param(
            lambda name: _product(tables={"b": ManagedTable(writers=(name,))}), id="writer of a table"
        ),
        pytest.param(
            lambda name: mesh(
                domain("a"), mask_policy(classifications=(Classification(name="c", exempt=(name,)),))
            ),
            id="exempt from a mask",
        ),
        pytest.param(
            lambda name: mesh(
                domain("a"),
                filter_policy(row_filters=(RowFilter(name="f", body="value = 'x'", exempt=(name,)),)),
            ),
            id="exempt from a row filter",
        ),
    ],
)
@pytest.mark.parametrize("name", ["runer", "Runner", "run-ner"])
def test_wherever_a_principal_is_named_a_misspelt_one_is_told_with_the_nearest(spec_of, name):
    """MF303, once, in every place that takes a principal."""
    (finding,) = found(spec_of(name), "MF303")
    assert (finding.got, finding.fix) == (name, "did you mean 'runner'?")
