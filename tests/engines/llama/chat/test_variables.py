"""What a request says to the chat template beside its conversation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from puna.core.effort import Effort
from puna.engines.llama.chat.template import level_of
from puna.engines.llama.engine import GeneratingEngine
from tests.scripted_model import write_scripted_model
from tests.stored_models import micro_launch
from tests.templates.subject import ask, prompt_of, said, user

TEMPLATE = (
    "{% if enable_thinking is defined %}[thinks: {{ enable_thinking }}]{% endif %}"
    "{% if day %}[{{ day.name }}]{% endif %}"
    "{% for message in messages %}<{{ message.role }}>{{ message.content }}</>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
FRIDAY = {"day": {"name": "Friday"}}
CASES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"template_variables": {"enable_thinking": True}}, "[thinks: True]<user>Hi</><assistant>"),
    ({"effort": "none"}, "[thinks: False]<user>Hi</><assistant>"),
    ({"effort": "none", "template_variables": FRIDAY}, "[thinks: False][Friday]<user>Hi</><assistant>"),
    ({"effort": "low", "template_variables": {"enable_thinking": False}}, "[thinks: False]<user>Hi</><assistant>"),
    ({"generation_prompt": False, "template_variables": {"enable_thinking": True}}, "[thinks: True]<user>Hi</>"),
)


async def test_variables_reach_the_template(tmp_path: Path) -> None:
    weights = write_scripted_model(tmp_path / "model.gguf", "Yes.")
    engine = await replace(micro_launch(weights), chat_template=TEMPLATE).start()
    assert isinstance(engine, GeneratingEngine)
    try:
        for given, prompt in CASES:
            assert await prompt_of(engine, replace(ask(user("Hi")), **given)) == prompt
        request = replace(ask(user("Hi"), said("Well,")), template_variables=FRIDAY)
        assert (await prompt_of(engine, request)).endswith("<assistant>Well,")
    finally:
        await engine.close()


@pytest.mark.parametrize(
    ("effort", "named", "level"),
    [
        ("high", "'low', 'medium', 'xhigh'", "xhigh"),
        ("max", "'low', 'medium', 'xhigh'", "xhigh"),
        ("max", '"low", "high", "max"', "max"),
        ("xhigh", "'high', 'max'", "high"),
        ("high", "'medium'", "high"),
        ("minimal", "", "low"),
    ],
)
def test_a_template_gets_a_level_that_it_knows(effort: Effort, named: str, level: str) -> None:
    assert level_of(effort, f"{{% if reasoning_effort in [{named}] %}}") == level
