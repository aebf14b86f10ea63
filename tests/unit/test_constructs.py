# SPDX-License-Identifier: Apache-2.0
"""`Domain`, `DataProduct` and `GovernancePolicy`: what they declare, and every misuse they refuse."""

import inspect
from datetime import date
from pathlib import Path

import pytest
from constructs import Construct, RootConstruct
from tests.meshes import SOURCE, column, contract, evaluated, table, view

from meshform import (
    Classification,
    ColumnsDescribed,
    Consumer,
    DataProduct,
    Domain,
    Elsewhere,
    Environment,
    Function,
    GovernancePolicy,
    Group,
    Job,
    ManagedTable,
    MaskFunction,
    Mesh,
    MeshformError,
    Pipeline,
    Platform,
    PortReference,
    Recipient,
    RowFilter,
    Schedule,
    ServicePrincipal,
    Share,
    Support,
    SupportPath,
    Volume,
)
from meshform.domain import LAYERS
from meshform.model.findings import Place
from meshform.terraform.compile import compile_mesh

HERE = "tests/unit/test_constructs.py"
SALES = Path(__file__).parents[2] / "domains" / "orders" / "orders.odcs.yaml"


@pytest.fixture
def mesh() -> Mesh:
    """A mesh without domains."""
    return Mesh(
        RootConstruct(),
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
    )


def line() -> int:
    """The caller's line."""
    return inspect.currentframe().f_back.f_lineno


def refused(call) -> list:
    """The findings of a call that is refused."""
    with pytest.raises(MeshformError) as caught:
        call()
    return list(caught.value.findings)


def test_a_domain_with_an_owner_only_has_the_three_layers_and_nothing_else(mesh):
    """All defaults of a domain: bronze, silver and gold, no description, no support, no tags."""
    here = line() + 1
    domain = Domain(mesh, "sales", owner="owners")
    (spec,) = mesh.spec.domains
    assert spec.model_dump() == {
        "name": "sales",
        "owner": "owners",
        "technical_owners": (),
        "deployer": None,
        "catalog": None,
        "support": {
            "channel": None,
            "email": None,
            "url": None,
            "on_call": None,
            "destinations": (),
            "alert_destinations": (),
        },
        "cost_center": None,
        "storage_root": None,
        "isolated_to": {},
        "description": "",
        "schemas": dict(LAYERS),
        "tags": {},
        "catalog_tags": {},
        "schema_tags": {},
        "retired": (),
        "adopt": False,
        "adopt_schemas": None,
        "place": {"file": HERE, "line": here, "column": None, "construct_path": "mesh/sales"},
    }
    assert (domain.name, domain.path, domain.node.path) == ("sales", "mesh/sales", "mesh/sales")
    assert mesh.domain("sales") is domain


def test_a_domain_keeps_all_that_it_is_given(mesh):
    """All values of a domain reach its spec."""
    Domain(
        mesh,
        "sales",
        owner="owners",
        support=Support(channel="#sales", email="sales@example.com", url="https://example.com"),
        description="What was sold.",
        schemas={"raw": "As it came.", "ready": "For readers."},
        tags={"cost_center": "1"},
    )
    (spec,) = mesh.spec.domains
    assert str(spec.support) == "#sales, sales@example.com, https://example.com"
    assert spec.description == "What was sold."
    assert spec.schemas == {"raw": "As it came.", "ready": "For readers."}
    assert spec.tags == {"cost_center": "1"}


def test_a_product_with_a_contract_only_has_no_pipeline_and_nobody_reads_it(mesh):
    """All defaults of a product: the gold schema, and nothing beside the contract."""
    domain = Domain(mesh, "sales", owner="owners")
    made = contract(table("sold"))
    here = line() + 1
    product = DataProduct(domain, "sold", contract=made)
    (spec,) = mesh.spec.products
    assert spec.contract is made
    assert spec.model_dump(exclude={"contract"}) == {
        "domain": "sales",
        "name": "sold",
        "schema_name": "gold",
        "views": {},
        "pipeline": None,
        "job": None,
        "tables": {},
        "volumes": (),
        "functions": (),
        "inputs": (),
        "consumers": (),
        "monitoring": {
            "anomaly_detection": False,
            "profiles": {},
            "max_run_minutes": None,
            "destinations": (),
        },
        "shares": (),
        "retention": None,
        "renamed_from": None,
        "adopt_tables": {},
        "consumers_file": None,
        "version": None,
        "status": None,
        "sunset": None,
        "replaces": None,
        "description": "",
        "purpose": None,
        "usage": None,
        "limitations": None,
        "tags": {},
        "classification": None,
        "place": {"file": HERE, "line": here, "column": None, "construct_path": "mesh/sales/sold"},
    }
    assert spec.address == "sales.sold"
    assert domain.product("sold") is product


def test_a_product_keeps_all_that_it_is_given(mesh, tmp_path):
    """All values of a product reach its spec; a view's SQL may stand in a file."""
    sql = tmp_path / "top.sql"
    sql.write_text("SELECT id FROM sold", encoding="utf-8")
    values = {
        "schema_name": "ready",
        "pipeline": Pipeline(source=SOURCE, run_as="runner", schedule=Schedule(cron="0 0 * * * ?")),
        "volumes": (Volume(name="landing", schema_name="raw", writers=("shop",)),),
        "inputs": (PortReference(domain="crm", product="people", port="people"),),
        "consumers": (Consumer(group="readers", purpose="x", approver="owners", until=date(2030, 1, 1)),),
        "shares": (Share(name="sold", ports=("sold",), recipients=(Recipient(name="partner"),)),),
        "tables": {"sold": ManagedTable(), "raw": Elsewhere(by="a bundle")},
        "functions": (Function(name="f", returns="int", body="1"),),
        "version": "2.0.0",
        "status": "deprecated",
        "sunset": date(2030, 1, 1),
        "replaces": "old",
        "description": "a",
        "purpose": "b",
        "usage": "c",
        "limitations": "d",
        "tags": {"tier": "1"},
        "classification": "internal",
    }
    domain = Domain(mesh, "sales", owner="owners")
    made = contract(table("sold"), view("top"), view("flop"))
    DataProduct(domain, "sold", contract=made, views={"top": sql, "flop": "SELECT id FROM sold"}, **values)
    (spec,) = mesh.spec.products
    assert {name: getattr(spec, name) for name in values} == values
    assert spec.views == {"top": "SELECT id FROM sold", "flop": "SELECT id FROM sold"}


def test_a_product_replaces_a_product_or_one_of_that_name(mesh):
    """The construct is its address; ports are tables, volumes and functions in its schema."""
    domain = Domain(mesh, "sales", owner="owners")
    old = DataProduct(
        domain,
        "old",
        contract=contract(table("sold"), table("raw", schema_name="bronze")),
        job=Job(source=SOURCE, run_as="runner"),
        volumes=[Volume(name="files", schema_name="gold"), Volume(name="landing", schema_name="bronze")],
        functions=[Function(name="f", returns="int", body="1")],
    )
    DataProduct(domain, "new", contract=contract(), replaces=old)
    assert mesh.spec.products[1].replaces == "sales.old"
    assert [old.port(name).port for name in ("sold", "files", "f")] == ["sold", "files", "f"]
    (finding,) = refused(lambda: old.port("landing"))
    assert (finding.code, finding.allowed) == ("MF323", "f, files, sold")


def test_a_policy_without_arguments_governs_nothing(mesh):
    """All defaults of a policy: no rules and no protections; its level is the mesh."""
    here = line() + 1
    GovernancePolicy(mesh, "empty")
    (spec,) = mesh.spec.policies
    assert (spec.rules, spec.classifications, spec.row_filters) == ((), (), ())
    assert (spec.domain, spec.level) == (None, "mesh")
    assert spec.place == Place(file=HERE, line=here, construct_path="mesh/empty")


def test_a_policy_below_a_domain_is_the_domains(mesh):
    """A policy keeps its rules and row filters, and belongs to the domain that it stands in."""
    domain = Domain(mesh, "sales", owner="owners")
    row_filter = RowFilter(name="home", body="value = 'AT'", exempt=("readers",))
    GovernancePolicy(domain, "rows", rules=[SupportPath()], row_filters=[row_filter])
    (spec,) = mesh.spec.policies
    assert (spec.domain, spec.level, spec.rules, spec.row_filters) == (
        "sales",
        "domain",
        (SupportPath(),),
        (row_filter,),
    )
    assert spec.place.construct_path == "mesh/sales/rows"


def test_a_policy_below_a_product_is_the_products(mesh):
    """It may have a name that the domain's has."""
    domain = Domain(mesh, "sales", owner="owners")
    made = DataProduct(domain, "orders", contract=contract(table("t")))
    GovernancePolicy(domain, "own")
    GovernancePolicy(made, "own", rules=[ColumnsDescribed(minimum_length=9)])
    spec = mesh.spec.policies[1]
    assert (spec.domain, spec.product, spec.level) == ("sales", "orders", "product")
    assert spec.title == "policy 'own' of product sales.orders"
    assert spec.place.construct_path == "mesh/sales/orders/own"


def test_a_policy_in_a_construct_of_a_domain_is_the_domains(mesh):
    """A construct between them does not make it a policy of the mesh."""
    domain = Domain(mesh, "sales", owner="owners")
    GovernancePolicy(Construct(domain, "group"), "own", rules=[SupportPath()])
    GovernancePolicy(Construct(mesh, "group"), "floor", rules=[SupportPath()])
    assert [(one.name, one.level, one.domain) for one in mesh.spec.policies] == [
        ("own", "domain", "sales"),
        ("floor", "mesh", None),
    ]


def test_a_mesh_wide_policy_brings_classes(mesh):
    """A policy of the mesh keeps its classifications."""
    personal = Classification(name="personal", mask=MaskFunction(name="mask", body="'*'"), exempt=("a",))
    GovernancePolicy(mesh, "personal-data", classifications=[personal])
    assert mesh.spec.policies[0].classifications == (personal,)


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("Domain", lambda scope: Domain(scope, "sales", owner="owners")),
        ("Mesh", lambda scope: GovernancePolicy(scope, "p")),
        ("DataProduct", lambda scope: DataProduct(scope, "sold", contract=contract(table("sold")))),
    ],
)
def test_a_construct_outside_of_its_kind_of_parent_is_refused(kind, call):
    """MF321 names the scope, what it must be, and the line of the call."""
    scope = Construct(RootConstruct(), "elsewhere")
    (finding,) = refused(lambda: call(scope))
    wanted = "Domain" if kind == "DataProduct" else "Mesh"
    assert finding.code == "MF321"
    assert finding.summary.endswith(f"stands outside of a {wanted}")
    assert finding.got == "scope 'elsewhere' (Construct)"
    assert finding.fix == f"pass a {wanted} as the first argument"
    assert finding.place.file == HERE


def test_a_product_right_below_the_mesh_is_refused(mesh):
    """MF321: a mesh is no domain."""
    (finding,) = refused(lambda: DataProduct(mesh, "sold", contract=contract(table("sold"))))
    assert (finding.code, finding.got) == ("MF321", "scope 'mesh' (Mesh)")


def test_constructs_find_their_parents_through_constructs_between(mesh):
    """A user may group domains and products below constructs of their own."""
    domain = Domain(Construct(mesh, "north"), "sales", owner="owners")
    product = DataProduct(Construct(domain, "team"), "sold", contract=contract(table("sold")))
    assert product.domain is domain
    assert domain.mesh is mesh
    assert product.path == "mesh/sales/sold"
    assert product.node.path == "mesh/north/sales/team/sold"


@pytest.mark.parametrize("twin", ["sales-data", "Sales-Data", "sales_data", "SALES_DATA"])
def test_two_domains_of_one_name_are_refused_with_both_places(mesh, twin):
    """MF302: case, `-` and `_` do not tell domains apart (fault 2)."""
    first = line() + 1
    Domain(mesh, "sales-data", owner="owners")
    second = line() + 1
    (finding,) = refused(lambda: Domain(mesh, twin, owner="owners"))
    assert finding.code == "MF302"
    assert str(finding.place) == f"{HERE}:{second} (mesh/{twin})"
    assert finding.got == f"{twin!r}, and 'sales-data' at {HERE}:{first} (mesh/sales-data)"
    assert finding.fix == "rename one of them"


@pytest.mark.parametrize("twin", ["sold", "Sold"])
def test_two_products_of_one_name_are_refused_only_within_a_domain(mesh, twin):
    """MF302 for the second product of a domain; the same name in another domain is another product."""
    sales, stock = (Domain(mesh, name, owner="owners") for name in ("sales", "stock"))
    DataProduct(sales, "sold", contract=contract(table("sold")))
    DataProduct(stock, "sold", contract=contract(table("sold")))
    (finding,) = refused(lambda: DataProduct(sales, twin, contract=contract(table("other"))))
    assert (finding.code, finding.place.construct_path) == ("MF302", f"mesh/sales/{twin}")


def test_two_policies_of_one_name_are_refused_only_within_a_level(mesh):
    """MF302 for a second policy of the mesh or of one domain; a domain may reuse a name of the mesh's."""
    sales = Domain(mesh, "sales", owner="owners")
    GovernancePolicy(mesh, "floor")
    GovernancePolicy(sales, "floor")
    (finding,) = refused(lambda: GovernancePolicy(mesh, "FLOOR"))
    assert finding.code == "MF302"


def test_two_constructs_of_different_kinds_and_one_id_are_refused_with_both_places(mesh):
    """MF302 instead of the framework's bare RuntimeError, since they stand in one scope."""
    first = line() + 1
    GovernancePolicy(mesh, "sales")
    (finding,) = refused(lambda: Domain(mesh, "sales", owner="owners"))
    assert finding.code == "MF302"
    assert finding.got == f"'sales', also of a GovernancePolicy at {HERE}:{first} (mesh/sales)"
    domain = Domain(mesh, "stock", owner="owners")
    DataProduct(domain, "x", contract=contract(table("x")))
    (finding,) = refused(lambda: GovernancePolicy(domain, "x"))
    assert "also of a DataProduct" in finding.got
    Construct(domain, "own")
    (finding,) = refused(lambda: DataProduct(domain, "own", contract=contract(table("y"))))
    assert finding.got == "'own', also of a Construct"


@pytest.mark.parametrize(
    ("call", "summary"),
    [
        (lambda d: Domain(d.mesh, "x", owner=3), "Domain: owner: input should be a valid string"),
        (lambda d: Domain(d.mesh, "x", owner="o", schemas={"a": 1}), "Domain: schemas.a: input should be"),
        (lambda d: Domain(d.mesh, "x", owner="o", tags={"owner": "me"}), "Domain: tags: value error, Mesh"),
        (lambda d: Domain(d.mesh, "", owner="o"), "Domain: name: string should have at least 1 character"),
        (lambda d: DataProduct(d, "x", contract=None), "Product: contract: input should be a valid"),
        (
            lambda d: DataProduct(d, "x", contract=contract(), views={"a": 3}),
            "Product: views.a: input should",
        ),
        (lambda d: DataProduct(d, "x", contract=contract(), inputs=["a.b.c"]), "Product: inputs.0: input"),
        (lambda d: GovernancePolicy(d, "x", rules=["MF401"]), "Policy: rules.0: input should be a valid"),
        (lambda d: GovernancePolicy(d, ""), "Policy: name: string should have at least 1 character"),
    ],
)
def test_a_wrong_argument_is_refused_at_the_line_of_the_call(mesh, call, summary):
    """MF300 says which argument of what, the value got, and where."""
    (finding,) = refused(lambda: call(Domain(mesh, "sales", owner="owners")))
    assert finding.code == "MF300"
    assert finding.summary.startswith(summary)
    assert finding.got is not None
    assert (finding.place.file, finding.place.line) == (HERE, call.__code__.co_firstlineno)


def test_all_wrong_arguments_are_told_together(mesh):
    """MF300 once for each wrong argument."""
    findings = refused(lambda: Domain(mesh, "sales", owner=1, description=2))
    assert [f.summary.split(": ")[1] for f in findings] == ["owner", "description"]


def test_a_contract_that_is_missing_is_refused_by_its_path(mesh):
    """A file that cannot be read is an error of the file."""
    domain = Domain(mesh, "sales", owner="owners")
    (finding,) = refused(lambda: DataProduct(domain, "sold", contract="no-such.odcs.yaml"))
    assert (finding.code, finding.place.file) == ("MF101", "no-such.odcs.yaml")


def test_a_contract_may_be_given_as_text_or_path(mesh):
    """Both forms read the same contract."""
    domain = Domain(mesh, "sales", owner="owners")
    one = DataProduct(domain, "one", contract=SALES)
    two = DataProduct(domain, "two", contract=str(SALES))
    first, second = mesh.spec.products
    assert first.contract == second.contract
    assert one.port("orders_gold") != two.port("orders_gold")


def test_a_reference_to_a_port_that_is_not_there_names_the_nearest(mesh):
    """MF323 lists the ports; a table outside of the product's schema is none."""
    domain = Domain(mesh, "sales", owner="owners")
    made = contract(table("sold"), table("raw", schema_name="bronze"), table("extra", schema_name="gold"))
    product = DataProduct(domain, "sold", contract=made)
    assert str(product.port("sold")) == "sales.sold.sold"
    assert str(product.port("extra")) == "sales.sold.extra"
    (finding,) = refused(lambda: product.port("slod"))
    assert (finding.code, finding.got, finding.allowed) == ("MF323", "slod", "extra, sold")
    assert finding.fix == "did you mean 'sold'?"
    (finding,) = refused(lambda: product.port("raw"))
    assert finding.fix == "describe it in the contract, in schema 'gold'"


def test_a_reference_to_a_product_that_is_not_there_names_the_nearest(mesh):
    """MF322 at the line of the reference."""
    domain = Domain(mesh, "sales", owner="owners")
    (finding,) = refused(lambda: domain.product("sold"))
    assert finding.allowed == "none is declared"
    DataProduct(domain, "sold", contract=contract(table("sold")))
    here = line() + 1
    (finding,) = refused(lambda: domain.product("solt"))
    assert (finding.code, finding.allowed, finding.fix) == ("MF322", "sold", "did you mean 'sold'?")
    assert (finding.place.file, finding.place.line) == (HERE, here)


def test_a_product_of_ten_lines_becomes_a_whole_stack():
    """A product with a contract needs about ten lines; it gets schemas, code, pipeline, job and access."""
    mesh = Mesh(
        RootConstruct(),
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
        groups=[Group(name="owners", members=("deployer",)), Group(name="readers")],
        service_principals=[ServicePrincipal(name="deployer"), ServicePrincipal(name="runner")],
    )
    sales = Domain(mesh, "sales", owner="owners", support=Support(channel="#sales"))
    DataProduct(
        sales,
        "sold",
        contract=contract(table("sold", column("amount", "decimal(18,2)"))),
        pipeline=Pipeline(source=SOURCE, run_as="runner"),
        consumers=[Consumer(group="readers", ports=("sold",), purpose="revenue", approver="owners")],
    )
    evaluation = evaluated(mesh.spec)
    assert evaluation.findings == ()
    types = compile_mesh(evaluation).stacks["sales-local"].blocks["resource"]
    assert sorted(types) == [
        "databricks_alert_v2",
        "databricks_grant",
        "databricks_grants",
        "databricks_job",
        "databricks_permissions",
        "databricks_pipeline",
        "databricks_schema",
        "databricks_workspace_file",
        "terraform_data",
    ]
