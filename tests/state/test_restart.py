"""The database is restarted while servers work: nothing is lost, and what can't wait ends with a clear error."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest

from puna.api.openai.responses import service
from tests.engines.remote.front import Front, front_server
from tests.gated import Gate
from tests.postgresql import Cluster


@pytest.fixture
def gate() -> Gate:
    """Before the engines of all servers."""
    return Gate()


@pytest.fixture
def three(tmp_path: Path, database_url: str, gate: Gate) -> Iterator[list[Front]]:
    """Three servers that share a database."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(front_server(tmp_path / name, (gate.plan,), database_url=database_url))
            for name in ("one", "two", "three")
        ]
        gate.opened.set()


def test_what_runs_goes_on_and_what_was_written_is_there(three: list[Front], gate: Gate, postgresql: Cluster) -> None:
    one, two, other = (server.client() for server in three)
    gate.opened.set()
    before = one.responses.create(model="tiny", input="I am Ann.")
    conversation = two.conversations.create(items=[{"type": "message", "role": "user", "content": "Hi"}])
    gate.opened.clear()
    background = one.responses.create(model="tiny", input="Hello", background=True)
    followed = two.responses.retrieve(background.id, stream=True)
    streamed = two.responses.create(
        model="tiny", input="Hello", previous_response_id=before.id, conversation=None, stream=True
    )
    chat = other.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "Hi"}], stream=True)
    for stream in (followed, streamed, chat):
        assert next(iter(stream))
    postgresql.stop()
    try:
        gate.opened.set()
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chat).endswith("too")
        assert one.responses.retrieve(background.id).status == "in_progress"
    finally:
        postgresql.start()
    assert list(streamed)[-1].type == "response.completed"
    assert list(followed)[-1].type == "response.completed"
    for client in (one, two, other):
        assert client.responses.retrieve(background.id).output_text == "here too"
        assert client.responses.retrieve(before.id) == before
        assert len(client.conversations.items.list(conversation.id).data) == 1
        after = client.responses.create(model="tiny", input="Who am I?", previous_response_id=before.id)
        assert after.status == "completed"


def test_what_can_not_wait_says_so(
    three: list[Front], gate: Gate, postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE", 0.2)
    client = three[0].client()
    stream = client.responses.create(model="tiny", input="Hello", stream=True)
    assert next(iter(stream)).type == "response.created"
    postgresql.stop()
    try:
        gate.opened.set()
        last = list(stream)[-1]
    finally:
        postgresql.start()
    assert last.type == "response.failed"
    assert last.response.error
    assert "database of responses" in last.response.error.message
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(last.response.id)
    assert client.responses.create(model="tiny", input="Hello").status == "completed"
