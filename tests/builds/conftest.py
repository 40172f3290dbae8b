from pathlib import Path

import pytest

from tests.cli.puna import Puna


@pytest.fixture
def puna(tmp_path: Path) -> Puna:
    """The command, with a home of its own."""
    return Puna(tmp_path, tmp_path / "home")
