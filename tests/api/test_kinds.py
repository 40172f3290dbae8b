"""Models that only embed or only rank, asked to chat."""

from pathlib import Path

import pytest

from tests.library.ggufs import write
from tests.scripted import StartScripted
from tests.stored_models import add_model


@pytest.mark.parametrize(("pooling", "does"), [(4, "It ranks texts."), (1, "It makes embeddings.")])
def test_a_model_that_can_t_chat_says_what_it_does(
    start_scripted: StartScripted, tmp_path: Path, pooling: int, does: str
) -> None:
    server = start_scripted()
    weights = write(tmp_path / "m.gguf", architecture="bert", values={"bert.pooling_type": pooling})
    add_model(tmp_path / "home" / "models", "other", weights)
    messages = [{"role": "user", "content": "Hello"}]
    for path, body in (("/v1/chat/completions", {"messages": messages}), ("/v1/responses", {"input": "Hello"})):
        answer = server.http().post(path, json={"model": "other", **body})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == f"This model can't chat. {does}"
        assert answer.json()["error"]["param"] == "model"
    native = server.http().post("/api/chat", json={"model": "other", "messages": messages})
    assert (native.status_code, native.json()["error"]) == (400, "'other' does not support chat")
