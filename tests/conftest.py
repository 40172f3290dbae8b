from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest

from tests.server import RunningServer, running_server

StartServer = Callable[..., RunningServer]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests of a worker that only ask it things."""
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> openai.OpenAI:
    """The OpenAI client on the shared server."""
    return server.client()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of a test's own, with environment variables given as keywords."""
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(running_server(tmp_path / "home", **environment))
