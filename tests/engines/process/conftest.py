import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def llama_server() -> Path:
    """A `llama-server` binary: the one `PUNA_LLAMA_SERVER` names."""
    binary = os.environ.get("PUNA_LLAMA_SERVER")
    if not binary:
        pytest.skip("PUNA_LLAMA_SERVER names no llama-server binary")
    return Path(binary)
