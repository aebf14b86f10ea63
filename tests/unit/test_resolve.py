# SPDX-License-Identifier: Apache-2.0
"""Following every reference of a mesh in one environment, and what is found wrong on the way."""

from datetime import date

import pytest
from tests.meshes import (
    DEV,
    GROUPS,
    LOCAL,
    PROD,
    SERVICE_PRINCIPALS,
    SOURCE,
    at,
    column,
    contract,
    domain,
    evaluated,
    filter_policy,
    found,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    table,
    view,
)

from meshform.model.domain import Platform
from meshform.model.environment import Environment
from meshform.model.findings import MeshformError, Severity
from meshform.model.policy import Classification, MaskFunction, Policy
from meshform.model.principals import Group, Principals, ServicePrincipal
from meshform.model.product import Pipeline, Volume
from meshform.model.resolve import environment_of, resolve
from meshform.model.share import Recipient, Share


def one(spec, code, environment="local"):
    """The only finding of a code."""
    (finding,) = found(spec, code, environment)
    return finding


def reads(address, *ports, **fields):
    """A product that reads ports, with a table of its own."""
    return product(address, inputs=tuple(port(p) for p in ports), **fields)


def shared_with(*addresses, of):
    """A product whose port of the same name is read by other products."""
    return product(of, consumers=tuple(product_consumer(a) for a in addresses))


def test_a_clean_mesh_has_no_findings():
    """The helpers of these tests make meshes without findings, in every environment."""
    spec = mesh(product("sales.sold"), mask_policy(), filter_policy(of="sales"))
    assert [evaluated(spec, name).findings for name in ("local", "dev", "prod")] == [(), (), ()]


def test_an_unknown_environment_is_refused_with_those_there_are():
    """MF301 says how to choose."""
    with pytest.raises(MeshformError) as caught:
        environment_of(mesh(), "prd")
    (finding,) = caught.value.findings
    assert (finding.code, finding.got, finding.allowed) == ("MF301", "prd", "local, dev, prod")
    assert "MESHFORM_ENV" in finding.fix
    assert str(finding.place) == "domains/__init__.py:5 (mesh)"


# names


@pytest.mark.parametrize("twin", ["sales-data", "Sales_Data", "SALES_data"])
def test_two_domains_of_one_name_are_found_with_both_places(twin):
    """MF302: case, `-` and `_` do not tell domains apart (fault 2)."""
    spec = mesh(domain("sales_data", place=at(1)), domain(twin, place=at(7)))
    assert [(str(f.place), f.got) for f in found(spec, "MF302") if f.summary.startswith("two domains")] == [
        ("domains/x.py:7", f"{twin!r}, and 'sales_data' at domains/x.py:1")
    ]


def test_two_products_of_one_name_are_found():
    """MF302 within a domain."""
    spec = mesh(product("sales.sold"), product("sales.Sold", table("other"), place=at(7)))
    finding = one(spec, "MF302")
    assert finding.summary.startswith("two products have one name")
    assert (str(finding.place), finding.got) == (
        "domains/x.py:7",
        "'sales.Sold', and 'sales.sold' at domains/sales.py:10 (mesh/sales/sold)",
    )


def test_two_environments_of_one_name_are_found():
    """MF302: the second would never be chosen."""
    finding = one(mesh(environments=(LOCAL, DEV, DEV)), "MF302")
    assert (finding.summary, finding.got) == ("two environments have one name", "dev")


@pytest.mark.parametrize(
    ("name", "other", "got"),
    [
        ("platform", "the platform", "stack 'platform-local'"),
        ("account", "the account", "stack 'account-local'"),
        ("shared", "the platform", "catalog 'shared_local'"),
    ],
)
def test_a_domain_that_would_take_a_place_of_the_platform_is_refused(name, other, got):
    """MF302: its stack would replace the platform's or the account's, its catalog the platform's."""
    finding = one(mesh(domain(name), platform=Platform(owner="owners", catalog="shared")), "MF302")
    assert finding.summary == f"domain {name!r} and {other} would have one name"
    assert finding.got == got
    assert finding.place.file == f"domains/{name}.py"


def test_domains_that_would_share_a_state_or_catalog_in_different_environments_are_refused():
    """MF302: `sales` in `north-test` is `sales_north` in `test`, for Terraform's state and the metastore."""
    environments = (LOCAL, Environment(name="test", deployer="deployer"), PROD)
    environments += (Environment(name="north-test", deployer="deployer"),)
    finding = one(mesh(domain("sales"), domain("sales_north"), environments=environments), "MF302")
    assert finding.summary == "domain 'sales_north' and domain 'sales' would have one name"
    assert finding.got == "stack 'sales-north-test'"


def test_two_products_whose_pipelines_would_have_one_name_are_refused():
    """MF302: Databricks keeps one pipeline of a name, `domain_product`."""
    spec = mesh(product("a_b.c", table("t")), product("a.b_c", table("t")))
    finding = one(spec, "MF302")
    assert finding.got == "'a_b_c', also of a_b.c at domains/a_b.py:10 (mesh/a_b/c)"


@pytest.mark.parametrize("name", ["sales_dev", "sales_local"])
def test_a_domain_that_ends_like_an_environment_is_refused(name):
    """MF305, whatever environment is chosen: in production it would be another one's catalog."""
    spec = mesh(domain(name))
    finding = one(spec, "MF305", "prod")
    assert (finding.got, finding.fix) == (name, "rename the domain")
    assert finding.allowed == f"a name that does not end with '_{name.partition('_')[2]}'"


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (mesh(domain("a b")), "catalog"),
        (mesh(domain("sales", schemas={"go.ld": ""})), "schema"),
        (mesh(platform=Platform(owner="owners", catalog="a/b")), "catalog"),
        (mesh(platform=Platform(owner="owners", schema_name="a;b")), "schema"),
        (mesh(product("sales.sold", table("so`ld"))), "table"),
        (mesh(product("sales.sold", table("sold", column("a'b")))), "column"),
        (mesh(product("sales.so ld", table("t"))), "product"),
        (mesh(product("sales.s", volumes=(Volume(name="a\nb", schema_name="gold"),))), "volume"),
        (mesh(filter_policy("a.b")), "function"),
        (
            mesh(
                Policy(
                    name="p",
                    classifications=(Classification(name="c", mask=MaskFunction(name="a-b\0", body="1")),),
                )
            ),
            "function",
        ),
        (
            mesh(
                product(
                    "sales.s", shares=(Share(name="a b", ports=("s",), recipients=(Recipient(name="r"),)),)
                )
            ),
            "share",
        ),
        (
            mesh(
                product(
                    "sales.s", shares=(Share(name="s", ports=("s",), recipients=(Recipient(name="r/x"),)),)
                )
            ),
            "recipient",
        ),
    ],
)
def test_every_kind_of_name_is_checked(spec, kind):
    """MF342 says what is named (fault 5)."""
    assert {f.summary.split(" holds ")[0] for f in found(spec, "MF342")} == {f"the name of a {kind}"}


# tables, views, schemas


def test_a_view_without_sql_is_refused():
    """MF306 shows what to give to the product."""
    finding = one(mesh(product("sales.sold", view("top", place=at(3)))), "MF306")
    assert finding.summary == "a view of the contract has no SQL"
    assert (str(finding.place), finding.got) == ("domains/x.py:3", "top")
    assert finding.fix == "give `views={'top': ...}` to the product"


def test_sql_for_what_is_no_view_is_refused():
    """MF306 the other way round."""
    finding = one(mesh(product("sales.sold", table("top"), views={"top": "SELECT 1 AS id"})), "MF306")
    assert finding.summary == "there is SQL for a view that the contract does not call a view"
    assert finding.fix == "set `physicalType: view`, or remove the SQL"


def test_a_view_that_the_contract_does_not_know_is_refused():
    """MF307 lists what the contract has."""
    finding = one(mesh(product("sales.sold", views={"top": "SELECT id FROM sold"})), "MF307")
    assert (finding.got, finding.allowed) == ("top", "sold")
    assert finding.place.construct_path == "mesh/sales/sold"


def test_a_table_or_volume_in_an_unknown_schema_names_the_nearest():
    """MF308 lists the domain's schemas."""
    spec = mesh(
        product(
            "sales.sold",
            table("sold", schema_name="glod", place=at(4)),
            volumes=(Volume(name="landing", schema_name="landing"),),
        )
    )
    first, second = found(spec, "MF308")
    assert first.summary == "table 'sold' is in a schema that its domain does not have"
    assert (str(first.place), first.got, first.allowed, first.fix) == (
        "domains/x.py:4",
        "glod",
        "bronze, silver, gold",
        "did you mean 'gold'?",
    )
    assert second.summary == "volume 'landing' is in a schema that its domain does not have"
    assert second.fix == "add the schema to domain 'sales'"


def test_a_table_that_nothing_makes_is_refused():
    """MF329: without a pipeline, a job or an entry in `tables` a contract holds views only."""
    spec = mesh(
        product("sales.sold", table("sold"), view("top"), views={"top": "SELECT id FROM sold"}, pipeline=None)
    )
    finding = one(spec, "MF329")
    assert finding.summary == "nothing makes table 'sold': the product has no pipeline and no job"
    assert "tables={'sold': ManagedTable()}" in finding.fix


def test_two_products_that_make_one_table_are_refused_with_both_places():
    """MF313 is an error, since the later would replace the other's data (fault 3)."""
    spec = mesh(
        product("sales.one", table("sold", place=at(3, "one.yaml"))),
        product("sales.two", table("SOLD", schema_name="gold", place=at(9, "two.yaml"))),
        product("stock.one", table("sold")),
    )
    finding = one(spec, "MF313")
    assert finding.severity is Severity.ERROR
    assert str(finding.place) == "two.yaml:9"
    assert finding.got == "sales_local.gold.SOLD of sales.two, and of sales.one at one.yaml:3"


def test_one_product_that_makes_a_table_twice_is_refused():
    """MF313: `sold` and `gold.sold` are one table where gold is the product's schema."""
    spec = mesh(product("sales.one", table("sold"), table("sold", schema_name="gold", place=at(8, "c.yaml"))))
    finding = one(spec, "MF313")
    assert (finding.summary, str(finding.place)) == ("sales.one makes one object twice", "c.yaml:8")


def test_two_products_with_one_volume_are_refused():
    """MF313 for volumes; a table of the same name is something else."""
    volumes = (Volume(name="landing", schema_name="bronze"),)
    spec = mesh(
        product("sales.one", volumes=volumes),
        product("sales.two", volumes=volumes),
        product("sales.three", table("landing", schema_name="bronze")),
    )
    assert one(spec, "MF313").got.startswith(
        "sales_local.bronze.landing (volume) of sales.two, and of sales.one"
    )


def test_a_share_of_two_products_and_a_recipient_of_two_domains_are_refused():
    """MF313: both are objects of the metastore, and two stacks would make them."""

    def shares(name, recipient="partner"):
        return (Share(name=name, ports=("x",), recipients=(Recipient(name=recipient),)),)

    spec = mesh(
        product("a.one", table("x"), shares=shares("s")),
        product("a.two", table("x", schema_name="gold"), schema_name="gold", shares=shares("t")),
        product("b.three", table("x"), shares=shares("S", "other")),
        product("b.four", table("y"), table("x", schema_name="gold"), shares=shares("u", "Partner")),
    )
    got = [f.got for f in found(spec, "MF313")]
    assert "share 'S', also of a.one at domains/a.py:10 (mesh/a/one)" in got
    assert "recipient 'Partner', also of a.one at domains/a.py:10 (mesh/a/one)" in got
    assert not any("'t'" in text or "recipient 'partner'" in text for text in got)


# consumers


def test_a_consumer_of_an_unknown_port_is_refused_with_the_nearest():
    """MF309 for each unknown port; nobody is let in."""
    spec = mesh(product("sales.sold", consumers=(group_consumer("sodl", "zzzzzz"),)))
    first, second = found(spec, "MF309")
    assert first.summary == "consumer 'readers' is given a port that the product does not have"
    assert (first.got, first.allowed, first.fix) == ("sodl", "sold", "did you mean 'sold'?")
    assert second.fix == "name one of its ports"
    assert evaluated(spec).mesh.products["sales.sold"].readers == ()


def test_a_table_outside_of_the_products_schema_is_no_port():
    """MF309: internal tables have no consumers."""
    spec = mesh(
        product(
            "sales.sold",
            table("sold"),
            table("raw", schema_name="bronze"),
            consumers=(group_consumer("raw"),),
        )
    )
    assert one(spec, "MF309").got == "raw"


def test_a_consumer_without_ports_reads_every_port():
    """The default of `ports` is all of them, and internal tables are none."""
    spec = mesh(
        product(
            "s.p", table("a"), table("b"), table("raw", schema_name="bronze"), consumers=(group_consumer(),)
        )
    )
    (reader,) = evaluated(spec).mesh.products["s.p"].readers
    assert (reader.ports, reader.principals) == (("a", "b"), ("readers",))


def test_a_consumer_that_is_no_product_is_refused_with_the_nearest():
    """MF310 lists the products."""
    spec = mesh(product("sales.sold", consumers=(product_consumer("sales.sodl"),)))
    finding = one(spec, "MF310")
    assert (finding.got, finding.allowed, finding.fix) == (
        "sales.sodl",
        "sales.sold",
        "did you mean 'sales.sold'?",
    )


def test_a_product_as_consumer_is_its_pipelines_service_principal():
    """The application id of the environment; a product without a pipeline has none."""
    shown = view("v", column("id"))
    spec = mesh(
        product("a.a", consumers=(product_consumer("b.b"), product_consumer("b.views"))),
        reads("b.b", "a.a.a"),
        reads(
            "b.views",
            "a.a.a",
            contract=contract(shown),
            views={"v": "SELECT id FROM a.gold.a"},
            pipeline=None,
        ),
    )
    for environment, expected in (("prod", "runner-prod-id"), ("dev", "runner-dev-id")):
        readers = evaluated(spec, environment).mesh.products["a.a"].readers
        assert [reader.principals for reader in readers] == [(expected,), ()]


def test_access_that_ends_needs_a_day_to_be_evaluated():
    """MF324: without a day nobody can tell whether it has ended."""
    spec = mesh(product("s.p", consumers=(group_consumer(until=date(2030, 1, 31)),)))
    finding = one(spec, "MF324")
    assert (finding.got, finding.severity) == ("2030-01-31", Severity.ERROR)
    assert "MESHFORM_TODAY" in finding.fix
    assert evaluated(spec).mesh.products["s.p"].readers == ()


def test_access_lasts_through_its_last_day_and_not_longer():
    """The last day is inclusive; afterwards a warning MF325 says that nothing is granted."""
    given = product("s.p", consumers=(group_consumer(until=date(2030, 1, 31)),))
    last = mesh(given, today=date(2030, 1, 31))
    assert evaluated(last).findings == ()
    assert len(evaluated(last).mesh.products["s.p"].readers) == 1
    after = mesh(given, today=date(2030, 2, 1))
    finding = one(after, "MF325")
    assert finding.severity is Severity.WARNING
    assert finding.got == "until 2030-01-31, today is 2030-02-01"
    assert evaluated(after).mesh.products["s.p"].readers == ()


# inputs


def test_an_input_that_does_not_exist_is_refused_with_the_nearest():
    """MF311 for an unknown product, port or internal table."""
    spec = mesh(
        product("a.a", table("a"), table("raw", schema_name="bronze"), consumers=(product_consumer("b.b"),)),
        reads("b.b", "a.a.aa", "nowhere.at.all", "a.a.raw", "a.a.a"),
    )
    findings = {f.got: f.fix for f in found(spec, "MF311")}
    assert findings == {
        "a.a.aa": "did you mean 'a.a.a'?",
        "nowhere.at.all": "declare the port in the contract of that product",
        "a.a.raw": "did you mean 'a.a.a'?",
    }


def test_a_product_that_is_not_listed_by_the_producer_is_refused():
    """MF312 names both sides and what to ask for; a consumer of another port does not count."""
    spec = mesh(
        product("a.a", table("x"), table("y"), consumers=(product_consumer("b.b", "y"), group_consumer())),
        reads("b.b", "a.a.x"),
    )
    finding = one(spec, "MF312")
    assert finding.summary == "b.b reads a.a.x, whose producer does not list it as a consumer"
    assert finding.got == "consumers of a.a: b.b, readers"
    assert "Consumer(product='b.b', ...) at domains/a.py:10 (mesh/a/a)" in finding.fix
    assert one(mesh(product("a.a"), reads("b.b", "a.a.a")), "MF312").got == "consumers of a.a: none"


def test_a_consumer_whose_access_has_ended_reads_no_longer():
    """MF312 follows MF325, so that the consumer's pipeline does not fail at night."""
    ended = product_consumer("b.b", until=date(2030, 1, 1))
    spec = mesh(product("a.a", consumers=(ended,)), reads("b.b", "a.a.a"), today=date(2030, 1, 2))
    assert {f.code for f in evaluated(spec).findings} == {"MF312", "MF325"}


def test_a_circle_of_products_is_shown_with_its_whole_path_and_each_place():
    """MF314 for a -> b -> c -> a, once, with file and line of each (fault 1)."""
    spec = mesh(
        reads("a.a", "b.b.b", consumers=(product_consumer("c.c"),), place=at(1, "a.py")),
        reads("b.b", "c.c.c", consumers=(product_consumer("a.a"),), place=at(2, "b.py")),
        reads("c.c", "a.a.a", consumers=(product_consumer("b.b"),), place=at(3, "c.py")),
        product("d.d"),
    )
    finding = one(spec, "MF314")
    assert finding.got == "a.a -> b.b -> c.c -> a.a"
    assert finding.fix == "remove one of these inputs: a.a at a.py:1; b.b at b.py:2; c.c at c.py:3"
    assert str(finding.place) == "c.py:3"


def test_two_circles_are_both_told_and_what_leads_to_one_is_left_out():
    """Each circle once, however the mesh enters it; a product that reads itself is a circle."""
    spec = mesh(
        reads("z.z", "a.a.a"),
        reads("a.a", "b.b.b"),
        reads("b.b", "a.a.a", "c.c.c"),
        reads("c.c", "c.c.c"),
    )
    assert sorted(f.got for f in found(spec, "MF314")) == ["a.a -> b.b -> a.a", "c.c -> c.c"]


def test_a_long_chain_of_products_needs_no_deep_stack():
    """Two thousand products, each reading the one before."""
    chain = [product("d.p0", consumers=(product_consumer("d.p1"),))]
    chain += [
        reads(f"d.p{i}", f"d.p{i - 1}.p{i - 1}", consumers=(product_consumer(f"d.p{i + 1}"),))
        for i in range(1, 2000)
    ]
    chain[-1] = reads("d.p1999", "d.p1998.p1998")
    _, findings = resolve(mesh(*chain), LOCAL)
    assert findings == []


# principals


@pytest.mark.parametrize(
    ("part", "role"),
    [
        (domain("s", owner="Readers"), "the owner of domain 's'"),
        (product("s.p", consumers=(group_consumer(group="Readers"),)), "a consumer"),
        (
            product("s.p", volumes=(Volume(name="v", schema_name="gold", writers=("Readers",)),)),
            "a writer of 'v'",
        ),
        (product("s.p", pipeline=Pipeline(source=SOURCE, run_as="Readers")), "the pipeline's `run_as`"),
        (
            Policy(name="p", classifications=(Classification(name="c", exempt=("Readers",)),)),
            "exempt from 'c'",
        ),
    ],
)
def test_a_principal_in_the_wrong_case_is_refused_with_the_right_one(part, role):
    """MF303 wherever a principal is named: group names are case-sensitive (fault 18)."""
    finding = one(mesh(part), "MF303")
    assert finding.summary == f"{role} is not a principal of the mesh"
    assert (finding.got, finding.fix) == ("Readers", "did you mean 'readers'?")
    assert "in its exact case" in finding.allowed


def test_unknown_principals_of_the_mesh_itself_are_refused():
    """MF303 for deployer, platform owner, members and approvers; one that is near nothing has another fix."""
    consumer = group_consumer().model_copy(update={"approver": "zzzzzzzz"})
    spec = mesh(
        product("s.p", consumers=(consumer,)),
        environments=(Environment.local(deployer="deploier"),),
        platform=Platform(owner="ownerz"),
        principals=Principals(
            groups=(*GROUPS, Group(name="more", members=("runer",))), service_principals=SERVICE_PRINCIPALS
        ),
    )
    assert {
        f.summary.removesuffix(" is not a principal of the mesh"): f.fix for f in found(spec, "MF303")
    } == {
        "the deployer of environment 'local'": "did you mean 'deployer'?",
        "the owner of the platform's catalog": "did you mean 'owners'?",
        "a member of group 'more'": "did you mean 'runner'?",
        "the approver of 'readers'": "declare it in the mesh's principals",
    }


def test_a_service_principal_needs_an_application_id_where_it_is_used():
    """MF315 in the environment that has none; the local workspace needs none."""
    principals = Principals(
        groups=GROUPS,
        service_principals=(
            *SERVICE_PRINCIPALS[:1],
            ServicePrincipal(name="runner", application_ids={"dev": "x"}),
        ),
    )
    spec = mesh(product("s.p"), principals=principals)
    assert found(spec, "MF315", "local") == []
    assert found(spec, "MF315", "dev") == []
    findings = found(spec, "MF315", "prod")
    assert {f.got for f in findings} == {"runner"}
    assert {f.fix for f in findings} == {"give its `application_ids` an entry 'prod'"}


def test_a_pipeline_does_not_run_as_a_group():
    """MF316 asks for a service principal."""
    finding = one(mesh(product("s.p", pipeline=Pipeline(source=SOURCE, run_as="readers"))), "MF316")
    assert (finding.got, finding.allowed) == ("readers", "a service principal")


def test_the_deployer_must_be_in_the_groups_that_own_catalogs():
    """MF326 for the platform's and each domain's catalog, unless it is an admin of the metastore."""
    lonely = Principals(groups=(Group(name="owners"), *GROUPS[1:]), service_principals=SERVICE_PRINCIPALS)
    spec = mesh(domain("sales"), principals=lonely)
    findings = found(spec, "MF326")
    assert [f.summary for f in findings] == [
        "the deployer of 'local' is not in the group that owns the platform's catalog",
        "the deployer of 'local' is not in the group that owns domain 'sales'",
    ]
    assert findings[0].got == "'deployer' in 'owners'"
    admin = Environment(name="prod", deployer="deployer", production=True, metastore_admin=True)
    assert found(spec.model_copy(update={"environments": (admin,)}), "MF326", "prod") == []


def test_the_deployer_may_be_a_member_of_a_member():
    """Groups may hold groups."""
    nested = (
        Group(name="owners", members=("admins",)),
        Group(name="admins", members=("deployer",)),
        *GROUPS[1:],
    )
    spec = mesh(principals=Principals(groups=nested, service_principals=SERVICE_PRINCIPALS))
    assert found(spec, "MF326") == []


# protections


def test_a_domain_brings_no_classes_of_its_own():
    """MF327: data keeps its class on its way between domains."""
    spec = mesh(domain("s"), mask_policy(domain="s", place=at(4)))
    finding = one(spec, "MF327")
    assert (finding.got, str(finding.place)) == ("personal", "domains/x.py:4")
    assert finding.fix == "declare it in a GovernancePolicy of the Mesh"


def test_a_class_or_function_that_is_declared_twice_is_refused():
    """MF328 where two policies meet: two of the mesh, or one of the mesh and one of a domain."""
    spec = mesh(mask_policy(place=at(1)), mask_policy(name="personal", place=at(2)))
    assert [f.got for f in found(spec, "MF328")] == [
        "'personal', also by policy 'personal' at domains/x.py:1",
        "'mask_personal', also by policy 'personal' at domains/x.py:1",
    ]
    spec = mesh(domain("s"), filter_policy(place=at(1)), filter_policy(of="s", place=at(2)))
    finding = one(spec, "MF328")
    assert (finding.summary, str(finding.place)) == ("a function is declared twice", "domains/x.py:2")


def test_two_domains_may_each_have_a_row_filter_of_one_name():
    """Each function is in the catalog of its domain."""
    spec = mesh(domain("a"), domain("b"), filter_policy(of="a"), filter_policy(of="b"))
    assert found(spec, "MF328") == []


# what comes out


@pytest.mark.parametrize(
    ("environment", "catalog"), [("local", "sales_local"), ("dev", "sales_dev"), ("prod", "sales")]
)
def test_names_carry_the_environment_outside_of_production(environment, catalog):
    """Catalogs of every environment fit into one metastore."""
    resolved = evaluated(mesh(product("sales.sold")), environment).mesh
    assert resolved.domains["sales"].catalog == catalog
    assert list(resolved.tables) == [f"{catalog}.gold.sold"]


def test_policies_of_the_mesh_come_before_those_of_a_domain():
    """A domain is governed by the mesh's policies and its own, not by another domain's."""
    spec = mesh(
        domain("a"), domain("b"), filter_policy("x", of="a"), filter_policy("y", of="b"), mask_policy()
    )
    resolved = evaluated(spec).mesh
    assert [p.name for p in resolved.policies("a")] == ["rows-x", "personal"]
    assert [f.name for f in resolved.row_filters("b")] == ["y"]


def test_all_mistakes_are_told_together():
    """One evaluation finds mistakes of every kind, each once."""
    spec = mesh(
        product(
            "sales.sold",
            table("sold", schema_name="glod"),
            consumers=(group_consumer("nope", group="nobody"),),
        ),
        domain("sales", owner="ownerz"),
    )
    findings = evaluated(spec).findings
    assert {f.code for f in findings} >= {"MF303", "MF308", "MF309"}
    assert len(set(findings)) == len(findings)
