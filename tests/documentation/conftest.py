from collections.abc import Iterator

import pytest

from puna.library.bundled import bundled
from tests.engines.encoder.test_network import small_bert
from tests.projector import write_projector
from tests.server import RunningServer, running_server
from tests.stored_models import add_model


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with models under the names that the pages use: `tiny`, one of them with a projector, and a small
    embedding model."""
    home = tmp_path_factory.mktemp("documented")
    tiny = bundled()
    assert tiny is not None
    add_model(home / "models", "llama3.2", tiny.weights)
    add_model(home / "models", "qwen2.5-coder", tiny.weights)
    add_model(home / "models", "gemma3", tiny.weights, projector=write_projector(home / "p.gguf", embedding=160))
    add_model(home / "models", "all-minilm", small_bert(home))
    with running_server(home) as server:
        yield server
