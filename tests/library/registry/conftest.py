from collections.abc import AsyncIterator

import pytest

from tests.library.registry.fake_registry import Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving(Server()) as running:
        yield running
