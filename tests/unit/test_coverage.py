# SPDX-License-Identifier: Apache-2.0
"""The proof of coverage: who sees classified columns in clear, and by which route."""

import pytest
from tests.meshes import (
    column,
    compiled,
    evaluated,
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

from meshform.governance.access.lineage import lineage
from meshform.governance.rules.shares import SharesExclude
from meshform.governance.view_sql import read_view
from meshform.model.findings import Severity
from meshform.model.inputs import ExternalTable
from meshform.model.policy import Classification
from meshform.model.share import Recipient, Share

EMAIL = column("email", classification="personal")
SOLD = table("sold", column("id"), EMAIL)
SHARE = Share(name="out", ports=("sold",), recipients=(Recipient(name="partner"),))


def sales(*tables, policy=None, **fields):
    """A mesh with one product of a classified column, and its mask."""
    return mesh(product("sales.sold", SOLD, *tables, **fields), policy or mask_policy())


def with_view(sql, *columns, policy=None, **fields):
    """The same with a view `top`."""
    return sales(view("top", *columns), views={"top": sql}, policy=policy, **fields)


def coverage(spec):
    """All findings of the proof."""
    findings = evaluated(spec).findings
    return [one for one in findings if one.code in {"MF480", "MF481", "MF482", "MF483"}]


def test_a_masked_column_with_its_readers_is_covered():
    """Readers are masked, and the pipeline is exempt by the policy."""
    assert coverage(sales(consumers=(group_consumer("sold"),))) == []


def test_a_class_that_no_policy_declares_is_read_in_clear():
    """The finding names column, principal and route."""
    (finding,) = coverage(mesh(product("sales.sold", SOLD, consumers=(group_consumer("sold"),))))
    assert finding.code == "MF480"
    assert finding.summary == "sales_local.gold.sold.email is read in clear by readers, runner"
    assert "readers: SELECT on table sales_local.gold.sold to readers" in finding.got
    assert "runner: runner owns sales_local.gold.sold" in finding.got


def test_a_class_without_a_mask_is_the_policys_leave_to_read_it():
    """It is declared so, by a policy of the mesh."""
    open_class = mask_policy(classifications=(Classification(name="personal"),))
    assert coverage(sales(policy=open_class, consumers=(group_consumer("sold"),))) == []


def test_a_view_that_invents_a_class_hides_nothing():
    """Policies are not for views, so the class must be on what the view reads."""
    (finding,) = coverage(
        with_view(
            "SELECT id FROM sold",
            column("id", classification="personal"),
            consumers=(group_consumer("top"),),
        )
    )
    assert (finding.code, finding.summary.split(" by ")[0]) == (
        "MF480",
        "sales_local.gold.top.id is read in clear",
    )
    assert "policies are not for views" in finding.fix


@pytest.mark.parametrize(
    "sql", ["SELECT email AS id FROM sold", "SELECT concat('x', s.email) AS id FROM sold AS s"]
)
def test_a_view_keeps_the_class_of_what_it_is_made_from(sql):
    """MF482, whoever reads it: the next product knows a column by its class alone."""
    (finding,) = coverage(with_view(sql, column("id")))
    assert (finding.code, finding.severity) == ("MF482", Severity.ERROR)
    assert finding.summary == "sales_local.gold.top.id is made from class personal, and does not say so"
    assert "sales_local.gold.sold.email" in finding.got
    assert coverage(with_view(sql, column("id", classification="personal"))) == []


def test_a_policy_may_let_views_lower_a_class():
    """With `made_from`; another class without it does not do."""
    hashed = Classification(name="pseudonym", made_from=("personal",))
    classes = mask_policy().classifications
    sql, low = "SELECT sha2(email, 256) AS id FROM sold", column("id", classification="pseudonym")
    policy = mask_policy(classifications=(*classes, hashed))
    assert coverage(with_view(sql, low, policy=policy)) == []
    plain = mask_policy(classifications=(*classes, Classification(name="pseudonym")))
    (finding,) = coverage(with_view(sql, low, policy=plain))
    assert (finding.code, finding.got[:17]) == ("MF482", "class 'pseudonym'")


def test_a_count_carries_no_class():
    """However it counts."""
    sql = "SELECT count(DISTINCT email) AS id FROM sold"
    assert coverage(with_view(sql, column("id", "bigint"))) == []


def test_a_view_that_nobody_can_follow_is_told_and_never_called_masked():
    """MF483 is a warning; with the class of what it may hold, the column is on the safe side."""
    sql = "SELECT (SELECT max(email) FROM sold) AS id FROM sold"
    (finding,) = coverage(with_view(sql, column("id"), consumers=(group_consumer("top"),)))
    assert (finding.code, finding.severity) == ("MF483", Severity.WARNING)
    assert finding.summary == ("nobody can tell which classified columns are in sales_local.gold.top: id")


def test_classes_are_followed_through_views_of_other_domains():
    """Also when one domain is checked alone."""
    spec = mesh(
        product(
            "sales.sold",
            SOLD,
            view("top", column("id", classification="personal")),
            views={"top": "SELECT email AS id FROM sold"},
            consumers=(product_consumer("finance.ledger", "top"),),
        ),
        product(
            "finance.ledger",
            view("all", column("who")),
            views={"all": "SELECT id AS who FROM sales.gold.top"},
            inputs=(port("sales.sold.top"),),
            pipeline=None,
        ),
        mask_policy(),
    )
    for domain in (None, "finance"):
        findings = evaluated(spec, domain=domain).findings
        assert [one.summary for one in findings if one.code == "MF482"] == [
            "finance_local.gold.all.who is made from class personal, and does not say so"
        ]
    assert not any(one.code == "MF482" for one in evaluated(spec, domain="sales").findings)


def test_a_share_gives_classified_columns_away():
    """MF481: no mask governs a recipient, unless a policy names them."""
    (finding,) = coverage(sales(shares=(SHARE,)))
    assert finding.code == "MF481"
    assert finding.summary == "share 'out' gives sales_local.gold.sold.email in clear to 'partner'"
    agreed = mask_policy(rules=(SharesExclude(classes=("personal",), except_recipients=("partner",)),))
    assert coverage(sales(shares=(SHARE,), policy=agreed)) == []
    other = mask_policy(rules=(SharesExclude(classes=("health",), except_recipients=("partner",)),))
    assert [one.code for one in coverage(sales(shares=(SHARE,), policy=other))] == ["MF481"]


def test_a_view_in_a_share_is_followed_to_what_it_reads():
    """Without it, a renamed column would leave unnoticed."""
    share = Share(name="out", ports=("top",), recipients=(Recipient(name="partner"),))
    findings = coverage(with_view("SELECT email AS id FROM sold", column("id"), shares=(share,)))
    assert [one.code for one in findings] == ["MF481", "MF482"]


def test_nobody_can_tell_what_hides_a_table_of_somebody_else():
    """MF483 for who reads it through a view of the mesh."""
    crm = ExternalTable(name="crm", full_name="crm.raw.people", columns=(EMAIL,))
    spec = mesh(
        product(
            "sales.sold",
            view("top", EMAIL),
            views={"top": "SELECT email FROM crm"},
            inputs=(crm,),
            pipeline=None,
            consumers=(group_consumer("top"),),
        ),
        mask_policy(),
    )
    (finding,) = found(spec, "MF483")
    assert finding.summary == "nobody can tell whether crm.raw.people.email is hidden from who reads it"
    assert "readers: SELECT on table sales_local.gold.top to readers, view of crm.raw.people" in finding.got


def test_part_of_a_port_is_covered_like_the_port():
    """The view of a consumer's own is read with its masks."""
    assert coverage(sales(consumers=(group_consumer("sold", columns=("email",)),))) == []
    compiled(sales(consumers=(group_consumer("sold", columns=("email",)),)))


COLUMNS = {"c.s.t": ("id", "email", "Name"), "c.s.u": ("id", "x")}
T_ID, EMAIL_OF, NAME, U_ID, X = (
    ("c.s.t", "id"),
    ("c.s.t", "email"),
    ("c.s.t", "Name"),
    ("c.s.u", "id"),
    ("c.s.u", "x"),
)


@pytest.mark.parametrize(
    ("sql", "flows"),
    [
        ("SELECT id, email AS e, upper(NAME) AS n FROM c.s.t", [{T_ID}, {EMAIL_OF}, {NAME}]),
        ("WITH a AS (SELECT email AS q FROM c.s.t) SELECT q, 1 AS one FROM a", [{EMAIL_OF}, set()]),
        ("WITH a (q) AS (SELECT email FROM c.s.t) SELECT q FROM a", [{EMAIL_OF}]),
        ("SELECT t.id, u.x FROM c.s.t AS t JOIN c.s.u AS u ON t.id = u.id", [{T_ID}, {X}]),
        ("SELECT email FROM c.s.t UNION ALL SELECT x FROM c.s.u", [{EMAIL_OF, X}]),
        ("SELECT s.e FROM (SELECT email AS e FROM c.s.t) AS s", [{EMAIL_OF}]),
        ("SELECT email AS e, upper(e) AS f FROM c.s.t", [{EMAIL_OF}, {EMAIL_OF}]),
        ("SELECT count(email) AS n, count(*) AS m FROM c.s.t", [set(), set()]),
        ("SELECT max(email) OVER (PARTITION BY id) AS m FROM c.s.t", [{EMAIL_OF, T_ID}]),
        ("SELECT CASE WHEN email IS NULL THEN 0 ELSE 1 END AS m FROM c.s.t", [{EMAIL_OF}]),
        ("SELECT name.first AS f FROM c.s.t", [{NAME}]),
        ("SELECT u.z FROM d.e.unknown AS u", [{("d.e.unknown", "z")}]),
        # what is not surely told
        ("SELECT id, x FROM c.s.t JOIN c.s.u", [None, {X}]),
        ("SELECT t FROM c.s.t", [None]),
        ("SELECT struct(t.*) AS all_of_it FROM c.s.t", [None]),
        ("SELECT (SELECT max(email) FROM c.s.t) AS m FROM c.s.u", [None]),
        ("SELECT e.x FROM c.s.t LATERAL VIEW explode(email) e AS x", None),
        ("SELECT id FROM c.s.t JOIN c.s.u USING (id)", None),
        ("SELECT * FROM c.s.t", None),
        ("VALUES (1)", None),
    ],
)
def test_what_a_column_of_a_view_is_made_from(sql, flows):
    """Surely, or not at all."""
    assert lineage(sql, COLUMNS) == flows


@pytest.mark.parametrize(
    ("sql", "mentions"),
    [
        ("SELECT Id, sum(amount) AS total FROM sold GROUP BY 1", {"id", "amount", "total", "sold"}),
        ("SELECT count(*) AS n FROM gold.sold AS s", {"n", "gold", "sold", "s"}),
        ("SELECT a.x FROM sold AS a JOIN more AS b USING (email)", {"a", "x", "sold", "b", "more", "email"}),
        ("SELECT to_json(sold) AS x FROM sold", None),  # a whole row
        ("SELECT to_json(s) AS x FROM sold AS s", None),
        ("SELECT to_json(S) AS x FROM (SELECT 1 AS one) AS s", None),
        ("WITH c AS (SELECT 1 AS one) SELECT struct(c) AS x FROM c", None),
        ("SELECT struct(s.*) AS x FROM sold AS s", None),
    ],
)
def test_what_a_view_names_is_told_or_said_to_be_unknown(sql, mentions):
    """A column that is not named is nowhere in it, unless it takes whole rows."""
    assert read_view(sql).mentions == mentions
