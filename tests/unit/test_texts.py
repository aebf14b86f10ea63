# SPDX-License-Identifier: Apache-2.0
"""Texts that people declared: secrets, control characters, length, what would break the provider's SQL."""

import time

import pytest

from meshform.governance.evaluate import evaluate
from meshform.governance.texts import text_findings
from meshform.model.contract import (
    Column,
    Contract,
    CustomProperty,
    QualityRule,
    ServiceLevel,
    SupportChannel,
    Table,
)
from meshform.model.domain import DomainSpec, MeshSpec, Platform, Support
from meshform.model.environment import Environment
from meshform.model.findings import Place, Severity
from meshform.model.odcs import parse_contract
from meshform.model.policy import Classification, MaskFunction, Policy
from meshform.model.principals import Group, Principals
from meshform.model.product import Consumer, Product, Volume

TOKEN = "dapi" + "0123456789abcdef" * 2
HERE = Place(file="orders.odcs.yaml", line=9, column=5)


def mesh(product=None, policy=None, **domain):
    """A mesh with one domain, and perhaps a product and a policy."""
    return MeshSpec(
        name="mesh",
        environments=(Environment.local(deployer="owners"),),
        principals=Principals(groups=(Group(name="owners"),)),
        platform=Platform(owner="owners"),
        domains=(DomainSpec(name="orders", owner="owners", **domain),),
        products=(product,) if product else (),
        policies=(policy,) if policy else (),
    )


def product(contract=None, **fields):
    """The product `orders.orders`."""
    contract = contract or Contract(id="o", version="1.0.0")
    return Product(domain="orders", name="orders", contract=contract, **fields)


def contract(*, columns=(), view=False, **table):
    """A contract with the table `orders`."""
    kind = "view" if view else "table"
    made = Table(name="orders", physical_type=kind, columns=columns, place=HERE, **table)
    return Contract(id="o", version="1.0.0", tables=(made,))


def found(spec):
    """Findings about texts."""
    return list(text_findings(spec))


def column(**fields):
    """The column `a`."""
    return Column(name="a", type="string", place=HERE, **fields)


RULE = QualityRule(name="r", type="custom", engine="databricks", expression=f"a = '{TOKEN}'")

WITH_SECRET = {
    "description of a domain": mesh(description=TOKEN),
    "support": mesh(support=Support(url=f"https://x?token={TOKEN}")),
    "a tag's value": mesh(tags={"a": TOKEN}),
    "a tag's key": mesh(tags={TOKEN: "a"}),
    "comment of a schema": mesh(schemas={"gold": f"see {TOKEN}"}),
    "description of a table": mesh(product(contract(description=TOKEN))),
    "tag of a table": mesh(product(contract(tags=(f"key={TOKEN}",)))),
    "description of a column": mesh(product(contract(columns=(column(description=TOKEN),)))),
    "custom property": mesh(
        product(contract(columns=(column(custom_properties=(CustomProperty(property="p", value=[TOKEN]),)),)))
    ),
    "expectation": mesh(product(contract(quality=(RULE,)))),
    "SQL of a view": mesh(product(views={"v": f"SELECT '{TOKEN}' AS a"})),
    "purpose of a consumer": mesh(
        product(consumers=(Consumer(group="g", purpose=TOKEN, approver="owners"),))
    ),
    "comment of a volume": mesh(product(volumes=(Volume(name="v", schema_name="bronze", comment=TOKEN),))),
    "support of a contract": mesh(
        product(Contract(id="o", version="1", support=(SupportChannel(channel="c", description=TOKEN),)))
    ),
    "service level": mesh(
        product(Contract(id="o", version="1", sla=(ServiceLevel(property="p", value=1, description=TOKEN),)))
    ),
    "part of a contract that nothing is made of": mesh(
        product(Contract(id="o", version="1", raw={"servers": [{"password": TOKEN}]}))
    ),
    "body of a function": mesh(
        policy=Policy(
            name="p",
            classifications=(
                Classification(name="c", mask=MaskFunction(name="f", body=f"concat(value, '{TOKEN}')")),
            ),
        )
    ),
}


@pytest.mark.parametrize("where", WITH_SECRET)
def test_a_secret_is_found_wherever_it_stands(where):
    """Its class and its field are told; its value never is."""
    [finding] = found(WITH_SECRET[where])
    assert finding.code == "MF361"
    assert finding.severity is Severity.ERROR
    assert "(Databricks token)" in finding.summary
    assert finding.got == "(hidden)"
    assert TOKEN[6:] not in str(finding)


def test_the_finding_names_field_and_place():
    """The path has the names of tables and columns; the place is that of the nearest value that has one."""
    [finding] = found(WITH_SECRET["description of a column"])
    assert str(finding).startswith(
        "orders.odcs.yaml:9:5: error MF361: product orders.orders:"
        " contract.tables[orders].columns[a].description holds what looks like a secret"
    )


def test_a_secret_in_a_contract_file_has_its_line():
    """What was read from YAML is told where it stands, once."""
    text = (
        "apiVersion: v3.1.0\nkind: DataContract\nid: o\nversion: 1.0.0\nschema:\n  - name: orders\n"
        f"    properties:\n      - name: a\n        logicalType: string\n        description: use {TOKEN}\n"
    )
    [finding] = found(mesh(product(parse_contract(text, "orders.odcs.yaml"))))
    assert str(finding.place) == "orders.odcs.yaml:8:9"


def test_no_message_of_the_whole_evaluation_repeats_a_secret():
    """Other rules that show what they got meet the same text."""
    for spec in WITH_SECRET.values():
        assert TOKEN[6:] not in "\n".join(map(str, evaluate(spec, "local").findings))


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x9b", "\ufeff"])
def test_control_characters_are_refused(character):
    """What a terminal or an API acts upon; the finding itself holds none."""
    [finding] = found(mesh(description=f"Orders{character}[31m domain"))
    assert finding.code == "MF362"
    assert f"U+{ord(character):04X}" in finding.summary
    assert character not in str(finding)


def test_lines_and_tabs_are_fine():
    """Descriptions have paragraphs."""
    assert (
        found(mesh(description="Orders.\n\n\tWhat was bought: größer 注文 🙂 $" + "{x} %{y} 'a' \"b\"")) == []
    )


def test_text_that_is_shown_in_another_order_is_a_warning():
    """A reader would approve something else than what is there."""
    [finding] = found(mesh(description="orders \u202esrenwo"))
    assert (finding.code, finding.severity) == ("MF365", Severity.WARNING)


def test_a_description_of_a_megabyte_is_refused_with_its_size():
    """Every text is in plan, state and Databricks."""
    [finding] = found(mesh(product(contract(description="word " * 200_000))))
    assert finding.code == "MF363"
    assert (finding.got, finding.allowed) == ("1,000,000 characters", "at most 16,384 characters")
    assert len(str(finding)) < 400


def test_sql_may_be_longer_than_a_description():
    """Up to what the parser takes."""
    sql = "SELECT a FROM b WHERE c IN (" + "1, " * 10_000 + "1)"
    assert found(mesh(product(views={"v": sql}))) == []


@pytest.mark.parametrize("text", ["ends with \\", "a \\' b", "C:\\new"])
def test_backslashes_in_comments_of_views_are_refused(text):
    """The provider writes those into SQL and does not escape a backslash: the statement could end there."""
    [finding] = found(mesh(product(contract(view=True, description=text))))
    assert (finding.code, finding.place) == ("MF364", HERE)
    [finding] = found(mesh(product(contract(view=True, columns=(column(description=text),)))))
    assert "column orders.a" in finding.summary


def test_backslashes_and_quotes_elsewhere_are_escaped_by_us():
    """Comments of a pipeline's tables, of catalogs and of functions are safe."""
    assert found(mesh(product(contract(description="a \\ 'b' \"c\"")), description="x\\")) == []
    assert found(mesh(product(contract(view=True, description='the shop\'s "orders"')))) == []


@pytest.mark.parametrize(
    "tag", ["a.b=c", "a/b", "a-b=c", ":x", " a=b", "a= b", "=b", "", "a" * 256, "a=" + "b" * 1001]
)
def test_tags_that_databricks_refuses_are_told(tag):
    """Keys without some characters, and values up to a length."""
    [finding] = found(mesh(product(contract(tags=(tag,)))))
    assert (finding.code, finding.place) == ("MF366", HERE)


def test_good_tags_pass():
    """With and without a value."""
    assert found(mesh(product(contract(tags=("cost center=42", "pii", "k=a=b/c"))))) == []


def test_only_products_of_the_domain_that_was_asked_for_are_looked_at():
    """A check of one domain stays fast."""
    spec = mesh(product(contract(description=TOKEN)))
    assert list(text_findings(spec, "customers")) == []
    assert len(list(text_findings(spec, "orders"))) == 1


def test_a_thousand_products_are_looked_at_in_a_moment():
    """30 columns each; measured 0.25 s, the bound leaves room for a busy machine."""
    columns = tuple(
        Column(name=f"c{i}", type="string", description="The key is part of it.") for i in range(30)
    )
    spec = mesh().model_copy(update={"products": (product(contract(columns=columns)),) * 1000})
    started = time.process_time()
    assert found(spec) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("a > 1; DROP TABLE x", "several statements"),
        ("a IN (SELECT b FROM c)", "a query"),
        ("b > 1", "no column is called 'b'"),
        ("a >", "cannot be parsed"),
    ],
)
def test_an_expectation_is_one_expression_over_the_columns(expression, words):
    """It is told where the rule stands."""
    rule = QualityRule(name="r", type="custom", engine="databricks", expression=expression, place=HERE)
    findings = evaluate(mesh(product(contract(columns=(column(),), quality=(rule,)))), "local").findings
    [finding] = [one for one in findings if one.code == "MF371"]
    assert words in finding.summary
    assert finding.place == HERE


def test_the_body_of_a_mask_is_checked_before_anything_is_compiled():
    """`meshform check` tells it."""
    mask = MaskFunction(name="f", body="value; DROP TABLE x", data_type="strng")
    policy = Policy(name="p", classifications=(Classification(name="c", mask=mask),), place=HERE)
    findings = evaluate(mesh(policy=policy), "local").findings
    assert {"MF372", "MF373"} <= {finding.code for finding in findings}
