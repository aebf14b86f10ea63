# SPDX-License-Identifier: Apache-2.0
"""`meshform show`: what the mesh is, who reads what, and what is deployed from this folder."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.meshes import evaluated, group_consumer, mesh, product, table

from meshform.cli import main
from meshform.cli.show import _domain, types_in_state
from meshform.model.ports import Elsewhere, Function, ManagedTable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def show(monkeypatch, capsys, tmp_path):
    """Run the command on the example from a folder without states."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.delenv("MESHFORM_ENV", raising=False)
    monkeypatch.delenv("MESHFORM_TODAY", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["meshform", "show", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    return run


def state(*resources) -> str:
    """The text of a state with resources."""
    return json.dumps({"version": 4, "resources": resources})


def test_it_shows_domains_products_ports_and_their_readers(show):
    """With owner, catalog, version, classified columns and purpose."""
    code, out, _ = show("--env", "prod")
    assert code == 0
    lines = [line.strip() for line in out.splitlines()]
    assert "Domain orders  catalog orders, owned by orders-domain-owners" in lines
    assert "help at #orders-data, orders-data@example.com" in lines
    assert "product orders  version 1.0.0  runs at 0 20 * * * ? UTC" in lines
    assert "gold.orders_daily_revenue  view" in lines
    at = lines.index("gold.orders_daily_revenue  view")
    assert lines[at + 1 : at + 4] == [
        "read by group bi_consumers: revenue dashboards",
        "shared with recipient logistics_partner",
        "shared with recipient auditors",
    ]
    assert "gold.orders_gold  materialized view  personal: customer_id" in lines
    assert "bronze" not in out


def test_it_shows_the_life_of_a_product_and_who_makes_its_ports():
    """Status and successor, maker, and ports that are no tables."""
    function = Function(name="f", returns="int", body="1")
    spec = mesh(
        product(
            "sales.old",
            table("ours", physical_type="table"),
            table("theirs"),
            tables={"ours": ManagedTable(), "theirs": Elsewhere(by="a bundle")},
            functions=(function,),
            version="1.5",
            status="deprecated",
            sunset=date(2027, 1, 31),
            description="What was sold.",
            consumers=(group_consumer("f"),),
        ),
        product("sales.new", version="2.0", replaces="old"),
    )
    resolved = evaluated(spec, "prod").mesh
    lines = [line.plain.strip() for line in _domain(resolved.domains["sales"], resolved)]
    at = lines.index("product old  version 1.5")
    assert lines[at + 1 : at + 7] == [
        "What was sold.",
        "Deprecated: it is kept until 2027-01-31. Use sales.new instead.",
        "gold.ours  table, made by Terraform",
        "gold.theirs  materialized view, made by a bundle",
        "gold.f  function",
        "read by group readers: to read it",
    ]


def test_it_shows_the_stacks_and_what_their_states_hold(show, tmp_path):
    """In the order of deployment; only counts are read from a state."""
    (tmp_path / "terraform.account-local.tfstate").write_text(
        state(
            {
                "mode": "managed",
                "type": "databricks_group",
                "instances": [{"attributes": {"x": "secret"}}, {}],
            },
            {"mode": "data", "type": "databricks_sql_warehouse", "instances": [{}]},
        )
    )
    (tmp_path / "terraform.platform-local.tfstate").write_text("no state")
    _, out, _ = show()
    lines = out[out.index("Stacks,") :].splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["account-local", "2", "resources", "in", "terraform.account-local.tfstate"],
        ["platform-local", "terraform.platform-local.tfstate", "is", "not", "a", "Terraform", "state"],
        *(
            [f"{domain}-local", "not", "deployed", "from", "this", "folder"]
            for domain in ("customers", "orders", "geography", "supply", "sales")
        ),
    ]
    assert "secret" not in out


def test_an_unknown_environment_is_told(show):
    """MF301 and exit code 1."""
    code, out, err = show("--env", "prd")
    assert (code, out) == (1, "")
    assert "error MF301" in err


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "{}", '{"resources": [3]}', '{"resources": [{"mode": "managed"}]}']
)
def test_what_is_no_state_is_told_without_its_content(tmp_path, text):
    """By the file's name."""
    path = tmp_path / "terraform.x.tfstate"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"^terraform\.x\.tfstate is not a Terraform state$"):
        types_in_state(path)


def test_it_shows_the_part_of_a_port_that_a_consumer_reads():
    """The view, its columns and its rows."""
    narrow = group_consumer("sold", columns=("id",), rows="id <> '1'", until=date(2030, 1, 2))
    spec = mesh(product("sales.sold", consumers=(narrow,)), today=date(2029, 1, 1))
    resolved = evaluated(spec, "prod").mesh
    lines = [str(line).strip() for line in _domain(resolved.domains["sales"], resolved)]
    at = lines.index("gold.sold  materialized view")
    assert lines[at + 1 : at + 3] == [
        "read by group readers: to read it, until 2030-01-02",
        "through view gold.sold__for_readers: columns id where id <> '1'",
    ]
