# SPDX-License-Identifier: Apache-2.0
"""Changes of contracts: how much each matters to readers, whom it hits, and what it asks for."""

from datetime import date, timedelta

import pytest
from tests.meshes import (
    column,
    contract,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    table,
)

from meshform.governance.changes import Level, changes_between, verdict
from meshform.governance.evaluate import evaluate
from meshform.governance.waivers import Waivers
from meshform.model.contract import EnumValue, QualityRule, Relationship, ServiceLevel
from meshform.model.mesh_state import state_of
from meshform.model.policy import Classification
from meshform.model.ports import Function, ManagedTable
from meshform.model.product import Volume
from meshform.model.resolve import environment_of, resolve
from meshform.model.share import Recipient, Share
from meshform.model.waiver import Waiver

TODAY = date(2026, 6, 1)
COMPATIBLE, MINOR, BREAKING = Level.COMPATIBLE, Level.MINOR, Level.BREAKING
POLICIES = (
    mask_policy(),
    mask_policy(
        "open",
        classifications=(
            Classification(name="public"),
            Classification(name="internal"),
            Classification(name="odd"),
        ),
    ),
    mask_policy("health"),
)


def between(before, after, today=TODAY):
    """What changed, by product."""
    return changes_between(state_of(before), state_of(after), today)


def refused(before, after, today=TODAY):
    """What is missing: codes and findings."""
    return verdict(between(before, after, today), state_of(after).retired)


def of_tables(before, after, **fields):
    """Changes of one product, whose tables (or contract) changed."""
    made = [
        mesh(
            product("sales.orders", contract=one if hasattr(one, "tables") else contract(*one), **fields),
            *POLICIES,
        )
        for one in (before, after)
    ]
    found = between(*made)
    return found[0].changes if found else ()


def of_columns(before, after):
    """Changes of one port, whose columns changed."""
    return of_tables([table("orders", *before)], [table("orders", *after)])


ID = column("id")
RULE = QualityRule(name="positive", expression="id > 0")


def rules(*found):
    """A table with quality rules."""
    return [table("orders", ID, quality=found)]


@pytest.mark.parametrize(
    ("before", "after", "level", "what"),
    [
        # columns
        ([ID], [ID, column("note")], COMPATIBLE, "column 'note' is new, optional and last"),
        ([ID], [column("note"), ID], MINOR, "column 'note' is new"),
        ([ID], [ID, column("note", required=True)], MINOR, "column 'note' is new"),
        ([ID, column("note")], [ID], BREAKING, "column 'note' is gone"),
        ([ID, column("a")], [ID, column("b")], BREAKING, "column 'a' is gone"),
        ([ID, column("a")], [column("a"), ID], MINOR, "columns stand in another order"),
        ([ID], [column("ID")], COMPATIBLE, "column 'ID' has other upper and lower case"),
        ([ID], [column("id", description="Another text.")], COMPATIBLE, "is described in other words"),
        ([ID], [column("id", business_name="Number")], COMPATIBLE, "is called in other words"),
        ([ID], [column("id", deprecated=True)], MINOR, "column 'id' is deprecated"),
        ([column("id", deprecated=True)], [ID], COMPATIBLE, "is not deprecated any more"),
        # types
        ([column("n", "int")], [column("n", "bigint")], MINOR, "column 'n' has a wider type"),
        ([column("n", "bigint")], [column("n", "int")], BREAKING, "column 'n' has another type"),
        ([column("n", "int")], [column("n", "string")], BREAKING, "column 'n' has another type"),
        ([column("n", "decimal(18,2)")], [column("n", "decimal(20,2)")], MINOR, "a wider type"),
        ([column("n", "decimal(18,2)")], [column("n", "decimal(18,4)")], BREAKING, "another type"),
        ([column("n", "decimal(18,2)")], [column("n", "decimal(20,4)")], MINOR, "a wider type"),
        ([column("n", "int")], [column("n", "decimal(12,2)")], MINOR, "a wider type"),
        ([column("n", "bigint")], [column("n", "decimal(12,2)")], BREAKING, "another type"),
        ([column("n", "varchar(5)")], [column("n", "varchar(9)")], MINOR, "a wider type"),
        ([column("n", "varchar(5)")], [column("n", "string")], MINOR, "a wider type"),
        ([column("n", "varchar(9)")], [column("n", "varchar(5)")], BREAKING, "another type"),
        ([column("n", "char(5)")], [column("n", "char(9)")], BREAKING, "another type"),
        ([column("n", "date")], [column("n", "timestamp_ntz")], MINOR, "a wider type"),
        ([column("n", "date")], [column("n", "timestamp")], BREAKING, "another type"),
        ([ID], [column("id", logical_type="date")], MINOR, "column 'id' means something else"),
        # what holds for values
        ([column("id", required=True)], [ID], BREAKING, "column 'id' is not required any more"),
        ([ID], [column("id", required=True)], COMPATIBLE, "column 'id' is required"),
        ([column("id", unique=True)], [ID], BREAKING, "column 'id' is not unique any more"),
        ([ID], [column("id", unique=True)], COMPATIBLE, "column 'id' is unique"),
        ([column("id", primary_key=True)], [ID], BREAKING, "port 'orders' has no primary key"),
        ([ID], [column("id", primary_key=True)], MINOR, "port 'orders' has a primary key"),
        (
            [column("id", primary_key=True), column("b")],
            [ID, column("b", primary_key=True)],
            BREAKING,
            "port 'orders' has another primary key",
        ),
        (
            [column("s", enum=(EnumValue(value="a"),))],
            [column("s", enum=(EnumValue(value="a"), EnumValue(value="b")))],
            BREAKING,
            "allowed values of 's' are wider",
        ),
        (
            [column("s", enum=(EnumValue(value="a"), EnumValue(value="b")))],
            [column("s", enum=(EnumValue(value="a"),))],
            MINOR,
            "allowed values of 's' are narrower",
        ),
        ([column("s", enum=(EnumValue(value="a"),))], [column("s")], BREAKING, "are wider"),
        ([column("s")], [column("s", enum=(EnumValue(value="a"),))], MINOR, "are narrower"),
        (
            [column("n", "int", logical_type_options={"maximum": 9})],
            [column("n", "int", logical_type_options={"maximum": 5})],
            MINOR,
            "limit maximum of 'n' is tighter",
        ),
        (
            [column("n", "int", logical_type_options={"minimum": 5})],
            [column("n", "int", logical_type_options={"minimum": 1})],
            BREAKING,
            "limit minimum of 'n' is looser or another",
        ),
        (
            [column("s", logical_type_options={"pattern": "a+"})],
            [column("s", logical_type_options={"pattern": "b+"})],
            BREAKING,
            "limit pattern of 's' is looser or another",
        ),
        (
            [column("s")],
            [column("s", relationships=(Relationship(to=("other.id",)),))],
            MINOR,
            "column 's' refers to something else",
        ),
        # classes and tags
        ([ID], [column("id", classification="personal")], BREAKING, "column 'id' is of another class"),
        ([ID], [column("id", classification="public")], MINOR, "column 'id' is of another class"),
        ([column("id", classification="personal")], [ID], MINOR, "column 'id' has no class"),
        ([ID], [column("id", tags=("a=b",))], COMPATIBLE, "column 'id' has new tags"),
        ([column("id", tags=("a=b",))], [ID], MINOR, "column 'id' has lost a tag"),
    ],
)
def test_each_change_of_a_column_has_its_level(before, after, level, what):
    """As the table of docs/changes.md says."""
    found = [one for one in of_columns(before, after) if what in one.what]
    assert [one.level for one in found] == [level]


@pytest.mark.parametrize(
    ("before", "after", "level", "what"),
    [
        ([table("orders")], [table("orders"), table("more")], MINOR, "port 'more' is new"),
        ([table("orders"), table("more")], [table("orders")], BREAKING, "port 'more' is gone"),
        ([table("orders")], [table("orders", schema_name="silver")], BREAKING, "port 'orders' is gone"),
        (
            [table("orders", physical_type="table")],
            [table("orders", physical_type="view")],
            BREAKING,
            "port 'orders' is a view now",
        ),
        (
            [table("orders", physical_type="view")],
            [table("orders", physical_type="materialized_view")],
            MINOR,
            "port 'orders' is a materialized view now",
        ),
        ([table("orders")], [table("orders", granularity="one a day")], MINOR, "what a row is"),
        ([table("orders")], [table("orders", deprecated=True)], MINOR, "port 'orders' is deprecated"),
        ([table("orders")], [table("orders", description="Other.")], COMPATIBLE, "in other words"),
        ([table("orders")], [table("orders", cluster_by=("id",))], COMPATIBLE, "laid out in another way"),
        ([table("orders", tags=("a=b",))], [table("orders")], MINOR, "port 'orders' has lost a tag"),
        (rules(), rules(RULE), MINOR, "quality rule 'positive' is new"),
        (rules(RULE), rules(), MINOR, "quality rule 'positive' is gone"),
        (
            rules(QualityRule(name="positive", expression="id > 0", action="drop")),
            rules(),
            BREAKING,
            "quality rule 'positive' is gone",
        ),
        (
            rules(QualityRule(name="positive", expression="id > 0", action="drop")),
            rules(RULE),
            BREAKING,
            "quality rule 'positive' says something else",
        ),
        (
            rules(RULE),
            rules(QualityRule(name="positive", expression="id > 0", action="drop")),
            MINOR,
            "quality rule 'positive' says something else",
        ),
        (
            rules(RULE),
            rules(QualityRule(name="positive", expression="id > 1")),
            MINOR,
            "quality rule 'positive' says something else",
        ),
        ([table("orders")], contract(table("orders"), id="other"), BREAKING, "the contract has another id"),
        ([table("orders")], contract(table("orders"), usage="New."), MINOR, "usage are told in other words"),
        ([table("orders")], contract(table("orders"), purpose="New."), COMPATIBLE, "who and what for"),
    ],
)
def test_each_change_of_a_port_or_contract_has_its_level(before, after, level, what):
    """As the table of docs/changes.md says."""
    found = [one for one in of_tables(before, after) if what in one.what]
    assert [one.level for one in found] == [level]


@pytest.mark.parametrize(
    ("before", "after", "level", "what"),
    [
        (None, ("retention", 1, "y"), MINOR, "service level retention is new"),
        (("retention", 1, "y"), None, BREAKING, "service level retention is gone"),
        (("freshness", 4, "h"), ("freshness", 2, "h"), COMPATIBLE, "freshness is stronger"),
        (("freshness", 4, "h"), ("freshness", 240, "minutes"), COMPATIBLE, "freshness is stronger"),
        (("freshness", 4, "h"), ("freshness", 1, "d"), BREAKING, "freshness is weaker"),
        (("availability", 99, "percent"), ("availability", 99.9, "percent"), COMPATIBLE, "stronger"),
        (("availability", 99, "percent"), ("availability", 95, "percent"), BREAKING, "weaker"),
        (("endOfSupport", "2027-01-01", None), ("endOfSupport", "2028-01-01", None), COMPATIBLE, "stronger"),
        (("endOfSupport", "2027-01-01", None), ("endOfSupport", "2026-01-01", None), BREAKING, "weaker"),
        (("timeOfAvailability", "09:00", None), ("timeOfAvailability", "08:00", None), BREAKING, "another"),
    ],
)
def test_each_change_of_a_service_level_has_its_level(before, after, level, what):
    """Weaker or incomparable breaks readers, stronger does not."""

    def made(level):
        fields = zip(("property", "value", "unit"), level, strict=True) if level else ()
        return contract(table("orders"), sla=(ServiceLevel(**dict(fields)),) if level else ())

    [found] = of_tables(made(before), made(after))
    assert found.level is level
    assert what in found.what


def test_fields_of_a_struct_are_compared_one_by_one():
    """By the path of their names."""
    inner = column("street")
    before = column("home", "struct<street:string,zip:string>", fields=(inner, column("zip")))
    after = column("home", "struct<street:string>", fields=(inner,))
    [found] = of_columns([before], [after])
    assert (found.level, found.what, found.column) == (BREAKING, "column 'home.zip' is gone", "home.zip")


def test_a_required_column_breaks_who_writes_the_table():
    """Where others than the product write it."""
    before, after = [table("orders", ID)], [table("orders", ID, column("n", required=True))]
    written = {"tables": {"orders": ManagedTable(writers=("writer",))}}
    assert [one.level for one in of_tables(before, after, **written)] == [BREAKING]
    later = [table("orders", column("id", required=True))]
    assert [one.level for one in of_tables(before, later, **written)] == [BREAKING]


def test_an_internal_table_is_promised_to_nobody():
    """It may change in any way, but a class lowered there is told too."""
    before = table("raw", ID, column("mail", classification="personal"), schema_name="silver")
    after = table("raw", column("mail"), schema_name="silver")
    [found] = of_tables([before], [after])
    assert found.broadens
    assert of_tables([before], [table("raw", before.columns[1], schema_name="silver")]) == ()


@pytest.mark.parametrize(
    ("before", "after", "broadens"),
    [
        ("personal", None, True),
        ("personal", "public", True),
        ("internal", "public", True),
        ("public", "internal", False),
        ("odd", "internal", True),  # nobody knows which says less
        (None, "public", False),
        (None, "personal", False),
    ],
)
def test_a_class_that_says_less_shows_data_to_more_people(before, after, broadens):
    """Nobody has to be asked for a class that hides more (fault 22)."""
    [found] = of_columns([column("c", classification=before)], [column("c", classification=after)])
    assert found.broadens is broadens


def test_a_class_lowered_is_refused_without_approval():
    """MF547 with the column, and both classes."""
    made = [
        mesh(product("sales.orders", table("orders", column("mail", classification=c)), version=v), *POLICIES)
        for c, v in (("personal", "1.0.0"), (None, "9.0.0"))
    ]
    [found] = [one for one in refused(*made) if one.code == "MF547"]
    assert "column 'mail' has no class of port 'orders', so more people may see it" in found.summary
    assert found.got == "personal before, no class now"


@pytest.mark.parametrize(("days", "codes"), [(30, ["MF547"]), (-1, ["MF547", "MF463"])])
def test_the_council_can_approve_a_change(days, codes):
    """By a waiver of MF547 for the column; one that has expired approves nothing, and is told."""
    waiver = Waiver(
        rule="MF547",
        scope="sales.orders.orders.mail",
        reason="hashed at the source",
        ticket="GOV-1",
        approver="exempt",
        expires=TODAY + timedelta(days=days),
    )
    fields = {"governance_council": "exempt", "today": TODAY}
    made = [
        mesh(
            product("sales.orders", table("orders", column("mail", classification=c)), version=v),
            *POLICIES,
            mask_policy("agreed", classifications=(), waivers=(waiver,)),
            **fields,
        )
        for c, v in (("personal", "1.0.0"), (None, "9.0.0"))
    ]
    resolved, _ = resolve(made[1], environment_of(made[1], "prod"))
    wanted = [one for one in refused(*made) if one.code == "MF547"]
    found = list(Waivers(resolved).applied_to_changes(wanted))
    assert [one.code for one in found] == codes
    assert [one.severity for one in found] == (["advice"] if days > 0 else ["error", "error"])
    # `meshform check` knows the code, and does not know whether the waiver is needed
    told = {one.code for one in evaluate(made[1], "prod").findings}
    assert not told & {"MF465", "MF466"}


def test_other_ports_have_levels_too():
    """Volumes and functions in the schema of the ports."""
    volume = Volume(name="files", schema_name="gold")
    function = Function(name="f", parameters={"a": "int"}, returns="int", body="a")
    base = product("sales.orders")

    def level(before, after):
        made = [mesh(base.model_copy(update=fields)) for fields in (before, after)]
        return between(*made)[0].level

    assert level({}, {"volumes": (volume,)}) is MINOR
    assert level({"volumes": (volume,)}, {}) is BREAKING
    assert level({}, {"functions": (function,)}) is MINOR
    assert level({"functions": (function,)}, {}) is BREAKING
    other = function.model_copy(update={"returns": "string"})
    assert level({"functions": (function,)}, {"functions": (other,)}) is BREAKING
    other = function.model_copy(update={"body": "a + 1"})
    assert level({"functions": (function,)}, {"functions": (other,)}) is MINOR


SHARE = Share(name="out", ports=("orders",), recipients=(Recipient(name="them"),))


def sold(*columns, version="1.0.0", **fields):
    """A mesh with a product that everybody reads in another way."""
    given = {
        "contract": contract(table("orders", *columns), table("other"), version=version),
        "consumers": (
            group_consumer("other", group="exempt"),
            group_consumer("orders", columns=("id",)),
            product_consumer("finance.ledger"),
        ),
        "shares": (SHARE,),
    }
    return mesh(
        product("sales.orders", **{**given, **fields}),
        product("finance.ledger", inputs=(port("sales.orders.orders"),)),
        product("sales.sums", inputs=(port("sales.orders.orders"),)),
    )


def test_a_change_lists_whom_it_hits():
    """Consumers of the port that may read the column, products that read it, shares; nobody else."""
    [found] = between(sold(ID, column("n")), sold(ID))
    assert found.hits == (("finance.ledger", "sales.sums", "share out"),)
    [found] = between(sold(ID, column("n")), sold(column("n")))
    assert found.hits == (("finance.ledger", "readers", "sales.sums", "share out"),)


def test_a_service_level_hits_the_readers_of_its_port():
    """By the table that it is measured in; one that names none is of the whole product."""

    def weaker(element):
        return [
            sold(
                contract=contract(
                    table("orders", ID),
                    table("other"),
                    sla=(ServiceLevel(property="freshness", value=value, unit="h", element=element),),
                )
            )
            for value in (4, 8)
        ]

    [found] = between(*weaker("other.id"))
    assert found.hits == (("exempt", "finance.ledger"),)
    [found] = between(*weaker(None))
    assert found.hits == (("exempt", "finance.ledger", "readers", "sales.sums", "share out"),)


def test_nothing_changed_is_nothing():
    """The same mesh, and one with a new product."""
    assert between(sold(ID), sold(ID)) == ()
    assert between(mesh(product("sales.a")), mesh(product("sales.a"), product("sales.b"))) == ()


@pytest.mark.parametrize(
    ("before", "after", "columns", "code"),
    [
        ("1.0.0", "1.0.0", "minor", "MF545"),
        ("1.0.0", "1.0.1", "minor", "MF545"),
        ("1.0.0", "1.1.0", "minor", None),
        ("v1", "v1.1", "minor", None),
        ("1.0.0", "2.0.0", "minor", None),
        ("0.1.0", "0.1.0", "minor", "MF545"),
        ("0.1.0", "0.1.1", "minor", None),
        ("1.0.0", "1.9.0", "breaking", "MF545"),
        ("1.0.0", "2.0.0", "breaking", None),
        ("0.1.0", "0.1.9", "breaking", "MF545"),
        ("0.1.0", "0.2.0", "breaking", None),
        ("1.0.0", "1.0.0", "compatible", None),
        ("1.0.0", "0.9.0", "compatible", "MF544"),
        ("spring", "spring", "compatible", None),
        ("spring", "summer", "minor", "MF544"),
    ],
)
def test_the_version_rises_as_far_as_the_changes_ask(before, after, columns, code):
    """MF545 with the lowest version that would do, MF544 for one that goes down or is none."""
    later = {"minor": [column("n"), ID], "breaking": [column("n")], "compatible": [ID, column("n")]}
    made = [
        mesh(product("sales.orders", contract=contract(table("orders", *c), version=v)))
        for c, v in (([ID], before), (later[columns], after))
    ]
    assert [one.code for one in refused(*made)] == ([code] if code else [])


def test_a_version_of_the_product_rises_too():
    """Readers see it in tags and manifests."""
    made = [
        mesh(product("sales.orders", contract=contract(table("orders", *c), version=v), version="3.0.0"))
        for c, v in (([ID], "1.0.0"), ([column("n"), ID], "1.1.0"))
    ]
    [found] = refused(*made)
    assert (found.code, found.allowed) == ("MF545", "3.1.0 or higher")
    assert "version of the product of sales.orders" in found.summary


def test_readers_have_to_be_told_before_a_breaking_change():
    """MF546 lists them; what was deprecated before may go, and what nobody reads."""
    before, after = sold(ID, column("n")), sold(ID, version="2.0.0")
    [found] = refused(before, after)
    assert found.code == "MF546"
    assert found.got == "read by finance.ledger, sales.sums, share out"
    assert refused(sold(ID, column("n", deprecated=True)), after) == []
    nobody = [
        mesh(product("sales.orders", contract=contract(table("orders", *c), version=v)))
        for c, v in (([ID, column("n")], "1.0.0"), ([ID], "2.0.0"))
    ]
    assert refused(*nobody) == []


def test_a_deprecated_product_may_change_after_its_last_day():
    """Its `sunset` is the window."""
    old = {"status": "deprecated", "sunset": date(2026, 5, 31)}
    before, after = sold(ID, column("n"), **old), sold(ID, version="2.0.0", **old)
    assert refused(before, after, date(2026, 6, 1)) == []
    assert [one.code for one in refused(before, after, date(2026, 5, 31))] == ["MF546"]


def test_a_draft_may_change_in_any_way():
    """Nobody was promised anything."""
    before, after = sold(ID, column("n"), status="draft"), sold(ID, status="draft")
    assert refused(before, after) == []


def test_a_new_major_version_beside_the_old_one_breaks_nobody():
    """The old one is only deprecated."""
    before = sold(ID, column("n"))
    old = sold(ID, column("n"), status="deprecated", sunset=date(2027, 1, 1))
    new = product("sales.orders-2", table("orders_2"), version="2.0.0", replaces="orders")
    assert refused(before, old.model_copy(update={"products": (*old.products, new)})) == []


def test_a_product_with_readers_does_not_just_go():
    """MF548 lists them, also when it is declared as retired at once (fault 31)."""
    before = sold(ID)
    gone = before.model_copy(update={"products": before.products[1:]})
    over = gone.model_copy(
        update={"domains": tuple(one.model_copy(update={"retired": ("orders",)}) for one in gone.domains)}
    )
    for after in (gone, over):
        [found] = refused(before, after)
        assert found.code == "MF548"
        assert found.summary == "sales.orders is gone from the mesh, and is still read"
        assert found.got == "status active; read by exempt, finance.ledger, readers, sales.sums, share out"


def test_a_product_goes_when_it_was_retired():
    """In a change before; or at once where nobody reads it."""
    before = mesh(product("sales.orders"), product("sales.more"))
    gone = mesh(product("sales.more"))
    [found] = refused(before, gone)
    assert (found.code, found.got) == ("MF548", "status active; read by nobody")
    retired = before.model_copy(
        update={"products": (before.products[0].model_copy(update={"status": "retired"}), before.products[1])}
    )
    assert refused(retired, gone) == []
    over = gone.model_copy(
        update={"domains": tuple(one.model_copy(update={"retired": ("orders",)}) for one in gone.domains)}
    )
    assert refused(before, over) == []


def test_a_product_with_readers_is_not_retired_at_once():
    """It is deprecated first, and its last day passes."""
    retired = {"status": "retired", "shares": ()}
    assert [one.code for one in refused(sold(ID, shares=()), sold(ID, **retired))] == ["MF546"]
    old = sold(ID, shares=(), status="deprecated", sunset=date(2026, 5, 31))
    assert refused(old, sold(ID, **retired)) == []


def test_a_renamed_product_is_the_same():
    """Its tables keep their names; its contract is compared."""
    before = mesh(product("sales.orders", table("orders")))
    after = mesh(product("sales.purchases", table("orders"), renamed_from="orders"))
    [found] = between(before, after)
    assert [one.what for one in found.changes] == ["the product has another name"]
    assert refused(before, after) == []


def test_a_state_reads_back_equal():
    """As another process reads it."""
    state = state_of(sold(ID, column("mail", classification="personal", enum=(EnumValue(value=1),))))
    assert type(state).model_validate_json(state.model_dump_json()) == state
