# SPDX-License-Identifier: Apache-2.0
"""The deploy identity of a domain: what it is given, and the list of what it needs."""

import json
import sys
from pathlib import Path

import pytest
from tests.meshes import (
    GROUPS,
    SERVICE_PRINCIPALS,
    column,
    compiled,
    domain,
    evaluated,
    found,
    group_consumer,
    mask_policy,
    mesh,
    product,
    resources,
    table,
    view,
)

from meshform.cli import main
from meshform.model.catalogs import SharedCatalog
from meshform.model.domain import Platform, Warehouse
from meshform.model.policy import Classification
from meshform.model.principals import Group, Principals, ServicePrincipal
from meshform.model.product import Volume
from meshform.model.share import Recipient, Share
from meshform.terraform.needs import BY_TYPE, deployer_needs

ROOT = Path(__file__).parents[2]
IDENTITY = ServicePrincipal(name="sales-deployer", application_ids={"dev": "sd-dev", "prod": "sd-prod"})
REGISTRY = Principals(groups=GROUPS, service_principals=(*SERVICE_PRINCIPALS, IDENTITY))
OPEN_CLASS = mask_policy(classifications=(Classification(name="personal"),))
SHARE = Share(name="out", ports=("orders",), recipients=(Recipient(name="them"),))


def sales(**fields):
    """A domain with a deployer of its own."""
    return domain("sales", **{"deployer": "sales-deployer", **fields})


def orders(**fields):
    """A product with everything that a deployer needs rights for."""
    given = {
        "views": {"totals": "SELECT count(id) AS id FROM orders"},
        "volumes": (Volume(name="raw", schema_name="bronze"),),
        "consumers": (group_consumer(),),
        "shares": (SHARE,),
    }
    return product(
        "sales.orders",
        table("orders", column("id", classification="personal"), tags=("tier=1",)),
        view("totals"),
        **{**given, **fields},
    )


def spec_of(*parts, **fields):
    """A mesh that knows the identity."""
    return mesh(*parts, OPEN_CLASS, **{"principals": REGISTRY, **fields})


def stacks(*parts, environment="prod", **fields):
    """All stacks of such a mesh."""
    return compiled(spec_of(*parts, **fields), environment).stacks


def test_the_platform_gives_a_deployer_its_domains_catalog():
    """What makes schemas and what goes into them, MANAGE, and no SELECT; the platform keeps its own."""
    grants = resources(stacks(sales())["platform-prod"], "databricks_grant")
    assert sorted(grants) == [
        "databricks_grant.catalog__sales__deployer",
        "databricks_grant.catalog__sales__sales-deployer",
    ]
    assert grants["databricks_grant.catalog__sales__sales-deployer"] == {
        "catalog": "sales",
        "principal": "sd-prod",
        "privileges": [
            "CREATE_FUNCTION",
            "CREATE_MATERIALIZED_VIEW",
            "CREATE_SCHEMA",
            "CREATE_TABLE",
            "CREATE_VOLUME",
            "MANAGE",
            "USE_CATALOG",
            "USE_SCHEMA",
        ],
        "depends_on": ["databricks_catalog.domain__sales"],
    }


def test_a_deployer_may_use_the_warehouse():
    """Beside those whom the platform names."""
    platform = Platform(owner="owners", warehouse=Warehouse(users=("readers",)))
    permissions = resources(stacks(sales(), platform=platform)["platform-prod"], "databricks_permissions")
    assert permissions["databricks_permissions.warehouse"]["access_control"] == [
        {"group_name": "readers", "permission_level": "CAN_USE"},
        {"service_principal_name": "sd-prod", "permission_level": "CAN_USE"},
    ]


def test_only_a_deployer_that_shares_gets_rights_on_the_metastore():
    """Shares and recipients are the metastore's."""
    address = "databricks_grant.metastore__sales"
    assert address not in resources(stacks(sales(), orders(shares=()))["platform-prod"])
    platform = stacks(sales(), orders())["platform-prod"]
    assert resources(platform)[address] == {
        "metastore": "${data.databricks_current_metastore.metastore.id}",
        "principal": "sd-prod",
        "privileges": ["CREATE_RECIPIENT", "CREATE_SHARE", "SET_SHARE_PERMISSION", "USE_RECIPIENT"],
    }


def test_a_deployer_keeps_manage_in_its_own_stack_and_reads_what_its_views_and_shares_read():
    """SELECT on the sources only, so that it can make the view; the environment's deployer is not listed."""
    made = resources(stacks(sales(), orders())["sales-prod"], "databricks_grants")
    assert made["databricks_grants.table__gold__orders"]["grant"] == [
        {"principal": "owners", "privileges": ["SELECT"]},
        {"principal": "readers", "privileges": ["SELECT"]},
        {"principal": "sd-prod", "privileges": ["MANAGE", "SELECT"]},
    ]
    assert "deployer-prod-id" not in str(made)


def test_a_deployer_in_the_owner_group_reads_as_a_member():
    """It gets no SELECT of its own."""
    groups = (Group(name="owners", members=("deployer", "sales-deployer")), *GROUPS[1:])
    registry = Principals(groups=groups, service_principals=REGISTRY.service_principals)
    made = resources(stacks(sales(), orders(), principals=registry)["sales-prod"], "databricks_grants")
    entry = {"principal": "sd-prod", "privileges": ["MANAGE"]}
    assert entry in made["databricks_grants.table__gold__orders"]["grant"]


def test_a_pipeline_may_run_as_the_deployer():
    """One grant on the catalog, by the platform, serves both."""
    from tests.meshes import SOURCE

    from meshform.model.product import Pipeline

    made = stacks(sales(), orders(pipeline=Pipeline(source=SOURCE, run_as="sales-deployer")))
    assert "sd-prod" not in str(resources(made["sales-prod"], "databricks_grant"))


def test_the_environments_deployer_by_name_is_the_default():
    """Nothing is granted twice."""
    assert stacks(sales(deployer="deployer")) == stacks(sales(deployer=None))


def test_in_a_shared_catalog_a_deployer_makes_schemas_and_is_in_the_owner_group():
    """MF326: what it makes is the group's, and no catalog of its own gives it MANAGE."""
    shared = Platform(owner="owners", shared_catalogs=(SharedCatalog(name="shared"),))
    spec = spec_of(sales(catalog="shared"), platform=shared)
    (finding,) = found(spec, "MF326")
    assert (finding.got, finding.fix) == (
        "'sales-deployer' in 'owners'",
        "add 'sales-deployer' to the members of group 'owners'",
    )
    groups = (Group(name="owners", members=("deployer", "sales-deployer")), *GROUPS[1:])
    registry = Principals(groups=groups, service_principals=REGISTRY.service_principals)
    platform = stacks(sales(catalog="shared"), platform=shared, principals=registry)["platform-prod"]
    assert {"principal": "sd-prod", "privileges": ["CREATE_SCHEMA", "USE_CATALOG"]} in resources(platform)[
        "databricks_grants.catalog__shared"
    ]["grant"]


def test_a_group_cannot_deploy():
    """MF316: what runs is a service principal."""
    assert [one.got for one in found(spec_of(sales(deployer="readers")), "MF316")] == ["readers"]
    assert found(spec_of(sales()), "MF316") == []


def needs(*parts, environment="prod", name="sales", **fields):
    """What gives each right that the domain's deployer needs: (kind, name, privilege) -> giver."""
    evaluation = evaluated(spec_of(*parts, **fields), environment)
    compiled_mesh = compiled(spec_of(*parts, **fields), environment)
    made = deployer_needs(compiled_mesh, evaluation.mesh, evaluation.mesh.domains[name])
    return {tuple(need.right): need.given for need in made}


BY_HAND = {
    ("governed tag", "classification", "ASSIGN"),
    ("service principal", "runner-prod-id", "servicePrincipal.user"),
    ("workspace", "", "access"),
}


def test_the_list_says_what_gives_each_right():
    """Everything in Unity Catalog and on the warehouse is given; roles and membership are for an admin."""
    found_needs = needs(sales(), orders())
    catalog = "databricks_grant.catalog__sales__sales-deployer of platform-prod"
    assert {right for right, given in found_needs.items() if given is None} == BY_HAND
    assert found_needs["catalog", "sales", "CREATE_SCHEMA"] == catalog
    assert found_needs["schema", "sales.gold", "CREATE_TABLE"] == catalog
    assert found_needs["schema", "sales.bronze", "CREATE_VOLUME"] == catalog
    assert found_needs["table", "sales.gold.orders", "MANAGE"] == catalog
    assert found_needs["table", "sales.gold.orders", "SELECT"].endswith(" of sales-prod")
    assert found_needs["table", "sales.gold.orders", "APPLY_TAG"].endswith(" of sales-prod")
    assert (
        found_needs["metastore", "", "CREATE_SHARE"] == "databricks_grant.metastore__sales of platform-prod"
    )
    assert (
        found_needs["warehouse", "the platform's", "CAN_USE"]
        == "databricks_permissions.warehouse of platform-prod"
    )


def test_the_list_holds_nothing_that_the_stack_does_not_need():
    """A domain with schemas only makes and manages schemas."""
    assert {right[2] for right in needs(sales())} == {
        "CREATE_SCHEMA",
        "MANAGE",
        "USE_CATALOG",
        "USE_SCHEMA",
        "access",
    }


def test_the_list_of_the_environments_deployer_names_the_group_that_owns():
    """Without a deployer of its own, the domain is deployed by a member of the owner group."""
    found_needs = needs(domain("sales"), orders())
    assert found_needs["catalog", "sales", "CREATE_SCHEMA"] == "owners owns catalog sales"
    assert found_needs["metastore", "", "CREATE_SHARE"] is None
    assert found_needs["warehouse", "the platform's", "CAN_USE"] == "it makes the warehouse"


def test_every_right_is_told_with_what_needs_it():
    """Addresses of the stack, in order."""
    evaluation = evaluated(spec_of(sales()), "prod")
    made = deployer_needs(
        compiled(spec_of(sales()), "prod"), evaluation.mesh, evaluation.mesh.domains["sales"]
    )
    (schemas,) = [need for need in made if need.right.privilege == "CREATE_SCHEMA"]
    assert schemas.because == (
        "databricks_schema.bronze",
        "databricks_schema.gold",
        "databricks_schema.silver",
    )


def test_what_each_type_of_resource_needs_is_known():
    """Of every type that a domain's stack of some golden file has, in every environment."""
    unknown = set()
    for path in (ROOT / "tests" / "snapshot" / "golden").rglob("cdk.tf.json"):
        if not path.parent.name.startswith(("account", "platform")):
            blocks = json.loads(path.read_bytes()).get("resource", {})
            # a user's own resources, which cdktf marks, are not of the compiled stack
            ours = {type_ for type_, of in blocks.items() if any("//" not in body for body in of.values())}
            unknown |= ours - BY_TYPE.keys() - {"terraform_data"}
    assert unknown == set()


@pytest.fixture
def permissions(monkeypatch, capsys):
    """Run `meshform permissions` on the example."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.delenv("MESHFORM_ENV", raising=False)
    monkeypatch.chdir(ROOT)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["meshform", "permissions", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run


@pytest.mark.parametrize("option", ["--env", "--environment"])
def test_the_command_prints_each_right_with_what_needs_it_and_what_gives_it(permissions, option):
    """Securable by securable; what nothing in the mesh gives is for an admin."""
    code, out, _ = permissions("orders", option, "prod")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "orders-prod is deployed by platform-deployer (0b7c1f64-8f0e-4d57-9a41-6d2f1c0a1001)"
    at = lines.index("  catalog orders")
    assert lines[at + 1 : at + 3] == [
        "    CREATE_SCHEMA  for databricks_schema.bronze and 2 more",
        "      orders-domain-owners owns catalog orders",
    ]
    at = next(i for i, line in enumerate(lines) if "servicePrincipal.user" in line)
    assert lines[at + 1] == "      by hand: nothing in the mesh gives it"


def test_the_command_refuses_a_domain_that_there_is_not(permissions):
    """MF332, with the nearest."""
    code, out, err = permissions("ordres")
    assert code == 1
    assert "MF332" in out + err
    assert "did you mean 'orders'?" in out + err
