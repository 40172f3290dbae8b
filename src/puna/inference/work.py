"""A piece of work for an engine, in a form that outlives the engine."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, Self, TypeVar, cast

from puna.core.events import Event
from puna.core.formats import FreeText
from puna.core.images import Image, ImageEvent, ImageRequest, PartialImage
from puna.core.messages import Message, Text
from puna.core.requests import ChatRequest
from puna.engines.engine import Chats, Draws, Engine, able
from puna.structured.again import fitting

TEMPLATE_TOKENS = 512
"""Room in tokens for what a chat template puts before and after all messages."""
MESSAGE_TOKENS = 16
"""Room in tokens for what a chat template puts around each message."""

WHOLE = -1
"""Stands for the finished picture where unfinished ones are counted."""

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


class Work(Protocol[E_co]):
    """What an engine is to do, and what is left of it when the engine is lost in the middle."""

    @property
    def slots(self) -> int:
        """How many sequences are generated side by side."""

    @property
    def prompt_bound(self) -> int | None:
        """A number of tokens that the prompt can't be longer than. None where it can't be told."""

    @property
    def max_tokens(self) -> int | None:
        """How many tokens each answer may have. None: no limit."""

    @property
    def resumable(self) -> bool:
        """Whether an answer that has begun can be continued by another engine."""

    def run(self, engine: Engine) -> AsyncGenerator[E_co, None]:
        """Have it done. Raises InvalidRequest where the engine does no such work."""

    def after(self, text: str, max_tokens: int | None) -> Self:
        """The rest of it, of that many tokens at the most, when that text is there already."""


@dataclass(frozen=True, slots=True)
class WholeWork(Generic[E]):
    """Work that is begun anew when its engine is lost, or not at all. `do` has it done."""

    slots: int
    do: Callable[[Engine], AsyncGenerator[E, None]]
    prompt_bound: int | None = None
    max_tokens: int | None = None
    resumable: bool = False

    def run(self, engine: Engine) -> AsyncGenerator[E, None]:
        return self.do(engine)

    def after(self, text: str, max_tokens: int | None) -> Self:
        raise AssertionError("this work can't be continued")


@dataclass(frozen=True, slots=True)
class ChatWork:
    """An answer to a conversation. `attempts` is how often it may be generated until it fits its schema."""

    request: ChatRequest
    attempts: int = 1

    @property
    def slots(self) -> int:
        return self.request.choices

    @property
    def prompt_bound(self) -> int | None:
        messages = self.request.messages
        if any(not isinstance(part, Text) for message in messages for part in message.content):
            return None
        size = sum(message_bytes(message) + MESSAGE_TOKENS for message in messages)
        return size + len(repr(self.request.tools)) + len(repr(self.request.format)) + TEMPLATE_TOKENS

    @property
    def max_tokens(self) -> int | None:
        return self.request.sampling.max_tokens

    @property
    def resumable(self) -> bool:
        request = self.request
        return (
            request.choices == 1
            and request.logprobs is None
            and isinstance(request.format, FreeText)
            and (not request.tools or request.tool_choice.mode == "none")
        )

    def run(self, engine: Engine) -> AsyncGenerator[Event, None]:
        chat = able(engine, Chats).chat
        events = fitting(self.request, chat, self.attempts) if engine.checked else chat(self.request)
        return cast("AsyncGenerator[Event, None]", events)  # what else there is among them, `Recovery` hears

    def after(self, text: str, max_tokens: int | None) -> "ChatWork":
        *before, last = self.request.messages
        if last.role == "assistant":  # the client's own beginning of the answer
            message = replace(last, content=(*last.content, Text(text)))
        else:
            before, message = [*before, last], Message(role="assistant", content=(Text(text),))
        sampling = replace(self.request.sampling, max_tokens=max_tokens)
        return replace(self, request=replace(self.request, messages=(*before, message), sampling=sampling))


@dataclass(frozen=True, slots=True)
class ImageWork:
    """Pictures. The same request makes the same ones, so another engine begins anew, and what was `sent` of them is
    not sent again."""

    request: ImageRequest
    slots: int = 1
    prompt_bound: int | None = None
    max_tokens: int | None = None
    resumable: bool = False
    sent: set[tuple[int, int]] = field(default_factory=set)

    async def run(self, engine: Engine) -> AsyncGenerator[ImageEvent, None]:
        async with aclosing(able(engine, Draws).draw(self.request)) as events:
            async for event in events:
                if isinstance(event, PartialImage | Image):
                    place = (event.image, event.index if isinstance(event, PartialImage) else WHOLE)
                    if place in self.sent:
                        continue
                    self.sent.add(place)
                yield event

    def after(self, text: str, max_tokens: int | None) -> Self:
        raise AssertionError("pictures are made anew")


def message_bytes(message: Message) -> int:
    """A message's length in bytes, of which every token has at least one."""
    calls: list[Any] = [(call.id, call.name, call.arguments) for call in message.tool_calls]
    extras = f"{message.name or ''}{message.reasoning or ''}{message.tool_call_id or ''}{calls or ''}"
    return len(message.text.encode()) + len(extras.encode())
