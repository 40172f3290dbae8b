"""Pictures, and what `show` says that a model can do."""

import re
from collections.abc import Sequence

from puna.core.messages import Image, Message, Text
from puna.core.tools import Tool
from puna.formats.gguf import Metadata
from puna.library.capabilities import gguf_capabilities
from tests.pictures import half
from tests.projector import IMAGE_TOKENS
from tests.templates.cases import Cases
from tests.templates.subject import Subject, answer_of, ask, call, prompt_of, said, tool, user

SENSES = Cases()
RED, BLUE = (Image(half(color), "image/png") for color in ("red", "blue"))
TOOLS = (tool(),)
PARIS = call(city="Paris", days=3)


@SENSES.of("pictures")
async def a_picture_among_texts(subject: Subject) -> None:
    message = Message(role="user", content=(Text("ALPHA"), RED, Text("BETA"), BLUE, Text("GAMMA")))
    for tools in ((), TOOLS):
        await seen(subject, [message], "ALPHA", "BETA", "GAMMA", tools=tools)


@SENSES.of("pictures")
async def pictures_in_a_conversation(subject: Subject) -> None:
    messages = [
        said("ALPHA", role="system"),
        Message(role="user", content=(RED, Text("BETA"))),
        said("GAMMA"),
        Message(role="user", content=(Text("DELTA"), BLUE)),
    ]
    await seen(subject, messages, "BETA", "GAMMA", "DELTA")


@SENSES.of("pictures")
async def a_picture_in_a_result(subject: Subject) -> None:
    pictured = Message(role="tool", content=(Text("BETA"), RED), tool_call_id=PARIS.id)
    alone = Message(role="tool", content=(BLUE,), tool_call_id=PARIS.id)
    for answer in (pictured, alone):
        texts = ("ALPHA", *(part.text for part in answer.content if isinstance(part, Text)), "GAMMA")
        await seen(subject, [user("ALPHA"), said("", PARIS), answer, user("GAMMA")], *texts, tools=TOOLS)


async def seen(subject: Subject, messages: Sequence[Message], *texts: str, tools: Sequence[Tool] = ()) -> None:
    """That the pictures and texts are in the prompt in their order, and what the pictures cost."""
    pictures = sum(isinstance(part, Image) for message in messages for part in message.content)
    engine, request = await subject.seeing(), ask(*messages, tools=tools)
    marker = (await engine.traits()).media_marker
    prompt = await prompt_of(engine, request)
    answer = await answer_of(engine, request)
    expected = [
        part.text if isinstance(part, Text) else marker
        for message in messages
        if message.role != "system"
        for part in message.content
    ]
    found = re.findall("|".join(map(re.escape, (marker, *texts))), prompt)
    assert found == expected, f"{found} in {prompt[-600:]!r}"
    assert answer.prompt_tokens >= pictures * IMAGE_TOKENS, f"{answer}"
    assert answer.text or answer.reasoning, f"{answer}"


@SENSES.of("show")
async def capabilities_are_what_the_engine_has_found(subject: Subject) -> None:
    traits = await subject.engine.traits()
    capabilities = {*gguf_capabilities(Metadata.read(subject.engine.arguments.weights), subject.template)}
    assert ("thinking" in capabilities) == (traits.thinking is not None), f"{capabilities}, but {traits.thinking}"
    assert ("tools" in capabilities) == (not traits.bare), f"{capabilities}"
    assert "vision" not in capabilities
    assert not traits.vision
