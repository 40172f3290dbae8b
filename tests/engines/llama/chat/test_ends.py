"""What ends a thought or an answer before the model does: a budget, and which stop sequence it was."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from puna.core.events import ChatEvent, Done, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool, ToolChoice
from puna.engines.llama.engine import GeneratingEngine
from tests.scripted_model import write_scripted_model
from tests.stored_models import micro_launch
from tests.templates.small import CHATML, TAGGED

THOUGHT = "I wonder about this and that, and about much more besides, for a long time.\n</think>\n\nIt is 42, I say."
HARMONY = (
    "{% for m in messages %}{% if m.thinking %}<|start|>assistant<|channel|>analysis<|message|>{{ m.thinking }}"
    "<|end|>{% endif %}<|start|>{{ m.role }}<|channel|>final<|message|>{{ m.content }}<|end|>{% endfor %}"
    "<|start|>assistant"
)
OPENED = "<|channel|>analysis<|message|>I wonder about this and that, and about more.<|end|>"
LOOK = Tool(name="look", parameters={"type": "object", "properties": {"n": {"type": "integer"}}})
REQUEST = ChatRequest(messages=(Message(role="user", content=(Text("Well?"),)),), sampling=Sampling(temperature=0.0))


@asynccontextmanager
async def engine_that_says(tmp_path: Path, says: str, template: str) -> AsyncIterator[GeneratingEngine]:
    engine = await micro_launch(write_scripted_model(tmp_path / "model.gguf", says, template)).start()
    assert isinstance(engine, GeneratingEngine)
    try:
        yield engine
    finally:
        await engine.close()


async def events_of(engine: GeneratingEngine, request: ChatRequest) -> list[ChatEvent]:
    return [event async for event in engine.chat(request)]


def thought(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReasoningDelta))


def text(events: list[ChatEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def test_a_thought_ends_after_as_many_tokens_as_it_may_have(tmp_path: Path) -> None:
    async with engine_that_says(tmp_path, THOUGHT, TAGGED) as engine:
        longer = await events_of(engine, replace(REQUEST, thinking_tokens=200))
        assert thought(longer) == THOUGHT.partition("\n</think>")[0]
        assert text(longer) == "It is 42, I say."

        two = await events_of(engine, replace(REQUEST, thinking_tokens=6, choices=2))
        first = [event for event in two if isinstance(event, Done) or getattr(event, "index", None) == 0]
        assert thought(first) == "I wonder about this and "
        assert len(thought(two)) == 2 * len(thought(first))
        assert text(first)  # what follows the end of a thought is the answer
        assert isinstance(two[-1], Done)
        assert two[-1].usage.reasoning_tokens == 12

        short = Sampling(temperature=0.0, max_tokens=9)
        cut = await events_of(engine, replace(REQUEST, thinking_tokens=6, sampling=short))
        assert isinstance(cut[-1], Done)
        assert cut[-1].usage.completion_tokens == 9
        assert cut[-2] == Finished(0, "length")

        forced = replace(REQUEST, thinking_tokens=6, tools=(LOOK,), tool_choice=ToolChoice(mode="required"))
        called = await events_of(engine, forced)
        assert [event.name for event in called if isinstance(event, ToolCallDelta) and event.name] == ["look"]
        assert Finished(0, "tool_calls") in called


async def test_a_thought_that_the_model_begins_itself(tmp_path: Path) -> None:
    template = TAGGED.replace("{{- '<think>\\n' }}{% else %}", "{% else %}")
    async with engine_that_says(tmp_path, f"<think>\n{THOUGHT}", template) as engine:
        events = await events_of(engine, replace(REQUEST, thinking_tokens=6))
    assert thought(events) == "I wonder about this"
    assert text(events)


async def test_a_message_of_harmony_that_is_cut_off(tmp_path: Path) -> None:
    async with engine_that_says(tmp_path, OPENED, HARMONY) as engine:
        events = await events_of(engine, replace(REQUEST, thinking_tokens=6))
        # The model says its text anew after each prompt: behind a final message's header that is the answer, behind
        # that of an open one a thought again.
        assert thought(events) == "I wonder"
        assert text(events).startswith("I wonder about")
        again = await events_of(engine, replace(REQUEST, thinking_tokens=6, tools=(LOOK,)))
        assert thought(again).startswith("I wonder")
        assert text(again).startswith("I wonder about")


async def test_which_stop_sequence_it_was(tmp_path: Path) -> None:
    request = replace(REQUEST, sampling=Sampling(temperature=0.0, stop=("four", " three")))
    async with engine_that_says(tmp_path, "One, two, three, four.", CHATML) as engine:
        for tools in ((), (LOOK,)):  # with tools it is Puna that looks for them, else the engine
            events = await events_of(engine, replace(request, tools=tools))
            assert text(events) == "One, two,"
            assert events[-2] == Finished(0, "stop", " three")
        assert (await events_of(engine, REQUEST))[-2] == Finished(0, "stop")
