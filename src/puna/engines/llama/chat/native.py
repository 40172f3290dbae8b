"""Chat the template's own way: llama-server's chat route renders the prompt and parses thinking and calls."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

from puna.core.events import Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from puna.core.requests import ChatRequest
from puna.engines.llama.chat.call_id import new_call_id
from puna.engines.llama.chat.effort import effort_body
from puna.engines.llama.chat.messages import messages_body, tools_body
from puna.engines.llama.chat.totals import Totals
from puna.engines.llama.chat.traits import Traits
from puna.engines.llama.completion.logprobs import read_logprobs
from puna.engines.llama.sampling import sampling_body
from puna.engines.process.client import EngineClient


async def native_chat(
    client: EngineClient, traits: Traits, context_length: int, request: ChatRequest
) -> AsyncGenerator[Event, None]:
    """Answer; the events of all choices as they come, then `Done`. Raises `ConnectionError` if it breaks off."""
    reader = ChatReader(request.logprobs or 0, several=request.parallel_tool_calls)
    body = native_body(request, traits) | sampling_body(request.sampling, context_length)
    async with aclosing(client.stream("/v1/chat/completions", body)) as chunks:
        async for chunk in chunks:
            for event in reader.read(chunk):
                yield event
    if reader.unfinished(request.choices):
        raise ConnectionError("the stream ended before the answer did")
    yield reader.totals.done()


def native_body(request: ChatRequest, traits: Traits) -> dict[str, Any]:
    """The request's body but for the sampling."""
    body: dict[str, Any] = {
        "messages": messages_body(request.messages),
        "stream": True,
        "stream_options": {"include_usage": True},
        **effort_body(request.effort, traits),
    }
    if request.tools and request.tool_choice.mode != "none":
        body |= {"tools": tools_body(request.tools), "parallel_tool_calls": request.parallel_tool_calls}
    if request.choices > 1:
        body["n"] = request.choices
    if request.logprobs is not None:
        body["n_probs"] = max(1, request.logprobs)
    if traits.thinking and request.effort != "none":
        body["timings_per_token"] = True  # the only place where a chunk tells how many tokens there are
    return body


class ChatReader:
    """Reads llama-server's chunks. One choice's chunks say what it cost at their end. Where `several` calls are not
    wanted, only the first is read: the engine passes over that wish."""

    def __init__(self, top_logprobs: int, *, several: bool = True) -> None:
        self.totals = Totals()
        self._top = top_logprobs
        self._several = several
        self._finished = 0
        self._thought: dict[int, int] = {}

    def unfinished(self, choices: int) -> bool:
        return self._finished < choices

    def read(self, chunk: dict[str, Any]) -> Iterator[Event]:
        for choice in chunk["choices"]:
            index, delta = choice["index"], choice["delta"]
            if text := delta.get("content"):
                probabilities = choice.get("logprobs")
                yield TextDelta(
                    index, text, read_logprobs(probabilities["content"], self._top) if probabilities else ()
                )
            elif thought := delta.get("reasoning_content"):
                self._count_thought(index, chunk.get("timings"))
                yield ReasoningDelta(index, thought)
            elif calls := delta.get("tool_calls"):
                for call in calls:
                    if self._several or call["index"] == 0:
                        yield read_call(index, call)
            if reason := choice["finish_reason"]:
                self._last = index
                yield Finished(index, reason)
        if usage := chunk.get("usage"):
            self._finish(usage, chunk.get("timings") or {})

    def _count_thought(self, index: int, timings: dict[str, Any] | None) -> None:
        self._thought[index] = timings["predicted_n"] if timings else self._thought.get(index, 0) + 1

    def _finish(self, usage: dict[str, Any], timings: dict[str, Any]) -> None:
        details = usage.get("prompt_tokens_details") or {}
        self._finished += 1
        self.totals.add(
            prompt=usage["prompt_tokens"],
            completion=usage["completion_tokens"],
            cached=details.get("cached_tokens", 0),
            reasoning=self._thought.get(self._last, 0),
            timings=timings,
        )


def read_call(index: int, call: dict[str, Any]) -> ToolCallDelta:
    """A piece of a call; the first one has the name and gets an id."""
    function = call.get("function", {})
    name = function.get("name")
    return ToolCallDelta(
        index,
        call["index"],
        function.get("arguments", ""),
        new_call_id() if name else None,
        name,
    )
