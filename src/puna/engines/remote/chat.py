"""A chat with one server."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import monotonic

from puna.core.errors import SchemaNotMet
from puna.core.events import Event, Finished, TextDelta, ToolCallDelta
from puna.core.requests import ChatRequest
from puna.engines.remote.chat_body import chat_body
from puna.engines.remote.chunks import ChunkReader
from puna.engines.remote.discovery import Traits
from puna.engines.remote.sampling import unknown
from puna.engines.remote.upstream import Upstream
from puna.engines.remote.usage import Totals


async def chat(upstream: Upstream, request: ChatRequest) -> AsyncGenerator[Event, None]:
    """The events of all choices, then `Done`. A server that gives one answer to a request is asked for each choice.

    Raises as `Upstream.asked` does, and SchemaNotMet where a call was required and none came.
    """
    begun = monotonic()
    totals = Totals()
    first = 0
    while first < request.choices:
        traits = await upstream.traits()
        together = request.choices - first if traits.choices else 1
        body = chat_body(request, upstream.address.model, traits)
        if together > 1:
            body["n"] = together
        reader = ChunkReader(
            first,
            several=request.parallel_tool_calls,
            prefix=prefix_of(request) if traits.server.repeats else "",
            each=traits.server.usage_of_each,
        )
        wanted = Wanted(upstream, request, traits)
        async with aclosing(upstream.stream("/chat/completions", body)) as chunks:
            async for chunk in chunks:
                for event in reader.read(chunk):
                    wanted.look(event)
                    yield event
        if not reader.finished:
            raise ConnectionError("the stream ended before the answer did")
        reader.totals.count(reader.pieces)
        totals.add(reader.totals)
        if len(reader.finished) < together:
            upstream.lacks("choices")
        first += len(reader.finished)
    yield totals.done(monotonic() - begun)


class Wanted:
    """What a request wants of an answer that not every server gives: log probabilities, and a call of a tool."""

    def __init__(self, upstream: Upstream, request: ChatRequest, traits: Traits) -> None:
        self._upstream = upstream
        self._server = traits.server
        self._forced = request.tool_choice.mode == "required"
        self._heard = request.logprobs is None
        self._called: set[int] = set()

    def look(self, event: Event) -> None:
        """Look at an event on its way. Raises InvalidRequest for log probabilities that are not there, SchemaNotMet
        for a call that did not come."""
        if not self._heard and isinstance(event, TextDelta):
            self._heard = bool(event.logprobs)
            if not self._heard:
                self._upstream.lacks("logprobs")
                raise unknown("logprobs", self._server)
        if self._forced:
            if isinstance(event, ToolCallDelta):
                self._called.add(event.index)
            elif isinstance(event, Finished) and event.index not in self._called and event.reason != "length":
                raise SchemaNotMet("The request requires a tool call, but the server returned none.")


def prefix_of(request: ChatRequest) -> str:
    """The beginning of the answer, where the conversation has it."""
    last = request.messages[-1]
    return last.text if last.role == "assistant" else ""
