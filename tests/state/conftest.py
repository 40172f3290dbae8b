import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from puna.settings import Settings
from puna.state.state import State
from puna.state.stores import Stores


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home of the test's own; with PUNA_TEST_DATABASE_URL its state is in that (empty) PostgreSQL database."""
    return Settings(home=tmp_path, database_url=os.environ.get("PUNA_TEST_DATABASE_URL"))


@pytest.fixture
async def stores(settings: Settings) -> AsyncIterator[Stores]:
    state = State(settings)
    yield await state.open()
    await state.close()
