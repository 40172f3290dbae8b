"""Engines that die, hang or never start, under a real server."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import openai
import psutil
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.server import RunningServer, StartServer
from tests.stored_models import add_model, write_micro_model

QUESTION: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "hello"}]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for seed, model in enumerate(("one", "two")):
        # Random text has several times as many tokens when it is read again: it has to fit all the same.
        add_model(tmp_path / "models", model, write_micro_model(tmp_path / f"{model}.gguf", seed=seed, context=8192))
    return tmp_path / "models"


@pytest.fixture
def faulty(start_server: StartServer, models: Path) -> RunningServer:
    return start_server(PUNA_MODELS=str(models), PUNA_STALL_TIMEOUT="1s", PUNA_LOAD_TIMEOUT="2s")


def stream(server: RunningServer, tokens: int, **more: object) -> Iterator[ChatCompletionChunk]:
    return server.client().chat.completions.create(  # type: ignore[call-overload, no-any-return]
        model="one",
        messages=QUESTION,
        max_tokens=tokens,
        stream=True,
        stream_options={"include_usage": True},
        **more,
    )


def signal_engines(server: RunningServer, number: signal.Signals) -> None:
    for engine in server.engines():
        os.kill(engine.pid, number)


def ask(server: RunningServer, tokens: int = 4) -> openai.types.chat.ChatCompletion:
    return server.client().chat.completions.create(model="one", messages=QUESTION, max_tokens=tokens)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_a_stream_of_text_goes_on_when_its_engine_is_lost(faulty: RunningServer, number: signal.Signals) -> None:
    chunks = stream(faulty, 1500)
    seen = [next(chunks) for _ in range(5)]
    signal_engines(faulty, number)
    seen += chunks
    texts = [choice.delta.content for chunk in seen for choice in chunk.choices if choice.delta.content]
    roles = [choice.delta.role for chunk in seen for choice in chunk.choices if choice.delta.role]
    reasons = [choice.finish_reason for chunk in seen for choice in chunk.choices if choice.finish_reason]
    assert (len(texts), len(roles), reasons) == (1500, 1, ["length"])
    usage = seen[-1].usage
    assert usage is not None
    assert usage.completion_tokens == 1500
    # Random text has more tokens when it is read than when it was written; the surplus is counted with the prompt.
    assert usage.prompt_tokens > 0
    assert len({chunk.id for chunk in seen}) == 1


@pytest.mark.parametrize("more", [{"logprobs": True}, {"n": 2}])
def test_a_stream_that_can_not_go_on_ends_with_an_error(faulty: RunningServer, more: dict[str, object]) -> None:
    chunks = stream(faulty, 1500, **more)
    assert next(chunks).choices
    signal_engines(faulty, signal.SIGKILL)
    with pytest.raises(openai.APIError, match="killed"):
        for _ in chunks:
            pass
    assert ask(faulty).choices


def test_a_whole_answer_is_done_anew(faulty: RunningServer) -> None:
    ask(faulty)
    answers: list[openai.types.chat.ChatCompletion] = []
    asking = threading.Thread(target=lambda: answers.append(ask(faulty, 1500)))
    asking.start()
    [engine] = faulty.engines()
    busy = engine.cpu_times().user
    while engine.cpu_times().user <= busy:
        pass
    engine.kill()
    asking.join()
    [answer] = answers
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 1500


def test_a_killed_idle_engine_is_replaced(faulty: RunningServer) -> None:
    ask(faulty)
    [killed] = faulty.engines()
    killed.kill()
    killed.wait()
    answer = ask(faulty, 4)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 4
    [engine] = faulty.engines()
    assert engine.pid != killed.pid


def test_weights_that_can_not_be_loaded_are_told(start_server: StartServer, tmp_path: Path) -> None:
    weights = write_micro_model(tmp_path / "damaged.gguf")
    weights.write_bytes(weights.read_bytes().replace(b"blk.1.attn_q.weight", b"blk.1.attn_x.weight"))
    add_model(tmp_path / "models", "one", weights)
    server = start_server(PUNA_MODELS=str(tmp_path / "models"))
    with pytest.raises(openai.InternalServerError, match="could not load"):
        ask(server)


def test_a_model_whose_engine_crashes_again_and_again_is_set_aside(faulty: RunningServer) -> None:
    for _ in range(3):
        ask(faulty)
        before = crashes(faulty)
        signal_engines(faulty, signal.SIGSEGV)
        while crashes(faulty) == before:
            pass
    with pytest.raises(openai.InternalServerError, match="is not started again") as caught:
        ask(faulty)
    assert caught.value.status_code == 503
    assert int(caught.value.response.headers["retry-after"]) > 0
    answer = faulty.client().chat.completions.create(model="two", messages=QUESTION, max_tokens=2)
    assert answer.choices


def crashes(server: RunningServer) -> float:
    with server.http() as http:
        counts = [line for line in http.get("/metrics").text.splitlines() if line.startswith("puna_crashes_total{")]
    return sum(float(line.split()[-1]) for line in counts)


def test_a_hanging_load_is_ended(faulty: RunningServer) -> None:
    """An engine that is stopped while it starts is replaced, and the request never knows."""
    answers: list[openai.types.chat.ChatCompletion] = []
    asking = threading.Thread(target=lambda: answers.append(ask(faulty)))
    asking.start()
    # Between fork and exec a suspended child would hold up its parent, whose system call waits for the exec.
    while not (engines := [engine for engine in faulty.engines() if "puna.engines.llama.runner" in engine.cmdline()]):
        pass
    engines[0].suspend()
    asking.join()
    assert len(answers) == 1


def test_sigterm_finishes_what_runs_and_refuses_what_is_new(faulty: RunningServer) -> None:
    chunks = stream(faulty, 1500)
    next(chunks)
    with faulty.http() as http:
        http.get("/health").raise_for_status()
        engines = faulty.engines()
        faulty.process.send_signal(signal.SIGTERM)
        while (health := http.get("/health")).status_code == 200:
            pass
        assert health.status_code == 503
    refusal = httpx2.post(
        f"{faulty.url}/v1/chat/completions", json={"model": "one", "messages": QUESTION}, trust_env=False
    )
    assert refusal.status_code == 503
    assert int(refusal.headers["retry-after"]) > 0
    assert refusal.json()["error"]["code"] == "server_shutting_down"
    rest = list(chunks)
    assert rest[-2].choices[0].finish_reason == "length"
    faulty.process.wait()
    assert psutil.wait_procs(engines, timeout=5)[1] == []


def test_a_second_signal_ends_at_once(faulty: RunningServer) -> None:
    chunks = stream(faulty, 1500)
    next(chunks)
    engines = faulty.engines()
    faulty.process.send_signal(signal.SIGTERM)
    with faulty.http() as http:
        while http.get("/health").status_code == 200:
            pass
    faulty.process.send_signal(signal.SIGTERM)
    faulty.process.wait()
    with pytest.raises((openai.APIError, httpx2.TransportError)):
        list(chunks)
    assert psutil.wait_procs(engines, timeout=5)[1] == []


def test_the_time_to_finish_is_bounded(start_server: StartServer, models: Path) -> None:
    server = start_server(PUNA_MODELS=str(models), PUNA_SHUTDOWN_TIMEOUT="0.1s")
    chunks = stream(server, 1900)
    next(chunks)
    server.process.send_signal(signal.SIGTERM)
    with pytest.raises(openai.APIError, match="shutting down"):
        list(chunks)
    server.process.wait()
