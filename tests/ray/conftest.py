"""One Ray for all tests of this folder."""

import shutil
from collections.abc import Iterator

import pytest

from tests.ray.cluster import BINARIES, Head, running_head


@pytest.fixture(scope="session")
def head() -> Iterator[Head]:
    """A Ray of one node."""
    if not shutil.which("serve", path=str(BINARIES)):
        pytest.skip("Ray Serve is not installed: `make test-ray` does that")
    with running_head() as node:
        yield node
