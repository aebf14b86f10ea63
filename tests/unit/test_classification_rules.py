# SPDX-License-Identifier: Apache-2.0
"""Rules about classes of columns, and tags."""

import pytest
from pydantic import ValidationError
from tests.meshes import (
    at,
    column,
    domain,
    evaluated,
    mask_policy,
    mesh,
    product,
    table,
)

from meshform.governance.rules.classification import ColumnsClassified
from meshform.governance.rules.protection import ClassifiedColumnsMasked
from meshform.governance.rules.shares import SharesExclude
from meshform.governance.rules.tags import TagRequired
from meshform.model.policy import Classification, Policy
from meshform.model.share import Recipient, Share


def findings(rule, *parts, **fields):
    """The findings of one rule on a mesh."""
    spec = mesh(*parts, Policy(name="rules", rules=(rule,)), **fields)
    return [f for f in evaluated(spec).findings if f.code == rule.code]


def columns(*made, **fields):
    """A product with a table of these columns."""
    return product("s.p", table("p", *made), **fields)


def test_a_column_without_a_class_is_undecided():
    """MF442 at the column, with the classes that there are."""
    (finding,) = findings(ColumnsClassified(), columns(column(place=at(4))), mask_policy())
    assert finding.summary == "nobody has decided the class of s_local.gold.p.id"
    assert (finding.allowed, finding.place.line) == ("none, personal", 4)
    assert "`none`" in finding.fix


@pytest.mark.parametrize("decided", ["personal", "none"])
def test_the_contract_decides(decided):
    """MF442 is silent about a class of the mesh, and about none by decision."""
    assert findings(ColumnsClassified(), columns(column(classification=decided)), mask_policy()) == []


def test_a_class_that_nobody_declares_decides_nothing():
    """MF442, with the class that was meant."""
    (finding,) = findings(ColumnsClassified(), columns(column(classification="persnal")), mask_policy())
    assert finding.summary == "s_local.gold.p.id is of a class that no policy declares"
    assert finding.fix == "did you mean 'personal'?"


def test_a_pattern_may_decide_that_a_column_is_of_no_class():
    """MF442 is silent; the whole name matches, in any case; the contract may still say a class."""
    rule = ColumnsClassified(unclassified=("amount|.*_id",))
    made = (column("Amount"), column("order_id"), column("user_id", classification="personal"))
    assert findings(rule, columns(*made), mask_policy()) == []
    assert len(findings(rule, columns(column("amount_2")), mask_policy())) == 1


def test_a_class_by_name_is_stronger_than_none_by_name():
    """MF442 for a column that both match."""
    rule = ColumnsClassified(patterns={"email": "personal"}, unclassified=(".*",))
    (finding,) = findings(rule, columns(column("email"), column("amount")), mask_policy())
    assert finding.allowed == "personal"


def test_every_pattern_that_matches_holds():
    """MF442: a further pattern never lets a column go that another one holds."""
    rule = ColumnsClassified(patterns={".*": "public", "email": "personal"})
    for given in ("personal", "public"):
        (finding,) = findings(rule, columns(column("email", classification=given)), mask_policy())
        assert "'public' and 'personal' by its name" in finding.summary


@pytest.mark.parametrize("given", [None, "none", "secret"])
def test_a_contract_does_not_contradict_the_name(given):
    """MF442: what is personal by name must be so in the contract, which is what masks follow."""
    rule = ColumnsClassified(patterns={"e_?mail": "personal"})
    (finding,) = findings(rule, columns(column("email", classification=given)), mask_policy())
    assert (
        finding.summary == "s_local.gold.p.email is 'personal' by its name, and its contract says otherwise"
    )
    assert finding.got == (given or "no classification")
    assert finding.fix == "write `classification: personal`, or rename it"
    assert findings(rule, columns(column("e_mail", classification="personal")), mask_policy()) == []


def test_a_field_with_a_telling_name_makes_its_column_classified():
    """MF442 at the field, however deep; a mask hides whole columns."""
    rule = ColumnsClassified(patterns={"email": "personal"})
    email = column("email", place=at(12))
    fields = (column("contact", "struct<email:string>", fields=(email,)),)
    made = column("c", "struct<contact:struct<email:string>>", fields=fields, classification="none")
    (finding,) = findings(rule, columns(made), mask_policy())
    assert (
        finding.summary == "s_local.gold.p.c.contact.email is 'personal' by its name, and its column is not"
    )
    assert (finding.got, finding.place.line) == ("none", 12)
    masked = made.model_copy(update={"classification": "personal"})
    assert findings(rule, columns(masked), mask_policy()) == []


def test_patterns_of_classes_are_regular_expressions():
    """Refused when the rule is declared."""
    with pytest.raises(ValidationError, match=r"'\(' is not a regular expression"):
        ColumnsClassified(patterns={"(": "personal"})
    with pytest.raises(ValidationError, match=r"'\[' is not a regular expression"):
        ColumnsClassified(unclassified=("[",))
    with pytest.raises(ValidationError, match="put the pattern into `unclassified`"):
        ColumnsClassified(patterns={".*_id": "none"})


def test_no_class_by_decision_is_no_class():
    """A column of classification `none` is neither masked nor kept out of shares; no class is called so."""
    shared = Share(name="s", ports=("p",), recipients=(Recipient(name="r", metastore_ids="aws:eu:1"),))
    made = columns(column(classification="none"), shares=(shared,))
    assert findings(ClassifiedColumnsMasked(), made, mask_policy()) == []
    assert findings(SharesExclude(), made, mask_policy()) == []
    with pytest.raises(ValidationError, match="of no class"):
        Classification(name="none")


def test_a_class_may_be_read_in_clear():
    """MF406 is silent about classes without a mask that the rule names."""
    bare = Policy(name="classes", classifications=(Classification(name="public"),))
    made = columns(column(classification="public"))
    assert len(findings(ClassifiedColumnsMasked(), made, bare)) == 1
    assert findings(ClassifiedColumnsMasked(clear=("public",)), made, bare) == []


def test_a_domain_has_the_tag_that_is_required():
    """MF443 at the domain: its tags are the properties of its catalog."""
    rule = TagRequired(on="domain", tag="cost_center")
    assert findings(rule, domain("s", cost_center="4711")) == []
    assert findings(rule, domain("s", tags={"cost_center": "4711"})) == []
    (finding,) = findings(rule, domain("s"))
    assert finding.summary == "domain 's' has no tag 'cost_center'"
    assert (finding.got, str(finding.place)) == ("domain, owner, support", "domains/s.py:1 (mesh/s)")


def test_a_tag_has_one_of_the_allowed_values():
    """MF443 with what was meant; no value is no tag."""
    rule = TagRequired(on="product", tag="criticality", values=("high", "low"))
    assert findings(rule, product("s.p", tags={"criticality": "low"})) == []
    (finding,) = findings(rule, product("s.p", tags={"criticality": "hihg"}))
    assert (finding.got, finding.allowed, finding.fix) == ("hihg", "high, low", "did you mean 'high'?")
    (finding,) = findings(rule, product("s.p", tags={"criticality": ""}))
    assert finding.summary == "s.p has no tag 'criticality'"


def test_a_table_has_the_tags_of_its_product_and_its_own():
    """MF443 at the table."""
    rule = TagRequired(on="table", tag="layer")
    assert findings(rule, product("s.p", tags={"layer": "gold"})) == []
    tables = (table("a", tags=("layer=raw",)), table("b", tags=("layer",), place=at(8)))
    (finding,) = findings(rule, product("s.p", *tables))
    assert (finding.summary, finding.place.line) == ("s_local.gold.b has no tag 'layer'", 8)


def test_a_product_may_be_tagged_by_its_domains_cost_center():
    """MF443 is silent: it is a tag of what runs for the product."""
    made = (product("s.p"), domain("s", cost_center="1"))
    assert findings(TagRequired(on="product", tag="cost_center"), *made) == []
