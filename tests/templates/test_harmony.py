"""Harmony, the format of gpt-oss, end to end: what has to end does, and nothing of the format is in an answer."""

from pathlib import Path

from puna.library.template.renderers import rendering
from tests.templates.battery import a_named_call, a_required_call, a_schema
from tests.templates.off_format import CHANNELS, channel_out_of_form, thinking_in_the_prompt
from tests.templates.subject import Subject

TEMPLATE = rendering("harmony") or ""
OFTEN = CHANNELS[:3] + CHANNELS[5:6]


async def test_forced_calls_and_json_end(tmp_path: Path) -> None:
    async with Subject(TEMPLATE, tmp_path) as subject:
        assert (await subject.engine.traits()).harmony
        for case in (a_required_call, a_named_call, a_schema):
            await case(subject)


async def test_the_prompt_has_the_effort_and_what_calls_came_of(tmp_path: Path) -> None:
    async with Subject(TEMPLATE, tmp_path) as subject:
        await thinking_in_the_prompt(subject)
        for text in OFTEN:
            await channel_out_of_form(subject, text)
