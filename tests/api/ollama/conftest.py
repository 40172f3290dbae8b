import ollama
import pytest

from tests.server import RunningServer


@pytest.fixture
def native(server: RunningServer) -> ollama.Client:
    """The client of the native API on the shared server."""
    return server.ollama()
