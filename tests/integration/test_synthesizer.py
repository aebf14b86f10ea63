# SPDX-License-Identifier: Apache-2.0
"""Synthesis through the real cdktf: what users add keeps working, and mistakes leave nothing half done."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cdktf
import jsii
import pytest
from constructs import IValidation
from tests.meshes import SOURCE, column, contract, table, view

from meshform import (
    Consumer,
    DataProduct,
    Domain,
    Environment,
    GovernancePolicy,
    Group,
    Mesh,
    MeshformError,
    Pipeline,
    Platform,
    PrivilegesLimited,
    ServicePrincipal,
    Severity,
    Support,
    SupportPath,
    Volume,
)
from meshform.cdk import App, add_stacks, synthesize
from meshform.settings import Settings
from meshform.terraform.output import write

ROOT = Path(__file__).parents[2]
EVIL, SAFE = '${file("/etc/passwd")} %{if true}', '$${file("/etc/passwd")} %%{if true}'


@pytest.fixture
def app(tmp_path) -> App:
    """An app that writes below the test's own folder."""
    return App(outdir=str(tmp_path / "out"))


def declare(app: App, *, support: Support | None = None, severity: Severity = Severity.ERROR) -> Mesh:
    """A mesh with one domain and one product, whose texts are templates for Terraform."""
    mesh = Mesh(
        app,
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
        groups=[Group(name="owners", members=("deployer",)), Group(name="readers")],
        service_principals=[ServicePrincipal(name="deployer"), ServicePrincipal(name="runner")],
    )
    GovernancePolicy(mesh, "floor", rules=[SupportPath(severity=severity)])
    sales = Domain(
        mesh,
        "sales",
        owner="owners",
        support=support or Support(channel="#x"),
        description=EVIL,
        tags={EVIL: EVIL},
    )
    DataProduct(
        sales,
        "sold",
        contract=contract(
            table("sold", column(), description=EVIL), view("top", column(description=EVIL), description=EVIL)
        ),
        pipeline=Pipeline(source=SOURCE, run_as="runner"),
        views={"top": f"SELECT id FROM sold WHERE id = '{EVIL}'"},  # noqa: S608
        volumes=[Volume(name="landing", schema_name="bronze", comment=EVIL)],
        consumers=[Consumer(group="readers", ports=("top",), purpose="x", approver="owners")],
    )
    return mesh


def stacks_of(app: App, mesh: Mesh | None = None):
    """The stacks of the mesh, in the app."""
    return add_stacks(app, mesh or declare(app), settings=Settings())


def document(app: App, stack: str) -> dict:
    """The JSON of a stack."""
    return json.loads((Path(app.outdir) / "stacks" / stack / "cdk.tf.json").read_bytes())


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def own(stack, id_: str, type_: str = "databricks_directory", **body):
    """A resource of the user's own in one of our stacks."""
    made = cdktf.TerraformResource(stack, id_, terraform_resource_type=type_)
    for name, value in body.items():
        made.add_override(name, value)
    return made


def test_stacks_depend_on_one_another_and_are_all_written(app):
    """Cdktf's manifest knows the order, so that `deploy '*'` follows it."""
    stacks_of(app)
    synthesize(app)
    manifest = json.loads((Path(app.outdir) / "manifest.json").read_bytes())["stacks"]
    assert {name: stack["dependencies"] for name, stack in manifest.items()} == {
        "account-local": [],
        "platform-local": ["account-local"],
        "sales-local": ["account-local", "platform-local"],
    }
    for stack in manifest.values():
        assert (Path(app.outdir) / stack["synthesizedStackPath"]).exists()
    sales = document(app, "sales-local")
    assert sales["//"]["meshform"] == {"mesh": "mesh", "environment": "local", "today": None}
    assert sales["terraform"]["required_version"] == ">= 1.7"
    assert sales["terraform"]["required_providers"]["databricks"] == {
        "source": "meshform.local/databricks/databricks",
        "version": "1.128.0",
    }


def test_texts_of_users_reach_the_file_escaped(app):
    """In comments, properties, their keys, and SQL (fault 7)."""
    stacks_of(app)
    synthesize(app)
    catalog = document(app, "platform-local")["resource"]["databricks_catalog"]["domain__sales"]
    assert (catalog["comment"], catalog["properties"][SAFE]) == (SAFE, SAFE)
    sales = document(app, "sales-local")["resource"]
    assert sales["databricks_volume"]["bronze__landing"]["comment"] == SAFE
    top = sales["databricks_sql_table"]["gold__top"]
    assert (top["comment"], top["column"][0]["comment"]) == (SAFE, SAFE)
    assert top["view_definition"].endswith(f"'{SAFE}'")
    for path in Path(app.outdir).rglob("cdk.tf.json"):
        assert not re.search(r"(?<!\$)\$\{file|(?<!%)%\{", path.read_text())


def test_a_users_own_resource_and_output_stand_beside_ours(app):
    """Both are in the file, ours unchanged, and ours may be referred to by address."""
    sales = stacks_of(app)["sales-local"]
    own(sales, "notes", path="/Shared/notes", delete_recursive="${databricks_job.sold.always_running}")
    cdktf.TerraformOutput(sales, "job", value="${databricks_job.sold.id}")
    cdktf.TerraformVariable(sales, "size", type="string", default="small")
    synthesize(app)
    made = document(app, "sales-local")
    notes = made["resource"]["databricks_directory"]["notes"]
    assert (notes["path"], notes["//"]["metadata"]["path"]) == ("/Shared/notes", "sales-local/notes")
    assert notes["delete_recursive"] == "${databricks_job.sold.always_running}"
    assert made["output"]["job"]["value"] == "${databricks_job.sold.id}"
    assert made["variable"]["size"]["default"] == "small"
    assert made["resource"]["databricks_job"]["sold"]["name"] == "sales_sold_local"


def test_blocks_of_growth_stand_beside_the_users_own(app, tmp_path, monkeypatch):
    """Lists of `removed` blocks are joined, and the lock of the working folder is read."""
    monkeypatch.chdir(tmp_path)
    line = {
        "environment": "prod",
        "stack": "sales-prod",
        "removed": "databricks_volume.a",
        "name": "a",
        "of": "",
    }
    Path("mesh.lock").write_text('{"mesh.lock": 1}\n' + json.dumps(line))
    mesh = Mesh(
        app,
        environments=[Environment(name="prod", deployer="deployer", production=True)],
        platform=Platform(owner="owners"),
        groups=[Group(name="owners", members=("deployer",))],
        service_principals=[ServicePrincipal(name="deployer", application_ids={"prod": "id"})],
    )
    Domain(mesh, "sales", owner="owners", support=Support(channel="#x"))
    stacks = add_stacks(app, mesh, settings=Settings("prod"))
    own = {"from": "databricks_volume.b", "lifecycle": {"destroy": False}}
    stacks["sales-prod"].add_override("removed", [own])
    synthesize(app)
    written = json.loads((tmp_path / "out" / "stacks" / "sales-prod" / "cdk.tf.json").read_text())
    assert [one["from"] for one in written["removed"]] == ["databricks_volume.a", "databricks_volume.b"]


def test_a_resource_of_another_provider_is_kept_unchecked(app):
    """Only the provider's types are known."""
    own(stacks_of(app)["sales-local"], "pet", "random_pet", anything=3)
    synthesize(app)
    assert document(app, "sales-local")["resource"]["random_pet"]["pet"]["anything"] == 3


def test_an_unknown_attribute_of_a_users_own_resource_is_refused_with_its_construct(app):
    """Findings carry the construct path, and of that stack nothing is written."""
    sales = stacks_of(app)["sales-local"]
    own(sales, "notes", pahth="/Shared/notes")
    with pytest.raises(MeshformError) as caught:
        synthesize(app)
    assert {f.code[:3] for f in caught.value.findings} == {"MF5"}
    assert {f.place.construct_path for f in caught.value.findings} == {"sales-local/notes"}
    assert any("pahth" in f"{f.summary} {f.got}" for f in caught.value.findings)
    assert any("path" in str(f.fix) for f in caught.value.findings)
    folder = Path(app.outdir) / "stacks" / "sales-local"
    assert list(files(folder)) == []


def test_a_resource_at_one_of_our_addresses_is_refused(app):
    """MF501 instead of one silent mixture of both."""
    own(stacks_of(app)["sales-local"], "sold", "databricks_job", name="mine")
    with pytest.raises(MeshformError) as caught:
        synthesize(app)
    (finding,) = caught.value.findings
    assert (finding.code, finding.got) == ("MF501", "databricks_job.sold, which Meshform makes")
    assert finding.place.construct_path == "sales-local/sold"


def test_an_override_changes_ours_and_the_rest_stays(app):
    """`add_override` of the stack wins over what Meshform wrote, for resources and for the stack."""
    sales = stacks_of(app)["sales-local"]
    sales.add_override("resource.databricks_job.sold.max_concurrent_runs", 3)
    sales.add_override("terraform.required_version", ">= 1.9")
    synthesize(app)
    made = document(app, "sales-local")
    job = made["resource"]["databricks_job"]["sold"]
    assert (job["max_concurrent_runs"], job["name"]) == (3, "sales_sold_local")
    assert made["terraform"]["required_version"] == ">= 1.9"


def test_an_override_that_does_not_fit_the_provider_is_refused(app):
    """It is checked together with what it changes."""
    stacks_of(app)["sales-local"].add_override("resource.databricks_job.sold.naem", "x")
    with pytest.raises(MeshformError) as caught:
        synthesize(app)
    (finding,) = caught.value.findings
    assert finding.place.construct_path == "sales-local/databricks_job.sold"


def test_aspects_see_the_users_own_resources(app):
    """Cdktf's aspects run before the file is written."""

    @jsii.implements(cdktf.IAspect)
    class Tagger:
        def visit(self, node) -> None:
            if isinstance(node, cdktf.TerraformResource):
                node.add_override("path", "/Shared/by-aspect")

    sales = stacks_of(app)["sales-local"]
    own(sales, "notes", path="/Shared/notes")
    cdktf.Aspects.of(sales).add(Tagger())
    synthesize(app)
    notes = document(app, "sales-local")["resource"]["databricks_directory"]["notes"]
    assert notes["path"] == "/Shared/by-aspect"


def test_validations_of_users_are_reported_together(app):
    """Every message of a stack's constructs, and of that stack nothing is written."""

    @jsii.implements(IValidation)
    class Never:
        def __init__(self, message: str) -> None:
            self.message = message

        def validate(self) -> list[str]:
            return [self.message]

    sales = stacks_of(app)["sales-local"]
    sales.node.add_validation(Never("sales is not ready"))
    own(sales, "notes", path="/Shared/notes").node.add_validation(Never("nor are the notes"))
    with pytest.raises(RuntimeError) as caught:
        synthesize(app)
    assert "[sales-local] sales is not ready" in str(caught.value)
    assert "[sales-local/notes] nor are the notes" in str(caught.value)
    assert not (Path(app.outdir) / "stacks" / "sales-local" / "cdk.tf.json").exists()


def test_warnings_become_annotations_of_the_stack_that_they_concern(app):
    """Cdktf shows them after synthesis."""
    stacks_of(app, declare(app, support=Support(), severity=Severity.WARNING))
    synthesize(app)
    manifest = json.loads((Path(app.outdir) / "manifest.json").read_bytes())["stacks"]
    (annotation,) = manifest["sales-local"]["annotations"]
    assert "MF402" in annotation["message"]
    assert not manifest["platform-local"]["annotations"]


def test_an_error_among_the_findings_adds_no_stack(app):
    """Nothing is synthesized from a mesh that breaks its policies."""
    with pytest.raises(MeshformError) as caught:
        stacks_of(app, declare(app, support=Support()))
    assert [f.code for f in caught.value.findings] == ["MF402"]
    assert [child.node.id for child in app.node.children] == ["mesh"]


def test_a_state_backend_is_the_users_choice(app):
    """Made by a function for each stack."""

    def backend(stack):
        return cdktf.S3Backend(stack, bucket="states", key=stack.node.id, region="eu-central-1")

    add_stacks(app, declare(app), settings=Settings(), backend=backend)
    synthesize(app)
    assert document(app, "sales-local")["terraform"]["backend"]["s3"]["key"] == "sales-local"


def test_a_failed_write_leaves_the_old_file_and_no_scratch(tmp_path, monkeypatch):
    """As when the disk is full at the last moment (fault 44)."""
    path = tmp_path / "x.json"
    write(path, b"old")

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, full)
        monkeypatch.setattr(Path, name, full)
    with pytest.raises(OSError, match="No space left"):
        write(path, b"new")
    assert files(tmp_path) == {"x.json": b"old"}


# the whole app, in a process of its own


@pytest.fixture
def project(tmp_path) -> Path:
    """A copy of the example's app."""
    for folder in ("domains", "stacks"):
        shutil.copytree(ROOT / folder, tmp_path / "project" / folder)
    shutil.copy(ROOT / "main.py", tmp_path / "project")
    return tmp_path / "project"


def run(project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run main.py as cdktf does."""
    usual = {k: v for k, v in os.environ.items() if not k.startswith(("MESHFORM_", "DATABRICKS_"))}
    usual |= {"CDKTF_OUTDIR": str(project / "cdktf.out"), "PYTHONPATH": str(ROOT / "constructs")}
    return subprocess.run(
        [sys.executable, "main.py"], cwd=project, env={**usual, **variables}, capture_output=True, text=True
    )


def test_a_mistake_in_the_declarations_changes_no_file_and_shows_no_traceback(project):
    """Exit code 1, findings on standard error, and the last synthesis stays as it was, byte for byte."""
    assert run(project, MESHFORM_ENV="prod").returncode == 0
    before = files(project / "cdktf.out")
    assert "stacks/orders-prod/cdk.tf.json" in before
    declared = project / "domains" / "orders" / "__init__.py"
    text = declared.read_text()
    for mistake, code in (
        (text.replace('owner="orders-domain-owners"', 'owner="orders-domain-owner"'), "MF303"),
        (text.replace("approver=", "aprover=", 1), "MF300"),
        (text.replace('"orders",\n        owner', '"customers",\n        owner', 1), "MF302"),
    ):
        assert mistake != text
        declared.write_text(mistake)
        result = run(project, MESHFORM_ENV="prod")
        assert result.returncode == 1
        assert f"error {code} " in result.stderr
        assert "Traceback" not in result.stderr
        assert files(project / "cdktf.out") == before


def test_no_secret_of_the_environment_is_written(project):
    """Neither a token nor a host nor a profile reaches any file."""
    secrets = {
        "DATABRICKS_TOKEN": "dapi" + "0123456789abcdef" * 2,
        "DATABRICKS_HOST": "https://secret-host.example.com",
        "DATABRICKS_CLIENT_SECRET": "very-secret-value-1",
        "ARM_CLIENT_SECRET": "very-secret-value-2",
        "DATABRICKS_CONFIG_PROFILE": "secret-profile-3",
    }
    assert run(project, MESHFORM_ENV="prod", **secrets).returncode == 0
    written = files(project / "cdktf.out")
    assert len(written) > 4
    for content in written.values():
        assert not [value for value in secrets.values() if value.encode() in content]


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_changed(project):
    """MF506 with the system's words and exit code 1, no traceback (fault 44)."""
    (project / "cdktf.out").write_text("a file where the folder should be")
    result = run(project)
    assert result.returncode == 1
    assert "error MF506 the synthesized files cannot be written" in result.stderr
    assert "ENOTDIR" in result.stderr
    assert "Traceback" not in result.stderr
    assert (project / "cdktf.out").read_text() == "a file where the folder should be"


def test_a_disk_that_is_full_is_told_and_leaves_no_partial_file(project):
    """MF506; a stack whose file could not be replaced has no scratch file beside it (fault 44)."""
    text = (project / "main.py").read_text()
    full = """
import os, pathlib

def _full(*_arguments, **_options):
    raise OSError(28, "No space left on device")

os.replace = os.rename = pathlib.Path.replace = pathlib.Path.rename = _full
"""
    at = text.index("if __name__")
    (project / "main.py").write_text(text[:at] + full + "\n" + text[at:])
    result = run(project)
    assert result.returncode == 1
    assert "error MF506" in result.stderr
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    # nor the file as cdktf wrote it, without our resources: deployed, it would destroy them
    assert not [path for path in files(project / "cdktf.out") if path.startswith("stacks/account-local/")]


def test_stacks_are_found_in_every_environment_and_tell_names_addresses_and_references(app):
    """By domain, and of the platform and the account; with the place of the caller where it fails."""
    mesh = declare(app)
    stacks = stacks_of(app, mesh)
    sales = mesh.domain("sales")
    sold = sales.product("sold")
    assert stacks.of(sales) is stacks["sales-local"]
    assert stacks.platform is stacks["platform-local"]
    assert stacks.account is stacks["account-local"]
    stack = stacks.of(sales)
    assert stack.full_name(sold.port("top")) == "sales_local.gold.top"
    assert stack.ref(sold, "databricks_pipeline", "id") == "${databricks_pipeline.sold.id}"
    assert stack.ref(sales, "databricks_schema", "id", name="gold") == "${databricks_schema.gold.id}"
    assert stacks.platform.address(sales, "databricks_catalog") == "databricks_catalog.domain__sales"
    with pytest.raises(MeshformError) as caught:
        stack.ref(sold, "databricks_pipeline", "idd")
    (finding,) = caught.value.findings
    assert finding.code == "MF435"
    assert finding.place.file == "tests/integration/test_synthesizer.py"


def test_synthesis_writes_the_manifest_of_each_product(app):
    """Beside the stacks, once."""
    stacks_of(app)
    synthesize(app)
    (manifest,) = (Path(app.outdir) / "manifests").iterdir()
    assert manifest.name == "sales.sold.json"
    ports = json.loads(manifest.read_bytes())["product"]["ports"]
    assert [port["full_names"] for port in ports] == [
        {"local": "sales_local.gold.sold"},
        {"local": "sales_local.gold.top"},
    ]


def test_grants_of_a_users_own_have_no_second_writer_and_follow_the_policies(app):
    """MF505 and MF459 with the paths of the constructs, and no file of the stack is left."""
    mesh = declare(app)
    GovernancePolicy(mesh, "few", rules=[PrivilegesLimited()])
    sales = stacks_of(app, mesh)["sales-local"]
    schema = "${databricks_schema.gold.id}"
    own(sales, "mine", "databricks_grant", schema=schema, principal="readers", privileges=["SELECT"])
    own(sales, "all", "databricks_grant", external_location="x", principal="y", privileges=["ALL PRIVILEGES"])
    with pytest.raises(MeshformError) as error:
        synthesize(app)
    assert [(f.code, f.place.construct_path) for f in error.value.findings] == [
        ("MF505", "sales-local/mine"),
        ("MF459", "sales-local/all"),
    ]
    assert not (Path(app.outdir) / "stacks" / "sales-local" / "cdk.tf.json").exists()


def test_warnings_about_a_users_own_resources_are_printed(app, capsys):
    """MF508 on the standard error output; synthesis goes on."""
    sales = stacks_of(app)["sales-local"]
    volume = {"volume": "sales_local.bronze.other", "principal": "x", "privileges": ["READ_VOLUME"]}
    own(sales, "mine", "databricks_grant", **volume)
    synthesize(app)
    told = capsys.readouterr().err
    assert "warning MF508 a grant gives nothing without USE_CATALOG on sales_local and USE_SCHEMA on" in told
    assert "at:      sales-local/mine" in told
    assert document(app, "sales-local")["resource"]["databricks_grant"]["mine"]["principal"] == "x"
