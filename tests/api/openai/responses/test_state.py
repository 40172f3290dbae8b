import re
import signal
import threading
from pathlib import Path
from typing import Any

import httpx2
import openai
import psutil
import pytest
from openai.types.responses import Response

from tests.api.openai.responses.wire import check
from tests.scripted import ScriptedServer, StartScripted, scripted_server
from tests.server import RunningServer, running_server

LONG: Any = {
    "format": {
        "type": "json_schema",
        "name": "numbers",
        "schema": {
            "type": "object",
            "properties": {"numbers": {"type": "array", "items": {"type": "integer"}, "minItems": 500}},
            "required": ["numbers"],
            "additionalProperties": False,
        },
    }
}
"""A form that no answer has soon."""


def heard(server: ScriptedServer) -> list[str]:
    """The texts of the last request as the engine got it."""
    return [message.text for message in server.script.request.messages]


def test_a_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    with scripted_server(tmp_path) as server:
        client = server.client()
        first = client.responses.create(model="tiny", input="I am Ada.")
        second = client.responses.create(model="tiny", input="I am 36.", previous_response_id=first.id)
    with scripted_server(tmp_path) as server:
        client = server.client()
        assert client.responses.retrieve(second.id) == second
        client.responses.create(model="tiny", input="Who am I?", previous_response_id=second.id)
        assert heard(server) == ["I am Ada.", "This is a test.", "I am 36.", "This is a test.", "Who am I?"]


def test_one_response_may_be_followed_by_several(scripted: ScriptedServer) -> None:
    client = scripted.client()
    root = client.responses.create(model="tiny", input="Hello")
    forks = [
        client.responses.create(model="tiny", input=text, previous_response_id=root.id) for text in ("left", "right")
    ]
    for fork, text in zip(forks, ("left", "right"), strict=True):
        client.responses.create(model="tiny", input="?", previous_response_id=fork.id)
        assert heard(scripted) == ["Hello", "This is a test.", text, "This is a test.", "?"]


def test_a_chain_with_a_deleted_part_is_not_carried_on_without_it(scripted: ScriptedServer) -> None:
    client = scripted.client()
    first = client.responses.create(model="tiny", input="Hello")
    second = client.responses.create(model="tiny", input="More", previous_response_id=first.id)
    client.responses.delete(first.id)
    with pytest.raises(openai.BadRequestError, match=first.id):
        client.responses.create(model="tiny", input="And?", previous_response_id=second.id)


def test_an_item_can_be_referred_to(scripted: ScriptedServer) -> None:
    client = scripted.client()
    response = client.responses.create(model="tiny", input="The secret is 42.")
    item = client.responses.input_items.list(response.id).data[0]
    client.responses.create(model="tiny", input=[{"type": "item_reference", "id": item.id}])
    assert heard(scripted) == ["The secret is 42."]


def test_a_background_response_outlives_its_client(server: RunningServer) -> None:
    leaving = server.client()
    response = leaving.responses.create(model="tiny", input="Hello", background=True, max_output_tokens=16)
    assert response.status == "queued"
    leaving.close()
    client = server.client()
    events = list(client.responses.retrieve(response.id, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type in ("response.completed", "response.incomplete")
    stored = client.responses.retrieve(response.id)
    assert stored == events[-1].response
    assert list(client.responses.retrieve(response.id, stream=True, starting_after=3)) == events[4:]


def test_a_background_response_is_cancelled(server: RunningServer, client: openai.OpenAI) -> None:
    response = client.responses.create(
        model="tiny", input="Hello", background=True, stream=True, text=LONG, reasoning={"effort": "none"}
    )
    for event in response:
        if event.type == "response.created":
            key = event.response.id
        if event.type == "response.output_text.delta":
            break
    with pytest.raises(openai.BadRequestError, match="in progress"):
        client.responses.create(model="tiny", input="?", previous_response_id=key)
    assert client.responses.cancel(key).status == "cancelled"
    stored = client.responses.retrieve(key)
    assert stored.status == "cancelled"
    assert client.responses.cancel(key) == stored


def test_only_a_background_response_is_cancelled(scripted: ScriptedServer) -> None:
    response = scripted.client().responses.create(model="tiny", input="Hello")
    with pytest.raises(openai.BadRequestError, match="synchronous"):
        scripted.client().responses.cancel(response.id)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_what_ran_when_the_server_stopped_has_failed(tmp_path: Path, end: signal.Signals) -> None:
    with running_server(tmp_path) as server:
        response = server.client().responses.create(model="tiny", input="Hello", background=True, text=LONG)
        server.process.send_signal(end)
        server.process.wait(30)
    with running_server(tmp_path) as server:
        stored = server.client().responses.retrieve(response.id)
    assert stored.status == "failed"
    assert stored.error is not None
    assert re.search("server (stopped|is shutting down)", stored.error.message)
    check(Response, stored.to_dict(mode="json"))


def test_a_killed_server_has_everything_it_reported_completed(tmp_path: Path) -> None:
    """kill -9 while 100 responses are being made: those that came to an end for a client are there."""
    reported: list[str] = []
    enough = threading.Event()

    def ask(client: openai.OpenAI) -> None:
        for _ in range(25):
            try:
                *_, last = client.responses.create(model="tiny", input="Hi", max_output_tokens=2, stream=True)
            except (openai.APIError, httpx2.TransportError):
                return  # the server is gone
            reported.append(last.response.id)  # type: ignore[union-attr]
            if len(reported) >= 40:
                enough.set()

    with running_server(tmp_path) as server:
        askers = [threading.Thread(target=ask, args=(server.client(),)) for _ in range(4)]
        for asker in askers:
            asker.start()
        assert enough.wait(100)
        psutil.Process(server.process.pid).kill()
        for asker in askers:
            asker.join(30)
    assert len(reported) >= 40
    with running_server(tmp_path) as server, server.http() as http:
        assert [key for key in reported if http.get(f"/v1/responses/{key}").status_code != 200] == []


def test_only_what_the_settings_say_is_kept(start_scripted: StartScripted) -> None:
    client = start_scripted(PUNA_RESPONSES_MAX_COUNT="3").client()
    made = [client.responses.create(model="tiny", input="Hi").id for _ in range(5)]
    kept = [key for key in made if exists(client, key)]
    assert len(kept) == 3


def exists(client: openai.OpenAI, key: str) -> bool:
    try:
        client.responses.retrieve(key)
    except openai.NotFoundError:
        return False
    return True
