"""Chat as a completion of the rendered prompt: the template renders it, a grammar gives the answer its form where one
is asked for, and Puna tells thinking, calls and text apart."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from puna.core.events import Event, Finished, FinishReason, ReasoningDelta, TextDelta
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.chat.calls import CallFilter
from puna.engines.llama.chat.conversation import Conversation
from puna.engines.llama.chat.filters import Filter, Pipeline, StopFilter
from puna.engines.llama.chat.messages import media
from puna.engines.llama.chat.template import template_body
from puna.engines.llama.chat.thinking import ThinkingFilter
from puna.engines.llama.chat.traits import render
from puna.engines.llama.completion.stream import CompletionStream, End, Piece
from puna.engines.llama.completion.tokens import TokenReader
from puna.engines.llama.grammar.constraint import chat_constraint
from puna.engines.llama.markup import PUNA_SHAPE, CallShape, ThinkingTags
from puna.engines.llama.sampling import sampling_body


@dataclass(frozen=True, slots=True)
class Thinking:
    """Where the prompt leaves the thinking: `tags` None if there is none to come, `begun` if the prompt opened it.
    `closing` ends a thinking that the prompt opened although it is not wanted."""

    tags: ThinkingTags | None = None
    begun: bool = False
    closing: str = ""


class RenderedChat:
    """One request on its way."""

    def __init__(self, conversation: Conversation, request: ChatRequest) -> None:
        self._conversation = conversation
        self._traits = conversation.traits
        self._request = request
        self._shape = self._traits.call_shape or PUNA_SHAPE

    async def prompt(self) -> str:
        """The prompt, with the tools in the template's words or, where it has none that can be read back, in
        Puna's."""
        traits, tools = self._traits, self._request.tools
        in_words = not traits.tools or (bool(tools) and not traits.call_shape)
        body = template_body(self._request, traits, in_words=in_words)
        # Where it might call, the engine makes a grammar of its own of the tools, whatever that takes.
        return await render(self._conversation.client, body | {"tool_choice": "none"})

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events of all choices as they come, then `Done`.

        Raises:
            UnsupportedSchema: no grammar can make sure of a schema.
            ConnectionError: the engine broke off.
        """
        request, conversation = self._request, self._conversation
        prompt = await self.prompt()
        thinking = self._thinking(prompt)
        stops = self._own_stops(thinking)
        sampling = replace(request.sampling, stop=()) if stops is not None else request.sampling
        files = media(request.messages)
        asked: str | dict[str, Any] = prompt + thinking.closing
        if files:
            asked = {"prompt_string": asked, "multimodal_data": files}
        stream = CompletionStream(
            conversation.client,
            asked,
            await self._fields(sampling, thinking),
            choices=request.choices,
            at_once=conversation.sequences,
            tokens=await self._token_reader(asked),
            counted=bool(stops),
        )
        choices = [self._choice(index, thinking, stops or ()) for index in range(request.choices)]
        async with aclosing(stream.pieces()) as pieces:
            async for piece in pieces:
                choice = choices[piece.index]
                for event in choice.feed(piece):
                    yield event
                if choice.finished:
                    stream.finish(piece.index, reasoning=choice.thought_tokens)
        yield stream.done()

    def _thinking(self, prompt: str) -> Thinking:
        tags, request = self._traits.thinking, self._request
        continued = request.messages[-1].role == "assistant"
        if tags is None or continued or prompt.rstrip().endswith(tags.end):
            return Thinking()
        begun = prompt.rstrip().endswith(tags.start)
        if request.effort == "none":
            return Thinking(closing=f"\n{tags.end}\n\n" if begun else "")
        return Thinking(tags, begun=begun)

    def _own_stops(self, thinking: Thinking) -> Sequence[str] | None:
        """The stop sequences that Puna itself looks for; None where the engine does. They are about text: not about
        thinking, nor about a call, which has to be whole."""
        request = self._request
        if request.tools and request.tool_choice.mode == "required":
            return ()
        return request.sampling.stop if thinking.tags or request.tools else None

    async def _fields(self, sampling: Sampling, thinking: Thinking) -> dict[str, Any]:
        """What the engine is to do with the prompt."""
        request = self._request
        fields = sampling_body(sampling, self._conversation.context_length)
        fields |= await chat_constraint(
            request,
            self._shape,
            thinking.tags,
            begun=thinking.begun,
            control=self._traits.control,
            guided=self._traits.guided,
        )
        fields["preserved_tokens"] = preserved(thinking.tags, self._shape if request.tools else None)
        if request.logprobs is not None:
            fields["n_probs"] = max(1, request.logprobs)
        return fields

    async def _token_reader(self, prompt: str | dict[str, Any]) -> TokenReader | None:
        if self._request.logprobs is None:
            return None
        conversation = self._conversation
        return TokenReader(conversation.client, await conversation.vocabulary(), prompt, self._request.logprobs)

    def _choice(self, index: int, thinking: Thinking, stops: Sequence[str]) -> "ChoiceReader":
        return ChoiceReader(
            index,
            ThinkingFilter(index, thinking.tags, begun=thinking.begun) if thinking.tags else None,
            CallFilter(index, self._shape) if self._request.tools else None,
            StopFilter(index, stops) if stops else None,
        )


def preserved(thinking: ThinkingTags | None, shape: CallShape | None) -> list[str]:
    """The tags that are single tokens in many vocabularies and would otherwise be left out of the text."""
    tags = [thinking.start, thinking.end] if thinking else []
    return [*tags, *shape.tags] if shape else tags


class ChoiceReader:
    """Reads one choice. `thought_tokens` counts the tokens up to the end of the thinking, `finished` says that
    nothing comes any more."""

    def __init__(
        self, index: int, thinking: ThinkingFilter | None, calls: CallFilter | None, stops: StopFilter | None
    ) -> None:
        self.thought_tokens = 0
        self.finished = False
        self._index = index
        self._calls = calls
        self._stops = stops
        filters: list[Filter] = [stage for stage in (thinking, calls, stops) if stage]
        self._pipeline = Pipeline(*filters) if filters else None

    def feed(self, piece: Piece | End) -> Sequence[Event]:
        if isinstance(piece, End):
            return self._close(piece)
        text = TextDelta(piece.index, piece.text, piece.tokens)
        if not self._pipeline:
            return [text]
        events = self._until_stop(self._pipeline.feed(text))
        if events and isinstance(events[0], ReasoningDelta):
            self.thought_tokens = piece.count
        return events

    def _close(self, end: End) -> Sequence[Event]:
        events = self._until_stop(self._pipeline.close()) if self._pipeline else []
        if self.finished:
            return events
        self.finished = True
        return [*events, Finished(self._index, self._reason(end.reason))]

    def _until_stop(self, events: Sequence[Event]) -> Sequence[Event]:
        if self._stops and self._stops.found:
            self.finished = True
            return [*events, Finished(self._index, "stop")]
        return events

    def _reason(self, reason: FinishReason) -> FinishReason:
        return "tool_calls" if reason == "stop" and self._calls and self._calls.calls else reason
