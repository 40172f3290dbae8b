from collections.abc import AsyncIterator

import pytest

from tests.library.registry.server import Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(Server()) as running:
        yield running
