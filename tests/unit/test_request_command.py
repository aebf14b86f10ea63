# SPDX-License-Identifier: Apache-2.0
"""`meshform request`: the file that it changes, what it prints, and what it refuses."""

import sys
import uuid
from pathlib import Path

import pytest

from meshform.cli import main

CODE = """\
from pathlib import Path

from meshform import *

HERE = Path(__file__).parent


def declare(scope):
    mesh = Mesh(
        scope,
        environments=[Environment.local(deployer="deployer")],
        platform=Platform(owner="owners"),
        groups=[Group(name="owners", members=("deployer",)), Group(name="analytics")],
        service_principals=[ServicePrincipal(name="deployer"), ServicePrincipal(name="runner")],
    )
    sales = Domain(mesh, "sales", owner="owners", support=Support(channel="#sales"))
    finance = Domain(mesh, "finance", owner="owners", support=Support(channel="#finance"))
    columns = (Column(name="id", type="string"), Column(name="country", type="string"))
    contract = Contract(id="c", version="1.0.0", tables=(Table(name="sold", columns=columns),))
    run = Pipeline(source=HERE / "pipeline", run_as="runner")
    DataProduct(sales, "sold", contract=contract, pipeline=run, consumers=HERE / "consumers.yaml")
    more = Contract(id="m", version="1.0.0", tables=(Table(name="more", columns=columns),))
    DataProduct(sales, "more", contract=more, pipeline=run)
    ledger = Contract(id="l", version="1.0.0", tables=(Table(name="ledger", columns=columns),))
    DataProduct(finance, "ledger", contract=ledger, pipeline=run, inputs=[mesh.port("sales.sold.sold")])
    return mesh
"""
CODE = CODE.replace("import *", "import *\nfrom meshform.model.contract import Column, Table", 1)
FILE = "# Who reads.\nconsumers: []\n"


@pytest.fixture
def request_access(monkeypatch, capsys, tmp_path):
    """Run the command in a project of its own: exit code, output and errors."""
    name = f"mesh_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(CODE)
    (tmp_path / "consumers.yaml").write_text(FILE)
    (tmp_path / "pyproject.toml").write_text(f'[tool.meshform]\nmesh = "{name}:declare"\n')
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "a.py").write_text("")
    for variable in ("MESHFORM_ENV", "MESHFORM_TODAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, today: str | None = None) -> tuple[int, str, str]:
        if today:
            monkeypatch.setenv("MESHFORM_TODAY", today)
        monkeypatch.setattr(sys, "argv", ["meshform", "request", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run


def test_it_adds_a_consumer_to_the_file_of_the_product(request_access, tmp_path):
    """With everything that was asked for; the second asks after the first."""
    code, out, err = request_access(
        "sales.sold.sold",
        *("--as", "analytics", "--purpose", "revenue of Germany", "--until", "2030-06-30"),
        *("--columns", "id, country", "--rows", "country = 'DE'"),
        today="2029-01-01",
    )
    assert (code, err) == (0, "")
    assert (tmp_path / "consumers.yaml").read_text() == (
        "# Who reads.\n"
        "consumers:\n"
        "  - group: analytics\n"
        "    ports: [sold]\n"
        "    columns: [id, country]\n"
        "    rows: \"country = 'DE'\"\n"
        "    purpose: revenue of Germany\n"
        "    approver: owners  # to be confirmed by them\n"
        "    until: 2030-06-30\n"
    )
    assert "Asked in consumers.yaml, at its end:" in out
    assert "    - group: analytics" in out
    assert "open a pull request; owners, who own the product, approve it" in out
    code, _, err = request_access("sales.sold.sold", "--as", "finance.ledger", "--purpose", "the ledger")
    assert (code, err) == (0, "")
    assert "  - product: finance.ledger\n    ports: [sold]\n" in (tmp_path / "consumers.yaml").read_text()


def test_for_consumers_in_python_it_prints_what_to_add_and_where(request_access, tmp_path):
    """Nothing is written."""
    code, out, _ = request_access(
        "sales.more.more",
        "--as",
        "analytics",
        "--purpose",
        "why 'not'",
        "--until",
        "2030-06-30",
        today="2029-01-01",
    )
    assert code == 0
    line = next(i for i, text in enumerate(CODE.splitlines(), 1) if '"more", contract' in text)
    assert f".py:{line}:" in out
    for text in (
        "Consumer(",
        "    group='analytics',",
        "    purpose=\"why 'not'\",",
        "    until=date(2030, 6, 30),",
    ):
        assert f"    {text}" in out.splitlines()
    assert (tmp_path / "consumers.yaml").read_text() == FILE


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("sales.sold.sodl", "--as", "analytics"), "MF395", "did you mean 'sales.sold.sold'?"),
        (("sold", "--as", "analytics"), "MF395", "domain.product.port"),
        (("sales.sold.sold", "--as", "analytcs"), "MF395", "did you mean 'analytics'?"),
        (("sales.sold.sold", "--as", "analytics", "--columns", "contry"), "MF391", "did you mean 'country'?"),
        (("sales.sold.sold", "--as", "analytics", "--rows", "country"), "MF392", "not a condition"),
        (("sales.sold.sold", "--as", "analytics", "--until", "2030-06-30"), "MF324", "MESHFORM_TODAY"),
    ],
)
def test_what_the_mesh_would_refuse_is_not_written(request_access, tmp_path, arguments, code, words):
    """The findings that the mesh does not have without the request."""
    status, _, err = request_access(*arguments, "--purpose", "x")
    assert status == 1
    assert f"error {code}" in err
    assert words in err
    assert (tmp_path / "consumers.yaml").read_text() == FILE


def test_access_that_has_ended_cannot_be_asked_for(request_access, tmp_path):
    """It is only a warning in a mesh."""
    status, _, err = request_access(
        "sales.sold.sold", "--as", "analytics", "--purpose", "x", "--until", "2028-12-31", today="2029-01-01"
    )
    assert status == 1
    assert "MF325" in err
    assert (tmp_path / "consumers.yaml").read_text() == FILE


def test_nobody_asks_twice(request_access, tmp_path):
    """MF396 with the place of the consumer that is there; another group may ask."""
    (tmp_path / "consumers.yaml").write_text(
        "consumers:\n  - group: analytics\n    purpose: revenue\n    approver: owners\n"
    )
    status, _, err = request_access("sales.sold.sold", "--as", "analytics", "--purpose", "more")
    assert status == 1
    assert "MF396" in err
    assert "consumers.yaml:2:5" in err
    assert request_access("sales.sold.sold", "--as", "owners", "--purpose", "more")[0] == 0


def test_a_purpose_is_needed(request_access):
    """An empty one is wrong use of the command."""
    status, _, err = request_access("sales.sold.sold", "--as", "analytics", "--purpose", " ")
    assert status == 2
    assert "--purpose" in err


def test_a_file_that_is_a_link_out_of_the_project_is_refused(request_access, tmp_path_factory):
    """MF103 when it is read: what is written could not be reviewed."""
    outside = tmp_path_factory.mktemp("outside") / "consumers.yaml"
    outside.write_text(FILE)
    Path("consumers.yaml").unlink()
    Path("consumers.yaml").symlink_to(outside)
    status, _, err = request_access("sales.sold.sold", "--as", "analytics", "--purpose", "x")
    assert status == 1
    assert "MF103" in err
    assert outside.read_text() == FILE
