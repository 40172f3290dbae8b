from collections.abc import AsyncGenerator
from typing import Any

import pytest

from puna.core.errors import EngineFailed, EngineLost, NotHeld, SchemaNotMet
from puna.core.events import Done, Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from puna.core.formats import Format, FreeText, JsonSchema
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool, ToolChoice
from puna.structured.again import fitting

UNIQUE = JsonSchema(schema={"type": "array", "uniqueItems": True})
CALLED: Any = {"type": "object", "properties": {"a": {"not": {"const": 1}}}}


def request(form: Format = UNIQUE, **fields: Any) -> ChatRequest:
    return ChatRequest(messages=(Message(role="user", content=(Text("?"),)),), format=form, **fields)


class Engine:
    """Says one thing after the other. It holds nothing: what is not checked it refuses."""

    def __init__(self, *answers: Any, holds: bool = False) -> None:
        self.asked: list[ChatRequest] = []
        self._answers = list(answers)
        self._holds = holds

    async def chat(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        if not (self._holds or request.checked):
            raise NotHeld(("uniqueItems",))
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        for index, text in enumerate(answer if isinstance(answer, list) else [answer]):
            if isinstance(text, Event):
                yield text
            else:
                yield ReasoningDelta(index, "hm")
                yield TextDelta(index, text[:2])
                yield TextDelta(index, text[2:])
            yield Finished(index, "stop")
        yield Done(Usage(10, 5))


async def answers(request: ChatRequest, engine: Engine, attempts: int = 3) -> tuple[list[str], Usage]:
    texts: dict[int, str] = {}
    usage = Usage(0, 0)
    async for event in fitting(request, engine.chat, attempts):
        if isinstance(event, TextDelta):
            texts[event.index] = texts.get(event.index, "") + event.text
        elif isinstance(event, Done):
            usage = event.usage
    return [texts[index] for index in sorted(texts)], usage


async def test_what_does_not_fit_is_generated_again_with_another_seed() -> None:
    engine = Engine("[1, 1]", "no JSON", "[1, 2]")
    texts, usage = await answers(request(sampling=Sampling(seed=4, temperature=0.0)), engine)
    assert texts == ["[1, 2]"]
    assert usage == Usage(10, 15)
    seeds = [asked.sampling.seed for asked in engine.asked]
    assert seeds[0] == 4
    assert len(set(seeds)) == 3
    assert engine.asked[0].sampling.temperature == 0
    assert all((asked.sampling.temperature or 0) > 0 for asked in engine.asked[1:])


async def test_of_several_choices_those_that_fit_are_kept() -> None:
    engine = Engine(["[1, 1]", "[2]"], ["[3]", "[4]"])
    texts, _ = await answers(request(choices=2), engine)
    assert texts == ["[3]", "[2]"]


async def test_an_answer_that_never_fits_is_an_error_that_says_what_failed_where() -> None:
    form = JsonSchema(schema={"type": "object", "properties": {"a": UNIQUE.schema}})
    with pytest.raises(
        SchemaNotMet, match=r"after 2 attempts: 'uniqueItems' \(properties.a.uniqueItems\) fails at a"
    ):
        await answers(request(form), Engine('{"a": [1, 1]}', '{"a": [2, 2]}'), attempts=2)


async def test_what_the_engine_holds_is_streamed_and_looked_at_once_more() -> None:
    engine = Engine("[1]", holds=True)
    assert (await answers(request(), engine))[0] == ["[1]"]
    assert not engine.asked[0].checked
    events = fitting(request(), Engine("[1, 1]", holds=True).chat, 3)
    assert [type(await anext(events)) for _ in range(3)] == [ReasoningDelta, TextDelta, TextDelta]
    with pytest.raises(SchemaNotMet):
        await anext(events)


async def test_the_arguments_of_forced_and_strict_tools_are_checked() -> None:
    wrong, right = (ToolCallDelta(0, 0, f'{{"a": {value}}}', "id", "f") for value in (1, 2))
    for strict, mode, times in ((True, "auto", 2), (False, "required", 2), (False, "auto", 1)):
        tool = Tool(name="f", parameters=CALLED, strict=strict)
        asking = request(FreeText(), tools=(tool,), tool_choice=ToolChoice(mode=mode))  # type: ignore[arg-type]
        engine = Engine([wrong], [right], holds=times == 1)
        events = [event async for event in fitting(asking, engine.chat, 3)]
        assert len(engine.asked) == times
        assert events[0] == (right if times == 2 else wrong)


async def test_what_was_cut_off_is_not_asked_about() -> None:
    async def cut(_: ChatRequest) -> AsyncGenerator[Event, None]:
        yield TextDelta(0, "[1, ")
        yield Finished(0, "length")
        yield Done(Usage(1, 1))

    assert await anext(fitting(request(), cut, 3)) == TextDelta(0, "[1, ")
    engine = Engine("[1, ", holds=True)
    assert (await answers(request(sampling=Sampling(stop=("2",))), engine))[0] == ["[1, "]


async def test_free_text_is_not_looked_at() -> None:
    assert (await answers(request(FreeText()), Engine("x", holds=True)))[0] == ["x"]


async def test_a_request_that_stalled_an_engine_is_not_handed_to_the_next_one() -> None:
    with pytest.raises(EngineFailed) as failed:
        await answers(request(), Engine(EngineLost("silent", stalled=True)))
    assert not isinstance(failed.value, EngineLost)
    with pytest.raises(EngineLost):
        await answers(request(), Engine(EngineLost("gone")))
