"""What one loaded model and its chat template can do, asked of the engine once."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from puna.core.errors import PunaError
from puna.engines.llama.markup import FIRST_TAG, CallShape, ThinkingTags
from puna.engines.process.client import EngineClient

THOUGHT, ANSWER, RESULT = "PUNA-THOUGHT", "PUNA-ANSWER", "PUNA-RESULT"
NAME, ARGUMENTS = "PUNA_NAME", {"PUNA_KEY": "PUNA_VALUE"}
"""Words that no template has, to be found again in what it renders."""
LAST_TAG = re.compile(r"(<[^<>]+>|\[[^\[\]]+\])\w*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """`vocabulary` counts the tokens. `tools` says whether the template renders tools and their calls, `call_shape`
    is its form of a call where the arguments are JSON in it, `thinking` its tags where it knows thinking.
    `always_thinks` says that the prompt opens the thinking even where the template was asked not to. `control` are
    those of these tags that are single tokens and no text, with their ids. A `guided` engine has llguidance."""

    vocabulary: int
    vision: bool = False
    audio: bool = False
    media_marker: str = ""
    template: str = ""
    tools: bool = False
    thinking: ThinkingTags | None = None
    always_thinks: bool = False
    call_shape: CallShape | None = None
    control: Mapping[str, int] = field(default_factory=dict)
    guided: bool = True


async def read_traits(client: EngineClient) -> Traits:
    """Ask the engine. A template that can't render a probe does not have what the probe looks for."""
    props, models = await client.get("/props"), await client.get("/v1/models")
    capabilities = props.get("chat_template_caps", {})
    tools = bool(capabilities.get("supports_tools") and capabilities.get("supports_tool_calls"))
    thinking = shape = None
    always_thinks = False
    with suppress(PunaError):
        thinking = await find_thinking(client)
        always_thinks = thinking is not None and await cannot_stop(client, thinking)
    if tools:
        with suppress(PunaError):
            shape = await find_call_shape(client)
    tags = {*(shape.tags if shape else ()), *((thinking.start, thinking.end) if thinking else ())}
    return Traits(
        vocabulary=models["data"][0]["meta"]["n_vocab"],
        vision=bool(props["modalities"].get("vision")),
        audio=bool(props["modalities"].get("audio")),
        media_marker=props.get("media_marker", ""),
        template=props.get("chat_template", ""),
        tools=tools,
        thinking=thinking,
        always_thinks=always_thinks,
        call_shape=shape,
        control={tag: token for tag in sorted(tags) if (token := await control_token(client, tag)) is not None},
    )


async def control_token(client: EngineClient, tag: str) -> int | None:
    """The token that a tag is, where it is no text to the model: read as text it is made of others."""
    token, text = [
        (await client.post("/tokenize", {"content": tag, "add_special": False, "parse_special": special}))["tokens"]
        for special in (True, False)
    ]
    return token[0] if len(token) == 1 and text != token else None


async def render(client: EngineClient, body: dict[str, Any]) -> str:
    """The prompt that the template makes of a chat body."""
    prompt: str = (await client.post("/apply-template", body))["prompt"]
    return prompt


async def find_thinking(client: EngineClient) -> ThinkingTags | None:
    """The tags, seen around the thinking of an answer that the template is asked to continue."""
    answer = {"role": "assistant", "reasoning_content": THOUGHT, "content": ANSWER}
    prompt = await render(client, {"messages": [user("?"), answer]})
    asked = await render(client, {"messages": [user("?")]})
    before, _, after = prompt.partition(THOUGHT)
    start, end = before.removeprefix(asked).strip(), after.partition(ANSWER)[0].strip()
    if before.startswith(asked) and start and end:
        return ThinkingTags(start, end)
    # The prompt opens the thinking itself: the start tag is the last thing in it.
    tag = LAST_TAG.search(before.rstrip())
    return ThinkingTags(tag[0], end) if tag and end else None


async def cannot_stop(client: EngineClient, thinking: ThinkingTags) -> bool:
    """Whether the prompt opens the thinking although it was switched off."""
    quiet = {"chat_template_kwargs": {"enable_thinking": False}}
    return (await render(client, {"messages": [user("?")], **quiet})).rstrip().endswith(thinking.start)


async def find_call_shape(client: EngineClient) -> CallShape | None:
    """The form of a call, seen where a conversation with a call departs from one with plain text."""
    function = {"name": "PUNA_TOOL", "parameters": {"type": "object", "properties": {}}}
    tools = [{"type": "function", "function": function}]
    call = {"id": "000000000", "type": "function", "function": {"name": NAME, "arguments": json.dumps(ARGUMENTS)}}
    result = {"role": "tool", "tool_call_id": call["id"], "name": NAME, "content": RESULT}
    called = [user("?"), {"role": "assistant", "content": "", "tool_calls": [call]}, result, user("!")]
    answered = [user("?"), {"role": "assistant", "content": ANSWER}, user("!")]
    plain = await render(client, {"messages": answered, "tools": tools})
    calling = await render(client, {"messages": called, "tools": tools})
    begin, _, after = plain.partition(ANSWER)
    end_of_turn = FIRST_TAG.match(after)
    if not end_of_turn:
        return None
    return read_call_shape(calling[common_length(begin, calling) :], end_of_turn[1])


def read_call_shape(turn: str, end_of_turn: str) -> CallShape | None:
    """The shape of the call a turn begins with; None where its arguments are not written as JSON."""
    prefix, _, rest = turn.partition(NAME)
    start = rest.find("{")
    try:
        arguments, end = json.JSONDecoder().raw_decode(rest, max(start, 0))
    except json.JSONDecodeError:
        return None
    suffix, closed, _ = rest[end:].partition(end_of_turn)
    if arguments != ARGUMENTS or not closed or RESULT in suffix or not prefix.strip():
        return None
    return CallShape(prefix.lstrip(), rest[:start], suffix.rstrip())


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def common_length(left: str, right: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))
