"""Chat as a completion of the rendered prompt: the template renders it, a grammar gives the answer its form where one
is asked for, and Puna tells thinking, calls and text apart."""

import re
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from puna.core.errors import EngineFailed, EngineLost, InvalidRequest
from puna.core.events import (
    ChatEvent,
    Done,
    Event,
    Finished,
    FinishReason,
    PromptBegun,
    ReasoningDelta,
    TextDelta,
)
from puna.core.formats import FreeText
from puna.core.requests import ChatRequest
from puna.core.sampling import Sampling
from puna.engines.llama.chat.addressed import AddressedFilter, is_addressed
from puna.engines.llama.chat.calls import CallFilter, JsonCallFilter
from puna.engines.llama.chat.conversation import Conversation
from puna.engines.llama.chat.filters import EnvelopeFilter, Filter, Pipeline, StopFilter
from puna.engines.llama.chat.forms import CallForm
from puna.engines.llama.chat.harmony import FINAL, REOPENED, TAGS, HarmonyFilter
from puna.engines.llama.chat.length import check_beginning
from puna.engines.llama.chat.loose import LooseCallFilter
from puna.engines.llama.chat.messages import media
from puna.engines.llama.chat.offered import OfferedTools
from puna.engines.llama.chat.probing import render
from puna.engines.llama.chat.sections import SectionFilter, SectionShape
from puna.engines.llama.chat.tagged import TaggedFilter, TaggedShape
from puna.engines.llama.chat.template import template_body
from puna.engines.llama.chat.thinking import ThinkingFilter
from puna.engines.llama.completion.stream import CompletionStream, End, Piece
from puna.engines.llama.completion.tokens import TokenReader
from puna.engines.llama.grammar.constraint import chat_constraint, choice_constraint
from puna.engines.llama.grammar.plan import Guidance
from puna.engines.llama.markup import HARMONY, PUNA_SHAPE, CallShape, ThinkingTags
from puna.engines.llama.sampling import sampling_body

TAG, WORD = re.compile(r"<[^<>]+>"), re.compile(r"(?:^|>)\w")


@dataclass(frozen=True, slots=True)
class Thinking:
    """Where the prompt leaves the thinking: `tags` None if there is none to come, `begun` if the prompt opened it.
    `closing` ends a thinking that the prompt opened although it is not wanted."""

    tags: ThinkingTags | None = None
    begun: bool = False
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Cut:
    """A choice that has thought enough: all of its text after the prompt, of which `count` tokens were generated."""

    index: int
    text: str
    count: int


class RenderedChat:
    """One request on its way. With `raw` the template's own form of a call is not read: what the model says is text,
    unless all of it is calls in another form."""

    def __init__(self, conversation: Conversation, request: ChatRequest, *, raw: bool = False) -> None:
        self._conversation = conversation
        self._traits = conversation.traits
        self._request = request
        self._raw = raw
        self._in_words = not self._traits.tools or (bool(request.tools) and not self._readable)

    @property
    def _readable(self) -> bool:
        """Whether Puna can read the template's calls, and make sure of them where that is asked for."""
        if self._traits.harmony or self._raw:
            return True
        return bool(self._traits.call_shape if is_bound(self._request) else self._traits.call_form)

    @property
    def _form(self) -> CallForm:
        """How calls are written."""
        return PUNA_SHAPE if self._in_words or not self._traits.call_form else self._traits.call_form

    async def prompt(self) -> str:
        """The prompt, with the tools in the template's words or, where they don't serve, in Puna's."""
        client, request, traits = self._conversation.client, self._request, self._traits
        if not self._in_words:
            for plain in (False, True) if request.tools else (False,):
                try:
                    return await render(client, template_body(request, traits, plain=plain))
                except (InvalidRequest, EngineFailed) as error:
                    if isinstance(error, EngineLost) or not request.tools:
                        raise
            self._in_words = True  # there are valid schemas that a template can't show
        return await render(client, template_body(request, traits, in_words=True))

    async def events(self) -> AsyncGenerator[ChatEvent, None]:
        """The events of all choices as they come, then `Done`.

        Raises:
            UnsupportedSchema: no grammar can make sure of a schema.
            ConnectionError: the engine broke off.
        """
        prompt = await self.prompt()
        await check_beginning(self._conversation.client, prompt, self._conversation.context_length)
        thinking = self._thinking(prompt)
        cuts: deque[Cut] = deque()
        async with aclosing(self._generated(prompt, thinking, cuts)) as events:
            async for event in events:
                if isinstance(event, Done):
                    done = event
                else:
                    yield event
        while cuts:
            cut, again = cuts.popleft(), deque[Cut]()
            rest = RenderedChat(self._conversation, self._after(cut), raw=self._raw)
            closed = Thinking(closing=cut.text + self._closing(cut.text))
            async with aclosing(rest._generated(prompt, closed, again)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        done = done.with_more(event)
                    elif not isinstance(event, PromptBegun):
                        yield replace(event, index=cut.index)
            cuts += [Cut(cut.index, closed.closing + more.text, cut.count + more.count) for more in again]
        yield done

    def _after(self, cut: Cut) -> ChatRequest:
        """What is asked for after a thought that was cut off."""
        sampling = self._request.sampling
        if sampling.max_tokens is not None:
            sampling = replace(sampling, max_tokens=sampling.max_tokens - cut.count)
        return replace(self._request, sampling=sampling, choices=1, thinking_tokens=0, tells_prompt=False)

    def _closing(self, text: str) -> str:
        """What ends the thought in the middle of which that text is. Harmony's messages may be thoughts again and
        again: after the second one there is nothing but the answer."""
        if not self._traits.harmony:
            assert self._traits.thinking
            return f"\n{self._traits.thinking.end}\n\n"
        final = not self._request.tools or REOPENED in text
        return REOPENED + FINAL if final else REOPENED

    async def _generated(self, prompt: str, thinking: Thinking, cuts: deque[Cut]) -> AsyncGenerator[ChatEvent, None]:
        """The events of what follows the prompt, and which of the choices have to go on without thinking."""
        request, conversation = self._request, self._conversation
        stops = self._own_stops(thinking)
        sampling = request.sampling if stops is None else replace(request.sampling, stop=())
        files = media(request.messages)
        text = prompt + thinking.closing
        asked: str | dict[str, Any] = {"prompt_string": text, "multimodal_data": files} if files else text
        stream = CompletionStream(
            conversation.client,
            asked,
            await self._fields(sampling, thinking),
            choices=request.choices,
            at_once=conversation.sequences,
            tokens=await self._token_reader(asked),
            counted=bool(stops or request.tools) or request.thinking_tokens is not None,
        )
        choices = [self._choice(index, thinking, stops or ()) for index in range(request.choices)]
        limited = request.thinking_tokens is not None
        prompts = conversation.prompts if not files and sampling.seed is None else None
        if prompts:
            await prompts.recall(text)
        said: list[list[str]] = [[] for _ in choices]  # for what goes on from it, here or in a later request
        async with aclosing(stream.pieces()) as pieces:
            async for piece in pieces:
                if isinstance(piece, PromptBegun):
                    yield piece
                    continue
                choice = choices[piece.index]
                if (limited or prompts) and isinstance(piece, Piece):
                    said[piece.index].append(piece.text)
                for event in choice.feed(piece):
                    yield event
                if choice.finished:
                    stream.finish(piece.index, reasoning=choice.thought_tokens)
                elif limited and self._is_enough(piece.count) and choice.in_thought:
                    for event in choice.cut_off():
                        yield event
                    cuts.append(Cut(piece.index, "".join(said[piece.index]), piece.count))
                    stream.finish(piece.index, reasoning=piece.count)
        if prompts:
            prompts.remember(text + "".join(said[0]))
        yield stream.done()

    def _is_enough(self, count: int) -> bool:
        """Whether that many tokens are as many as the model may think. The last that it may say ends the answer."""
        most, limit = self._request.sampling.max_tokens, self._request.thinking_tokens
        return limit is not None and count >= limit and (most is None or count < most)

    def _thinking(self, prompt: str) -> Thinking:
        tags, request = self._traits.thinking, self._request
        if self._traits.harmony:
            # The format has no answer without thinking, but a begun final message has none before it.
            return Thinking(closing=FINAL if request.effort == "none" and not request.tools else "")
        continued = request.messages[-1].role == "assistant"
        if tags is None or continued or tags.closed_in(prompt):
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
        own = thinking.tags or request.tools or self._traits.harmony
        return request.sampling.stop if own else None

    async def _fields(self, sampling: Sampling, thinking: Thinking) -> dict[str, Any]:
        """What the engine is to do with the prompt."""
        request = self._request
        fields = sampling_body(sampling, self._conversation.context_length)
        if request.tells_prompt:
            fields["return_progress"] = True
        if self._constrained:
            shape = self._form if isinstance(self._form, CallShape) else PUNA_SHAPE
            fields |= await chat_constraint(
                request,
                HARMONY if self._traits.harmony else shape,
                thinking.tags,
                begun=thinking.begun,
                control=self._traits.control,
                guidance=self._traits.guidance,
            )
        elif self._traits.guidance is Guidance.SURE and not self._raw and isinstance(self._form, CallShape):
            fields |= await choice_constraint(
                request.tools,
                HARMONY if self._traits.harmony else self._form,
                control=self._traits.control,
                specials=self._traits.specials,
            )
        # Tags with words between them are taken away with these; alone they would leave no text.
        tags = [
            tag for text in (self._traits.head, self._traits.tail) if WORD.search(text) for tag in TAG.findall(text)
        ]
        if thinking.tags:
            tags += thinking.tags.tags
        # Single tokens in many vocabularies, which would otherwise be left out of the text.
        fields["preserved_tokens"] = [*tags, *self._form.tags] if request.tools else tags
        if self._traits.harmony:
            fields["preserved_tokens"] = TAGS
        if request.logprobs is not None:
            fields["n_probs"] = max(1, request.logprobs)
        elif request.prediction and self._conversation.predicts:
            fields["draft_from"] = await self._conversation.tokens(request.prediction)
        return fields

    async def _token_reader(self, prompt: str | dict[str, Any]) -> TokenReader | None:
        if self._request.logprobs is None:
            return None
        conversation = self._conversation
        return TokenReader(conversation.client, await conversation.vocabulary(), prompt, self._request.logprobs)

    @property
    def _constrained(self) -> bool:
        """Whether a grammar gives the answer its form. Where a call is the model's choice it says what it likes."""
        return not self._request.tools or is_bound(self._request)

    def _choice(self, index: int, thinking: Thinking, stops: Sequence[str]) -> "ChoiceReader":
        return ChoiceReader(
            index,
            self._format_filters(index, thinking),
            self._call_filters(index, thinking),
            StopFilter(index, stops) if stops else None,
        )

    def _format_filters(self, index: int, thinking: Thinking) -> list[Filter]:
        """What reads the answer out of its format."""
        head, tail = self._traits.head, self._traits.tail
        thoughts = [ThinkingFilter(index, thinking.tags, begun=thinking.begun)] if thinking.tags else []
        return [*thoughts, *([EnvelopeFilter(index, head, tail)] if head or tail else [])]

    def _call_filters(self, index: int, thinking: Thinking) -> list[CallFilter | LooseCallFilter | HarmonyFilter]:
        """What reads the calls: first those of other forms, then those of the one that was asked for."""
        request, form = self._request, self._form
        tools, several = OfferedTools(request.tools), request.parallel_tool_calls
        if self._traits.harmony:
            begun = bool(thinking.closing) or request.messages[-1].role == "assistant"
            harmony = HarmonyFilter(index, tools, several=several, final=begun)
            return [harmony, LooseCallFilter(index, tools, several=several)] if request.tools else [harmony]
        if not request.tools:
            return []
        if is_bound(request):
            assert isinstance(form, CallShape)
            return [calls_filter(index, form, tools, several=several)]
        if self._raw and not self._in_words:
            return [LooseCallFilter(index, tools, several=several)]
        if isinstance(form, TaggedShape):
            loose = LooseCallFilter(index, tools, several=several)
            return [loose, TaggedFilter(index, form, request.tools, several=several)]
        if isinstance(form, SectionShape):
            loose = LooseCallFilter(index, tools, several=several)
            return [loose, SectionFilter(index, form, tools, several=several)]
        if is_addressed(form):
            return [LooseCallFilter(index, tools, several=several), calls_filter(index, form, tools, several=several)]
        if form.bare:
            return [LooseCallFilter(index, tools, several=several, own=form.keys)]
        return [
            LooseCallFilter(index, tools, several=several, marker=form.marker),
            JsonCallFilter(index, form, tools, several=several),
        ]


def calls_filter(index: int, form: CallShape, tools: OfferedTools, *, several: bool) -> JsonCallFilter:
    """What reads calls of that form."""
    kind = AddressedFilter if is_addressed(form) else JsonCallFilter
    return kind(index, form, tools, several=several)


def is_bound(request: ChatRequest) -> bool:
    """Whether the form of an answer with tools is more than the model's choice."""
    return bool(request.tools) and (
        request.tool_choice.mode == "required"
        or not isinstance(request.format, FreeText)
        or any(tool.strict for tool in request.tools)
    )


class ChoiceReader:
    """Reads one choice. `thought_tokens` counts the tokens up to the end of the thinking, `finished` says that
    nothing comes any more."""

    def __init__(
        self,
        index: int,
        before: Sequence[Filter],
        calls: Sequence[CallFilter | LooseCallFilter | HarmonyFilter],
        stops: StopFilter | None,
    ) -> None:
        self.thought_tokens = 0
        self.finished = False
        self._index = index
        self._calls = calls
        self._stops = stops
        self._filters: list[Filter] = [stage for stage in (*before, *calls, stops) if stage]
        self._pipeline = Pipeline(*self._filters) if self._filters else None

    @property
    def in_thought(self) -> bool:
        """Whether the choice is in the middle of a thought."""
        return any(stage.in_thought for stage in self._filters)

    def cut_off(self) -> Sequence[Event]:
        """What of the thought was held, at an end that is not its own."""
        self.finished = True
        rest = self._pipeline.close("length") if self._pipeline else []
        return [event for event in rest if isinstance(event, ReasoningDelta)]

    def feed(self, piece: Piece | End) -> Sequence[Event]:
        if isinstance(piece, End):
            return self._close(piece)
        text = TextDelta(piece.index, piece.text, piece.tokens)
        if not self._pipeline:
            return [text]
        events = self._until_end(self._pipeline.feed(text))
        if events and isinstance(events[0], ReasoningDelta):
            self.thought_tokens = piece.count
        return events

    def _close(self, end: End) -> Sequence[Event]:
        events = self._until_end(self._pipeline.close(end.reason)) if self._pipeline else []
        if self.finished:
            return events
        self.finished = True
        return [*events, Finished(self._index, self._reason(end.reason), end.sequence)]

    def _until_end(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events, and the end where a filter has found it."""
        if self._stops and self._stops.found:
            self.finished = True
            return [*events, Finished(self._index, "stop", self._stops.found)]
        if any(not isinstance(stage, HarmonyFilter) and stage.ended for stage in self._calls):
            self.finished = True
            return [*events, Finished(self._index, "tool_calls")]
        return events

    def _reason(self, reason: FinishReason) -> FinishReason:
        return "tool_calls" if reason == "stop" and any(stage.calls for stage in self._calls) else reason
