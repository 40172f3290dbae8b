"""A response that one server makes is heard, ended and deleted on another; one whose server is gone fails."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest

from puna.api.openai.responses.run import numbered
from puna.settings import Settings
from puna.state.live import Part
from puna.state.state import State
from puna.state.stored import StoredResponse
from tests.engines.remote.front import Front, front_server
from tests.gated import Gate
from tests.state.test_servers import queued


@pytest.fixture
def gate() -> Gate:
    """Before the engines of both servers."""
    return Gate()


@pytest.fixture
def two(tmp_path: Path, database_url: str, gate: Gate) -> Iterator[list[Front]]:
    """Two servers, each with a home of its own, that share a database."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(front_server(tmp_path / name, (gate.plan,), database_url=database_url))
            for name in ("one", "two")
        ]
        gate.opened.set()


def test_it_is_heard_elsewhere_while_it_is_made(two: list[Front], gate: Gate) -> None:
    one, other = (server.client() for server in two)
    made = one.responses.create(model="tiny", input="Hello", background=True)
    with other.responses.retrieve(made.id, stream=True) as stream:
        first = next(event for event in stream if event.type == "response.output_text.delta")
        assert other.responses.retrieve(made.id).status == "in_progress"
        gate.opened.set()
        rest = list(stream)
    assert first.delta + "".join(event.delta for event in rest if event.type == "response.output_text.delta") == (
        "here too"
    )
    assert rest[-1].type == "response.completed"
    assert rest[-1].response.output_text == "here too"
    numbers = [event.sequence_number for event in rest]
    assert numbers == list(range(first.sequence_number + 1, first.sequence_number + 1 + len(rest)))
    for client in (one, other):
        with client.responses.retrieve(made.id, stream=True, starting_after=first.sequence_number) as stream:
            assert list(stream) == rest


def test_it_is_cancelled_elsewhere(two: list[Front]) -> None:
    one, other = (server.client() for server in two)
    made = one.responses.create(model="tiny", input="Hello", background=True)
    with other.responses.retrieve(made.id, stream=True) as stream:
        assert next(event for event in stream if event.type == "response.output_text.delta").delta == "here"
        assert other.responses.cancel(made.id).status == "cancelled"
        assert list(stream)[-1].type == "response.incomplete"
    for client in (one, other):
        found = client.responses.retrieve(made.id)
        assert (found.status, found.output_text) == ("cancelled", "here")


def test_it_is_deleted_elsewhere_for_good(two: list[Front], gate: Gate) -> None:
    one, other = (server.client() for server in two)
    made = one.responses.create(model="tiny", input="Hello", background=True)
    with one.responses.retrieve(made.id, stream=True) as stream:
        assert next(event for event in stream if event.type == "response.output_text.delta")
        other.responses.delete(made.id)
        assert list(stream)[-1].type == "response.failed"
    for client in (one, other):
        with pytest.raises(openai.NotFoundError):
            client.responses.retrieve(made.id)


@pytest.mark.usefixtures("quick")
async def test_what_was_said_is_heard_when_its_machine_is_gone(tmp_path: Path, database_url: str, gate: Gate) -> None:
    state = State(Settings(home=tmp_path / "gone", database_url=database_url))
    gone = await state.open()
    await gone.save(StoredResponse(body=queued("resp_1"), owner=gone.owner.name))
    said = numbered({"type": "response.output_text.delta", "delta": "here"}, 0)
    await gone.live.add({"resp_1": Part(0, said)})
    with front_server(tmp_path / "here", (gate.plan,), database_url=database_url) as server:
        assert gone._watching
        gone._watching.cancel()  # as if it had lost its power
        lines = (await asyncio.to_thread(server.get, "/v1/responses/resp_1?stream=true")).text.splitlines()
    first, last = (json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))
    assert first["delta"] == "here"
    assert (last["type"], last["sequence_number"]) == ("response.failed", 1)
    assert "stopped before" in last["response"]["error"]["message"]
    await state.close()


async def test_one_that_has_ended_stays_as_it_is(tmp_path: Path, database_url: str) -> None:
    state = State(Settings(home=tmp_path, database_url=database_url))
    opened = await state.open()
    body = queued("resp_1")
    for status in ("queued", "failed", "completed"):
        await opened.save(StoredResponse(body={**body, "status": status}, owner=opened.owner.name))
    found = await opened.responses.get("resp_1")
    assert found
    assert found.body["status"] == "failed"
    assert await opened.live.add({"resp_1": Part(0, b"late"), "resp_2": Part(0, b"deleted")}) == {
        "resp_1": "failed",
        "resp_2": None,
    }
    assert not await opened.live.events("resp_1", -1)
    await state.close()


async def test_one_that_is_to_be_cancelled_is_still_in_progress(
    tmp_path: Path, database_url: str, gate: Gate
) -> None:
    state = State(Settings(home=tmp_path / "busy", database_url=database_url))
    busy = await state.open()
    await busy.save(StoredResponse(body=queued("resp_1"), owner=busy.owner.name))
    await busy.live.cancel("resp_1")
    with front_server(tmp_path / "here", (gate.plan,), database_url=database_url) as server:
        answer = await asyncio.to_thread(
            server.post, "/v1/responses", model="tiny", input="Hi", previous_response_id="resp_1"
        )
        seen = await asyncio.to_thread(server.get, "/v1/responses/resp_1")
    assert answer.json()["error"]["code"] == "previous_response_in_progress"
    assert seen.json()["status"] == "in_progress"
    await state.close()
