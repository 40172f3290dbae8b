import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forking import real_commands


@pytest.fixture(autouse=True)
def _real() -> Iterator[None]:
    """The processes that are tested here are what users get."""
    with real_commands():
        yield


@pytest.fixture(scope="session")
def llama_server() -> Path:
    """A `llama-server` binary: the one `PUNA_LLAMA_SERVER` names."""
    binary = os.environ.get("PUNA_LLAMA_SERVER")
    if not binary:
        pytest.skip("PUNA_LLAMA_SERVER names no llama-server binary")
    return Path(binary)
