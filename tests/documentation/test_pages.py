"""Links of README and docs lead somewhere, and every page can be found."""

import re
from pathlib import Path

import pytest

from tests.documentation.snippets import PAGES, ROOT, name_of

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as they stand behind `#` in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_pages_and_headings_that_are_there(page: Path) -> None:
    for link, heading in LINK.findall(page.read_text()):
        if "://" in link:
            continue
        target = page.parent / link if link else page
        assert target.exists(), link
        assert not heading or heading in anchors(target), f"{link}#{heading}"


def test_the_start_page_leads_to_every_page() -> None:
    start = ROOT / "docs" / "README.md"
    found = {(start.parent / link).resolve() for link, _ in LINK.findall(start.read_text())}
    assert {page for page in (ROOT / "docs").rglob("*.md") if page != start} - found == set()
