"""Clients take turns at a model that has no room for all of them."""

import asyncio

import openai

from tests.conftest import StartServer


async def test_a_single_request_does_not_wait_behind_another_clients_flood(start_server: StartServer) -> None:
    server = start_server(PUNA_NUM_PARALLEL="1")
    ended: list[str] = []

    async def ask(name: str) -> None:
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1/", api_key=name, max_retries=0) as client:
            await client.chat.completions.create(
                model="tiny",
                messages=[{"role": "user", "content": "Tell me a story"}],
                max_tokens=30,
                extra_headers={"X-Request-Id": f"{name}-{len(ended)}"},
            )
        ended.append(name)

    flood = [asyncio.create_task(ask("flood")) for _ in range(20)]
    while not ended:  # noqa: ASYNC110 - the flood is under way when its first request is answered
        await asyncio.sleep(0.01)
    before = len(ended)
    await ask("single")
    # One request that was running, and one whose turn had come before the single request arrived.
    assert ended.index("single") - before <= 2
    await asyncio.gather(*flood)
    assert ended.count("flood") == 20
