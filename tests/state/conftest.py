import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from puna.settings import Settings
from puna.state import servers
from puna.state import stores as stored
from puna.state.state import State
from puna.state.stores import Stores
from tests.postgresql import Cluster, new_database, programs, running_cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL that serves."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: no initdb under /usr/lib/postgresql or on the PATH")
    with running_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def database_url(postgresql: Cluster) -> str:
    """An empty PostgreSQL database."""
    return new_database(postgresql, f"test_{uuid.uuid4().hex}")


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """A home of the test's own, with its state in SQLite and then in PostgreSQL."""
    url = None if request.param == "sqlite" else request.getfixturevalue("database_url")
    return Settings(home=tmp_path, database_url=url)


@pytest.fixture
async def stores(settings: Settings) -> AsyncIterator[Stores]:
    state = State(settings)
    yield await state.open()
    await state.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers say often that they are there, and are soon gone when they don't."""
    monkeypatch.setattr(stored, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(servers, "LOST_SECONDS", 1.0)
