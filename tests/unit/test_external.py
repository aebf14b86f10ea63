# SPDX-License-Identifier: Apache-2.0
"""Inputs that the mesh does not make: what code and SQL call them, who must grant them, what is refused."""

import pytest
from tests.meshes import (
    SOURCE,
    column,
    compiled,
    contract,
    evaluated,
    filter_policy,
    found,
    mask_policy,
    mesh,
    port,
    product,
    resources,
    table,
    view,
)

from meshform.cli.show import lines_of_inputs
from meshform.governance.rules.protection import PipelinesReadClear
from meshform.model.catalogs import SharedCatalog
from meshform.model.domain import Platform
from meshform.model.environment import Environment
from meshform.model.inputs import (
    ExternalConnection,
    ExternalTable,
    ExternalVolume,
    MountedShare,
)
from meshform.model.policy import Policy
from meshform.model.product import Pipeline, Volume
from meshform.terraform.contract_module import contract_module

CRM = ExternalTable(
    name="accounts",
    full_name={
        "local": "crm.public.accounts",
        "dev": "crm_test.public.accounts",
        "prod": "crm.public.accounts",
    },
    columns=(column("id"), column("email")),
)
WEATHER = MountedShare(catalog="weather", provider="acme", share={"dev": "try", "prod": "all", "local": "x"})
FILES = ExternalVolume(name="scans", full_name="archive.raw.scans")
ERP = ExternalConnection(name="erp", connection={"local": "erp_x", "dev": "erp_test", "prod": "erp"})


def reader(*inputs, **fields):
    """The product `a.a` that reads them."""
    return product("a.a", **{"inputs": inputs, **fields})


def configuration(spec, environment) -> dict[str, str]:
    """What the pipeline of `a.a` is told."""
    stack = compiled(spec, environment).stacks[f"a-{environment}"]
    return resources(stack)["databricks_pipeline.a"]["configuration"]


def test_code_asks_for_external_inputs_by_names_that_know_no_environment():
    """Tables and volumes as those of the mesh, connections by a function of their own."""
    rain = WEATHER.table("daily.rain", name="rainfall")
    spec = mesh(reader(CRM, rain, WEATHER.volume("daily.maps"), FILES, ERP, volumes=()))
    assert configuration(spec, "dev") == {
        "meshform.input.accounts": "crm_test.public.accounts",
        "meshform.input.rainfall": "weather_dev.daily.rain",
        "meshform.volume.maps": "/Volumes/weather_dev/daily/maps",
        "meshform.volume.scans": "/Volumes/archive/raw/scans",
        "meshform.connection.erp": "erp_test",
    }
    assert configuration(spec, "prod")["meshform.input.rainfall"] == "weather.daily.rain"
    assert configuration(spec, "prod")["meshform.connection.erp"] == "erp"


def test_the_module_of_the_contract_knows_connections_only_where_there_are_some():
    """So nothing changes, and no pipeline runs again, for products without."""
    with_one, without = (
        contract_module(evaluated(mesh(reader(*inputs))).mesh.products["a.a"]).decode()
        for inputs in ((ERP,), (CRM,))
    )
    function = with_one[with_one.index("def connection") : with_one.index("def _ddl")]
    assert with_one.replace(function, "") == without
    assert 'conf.get(f"meshform.connection.{name}")' in function
    compile(with_one, "a_contract.py", "exec")


def test_what_the_mesh_does_not_own_it_does_not_grant():
    """Nothing is emitted for an existing table, volume or connection outside of the local workspace."""
    plain, reading = (compiled(mesh(reader(*i)), "prod").stacks for i in ((), (CRM, FILES, ERP)))
    for name in plain:
        assert sorted(resources(plain[name])) == sorted(resources(reading[name]))


def test_a_mounted_share_is_a_catalog_and_its_readers_are_granted():
    """By the platform's stack, with a grant for each principal; never on the whole share."""
    spec = mesh(reader(WEATHER.table("daily.rain"), WEATHER.volume("daily.maps")))
    platform = resources(compiled(spec, "prod").stacks["platform-prod"])
    assert platform["databricks_catalog.share__weather"] == {
        "name": "weather",
        "owner": "owners",
        "force_destroy": False,
        "provider_name": "acme",
        "share_name": "all",
        "lifecycle": {"prevent_destroy": True},
    }
    grants = {
        address: body["privileges"]
        for address, body in platform.items()
        if address.startswith("databricks_grant.") and body["principal"] == "runner-prod-id"
    }
    assert len(grants) == 4
    assert sorted(grants.values()) == [["READ_VOLUME"], ["SELECT"], ["USE_CATALOG"], ["USE_SCHEMA"]]
    assert platform[next(a for a, p in grants.items() if p == ["USE_CATALOG"])]["depends_on"] == [
        "databricks_catalog.share__weather"
    ]


def test_a_local_workspace_gets_stand_ins_with_the_declared_columns():
    """With their catalogs, schemas and grants, since there is nobody else to make them there."""
    spec = mesh(reader(CRM, FILES, ERP, WEATHER.table("daily.rain")))
    platform = resources(compiled(spec, "local").stacks["platform-local"])
    made = platform["databricks_sql_table.external__crm__public__accounts"]
    assert [one["name"] for one in made["column"]] == ["id", "email"]
    assert "databricks_volume.external__archive__raw__scans" in platform
    assert platform["databricks_connection.external__erp_x"]["name"] == "erp_x"
    assert "provider_name" not in platform["databricks_catalog.share__weather"]
    assert "databricks_sql_table.external__weather_local__daily__rain" in platform
    spec = spec.model_copy(
        update={"environments": (Environment.local(deployer="deployer", creates_external=False),)}
    )
    platform = resources(compiled(spec, "local").stacks["platform-local"])
    assert not [a for a in platform if "external" in a]
    assert platform["databricks_catalog.share__weather"]["share_name"] == "x"


def test_a_view_reads_an_external_table_by_its_name_and_its_owner_needs_the_rights():
    """The name becomes the full one of the environment."""
    a = reader(CRM, contract=contract(table("a"), view("v")), views={"v": "SELECT id FROM accounts"})
    assert evaluated(mesh(a), "dev").views["a_dev.gold.v"].sql == "SELECT id FROM crm_test.public.accounts"
    shared = reader(
        WEATHER.table("daily.rain"),
        contract=contract(view("v")),
        views={"v": "SELECT id FROM rain"},
        pipeline=None,
    )
    platform = resources(compiled(mesh(shared), "prod").stacks["platform-prod"])
    assert {
        body["principal"]
        for address, body in platform.items()
        if address.startswith("databricks_grant.table")
    } == {"owners"}


def test_the_sql_of_a_view_is_checked_against_the_declared_columns():
    """MF357; without columns nothing is known."""

    def of(external):
        sql = {"v": "SELECT idd AS id FROM accounts"}
        return mesh(reader(external, contract=contract(view("v")), views=sql, pipeline=None))

    (finding,) = found(of(CRM), "MF357")
    assert (finding.got, finding.fix) == ("idd", "did you mean 'id'?")
    assert not found(of(CRM.model_copy(update={"columns": ()})), "MF357")
    misspelt = reader(CRM, contract=contract(view("v")), views={"v": "SELECT id FROM acounts"}, pipeline=None)
    (finding,) = found(mesh(misspelt), "MF354")
    assert finding.fix == "did you mean 'accounts'?"


def test_classes_on_columns_of_an_external_table_count():
    """MF407 for a pipeline that is not exempt."""
    secret = CRM.model_copy(update={"columns": (column("email", classification="personal"),)})
    rules = Policy(name="rules", rules=(PipelinesReadClear(),))
    writer = Pipeline(source=SOURCE, run_as="writer")
    (finding,) = found(mesh(reader(secret, pipeline=writer), mask_policy(), filter_policy(), rules), "MF407")
    assert finding.got == "writer"
    assert not found(mesh(reader(secret), mask_policy(), rules), "MF407")


@pytest.mark.parametrize(
    "spec",
    [
        mesh(reader(CRM, CRM)),
        mesh(reader(CRM, FILES.model_copy(update={"name": "accounts"}))),
        mesh(product("a.a", table("accounts"), inputs=(CRM,))),
        mesh(reader(FILES, volumes=(Volume(name="scans", schema_name="gold"),))),
    ],
)
def test_two_things_of_one_name_in_a_product_are_refused(spec):
    """MF420: code and SQL could not tell them apart."""
    (finding,) = found(spec, "MF420")
    assert finding.place.line == 10


def test_an_input_without_a_name_in_the_environment_is_told():
    """MF421, for tables, connections, and what is said of a share."""
    nowhere = {"prod": "crm.public.accounts"}
    for external in (
        CRM.model_copy(update={"full_name": nowhere}),
        ExternalConnection(name="erp", connection={"prod": "erp"}),
        MountedShare(catalog="w", provider="p", share={"prod": "s"}).table("s.t"),
        MountedShare(catalog="w", provider={"prod": "p"}, share="s").table("s.t"),
    ):
        (finding,) = found(mesh(reader(external)), "MF421")
        assert finding.got == "names for prod"
        assert "local" in finding.fix
        assert not found(mesh(reader(external)), "MF421", "prod")


@pytest.mark.parametrize(
    ("external", "got"),
    [
        (CRM.model_copy(update={"full_name": "accounts"}), "accounts"),
        (FILES.model_copy(update={"full_name": "a.b.c.d"}), "a.b.c.d"),
        (WEATHER.table("rain"), "rain"),
    ],
)
def test_a_name_with_too_few_or_too_many_parts_is_told(external, got):
    """MF422."""
    (finding,) = found(mesh(reader(external)), "MF422")
    assert finding.got == got


def test_names_of_what_others_make_follow_unity_catalogs_rules_too():
    """They reach SQL and grants."""
    bad = CRM.model_copy(update={"full_name": "crm.public.`x"})
    assert [f.got for f in found(mesh(reader(bad)), "MF342")] == ["`x"]
    assert found(mesh(reader(ExternalConnection(name="erp", connection="a;b"))), "MF342")
    assert found(mesh(reader(CRM.model_copy(update={"name": "a b"}))), "MF342")


def test_what_a_catalog_of_the_mesh_holds_is_read_as_a_port():
    """MF423, of a domain's catalog and of the platform's."""
    for name, words in (("b_local.gold.b", "domain 'b'"), ("platform_local.x.y", "the platform")):
        spec = mesh(reader(CRM.model_copy(update={"full_name": name})), product("b.b"))
        (finding,) = found(spec, "MF423")
        assert finding.got.endswith(words)


def test_a_shared_catalog_is_one_of_the_meshs_catalogs():
    """MF423 and MF424, also where no domain is in it yet."""
    platform = Platform(owner="owners", shared_catalogs=(SharedCatalog(name="shared"),))
    inside = CRM.model_copy(update={"full_name": "shared_local.x.y"})
    (finding,) = found(mesh(reader(inside), platform=platform), "MF423")
    assert finding.got.endswith("several domains")
    mounted = MountedShare(catalog="shared", provider="p", share="s").table("s.t")
    assert found(mesh(reader(mounted), platform=platform), "MF424")


def test_the_text_of_a_mounted_share_is_looked_at_as_every_text():
    """MF361 for a secret in its comment."""
    secret = "dapi" + "0123456789abcdef" * 2
    share = MountedShare(catalog="w", provider="p", share="s", comment=f"token {secret}")
    (finding,) = found(mesh(reader(share.table("s.t"))), "MF361")
    assert secret not in str(finding)


def test_a_share_has_a_catalog_of_its_own_and_products_agree_on_it():
    """MF424 and MF425; two products that say the same are fine."""
    taken = MountedShare(catalog="b", provider="p", share="s").table("s.t")
    assert found(mesh(reader(taken), product("b.b")), "MF424")
    other = MountedShare(catalog="weather", provider="other", share="s").table("s.t")
    (finding,) = found(mesh(reader(WEATHER.table("daily.rain")), product("b.b", inputs=(other,))), "MF425")
    assert "a.a" in finding.got
    assert "b.b" in finding.got
    same = mesh(reader(WEATHER.table("daily.rain")), product("b.b", inputs=(WEATHER.table("daily.wind"),)))
    assert not evaluated(same).errors
    assert "databricks_catalog.share__weather" in resources(compiled(same).stacks["platform-local"])


def test_ports_and_external_inputs_stand_side_by_side():
    """The order of stacks follows the ports alone."""
    spec = mesh(
        product("b.b", consumers=()),
        reader(port("b.b.b"), CRM),
    )
    assert [f.code for f in evaluated(spec).errors] == ["MF312"]


def test_the_graph_of_products_has_an_edge_for_each_input_sorted():
    """`mesh.spec.edges`, with the producer where a product makes it."""
    spec = mesh(product("b.b"), reader(port("b.b.b"), FILES, ERP, CRM))
    assert spec.edges == (
        ("a.a", "accounts", "table", None),
        ("a.a", "b.b.b", "port", "b.b"),
        ("a.a", "erp", "connection", None),
        ("a.a", "scans", "volume", None),
    )
    assert spec.edges[1].producer == "b.b"


def test_show_tells_who_needs_what_from_whom():
    """For what the mesh does not grant itself; a mounted share it does."""
    spec = mesh(
        reader(
            CRM,
            ERP,
            WEATHER.table("daily.rain"),
            contract=contract(table("a"), view("v")),
            views={"v": "SELECT id FROM accounts"},
        )
    )
    resolved = evaluated(spec, "prod").mesh
    assert list(lines_of_inputs(resolved.products["a.a"], resolved)) == [
        "reads accounts, table crm.public.accounts",
        (
            "  runner and owners must have from its owner: USE_CATALOG on crm, USE_SCHEMA on crm.public,"
            " SELECT on crm.public.accounts"
        ),
        "reads erp, foreign connection erp",
        "  runner and owners must have from its owner: USE_CONNECTION on erp",
        "reads rain, table weather.daily.rain",
    ]
    local = evaluated(spec, "local").mesh
    assert list(lines_of_inputs(local.products["a.a"], local))[1] == "  a stand-in in this environment"
