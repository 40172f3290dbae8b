"""What the tests of remote models share."""

from collections.abc import Iterator

import pytest

from tests.engines.remote.front import Front, front_server
from tests.engines.remote.stub import Stub, stub_server


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """One Puna for the tests of a module, which make models in it."""
    with front_server(tmp_path_factory.mktemp("front")) as server:
        yield server


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server that says what it is told to."""
    with stub_server() as server:
        yield server
