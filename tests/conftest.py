import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import ollama
import openai
import pytest

from tests.models import write_micro_model
from tests.postgresql import new_database, programs, running_cluster
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
def native(server: RunningServer) -> ollama.Client:
    """The client of the native API on the shared server."""
    return server.ollama()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers of a test's own, with environment variables given as keywords."""
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(running_server(tmp_path / "home", **environment))


@pytest.fixture(scope="session")
def micro(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights of a small random model that never ends its answer by itself."""
    return write_micro_model(tmp_path_factory.mktemp("micro") / "micro.gguf")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL that serves: its URL without a database's name."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: no initdb under /usr/lib/postgresql or on the PATH")
    with running_cluster(binaries) as url:
        yield url


@pytest.fixture
def database_url(postgresql: str) -> str:
    """An empty PostgreSQL database."""
    return new_database(postgresql, f"test_{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def llama_server() -> Path:
    """A `llama-server` binary: the one `PUNA_LLAMA_SERVER` names."""
    binary = os.environ.get("PUNA_LLAMA_SERVER")
    if not binary:
        pytest.skip("PUNA_LLAMA_SERVER names no llama-server binary")
    return Path(binary)
