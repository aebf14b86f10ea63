# SPDX-License-Identifier: Apache-2.0
"""The grants ledger: one writer for each securable, known privileges only, the same order every time."""

import pytest
from tests.meshes import at

from meshform.model.findings import MeshformError
from meshform.model.privileges import PRIVILEGES
from meshform.terraform.grants import Ledger, Securable
from meshform.terraform.stack import PREPARE, Phase, Rank, Stack

SCHEMA = Securable("schema", "sales.gold")
CATALOG = Securable("catalog", "sales")
TABLE = Securable("table", "sales.gold.sold")


def written(ledger: Ledger, *stacks: Stack) -> dict:
    """Blocks by address after writing, of all stacks."""
    ledger.write({stack.name: stack for stack in stacks})
    return {(stack.name, address): b for stack in stacks for address, b in stack.blocks.items()}


def test_one_stacks_wishes_for_a_securable_become_one_authoritative_block():
    """Principals and privileges are sorted and each is there once, whatever the order of wishes."""
    stack, ledger = Stack("sales-prod"), Ledger({})
    ledger.wish(stack, TABLE, "zoe", ["SELECT", "MODIFY"], at(1))
    ledger.wish(stack, TABLE, "amy", ["SELECT"], at(2))
    ledger.wish(stack, TABLE, "zoe", ["SELECT", "MANAGE"], at(3))
    blocks = written(ledger, stack)
    (block,) = blocks.values()
    assert block.address == "databricks_grants.table__gold__sold"
    assert block.body == {
        "table": "sales.gold.sold",
        "grant": [
            {"principal": "amy", "privileges": ["SELECT"]},
            {"principal": "zoe", "privileges": ["MANAGE", "MODIFY", "SELECT"]},
        ],
    }
    assert block.place == at(1)


def test_a_securable_of_two_stacks_gets_a_block_for_each_principal_in_one_stack():
    """A shared securable has no authoritative block, so no stack removes what another gave (fault 4)."""
    platform, sales = Stack("platform"), Stack("sales")
    ledger = Ledger({"id-1": "robot"})
    ledger.share_writing(CATALOG)
    ledger.wish(platform, CATALOG, "deployer", ["MANAGE"], at(1))
    ledger.wish(sales, CATALOG, "id-1", ["USE_CATALOG"], at(2))
    blocks = written(ledger, platform, sales)
    assert list(blocks) == [
        ("platform", "databricks_grant.catalog__sales__deployer"),
        ("sales", "databricks_grant.catalog__sales__robot"),
    ]
    assert blocks["sales", "databricks_grant.catalog__sales__robot"].body == {
        "catalog": "sales",
        "principal": "id-1",
        "privileges": ["USE_CATALOG"],
    }


def test_a_second_stack_may_not_write_a_securable():
    """MF505 names both stacks and the place of the second wish (fault 4)."""
    one, two, ledger = Stack("one"), Stack("two"), Ledger({})
    ledger.wish(one, SCHEMA, "amy", ["USE_SCHEMA"], at(1))
    ledger.wish(two, SCHEMA, "zoe", ["USE_SCHEMA"], at(2))
    with pytest.raises(MeshformError) as caught:
        written(ledger, one, two)
    (finding,) = caught.value.findings
    assert finding.code == "MF505"
    assert finding.summary == "two stacks would write grants of schema sales.gold"
    assert (finding.got, finding.place) == ("zoe by two and by one", at(2))


def test_a_second_stack_may_not_write_a_principal_of_a_shared_securable():
    """MF505: each principal of a shared securable has one writer too."""
    one, two, ledger = Stack("one"), Stack("two"), Ledger({})
    ledger.share_writing(CATALOG)
    ledger.wish(one, CATALOG, "amy", ["USE_CATALOG"], at(1))
    ledger.wish(two, CATALOG, "amy", ["MANAGE"], at(2))
    with pytest.raises(MeshformError) as caught:
        written(ledger, one, two)
    assert caught.value.findings[0].code == "MF505"


@pytest.mark.parametrize(
    ("securable", "privilege"),
    [
        (TABLE, "SELECTT"),
        (TABLE, "USE_SCHEMA"),
        (SCHEMA, "USE_CATALOG"),
        (CATALOG, "USE CATALOG"),
        (Securable("volume", "a.b.c"), "SELECT"),
        (Securable("share", "s"), "MANAGE"),
    ],
)
def test_a_privilege_that_a_securable_does_not_take_is_refused_with_those_it_takes(securable, privilege):
    """MF504 before anything is written (fault 25)."""
    ledger = Ledger({})
    with pytest.raises(MeshformError) as caught:
        ledger.wish(
            Stack("s"), securable, "amy", ["SELECT", privilege] if securable == TABLE else [privilege], at(1)
        )
    (finding,) = caught.value.findings
    assert (finding.code, finding.got, finding.place) == ("MF504", privilege, at(1))
    assert finding.summary == f"a {securable.kind} does not take this privilege"
    assert finding.allowed == ", ".join(sorted(PRIVILEGES[securable.kind]))


def test_a_grant_comes_after_the_latest_of_what_it_needs():
    """The rank is the highest that was asked for, and every address to follow is kept."""
    stack, ledger = Stack("s"), Ledger({})
    late = Rank(2, Phase.GRANT)
    ledger.wish(stack, TABLE, "amy", ["SELECT"], at(1), rank=late, after=["b.b"])
    ledger.wish(stack, TABLE, "zoe", ["SELECT"], at(2), rank=PREPARE, after=["a.a"])
    (block,) = written(ledger, stack).values()
    assert (block.rank, block.after) == (late, ("a.a", "b.b"))


def test_nothing_is_written_for_what_nobody_wishes():
    """A securable that is only declared as shared has no block."""
    stack, ledger = Stack("s"), Ledger({})
    ledger.share_writing(CATALOG)
    assert written(ledger, stack) == {}
