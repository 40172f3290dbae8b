"""How the calls and thoughts of a template are found to be written."""

from pathlib import Path

import pytest

from puna.engines.llama.markup import CallShape, ThinkingTags
from tests.templates.small import ADDRESSED, CHATML
from tests.templates.subject import Subject


@pytest.mark.parametrize("escaped", [False, True])
async def test_whether_arguments_have_escapes(tmp_path: Path, *, escaped: bool) -> None:
    template = CHATML.replace("arguments | tojson", f"arguments | tojson(ensure_ascii={escaped})")
    async with Subject(template, tmp_path) as subject:
        shape = (await subject.engine.traits()).call_shape
    assert shape
    assert shape.escaped == escaped


async def test_a_mark_that_the_prompt_ends_with(tmp_path: Path) -> None:
    async with Subject(ADDRESSED, tmp_path) as subject:
        assert (await subject.engine.traits()).call_form == CallShape("", "\n", "", ">>>")


async def test_a_thought_that_no_conversation_shows_but_the_prompt_opens(tmp_path: Path) -> None:
    opened = "{%- if add_generation_prompt and enable_thinking %}{{- '<think>\\n' }}{% endif %}"
    async with Subject(CHATML + opened, tmp_path) as subject:
        assert (await subject.engine.traits()).thinking == ThinkingTags("<think>", "</think>")
    async with Subject(CHATML, tmp_path) as subject:
        assert (await subject.engine.traits()).thinking is None
