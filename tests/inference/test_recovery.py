from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from puna.core.errors import EngineLost, InvalidRequest
from puna.core.events import Done, Event, Finished, ReasoningDelta, TextDelta, Usage
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.engine import Engine
from puna.engines.llama.launch import LlamaLaunch
from puna.inference.caller import ANONYMOUS
from puna.inference.recovery import Recovery
from puna.inference.work import ChatWork
from puna.scheduler import Claim

LAUNCH = LlamaLaunch(weights=Path("w"), context_length=100, sequences=1, cache_tokens=100)


class ScriptedEngine(Engine):
    """Says what it is told to, request after request, and remembers what it was asked."""

    def __init__(self, *answers: list[Event | Exception]) -> None:
        self.asked: list[ChatRequest] = []
        self._answers = iter(answers)

    async def count_prompt(self, request: ChatRequest) -> int:
        return 0

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        self.asked.append(request)
        for event in next(self._answers):
            if isinstance(event, Exception):
                raise event
            yield event


def texts(*words: str) -> list[Event | Exception]:
    return [TextDelta(0, word) for word in words]


def lost(*, own_fault: bool = True) -> EngineLost:
    return EngineLost("it crashed", own_fault=own_fault)


def end(prompt: int, completion: int) -> list[Event | Exception]:
    return [Finished(0, "stop"), Done(Usage(prompt, completion))]


async def answered(engine: ScriptedEngine, *, whole: bool = False, **sampling: Any) -> list[Event]:
    class FakeLease:
        tokens = 100
        waited = 0.0
        resident = SimpleNamespace(pieces=0)
        engine: Any

    @asynccontextmanager
    async def lease_for(claim: Claim, *, again: Any) -> AsyncIterator[Any]:
        lease = FakeLease()
        lease.engine = engine
        yield lease

    request = ChatRequest(messages=(Message(role="user", content=(Text("hi"),)),), sampling=Sampling(**sampling))
    answer = Recovery(ChatWork(request), LAUNCH, cast("Any", lease_for), ANONYMOUS, whole=whole)
    async with aclosing(answer.events()) as events:
        return [event async for event in events]


async def test_a_request_that_has_sent_nothing_is_sent_again() -> None:
    engine = ScriptedEngine([lost()], [*texts("a"), *end(5, 1)])
    assert await answered(engine) == [TextDelta(0, "a"), Finished(0, "stop"), Done(Usage(5, 1))]
    assert engine.asked[0] == engine.asked[1]


async def test_text_goes_on_where_it_was() -> None:
    engine = ScriptedEngine([*texts("a", "b"), lost()], [*texts("c"), *end(7, 1)])
    events = await answered(engine, max_tokens=10)
    assert events == [*texts("a", "b", "c"), Finished(0, "stop"), Done(Usage(5, 3))]
    assert engine.asked[1].messages[-1] == Message(role="assistant", content=(Text("ab"),))
    assert engine.asked[1].sampling.max_tokens == 8


async def test_no_token_more_than_was_asked_for() -> None:
    engine = ScriptedEngine([*texts("a", "b"), lost()], [*texts("c"), Finished(0, "length"), Done(Usage(7, 1))])
    events = await answered(engine, max_tokens=2)
    assert events == [*texts("a", "b"), Finished(0, "length"), Done(Usage(5, 2))]


async def test_nothing_follows_the_end_of_an_answer() -> None:
    engine = ScriptedEngine([*texts("a"), Finished(0, "stop"), lost()], [*texts("b"), *end(6, 1)])
    assert await answered(engine) == [*texts("a"), Finished(0, "stop"), Done(Usage(5, 1))]


async def test_a_stream_that_can_not_go_on_fails() -> None:
    with pytest.raises(EngineLost):
        await answered(ScriptedEngine([ReasoningDelta(0, "hm"), lost()]))


async def test_a_whole_answer_begins_anew_where_it_can_not_go_on() -> None:
    engine = ScriptedEngine([ReasoningDelta(0, "hm"), lost()], [*texts("a"), *end(5, 1)])
    assert await answered(engine, whole=True) == [*texts("a"), *end(5, 1)]


async def test_a_template_that_allows_no_continuation() -> None:
    script: tuple[list[Event | Exception], ...] = ([*texts("a"), lost()], [InvalidRequest("no")])
    with pytest.raises(EngineLost, match="can't be continued"):
        await answered(ScriptedEngine(*script))
    engine = ScriptedEngine(*script, [*texts("b"), *end(5, 1)])
    assert await answered(engine, whole=True) == [*texts("b"), *end(5, 1)]


async def test_a_request_that_crashes_engines_is_given_up() -> None:
    with pytest.raises(EngineLost):
        await answered(ScriptedEngine([lost()], [lost()], [lost()]))


async def test_kills_from_outside_do_not_count_against_a_request() -> None:
    kills: list[list[Event | Exception]] = [[lost(own_fault=False)] for _ in range(10)]
    assert await answered(ScriptedEngine(*kills, [*texts("a"), *end(5, 1)]))
