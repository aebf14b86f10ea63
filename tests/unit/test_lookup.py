# SPDX-License-Identifier: Apache-2.0
"""What a user's own resources are told of ours."""

import pytest
from tests.meshes import at, column, contract, evaluated, mesh, port, product, table, view

from meshform.model.findings import MeshformError
from meshform.model.inputs import ExternalConnection, ExternalTable, PortReference
from meshform.model.product import Volume
from meshform.terraform.compile import compile_mesh
from meshform.terraform.lookup import Lookup

SPEC = mesh(
    product(
        "sales.sold",
        contract=contract(table("sold"), view("top", column())),
        views={"top": "SELECT id FROM sold"},
        volumes=(Volume(name="landing", schema_name="bronze"), Volume(name="photos", schema_name="gold")),
    ),
    product("sales.other"),
)


@pytest.fixture
def lookup():
    """Makes the look-up of a stack."""

    def make(environment: str = "prod", stack: str = "sales-prod") -> Lookup:
        evaluation = evaluated(SPEC, environment)
        return Lookup(compile_mesh(evaluation).stacks[stack], evaluation.mesh)

    return make


def refused(call, *arguments):
    """The only finding of a call."""
    with pytest.raises(MeshformError) as caught:
        call(*arguments, at(7))
    (finding,) = caught.value.findings
    assert finding.place == at(7)
    return finding


def test_a_port_has_its_name_of_the_environment(lookup):
    """Tables, views and volumes of the mesh, and what it does not make."""
    crm = ExternalTable(name="crm", full_name={"dev": "crm_test.a.b", "prod": "crm.a.b"})
    erp = ExternalConnection(name="erp", connection="erp")
    for one, dev, prod in (
        (port("sales.sold.top"), "sales_dev.gold.top", "sales.gold.top"),
        (port("sales.sold.photos"), "sales_dev.gold.photos", "sales.gold.photos"),
        (crm, "crm_test.a.b", "crm.a.b"),
        (erp, "erp", "erp"),
    ):
        assert lookup("dev", "sales-dev").full_name(one, at(1)) == dev
        assert lookup().full_name(one, at(1)) == prod


def test_a_port_that_is_not_there_is_told(lookup):
    """MF436 with the nearest one."""
    finding = refused(lookup().full_name, PortReference(domain="sales", product="sold", port="tops"))
    assert (finding.code, finding.fix) == ("MF436", "did you mean 'sales.sold.top'?")
    nowhere = ExternalTable(name="crm", full_name={"dev": "a.b.c"})
    assert refused(lookup().full_name, nowhere).got == "crm"


@pytest.mark.parametrize(
    ("path", "type_", "name", "address"),
    [
        ("mesh/sales/sold", "databricks_pipeline", None, "databricks_pipeline.sold"),
        ("mesh/sales/sold", "databricks_job", None, "databricks_job.sold"),
        ("mesh/sales/sold", "databricks_volume", "landing", "databricks_volume.bronze__landing"),
        ("mesh/sales/sold", "databricks_volume", "sales.gold.photos", "databricks_volume.gold__photos"),
        ("mesh/sales/sold", "databricks_volume", "gold__photos", "databricks_volume.gold__photos"),
        ("mesh/sales/sold", "databricks_sql_table", None, "databricks_sql_table.gold__top"),
        ("mesh/sales/sold", "terraform_data", "run__sold", "terraform_data.run__sold"),
        ("mesh/sales", "databricks_schema", "gold", "databricks_schema.gold"),
    ],
)
def test_a_resource_is_found_by_its_maker_its_type_and_where_needed_its_name(
    lookup, path, type_, name, address
):
    """Never one of another product."""
    assert lookup().address(path, type_, name, at(1)) == address


def test_the_catalog_of_a_domain_is_in_the_platforms_stack(lookup):
    """Each stack knows what is in it."""
    platform = lookup("prod", "platform-prod")
    assert platform.address("mesh/sales", "databricks_catalog", None, at(1)) == (
        "databricks_catalog.domain__sales"
    )
    finding = refused(lookup().address, "mesh/sales", "databricks_catalog", None)
    assert (finding.code, finding.fix) == ("MF433", "ask the stack that it is in")


def test_what_is_not_there_or_not_clear_is_told(lookup):
    """MF433 with the nearest type or name, MF434 with all."""
    finding = refused(lookup().address, "mesh/sales/sold", "databricks_pipline", None)
    assert (finding.code, finding.fix) == ("MF433", "did you mean 'databricks_pipeline'?")
    finding = refused(lookup().address, "mesh/sales/sold", "databricks_volume", "bronze__landin")
    assert finding.fix == "did you mean 'bronze__landing'?"
    finding = refused(lookup().address, "mesh/sales/sold", "databricks_volume", None)
    assert (finding.code, finding.got) == ("MF434", "bronze__landing, gold__photos")
    assert refused(lookup().address, "mesh/sales/other", "databricks_volume", None).code == "MF433"


def test_a_reference_is_to_an_attribute_that_the_type_has(lookup):
    """MF435 with the nearest."""
    found = lookup()
    assert found.attribute("databricks_pipeline.sold", "id", at(1)) == "${databricks_pipeline.sold.id}"
    assert (
        found.attribute("terraform_data.run__sold", "output", at(1)) == "${terraform_data.run__sold.output}"
    )
    finding = refused(found.attribute, "databricks_pipeline.sold", "nmae")
    assert (finding.code, finding.fix) == ("MF435", "did you mean 'name'?")
