"""Connections that break in the middle of an answer, because a script says so."""

import json
import re
from typing import Any

from starlette.types import Message, Send

EVENT = re.compile(rb"(?:event: [^\n]*\n)?data: ([^\n]*)\n\n|([^\n]*)\n")
"""One event of a stream, or one line of JSON."""
SAID = ("content", "refusal", "reasoning_content", "tool_calls", "function_call")
"""What of a message or a delta is said by the model."""


class Broken(ConnectionError):
    """The connection breaks because a script says so."""


def breaking(send: Send, tokens: int) -> Send:
    """A way to the client that breaks after so many tokens of an answer. A whole answer never arrives."""
    left = tokens

    async def pass_on(message: Message) -> None:
        nonlocal left
        if message["type"] != "http.response.body":
            await send(message)
            return
        block = message.get("body", b"")
        passed, left = before(block, left)
        if len(passed) < len(block) or not message.get("more_body", False):
            if message.get("more_body", False):
                await send({**message, "body": passed})
            raise Broken("the test's script breaks the connection here")
        await send(message)

    return pass_on


def before(block: bytes, tokens: int) -> tuple[bytes, int]:
    """As much of a block as comes before a token too many, and how many tokens may follow it."""
    for event in EVENT.finditer(block):
        if is_token(event[1] or event[2]):
            if tokens == 0:
                return block[: event.start()], 0
            tokens -= 1
    return block, tokens


def is_token(data: bytes) -> bool:
    """Whether an event of a stream brings something that the model says."""
    try:
        event = json.loads(data)
    except ValueError:
        return False
    if not isinstance(event, dict):
        return False
    said: list[Any] = [event.get("response"), event.get("text"), event.get("message")]
    said += [choice.get("delta") or choice.get("text") for choice in event.get("choices") or ()]
    return str(event.get("type", "")).endswith("delta") or any(map(is_said, said))


def is_said(part: Any) -> bool:
    """Whether a part of an event has words in it."""
    if isinstance(part, dict):
        return any(part.get(name) for name in SAID) or bool(part.get("thinking"))
    return isinstance(part, str) and bool(part)
