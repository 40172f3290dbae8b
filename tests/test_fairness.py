"""Clients take turns at a model that has no room for all of them."""

import asyncio
from pathlib import Path

import openai

from tests.server import StartServer
from tests.stored_models import add_model, write_micro_model


async def test_a_single_request_does_not_wait_behind_another_clients_flood(
    start_server: StartServer, tmp_path: Path
) -> None:
    add_model(tmp_path / "models", "endless", write_micro_model(tmp_path / "endless.gguf"))
    server = start_server(PUNA_NUM_PARALLEL="1", PUNA_MODELS=str(tmp_path / "models"))
    ended: list[str] = []
    floods = openai.AsyncOpenAI(base_url=f"{server.url}/v1/", api_key="flood", max_retries=0)
    single = openai.AsyncOpenAI(base_url=f"{server.url}/v1/", api_key="single", max_retries=0)

    async def ask(client: openai.AsyncOpenAI, tokens: int) -> None:
        await client.completions.create(model="endless", prompt="hello", max_tokens=tokens)
        ended.append(client.api_key)

    async with floods, single:
        await ask(single, 1)
        flood = [asyncio.create_task(ask(floods, 700)) for _ in range(12)]
        while ended.count("flood") < 2:  # noqa: ASYNC110 - then the flood is under way
            await asyncio.sleep(0.01)
        before = ended.count("flood")
        await ask(single, 1)
        # One that was running, and one that may have begun before the single request arrived.
        assert ended.count("flood") - before <= 2
        await asyncio.gather(*flood)
    assert ended.count("flood") == 12
