from pathlib import Path

import pytest
from hypothesis import settings

from puna.library.library import Library
from tests.library import ggufs

# How long an example takes says more about the machine than about the code.
settings.register_profile("puna", deadline=None)
settings.load_profile("puna")


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GGUF file that has a header like a model's; no engine could run it."""
    return ggufs.write(tmp_path_factory.mktemp("weights") / "weights.gguf")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def library(root: Path) -> Library:
    return Library(root)
