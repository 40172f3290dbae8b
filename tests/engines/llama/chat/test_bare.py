"""A model without a template goes on with the bare text."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from puna.core.errors import InvalidRequest
from puna.core.formats import JsonObject
from puna.core.subjects import MessageAt, Setting
from puna.core.template import BARE
from puna.core.tools import ToolChoice
from puna.engines.llama.engine import GeneratingEngine
from tests.scripted_model import write_scripted_model
from tests.stored_models import micro_launch
from tests.templates.subject import answer_of, ask, call, prompt_of, result, said, tool, user

SYSTEM = said("Alpha.", role="system")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[GeneratingEngine]:
    weights = write_scripted_model(tmp_path / "model.gguf", " there was a king.")
    engine = await replace(micro_launch(weights), chat_template=BARE).start()
    assert isinstance(engine, GeneratingEngine)
    yield engine
    await engine.close()


async def test_a_text_is_the_prompt_and_nothing_is_added(engine: GeneratingEngine) -> None:
    assert await prompt_of(engine, ask(user("Once upon a time"))) == "Once upon a time"
    assert (await answer_of(engine, ask(user("Once upon a time")))).text == " there was a king."


async def test_texts_follow_one_another_and_an_answer_what_it_answers(engine: GeneratingEngine) -> None:
    told = (SYSTEM, user("Once"), said(" there was."), user("Then"))
    assert await prompt_of(engine, ask(*told)) == "Alpha.\n\nOnce there was.\n\nThen"
    assert await prompt_of(engine, ask(user("Once"), user("more"), SYSTEM)) == "Once\n\nmore\n\nAlpha."
    assert await prompt_of(engine, ask(said("Once"), user("more"))) == "Once\n\nmore"


async def test_an_answer_is_continued_where_it_ended(engine: GeneratingEngine) -> None:
    assert await prompt_of(engine, ask(user("Once"), said(" there was"))) == "Once there was"


async def test_json_is_held_by_a_grammar_as_with_any_model(engine: GeneratingEngine) -> None:
    answer = await answer_of(engine, replace(ask(user("An object:")), format=JsonObject()))
    assert isinstance(json.loads(answer.text), dict)


async def test_tools_are_refused_by_name(engine: GeneratingEngine) -> None:
    with pytest.raises(InvalidRequest, match="no chat template") as refused:
        await answer_of(engine, ask(user("?"), tools=[tool()]))
    assert refused.value.about == Setting("tools")
    none = replace(ask(user("?"), tools=[tool()]), tool_choice=ToolChoice(mode="none"))
    assert (await answer_of(engine, none)).reason == "stop"
    paris = call(city="Paris")
    with pytest.raises(InvalidRequest, match="no chat template") as refused:
        await answer_of(engine, ask(user("?"), said("", paris), result(paris, "rain"), user("!")))
    assert refused.value.about == MessageAt(2)
