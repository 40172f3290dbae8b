"""The events of an answer as rows of JSON."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from puna.api.logprobs import render_token
from puna.api.ollama.lines import Row
from puna.api.ollama.summary import render_time
from puna.core.completions import PromptRead
from puna.core.events import (
    Done,
    Event,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    TokenLogprob,
    ToolCallDelta,
)
from puna.core.json import read

SECOND = 10**9
"""Durations are in nanoseconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one row brings of the answer."""

    text: str = ""
    thinking: str = ""
    calls: tuple[dict[str, Any], ...] = ()


Render = Callable[[Piece], dict[str, Any]]
"""How a route writes a piece."""


class Call:
    """A call of a tool, put together from its pieces. Native clients get each call whole."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self._arguments: list[str] = []

    def add(self, delta: ToolCallDelta) -> None:
        self.id = delta.id or self.id
        self.name = delta.name or self.name
        self._arguments.append(delta.arguments)

    def render(self, place: int) -> dict[str, Any] | None:
        """The call; None where it was cut off in its middle."""
        try:
            arguments = read("".join(self._arguments) or "{}")
        except ValueError:
            return None
        return {"id": self.id, "function": {"index": place, "name": self.name, "arguments": arguments}}


async def answer_rows(
    model: str, events: AsyncGenerator[Event | PromptRead, None], render: Render
) -> AsyncGenerator[Row, None]:
    """A row for each piece, and a last one that says how it ended and what it took."""
    started = time.monotonic()
    calls: dict[int, Call] = {}
    reason = "stop"
    async with aclosing(events):
        async for event in events:
            match event:
                case TextDelta(_, text, logprobs):
                    yield row(model, render(Piece(text)), logprobs)
                case RefusalDelta(_, text):  # to Ollama's clients a refusal is an answer like any other
                    yield row(model, render(Piece(text)))
                case ReasoningDelta(_, text):
                    yield row(model, render(Piece(thinking=text)))
                case ToolCallDelta(_, call):
                    calls.setdefault(call, Call()).add(event)
                case Finished(_, why):
                    reason = "length" if why == "length" else "stop"
                    rendered = tuple(filter(None, (calls[place].render(place) for place in sorted(calls))))
                    if rendered:
                        yield row(model, render(Piece(calls=rendered)))
                case Done():
                    ended = {"done": True, "done_reason": reason, **measured(event, time.monotonic() - started)}
                    yield row(model, render(Piece())) | ended


def row(model: str, content: dict[str, Any], logprobs: Sequence[TokenLogprob] = ()) -> Row:
    """One row."""
    head: Row = {"model": model, "created_at": render_time(datetime.now(UTC)), **content, "done": False}
    return head | ({"logprobs": [render_logprob(token) for token in logprobs]} if logprobs else {})


def measured(done: Done, total: float) -> dict[str, int]:
    """Counts and durations. `load_duration` is the time until the request had an engine; how many tokens were drafted
    and accepted is there where any were."""
    prompt, completion = done.timings.prompt, done.timings.completion
    counts = {
        "total_duration": round(total * SECOND),
        "load_duration": round(done.timings.waiting * SECOND),
        "prompt_eval_count": done.usage.prompt_tokens,
        "prompt_eval_duration": round(prompt * SECOND),
        "eval_count": done.usage.completion_tokens,
        "eval_duration": round(completion * SECOND),
    }
    usage = done.usage
    drafted = {"drafted_count": usage.drafted_tokens, "accepted_count": usage.accepted_tokens}
    return counts | drafted if usage.drafted_tokens else counts


def render_logprob(token: TokenLogprob) -> dict[str, Any]:
    """A token with its log probability, and those of what could have been in its place where they are asked for."""
    top = {"top_logprobs": [render_token(other) for other in token.top]} if token.top else {}
    return {**render_token(token), **top}


def loaded_row(model: str, render: Render, reason: str) -> Row:
    """The answer to a request that asked nothing, but to `load` or `unload` the model."""
    return row(model, render(Piece())) | {"done": True, "done_reason": reason}


async def whole(rows: AsyncGenerator[Row, None], render: Render) -> Row:
    """All rows as one."""
    text, thinking, calls, logprobs, final = "", "", [], [], Row()
    async with aclosing(rows):
        async for each in rows:
            message = each.get("message", each)
            text += message.get("content", message.get("response", ""))
            thinking += message.get("thinking", "")
            calls += message.get("tool_calls", ())
            logprobs += each.get("logprobs", ())
            final = each
    final |= render(Piece(text, thinking, tuple(calls)))
    return final | ({"logprobs": logprobs} if logprobs else {})
