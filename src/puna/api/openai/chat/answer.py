"""An answer to a conversation, as `chat.completion` or as a stream of `chat.completion.chunk`."""

import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from puna import __version__
from puna.api.openai.chat.calls import CallDeltas
from puna.api.openai.chat.choice import WholeChoice, render_logprobs
from puna.api.openai.usage import render_usage
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

ROLE = {"role": "assistant", "content": "", "refusal": None}
"""The first delta of every choice, and the only one with a role."""
REFUSING_ROLE = {"role": "assistant", "content": None, "refusal": ""}
"""The first delta of a choice that is no answer."""


async def without_thoughts(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """The events of an answer but for what the model thought."""
    async with aclosing(events):
        async for event in events:
            if not isinstance(event, ReasoningDelta):
                yield event


class ChatAnswer:
    """Renders the events of one chat request. `legacy` writes calls in the older way, as `function_call`, `custom`
    names the tools that take a text. Without `thoughts` the model's thinking is left out."""

    def __init__(
        self,
        model: str,
        events: AsyncGenerator[Event, None],
        *,
        legacy: bool = False,
        custom: frozenset[str] = frozenset(),
        thoughts: bool = True,
    ) -> None:
        self._events = events if thoughts else without_thoughts(events)
        self._legacy = legacy
        self._custom = custom
        self._frame = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": model,
            "system_fingerprint": f"fp_puna_{__version__}",
        }

    async def whole(self) -> dict[str, Any]:
        """The answer in one object."""
        choices: dict[int, WholeChoice] = {}
        usage: Usage | None = None
        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, Done):
                    usage = event.usage
                else:
                    choices.setdefault(event.index, WholeChoice(event.index, self._custom)).add(event)
        assert usage is not None
        rendered = [choices[index].render(legacy=self._legacy) for index in sorted(choices)]
        return {**self._frame, "object": "chat.completion", "choices": rendered, "usage": render_usage(usage)}

    async def stream(self, *, include_usage: bool) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events. What has no text waits for what comes next: each block is a write to
        the client's connection, and wakes it."""
        frame = {**self._frame, "object": "chat.completion.chunk"}
        unused = {"usage": None} if include_usage else {}
        begun: set[int] = set()
        calls = CallDeltas(self._custom, legacy=self._legacy)
        held = b""

        def chunk(index: int, delta: dict[str, Any], reason: str | None = None, logprobs: Any = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
            return sse.event({**frame, "choices": [choice], **unused})

        async with aclosing(self._events) as events:
            async for event in events:
                if isinstance(event, Done):
                    if include_usage:
                        held += sse.event({**frame, "choices": [], "usage": render_usage(event.usage)})
                    continue
                if event.index not in begun:
                    begun.add(event.index)
                    held += chunk(event.index, REFUSING_ROLE if isinstance(event, RefusalDelta) else ROLE)
                if isinstance(event, Finished):
                    held += b"".join(chunk(event.index, delta) for delta in calls.rest(event.index))
                    held += chunk(event.index, {}, self._reason(event.reason))
                    continue
                delta = calls.delta(event) if isinstance(event, ToolCallDelta) else text_delta(event)
                if delta is None:
                    continue
                logprobs = render_logprobs(event.logprobs) if isinstance(event, TextDelta) else None
                yield held + chunk(event.index, delta, logprobs=logprobs)
                held = b""
        yield held + sse.DONE

    def _reason(self, reason: str) -> str:
        return "function_call" if self._legacy and reason == "tool_calls" else reason


def text_delta(event: TextDelta | ReasoningDelta | RefusalDelta) -> dict[str, Any]:
    match event:
        case TextDelta(_, text):
            return {"content": text}
        case ReasoningDelta(_, text):
            return {"reasoning": text, "reasoning_content": text}
        case RefusalDelta(_, text):
            return {"refusal": text}
