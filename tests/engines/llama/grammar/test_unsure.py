"""A vocabulary of a size at which llguidance gives its grammars up."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from puna.core.errors import NotHeld
from puna.core.formats import JsonSchema
from puna.core.tools import ToolChoice
from puna.engines.llama.engine import GeneratingEngine
from tests.scripted_model import write_scripted_model
from tests.stored_models import micro_launch
from tests.templates.small import CHATML
from tests.templates.subject import answer_of, ask, tool, user

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASKED = replace(ask(user("?"), most=100), format=JsonSchema(schema=SCHEMA))
SAYS = "Good morning.\n\nOr not."


async def said(folder: Path, *, lucky: bool, checked: bool) -> str:
    weights = write_scripted_model(folder / f"{lucky}.gguf", SAYS, CHATML, lucky=lucky)
    engine = await micro_launch(weights).start()
    assert isinstance(engine, GeneratingEngine)
    try:
        return (await answer_of(engine, replace(ASKED, checked=checked))).text
    finally:
        await engine.close()


async def test_the_engine_holds_strings_with_other_vocabularies(tmp_path: Path) -> None:
    assert json.loads(await said(tmp_path, lucky=True, checked=False))


async def test_what_it_does_not_hold_is_left_to_be_checked(tmp_path: Path) -> None:
    with pytest.raises(NotHeld):
        await said(tmp_path, lucky=False, checked=False)
    # As soon as this fails the engine holds them, and `Guidance.UNSURE` can go.
    with pytest.raises(json.JSONDecodeError):
        json.loads(await said(tmp_path, lucky=False, checked=True))


async def test_a_forced_call_is_left_to_be_checked_as_well(tmp_path: Path) -> None:
    weights = write_scripted_model(tmp_path / "model.gguf", SAYS, CHATML, lucky=False)
    engine = await micro_launch(weights).start()
    assert isinstance(engine, GeneratingEngine)
    request = replace(ask(user("?"), tools=[tool()]), tool_choice=ToolChoice(mode="required"))
    try:
        with pytest.raises(NotHeld):
            await answer_of(engine, request)
    finally:
        await engine.close()
