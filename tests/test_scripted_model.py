from pathlib import Path

import pytest

from puna.core.events import Finished, TextDelta
from puna.core.messages import Message, Text, ToolCall
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.core.tools import Tool
from puna.engines.llama.engine import GeneratingEngine
from tests.scripted_model import THEN, write_scripted_model
from tests.stored_models import micro_launch
from tests.templates.small import CHATML

TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"

TWICE = CHATML + "{% if messages[-1].role == 'tool' %}" + THEN + "{% endif %}"


@pytest.mark.parametrize("says", ["Hi", "Hello there, hello there: 日本 ✓!", "aaaaaaaaaaaaaaaab", "One <think> two."])
async def test_the_model_says_its_text(tmp_path: Path, says: str) -> None:
    weights = write_scripted_model(tmp_path / "model.gguf", says, TEMPLATE)
    request = ChatRequest(messages=(Message(role="user", content=(Text("?"),)),), sampling=Sampling(temperature=1.0))
    engine = await micro_launch(weights).start()
    assert isinstance(engine, GeneratingEngine)
    try:
        events = [event async for event in engine.chat(request)]
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == says.replace("<think>", "")
        assert Finished(0, "stop") in events
    finally:
        await engine.close()


async def test_it_says_something_else_after_a_tools_result(tmp_path: Path) -> None:
    weights = write_scripted_model(tmp_path / "model.gguf", "I look it up.", TWICE, then="It is sunny.")
    question = Message(role="user", content=(Text("?"),))
    called = Message(role="assistant", tool_calls=(ToolCall("call_1", "look", "{}"),))
    result = Message(role="tool", content=(Text("sunny"),), tool_call_id="call_1")
    said = []
    engine = await micro_launch(weights).start()
    assert isinstance(engine, GeneratingEngine)
    try:
        for messages in ((question,), (question, called, result)):
            request = ChatRequest(messages=messages, tools=(Tool(name="look"),), sampling=Sampling(temperature=1.0))
            events = [event async for event in engine.chat(request)]
            said.append("".join(event.text for event in events if isinstance(event, TextDelta)))
    finally:
        await engine.close()
    assert said == ["I look it up.", "It is sunny."]
