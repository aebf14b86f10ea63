# SPDX-License-Identifier: Apache-2.0
"""What holds for any consumer that is added to a file."""

from hypothesis import given
from hypothesis import strategies as st

from meshform.model.consumer import Consumer
from meshform.model.consumers_file import consumers_in, with_consumer
from meshform.model.findings import MeshformError
from meshform.model.strict_yaml import loads

FILE = """\
consumers:
  - group: analytics
    purpose: revenue
    approver: owners
"""
TEXTS = st.text(min_size=1).filter(str.strip)


def unplaced(text):
    """The consumers of a text without their places."""
    return [one.model_dump(exclude={"place"}) for one in consumers_in(loads(text, "f"))]


@given(TEXTS, TEXTS, st.sampled_from([FILE, "consumers: []"]))
def test_any_text_comes_back_as_it_was_or_is_refused(purpose, name, file):
    """Nothing that a consumer says can change the rest of the file."""
    consumer = Consumer(group=name, ports=(name,), purpose=purpose, approver="owners")
    try:
        added = with_consumer(file, "f", consumer)
    except MeshformError:
        return
    assert unplaced(added) == [*unplaced(file), consumer.model_dump(exclude={"place"})]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufeff"), min_size=1))
def test_every_visible_text_can_be_written(purpose):
    """Only control characters are refused."""
    consumer = Consumer(group="a", purpose=f"x{purpose}x", approver="owners")
    assert unplaced(with_consumer(FILE, "f", consumer))[-1]["purpose"] == consumer.purpose
