# SPDX-License-Identifier: Apache-2.0
"""Delta shares: what is in them, who receives them, and when."""

from datetime import date

import pytest
from tests.meshes import (
    GROUPS,
    PROD,
    SERVICE_PRINCIPALS,
    column,
    compiled,
    filter_policy,
    found,
    mask_policy,
    mesh,
    product,
    resources,
    table,
    view,
)

from meshform.governance.rules.shares import SharesExclude
from meshform.model.findings import MeshformError, Severity
from meshform.model.principals import Group, Principals
from meshform.model.product import Volume
from meshform.model.share import PartitionValue, Recipient, Share, SharedObject

METASTORE = [f"aws:eu-central-1:0000000{n}-54bc-43a2-87ab-023d0ec16013" for n in range(4)]

EXEMPT_DEPLOYER = Principals(
    groups=(*GROUPS[:2], Group(name="exempt", members=("runner", "deployer"))),
    service_principals=SERVICE_PRINCIPALS,
)


def sales(*shares, environment="prod", others=(), tables=(), **fields):
    """The resources of the stack of a domain whose product shares."""
    made = product(
        "sales.sold",
        *(tables or (table("sold"), view("top", description=""))),
        views={} if tables else {"top": "SELECT id FROM sold"},
        shares=shares,
    )
    spec = mesh(made, *others, mask_policy(rules=(SharesExclude(except_recipients=("partner",)),)), **fields)
    return resources(compiled(spec, environment).stacks[f"sales-{environment}"])


def share(*ports, **fields):
    """A share of ports."""
    given = {"name": "open", "recipients": (Recipient(name="partner"),)}
    return Share(**{**given, "ports": ports, **fields})


def test_a_share_lists_its_ports_in_order_each_under_a_fixed_name():
    """Sorted by full name with `shared_as`, or every later plan would show a change."""
    made = sales(share("top", "sold", comment="For partners."))["databricks_share.open"]
    assert {key: made[key] for key in made if key != "depends_on"} == {
        "name": "open",
        "comment": "For partners.",
        "object": [
            {
                "name": "sales.gold.sold",
                "data_object_type": "MATERIALIZED_VIEW",
                "shared_as": "gold.sold",
                "comment": "Rows of sold.",
            },
            {
                "name": "sales.gold.top",
                "data_object_type": "VIEW",
                "shared_as": "gold.top",
            },
        ],
        "lifecycle": {"prevent_destroy": True},
    }


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("table", "TABLE"),
        ("streaming_table", "STREAMING_TABLE"),
        ("materialized_view", "MATERIALIZED_VIEW"),
    ],
)
def test_each_kind_of_table_is_shared_as_what_it_is(kind, word):
    """The word is that of the provider."""
    made = sales(share("t"), tables=(table("t", physical_type=kind),))
    assert made["databricks_share.open"]["object"][0]["data_object_type"] == word


def test_a_recipient_on_databricks_is_known_by_its_metastore():
    """One id for all environments, or one for each."""
    partner = Recipient(
        name="partner", metastore_ids={"prod": METASTORE[1], "dev": METASTORE[2]}, comment="Them."
    )
    for environment, expected in (("prod", METASTORE[1]), ("dev", METASTORE[2])):
        made = sales(share("sold", recipients=(partner,)), environment=environment)
        recipient = made["databricks_recipient.partner"]
        assert recipient["authentication_type"] == "DATABRICKS"
        assert recipient["data_recipient_global_metastore_id"] == expected
        assert recipient["comment"] == "Them."
    same = sales(share("sold", recipients=(Recipient(name="p", metastore_ids=METASTORE[3]),)))
    assert same["databricks_recipient.p"]["data_recipient_global_metastore_id"] == METASTORE[3]


def test_a_recipient_outside_of_databricks_has_a_token_and_may_be_bound_to_addresses():
    """No token is in the JSON: Databricks makes it, and an activation link leads to it."""
    outside = Recipient(name="auditors", allowed_ip_addresses=("192.0.2.0/24",))
    made = sales(share("sold", recipients=(outside,)), environment="dev")
    assert made["databricks_recipient.auditors"] == {
        "name": "auditors_dev",
        "authentication_type": "TOKEN",
        "ip_access_list": [{"allowed_ip_addresses": ["192.0.2.0/24"]}],
    }


def test_recipients_may_select_from_the_share_and_nobody_else():
    """One authoritative grant, after the share and the recipients are made."""
    made = sales(share("sold", recipients=(Recipient(name="b"), Recipient(name="a"))), environment="dev")[
        "databricks_grants.share__open_dev"
    ]
    assert made["grant"] == [
        {"principal": "a_dev", "privileges": ["SELECT"]},
        {"principal": "b_dev", "privileges": ["SELECT"]},
    ]
    assert {"databricks_share.open", "databricks_recipient.a", "databricks_recipient.b"} <= set(
        made["depends_on"]
    )


def test_a_table_is_shared_only_after_it_is_made_and_tagged():
    """A share bypasses masks, but a table must not leave before it is classified."""
    classified = table("t", column(classification="personal"))
    made = sales(share("t"), tables=(classified,), principals=EXEMPT_DEPLOYER)
    assert set(made["databricks_share.open"]["depends_on"]) >= {
        "terraform_data.run__sold",
        "databricks_entity_tag_assignment.gold__t__id__classification",
    }


def test_two_shares_of_a_domain_may_go_to_one_recipient():
    """It is made once, as long as both say the same of it."""
    more = product("sales.more", shares=(share("more", name="other"),))
    made = sales(share("sold"), others=(more,))
    assert [a for a in made if a.startswith("databricks_recipient")] == ["databricks_recipient.partner"]
    differs = product(
        "sales.more",
        shares=(share("more", name="other", recipients=(Recipient(name="partner", comment="Who?"),)),),
    )
    with pytest.raises(MeshformError) as caught:
        sales(share("sold"), others=(differs,))
    assert caught.value.findings[0].code == "MF501"


def test_a_recipient_without_a_metastore_here_is_refused():
    """MF318 names the environment, since a token instead would be another way in."""
    with pytest.raises(MeshformError) as caught:
        sales(
            share("sold", recipients=(Recipient(name="p", metastore_ids={"prod": METASTORE[1]}),)),
            environment="dev",
        )
    (finding,) = caught.value.findings
    assert (finding.code, finding.got) == ("MF318", "p")
    assert finding.fix == "give its `metastore_ids` an entry 'dev'"


def test_a_share_of_an_unknown_port_is_refused_with_the_nearest():
    """MF309, as for a consumer."""
    with pytest.raises(MeshformError) as caught:
        sales(share("sodl"))
    (finding,) = caught.value.findings
    assert (finding.code, finding.got, finding.fix) == ("MF309", "sodl", "did you mean 'sold'?")
    assert finding.summary == "share 'open' names a port that the product does not have"


PARTS = table(
    "t",
    column("country", partition_position=1),
    column("day", "date", partition_position=2),
    column("id"),
    physical_type="table",
)


def one(*objects, recipient=None, tables=(PARTS,), **fields):
    """A mesh with one share of these objects."""
    shares = (share(objects=objects, recipients=(recipient or Recipient(name="partner"),)),)
    volumes = (Volume(name="docs", schema_name="gold", comment="Documents."),)
    return mesh(product("sales.sold", *tables, shares=shares, volumes=volumes), mask_policy(), **fields)


def objects_of(*objects, **fields):
    """The objects of the share as Terraform has them."""
    stack = resources(compiled(one(*objects, **fields), "prod").stacks["sales-prod"])
    return stack["databricks_share.open"]["object"]


def test_a_part_of_a_table_is_shared_by_its_partition_columns():
    """Each part is a block with a value for each column, in their order; with history when that is said."""
    (shared,) = objects_of(
        SharedObject(
            name="t",
            shared_as="orders.sold",
            history=True,
            partitions=(
                {"day": PartitionValue(value="2024%", op="LIKE"), "country": "DE"},
                {"country": None},
                {"country": PartitionValue(recipient_property="country")},
            ),
            comment="",
        ),
        recipient=Recipient(name="partner", properties={"country": "DE"}),
    )
    assert shared == {
        "name": "sales.gold.t",
        "data_object_type": "TABLE",
        "shared_as": "orders.sold",
        "history_data_sharing_status": "ENABLED",
        "partition": [
            {
                "value": [
                    {"name": "country", "op": "EQUAL", "value": "DE"},
                    {"name": "day", "op": "LIKE", "value": "2024%"},
                ]
            },
            {"value": [{"name": "country", "op": "EQUAL"}]},
            {"value": [{"name": "country", "op": "EQUAL", "recipient_property_key": "country"}]},
        ],
    }
    assert objects_of(SharedObject(name="t", history=False))[0]["history_data_sharing_status"] == "DISABLED"
    assert "history_data_sharing_status" not in objects_of(SharedObject(name="t"))[0]


def test_volumes_functions_and_models_have_another_attribute_for_their_name():
    """`string_shared_as`: the API refuses `shared_as` for what is no table or view. Sorted by full name."""
    shared = objects_of(
        SharedObject(name="t"),
        SharedObject(name="gold.vat", kind="function", comment="The VAT."),
        SharedObject(name="silver.churn", kind="model", shared_as="models.churn"),
        SharedObject(name="docs", kind="volume"),
    )
    assert shared == [
        {
            "name": "sales.gold.docs",
            "data_object_type": "VOLUME",
            "string_shared_as": "gold.docs",
            "comment": "Documents.",
        },
        {
            "name": "sales.gold.t",
            "data_object_type": "TABLE",
            "shared_as": "gold.t",
            "comment": "Rows of t.",
        },
        {
            "name": "sales.gold.vat",
            "data_object_type": "FUNCTION",
            "string_shared_as": "gold.vat",
            "comment": "The VAT.",
        },
        {"name": "sales.silver.churn", "data_object_type": "MODEL", "string_shared_as": "models.churn"},
    ]


def test_a_share_comes_after_its_volumes_and_after_select_on_its_tables():
    """Who makes a share must have SELECT on its tables, which the owner group gets."""
    spec = one(SharedObject(name="t"), SharedObject(name="docs", kind="volume"))
    stack = resources(compiled(spec, "prod").stacks["sales-prod"])
    after = set(stack["databricks_share.open"]["depends_on"])
    assert {"databricks_volume.gold__docs", "databricks_grants.table__gold__t"} <= after
    grants = stack["databricks_grants.table__gold__t"]["grant"]
    assert {"principal": "owners", "privileges": ["SELECT"]} in grants


def test_a_deployer_outside_of_the_owner_group_gets_select_on_what_it_shares():
    """An admin of the metastore need not be a member."""
    prod = PROD.model_copy(update={"metastore_admin": True})
    principals = Principals(groups=(Group(name="owners"), *GROUPS[1:]), service_principals=SERVICE_PRINCIPALS)
    objects = SharedObject(name="t"), SharedObject(name="docs", kind="volume")
    stack = resources(
        compiled(one(*objects, environments=(prod,), principals=principals), "prod").stacks["sales-prod"]
    )
    grants = stack["databricks_grants.table__gold__t"]["grant"]
    assert {"principal": "deployer-prod-id", "privileges": ["MANAGE", "SELECT"]} in grants
    grants = stack["databricks_grants.volume__gold__docs"]["grant"]
    assert {"principal": "deployer-prod-id", "privileges": ["MANAGE", "READ_VOLUME"]} in grants
    assert "databricks_grants.volume__gold__docs" in stack["databricks_share.open"]["depends_on"]


@pytest.mark.parametrize(
    ("wrong", "words", "fix"),
    [
        (SharedObject(name="doks", kind="volume"), "is no volume", "did you mean 'docs'?"),
        (SharedObject(name="vat", kind="function"), "is no function of a schema", "write schema.name"),
        (SharedObject(name="glod.churn", kind="model"), "is no model of a schema", "did you mean 'gold'?"),
        (SharedObject(name="docs", kind="volume", history=True), "has `history`", "remove `history`"),
        (
            SharedObject(name="gold.f", kind="function", partitions=({"a": "b"},)),
            "has `partitions`",
            "remove",
        ),
        (SharedObject(name="n", history=False), "has `history`, which only a table", "remove `history`"),
        (SharedObject(name="t", partitions=({"contry": "DE"},)), "does not partition", "mean 'country'"),
        (SharedObject(name="t", partitions=({"id": "1"},)), "does not partition", "partitioned: true"),
        (SharedObject(name="t", partitions=({},)), "a partition without a column", "name a partition"),
        (SharedObject(name="t", shared_as="gold.a-b"), "has a name that a share", "`shared_as`"),
        (SharedObject(name="t", shared_as="sold"), "has a name that a share", "`shared_as`"),
        (SharedObject(name="docs", kind="volume", shared_as="gold.M"), "the name of 'm'", "rename"),
        (
            SharedObject(name="t", partitions=({"country": PartitionValue(recipient_property="land")},)),
            "by a property that recipient 'partner' does not have",
            "give it to the recipient",
        ),
    ],
)
def test_objects_that_cannot_be_shared_are_refused(wrong, words, fix):
    """MF398 names the share and the object."""
    spec = one(SharedObject(name="m"), wrong, tables=(PARTS, table("m"), table("n")))
    (finding,) = found(spec, "MF398")
    assert words in finding.summary
    assert "share 'open': " in finding.summary
    assert fix in (finding.fix or "")


def test_one_thing_is_in_a_share_once():
    """By name in the share, in any case."""
    spec = mesh(product("sales.sold", PARTS, shares=(share("t", objects=(SharedObject(name="t"),)),)))
    (finding,) = found(spec, "MF398")
    assert finding.summary == "share 'open': 't' has the name of 't' in the share"


def test_a_property_of_databricks_needs_no_declaration():
    """Every recipient on Databricks has it."""
    value = PartitionValue(recipient_property="databricks.accountId")
    assert found(one(SharedObject(name="t", partitions=({"country": value},))), "MF398") == []


@pytest.mark.parametrize(
    "fields",
    [{"value": "a", "recipient_property": "b"}, {"op": "LIKE"}, {"op": "LIKE", "recipient_property": "b"}],
)
def test_a_partition_value_is_one_thing(fields):
    """A value or a property, and LIKE only with a value."""
    with pytest.raises(ValueError, match=r"give either|LIKE needs"):
        PartitionValue(**fields)


def test_an_empty_share_is_refused():
    """It would be nothing to receive."""
    with pytest.raises(ValueError, match="a share holds something"):
        share()


def test_a_token_ends_with_its_last_day():
    """In UTC, from the day that was declared; properties are sorted."""
    outside = Recipient(name="auditors", until=date(2030, 6, 30), properties={"b": "2", "a": "1"})
    made = sales(share("sold", recipients=(outside,)))["databricks_recipient.auditors"]
    assert made["expiration_time"] == 1909094400000  # 2030-07-01T00:00:00Z
    assert list(made["properties_kvpairs"][0]["properties"].items()) == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("fields", "got", "words"),
    [
        ({"metastore_ids": "aws:eu-central-1"}, "aws:eu-central-1", "no global metastore id"),
        ({"metastore_ids": {"prod": METASTORE[1], "dev": "x"}}, "x", "no global metastore id"),
        (
            {"metastore_ids": METASTORE[1], "allowed_ip_addresses": ("192.0.2.1",)},
            None,
            "`allowed_ip_addresses`, which is for tokens",
        ),
        ({"metastore_ids": METASTORE[1], "until": date(2030, 1, 1)}, None, "`until`, which is for tokens"),
        ({"allowed_ip_addresses": ("300.1.1.1",)}, "300.1.1.1", "no IPv4 address or range"),
        ({"allowed_ip_addresses": ("2001:db8::/32",)}, "2001:db8::/32", "no IPv4 address or range"),
        ({"allowed_ip_addresses": ("192.0.2.7/24",)}, "192.0.2.7/24", "begins before its address"),
        (
            {"allowed_ip_addresses": ("192.0.2.1", "192.0.2.1/32")},
            "192.0.2.1, 192.0.2.1/32",
            "one address twice",
        ),
        ({"allowed_ip_addresses": tuple(f"192.0.2.{n}" for n in range(101))}, "101", "too many addresses"),
        ({"properties": {"databricks.name": "x"}}, "databricks.name", "that Databricks sets itself"),
        ({"allowed_ip_addresses": ("0.0.0.0/0",)}, "0.0.0.0/0", "every address"),
    ],
)
def test_recipients_that_databricks_refuses_are_refused(fields, got, words):
    """MF397 with what is allowed."""
    (finding,) = found(one(SharedObject(name="t"), recipient=Recipient(name="partner", **fields)), "MF397")
    assert finding.got == got
    assert words in finding.summary
    assert finding.severity is (Severity.WARNING if got == "0.0.0.0/0" else Severity.ERROR)


def test_good_recipients_are_let_through():
    """A range, an address, a metastore of each cloud."""
    outside = Recipient(
        name="a", allowed_ip_addresses=("192.0.2.0/24", "198.51.100.7"), until=date(2030, 1, 1)
    )
    assert found(one(SharedObject(name="t"), recipient=outside), "MF397") == []
    for cloud in ("aws:us-west-2", "azure:westeurope", "gcp:europe-west1"):
        partner = Recipient(name="b", metastore_ids=f"{cloud}:19a85dee-54bc-43a2-87ab-023d0ec16013")
        assert found(one(SharedObject(name="t"), recipient=partner), "MF397") == []


def test_a_token_that_has_expired_is_a_warning():
    """On the day that the mesh is told; without one nobody can tell."""
    outside = Recipient(name="a", until=date(2030, 1, 1))
    spec = one(SharedObject(name="t"), recipient=outside, today=date(2030, 1, 2))
    (finding,) = found(spec, "MF397")
    assert (finding.severity, finding.got) == (Severity.WARNING, "until 2030-01-01, today is 2030-01-02")
    for day in (None, date(2030, 1, 1)):
        assert found(one(SharedObject(name="t"), recipient=outside, today=day), "MF397") == []


def test_two_recipients_of_one_metastore_are_refused():
    """MF399 in the environments where they are one."""
    ids = {"prod": METASTORE[1], "dev": METASTORE[2], "local": METASTORE[3]}
    first, second = Recipient(name="a", metastore_ids=METASTORE[1]), Recipient(name="b", metastore_ids=ids)
    spec = mesh(product("sales.sold", shares=(share("sold", recipients=(first, second)),)))
    (finding,) = found(spec, "MF399", "prod")
    assert "'b', and 'a' at domains/sales.py:10" in (finding.got or "")
    assert found(spec, "MF399", "dev") == []


def test_an_owner_who_is_not_exempt_cannot_share_what_is_masked_or_filtered():
    """MF411: Databricks lets only an exempt owner share it, since its recipients then read it in clear."""
    masked = table("t", column(classification="personal"))
    (finding,) = found(one(SharedObject(name="t"), tables=(masked,)), "MF411")
    assert "the mask of class 'personal'" in finding.summary
    assert "'deployer'" in (finding.got or "")
    assert found(one(SharedObject(name="t"), tables=(masked,), principals=EXEMPT_DEPLOYER), "MF411") == []
    filtered = table("t", column("id", tags=("row_filter=home",)))
    spec = mesh(product("sales.sold", filtered, shares=(share("t"),)), filter_policy())
    (finding,) = found(spec, "MF411")
    assert "the row filter 'home'" in finding.summary
    assert found(one(SharedObject(name="t")), "MF411") == []


def test_a_rule_keeps_classified_columns_out_of_shares():
    """MF410: all classes or some, with exceptions for recipients."""
    masked = table("t", column("email", classification="personal"), column("id"))

    def broken(*recipients, **fields):
        given = tuple(Recipient(name=name) for name in recipients)
        made = product("sales.sold", masked, table("more"), shares=(share("t", "more", recipients=given),))
        return found(mesh(made, mask_policy(rules=(SharesExclude(**fields),))), "MF410")

    (finding,) = broken("partner", "auditors")
    assert finding.got == "email (personal) to partner, auditors"
    assert finding.summary == "share 'open' gives classified columns of sales_local.gold.t away"
    (finding,) = broken("partner", "auditors", except_recipients=("auditors",))
    assert finding.got == "email (personal) to partner"
    assert finding.allowed == "columns without these classes, or to auditors"
    assert broken("auditors", except_recipients=("auditors",)) == []
    assert broken("partner", classes=("secret",)) == []
    assert len(broken("partner", classes=("personal",))) == 1
