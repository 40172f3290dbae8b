"""An answer to a conversation, as `chat.completion` or as a stream of `chat.completion.chunk`."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from puna import __version__
from puna.api.openai.errors import render_error
from puna.core.errors import PunaError
from puna.core.events import Done, Event, Finished, TextDelta, Usage

DONE = b"data: [DONE]\n\n"
ROLE = {"role": "assistant", "content": "", "refusal": None}
"""The first delta of every choice, and the only one with a role."""


class ChatAnswer:
    """Renders the events of one chat request."""

    def __init__(self, model: str, events: AsyncGenerator[Event, None]) -> None:
        self._events = events
        self._first: Event | None = None
        self._frame = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": f"fp_puna_{__version__}",
        }

    async def begin(self) -> None:
        """Wait for the first event, so that what goes wrong before it is still a plain HTTP error."""
        self._first = await anext(self._events)

    async def whole(self) -> dict[str, Any]:
        """The answer in one object."""
        texts: dict[int, list[str]] = {}
        reasons: dict[int, str] = {}
        usage: Usage | None = None
        async for event in self._all():
            match event:
                case TextDelta(index, text):
                    texts.setdefault(index, []).append(text)
                case Finished(index, reason):
                    reasons[index] = reason
                case Done():
                    usage = event.usage
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": "".join(texts.get(index, ())), "refusal": None},
                "logprobs": None,
                "finish_reason": reasons[index],
            }
            for index in sorted(reasons)
        ]
        assert usage is not None
        return {**self._frame, "object": "chat.completion", "choices": choices, "usage": render_usage(usage)}

    async def stream(self, *, include_usage: bool) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events. An error in its middle is an event too, and the last."""
        frame = {**self._frame, "object": "chat.completion.chunk"}
        unused = {"usage": None} if include_usage else {}
        begun: set[int] = set()

        def chunk(index: int, delta: dict[str, Any], reason: str | None = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}
            return sse({**frame, "choices": [choice], **unused})

        try:
            async with aclosing(self._all()) as events:
                async for event in events:
                    match event:
                        case TextDelta(index, text):
                            if index not in begun:
                                begun.add(index)
                                yield chunk(index, ROLE)
                            yield chunk(index, {"content": text})
                        case Finished(index, reason):
                            if index not in begun:
                                yield chunk(index, ROLE)
                            yield chunk(index, {}, reason)
                        case Done(usage) if include_usage:
                            yield sse({**frame, "choices": [], "usage": render_usage(usage)})
            yield DONE
        except PunaError as error:
            yield sse(render_error(error))

    async def _all(self) -> AsyncGenerator[Event, None]:
        async with aclosing(self._events) as events:
            if self._first is not None:
                yield self._first
            async for event in events:
                yield event


def render_usage(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage object."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def sse(content: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + orjson.dumps(content) + b"\n\n"
