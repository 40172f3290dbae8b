import asyncio
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from puna.api.openai import defaults
from puna.core.errors import ContextLengthExceeded, EngineFailed
from puna.core.events import ChatEvent, Done, Finished, TextDelta
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool
from puna.engines.llama.engine import GeneratingEngine
from puna.engines.process.process import EngineProcess
from tests.stored_models import micro_launch, write_micro_model


@asynccontextmanager
async def running(weights: Path, context: int = 2048) -> AsyncIterator[tuple[GeneratingEngine, EngineProcess]]:
    launch = micro_launch(weights, context=context)
    process = await EngineProcess.start(launch)
    engine = GeneratingEngine(launch, process, math.inf)
    try:
        yield engine, process
    finally:
        await engine.close()


def ask(text: str, **sampling: object) -> ChatRequest:
    asked = Sampling(**sampling)  # type: ignore[arg-type]
    return ChatRequest(messages=(Message(role="user", content=(Text(text),)),), sampling=asked.over(defaults.CHAT))


async def collect(engine: GeneratingEngine, request: ChatRequest) -> list[ChatEvent]:
    return [event async for event in engine.chat(request)]


def text_of(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_an_answer_is_deltas_then_its_end_then_the_counts(micro: Path) -> None:
    async with running(micro) as (engine, _):
        *deltas, finished, done = await collect(engine, ask("hello", max_tokens=5))
    assert all(isinstance(delta, TextDelta) for delta in deltas)
    assert finished == Finished(0, "length")
    assert isinstance(done, Done)
    assert done.usage.completion_tokens == 5
    assert done.usage.prompt_tokens > 5
    assert done.timings.prompt > 0


async def test_the_same_seed_gives_the_same_text_and_another_seed_another(micro: Path) -> None:
    async with running(micro) as (engine, _):
        first, second, other = [
            text_of(await collect(engine, ask("hello", max_tokens=20, seed=s))) for s in (1, 1, 2)
        ]
    assert first == second != other


async def test_temperature_0_is_greedy_whatever_the_seed(micro: Path) -> None:
    async with running(micro) as (engine, _):
        texts = {text_of(await collect(engine, ask("a", max_tokens=9, seed=s, temperature=0.0))) for s in (1, 2, 3)}
    assert len(texts) == 1


async def test_a_frequency_penalty_keeps_tokens_from_coming_again(micro: Path) -> None:
    async with running(micro) as (engine, _):
        plain = text_of(await collect(engine, ask("a", max_tokens=60, temperature=0.0)))
        varied = text_of(await collect(engine, ask("a", max_tokens=60, temperature=0.0, frequency_penalty=2.0)))
    assert len(set(pieces(varied))) > len(set(pieces(plain)))


def pieces(text: str) -> list[str]:
    """Every run of three characters: a text that repeats itself has few different ones."""
    return [text[start : start + 3] for start in range(len(text) - 2)]


async def test_a_stop_sequence_ends_the_answer_and_is_not_part_of_it(micro: Path) -> None:
    async with running(micro) as (engine, _):
        whole = text_of(await collect(engine, ask("a", max_tokens=30, temperature=0.0)))
        stop = whole[10:14]
        events = await collect(engine, ask("a", max_tokens=30, temperature=0.0, stop=(stop,)))
    assert text_of(events) == whole[: whole.index(stop)]
    assert Finished(0, "stop", stop) in events


async def test_a_prompt_longer_than_the_context_says_both_lengths(micro: Path) -> None:
    async with running(micro, context=256) as (engine, _):
        with pytest.raises(ContextLengthExceeded) as raised:
            await collect(engine, ask("word " * 600))
        assert raised.value.context_length == 256
        assert raised.value.prompt_tokens > 600
        assert text_of(await collect(engine, ask("hello", max_tokens=3)))


async def test_a_prompt_that_is_far_too_long_is_refused_by_its_beginning(micro: Path) -> None:
    tool = Tool(name="f", description="word " * 20_000, parameters={"type": "object"})
    async with running(micro, context=256) as (engine, _):
        with pytest.raises(ContextLengthExceeded, match="at least") as raised:
            await collect(engine, replace(ask("hello"), tools=(tool,)))
    assert 512 < raised.value.prompt_tokens < 5000


async def test_closing_an_answer_ends_its_generation(tmp_path: Path) -> None:
    """The context is so long that no machine is too busy to close the answer before its end."""
    weights = write_micro_model(tmp_path / "long.gguf", context=2**15)
    async with running(weights, context=2**15) as (engine, process):
        answer = engine.chat(ask("hello"))
        for _ in range(3):
            await anext(answer)
        await answer.aclose()
        assert await tokens_at_stop(process) < 2**14


async def tokens_at_stop(process: EngineProcess) -> int:
    """How many tokens a sequence had when the engine stopped working on it, as its log says."""
    while True:
        for line in process.log:
            if match := re.search(r"stop processing: n_tokens = +(\d+)", line):
                return int(match[1])
        await asyncio.sleep(0)


async def test_an_engine_that_dies_in_its_answer_is_an_error_with_its_log(micro: Path) -> None:
    async with running(micro) as (engine, process):
        answer = engine.chat(ask("hello"))
        await anext(answer)
        psutil.Process(process.id).kill()
        with pytest.raises(EngineFailed, match="was killed") as raised:
            async for _ in answer:
                pass
        assert "model loaded" in raised.value.log
        assert not engine.alive
