# SPDX-License-Identifier: Apache-2.0
"""Consumers that read a part of a port: columns, rows, the view, its grants, and what is refused."""

import pytest
from tests.meshes import (
    GROUPS,
    column,
    compiled,
    found,
    group_consumer,
    mask_policy,
    mesh,
    port,
    product,
    product_consumer,
    resources,
    table,
    view,
)

from meshform.governance.consumer_rows import condition_columns
from meshform.governance.sql_text import SqlError
from meshform.model.consumer import Consumer
from meshform.model.principals import Group, Principals
from meshform.terraform.stack import local_name

SOLD = table(
    "sold",
    column("id"),
    column("country"),
    column("amount", "decimal(18,2)"),
    column("open", "boolean"),
    column("email", classification="personal"),
)


def sales(*consumers, **fields):
    """A mesh with one product, its consumers, and a class of columns that is masked."""
    return mesh(product("sales.sold", SOLD, consumers=consumers), mask_policy(), **fields)


def made(*consumers, **fields):
    """The resources of its stack in production."""
    return resources(compiled(sales(*consumers, **fields), "prod").stacks["sales-prod"])


def address(type_, name):
    """Where a view of the schema gold, or its grants, stand in the stack."""
    return f"{type_}.{local_name(*(('table', 'gold') if 'grants' in type_ else ('gold',)), name)}"


def test_a_consumer_with_columns_and_rows_reads_a_view_of_its_own():
    """A real view in the schema of the port, owned by the domain, with the columns in the order given."""
    stack = made(group_consumer("sold", columns=("amount", "ID"), rows="country = 'DE' AND amount > 1"))
    body = stack[address("databricks_sql_table", "sold__for_readers")]
    assert body["view_definition"] == (
        "SELECT amount, id FROM sales.gold.sold WHERE (country = 'DE' AND amount > 1)"
    )
    assert (body["catalog_name"], body["schema_name"], body["name"]) == ("sales", "gold", "sold__for_readers")
    assert (body["table_type"], body["owner"]) == ("VIEW", "owners")
    assert body["comment"] == "The part of sold that readers may read."
    assert [one["name"] for one in body["column"]] == ["amount", "id"]


def test_it_reads_the_view_and_nothing_of_the_port():
    """SELECT on the view for it alone; the owner's group has SELECT on the port, for the view."""
    stack = made(group_consumer("sold", columns=("id",)))
    on_port = stack["databricks_grants.table__gold__sold"]["grant"]
    assert [one["principal"] for one in on_port if "SELECT" in one["privileges"]] == ["owners"]
    on_view = stack[address("databricks_grants", "sold__for_readers")]["grant"]
    assert [one["principal"] for one in on_view if "SELECT" in one["privileges"]] == ["readers"]
    grants = stack[address("databricks_grants", "sold__for_readers")]["depends_on"]
    assert address("databricks_sql_table", "sold__for_readers") in grants
    assert (
        "databricks_grants.table__gold__sold"
        in stack[address("databricks_sql_table", "sold__for_readers")]["depends_on"]
    )
    schema = stack["databricks_grants.schema__gold"]["grant"]
    assert {"principal": "readers", "privileges": ["USE_SCHEMA"]} in schema


def test_columns_alone_and_rows_alone_are_enough():
    """Without rows there is no WHERE; without columns there are all."""
    stack = made(group_consumer("sold", columns=("id",)))
    definition = stack[address("databricks_sql_table", "sold__for_readers")]["view_definition"]
    assert definition == "SELECT id FROM sales.gold.sold"
    stack = made(group_consumer("sold", rows="open"))
    definition = stack[address("databricks_sql_table", "sold__for_readers")]["view_definition"]
    assert definition == "SELECT id, country, amount, open, email FROM sales.gold.sold WHERE (open)"


def test_a_consumer_without_columns_and_rows_reads_the_port():
    """No view is made."""
    stack = made(group_consumer("sold"))
    assert [address for address in stack if address.startswith("databricks_sql_table")] == []
    grants = stack["databricks_grants.table__gold__sold"]["grant"]
    assert {"principal": "readers", "privileges": ["SELECT"]} in grants


def test_a_view_is_a_port_of_which_a_part_can_be_read():
    """The owner owns both views; the second comes after the first."""
    spec = mesh(
        product(
            "sales.sold",
            SOLD,
            view("top", column("id"), column("amount", "decimal(18,2)")),
            views={"top": "SELECT id, amount FROM sold"},
            consumers=(group_consumer("top", columns=("amount",)),),
        ),
        mask_policy(),
    )
    stack = resources(compiled(spec, "prod").stacks["sales-prod"])
    body = stack[address("databricks_sql_table", "top__for_readers")]
    assert body["view_definition"] == "SELECT amount FROM sales.gold.top"
    assert "databricks_sql_table.gold__top" in body["depends_on"]


def test_names_of_views_do_not_meet():
    """Whatever a consumer is called: a name that is not plain gets a digest of it."""
    names = ["a_b", "a b", "A-B", "a__b", "a.b", "a/b"]
    views = [group_consumer(group=name, columns=("id",)).view_of(SOLD).name for name in names]
    views.append(product_consumer("a.b", columns=("id",)).view_of(SOLD).name)
    assert views[0] == "sold__for_a_b"
    assert views[-1] == "sold__for_a__b"
    assert len(set(views)) == len(views)
    assert all(name.replace("_", "").isalnum() and name == name.lower() for name in views)
    assert len(group_consumer(group="x" * 300, columns=("id",)).view_of(SOLD).name) == 255


def test_a_view_that_meets_a_table_of_the_contract_is_refused():
    """MF313, as for any two objects of one name."""
    spec = mesh(
        product(
            "sales.sold",
            SOLD,
            table("sold__for_readers"),
            consumers=(group_consumer("sold", columns=("id",)),),
        )
    )
    (finding,) = found(spec, "MF313")
    assert "sales_local.gold.sold__for_readers" in (finding.got or "")


def test_a_product_that_may_read_a_part_is_given_the_view_as_its_input():
    """Its pipeline finds the name of the view in its configuration, its views read the view."""
    reader = product("finance.ledger", inputs=(port("sales.sold.sold"),))
    maker = product(
        "sales.sold", SOLD, consumers=(product_consumer("finance.ledger", "sold", columns=("id", "amount")),)
    )
    stack = resources(compiled(mesh(maker, reader, mask_policy()), "prod").stacks["finance-prod"])
    configuration = stack["databricks_pipeline.ledger"]["configuration"]
    assert configuration["meshform.input.sales.sold.sold"] == "sales.gold.sold__for_finance__ledger"


def test_a_view_of_another_domain_reads_the_part_with_the_rights_of_its_owner():
    """The owner's group is let in to the part, and to no more."""
    maker = product(
        "sales.sold", SOLD, consumers=(product_consumer("finance.ledger", "sold", columns=("id",)),)
    )
    reader = product(
        "finance.ledger",
        view("top", column("id")),
        views={"top": "SELECT id FROM sales.gold.sold"},
        inputs=(port("sales.sold.sold"),),
        pipeline=None,
    )
    groups = (*GROUPS, Group(name="money", members=("deployer",)))
    spec = mesh(maker, reader, mask_policy())
    principals = Principals(groups=groups, service_principals=spec.principals.service_principals)
    finance = spec.domains[1].model_copy(update={"owner": "money"})
    spec = spec.model_copy(update={"principals": principals, "domains": (spec.domains[0], finance)})
    stacks = compiled(spec, "prod").stacks
    definition = resources(stacks["finance-prod"])["databricks_sql_table.gold__top"]["view_definition"]
    assert definition == "SELECT id FROM sales.gold.sold__for_finance__ledger"
    grants = resources(stacks["sales-prod"])
    granted = grants[address("databricks_grants", "sold__for_finance__ledger")]["grant"]
    assert {"principal": "money", "privileges": ["SELECT"]} in granted
    on_port = grants["databricks_grants.table__gold__sold"]["grant"]
    assert [one["principal"] for one in on_port if one["privileges"] == ["SELECT"]] == ["owners"]


def test_a_view_that_uses_a_column_outside_of_its_part_is_refused():
    """MF357, as for a column that the table does not have."""
    maker = product(
        "sales.sold", SOLD, consumers=(product_consumer("finance.ledger", "sold", columns=("id",)),)
    )
    reader = product(
        "finance.ledger",
        view("top", column("amount", "decimal(18,2)")),
        views={"top": "SELECT amount FROM sales.gold.sold"},
        inputs=(port("sales.sold.sold"),),
        pipeline=None,
    )
    (finding,) = found(mesh(maker, reader), "MF357")
    assert finding.got == "amount"


def test_a_consumer_is_given_a_port_once_when_it_reads_a_part():
    """MF390: two views would have one name, and a port beside its part makes the part pointless."""
    (finding,) = found(sales(group_consumer("sold", columns=("id",)), group_consumer()), "MF390")
    assert finding.got == "all columns of all rows, and columns id of all rows"
    two = group_consumer("sold", rows="open"), group_consumer("sold", rows="amount > 1")
    assert len(found(sales(*two), "MF390")) == 1
    assert found(sales(group_consumer("sold"), group_consumer()), "MF390") == []
    different = group_consumer("sold", columns=("id",)), group_consumer("sold", group="exempt")
    assert found(sales(*different), "MF390") == []


@pytest.mark.parametrize(
    ("columns", "got", "fix"),
    [
        (("contry",), "contry", "did you mean 'country'?"),
        (("zzz",), "zzz", "name its ports, each with a Consumer of its own"),
        (("id", "ID"), "ID", "name it once"),
    ],
)
def test_columns_that_the_port_does_not_have_are_refused(columns, got, fix):
    """MF391, with the nearest."""
    (finding,) = found(sales(group_consumer("sold", columns=columns)), "MF391")
    assert (finding.got, finding.fix) == (got, fix)
    assert str(finding.place).startswith("domains/sales.py:10")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("contry = 'DE'", "no column is called 'contry'"),
        ("country", "not a condition"),
        ("amount + 1", "not a condition"),
        ("id IN (SELECT id FROM other)", "holds a query"),
        ("country = 'DE') OR (1 = 1", "cannot be parsed"),
        ("country = 'DE' -- all of them", "holds a comment"),
        ("country = 'DE'; DROP TABLE sold", "several statements"),
        ("count(*) > 1", "holds `*`"),
        ("max(amount) > 1", "more than one row"),
        ("row_number() OVER (ORDER BY id) = 1", "more than one row"),
        ("country = :country", "a placeholder"),
        ("main.default.allowed(id)", "a function of some schema"),
        ("secret('a', 'b') = id", "reaches out"),
        ("other.id = 'x'", "no column is called 'other'"),
    ],
)
def test_rows_are_a_condition_over_the_columns_of_the_port(rows, words):
    """MF392 for everything else."""
    (finding,) = found(sales(group_consumer("sold", rows=rows)), "MF392")
    assert words in finding.summary
    assert "port 'sold'" in finding.summary
    assert (finding.allowed or "").startswith("one SQL condition over the columns of the port")


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ("country IN ('AT', 'DE')", ("country",)),
        ("amount BETWEEN 1 AND 2 OR NOT open", ("amount", "open")),
        ("(country LIKE 'D%' AND id IS NOT NULL)", ("country", "id")),
        ("coalesce(open, false)", ("open",)),
        ("startswith(country, 'D')", ("country",)),
        ("upper(country) <> 'DE' AND country <> 'AT'", ("country",)),
        ("COUNTRY = 'DE'", ("COUNTRY",)),
        ("true", ()),
    ],
)
def test_conditions_tell_their_columns(rows, columns):
    """Each once."""
    types = {one.name: one.type for one in SOLD.columns}
    assert condition_columns(rows, types) == columns


def test_a_column_that_is_no_boolean_is_no_condition():
    """In the middle of others too."""
    with pytest.raises(SqlError, match="not a condition"):
        condition_columns("open AND amount", {"open": "boolean", "amount": "int"})


def test_rows_must_not_look_at_a_column_that_is_masked_for_the_consumer():
    """MF393: the view is read with its reader's masks, so the condition would compare stars."""
    (finding,) = found(sales(group_consumer("sold", rows="email LIKE '%@example.com'")), "MF393")
    assert finding.got == "sold.email, of class 'personal'"
    clear = group_consumer("sold", group="exempt", rows="email LIKE '%@example.com'")
    assert found(sales(clear), "MF393") == []
    reader = product("finance.ledger", inputs=(port("sales.sold.sold"),))
    maker = product(
        "sales.sold", SOLD, consumers=(product_consumer("finance.ledger", "sold", rows="email = 'a'"),)
    )
    assert found(mesh(maker, reader, mask_policy()), "MF393") == []  # its pipeline is in the exempt group


def test_a_backslash_does_not_reach_the_comments_of_a_view():
    """The provider would not escape it in the SQL that it writes."""
    odd = table("sold", column("id", description="a\\b"))
    body = group_consumer(columns=("id",)).view_of(odd)
    assert body.columns[0].description == "a/b"


def test_an_empty_condition_is_refused():
    """It would be no condition at all."""
    with pytest.raises(ValueError, match="at least 1 character"):
        Consumer(group="readers", rows="", purpose="x", approver="owners")


def test_an_input_whose_producer_does_not_list_the_product_is_refused():
    """MF312, with what to ask for; a consumer of another port does not count."""
    reader = product("finance.ledger", inputs=(port("sales.sold.sold"),))
    maker = product(
        "sales.sold", SOLD, table("more"), consumers=(product_consumer("finance.ledger", "more"),)
    )
    (finding,) = found(mesh(maker, reader), "MF312")
    assert "Consumer(product='finance.ledger', ...)" in (finding.fix or "")
    listed = product("sales.sold", SOLD, consumers=(product_consumer("finance.ledger", "sold"),))
    assert found(mesh(listed, reader), "MF312") == []
