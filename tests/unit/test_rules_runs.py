# SPDX-License-Identifier: Apache-2.0
"""Rules for what runs and what it costs: what each looks at, beyond its own examples."""

import pytest
from tests.meshes import SOURCE, domain, of_rule, product, table

from meshform.governance.rules.runs import CostCenterPresent, RunsAsOwnPrincipal, WarehouseLimits
from meshform.model.domain import Platform, Warehouse
from meshform.model.product import Job, Pipeline


def runs(address: str, run_as: str, **fields):
    """A product with a pipeline that runs as somebody."""
    return product(address, table("t"), pipeline=Pipeline(source=SOURCE, run_as=run_as), **fields)


def test_a_deployer_runs_nothing():
    """MF457 for the deployer of an environment, whichever is evaluated, and for one of a domain; jobs too."""
    (finding,) = of_rule(RunsAsOwnPrincipal(), runs("s.p", "deployer"))
    assert finding.summary == (
        "the pipeline of s.p runs as the deployer of environment 'local', who may change access"
    )
    job = product("s.p", pipeline=None, job=Job(source=SOURCE, run_as="writer"))
    (finding,) = of_rule(RunsAsOwnPrincipal(), job, domain("s", deployer="writer"))
    assert finding.summary.startswith("the job of s.p runs as the deployer of domain 's'")
    assert of_rule(RunsAsOwnPrincipal(), runs("s.p", "runner"), product("s.q", pipeline=None)) == []


def test_a_principal_runs_the_products_of_one_domain():
    """MF457 at both products, each with the other, unless the policy lets the principal."""
    made = (runs("s.p", "runner"), runs("s.q", "writer"), runs("t.t", "runner"))
    found = of_rule(RunsAsOwnPrincipal(), *made)
    assert [(f.place.construct_path, f.got) for f in found] == [
        ("mesh/s/p", "runner, which runs t.t"),
        ("mesh/t/t", "runner, which runs s.p"),
    ]
    assert found[0].summary.endswith("also runs something of another domain")
    assert of_rule(RunsAsOwnPrincipal(shared=("runner",)), *made) == []


def test_a_policy_may_ask_for_a_principal_for_each_product():
    """MF457 for two products of one domain, with `of_product` only."""
    made = (runs("s.p", "runner"), runs("s.q", "runner"))
    assert of_rule(RunsAsOwnPrincipal(), *made) == []
    found = of_rule(RunsAsOwnPrincipal(of_product=True), *made)
    assert [f.got for f in found] == ["runner, which runs s.q", "runner, which runs s.p"]
    assert of_rule(RunsAsOwnPrincipal(of_product=True), made[0], runs("s.q", "writer")) == []


def test_a_cost_center_is_one_that_there_is():
    """MF458 for none, and for one that the policy does not name."""
    (finding,) = of_rule(CostCenterPresent(), domain("s"))
    assert (finding.summary, finding.got) == ("domain 's' has no cost centre", None)
    assert of_rule(CostCenterPresent(), domain("s", cost_center="1")) == []
    (finding,) = of_rule(CostCenterPresent(cost_centers=("2", "3")), domain("s", cost_center="1"))
    assert finding.summary == "domain 's' has no cost centre that is known"
    assert (finding.got, finding.allowed) == ("1", "2, 3")


@pytest.mark.parametrize(
    ("warehouse", "got"),
    [
        (Warehouse(), []),
        (Warehouse(size="Large"), ["Large"]),
        (Warehouse(auto_stop_minutes=31), ["31 minutes"]),
        (Warehouse(auto_stop_minutes=0), ["never stops"]),
        (Warehouse(size="4X-Large", auto_stop_minutes=120, create=False), []),
    ],
)
def test_the_warehouse_is_modest(warehouse, got):
    """MF499 for its size and its idle minutes, where the mesh makes it."""
    found = of_rule(WarehouseLimits(), platform=Platform(owner="owners", warehouse=warehouse))
    assert [f.got for f in found] == got
