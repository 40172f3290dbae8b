"""Several servers, one database."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai

from puna.settings import Settings
from puna.state.state import State
from tests.server import running_server


async def test_the_tables_are_made_once_when_several_open_them_at_the_same_time(settings: Settings) -> None:
    states = [State(settings) for _ in range(6)]
    stores = await asyncio.gather(*(state.open() for state in states))
    await stores[0].conversations.create("conv_shared", {"a": "b"}, [])
    for each in stores:
        found = await each.conversations.get("conv_shared")
        assert found is not None
        assert found.metadata == {"a": "b"}
    for state in states:
        await state.close()


def test_what_one_server_stores_another_carries_on(tmp_path: Path, database_url: str) -> None:
    with (
        running_server(tmp_path / "one", PUNA_DATABASE_URL=database_url) as one,
        running_server(tmp_path / "two", PUNA_DATABASE_URL=database_url) as two,
    ):
        clients = [one.client(), two.client()]
        together = threading.Barrier(2)

        def ask(client: openai.OpenAI) -> Any:
            together.wait()  # both make the tables
            return client.responses.create(model="tiny", input="My name is Ada.", max_output_tokens=4)

        with ThreadPoolExecutor() as threads:
            first, other = threads.map(ask, clients)
        assert clients[1].responses.retrieve(first.id) == first
        assert clients[0].responses.retrieve(other.id) == other
        second = clients[1].responses.create(
            model="tiny", input="Who am I?", previous_response_id=first.id, max_output_tokens=4
        )
        counts = [
            client.responses.input_tokens.count(model="tiny", input="?", previous_response_id=second.id).input_tokens
            for client in clients
        ]
        assert counts[0] == counts[1] > 20
        conversation = clients[0].conversations.create()
        for client in clients:
            client.responses.create(model="tiny", input="Hi", conversation=conversation.id, max_output_tokens=2)
        assert len(clients[0].conversations.items.list(conversation.id).data) == 4
