from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from puna.settings import Settings
from puna.state.state import State
from puna.state.stores import Stores


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
