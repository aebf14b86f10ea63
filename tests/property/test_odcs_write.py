# SPDX-License-Identifier: Apache-2.0
"""A contract made in Python, written as an ODCS document and read again, is the same contract."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshform.model.contract import (
    Action,
    Column,
    Contract,
    CustomProperty,
    EnumValue,
    QualityRule,
    Relationship,
    Role,
    ServiceLevel,
    SupportChannel,
    Table,
    Team,
    TeamMember,
)
from meshform.model.data_types import array_of, map_of, struct_of
from meshform.model.odcs import parse_contract
from meshform.model.odcs_write import content, write_contract
from meshform.model.strict_yaml import loads
from meshform.model.yaml_writer import dump

# what YAML allows in a file: control characters cannot be written, not even as an escape that is read again
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\n\t"), max_size=20
)
SOME = TEXT.filter(str.strip)
MAYBE = st.none() | TEXT.filter(bool)
NAME = st.from_regex(r"[a-z_][a-z0-9_ äß-]{0,8}", fullmatch=True).filter(lambda name: name == name.strip())
NUMBER = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
SCALAR = SOME | st.booleans() | NUMBER
JSON = st.recursive(
    st.none() | SCALAR | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=3,
)
SIMPLE_TYPES = st.sampled_from(
    ["string", "INT", "bigint", "Decimal( 18, 2 )", "varchar(20)", "char(3)", "date", "timestamp",
     "timestamp_ntz", "binary", "boolean", "double", "tinyint", "variant", "geography(4326)"]
)  # fmt: skip
TYPES = st.recursive(
    SIMPLE_TYPES.filter(lambda one: one[0].islower()),
    lambda inner: st.one_of(
        inner.map(array_of),
        inner.filter(lambda key: not key.startswith("map<")).flatmap(
            lambda key: inner.map(lambda v: map_of(key, v))
        ),
        st.dictionaries(NAME, inner, min_size=1, max_size=3).map(struct_of),
    ),
    max_leaves=3,
)


def many(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to two of them."""
    return st.lists(strategy, max_size=2).map(tuple)


def named(strategy: st.SearchStrategy[Any], *, least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    """Up to three with different names."""
    return st.lists(strategy, min_size=least, max_size=3, unique_by=lambda one: one.name.casefold()).map(
        tuple
    )


def other(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Keys of the standard that no field holds."""
    return st.fixed_dictionaries({}, optional=keys)


ID = {"id": SOME}
CUSTOM = many(
    st.builds(CustomProperty, property=SOME, value=JSON, description=MAYBE, other=other(**ID, vendor=SOME))
)
TAGS = many(TEXT)
ENUM = st.builds(
    EnumValue, value=SCALAR, label=MAYBE, description=MAYBE, other=other(tags=st.lists(SOME, min_size=1))
)
RELATIONSHIP = st.builds(
    Relationship,
    to=st.lists(SOME, min_size=1, max_size=2).map(tuple),
    custom_properties=CUSTOM,
    other=other(**ID),
)
THRESHOLDS = st.one_of(
    st.tuples(st.sampled_from(["mustBe", "mustNotBe"]), st.just(0) | NUMBER),
    st.tuples(
        st.sampled_from(["mustBeGreaterThan", "mustBeLessOrEqualTo", "mustBeLessThan"]), st.just(0) | NUMBER
    ),
    st.tuples(st.just("mustBeBetween"), st.tuples(NUMBER, NUMBER)),
)
RULE_FIELDS = {
    "name": NAME,
    "description": MAYBE,
    "severity": st.none() | st.sampled_from(["error", "warning", "info"]),
    "dimension": MAYBE,
    "unit": st.none() | st.sampled_from(["rows", "percent"]),
    "custom_properties": CUSTOM,
    "other": other(**ID, method=SOME, businessImpact=SOME, tags=st.lists(SOME, min_size=1)),
}


def _library(metric: str, compared: tuple[str, Any], arguments: dict[str, Any], **fields: Any) -> QualityRule:
    operator, threshold = compared
    return QualityRule(metric=metric, operator=operator, threshold=threshold, arguments=arguments, **fields)


RULE = st.one_of(
    st.builds(
        _library,
        st.sampled_from(["nullValues", "invalidValues", "missingValues", "rowCount", "duplicateValues"]),
        THRESHOLDS,
        other(
            validValues=st.lists(SCALAR, max_size=2), pattern=TEXT, missingValues=st.lists(SCALAR, max_size=2)
        ),
        **RULE_FIELDS,
    ),
    st.builds(QualityRule, expression=SOME.map(str.strip), action=st.sampled_from(Action), **RULE_FIELDS),
    st.builds(QualityRule, type=st.just("sql"), query=SOME, **RULE_FIELDS),
    st.builds(QualityRule, type=st.just("text"), **RULE_FIELDS),
    st.builds(
        QualityRule,
        type=st.just("custom"),
        engine=st.just("soda"),
        implementation=SOME | st.dictionaries(SOME, JSON, min_size=1, max_size=2),
        **RULE_FIELDS,
    ),
)
COLUMN_FIELDS = {
    "name": NAME,
    "logical_name": st.none(),
    "logical_type_options": other(minimum=NUMBER, maxLength=st.integers(0, 9), pattern=SOME, format=SOME),
    "enum": many(ENUM),
    "business_name": MAYBE,
    "description": MAYBE,
    "required": st.booleans(),
    "unique": st.booleans(),
    "primary_key": st.booleans(),
    "primary_key_position": st.none() | st.integers(1, 9),
    "partitioned": st.booleans(),
    "partition_position": st.none() | st.integers(1, 9),
    "classification": MAYBE,
    "critical": st.booleans(),
    "deprecated": st.booleans(),
    "tags": TAGS,
    "quality": named(RULE),
    "relationships": many(RELATIONSHIP),
    "transform_sources": many(TEXT),
    "custom_properties": CUSTOM,
    "other": other(**ID, encryptedName=SOME, transformLogic=SOME, examples=st.lists(SCALAR, min_size=1)),
}
FIELD = st.builds(Column, type=TYPES, **COLUMN_FIELDS)


def _nested(fields: tuple[Column, ...], arrays: int, column: Column) -> Column:
    type_ = struct_of({one.name: one.type for one in fields})
    for _ in range(arrays):
        type_ = array_of(type_)
    given = {
        name: getattr(column, name) for name in Column.model_fields if name not in ("fields", "logical_type")
    }
    return Column(**{**given, "type": type_, "fields": fields})


COLUMN = FIELD | st.builds(_nested, named(FIELD, least=1), st.integers(0, 2), FIELD)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table whose rules have different names."""
    columns = draw(named(COLUMN, least=1))
    made = Table(
        name=draw(NAME),
        logical_name=draw(st.none() | st.just("called otherwise")),
        schema_name=draw(st.none() | NAME),
        physical_type=draw(st.sampled_from(["table", "view", "materialized_view", "streaming_table"])),
        business_name=draw(MAYBE),
        description=draw(MAYBE),
        granularity=draw(MAYBE),
        columns=columns,
        measures=tuple(c.model_copy(update={"name": f"m {c.name}"}) for c in draw(named(FIELD))),
        quality=draw(named(RULE)),
        relationships=draw(
            many(
                st.builds(
                    Relationship,
                    from_=st.just(("a.b",)),
                    to=st.lists(SOME, min_size=1, max_size=2).map(tuple),
                    other=other(**ID),
                )
            )
        ),
        cluster_by=draw(many(NAME)),
        tags=draw(TAGS),
        deprecated=draw(st.booleans()),
        custom_properties=draw(CUSTOM),
        other=draw(other(**ID, context=SOME, synonyms=st.just([{"synonym": "s"}]))),
    )
    names = [rule.name.casefold() for rule in made.rules]
    if len(names) != len(set(names)):
        return made.model_copy(update={"quality": (), "columns": tuple(map(_without_rules, columns))})
    return made


def _without_rules(column: Column) -> Column:
    fields = tuple(map(_without_rules, column.fields))
    return column.model_copy(update={"quality": (), "enum": (), "logical_type_options": {}, "fields": fields})


CONTRACTS = st.builds(
    Contract,
    id=SOME,
    version=SOME,
    status=MAYBE,
    name=MAYBE,
    api_version=st.sampled_from(["v3.0.0", "v3.1.0", "v3.2.0"]),
    purpose=MAYBE,
    usage=MAYBE,
    tables=st.lists(tables(), max_size=1).map(tuple),
    sla=many(
        st.builds(
            ServiceLevel, property=SOME, value=st.none() | SCALAR, value_ext=st.none() | SCALAR, unit=MAYBE,
            element=MAYBE, other=other(**ID),
        )
    ),
    team=st.none()
    | st.builds(
        Team,
        name=MAYBE,
        members=many(st.builds(TeamMember, username=SOME, role=MAYBE, date_in=MAYBE, other=other(**ID))),
        other=other(**ID),
    ),
    support=many(st.builds(SupportChannel, channel=SOME, url=MAYBE, other=other(**ID))),
    roles=many(st.builds(Role, role=SOME, access=MAYBE, first_level_approvers=MAYBE, other=other(**ID))),
    tags=TAGS,
    custom_properties=CUSTOM,
    other=other(
        contractCreatedTs=SOME,
        price=st.just({"priceAmount": 9.5, "priceCurrency": "EUR"}),
        servers=st.just([{"server": "s", "type": "databricks", "anything": {"more": [1]}}]),
        description=st.just({"customProperties": [{"property": "p", "value": 1}]}),
        authoritativeDefinitions=st.just([{"url": "https://example.com", "type": "doc"}]),
    ),
)  # fmt: skip


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(CONTRACTS)
def test_what_is_written_reads_as_the_same_contract(contract):
    """And written again it is the same document."""
    text = write_contract(contract)
    again = parse_contract(text)
    assert content(again) == content(contract)
    assert write_contract(again) == text


@given(JSON)
def test_any_data_is_written_as_yaml_that_reads_as_the_same_data(data):
    """Text stays text, whatever YAML 1.1 or 1.2 would make of it."""
    again = loads(dump({"data": data}), "x").data["data"]
    assert again == data
    assert repr(again) == repr(data)
