# SPDX-License-Identifier: Apache-2.0
"""The schema check, for any body."""

from hypothesis import given, settings
from hypothesis import strategies as st

from meshform.model.findings import Place
from meshform.terraform.literals import Reference, render
from meshform.terraform.provider_facts import schema
from meshform.terraform.schema_check import SchemaCheck

CHECK = SchemaCheck(">= 1.128, < 2")
PLACE = Place(file="product.py", line=3)
TYPES = [
    "databricks_alert_v2",
    "databricks_grants",
    "databricks_job",
    "databricks_policy_info",
    "databricks_schema",
    "databricks_share",
    "terraform_data",
]


def _names(node):
    for part in ("attributes", "block_types"):
        for name, spec in node.get(part, {}).items():
            yield name
            yield from _names(spec.get("nested_type") or spec.get("block") or {})


NAMES = sorted(
    {name for type_ in TYPES[:-1] for name in _names(schema()["resource_schemas"][type_]["block"])}
    | {
        "//",
        "depends_on",
        "dynamic",
        "content",
        "lifecycle",
        "provisioner",
        "local-exec",
        "command",
        "for_each",
    }
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(Reference("${a.b.c}"))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=3)), inner, max_size=5),
    ),
    max_leaves=15,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


@given(st.sampled_from(TYPES), BODIES)
@settings(deadline=None)
def test_any_body_is_answered_with_findings(type_, body):
    """Whatever is in a body, the answer is findings with code and place, each time the same."""
    findings = CHECK.check("resource", type_, body, PLACE)
    assert findings == CHECK.check("resource", type_, body, PLACE)
    assert all(finding.code.startswith("MF52") and finding.place == PLACE for finding in findings)
    assert all(str(finding) for finding in findings)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), st.booleans())
def test_a_right_body_is_right_before_and_after_rendering(text, flag):
    """The check can be done on values and on Terraform JSON."""
    body = {
        "name": text,
        "catalog_name": Reference("${a.b.c}"),
        "force_destroy": flag,
        "properties": {text: text},
    }
    assert CHECK.check("resource", "databricks_schema", body) == []
    assert CHECK.check("resource", "databricks_schema", render(body)) == []
