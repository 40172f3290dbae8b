"""What tests in several folders share. Every test imports this: clients and engines are imported by the fixtures that
need them."""

import gc
import os
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.forking import forked_children
from tests.server import RunningServer, StartServer, running_server

if TYPE_CHECKING:
    import openai

    from tests.scripted import ScriptedServer, StartScripted


os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads wait busily for each other

PROCESSES = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}
"""Python's audit events of a process that is started."""
WHY = "it starts a process"


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, for `-n auto`: tests often wait for other processes."""
    return len(os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-processes", action="store_true", help="skip every test that starts a process")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("no_processes"):
        config.pluginmanager.register(NoProcesses())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays: the collector of garbage need not look at it again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


class NoProcesses:
    """Skips each test where it starts a process: what is left takes seconds (`make check`)."""

    def __init__(self) -> None:
        self._testing = self._refused = False
        sys.addaudithook(self._hear)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Python and pytest start processes between tests."""
        self._testing, self._refused = True, False
        try:
            return (yield)
        finally:
            self._testing = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, None, None]:
        try:
            return (yield)
        except Exception:
            if self._refused:
                pytest.skip(WHY)
            raise

    def _hear(self, event: str, _: Any) -> None:
        if self._testing and event in PROCESSES:
            self._refused = True
            if threading.current_thread() is threading.main_thread():
                pytest.skip(WHY)
            raise PermissionError(WHY)  # a skip would end the event loop that runs in the thread


@pytest.fixture(autouse=True, scope="session")
def _forked() -> Iterator[None]:
    """Engines that tests start themselves are forked, too."""
    with forked_children():
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests of a worker that only ask it things."""
    with running_server(tmp_path_factory.mktemp("home"), PUNA_NUM_PARALLEL="0") as server:
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
