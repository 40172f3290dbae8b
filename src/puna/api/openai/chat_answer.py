"""An answer to a conversation, as `chat.completion` or as a stream of `chat.completion.chunk`."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from puna import __version__
from puna.api.exchange import KEEP_ALIVE_SECONDS, cancel
from puna.api.openai.chat_choice import WholeChoice
from puna.api.openai.chat_logprobs import render_logprobs
from puna.api.openai.errors import render_error
from puna.core.errors import PunaError
from puna.core.events import Done, Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta, Usage

DONE = b"data: [DONE]\n\n"
ROLE = {"role": "assistant", "content": "", "refusal": None}
"""The first delta of every choice, and the only one with a role."""


class ChatAnswer:
    """Renders the events of one chat request. `legacy` writes calls in the older way, as `function_call`."""

    def __init__(self, model: str, events: AsyncGenerator[Event, None], *, legacy: bool = False) -> None:
        self._events = events
        self._legacy = legacy
        self._first: asyncio.Task[Event] | None = None
        self._frame = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": f"fp_puna_{__version__}",
        }

    async def begin(self) -> None:
        """Wait for the first event, so that what goes wrong before it is still a plain HTTP error. After some time
        the stream has to begin all the same, or the client would think that nobody is there."""
        self._first = asyncio.ensure_future(anext(self._events))
        try:
            await asyncio.wait({self._first}, timeout=KEEP_ALIVE_SECONDS)
            if self._first.done():
                self._first.result()
        except BaseException:
            await cancel(self._first)
            await self._events.aclose()
            raise

    async def whole(self) -> dict[str, Any]:
        """The answer in one object."""
        choices: dict[int, WholeChoice] = {}
        usage: Usage | None = None
        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, Done):
                    usage = event.usage
                else:
                    choices.setdefault(event.index, WholeChoice(event.index)).add(event)
        assert usage is not None
        rendered = [choices[index].render(legacy=self._legacy) for index in sorted(choices)]
        return {**self._frame, "object": "chat.completion", "choices": rendered, "usage": render_usage(usage)}

    async def stream(self, *, include_usage: bool) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events. An error in its middle is an event too, and the last."""
        frame = {**self._frame, "object": "chat.completion.chunk"}
        unused = {"usage": None} if include_usage else {}
        begun: set[int] = set()

        def chunk(index: int, delta: dict[str, Any], reason: str | None = None, logprobs: Any = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
            return sse({**frame, "choices": [choice], **unused})

        try:
            async with aclosing(self._all()) as events:
                async for event in events:
                    if isinstance(event, Done):
                        if include_usage:
                            yield sse({**frame, "choices": [], "usage": render_usage(event.usage)})
                        continue
                    if event.index not in begun:
                        begun.add(event.index)
                        yield chunk(event.index, ROLE)
                    match event:
                        case TextDelta(index, text, ()):
                            yield chunk(index, {"content": text})
                        case TextDelta(index, text, logprobs):
                            yield chunk(index, {"content": text}, logprobs=render_logprobs(logprobs))
                        case ReasoningDelta(index, text):
                            yield chunk(index, {"reasoning": text, "reasoning_content": text})
                        case ToolCallDelta(index):
                            yield chunk(index, self._call(event))
                        case Finished(index, reason):
                            yield chunk(index, {}, self._reason(reason))
            yield DONE
        except PunaError as error:
            yield sse(render_error(error))

    def _call(self, event: ToolCallDelta) -> dict[str, Any]:
        name = {} if event.name is None else {"name": event.name}
        function = {**name, "arguments": event.arguments}
        if self._legacy:
            return {"function_call": function}
        kind = {} if event.id is None else {"id": event.id, "type": "function"}
        return {"tool_calls": [{"index": event.call, **kind, "function": function}]}

    def _reason(self, reason: str) -> str:
        return "function_call" if self._legacy and reason == "tool_calls" else reason

    async def _all(self) -> AsyncGenerator[Event, None]:
        async with aclosing(self._events) as events:
            if self._first is not None:
                try:
                    yield await self._first
                finally:
                    await cancel(self._first)
            async for event in events:
                yield event


def render_usage(usage: Usage) -> dict[str, Any]:
    """OpenAI's usage object."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }


def sse(content: Any) -> bytes:
    """One server-sent event."""
    return b"data: " + orjson.dumps(content) + b"\n\n"
