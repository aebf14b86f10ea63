# SPDX-License-Identifier: Apache-2.0
"""Masks of the library, classes of columns of several types, and what Unity Catalog does not take of them."""

import pytest
from tests.mask_cases import MASKS
from tests.meshes import (
    GROUPS,
    SERVICE_PRINCIPALS,
    column,
    compiled,
    domain,
    evaluated,
    filter_policy,
    mask_policy,
    mesh,
    product,
    resources,
    table,
)

from meshform.model.masks import (
    BucketMask,
    ConstantMask,
    DateMask,
    EmailMask,
    HashMask,
    NullMask,
    PartialMask,
    slug,
)
from meshform.model.policy import Classification, MaskFunction, Policy
from meshform.model.principals import Group, Principals
from meshform.model.row_filters import GroupsFilter, MappingFilter, ValuesFilter
from meshform.terraform.sql import create_function

KEYED = [
    column("id", "bigint", classification="personal"),
    column("mail", classification="personal"),
    column("born", "date", classification="personal"),
    column("short", "varchar(20)", classification="personal"),
    column("free"),
]


def classes(*masks, name="personal", **fields):
    """A policy with one class."""
    return Policy(name=name, classifications=(Classification(name=name, masks=masks, **fields),))


@pytest.mark.parametrize("case", MASKS, ids=lambda case: f"{type(case.mask).__name__}-{case.kind}")
def test_each_mask_is_one_expression_over_the_value(case):
    """Its DDL is read by the parser, with the type that it takes and gives."""
    body = case.mask.body(case.kind)
    assert "CREATE OR REPLACE FUNCTION" in create_function("a.b.c", [("value", case.kind)], case.kind, body)


@pytest.mark.parametrize(
    ("mask", "kind"),
    [
        (ConstantMask(), "varchar(2)"),
        (ConstantMask(), "bigint"),
        (ConstantMask(value=128), "tinyint"),
        (ConstantMask(value=100), "decimal(4,2)"),
        (ConstantMask(value=True), "string"),
        (ConstantMask(value=1), "boolean"),
        (HashMask(), "int"),
        (HashMask(), "varchar(63)"),
        (HashMask(), "char(64)"),
        (PartialMask(), "bigint"),
        (PartialMask(), "char(3)"),
        (EmailMask(), "binary"),
        (DateMask(), "string"),
        (BucketMask(size=10), "string"),
        (BucketMask(size=10), "boolean"),
    ],
)
def test_a_mask_does_not_take_a_type_that_cannot_hold_what_it_shows(mask, kind):
    """The next mask of the class is asked then."""
    assert mask.body(kind) is None


def test_types_become_parts_of_names_that_differ():
    """A nested type is told by a digest."""
    kinds = ["decimal(12,2)", "string collate utf8_lcase", "struct<a:int>", "struct<b:int>", "x" * 50]
    names = [slug(kind) for kind in kinds]
    assert names[:2] == ["decimal_12_2", "string_collate_utf8_lcase"]
    assert len(set(names)) == len(kinds)
    assert all(len(name) <= 60 and name.replace("_", "").isalnum() for name in names)


def test_a_class_has_one_policy_for_each_type_of_its_columns():
    """The first mask that takes a type hides it, and no column is met by two."""
    policy = classes(HashMask(salt="s"), DateMask(), ConstantMask(), NullMask(), exempt=("exempt",))
    made = resources(
        compiled(mesh(policy, product("a.a", table("t", *KEYED))), "prod").stacks["platform-prod"]
    )
    policies = {
        body["name"]: (body["match_columns"][0]["condition"], body["column_mask"]["function_name"])
        for address, body in made.items()
        if address.startswith("databricks_policy_info")
    }
    of = "has_tag_value('classification', 'personal')"
    typed = "has_tag_value('mask_type', '{}')".format
    assert policies == {
        "mask_personal": (
            f"{of} AND NOT ({typed('bigint')} OR {typed('date')} OR {typed('varchar_20')})",
            "platform.governance.mask_personal",
        ),
        **{
            f"mask_personal__{kind}": (
                f"{of} AND {typed(kind)}",
                f"platform.governance.mask_personal__{kind}",
            )
            for kind in ("bigint", "date", "varchar_20")
        },
    }


def test_the_policy_for_the_rest_is_made_after_those_for_one_type():
    """So it goes on hiding a type until there is another policy, and again before that goes."""
    policy = classes(HashMask(), DateMask())
    made = resources(
        compiled(mesh(policy, product("a.a", table("t", *KEYED[:3]))), "prod").stacks["platform-prod"]
    )
    rest = made["databricks_policy_info.a__mask_personal"]["depends_on"]
    assert {
        "databricks_policy_info.a__mask_personal__bigint",
        "databricks_policy_info.a__mask_personal__date",
    } <= {*rest}


def test_columns_are_tagged_with_their_type_where_it_chooses_the_mask():
    """Both tags are governed; a column of the base type needs none."""
    policy = classes(HashMask(), DateMask())
    stacks = compiled(mesh(policy, product("a.a", table("t", *KEYED[:3]))), "prod").stacks
    tags = {
        (body["entity_name"], body["tag_key"]): body["tag_value"]
        for address, body in resources(stacks["a-prod"]).items()
        if address.startswith("databricks_entity_tag_assignment")
    }
    assert tags == {
        ("a.gold.t.id", "classification"): "personal",
        ("a.gold.t.id", "mask_type"): "bigint",
        ("a.gold.t.mail", "classification"): "personal",
        ("a.gold.t.born", "classification"): "personal",
        ("a.gold.t.born", "mask_type"): "date",
    }
    account = resources(stacks["account"])
    assert account["databricks_tag_policy.mask_type"]["values"] == [{"name": "bigint"}, {"name": "date"}]


def test_a_mask_for_varchar_takes_a_string():
    """Databricks knows varchar and char in tables only."""
    policy = classes(EmailMask())
    stack = compiled(mesh(policy, product("a.a", table("t", KEYED[3]))), "prod").stacks["platform-prod"]
    ddl = stack.assets["assets/functions.sql"].decode()
    assert "`mask_personal__varchar_20`(`value` string)\nRETURNS string\n" in ddl


def test_text_of_a_length_is_masked_as_a_string_where_the_length_does_not_matter():
    """One function and policy, and no second tag."""
    stacks = compiled(mesh(classes(NullMask()), product("a.a", table("t", KEYED[3]))), "prod").stacks
    assert b"varchar" not in stacks["platform-prod"].assets["assets/functions.sql"]
    assert not any("mask_type" in address for address in resources(stacks["a-prod"]))


def test_a_class_without_columns_has_the_mask_of_its_base_type():
    """So the first classified column is masked whoever deploys first."""
    stacks = compiled(mesh(classes(BucketMask(size=10)), domain("a")), "prod").stacks
    ddl = stacks["platform-prod"].assets["assets/functions.sql"].decode()
    assert "`mask_personal`(`value` bigint)" in ddl
    assert "databricks_tag_policy.mask_type" not in resources(stacks["account"])


def test_own_functions_stand_beside_masks_of_the_library():
    """A function of one's own is made also where no column has its type yet."""
    own = MaskFunction(name="hide_flag", body="FALSE", data_type="BOOLEAN")
    text = MaskFunction(name="hide_text", body="'x'")
    policy = Policy(
        name="p", classifications=(Classification(name="personal", mask=text, masks=(own, NullMask())),)
    )
    stack = compiled(mesh(policy, product("a.a", table("t", *KEYED[:2]))), "prod").stacks["platform-prod"]
    ddl = stack.assets["assets/functions.sql"].decode()
    assert [
        line.partition("`(")[0].rpartition("`")[2] for line in ddl.splitlines() if "FUNCTION" in line
    ] == [
        "hide_flag",
        "hide_text",
        "mask_personal__bigint",
    ]


def found(code, *parts, **fields):
    """The findings of a code in production."""
    return [one for one in evaluated(mesh(*parts, **fields), "prod").findings if one.code == code]


def test_two_functions_of_one_type_or_name_in_a_class():
    """Which of them would hide a column?"""
    twice = classes(MaskFunction(name="f", body="'x'"), MaskFunction(name="g", body="'y'"))
    [finding] = found("MF470", twice)
    assert (finding.got, finding.allowed) == ("f, g", "one function for string")
    [finding] = found("MF470", classes(HashMask(), name="a-b"), classes(HashMask(), name="a_b"))
    assert finding.got == "'mask_a_b', also of class 'a-b'"
    [finding] = found("MF470", classes(HashMask(), name="home"), filter_policy("mask_home"))
    assert finding.got == "'mask_home', also of row filter 'mask_home'"
    assert not found("MF470", classes(HashMask(), NullMask()), mask_policy("other"))


def known_with(*groups):
    """The principals of the tests, and further groups."""
    return Principals(groups=(*GROUPS, *groups), service_principals=SERVICE_PRINCIPALS)


def test_everybody_must_not_be_exempt():
    """A group that everybody is in, itself or by way of another group."""
    known = known_with(Group(name="account users"), Group(name="wide", members=("account users",)))
    for name in ("account users", "wide"):
        [finding] = found("MF471", classes(HashMask(), exempt=(name,)), principals=known)
        assert finding.summary == "everybody is exempt from the mask of class 'personal', so it hides nothing"
        assert finding.got == "account users"
    assert not found("MF471", classes(HashMask(), exempt=("exempt",)), principals=known)


def test_a_policy_names_at_most_20_principals():
    """`account users` is one of them."""
    names = tuple(f"g{i}" for i in range(20))
    known = known_with(*(Group(name=name) for name in names))
    [finding] = found("MF473", classes(HashMask(), exempt=names), principals=known)
    assert (finding.got, finding.allowed) == ("21: `account users`, and 20 who are exempt", "at most 20")
    assert not found("MF473", classes(HashMask(), exempt=names[:19]), principals=known)


def test_a_catalog_has_at_most_100_policies():
    """Those of the mesh and of the domain together."""
    many = Policy(
        name="many", classifications=tuple(Classification(name=f"c{i}", mask=NullMask()) for i in range(100))
    )
    assert not found("MF474", many, domain("a"))
    [finding] = found("MF474", many, filter_policy("home", "a"), domain("a"))
    assert finding.got == "101: 1 row filters of its own, 100 masks and row filters of the mesh"
    [finding] = found("MF474", many, filter_policy("home"), domain("a"))
    assert finding.got == "101: 100 masks and 1 row filters of the mesh"


@pytest.mark.parametrize(
    ("fields", "got", "fix"),
    [
        (
            {"classification": "personal", "tags": ("classification=secret",)},
            "classification 'personal', tag 'classification=secret'",
            "remove the tag",
        ),
        (
            {"tags": ("classification=personal",)},
            "classification=personal",
            "write `classification: personal`",
        ),
        ({"classification": "personal", "tags": ("mask_type=date",)}, "mask_type=date", "remove the tag"),
    ],
)
def test_a_column_has_one_mask_for_each_reader(fields, got, fix):
    """A second class among its tags would bring a second mask."""
    secret = Classification(name="secret", mask=NullMask())
    policy = Policy(name="p", classifications=(Classification(name="personal", mask=HashMask()), secret))
    [finding] = found("MF472", policy, product("a.a", table("t", column("c", **fields))))
    assert (finding.got, finding.fix) == (got, fix)
    assert finding.summary.startswith("a.gold.t.c ")
    assert not found("MF472", policy, product("a.a", table("t", column("c", classification="personal"))))


def test_a_row_filter_takes_the_type_of_its_column():
    """A column that is marked for it and has another type, or for a filter of another domain."""
    marked = column("c", "int", tags=("row_filter=home",))
    [finding] = found("MF475", filter_policy("home"), product("a.a", table("t", marked)))
    assert (finding.got, finding.allowed) == ("int", "STRING, of row filter 'home'")
    [finding] = found("MF475", filter_policy("home", "b"), domain("b"), product("a.a", table("t", marked)))
    assert (finding.got, finding.allowed) == ("row_filter=home", "none is declared for its domain")
    short = column("c", "varchar(2)", tags=("row_filter=home",))
    assert not found("MF475", filter_policy("home"), product("a.a", table("t", short)))


def test_a_table_is_filtered_once():
    """Unity Catalog refuses to read a table that two filters, or two columns of one, would filter."""
    columns = [column(name, tags=("row_filter=home",)) for name in ("a", "b")]
    [finding] = found("MF476", filter_policy("home"), product("a.a", table("t", *columns)))
    assert finding.got == "a (home), b (home)"
    assert not found("MF476", filter_policy("home"), product("a.a", table("t", columns[0])))


def filters(*filters, of=None):
    """A policy with row filters of the library."""
    return Policy(name="rows", domain=of, row_filters=filters)


def test_each_row_filter_is_one_expression_over_the_value():
    """Values and groups are literals; the table of a mapping stands in the platform's schema."""
    made = filters(
        ValuesFilter(name="home", shown=("A'T", "CH")),
        GroupsFilter(name="tenant", data_type="int", seen_by={1: ("readers", "owners"), 2: ()}),
        MappingFilter(name="mapped", data_type="date"),
    )
    ddl = (
        compiled(mesh(made, domain("a")), "prod")
        .stacks["platform-prod"]
        .assets["assets/functions.sql"]
        .decode()
    )
    assert "`home`(`value` string)\nRETURNS boolean\nRETURN coalesce(value IN ('A\\'T', 'CH'), FALSE);" in ddl
    assert (
        "CASE value WHEN 1 THEN is_account_group_member('readers') OR is_account_group_member('owners')"
        " WHEN 2 THEN FALSE ELSE FALSE END;" in ddl
    )
    assert "`mapped`(`value` date)" in ddl
    assert "FROM `platform`.`governance`.`mapped_access` AS access WHERE access.allowed_value = value" in ddl


def test_the_table_of_a_mapping_is_made_before_the_function_and_kept():
    """Its writers keep its rows; nobody else gets anything on it, and the deployer keeps its rights."""
    made = resources(
        compiled(mesh(filters(MappingFilter(name="m", writers=("writer",))), domain("a")), "prod").stacks[
            "platform-prod"
        ]
    )
    address = "databricks_sql_table.governance__m_access"
    assert made[address]["lifecycle"] == {"prevent_destroy": True}
    assert [column["name"] for column in made[address]["column"]] == ["allowed_value", "reader"]
    assert address in made["terraform_data.functions"]["depends_on"]
    grants = made["databricks_grants.catalog__platform"]
    assert grants["depends_on"] == ["databricks_catalog.platform__platform"]
    assert made["databricks_grants.table__governance__m_access"]["grant"] == [
        {"principal": "deployer-prod-id", "privileges": ["MANAGE", "SELECT"]},
        {"principal": "writer-prod-id", "privileges": ["MODIFY", "SELECT"]},
    ]


@pytest.mark.parametrize(
    ("policy", "got"),
    [
        (filters(ValuesFilter(name="f", data_type="int", shown=(1, "AT"))), "'AT'"),
        (filters(GroupsFilter(name="f", seen_by={7: ("readers",)})), "7"),
        (filters(GroupsFilter(name="f", seen_by={"a": ("readers", "runner")})), "runner"),
        (
            filters(MappingFilter(name="f"), MappingFilter(name="g", table="f_access")),
            "table 'f_access', also of 'f'",
        ),
        (filters(MappingFilter(name="f"), of="a"), "a policy of domain 'a'"),
    ],
)
def test_row_filters_of_the_library_are_checked(policy, got):
    """Against their type, the registry of principals and each other."""
    [finding] = found("MF477", policy, domain("a"))
    assert finding.got == got
    good = filters(ValuesFilter(name="f", data_type="int", shown=(1,)), MappingFilter(name="g"))
    assert not found("MF477", good, domain("a"))


def test_groups_and_writers_are_in_the_registry():
    """Databricks would take a group that nobody is in."""
    groups = filters(GroupsFilter(name="f", seen_by={"a": ("reader",)}))
    [finding] = found("MF303", groups, domain("a"))
    assert (finding.got, finding.fix) == ("reader", "did you mean 'readers'?")
    [finding] = found("MF303", filters(MappingFilter(name="f", writers=("nobody",))), domain("a"))
    assert finding.got == "nobody"
