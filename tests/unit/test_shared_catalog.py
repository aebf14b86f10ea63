# SPDX-License-Identifier: Apache-2.0
"""Domains as groups of schemas in a catalog that they share, which is the platform's."""

import ast

import pytest
from tests.meshes import (
    GROUPS,
    SERVICE_PRINCIPALS,
    compiled,
    domain,
    filter_policy,
    found,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    table,
    view,
)

from meshform.model.catalogs import SharedCatalog
from meshform.model.domain import Platform
from meshform.model.principals import Group, Principals
from meshform.model.product import Volume
from meshform.model.share import Recipient, Share
from meshform.model.support import Support

SHARED = Platform(
    owner="owners",
    shared_catalogs=(SharedCatalog(name="shared", description="Small.", tags={"a": "b"}),),
)


def shared_mesh(*parts, **fields):
    """A mesh whose platform has one shared catalog."""
    return mesh(*parts, **{"platform": SHARED, **fields})


def stacks(*parts, environment="prod", **fields):
    """All stacks of such a mesh."""
    return compiled(shared_mesh(*parts, **fields), environment).stacks


def fleet(**fields):
    """A domain in the shared catalog."""
    return domain("fleet", **{"catalog": "shared", **fields})


def test_the_platform_makes_the_shared_catalog_and_the_domain_its_schemas():
    """The catalog is the platform's, with its tags; schemas carry the domain's name and properties."""
    made = stacks(fleet(cost_center="C", storage_root="s3://x", schemas={"gold": "Good."}), environment="dev")
    assert resources(made["platform-dev"])["databricks_catalog.shared__shared"] == {
        "name": "shared_dev",
        "comment": "Small.",
        "owner": "owners",
        "properties": {"a": "b"},
        "force_destroy": False,
        "lifecycle": {"prevent_destroy": True},
    }
    assert "databricks_catalog.domain__fleet" not in resources(made["platform-dev"])
    assert resources(made["fleet-dev"], "databricks_schema") == {
        "databricks_schema.fleet_gold": {
            "catalog_name": "shared_dev",
            "name": "fleet_gold",
            "comment": "Good.",
            "owner": "owners",
            "properties": {"domain": "fleet", "owner": "owners", "support": "#help", "cost_center": "C"},
            "storage_root": "s3://x",
            "force_destroy": False,
            "lifecycle": {"prevent_destroy": True},
        }
    }


def test_the_platform_alone_writes_the_grants_of_a_shared_catalog():
    """Two domains let one group in: one authoritative block, and no grant on the catalog in their stacks."""
    made = stacks(
        fleet(),
        domain("canteen", catalog="shared"),
        product("fleet.trips", consumers=(group_consumer("trips"),)),
        product("canteen.meals", consumers=(group_consumer("meals"),)),
    )
    grants = resources(made["platform-prod"], "databricks_grants")
    assert [one["principal"] for one in grants["databricks_grants.catalog__shared"]["grant"]] == [
        "deployer-prod-id",
        "readers",
        "runner-prod-id",
    ]
    for name in ("fleet-prod", "canteen-prod"):
        on_catalog = [
            body for body in resources(made[name], "databricks_grants").values() if "catalog" in body
        ]
        assert (on_catalog, resources(made[name], "databricks_grant")) == ([], {})


def test_everything_of_a_product_follows_to_its_place():
    """Pipeline, volume, view, tags, shares, and the module that tells the pipeline's code."""
    share = Share(name="out", ports=("trips",), recipients=(Recipient(name="them"),))
    made = stacks(
        fleet(),
        product(
            "fleet.trips",
            table("positions", schema_name="silver"),
            table("trips"),
            view("vans"),
            views={"vans": "SELECT id FROM gold.trips JOIN silver.positions USING (id)"},
            volumes=(Volume(name="raw", schema_name="silver", writers=("writer",)),),
            shares=(share,),
        ),
    )["fleet-prod"]
    (pipeline,) = resources(made, "databricks_pipeline").values()
    assert (pipeline["catalog"], pipeline["schema"]) == ("shared", "fleet_gold")
    assert pipeline["configuration"] == {"meshform.volume.raw": "/Volumes/shared/fleet_silver/raw"}
    (volume,) = resources(made, "databricks_volume").values()
    assert (volume["schema_name"], volume["name"]) == ("fleet_silver", "raw")
    (vans,) = resources(made, "databricks_sql_table").values()
    assert vans["schema_name"] == "fleet_gold"
    assert "shared.fleet_gold.trips" in vans["view_definition"]
    assert "shared.fleet_silver.positions" in vans["view_definition"]
    (shared,) = resources(made, "databricks_share").values()
    assert [(one["name"], one["shared_as"]) for one in shared["object"]] == [
        ("shared.fleet_gold.trips", "gold.trips")
    ]
    module = next(text.decode() for name, text in made.assets.items() if name.endswith("_contract.py"))
    names = {}
    exec(compile(ast.parse(module), "trips_contract", "exec"), names)  # noqa: S102 - ours
    assert names["name"]("silver.positions") == "fleet_silver.positions"
    assert names["table"]("gold.trips")["name"] == "fleet_gold.trips"


def test_the_module_of_a_domain_with_its_own_catalog_is_as_it_was():
    """Nothing to translate there."""
    made = compiled(mesh(product("sales.orders")), "prod").stacks["sales-prod"]
    module = next(text.decode() for name, text in made.assets.items() if name.endswith("_contract.py"))
    assert "def name(" not in module
    assert "'name': 'gold" not in module


def test_domains_of_one_catalog_read_one_another_by_their_own_names():
    """`domain.schema.table` in a view is the other domain's; its owner group gets SELECT."""
    made = stacks(
        fleet(),
        domain("canteen", catalog="shared", owner="readers"),
        product("fleet.trips", consumers=(product_consumer("canteen.meals", "trips"),)),
        product(
            "canteen.meals",
            view("meals"),
            pipeline=None,
            views={"meals": "SELECT id FROM fleet.gold.trips"},
            inputs=(port("fleet.trips.trips"),),
        ),
        principals=Principals(
            groups=(*GROUPS[:1], Group(name="readers", members=("deployer",)), GROUPS[2]),
            service_principals=SERVICE_PRINCIPALS,
        ),
    )
    (meals,) = resources(made["canteen-prod"], "databricks_sql_table").values()
    assert "shared.fleet_gold.trips" in meals["view_definition"]
    on_trips = resources(made["fleet-prod"])["databricks_grants.table__fleet_gold__trips"]["grant"]
    assert {"principal": "readers", "privileges": ["SELECT"]} in on_trips


def test_a_domains_own_filter_is_on_its_schemas_and_the_floor_on_the_catalog():
    """A policy of one domain must not govern the others of its catalog."""
    made = stacks(fleet(), mask_policy(), filter_policy("home", of="fleet"))
    assert [
        (body["on_securable_type"], body["on_securable_fullname"])
        for body in resources(made["platform-prod"], "databricks_policy_info").values()
    ] == [("CATALOG", "shared")]
    own = resources(made["fleet-prod"], "databricks_policy_info")
    assert sorted((body["on_securable_type"], body["on_securable_fullname"]) for body in own.values()) == [
        ("SCHEMA", "shared.fleet_bronze"),
        ("SCHEMA", "shared.fleet_gold"),
        ("SCHEMA", "shared.fleet_silver"),
    ]
    assert {body["row_filter"]["function_name"] for body in own.values()} == {"shared.fleet_governance.home"}


def test_requests_for_access_are_for_the_domains_schemas():
    """The catalog is not the domain's to answer for."""
    made = stacks(fleet(schemas={"gold": "Good."}, support=Support(email="f@x.com")))
    assert resources(made["platform-prod"], "databricks_rfa_access_request_destinations") == {}
    (requests,) = resources(made["fleet-prod"], "databricks_rfa_access_request_destinations").values()
    assert requests["securable"] == {"type": "SCHEMA", "full_name": "shared.fleet_gold"}


def test_a_shared_catalog_that_the_platform_does_not_have_is_refused():
    """MF360, with the nearest; without any, with what to add."""
    (finding,) = found(shared_mesh(domain("fleet", catalog="sharde")), "MF360")
    assert (finding.got, finding.allowed, finding.fix) == ("sharde", "shared", "did you mean 'shared'?")
    (finding,) = found(mesh(domain("fleet", catalog="x")), "MF360")
    assert finding.allowed == "the platform has none"
    assert found(shared_mesh(fleet()), "MF360") == []


def test_isolation_belongs_to_the_shared_catalog():
    """MF369: one domain cannot shut out the workspaces of the others."""
    (finding,) = found(shared_mesh(fleet(isolated_to={"local": (2,)})), "MF369")
    assert "SharedCatalog(name='shared')" in finding.fix
    platform = Platform(
        owner="owners", shared_catalogs=(SharedCatalog(name="shared", isolated_to={"local": (2,)}),)
    )
    assert found(shared_mesh(fleet(), platform=platform), "MF369") == []
    made = stacks(fleet(), platform=platform, environment="local")["platform-local"]
    assert list(resources(made, "databricks_workspace_binding")) == [
        "databricks_workspace_binding.shared__shared__2"
    ]


@pytest.mark.parametrize(
    ("parts", "got"),
    [
        (
            (fleet(schemas={"eu_gold": ""}), domain("fleet_eu", catalog="shared", schemas={"gold": ""})),
            "schema 'shared_local.fleet_eu_gold'",
        ),
        ((domain("shared"),), "catalog 'shared_local'"),
    ],
)
def test_names_that_would_meet_in_a_catalog_are_refused(parts, got):
    """MF302: schemas of two domains, or a domain's catalog and a shared one."""
    assert [one.got for one in found(shared_mesh(*parts), "MF302")] == [got]


def test_two_catalogs_of_the_platform_have_two_names():
    """MF302 for a shared catalog that is called as another or as the platform's own."""
    names = (SharedCatalog(name="platform"), SharedCatalog(name="x"), SharedCatalog(name="x"))
    spec = mesh(domain("a"), platform=Platform(owner="owners", shared_catalogs=names))
    assert {one.got for one in found(spec, "MF302")} >= {"catalog 'platform'", "catalog 'x'"}
