"""Several engines of one model."""

import asyncio

from tests.server import StartServer


async def test_two_requests_are_answered_side_by_side_by_two_engines(start_server: StartServer) -> None:
    server = start_server(PUNA_NUM_PARALLEL="1", PUNA_REPLICAS="2")

    async def ask() -> str | None:
        async with server.async_client() as client:
            answer = await client.chat.completions.create(
                model="tiny", messages=[{"role": "user", "content": "Say this is a test"}]
            )
        return answer.choices[0].message.content

    assert await asyncio.gather(*(ask() for _ in range(4))) == ["This is a test."] * 4
    assert len(server.engines()) == 2
    with server.http() as http:
        assert [model["name"] for model in http.get("/api/ps").json()["models"]] == ["tiny:latest"] * 2
