# SPDX-License-Identifier: Apache-2.0
"""`meshform policies`: rules and their weight, classes, row filters, and waivers with the days left."""

import json
import sys
from datetime import date
from pathlib import Path

import pytest
from tests.meshes import (
    DEV,
    GROUPS,
    LOCAL,
    PROD,
    SERVICE_PRINCIPALS,
    at,
    domain,
    evaluated,
    filter_policy,
    mask_policy,
    mesh,
    product,
)

from meshform.cli import main
from meshform.cli.policies import policies, policy_lines
from meshform.governance.rules.contracts import ColumnsDescribed
from meshform.governance.rules.naming import NamesMatch
from meshform.model.findings import Severity
from meshform.model.masks import NullMask
from meshform.model.policy import Classification, MaskFunction, Policy
from meshform.model.principals import Group, Principals
from meshform.model.waiver import Waiver

ROOT = Path(__file__).parents[2]
TODAY = date(2030, 1, 31)


def waiver(scope: str, **fields) -> Waiver:
    """A waiver of a rule about products' names."""
    given = {
        "rule": "MF405",
        "scope": scope,
        "reason": "old names",
        "ticket": "GOV-7",
        "approver": "council",
        "expires": date(2030, 2, 1),
    }
    return Waiver(**{**given, **fields})


def governed(*waivers: Waiver, **fields):
    """Two domains, a floor with these waivers, a class, a row filter of one domain, stricter production."""
    rules = (
        NamesMatch(kind="product", pattern="[a-z]+"),
        ColumnsDescribed(minimum_length=4, severity=Severity.WARNING),
    )
    strict = PROD.model_copy(update={"stricter": {"MF403": Severity.ERROR}})
    given = {
        "principals": Principals(
            groups=(*GROUPS, Group(name="council")), service_principals=SERVICE_PRINCIPALS
        ),
        "environments": (LOCAL, DEV, strict),
        "governance_council": "council",
        "today": TODAY,
    }
    return mesh(
        product("a.p-1"),
        product("b.q-1"),
        domain("a"),
        domain("b"),
        Policy(name="floor", rules=rules, waivers=waivers, place=at(7, "floor.py")),
        mask_policy(),
        filter_policy(of="b"),
        Policy(name="own", domain="b", product="q-1", place=at(9, "own.py")),
        **{**given, **fields},
    )


def listed(spec, **options):
    """The list as data, as JSON has it."""
    return json.loads(json.dumps(policies(evaluated(spec, **options))))


def text(spec, **options) -> str:
    """The list for people."""
    return "\n".join(str(line) for line in policy_lines(policies(evaluated(spec, **options))))


def test_everything_of_a_policy_is_listed():
    """Rules with parameters and their weight in each environment, what they govern and where they stand."""
    floor, personal, home, own = listed(governed())["policies"]
    assert (floor["name"], floor["level"], floor["governs"]) == ("floor", "mesh", None)
    assert floor["place"] == {"file": "floor.py", "line": 7, "construct_path": None}
    names, described = floor["rules"]
    assert (names["code"], names["name"], names["why"]) == ("MF405", "NamesMatch", NamesMatch.why)
    assert {"kind": "product", "pattern": "[a-z]+"}.items() <= names["parameters"].items()
    assert names["given"] == ["kind", "pattern"]
    assert names["severity"] == dict.fromkeys(("local", "dev", "prod"), "error")
    assert described["severity"] == {"local": "warning", "dev": "warning", "prod": "error"}
    (one,) = personal["classes"]
    assert (one["name"], one["exempt"]) == ("personal", ["exempt"])
    assert one["masks"] == [{"name": "mask_personal", "takes": "STRING"}]
    assert home["row_filters"] == [{"name": "home", "data_type": "STRING", "exempt": ["exempt"]}]
    assert (home["level"], home["governs"]) == ("domain", "b")
    assert (own["level"], own["governs"]) == ("product", "b.q-1")


def test_a_class_lists_each_of_its_masks():
    """Those of the library by their names, with what they take."""
    own = MaskFunction(name="hide", body="'x'")
    classes = (Classification(name="c", mask=own, masks=(NullMask(),)), Classification(name="d"))
    spec = mesh(Policy(name="p", classifications=classes))
    assert listed(spec)["policies"][0]["classes"][0]["masks"] == [
        {"name": "hide", "takes": "STRING"},
        {"name": "NullMask", "takes": "every type"},
    ]
    assert "  class c  masked by hide of STRING, NullMask of every type  exempt: nobody" in text(spec)
    assert "  class d  not masked  exempt: nobody" in text(spec)


def test_waivers_are_listed_with_the_days_left_and_what_they_cover():
    """Expired and refused ones too."""
    spec = governed(
        waiver("a"),
        waiver("b", expires=date(2030, 1, 30), place=at(3, "w.yaml")),
        waiver("b.q-1", approver="owners"),
        waiver("a.p-1", expires=TODAY),
    )
    shown = listed(spec)["policies"][0]["waivers"]
    assert [(one["scope"], one["state"], one["days_left"], one["findings"]) for one in shown] == [
        ("a", "active", 1, 1),
        ("b", "expired", -1, 1),
        ("b.q-1", "refused", 1, 1),
        ("a.p-1", "active", 0, 1),
    ]
    assert [one["place"]["file"] for one in shown] == ["floor.py", "w.yaml", "floor.py", "floor.py"]
    lines = text(spec)
    for line in (
        "  waiver of MF405  for a  until 2030-02-01  1 day left",
        "  waiver of MF405  for b  until 2030-01-30  expired",
        "  waiver of MF405  for b.q-1  until 2030-02-01  1 day left  refused",
        "      GOV-7, approved by council: old names",
        "      covers 1 finding now",
        "4 waivers on 2030-01-31; council approves them",
    ):
        assert line in lines.splitlines()


def test_without_a_day_nobody_knows():
    """The state is `unchecked`."""
    spec = governed(waiver("a"), today=None)
    (one,) = listed(spec)["policies"][0]["waivers"]
    assert (one["state"], one["days_left"]) == ("unchecked", None)
    assert "days left unknown" in text(spec)


def test_of_one_domain_only_what_governs_it_is_listed():
    """Policies of others and waivers that do not reach it are left out."""
    shown = listed(governed(waiver("a"), waiver("b.q-1")), domain="a")
    assert (shown["domain"], [one["name"] for one in shown["policies"]]) == ("a", ["floor", "personal"])
    assert [one["scope"] for one in shown["policies"][0]["waivers"]] == ["a"]


def test_people_see_rules_classes_and_row_filters():
    """Parameters that were given, and weights where environments differ."""
    lines = text(governed()).splitlines()
    assert lines[0] == "Policy floor  of the mesh  floor.py:7"
    assert '  MF405 NamesMatch(kind="product", pattern="[a-z]+")  error' in lines
    assert (
        "  MF403 ColumnsDescribed(minimum_length=4)  warning in local, warning in dev, error in prod" in lines
    )
    assert "  class personal  masked by mask_personal of STRING  exempt: exempt" in lines
    assert "  row filter home  of STRING  exempt: exempt" in lines
    assert "Policy own  of product b.q-1  own.py:9" in lines
    assert lines[-1] == "0 waivers; council approves them"


def test_secrets_and_hostile_texts_are_not_shown():
    """Neither in text nor in JSON."""
    secret = "dapi" + "0123456789abcdef" * 2
    spec = governed(waiver("a", reason=f"token {secret}", ticket="so \x1b[2J \u202e it is"))
    for shown in (text(spec), json.dumps(listed(spec), ensure_ascii=False)):
        assert secret not in shown
        assert "hidden: looks like" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown


@pytest.mark.parametrize("arguments", [[], ["geography"], ["--format", "json"]])
def test_the_example_lists_its_waivers(arguments, monkeypatch, capsys):
    """With the day of the mesh, or the one that MESHFORM_TODAY says."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MESHFORM_TODAY", "2027-09-30")
    monkeypatch.setattr(sys, "argv", ["meshform", "policies", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    shown = capsys.readouterr().out
    assert "GOV-31" in shown
    assert ("GOV-38" in shown) == ("geography" not in arguments)
    if "json" in arguments:
        assert json.loads(shown)["today"] == "2027-09-30"
    else:
        assert "0 days left" in shown


def test_an_unknown_domain_is_told(monkeypatch, capsys):
    """MF332."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["meshform", "policies", "geografy"])
    with pytest.raises(SystemExit):
        main()
    assert "MF332" in capsys.readouterr().err
