"""A conversation in the words of OpenAI's chat API."""

import base64
from typing import Any

from puna.core.errors import InvalidRequest
from puna.core.messages import Audio, Image, Message, Part, Text
from puna.core.subjects import MessageAt
from puna.engines.remote.discovery import Traits


def messages_body(messages: tuple[Message, ...], traits: Traits) -> list[dict[str, Any]]:
    """The messages. Raises InvalidRequest for pictures or sound that the model can't read."""
    for from_end, message in enumerate(reversed(messages), start=1):
        check_senses(message, from_end, traits)
    return [message_body(message, traits) for message in messages]


def check_senses(message: Message, from_end: int, traits: Traits) -> None:
    """Raises InvalidRequest where the server says that its model lacks the sense."""
    if traits.capabilities is None:
        return
    for kind, sense, name in ((Image, "vision", "images"), (Audio, "audio", "sound")):
        if sense not in traits.capabilities and any(isinstance(part, kind) for part in message.content):
            raise InvalidRequest(f"This model can't read {name}.", about=MessageAt(from_end))


def message_body(message: Message, traits: Traits) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": content_body(message)}
    if message.name is not None and message.role != "tool":
        body["name"] = message.name
    if message.reasoning:
        body |= dict.fromkeys(traits.server.thoughts, message.reasoning)
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        body["content"] = body["content"] or None
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def content_body(message: Message) -> str | list[dict[str, Any]]:
    """Plain text where there is nothing else."""
    if all(isinstance(part, Text) for part in message.content):
        return message.text
    return [part_body(part) for part in message.content]


def part_body(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(data, media_type):
            url = f"data:{media_type};base64,{base64.b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": url}}
        case Audio(data, form):
            return {"type": "input_audio", "input_audio": {"data": base64.b64encode(data).decode(), "format": form}}
