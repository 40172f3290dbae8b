"""An answer to a conversation, as a `message` or as the stream of its blocks."""

import secrets
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pydantic_core import from_json

from puna.api.anthropic.usage import counts, render_usage
from puna.core.events import (
    Done,
    Event,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from puna.http import sse

Object = dict[str, Any]
PING = sse.event({"type": "ping"}, "ping")
"""What shows a client that its stream lives."""
OWN_ID = "toolu_"
"""What Anthropic's ids of calls begin with; an engine's begin with another word."""


class Stream:
    """Makes a stream's events of those of the core, one block after the other. `sign` makes the signature of a
    thought, `omits` has thoughts come as nothing but that. `reading` is what is known of the prompt when the answer
    begins."""

    def __init__(
        self,
        model: str,
        limit: int,
        sign: Callable[[str], str],
        *,
        reading: Callable[[], Usage] = lambda: Usage(0, 0),
        omits: bool = False,
        beta: Object | None = None,
    ) -> None:
        self._limit = limit
        self._sign = sign
        self._reading = reading
        self._omits = omits
        self._beta = beta or {}
        self._index = -1
        self._open = ""
        self._call = -1
        self._thought: list[str] = []
        self._end: Finished | None = None
        self._refused = False
        self._message: Object = {
            "id": f"msg_{secrets.token_hex(12)}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "container": None,
        }

    def begin(self) -> Object:
        """The first event."""
        return {"type": "message_start", "message": {**self._message, "usage": render_usage(self._reading())}}

    def events(self, event: Event) -> Iterator[Object]:
        """What becomes of one event of the core."""
        match event:
            case ReasoningDelta(_, text):
                yield from self._in("thinking")
                self._thought.append(text)
                if not self._omits:
                    yield self._delta({"type": "thinking_delta", "thinking": text})
            case TextDelta(_, text) | RefusalDelta(_, text):
                self._refused = self._refused or isinstance(event, RefusalDelta)
                yield from self._in("text")
                yield self._delta({"type": "text_delta", "text": text})
            case ToolCallDelta(_, call, arguments, identifier, name):
                if call != self._call:
                    yield from self._close()
                    self._call = call
                    yield self._start("tool_use", {"id": call_id(identifier), "name": name, "input": {}})
                if arguments:
                    yield self._delta({"type": "input_json_delta", "partial_json": arguments})
            case Finished():
                self._end = event
                yield from self._close()
            case Done(usage):
                delta = {**self._stopped(usage), "container": None}
                yield {"type": "message_delta", "delta": delta, "usage": counts(usage), **self._beta}
                yield {"type": "message_stop"}

    def _stopped(self, usage: Usage) -> Object:
        """Why the answer ends."""
        end = self._end
        assert end
        reason = {"tool_calls": "tool_use", "length": "max_tokens"}.get(end.reason, "end_turn")
        details = None
        if end.sequence is not None:
            reason = "stop_sequence"
        elif end.reason == "length" and usage.completion_tokens < self._limit:
            reason = "model_context_window_exceeded"
        elif self._refused:
            reason, details = "refusal", {"type": "refusal", "category": None, "explanation": None}
        return {"stop_reason": reason, "stop_sequence": end.sequence, "stop_details": details}

    def _in(self, kind: str) -> Iterator[Object]:
        """Begin a block of that kind, unless one is open."""
        if self._open != kind:
            yield from self._close()
            empty = {"text": "", "citations": None} if kind == "text" else {"thinking": "", "signature": ""}
            yield self._start(kind, empty)

    def _start(self, kind: str, content: Object) -> Object:
        self._index += 1
        self._open = kind
        return {"type": "content_block_start", "index": self._index, "content_block": {"type": kind, **content}}

    def _close(self) -> Iterator[Object]:
        """End the block that is open. A thought is signed at its end."""
        if self._open == "thinking":
            yield self._delta({"type": "signature_delta", "signature": self._sign("".join(self._thought))})
            self._thought.clear()
        if self._open:
            self._open = ""
            yield {"type": "content_block_stop", "index": self._index}

    def _delta(self, delta: Object) -> Object:
        return {"type": "content_block_delta", "index": self._index, "delta": delta}


def call_id(identifier: str | None) -> str:
    """A call's id, with Anthropic's beginning."""
    return OWN_ID + (identifier or secrets.token_hex(12)).removeprefix("call_").removeprefix(OWN_ID)


async def streamed(stream: Stream, events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    """The answer as server-sent events. Each block is a write to the client's connection: what has no text waits for
    what comes next."""
    held = b""
    begun = pinged = False
    async with aclosing(events):
        async for event in events:
            if not begun:
                begun, held = True, written(stream.begin())
            for made in stream.events(event):
                held += written(made)
                if made["type"] == "content_block_start" and not pinged:
                    pinged = True
                    held += PING
            if not isinstance(event, Finished):
                yield held
                held = b""


async def nothing_said(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The end of an answer of which only the prompt was to be read."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Finished):
                yield Finished(event.index, "length")
            elif isinstance(event, Done):
                yield replace(event, usage=replace(event.usage, completion_tokens=0, reasoning_tokens=0))


def written(event: Object) -> bytes:
    return sse.event(event, event["type"])


async def whole(stream: Stream, events: AsyncGenerator[Event, None]) -> Object:
    """The answer in one object: what a client makes of the stream."""
    message: Object = stream.begin()["message"]
    content: list[Object] = []
    arguments: list[str] = []
    async with aclosing(events):
        async for event in events:
            for made in stream.events(event):
                match made:
                    case {"type": "content_block_start", "content_block": block}:
                        content.append(block)
                        arguments.clear()
                    case {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": json}}:
                        arguments.append(json)
                    case {"type": "content_block_delta", "delta": {"type": "signature_delta", "signature": signed}}:
                        content[-1]["signature"] = signed
                    case {"type": "content_block_delta", "delta": {"text": text}}:
                        content[-1]["text"] += text
                    case {"type": "content_block_delta", "delta": {"thinking": text}}:
                        content[-1]["thinking"] += text
                    case {"type": "content_block_stop"} if content[-1]["type"] == "tool_use":
                        content[-1]["input"] = read_arguments("".join(arguments))
                    case {"type": "message_delta", "delta": delta, "usage": usage, **beta}:
                        message = {**message, **delta, **beta, "usage": {**message["usage"], **usage}}
    return {**message, "content": content}


def read_arguments(text: str) -> Object:
    """The arguments of a call; of one that was cut off what is there."""
    try:
        found = from_json(text or "{}", allow_partial="trailing-strings")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
