"""A conversation in the words of llama-server's chat routes."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson

from puna.core.messages import Audio, Image, Message, Part, Text
from puna.core.tools import Tool
from puna.engines.llama.chat.shaping import spoken


def messages_body(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The messages, with the calls numbered: some templates refuse ids that are not nine letters or digits."""
    numbers = {
        call.id: number for number, call in enumerate(call for message in messages for call in message.tool_calls)
    }
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    return [message_body(message, numbers, names) for message in messages]


def message_body(message: Message, numbers: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": content_body(message)}
    if message.reasoning:
        body["reasoning_content"] = message.reasoning
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": f"{numbers[call.id]:09}",
                "type": "function",
                "function": {"name": call.name, "arguments": arguments_body(call.arguments)},
            }
            for call in message.tool_calls
        ]
    if message.role == "tool" and message.tool_call_id is not None:
        body["tool_call_id"] = f"{numbers.get(message.tool_call_id, 0):09}"
        body["name"] = message.name or names.get(message.tool_call_id, "")
    return body


def arguments_body(arguments: str) -> str:
    """The arguments as a JSON object, which templates insist on. What a client sends back need not be one: an answer
    may have been cut off."""
    try:
        if isinstance(orjson.loads(arguments), dict):
            return arguments
    except orjson.JSONDecodeError:
        pass
    return orjson.dumps({"arguments": arguments}).decode() if arguments.strip() else "{}"


def content_body(message: Message) -> str | list[dict[str, Any]]:
    """Plain text where there is nothing else."""
    if all(isinstance(part, Text) for part in message.content):
        return spoken(message).text
    return [part_body(part) for part in joined(spoken(message).content)]


def joined(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with neighbouring texts made one, on lines of their own."""
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, Text)):
        if not is_text:
            yield from group
        elif text := "\n".join(part.text for part in group if isinstance(part, Text)):
            yield Text(text)


def part_body(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(data, media_type):
            return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{encode(data)}"}}
        case Audio(data, form):
            return {"type": "input_audio", "input_audio": {"data": encode(data), "format": form}}


def media(messages: Sequence[Message]) -> list[str]:
    """The pictures and sounds of the conversation in their order, in base64."""
    parts = (part for message in messages for part in message.content)
    return [encode(part.data) for part in parts if not isinstance(part, Text)]


def encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def tools_body(tools: Sequence[Tool], *, plain: bool = False) -> list[dict[str, Any]]:
    """The tools; with `plain` every schema is an object, which most templates take for granted."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": exactly(plain_schema(dict(tool.parameters)) if plain else tool.parameters),
            },
        }
        for tool in tools
    ]


def plain_schema(schema: Any) -> Any:
    """The schema without `true` and `false` in place of schemas, and with a type in each."""
    if isinstance(schema, bool):
        return {"type": "any"} if schema else {"type": "null", "enum": []}
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    for name, value in schema.items():
        if name in {"properties", "$defs", "definitions"} and isinstance(value, dict):
            result[name] = {key: plain_schema(each) for key, each in value.items()}
        elif name in {"items", "not"}:
            result[name] = plain_schema(value)
        elif name in {"anyOf", "allOf", "oneOf", "prefixItems"} and isinstance(value, list):
            result[name] = [plain_schema(each) for each in value]
    kind = result.get("type")
    if not isinstance(kind, str):
        result["type"] = (
            next((each for each in kind or () if each != "null"), "any") if isinstance(kind, list) else "any"
        )
    result.setdefault("description", "")
    return result


def exactly(schema: Mapping[str, Any]) -> orjson.Fragment:
    """A schema as JSON, in which integers may be larger than orjson writes."""
    return orjson.Fragment(json.dumps(schema))
