# SPDX-License-Identifier: Apache-2.0
"""Delta shares: what is in them, who receives them, and when."""

import pytest
from tests.meshes import column, compiled, mask_policy, mesh, product, resources, table, view

from meshform.model.findings import MeshformError
from meshform.model.product import Recipient, Share


def sales(*shares, environment="prod", others=(), tables=()):
    """The resources of the stack of a domain whose product shares."""
    made = product(
        "sales.sold",
        *(tables or (table("sold"), view("top", description=""))),
        views={} if tables else {"top": "SELECT id FROM sold"},
        shares=shares,
    )
    spec = mesh(made, *others, mask_policy())
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
                "comment": None,
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
        name="partner", metastore_ids={"prod": "aws:eu:1", "dev": "aws:eu:2"}, comment="Them."
    )
    for environment, expected in (("prod", "aws:eu:1"), ("dev", "aws:eu:2")):
        made = sales(share("sold", recipients=(partner,)), environment=environment)
        recipient = made["databricks_recipient.partner"]
        assert recipient["authentication_type"] == "DATABRICKS"
        assert recipient["data_recipient_global_metastore_id"] == expected
        assert recipient["comment"] == "Them."
    same = sales(share("sold", recipients=(Recipient(name="p", metastore_ids="aws:eu:3"),)))
    assert same["databricks_recipient.p"]["data_recipient_global_metastore_id"] == "aws:eu:3"


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
    made = sales(share("t"), tables=(table("t", column(classification="personal")),))
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
            share("sold", recipients=(Recipient(name="p", metastore_ids={"prod": "x"}),)), environment="dev"
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
