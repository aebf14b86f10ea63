# SPDX-License-Identifier: Apache-2.0
"""Rules for row filters, regions and recipients: what each looks at, beyond its own examples."""

from datetime import date

import pytest
from pydantic import ValidationError
from tests.meshes import (
    GROUPS,
    LOCAL,
    PROD,
    SERVICE_PRINCIPALS,
    at,
    column,
    filter_policy,
    mask_policy,
    of_rule,
    product,
    table,
    view,
)

from meshform.governance.rules.rows import RowFilterRequired
from meshform.governance.rules.sharing import DataStaysIn, RecipientsLimited
from meshform.model.principals import Group, Principals
from meshform.model.share import Recipient, Share

EU, US = "eu-central-1", "us-east-1"
UUID = "19a85dee-54bc-43a2-87ab-023d0ec16013"
EMAIL = table("buyers", column("email", classification="personal"))


# --- RowFilterRequired, MF496


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"columns": ("COUNTRY",)}, "column country"),
        ({"tags": ("tenant",)}, "tag tenant=many of the table"),
        ({"tags": ("tenant=many",)}, "tag tenant=many of the table"),
        ({"tags": ("geo",)}, "tag geo of column country"),
        ({"classes": ("place",)}, "column country of class place"),
    ],
)
def test_what_asks_for_a_row_filter(rule, why):
    """MF496 by column, tag or class, at the table; none once a column carries the tag of a filter."""
    rule = RowFilterRequired(**rule)

    def found(*tags: str) -> list:
        country = column("country", classification="place", tags=("geo", *tags))
        made = table("parcels", country, tags=("tenant=many",), place=at(7))
        return of_rule(rule, product("s.p", made), filter_policy(of="s"), mask_policy("place"))

    (finding,) = found()
    assert finding.summary == "s_local.gold.parcels has no row filter"
    assert (finding.got, finding.place.line) == (why, 7)
    assert finding.allowed == "a column with the tag row_filter=home"
    assert found("row_filter=home") == []
    assert len(found("row_filter=other")) == 1  # nobody declares that one


def test_a_policy_may_say_which_row_filters_will_do():
    """MF496 for another filter, and says so where none is declared; views are read through their tables."""
    made = product("s.p", table("p", column("country", tags=("row_filter=home",))))
    rule = RowFilterRequired(columns=("country",), filters=("strict",))
    (finding,) = of_rule(rule, made, filter_policy(of="s"))
    assert finding.allowed == "a column with the tag row_filter=strict"
    (finding,) = of_rule(RowFilterRequired(columns=("country",)), made, filter_policy(of="other"))
    assert finding.allowed == "none is declared for its domain"
    seen = product(
        "s.v", table("t"), view("v", column("country")), views={"v": "SELECT id AS country FROM t"}
    )
    assert of_rule(RowFilterRequired(columns=("country",)), seen) == []


def test_a_rule_on_row_filters_is_about_something():
    """Without columns, tags and classes it would ask for nothing."""
    with pytest.raises(ValidationError, match="give `columns`, `tags` or `classes`"):
        RowFilterRequired()


# --- DataStaysIn, MF497


def stays(rule: DataStaysIn, *recipients: Recipient, region: str | None = EU, **options) -> list:
    """The findings of DataStaysIn on a share of a classified port, in production in a region."""
    shares = (Share(name="out", ports=("buyers",), recipients=recipients),) if recipients else ()
    prod = PROD.model_copy(update={"region": region})
    groups = (*GROUPS[:-1], Group(name="exempt", members=("runner", "deployer")))
    return of_rule(
        rule,
        product("s.p", EMAIL, shares=shares),
        mask_policy(),
        environments=(LOCAL, prod),
        principals=Principals(groups=groups, service_principals=SERVICE_PRINCIPALS),
        **{"environment": "prod", **options},
    )


@pytest.mark.parametrize(
    ("region", "summary", "got"),
    [
        (EU, None, None),
        (US, "in a region where it must not be", f"{US}, for s.gold.buyers.email (personal)"),
        (None, "whose region is not known", "no region, for s.gold.buyers.email (personal)"),
    ],
)
def test_classified_data_is_kept_in_a_region(region, summary, got):
    """MF497 where the environment is elsewhere, or nobody knows where; the local workspace is nowhere."""
    rule = DataStaysIn(regions=(EU,))
    found = stays(rule, region=region)
    assert [f.got for f in found] == ([got] if got else [])
    assert all(f.summary.endswith(summary) for f in found)
    assert stays(rule, region=region, environment="local") == []
    assert stays(DataStaysIn(regions=(EU,), classes=("secret",)), region=region) == []


@pytest.mark.parametrize(
    ("recipient", "region"),
    [
        (Recipient(name="r", metastore_ids=f"aws:{EU}:{UUID}"), EU),
        (Recipient(name="r", metastore_ids={"prod": f"aws:{US}:{UUID}"}), US),
        (Recipient(name="r", region=EU), EU),
        (Recipient(name="r"), "no region"),
    ],
)
def test_classified_data_goes_to_recipients_in_a_region(recipient, region):
    """MF497 by the metastore id in the environment, or by the declared region of a token."""
    found = stays(DataStaysIn(regions=(EU,)), recipient)
    assert [f.got for f in found] == ([] if region == EU else [f"{region}, for buyers.email (personal)"])
    assert stays(DataStaysIn(regions=(EU,), except_recipients=("r",)), recipient) == []
    assert stays(DataStaysIn(regions=(EU,), classes=("secret",)), recipient) == []


def test_a_metastore_id_tells_the_region_by_itself():
    """MF397 for a recipient on Databricks with a `region`; a broken id has none, and no traceback."""
    recipient = Recipient(name="r", metastore_ids=f"aws:{EU}:{UUID}", region=EU)
    (finding,) = stays(DataStaysIn(regions=(EU,)), recipient, code="MF397")
    assert finding.summary == "recipient 'r' is on Databricks and has `region`, which is for tokens"
    broken = Recipient(name="r", metastore_ids="nothing")
    assert [f.got for f in stays(DataStaysIn(regions=(EU,)), broken)] == [
        "no region, for buyers.email (personal)"
    ]


# --- RecipientsLimited, MF498


def limited(recipient: Recipient, **parameters) -> list:
    """What RecipientsLimited says of one recipient, on the first day of 2026."""
    made = product("s.p", shares=(Share(name="out", ports=("p",), recipients=(recipient,)),))
    return of_rule(RecipientsLimited(**parameters), made, today=date(2026, 1, 1))


def test_a_token_has_addresses_and_an_end():
    """MF498 for each that is missing, and nothing for a recipient on Databricks."""
    assert [f.summary for f in limited(Recipient(name="r"))] == [
        "recipient 'r' of share 'out' may use its token from any address",
        "recipient 'r' of share 'out' has a token without an end",
    ]
    assert limited(Recipient(name="r", metastore_ids=f"aws:{EU}:{UUID}"), token_recipients=()) == []
    ended = Recipient(name="r", until=date(2026, 1, 31))
    assert limited(ended, addresses=False, within_days=30) == []
    (finding,) = limited(ended, addresses=False, within_days=29)
    assert (finding.got, finding.allowed) == ("until 2026-01-31, in 30 days", "at most 29 days from today")


def test_a_token_needs_leave_where_the_policy_says_so():
    """MF498 for a recipient with a token that the policy does not name."""
    good = Recipient(name="r", until=date(2026, 1, 31), allowed_ip_addresses=("192.0.2.0/24",))
    assert limited(good) == limited(good, token_recipients=("r",)) == []
    (finding,) = limited(good, token_recipients=())
    assert finding.summary == "recipient 'r' of share 'out' would read by a token, without leave"
    assert finding.allowed == "recipients on Databricks only"
