# SPDX-License-Identifier: Apache-2.0
"""The check of blocks against the provider's schema."""

from enum import StrEnum

import pytest

from meshform.model.findings import MeshformError, Place, Severity
from meshform.terraform.literals import Reference
from meshform.terraform.provider_facts import schema
from meshform.terraform.schema_check import SchemaCheck

CHECK = SchemaCheck(">= 1.128, < 2")
NEWER = SchemaCheck(">= 1.130")
SCHEMA = {"name": "gold", "catalog_name": "orders"}
TYPES = [
    *(("resource", type_) for type_ in sorted(schema()["resource_schemas"])),
    *(("data", type_) for type_ in sorted(schema()["data_source_schemas"])),
]
PARTS = {"resource": "resource_schemas", "data": "data_source_schemas"}


def _value(type_):
    if isinstance(type_, str):
        return {"string": "x", "number": 7, "bool": True}[type_]
    kind, inner = type_
    return {"k": _value(inner)} if kind == "map" else [_value(inner)]


def _nested(mode, value):
    return value if mode == "single" else {"k": value} if mode == "map" else [value]


def _body(node, *, full=False):
    """A body with all that is required, or all that can be set."""
    body = {}
    for name, spec in node.get("attributes", {}).items():
        if spec.get("required") or (full and spec.get("optional")):
            nested = spec.get("nested_type")
            body[name] = (
                _nested(nested["nesting_mode"], _body(nested, full=full)) if nested else _value(spec["type"])
            )
    for name, spec in node.get("block_types", {}).items():
        if spec.get("min_items") or full:
            body[name] = _nested(spec["nesting_mode"], _body(spec["block"], full=full))
    return body


@pytest.mark.parametrize("full", [False, True], ids=["required", "everything"])
@pytest.mark.parametrize(("kind", "type_"), TYPES)
def test_a_right_body_of_every_type_is_accepted(kind, type_, full):
    """What is required is enough, and everything that can be set may be; deprecation is only a warning."""
    body = _body(schema()[PARTS[kind]][type_]["block"], full=full)
    if type_.endswith("entity_tag_assignment") and kind == "resource":
        body["tag_value"] = ""
    findings = CHECK.check(kind, type_, body)
    assert [finding for finding in findings if finding.code != "MF528"] == []
    assert all(finding.severity is Severity.WARNING for finding in findings)


@pytest.mark.parametrize(("kind", "type_"), TYPES)
def test_each_required_argument_of_every_type_is_missed(kind, type_):
    """Without an argument, and with null in its place, the check names it."""
    body = _body(schema()[PARTS[kind]][type_]["block"])
    for name in body:
        without = {key: value for key, value in body.items() if key != name}
        for broken in (without, {**body, name: None}):
            missing = f"argument {name!r} is missing in {type_}"
            assert missing in [finding.summary for finding in CHECK.check(kind, type_, broken)]


REFUSALS = [
    (
        "databricks_schem",
        {},
        ["error MF522: there is no resource 'databricks_schem'", "fix: did you mean 'databricks_schema'?"],
    ),
    (
        "databricks_dbutils_widget",
        {},
        [
            "error MF522: there is no resource 'databricks_dbutils_widget'",
            "fix: take it out; if it is newer than 1.128.0, raise provider_version of the environment",
        ],
    ),
    (
        "databricks_current_user",
        {},
        [
            "error MF522: there is no resource 'databricks_current_user'",
            "fix: it is a data source, not a resource",
        ],
    ),
    (
        "databricks_schema",
        {**SCHEMA, "propertes": {}},
        [
            "error MF523: there is no argument 'propertes' in databricks_schema",
            "fix: did you mean 'properties'?",
        ],
    ),
    (
        "databricks_job",
        {"task": [{"task_key": "a"}, {"task_key": "b", "notebok_task": {}}]},
        [
            "error MF523: there is no argument 'notebok_task' in databricks_job.task[1]",
            "fix: did you mean 'notebook_task'?",
        ],
    ),
    (
        "databricks_schema",
        {"name": "gold"},
        ["error MF524: argument 'catalog_name' is missing in databricks_schema", "fix: set 'catalog_name'"],
    ),
    (
        "databricks_alert_v2",
        {
            "display_name": "a",
            "query_text": "SELECT 1",
            "warehouse_id": "w",
            "schedule": {"quartz_cron_schedule": "0 0 * * * ?", "timezone_id": "UTC"},
            "evaluation": {"source": {}, "comparison_operator": "EQUAL"},
        },
        [
            "error MF524: argument 'name' is missing in databricks_alert_v2.evaluation.source",
            "fix: set 'name'",
        ],
    ),
    (
        "databricks_grants",
        {"catalog": "c", "grant": []},
        ["error MF524: argument 'grant' is missing in databricks_grants", "fix: set 'grant'"],
    ),
    (
        "databricks_job",
        {"queue": [{"enabled": True}, {"enabled": False}]},
        ["error MF525: wrong number of blocks of databricks_job.queue", "got: 2", "allowed: at most 1"],
    ),
    (
        "databricks_schema",
        {**SCHEMA, "comment": 7},
        ["error MF526: databricks_schema.comment is of the wrong type", "got: a number: 7", "allowed: text"],
    ),
    (
        "databricks_schema",
        {**SCHEMA, "force_destroy": "true"},
        [
            "error MF526: databricks_schema.force_destroy is of the wrong type",
            'got: text: "true"',
            "allowed: true or false",
        ],
    ),
    (
        "databricks_job",
        {"max_concurrent_runs": True},
        [
            "error MF526: databricks_job.max_concurrent_runs is of the wrong type",
            "got: a truth value: true",
            "allowed: a number",
        ],
    ),
    (
        "databricks_schema",
        {**SCHEMA, "properties": {"a": "b", "c": None}},
        ["error MF526: databricks_schema.properties.c is of the wrong type", "got: null", "allowed: text"],
    ),
    (
        "databricks_schema",
        {**SCHEMA, "properties": ["a"]},
        [
            "error MF526: databricks_schema.properties is of the wrong type",
            'got: a list: ["a"]',
            "allowed: a map, each value text",
        ],
    ),
    (
        "databricks_grants",
        {"catalog": "c", "grant": [{"principal": "g", "privileges": "SELECT"}]},
        [
            "error MF526: databricks_grants.grant[0].privileges is of the wrong type",
            'got: text: "SELECT"',
            "allowed: a list, each item text",
        ],
    ),
    (
        "databricks_policy_info",
        {
            "name": "p",
            "on_securable_type": "CATALOG",
            "on_securable_fullname": "c",
            "policy_type": "POLICY_TYPE_COLUMN_MASK",
            "for_securable_type": "TABLE",
            "to_principals": ["account users"],
            "match_columns": {"alias": "a"},
        },
        [
            "error MF526: databricks_policy_info.match_columns is of the wrong type",
            'got: a map: {"alias": "a"}',
            "allowed: a list, each item an object",
        ],
    ),
    (
        "databricks_job",
        {"queue": Reference("${local.queue}")},
        [
            "error MF526: databricks_job.queue is of the wrong type",
            'got: text: "${local.queue}"',
            "allowed: an object or a list of objects",
        ],
    ),
    (
        "databricks_secret",
        {"key": "k", "scope": "s", "string_value": ["hunter2"]},
        ["error MF526: databricks_secret.string_value is of the wrong type", "got: a list", "allowed: text"],
    ),
    (
        "databricks_schema",
        {**SCHEMA, "schema_id": "x"},
        [
            "error MF527: argument 'schema_id' in databricks_schema cannot be set: the provider computes it",
            "fix: take 'schema_id' out",
        ],
    ),
    (
        "databricks_catalog_workspace_binding",
        {},
        [
            "warning MF528: databricks_catalog_workspace_binding is deprecated in the provider",
            "fix: see the provider's documentation for what replaces it",
        ],
    ),
    (
        "databricks_entity_tag_assignment",
        {"entity_type": "tables", "entity_name": "a.b.c", "tag_key": "k"},
        [
            "error MF529: databricks_entity_tag_assignment has no tag_value",
            "fix: set tag_value; '' for a tag without a value",
        ],
    ),
    (
        "terraform_data",
        {"provisioner": [{"local-exec": {"comand": "x"}}]},
        [
            "error MF523: there is no argument 'comand' in terraform_data.provisioner[0].local-exec",
            "fix: did you mean 'command'?",
        ],
    ),
]


@pytest.mark.parametrize(("type_", "body", "lines"), REFUSALS)
def test_what_does_not_fit_is_told_with_its_name(type_, body, lines):
    """Each refusal says what, where, what was got, what is allowed and what to do."""
    place = Place(file="domains/orders/product.py", line=7)
    told = str(CHECK.check("resource", type_, body, place)[0]).removeprefix(f"{place}: ").split("\n  ")
    assert [line for line in told if "MF523" not in told[0] or "allowed" not in line] == lines


def test_the_names_that_would_do_are_told():
    """An unknown argument is answered with those that can be set, twenty of them at most."""
    (finding,) = CHECK.check("data", "databricks_schema", {"name": "a.b", "nam": "a.b"})
    assert (
        finding.allowed
        == "count, depends_on, for_each, id, lifecycle, name, provider, provider_config, schema_info"
    )
    (finding,) = CHECK.check("resource", "databricks_job", {"nam": "a"})
    assert finding.allowed is not None
    assert finding.allowed.endswith(" more")


def test_all_that_is_wrong_is_told_at_once():
    """Findings come in the order of the body, what is missing last."""
    findings = CHECK.check("resource", "databricks_schema", {"nam": "x", "comment": 1, "owner": "o"})
    assert [finding.code for finding in findings] == ["MF523", "MF526", "MF524", "MF524"]


@pytest.mark.parametrize(
    "value", [Reference("${var.x}"), "${var.x}", "a ${var.x}", "%{ if true }1%{ endif }", "$$$ ${x}"]
)
def test_an_expression_fits_every_attribute(value):
    """A reference, and text with an expression, may be of any type."""
    body = {**SCHEMA, "comment": value, "force_destroy": value, "properties": value}
    assert CHECK.check("resource", "databricks_schema", body) == []
    assert (
        CHECK.check("resource", "databricks_job", {"max_concurrent_runs": value, "tags": {"a": value}}) == []
    )


@pytest.mark.parametrize("text", ["$${x}", "$$${x}", "%%{ if }", "7", "$"])
def test_escaped_text_is_no_expression(text):
    """Text that Terraform would not evaluate is text."""
    (finding,) = CHECK.check("resource", "databricks_job", {"max_concurrent_runs": text})
    assert finding.code == "MF526"


def test_blocks_may_be_one_object_or_a_list():
    """Terraform JSON writes one block either way, and null for none."""
    for task in ({"task_key": "a"}, [{"task_key": "a"}], ({"task_key": "a"},), None, []):
        assert CHECK.check("resource", "databricks_job", {"task": task}) == []


def test_a_block_in_a_list_must_be_an_object():
    """Text among blocks is refused where it stands."""
    (finding,) = CHECK.check("resource", "databricks_job", {"task": [{"task_key": "a"}, "b"]})
    assert finding.summary == "databricks_job.task[1] is of the wrong type"


def test_members_of_enums_count_as_their_values():
    """A text enum is text."""

    class _Mode(StrEnum):
        OPEN = "OPEN"

    assert CHECK.check("resource", "databricks_catalog", {"name": "c", "isolation_mode": _Mode.OPEN}) == []


def test_meta_arguments_are_known():
    """Every argument that Terraform itself takes is accepted, on resources and on data sources."""
    body = {
        **SCHEMA,
        "//": {"metadata": {"path": "app/orders"}},
        "count": 1,
        "depends_on": ["databricks_catalog.orders"],
        "for_each": {"a": "b"},
        "provider": "databricks.account",
        "lifecycle": {
            "create_before_destroy": True,
            "prevent_destroy": True,
            "ignore_changes": ["owner"],
            "replace_triggered_by": [Reference("${terraform_data.x}")],
            "precondition": [{"condition": Reference("${true}"), "error_message": "no"}],
        },
        "connection": {"host": "h"},
        "provisioner": [
            {
                "local-exec": {
                    "command": "x",
                    "when": "destroy",
                    "environment": {"A": Reference("${self.output}")},
                }
            },
            {"file": {"source": "a", "destination": "b"}},
        ],
    }
    assert CHECK.check("resource", "databricks_schema", body) == []
    data = {"depends_on": ["a.b"], "lifecycle": {"postcondition": {"condition": True, "error_message": "no"}}}
    assert CHECK.check("data", "databricks_current_user", data) == []
    (finding,) = CHECK.check("data", "databricks_current_user", {"provisioner": []})
    assert finding.summary == "there is no argument 'provisioner' in databricks_current_user"


def test_a_dynamic_block_counts_as_its_blocks():
    """`dynamic` makes required blocks, and its content is checked."""
    dynamic = {"grant": {"for_each": "${var.x}", "content": {"principal": "${grant.key}"}}}
    (finding,) = CHECK.check("resource", "databricks_grants", {"catalog": "c", "dynamic": dynamic})
    assert finding.summary == "argument 'privileges' is missing in databricks_grants.grant.content"
    (finding,) = CHECK.check(
        "resource", "databricks_schema", {**SCHEMA, "dynamic": [{"grnt": [{"content": {}}]}]}
    )
    assert finding.summary == "there is no argument 'grnt' in databricks_schema.dynamic"


def test_terraform_data_takes_any_value():
    """`input` and `triggers_replace` are of any type; `output` cannot be set."""
    body = {"input": {"a": [1, None]}, "triggers_replace": [True]}
    assert CHECK.check("resource", "terraform_data", body) == []
    (finding,) = NEWER.check("resource", "terraform_data", {"output": 1})
    assert (finding.code, finding.severity) == ("MF527", Severity.ERROR)
    (finding,) = NEWER.check("resource", "terraform_data", {"inputs": 1, "input": 1})
    assert (finding.code, finding.severity) == ("MF523", Severity.ERROR)


def test_types_of_other_providers_are_left_alone():
    """Only what is, or is nearly, a type of this provider is judged."""
    assert CHECK.check("resource", "aws_s3_bucket", {"x": 1}) == []
    (finding,) = CHECK.check("resource", "databrick_schema", SCHEMA)
    assert finding.fix == "did you mean 'databricks_schema'?"


def test_a_newer_provider_may_have_more():
    """When only versions newer than the facts are admitted, an unknown type or argument is a warning."""
    (unknown_type,) = NEWER.check("resource", "databricks_mesh_of_tomorrow", {})
    (unknown_argument,) = NEWER.check("resource", "databricks_schema", {**SCHEMA, "horizon": 1})
    for finding in (unknown_type, unknown_argument):
        assert finding.severity is Severity.WARNING
        assert finding.fix == "it is not checked: the packaged facts are of provider 1.128.0"
    (missing,) = NEWER.check("resource", "databricks_schema", {"name": "gold"})
    assert missing.severity is Severity.ERROR


@pytest.mark.parametrize("constraint", ["", ">= 1.128", ">= 1.100, < 2", "1.128.0", "~> 1.128", "<= 1.128"])
def test_a_provider_of_the_facts_own_version_must_know_everything(constraint):
    """When the packaged version may be met, an unknown argument is an error."""
    (finding,) = SchemaCheck(constraint).check("resource", "databricks_schema", {**SCHEMA, "horizon": 1})
    assert finding.severity is Severity.ERROR


@pytest.mark.parametrize("constraint", ["< 1.128", "~> 1.127.0", "1.99.0", ">= 2, < 1"])
def test_a_provider_older_than_the_facts_is_refused(constraint):
    """A constraint that cannot reach the packaged version is an error that says what would do."""
    with pytest.raises(MeshformError) as caught:
        SchemaCheck(constraint)
    (finding,) = caught.value.findings
    assert str(finding).split("\n  ") == [
        "the mesh: error MF521: the version constraint of the provider admits no version from 1.128.0 on",
        f"got: {constraint!r}",
        "allowed: a constraint that admits 1.128.0 or a newer version",
        "fix: set provider_version of the environment to '>= 1.128, < 2'",
    ]


def test_another_kind_of_block_is_a_bug():
    """Only resources and data sources can be checked."""
    with pytest.raises(ValueError, match="a block is a resource or data, not 'output'"):
        CHECK.check("output", "x", {})
