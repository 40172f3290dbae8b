"""What README and docs show is what works: links lead somewhere, and snippets that need nothing more run."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import RunningServer

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
ADDRESS = "http://localhost:11434"


def blocks(page: Path, language: str) -> list[str]:
    """The code of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_python_of_the_readme_runs(server: RunningServer) -> None:
    [first, *_] = blocks(ROOT / "README.md", "python")
    code = first.replace(ADDRESS, server.url)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("This is a test.") == 2


def test_the_curl_of_the_readme_runs(server: RunningServer) -> None:
    [command] = [block for block in blocks(ROOT / "README.md", "sh") if block.startswith("curl ")]
    script = command.replace(ADDRESS, server.url)
    result = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    assert "This is a test." in result.stdout, result.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_of_every_page_is_python(page: Path) -> None:
    for code in blocks(page, "python"):
        compile(code, page.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)  # as notebooks have it
