"""A chat template is a program. One that comes to no end is an error that says so, and nobody else waits for it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from puna.engines.llama import launch
from puna.engines.llama.chat import probing, trial
from tests.scripted import DEFAULT, ScriptedServer, scripted_server
from tests.scripted_model import write_scripted_model
from tests.stored_models import add_model, plan_templated

SHOWN = "{% for m in messages %}{{ m.content }}{% endfor %}"
LOOP = "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}" + 3 * "{% endfor %}"
LONG_LIST = "{% for i in range(1000000000) %}{% endfor %}"
SOMETIMES = "{% if messages[-1].content == 'loop' %}" + LOOP + "{% endif %}"
ROUTES: dict[str, Callable[[str], dict[str, Any]]] = {
    "/v1/chat/completions": lambda text: {"messages": [{"role": "user", "content": text}]},
    "/v1/responses": lambda text: {"input": text, "store": False},
    "/api/chat": lambda text: {"messages": [{"role": "user", "content": text}], "stream": False},
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """`always` comes to no end of anything, `sometimes` only of a conversation."""
    monkeypatch.setattr(launch, "TRIALS", trial.Trials(seconds=0.4))
    monkeypatch.setattr(probing, "RENDER_SECONDS", 0.4)
    with scripted_server(tmp_path / "home", engines=(plan_templated,)) as server:
        for name, template in {"always": LONG_LIST, "sometimes": SOMETIMES}.items():
            weights = write_scripted_model(tmp_path / f"{name}.gguf", "Good morning.", template + SHOWN, context=512)
            add_model(server.home / "models", name, weights)
        yield server


def ask(http: httpx2.Client, model: str, text: str, path: str = "/v1/chat/completions") -> tuple[int, str]:
    answer = http.post(path, json={"model": model, **ROUTES[path](text)})
    return answer.status_code, answer.text


def others_are_answered(server: ScriptedServer, model: str, text: str) -> tuple[int, str]:
    """What becomes of that question, after others were answered before it."""
    asked = threading.Event()
    with server.http() as http, server.http() as other, ThreadPoolExecutor(1) as threads:

        def slow() -> tuple[int, str]:
            asked.set()
            return ask(http, model, text)

        answer = threads.submit(slow)
        asked.wait()
        for _ in range(3):
            status, content = ask(other, "plain", "hi")
            assert status == 200
            assert DEFAULT in content
        assert not answer.done()
        return answer.result()


def test_nobody_waits_for_a_template_that_never_ends(server: ScriptedServer) -> None:
    status, text = others_are_answered(server, "always", "hi")
    assert status == 500
    assert "chat template can't be used: rendering it does not finish" in text
    with server.http() as http:
        for path in ROUTES:
            status, text = ask(http, "always", "hi", path)
            assert status == 500
            assert "chat template can't be used" in text


def test_a_conversation_that_a_template_does_not_end_sets_the_model_aside(server: ScriptedServer) -> None:
    with server.http() as http:
        assert "Good morning." in ask(http, "sometimes", "hi")[1]
        status, text = others_are_answered(server, "sometimes", "loop")
        assert status == 500
        assert "does not finish for this conversation" in text
        assert "Good morning." in ask(http, "sometimes", "hi")[1]
        for path in ("/v1/responses", "/api/chat"):
            assert ask(http, "sometimes", "loop", path)[0] == 500
        status, text = ask(http, "sometimes", "hi")
    assert status == 503
    assert "is not started again" in text
