"""One of two servers is killed while fifty streams run."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest

from tests.engines.remote.front import Front
from tests.server import RunningServer, running_server
from tests.stored_models import add_model

STREAMS = 50
TOKENS = 24


@pytest.fixture
def servers(tmp_path: Path, micro: Path) -> Iterator[list[RunningServer]]:
    """Two Punas with a model that never ends its answer by itself."""
    with ExitStack() as stack:
        found = []
        for name in ("one", "two"):
            add_model(tmp_path / name / "models", "micro", micro)
            found.append(stack.enter_context(running_server(tmp_path / name, PUNA_NUM_PARALLEL="4")))
        yield found


async def test_none_is_lost(front: Front, servers: list[RunningServer]) -> None:
    front.make("killed", "\n".join(f"FROM {server.url}/v1 micro" for server in servers))
    begun: asyncio.Queue[int] = asyncio.Queue()

    async def ask(client: openai.AsyncOpenAI, number: int) -> tuple[int, int]:
        """How many tokens came, by the count of the server and by that of the pieces."""
        stream = await client.chat.completions.create(
            model="killed",
            messages=[{"role": "user", "content": f"conversation {number}"}],
            max_tokens=TOKENS,
            stream=True,
            stream_options={"include_usage": True},
        )
        counted = pieces = 0
        async for chunk in stream:
            pieces += bool(chunk.choices and chunk.choices[0].delta.content)
            counted = chunk.usage.completion_tokens if chunk.usage else counted
            if pieces == 1:
                begun.put_nowait(number)
        return counted, pieces

    async with front.async_client() as client:
        answers = [asyncio.create_task(ask(client, number)) for number in range(STREAMS)]
        for _ in range(STREAMS // 10):
            await begun.get()
        servers[0].process.kill()
        for counted, pieces in await asyncio.gather(*answers):
            assert counted == TOKENS
            assert pieces
        number = STREAMS
        while first_is_up(front):  # until one prefers it: it may have been killed when nobody waited for it any more
            assert (await ask(client, number))[0] == TOKENS
            number += 1


def first_is_up(front: Front) -> bool:
    """Whether the first server is said to be there. The second one is."""
    [model] = front.get("/api/ps").json()["models"]
    first, second = (state["up"] for state in model["servers"])
    assert second
    return bool(first)
