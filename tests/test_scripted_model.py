from pathlib import Path

import pytest

from puna.core.events import Finished, TextDelta
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.engine import GeneratingEngine
from tests.scripted_model import write_scripted_model
from tests.stored_models import micro_launch

TEMPLATE = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>"


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
