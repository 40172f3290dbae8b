"""What tests in several folders share. Every test imports this: clients and engines are imported by the fixtures that
need them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.server import RunningServer, StartServer, running_server

if TYPE_CHECKING:
    import openai

    from tests.scripted import ScriptedServer, StartScripted


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests of a worker that only ask it things."""
    with running_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def client(server: RunningServer) -> "openai.OpenAI":
    """The OpenAI client on `server`: the shared one, or the one of the test's module."""
    return server.client()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of a test's own, with environment variables given as keywords."""
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(running_server(tmp_path / "home", **environment))


@pytest.fixture(scope="session")
def scripted_session(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ScriptedServer]":
    """The application in this process, whose engine follows a script: one for all tests of a worker."""
    from tests.scripted import scripted_server

    with scripted_server(tmp_path_factory.mktemp("scripted")) as server:
        yield server


@pytest.fixture
def scripted(scripted_session: "ScriptedServer") -> "ScriptedServer":
    """A server in this process with an empty script."""
    scripted_session.script.clear()
    return scripted_session


@pytest.fixture
def start_scripted(tmp_path: Path) -> "Iterator[StartScripted]":
    """Makes scripted servers of a test's own, with environment variables given as keywords."""
    from tests.scripted import scripted_server

    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(scripted_server(tmp_path / "home", **environment))


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a small random model that never ends its answer by itself."""
    from tests.stored_models import write_micro_model

    return write_micro_model(tmp_path_factory.mktemp("micro") / "micro.gguf")
