# SPDX-License-Identifier: Apache-2.0
"""Manifests: what one repository writes of a product, and another reads as an input port."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.meshes import (
    SOURCE,
    column,
    compiled,
    contract,
    domain,
    evaluated,
    filter_policy,
    found,
    mask_policy,
    mesh,
    product,
    resources,
    table,
    view,
)

from meshform.cli import main
from meshform.governance.rules.protection import PipelinesReadClear
from meshform.model.domain import Support
from meshform.model.findings import MeshformError, Place
from meshform.model.manifest import contract_digest, digest, manifest, manifests
from meshform.model.manifest_file import from_manifest
from meshform.model.odcs import read_contract
from meshform.model.policy import Policy
from meshform.model.ports import Function
from meshform.model.product import Pipeline, Volume

ROOT = Path(__file__).parents[2]

PEOPLE = table(
    "people",
    column("id", required=True),
    column("email", classification="personal"),
    column("country", tags=("row_filter=home",)),
    column("größe", "decimal(4, 2)", description='in "m" 📏'),
)


def producer(**fields):
    """The other repository's mesh, with one product `crm.people`."""
    given = {
        "contract": contract(PEOPLE, table("raw", schema_name="bronze"), status="active"),
        **fields,
    }
    crm = domain("crm", support=Support(channel="#crm", email="crm@example.com"))
    return mesh(crm, product("crm.people", **given), mask_policy(), filter_policy())


def written(spec=None, environment="local") -> bytes:
    """The manifest of `crm.people`."""
    resolved = evaluated(spec or producer(), environment).mesh
    return manifest(resolved.products["crm.people"], resolved)


def test_a_manifest_has_the_products_own_version_and_status():
    """Where it has some, they are not the contract's."""
    given = {"version": "2.1", "status": "deprecated", "sunset": date(2027, 1, 1)}
    made = json.loads(written(producer(**given)))["product"]
    assert (made["version"], made["status"]) == ("2.1", "deprecated")


@pytest.fixture
def file(tmp_path) -> Path:
    """The manifest as a file of this repository."""
    path = tmp_path / "crm.people.json"
    path.write_bytes(written())
    return path


def change(file: Path, sign: bool = True, **parts) -> None:
    """Change parts of a manifest, and perhaps its digest with them."""
    whole = json.loads(file.read_bytes())
    for name, value in parts.items():
        where = whole if name in ("format", "format_version", "extra") else whole["product"]
        where[name] = value
    if sign:
        whole["digest"] = digest(whole["product"])
    file.write_text(json.dumps(whole, ensure_ascii=False))


def refused(file: Path):
    """The only finding about a manifest."""
    with pytest.raises(MeshformError) as caught:
        from_manifest(file)
    (finding,) = caught.value.findings
    return finding


def test_a_manifest_says_what_a_reader_needs_and_no_more():
    """Whole: address, version, status, whom to ask, digest of the contract, ports with names everywhere."""
    whole = json.loads(written())
    assert whole["format"] == "meshform-manifest"
    assert whole["format_version"] == 1
    assert whole["digest"] == digest(whole["product"])
    resolved = evaluated(producer()).mesh
    assert whole["product"] == {
        "domain": "crm",
        "name": "people",
        "version": "1.0.0",
        "status": "active",
        "owner": "owners",
        "support": {"channel": "#crm", "email": "crm@example.com"},
        "contract": {"id": "c", "digest": contract_digest(resolved.products["crm.people"].spec.contract)},
        "ports": [
            {
                "name": "people",
                "kind": "materialized_view",
                "description": "Rows of people.",
                "schema_name": "gold",
                "full_names": {
                    "local": "crm_local.gold.people",
                    "dev": "crm_dev.gold.people",
                    "prod": "crm.gold.people",
                },
                "columns": [
                    {"name": "id", "type": "string", "description": "The id of it.", "required": True},
                    {
                        "name": "email",
                        "type": "string",
                        "description": "The email of it.",
                        "classification": "personal",
                    },
                    {"name": "country", "type": "string", "description": "The country of it."},
                    {"name": "größe", "type": "decimal(4,2)", "description": 'in "m" 📏'},
                ],
                "protections": [
                    {"name": "the mask of class 'personal'", "exempt": ["exempt"]},
                    {"name": "the row filter 'home'", "exempt": ["exempt"]},
                ],
            }
        ],
    }


def test_a_manifest_is_the_same_whatever_environment_it_is_written_in():
    """Nothing of one environment stands in it; keys are in the order of the alphabet."""
    assert json.dumps(json.loads(written()), ensure_ascii=False, indent=2, sort_keys=True) + "\n" == (
        written().decode()
    )
    assert written(environment="local") == written(environment="prod")
    assert list(manifests(evaluated(producer()).mesh)) == ["manifests/crm.people.json"]


def test_the_digest_of_a_contract_follows_what_it_says():
    """Not where it stands; a description that changes changes it."""
    one = contract(table("a"), place=Place(file="x", line=1))
    assert contract_digest(one) == contract_digest(contract(table("a"), place=Place(file="y", line=2)))
    assert contract_digest(one) != contract_digest(contract(table("a", description="Else.")))
    read = read_contract(ROOT / "domains" / "orders" / "orders.odcs.yaml")
    assert contract_digest(read) != contract_digest(one)


def test_what_is_written_is_read_back_as_a_port(file):
    """Columns, types, classes, names and protections."""
    port = from_manifest(file).port("people")
    assert str(port) == "crm.people.people"
    assert port.product_address == "crm.people"
    assert [(c.name, c.type, c.classification) for c in port.table.columns] == [
        ("id", "string", None),
        ("email", "string", "personal"),
        ("country", "string", None),
        ("größe", "decimal(4,2)", None),
    ]
    assert (port.version, port.status, port.owner) == ("1.0.0", "active", "owners")
    assert port.names["prod"] == "crm.gold.people"


def reader(*inputs, **fields):
    """This repository's mesh, with the product `a.a` that reads them."""
    given = {"inputs": inputs, **fields}
    return mesh(product("a.a", **given))


def test_a_pipeline_reads_the_port_by_its_address_in_each_environment(file):
    """As a port of the mesh; the stack does not wait for another."""
    spec = reader(from_manifest(file).port("people"))
    for environment, name in (("dev", "crm_dev.gold.people"), ("prod", "crm.gold.people")):
        stack = compiled(spec, environment).stacks[f"a-{environment}"]
        pipeline = resources(stack)["databricks_pipeline.a"]
        assert pipeline["configuration"] == {"meshform.input.crm.people.people": name}
        assert not [name for name in stack.requires if "crm" in name]
    assert spec.edges == (("a.a", "crm.people.people", "manifest", "crm.people"),)


def test_volumes_and_functions_are_ports_too(tmp_path):
    """Code gets the path of a volume and the name of a function, with its signature; both have stand-ins."""
    volumes = (Volume(name="photos", schema_name="gold"), Volume(name="landing", schema_name="bronze"))
    functions = (Function(name="twice", parameters={"x": "int"}, returns="int", body="2 * x"),)
    (tmp_path / "m.json").write_bytes(written(producer(volumes=volumes, functions=functions)))
    read = from_manifest(tmp_path / "m.json")
    assert [(one.name, one.kind) for one in read.product.ports] == [
        ("people", "materialized_view"),
        ("photos", "volume"),
        ("twice", "function"),
    ]
    spec = reader(read.port("photos"))
    stack = compiled(spec, "prod").stacks["a-prod"]
    assert resources(stack)["databricks_pipeline.a"]["configuration"] == {
        "meshform.input.crm.people.photos": "/Volumes/crm/gold/photos"
    }
    local = resources(compiled(spec, "local").stacks["platform-local"])
    assert "databricks_volume.external__crm_local__gold__photos" in local
    twice = read.port("twice")
    assert ([(one.name, one.type) for one in twice.parameters], twice.returns) == ([("x", "int")], "int")
    spec = reader(twice)
    assert resources(compiled(spec, "prod").stacks["a-prod"])["databricks_pipeline.a"]["configuration"] == {
        "meshform.input.crm.people.twice": "crm.gold.twice"
    }
    stack = compiled(spec, "local").stacks["platform-local"]
    (ddl,) = (text.decode() for path, text in stack.assets.items() if "external_crm_local_gold" in path)
    assert ddl.splitlines() == [
        "CREATE OR REPLACE FUNCTION `crm_local`.`gold`.`twice`(`x` int)",
        "RETURNS int",
        "RETURN CAST(NULL AS int);",
    ]
    (grant,) = (one for one in resources(stack, "databricks_grant").values() if "function" in one)
    assert (grant["function"], grant["privileges"]) == ("crm_local.gold.twice", ["EXECUTE"])
    assert "terraform_data.functions__external_crm_local_gold" in grant["depends_on"]


def test_environments_of_other_names_are_mapped(file):
    """By `environments`; a name that they do not have is MF421."""
    port = from_manifest(file, environments={"prod": "dev", "dev": "staging"}).port("people")
    spec = reader(port)
    assert resources(compiled(spec, "prod").stacks["a-prod"])["databricks_pipeline.a"]["configuration"] == {
        "meshform.input.crm.people.people": "crm_dev.gold.people"
    }
    (finding,) = found(spec, "MF421", "dev")
    assert "from_manifest(..., environments={'dev': ...})" in finding.fix


def test_a_view_reads_the_port_and_is_checked_against_the_manifests_columns(file):
    """`domain.schema.port` in SQL; MF357 for an unknown column, MF354 for a port that is no input."""

    def of(sql, *inputs):
        return reader(*inputs, contract=contract(view("v")), views={"v": sql}, pipeline=None)

    port = from_manifest(file).port("people")
    good = of("SELECT id FROM crm.gold.people", port)
    assert evaluated(good, "dev").views["a_dev.gold.v"].sql == "SELECT id FROM crm_dev.gold.people"
    (finding,) = found(of("SELECT emaill AS id FROM crm.gold.people", port), "MF357")
    assert finding.fix == "did you mean 'email'?"
    assert found(of("SELECT id FROM crm.gold.people"), "MF354")
    (finding,) = found(of("SELECT id FROM crm.gold.peple", port), "MF354")
    assert finding.fix == "did you mean 'crm.gold.people'?"


def test_classes_travel_with_the_manifest(file):
    """MF407 for a pipeline whose identity is in none of the groups that the producer exempts."""
    port = from_manifest(file).port("people")
    rules = Policy(name="rules", rules=(PipelinesReadClear(),))

    def of(run_as):
        pipeline = Pipeline(source=SOURCE, run_as=run_as)
        return mesh(product("a.a", inputs=(port,), pipeline=pipeline), rules)

    assert [f.summary for f in found(of("writer"), "MF407")] == [
        "the pipeline of a.a reads through the mask of class 'personal' of crm.people.people",
        "the pipeline of a.a reads through the row filter 'home' of crm.people.people",
    ]
    assert not found(of("runner"), "MF407")  # a member of `exempt`


def test_a_port_that_the_manifest_does_not_have_is_told(file):
    """MF429, with the nearest; what is internal there is not in it."""
    for name, fix in (("peopel", "did you mean 'people'?"), ("raw", "take its newest manifest")):
        with pytest.raises(MeshformError) as caught:
            from_manifest(file).port(name)
        (finding,) = caught.value.findings
        assert (finding.code, finding.got, finding.allowed, finding.fix) == ("MF429", name, "people", fix)


@pytest.mark.parametrize("text", ["[]", "{}", '{"format": "other"}', "kind: DataContract"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text):
    """MF426."""
    (tmp_path / "x.json").write_text(text)
    assert refused(tmp_path / "x.json").code == "MF426"


def test_a_manifest_of_a_newer_meshform_is_refused(file):
    """MF427, before anything else of it is looked at; also what is no version."""
    change(file, format_version=2, extra={})
    finding = refused(file)
    assert (finding.code, finding.got) == ("MF427", "2")
    assert finding.summary == "a newer Meshform wrote the manifest"
    assert finding.place.line == 1
    for odd in (True, "1", 0, None):
        change(file, format_version=odd)
        assert refused(file).code == "MF427"


def test_a_manifest_that_was_edited_is_refused(file):
    """MF428: its digest is that of other content."""
    change(file, sign=False, version="1.0.1")
    assert refused(file).code == "MF428"


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"owner": 3}, "product.owner"),
        ({"domain": "a.b"}, "product.domain"),
        ({"more": 1}, "product.more"),
        ({"ports": [{"name": "x"}]}, "product.ports.0"),
    ],
)
def test_a_manifest_of_another_shape_is_refused_at_the_place(file, parts, path):
    """MF426 names what is wrong, as for a contract."""
    change(file, **parts)
    with pytest.raises(MeshformError) as caught:
        from_manifest(file)
    assert {f.code for f in caught.value.findings} == {"MF426"}
    assert all(path in f.summary for f in caught.value.findings)
    assert all(f.place.line and f.place.column for f in caught.value.findings)


def test_a_manifest_with_a_key_too_many_is_refused(file):
    """MF426: nothing is passed over."""
    change(file, extra=1)
    assert refused(file).got == "extra"


def test_a_file_that_cannot_be_read_is_told_as_every_other(tmp_path):
    """MF101, MF105 and so on, at the place."""
    assert refused(tmp_path / "none.json").code == "MF101"
    (tmp_path / "x.json").write_text('{"format": "meshform-manifest"')
    assert refused(tmp_path / "x.json").code == "MF105"


def test_names_in_a_manifest_follow_unity_catalogs_rules(file):
    """They reach SQL: MF342 for a name with a backtick, MF422 for one with too few parts."""
    whole = json.loads(file.read_bytes())
    for name, code in (("crm.gold.`x", "MF342"), ("people", "MF422")):
        whole["product"]["ports"][0]["full_names"]["local"] = name
        change(file, ports=whole["product"]["ports"])
        assert found(reader(from_manifest(file).port("people")), code)


def test_a_domain_that_both_meshes_have_is_refused(file):
    """MF430: a name in SQL would mean two things."""
    port = from_manifest(file).port("people")
    spec = mesh(product("a.a", inputs=(port,)), product("crm.other"))
    (finding,) = found(spec, "MF430")
    assert "crm.people.people" in finding.got


def test_a_product_on_its_way_out_is_told(file):
    """MF431: a warning when it is deprecated, an error when it is retired."""
    for status, severity in (("deprecated", "warning"), ("retired", "error")):
        change(file, status=status, sunset="2030-06-30")
        (finding,) = found(reader(from_manifest(file).port("people")), "MF431")
        assert (finding.severity, finding.fix) == (severity, "ask owners what follows it")
        assert finding.got == "crm.people.people, version 1.0.0, until 2030-06-30"
    change(file, status="active")
    assert not found(reader(from_manifest(file).port("people")), "MF431")


@pytest.fixture
def command(monkeypatch, capfdbinary, tmp_path):
    """Run `meshform manifest` on the example."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.delenv("MESHFORM_ENV", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, bytes, bytes]:
        monkeypatch.setattr(sys, "argv", ["meshform", "manifest", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capfdbinary.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run


def test_the_command_prints_one_manifest_or_writes_all(command, tmp_path):
    """The same bytes; what is printed can be read again."""
    code, out, _ = command("customers.customers")
    assert code == 0
    assert command("--out", "published")[0] == 0
    names = sorted(path.name for path in (tmp_path / "published").iterdir())
    assert {"customers.customers.json", "orders.orders.json"} <= set(names)
    assert (tmp_path / "published" / "customers.customers.json").read_bytes() == out
    port = from_manifest(tmp_path / "published" / "orders.orders.json").port("orders_gold")
    assert port.names["dev"] == "orders_dev.gold.orders_gold"


def test_the_command_tells_a_product_that_there_is_not(command):
    """MF432 with the nearest, and wrong use with exit code 2."""
    code, _, errors = command("customers.custmers")
    assert code == 1
    assert b"MF432" in errors
    assert b"did you mean 'customers.customers'?" in errors
    assert command()[0] == 2
