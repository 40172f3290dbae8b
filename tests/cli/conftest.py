from pathlib import Path

import pytest

from tests.cli.puna import Puna
from tests.server import StartServer


@pytest.fixture
def puna(tmp_path: Path) -> Puna:
    """The command where no server runs."""
    return Puna(tmp_path, tmp_path / "home")


@pytest.fixture
def puna_with_server(tmp_path: Path, start_server: StartServer) -> Puna:
    """The command where a server runs. Its own home is another one, so that what it sees comes from there."""
    return Puna(tmp_path, tmp_path / "elsewhere", start_server().url)
