import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.puna import Puna
from tests.server import RunningServer, running_server


@pytest.fixture
def puna(tmp_path: Path) -> Puna:
    """The command where no server runs."""
    return Puna(tmp_path, tmp_path / "home")


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server for all tests of a module."""
    with running_server(tmp_path_factory.mktemp("shared")) as server:
        yield server


@pytest.fixture
def puna_with_server(tmp_path: Path, shared_server: RunningServer) -> Iterator[Puna]:
    """The command where a server runs, which has no models but `tiny`. The command's own home is another one, so that
    what it sees comes from there."""
    yield Puna(tmp_path, tmp_path / "elsewhere", shared_server.url)
    shutil.rmtree(shared_server.home / "models" / "manifests", ignore_errors=True)
