# SPDX-License-Identifier: Apache-2.0
"""What the examples of the documentation synthesize to is pinned, as that of the example mesh."""

import pytest
from tests.docs_pages import DOCS, ROOT, pages
from tests.snapshot.conftest import GOLDEN, equal_to_golden, run_app

ENVIRONMENTS = ("local", "prod")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("page", pages())
def test_a_page_synthesizes_to_its_golden_files(page, environment, tmp_path):
    """Every stack's JSON and every file beside it."""
    made = run_app([str(ROOT / "tests" / "docs_pages.py"), page], environment, tmp_path)
    equal_to_golden(made, GOLDEN / "docs" / page / environment)


def test_no_golden_file_is_of_a_page_that_is_gone():
    """Each folder has its page."""
    kept = {folder.name for folder in (GOLDEN / "docs").glob("*")}
    assert kept <= set(pages())


def test_every_page_is_in_the_list_of_pages():
    """docs/README.md links each."""
    text = (DOCS / "README.md").read_text()
    assert [page.name for page in sorted(DOCS.glob("*.md")) if f"]({page.name})" not in text] == ["README.md"]
